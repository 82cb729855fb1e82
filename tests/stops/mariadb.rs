//! MariaDB: a clean stop needs no crash recovery at the next start.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
};

use nix::sys::signal::Signal;

use super::{Container, Front, program, scratch, words};

/// The server refuses to run as root.
const USER: &str = "mysql";

fn start(server: &Path, folder: &Path, front: Front, log: &str) -> Container {
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let argv = words([server.to_str().unwrap(), "--no-defaults", "--skip-networking", "--skip-grant-tables"]);
    let own = [
        format!("--datadir={}", path("data")),
        format!("--socket={}", path("s")),
        format!("--pid-file={}", path("pid")),
    ];
    let argv = front.argv(&[&argv[..], &own].concat());
    let mut container = Container::start(&argv, Some(USER), &folder.join(log));
    container.wait_for("mariadb to answer", |_| sql(folder, "select 1").is_some());
    container
}

fn client(folder: &Path, statement: &str) -> Command {
    let mut command = Command::new("mariadb");
    command.arg("--no-defaults").arg("--socket").arg(folder.join("s")).args(["-N", "-e", statement]);
    command.stdin(Stdio::null()).stderr(Stdio::null());
    command
}

fn sql(folder: &Path, statement: &str) -> Option<String> {
    let output = client(folder, statement).output().unwrap();
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// A client that does not outlive its test.
struct Client(Child);

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn mariadb_stops_cleanly_when_it_hears_its_signal() {
    let package = "mariadb-server";
    let (Some(server), Some(install), Some(_)) =
        (program("mariadbd", package), program("mariadb-install-db", package), program("mariadb", package))
    else {
        return;
    };
    for front in [Front::None, Front::Exec, Front::Shell] {
        let scratch = scratch(Some(USER));
        let folder = scratch.path();
        let mut installs = words([
            install.to_str().unwrap(),
            "--no-defaults",
            "--skip-test-db",
            "--auth-root-authentication-method=normal",
        ]);
        installs.push(format!("--datadir={}", folder.join("data").display()));
        let mut made = Container::start(&installs, Some(USER), &folder.join("install.log"));
        assert!(made.ended().success(), "{}", made.log());

        let mut container = start(&server, folder, front, "first.log");
        sql(folder, "create database shop; create table shop.orders (id int primary key) engine=innodb").unwrap();
        sql(folder, "insert into shop.orders values (1)").unwrap();
        let _busy = Client(client(folder, "select sleep(600)").stdout(Stdio::null()).spawn().unwrap());
        container.wait_for("the client to be inside its query", |_| {
            let busy = "select count(*) from information_schema.processlist where info = 'select sleep(600)'";
            sql(folder, busy).as_deref() == Some("1")
        });
        container.signal(Signal::SIGTERM);
        let clean = front != Front::Shell;
        if clean {
            assert!(container.ended().success(), "{front:?}:\n{}", container.log());
            assert!(container.log().contains("Shutdown complete"), "{front:?}:\n{}", container.log());
        } else {
            container.outlives_its_grace(|| sql(folder, "insert into shop.orders values (2)").is_some());
        }
        drop(container);
        let again = start(&server, folder, Front::None, "again.log");
        assert_eq!(again.log().contains("crash recovery"), !clean, "{front:?}:\n{}", again.log());
        assert_eq!(sql(folder, "select count(*) from shop.orders").as_deref(), Some(if clean { "1" } else { "2" }));
    }
}
