//! Real servers, stopped as the kubelet stops them: the stop signal to process 1 of a namespace of its own, behind a shell or not, with a
//! client connected. What the engine files say under `stop` is `measured` by these tests.
//!
//! The servers come from Debian's packages. One that is missing is a failure in CI, unless `SEAWALL_NOT_OFFERED` names its package because
//! this release of Debian has none, and a named skip elsewhere.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    missing_docs,
    reason = "tests"
)]

mod clickhouse;
mod etcd;
mod influxdb;
mod mariadb;
mod memcached;
mod nats;
mod redis;
mod shells;

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::{Pid, geteuid},
};
use seawall::engines::Catalogue;

/// How long a server that does not hear its signal is watched. Each of them stops in a fraction of it when it does.
const WATCHED: Duration = Duration::from_secs(3);
const PATIENCE: Duration = Duration::from_secs(60);

/// The program, where it is installed.
fn program(name: &str, package: &str) -> Option<PathBuf> {
    let folders = ["/usr/local/bin", "/usr/bin", "/usr/sbin", "/bin", "/sbin"];
    let found = folders.iter().map(|folder| Path::new(folder).join(name)).find(|path| path.exists());
    if found.is_none() {
        let not_offered = std::env::var("SEAWALL_NOT_OFFERED").unwrap_or_default();
        let excused = not_offered.split_whitespace().any(|p| p == package);
        assert!(std::env::var_os("CI").is_none() || excused, "{name} is needed in CI: apt-get install {package}");
        println!("skipped: no {name} (apt-get install {package})");
    }
    found
}

/// What stands between the runtime and the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Front {
    /// Nothing: the server is process 1.
    None,
    /// A shell that becomes the server.
    Exec,
    /// A shell that runs the server as its child.
    Shell,
}

impl Front {
    fn argv(self, server: &[String]) -> Vec<String> {
        let script = match self {
            Self::None => return server.to_vec(),
            Self::Exec => "echo starting; exec \"$@\"",
            // What follows keeps any shell from becoming its last command.
            Self::Shell => "\"$@\"; echo stopped",
        };
        ["sh", "-c", script, "sh"].into_iter().map(str::to_owned).chain(server.iter().cloned()).collect()
    }
}

/// Processes in a namespace of their own, as in a container.
struct Container {
    /// `unshare`, which ends when process 1 does, with its status.
    outer: Child,
    first: Pid,
    log: PathBuf,
}

/// The command of a namespace whose process 1 is `argv`, as a user without rights where one is named.
fn contained(argv: &[String], user: Option<&str>) -> Command {
    let mut command = Command::new("unshare");
    if !geteuid().is_root() {
        command.args(["--user", "--map-current-user"]);
    }
    command.args(["--pid", "--fork", "--kill-child", "--"]);
    if let Some(user) = user.filter(|_| geteuid().is_root()) {
        command
            .args(["setpriv", "--init-groups"])
            .arg(format!("--reuid={user}"))
            .arg(format!("--regid={user}"))
            .arg("--");
    }
    command.args(argv);
    command
}

impl Container {
    fn start(argv: &[String], user: Option<&str>, log: &Path) -> Self {
        let file = File::create(log).unwrap();
        let outer =
            contained(argv, user).stdin(Stdio::null()).stdout(file.try_clone().unwrap()).stderr(file).spawn().unwrap();
        let mut container = Self { outer, first: Pid::from_raw(0), log: log.to_owned() };
        let children = format!("/proc/{0}/task/{0}/children", container.outer.id());
        let mut found = None;
        container.wait_for("process 1", |_| {
            let text = std::fs::read_to_string(&children).unwrap_or_default();
            found = text.split_whitespace().next().and_then(|pid| pid.parse().ok());
            found.is_some()
        });
        container.first = Pid::from_raw(found.unwrap());
        container
    }

    fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// Waits for a condition; fails at once when the server ends before it holds.
    fn wait_for(&mut self, what: &str, mut holds: impl FnMut(&Self) -> bool) {
        let start = Instant::now();
        while !holds(self) {
            let over = self.outer.try_wait().unwrap();
            assert!(over.is_none(), "ended ({over:?}) before {what}:\n{}", self.log());
            assert!(start.elapsed() < PATIENCE, "waited in vain for {what}:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// What the kubelet sends first.
    fn signal(&self, signal: Signal) {
        kill(self.first, signal).unwrap();
    }

    /// Waits for the end, and for how it ended.
    fn ended(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.outer.try_wait().unwrap() {
                return status;
            }
            assert!(start.elapsed() < PATIENCE, "does not stop:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The grace goes by, and it serves as before; then the kubelet kills it.
    fn outlives_its_grace(&mut self, mut serves: impl FnMut() -> bool) {
        let start = Instant::now();
        while start.elapsed() < WATCHED {
            assert!(
                self.outer.try_wait().unwrap().is_none(),
                "stopped, although a shell is process 1:\n{}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
        assert!(serves(), "no longer serves, although a shell is process 1:\n{}", self.log());
        self.signal(Signal::SIGKILL);
        assert!(!self.ended().success());
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        // Process 1 goes with it, and the namespace with that.
        let _ = self.outer.kill();
        let _ = self.outer.wait();
    }
}

/// A folder that the server's user may write.
fn scratch(user: Option<&str>) -> tempfile::TempDir {
    let folder = tempfile::Builder::new().prefix("stop").tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    if let Some(user) = user.filter(|_| geteuid().is_root()) {
        assert!(Command::new("chown").arg(format!("{user}:")).arg(folder.path()).status().unwrap().success());
    }
    folder
}

/// A port of the loopback that was free a moment ago.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// One HTTP request; status and body, or nothing where nobody answers.
fn http(port: u16, method: &str, path: &str, body: &str) -> Option<(u16, String)> {
    let mut stream = connect(port)?;
    request(&mut stream, method, path, body, "close")?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    let status = text.split_whitespace().nth(1)?.parse().ok()?;
    Some((status, text.split_once("\r\n\r\n").map_or("", |(_, body)| body).to_owned()))
}

fn request(stream: &mut TcpStream, method: &str, path: &str, body: &str, connection: &str) -> Option<()> {
    let head = format!("{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: {connection}\r\n");
    write!(stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len()).ok()
}

fn connect(port: u16) -> Option<TcpStream> {
    let stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    Some(stream)
}

/// Sends a line and takes the first line of the answer.
fn ask(stream: &mut (impl std::io::Read + std::io::Write), line: &str) -> Option<String> {
    stream.write_all(format!("{line}\r\n").as_bytes()).ok()?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).ok()?;
    Some(answer.trim_end().to_owned()).filter(|a| !a.is_empty())
}

fn words<const N: usize>(words: [&str; N]) -> Vec<String> {
    words.map(str::to_owned).to_vec()
}

/// The engines whose stop facts some test here, or `prestop_postgres`, measures.
const MEASURED: [&str; 9] =
    ["clickhouse", "etcd", "influxdb", "mariadb", "memcached", "nats", "postgres", "redis", "valkey"];

#[test]
fn engine_files_say_what_is_measured_and_nothing_else() {
    let catalogue = Catalogue::embedded().unwrap();
    let mut said: BTreeMap<&str, &str> = BTreeMap::new();
    for engine in catalogue.engines() {
        if let Some(measured) = engine.stop.as_ref().and_then(|stop| stop.measured.as_deref()) {
            said.insert(&engine.name, measured);
        }
    }
    let names: Vec<&str> = said.keys().copied().collect();
    let expected: Vec<&str> = MEASURED.into_iter().filter(|name| *name != "valkey" || names.contains(name)).collect();
    assert_eq!(names, expected);
}
