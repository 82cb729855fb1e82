//! Nothing that a test or a demo starts may outlive it, however it ends.
//!
//! The trial runs this very program a second time as an *owner*: it starts two processes,
//! one of them deaf to SIGTERM, and then dies in the way under test. All of them hold the
//! pipe that the trial reads: its end of file means that they are gone.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use libtest_mimic::Trial;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::plane::process::{Guardian, Process};
use crate::stage::plain_trial;

/// Short, since one of the processes waits it out.
const PATIENCE: Duration = Duration::from_secs(1);
const ROLE: &str = "SEAWALL_TEST_OWNER";

pub fn trials() -> Vec<Trial> {
    let dies_by = |name: &str, signal| {
        plain_trial(&format!("teardown::nothing_outlives_an_owner_that_{name}"), move || outlives_nothing(signal))
    };
    vec![
        dies_by("is_killed", Some(Signal::SIGKILL)),
        dies_by("is_interrupted", Some(Signal::SIGINT)),
        dies_by("panics", None),
    ]
}

/// In the second program: plays the owner, and never returns to the harness.
pub fn as_owner() -> Option<ExitCode> {
    let how = std::env::var(ROLE).ok()?;
    let folder = std::env::temp_dir().join(format!("seawall-owner-{}", std::process::id()));
    std::fs::create_dir(&folder).expect("a folder");
    let guardian = Guardian::start(Some(&folder), PATIENCE).expect("a guardian");
    let start = |name: &str, script: &str| {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Process::spawn(&guardian, name, &folder, command).expect("a process")
    };
    let _polite = start("polite", "exec sleep 60");
    let deaf = start("deaf", "trap '' TERM; echo deaf; for _ in 1 2 3; do sleep 20; done");
    while deaf.log_tail(1).is_empty() {
        std::thread::sleep(Duration::from_millis(10));
    }
    println!("{}", folder.display());
    assert!(how == "waits", "the owner panics, as it was told to");
    loop {
        std::thread::park();
    }
}

fn outlives_nothing(signal: Option<Signal>) -> Result<()> {
    let program = std::env::current_exe().context("no path to this program")?;
    let mut owner = Command::new("sh")
        // What the owner starts has its output in a file, but inherits descriptor 3.
        .args(["-c", "exec \"$0\" 3>&1"])
        .arg(program)
        .env(ROLE, if signal.is_some() { "waits" } else { "panics" })
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("failed to start the owner")?;
    let mut output = BufReader::new(owner.stdout.take().context("no output")?);
    let mut folder = String::new();
    output.read_line(&mut folder).context("the owner says nothing")?;
    let begin = Instant::now();
    if let Some(signal) = signal {
        let id = i32::try_from(owner.id()).context("process id out of range")?;
        kill(Pid::from_raw(id), signal).context("failed to signal the owner")?;
    }
    owner.wait().context("the owner is lost")?;
    // Returns when the last process that holds the other end is gone.
    output.read_to_end(&mut Vec::new()).context("the output broke")?;
    ensure!(begin.elapsed() < Duration::from_secs(20), "it took {:?} to end two processes", begin.elapsed());
    ensure!(!std::path::Path::new(folder.trim_end()).exists(), "{folder} is still there");
    Ok(())
}
