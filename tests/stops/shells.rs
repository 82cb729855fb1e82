//! What shells do with the signal that is meant for what they run. `SignalPath` rests on this.

use std::process::Stdio;

use super::{Container, contained, program, scratch, words};

/// The program that is process 1 once `script` runs its last command, by its name.
fn first_process(shell: &str, script: &str) -> String {
    let folder = scratch(None);
    let mut container = Container::start(&words([shell, "-c", script]), None, &folder.path().join("log"));
    let first = container.first;
    let comm = move |pid: i32| std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    // `sleep` runs: as process 1, or as its child.
    let children = format!("/proc/{first}/task/{first}/children");
    container.wait_for("sleep to run", |_| {
        let below = std::fs::read_to_string(&children).unwrap_or_default();
        let pids = below.split_whitespace().filter_map(|pid| pid.parse().ok()).chain([first.as_raw()]);
        pids.into_iter().any(|pid| comm(pid).trim() == "sleep")
    });
    comm(first.as_raw()).trim().to_owned()
}

#[test]
fn only_exec_is_sure_to_make_the_server_process_1() {
    for (shell, script, expected) in [
        ("dash", "echo a; exec sleep 600", "sleep"),
        ("dash", "echo a; sleep 600", "dash"),
        ("dash", "sleep 600", "dash"),
        ("dash", "sleep 600 2>&1 | cat", "dash"),
        ("bash", "echo a; exec sleep 600", "sleep"),
        ("bash", "sleep 600", "sleep"),
        // Since 5.1 only, so that it is nothing to rely on.
        ("bash", "echo a; sleep 600", "sleep"),
        ("bash", "set -e\n# wait\nuntil true; do sleep 1; done\nsleep 600\n", "sleep"),
        ("bash", "sleep 600; echo b", "bash"),
        ("bash", "sleep 600 2>&1 | cat", "bash"),
    ] {
        if program(shell, shell).is_some() {
            assert_eq!(first_process(shell, script), expected, "{shell} -c {script:?}");
        }
    }
}

/// `su -c` is told to stop, tells the server, and kills it two seconds later, whatever it is at.
#[test]
fn su_leaves_two_seconds() {
    if !nix::unistd::geteuid().is_root() || program("su", "util-linux").is_none() {
        println!("skipped: su asks for a password unless root calls it");
        return;
    }
    let folder = scratch(None);
    // Stands for a server that takes longer: it hears SIGTERM, says so, and would go on for a minute.
    let server =
        "trap 'echo heard' TERM; echo ready; for i in 1 2 3 4 5 6; do sleep 10 & wait $!; wait $!; done; echo done";
    let mut container =
        Container::start(&words(["su", "root", "-s", "/bin/sh", "-c", server]), None, &folder.path().join("log"));
    container.wait_for("the server", |c| c.log().contains("ready"));
    let start = std::time::Instant::now();
    container.signal(nix::sys::signal::Signal::SIGTERM);
    let status = container.ended();
    let log = container.log();
    assert!(!status.success() && log.contains("heard") && !log.contains("done"), "{status}: {log}");
    assert!(start.elapsed() < std::time::Duration::from_secs(8), "{:?}: {log}", start.elapsed());
}

#[test]
fn this_machine_can_make_namespaces_of_processes() {
    let made = contained(&words(["true"]), None).stderr(Stdio::null()).status().unwrap();
    assert!(made.success(), "unshare --pid fails: the tests of stops need it");
}
