//! Child processes that cannot outlive this one: each has its own process group, and a
//! guardian stops what is left when this process ends without having stopped it.

use std::fs::File;
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

/// How long a process may take to end after SIGTERM before it gets SIGKILL.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Between two looks at whether a child has ended: waiting for one has no deadline of its own.
const GLANCE: Duration = Duration::from_millis(10);

/// A small shell that ends this process's children if this process cannot.
///
/// Dropping a value covers a panic; Ctrl-C, `kill -9` and an abort drop nothing. The
/// guardian sees each of them as the end of its standard input.
pub struct Guardian {
    patience: Duration,
    shell: Mutex<Child>,
    orders: Mutex<Option<ChildStdin>>,
}

impl Guardian {
    /// Starts a guardian that also removes `folder` when its owner dies. `patience`, in
    /// whole seconds, is how long each process may take to end after SIGTERM.
    pub fn start(folder: Option<&Path>, patience: Duration) -> Result<Arc<Self>> {
        let mut shell = Command::new("sh")
            .args(["-c", include_str!("guardian.sh"), "guardian"])
            .arg(folder.unwrap_or(Path::new("")))
            .arg(patience.as_secs().to_string())
            .stdin(Stdio::piped())
            // It must not keep a pipe open that somebody reads to its end.
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .context("failed to start the guardian shell")?;
        let orders = shell.stdin.take();
        Ok(Arc::new(Self { patience, shell: Mutex::new(shell), orders: Mutex::new(orders) }))
    }

    fn tell(&self, sign: char, group: Pid) -> Result<()> {
        let mut orders = self.orders.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let orders = orders.as_mut().context("the guardian is already dismissed")?;
        writeln!(orders, "{sign} {group}").context("the guardian is gone")
    }
}

impl Drop for Guardian {
    fn drop(&mut self) {
        // Every process was stopped and struck off the list by now: end of file, nothing to do.
        drop(self.orders.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take());
        let _ = self.shell.lock().unwrap_or_else(std::sync::PoisonError::into_inner).wait();
    }
}

/// A child in its own process group, with its output in a file. Dropping it stops it.
pub struct Process {
    name: String,
    child: Child,
    group: Pid,
    log: PathBuf,
    guardian: Arc<Guardian>,
    ended: bool,
}

impl Process {
    /// Starts `command`, whose output goes to `logs/NAME.log` (appended, so that a
    /// restart keeps the earlier life).
    pub fn spawn(guardian: &Arc<Guardian>, name: &str, logs: &Path, mut command: Command) -> Result<Self> {
        let log = logs.join(format!("{name}.log"));
        let output = open(&log)?;
        command.stderr(output.try_clone().context("failed to share the log file")?);
        Self::with_output(guardian, name, log, output, command)
    }

    /// The same for a command whose standard error is for people and goes where ours goes.
    pub fn spawn_talking(guardian: &Arc<Guardian>, name: &str, logs: &Path, mut command: Command) -> Result<Self> {
        let log = logs.join(format!("{name}.log"));
        command.stderr(Stdio::inherit());
        Self::with_output(guardian, name, log.clone(), open(&log)?, command)
    }

    fn with_output(
        guardian: &Arc<Guardian>,
        name: &str,
        log: PathBuf,
        output: File,
        mut command: Command,
    ) -> Result<Self> {
        let child = command
            .stdin(Stdio::null())
            .stdout(output)
            .process_group(0)
            .spawn()
            .with_context(|| format!("failed to start {}", command.get_program().display()))?;
        let group = Pid::from_raw(i32::try_from(child.id()).context("process id out of range")?);
        let process = Self { name: name.to_owned(), child, group, log, guardian: Arc::clone(guardian), ended: false };
        // Told after `process` exists: if the guardian is gone, dropping it stops the child.
        guardian.tell('+', group)?;
        Ok(process)
    }

    /// Waits until it ends by itself; a future that is dropped waits no longer.
    pub async fn finished(&mut self) -> ExitStatus {
        loop {
            if let Some(status) = self.exited() {
                return status;
            }
            tokio::time::sleep(GLANCE).await;
        }
    }

    /// Its process id, for what a test reads from `/proc`.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, if it has.
    pub fn exited(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Fails with the end of its log if it has ended.
    pub fn check_alive(&mut self) -> Result<()> {
        match self.exited() {
            None => Ok(()),
            Some(status) => anyhow::bail!("{} ended ({status}):\n{}", self.name, self.log_tail(20)),
        }
    }

    /// The last `lines` lines that it wrote.
    pub fn log_tail(&self, lines: usize) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let all: Vec<&str> = text.lines().collect();
        all.get(all.len().saturating_sub(lines)..).unwrap_or_default().join("\n")
    }

    /// Stops it where it is: it keeps its sockets, and answers nobody.
    pub fn freeze(&self) {
        self.signal(Signal::SIGSTOP);
    }

    /// Has a frozen one go on.
    pub fn thaw(&self) {
        self.signal(Signal::SIGCONT);
    }

    /// Asks it to end, without waiting.
    pub fn terminate(&mut self) {
        self.signal(Signal::SIGTERM);
    }

    /// Ends it at once, as a crash would.
    pub fn kill(&mut self) {
        self.stop_within(Duration::ZERO);
    }

    /// Asks it to end and insists after `patience`; returns whether asking was enough.
    pub fn stop_within(&mut self, patience: Duration) -> bool {
        if self.ended {
            return true;
        }
        let polite = !patience.is_zero() && {
            self.signal(Signal::SIGTERM);
            self.ends_before(Instant::now() + patience)
        };
        // Also after a polite end: a child of the child may be left in the group.
        self.signal(Signal::SIGKILL);
        let _ = self.child.wait();
        self.ended = true;
        let _ = self.guardian.tell('-', self.group);
        polite
    }

    fn ends_before(&mut self, deadline: Instant) -> bool {
        while Instant::now() < deadline {
            if self.exited().is_some() {
                return true;
            }
            std::thread::sleep(GLANCE);
        }
        false
    }

    fn signal(&self, signal: Signal) {
        if !self.ended {
            let _ = killpg(self.group, signal);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop_within(self.guardian.patience);
    }
}

/// What `/proc` says of a process in KiB: `VmRSS`, or `VmHWM` for the most that it ever was.
pub fn kib(process: u32, field: &str) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':')?.trim().strip_suffix(" kB")?.parse().ok())
}

fn open(log: &Path) -> Result<File> {
    File::options().create(true).append(true).open(log).with_context(|| format!("failed to open {}", log.display()))
}
