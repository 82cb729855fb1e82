//! The one exec hook that Seawall gives: its very argv, from the engine file, against a real PostgreSQL with a client attached.
//!
//! Images that set no STOPSIGNAL stop in smart mode: SIGTERM waits for clients. The test shows both halves: without the hook the server
//! stays, with it the server stops cleanly. PostgreSQL comes from Debian's packages; where it is missing this is a failure in CI and a
//! named skip elsewhere.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use nix::sys::signal::Signal;
use seawall::engines::Catalogue;

/// How long a server that waits for its client is watched. It would stop in a fraction of a second if it did not wait.
const WATCHED: Duration = Duration::from_secs(3);
const PATIENCE: Duration = Duration::from_secs(30);

fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut found: Vec<PathBuf> =
        versions.flatten().map(|v| v.path().join("bin")).filter(|b| b.join("initdb").exists()).collect();
    found.sort();
    found.pop()
}

/// PostgreSQL refuses to run as root.
fn as_nobody_special(program: &Path) -> Command {
    if nix::unistd::geteuid().is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    }
}

struct Server {
    bin: PathBuf,
    data: PathBuf,
    process: Child,
    client: Option<Child>,
}

impl Server {
    fn start(bin: &Path, folder: &Path) -> Self {
        if nix::unistd::geteuid().is_root() {
            assert!(Command::new("chown").args(["postgres:postgres"]).arg(folder).status().unwrap().success());
        }
        let data = folder.join("data");
        let made = as_nobody_special(&bin.join("initdb"))
            .args(["--auth=trust", "--no-sync", "--username=postgres", "-D"])
            .arg(&data)
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(made.success(), "initdb failed");
        let process = as_nobody_special(&bin.join("postgres"))
            .arg("-D")
            .arg(&data)
            .args(["-c", "listen_addresses=", "-c", "fsync=off", "-k"])
            .arg(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut server = Self { bin: bin.to_owned(), data, process, client: None };
        let folder = folder.to_owned();
        server.wait_for("the server to accept connections", |s| {
            s.psql(&folder).args(["-c", "select 1"]).status().unwrap().success()
        });
        // Inside a query, for longer than the test lives.
        server.client = Some(server.psql(&folder).args(["-c", "select pg_sleep(600)"]).spawn().unwrap());
        server.wait_for("the client to be inside its query", |s| {
            let query =
                "select count(*) from pg_stat_activity where query like 'select pg_sleep%' and state = 'active'";
            let output = s.psql(&folder).stdout(Stdio::piped()).args(["-Atc", query]).output().unwrap();
            String::from_utf8_lossy(&output.stdout).trim() == "1"
        });
        server
    }

    fn psql(&self, folder: &Path) -> Command {
        let mut command = as_nobody_special(&self.bin.join("psql"));
        command
            .args(["-X", "-U", "postgres", "-h"])
            .arg(folder)
            .arg("postgres")
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    fn wait_for(&mut self, what: &str, mut holds: impl FnMut(&mut Self) -> bool) {
        let start = Instant::now();
        while !holds(self) {
            assert!(start.elapsed() < PATIENCE, "waited in vain for {what}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn is_gone(&mut self) -> bool {
        self.process.try_wait().unwrap().is_some()
    }

    /// As the kubelet stops a container whose image has no STOPSIGNAL.
    fn sigterm(&self) {
        self.signal(Signal::SIGTERM);
    }

    fn signal(&self, signal: Signal) {
        let pid = nix::unistd::Pid::from_raw(i32::try_from(self.process.id()).unwrap());
        nix::sys::signal::kill(pid, signal).unwrap();
    }

    fn state(&self) -> String {
        let output = as_nobody_special(&self.bin.join("pg_controldata")).arg(&self.data).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.lines().find_map(|l| l.strip_prefix("Database cluster state:")).unwrap_or("").trim().to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(client) = &mut self.client {
            let _ = client.kill();
            let _ = client.wait();
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The hooks of the catalogue, with the data directory in place, each argv once.
fn hooks(data: &Path) -> Vec<Vec<String>> {
    let catalogue = Catalogue::embedded().unwrap();
    let mut hooks: Vec<Vec<String>> = catalogue
        .variants("postgres")
        .filter_map(|engine| engine.stop.as_ref()?.pre_stop.as_ref())
        .map(|hook| hook.command.iter().map(|word| word.replace("{data}", &data.display().to_string())).collect())
        .collect();
    hooks.sort();
    hooks.dedup();
    assert!(!hooks.is_empty(), "no packaging of postgres has a hook");
    hooks
}

#[test]
fn sigterm_waits_for_clients_and_the_hook_does_not() {
    let Some(bin) = programs() else {
        assert!(std::env::var_os("CI").is_none(), "PostgreSQL is needed in CI: apt-get install postgresql");
        println!("skipped: no PostgreSQL under /usr/lib/postgresql (apt-get install postgresql)");
        return;
    };
    // Short, for the socket's sake, and outside of a home that PostgreSQL's user may not enter.
    let scratch = tempfile::Builder::new().prefix("pg").tempdir().unwrap();
    let bare = scratch.path().join("bare");
    std::fs::create_dir(&bare).unwrap();
    make_reachable(scratch.path());
    let mut without = Server::start(&bin, &bare);
    without.sigterm();
    // The condition that is waited for is that it refuses new clients; then it must still be there.
    let folder = bare.clone();
    without.wait_for("the server to refuse new clients", |s| {
        !s.psql(&folder).args(["-c", "select 1"]).status().unwrap().success()
    });
    let start = Instant::now();
    while start.elapsed() < WATCHED {
        assert!(
            !without.is_gone(),
            "SIGTERM alone stopped the server: the hook is not needed, and the engine file is wrong"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
    drop(without);

    for (n, _) in hooks(&bare).iter().enumerate() {
        let folder = scratch.path().join(format!("hooked-{n}"));
        std::fs::create_dir(&folder).unwrap();
        let mut server = Server::start(&bin, &folder);
        let hook = &hooks(&server.data)[n];
        let ran = Command::new(&hook[0]).args(&hook[1..]).status().unwrap();
        assert!(ran.success(), "the hook failed");
        server.sigterm();
        server.wait_for("the server to stop", Server::is_gone);
        assert_eq!(server.state(), "shut down", "the server did not stop cleanly");
    }
}

/// What the official image's STOPSIGNAL does, and what an author gets who chooses another signal.
#[test]
fn sigint_stops_cleanly_and_sigquit_does_not() {
    let Some(bin) = programs() else {
        assert!(std::env::var_os("CI").is_none(), "PostgreSQL is needed in CI: apt-get install postgresql");
        println!("skipped: no PostgreSQL under /usr/lib/postgresql (apt-get install postgresql)");
        return;
    };
    let scratch = tempfile::Builder::new().prefix("pg").tempdir().unwrap();
    make_reachable(scratch.path());
    for (signal, state) in [(Signal::SIGINT, "shut down"), (Signal::SIGQUIT, "in production")] {
        let folder = scratch.path().join(signal.as_str());
        std::fs::create_dir(&folder).unwrap();
        let mut server = Server::start(&bin, &folder);
        server.signal(signal);
        server.wait_for("the server to stop", Server::is_gone);
        assert_eq!(server.state(), state, "{signal}");
    }
}

/// The scratch folder is root's alone; PostgreSQL's user must get through.
fn make_reachable(folder: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).unwrap();
}
