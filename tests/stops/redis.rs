//! Redis and valkey: what was written since the last snapshot is there again only after a clean stop.

use std::{io::Write as _, os::unix::net::UnixStream, path::Path};

use nix::sys::signal::Signal;

use super::{Container, Front, PATIENCE, ask, program, scratch, words};

fn start(server: &Path, folder: &Path, front: Front) -> Container {
    let argv = [server.to_str().unwrap(), "--port", "0", "--unixsocket", "s", "--save", "3600 1", "--dir"];
    let argv = [&words(argv)[..], &[folder.to_str().unwrap().to_owned()]].concat();
    let mut container = Container::start(&front.argv(&argv), None, &folder.join("log"));
    container.wait_for("redis to answer", |_| said(folder, "PING").as_deref() == Some("+PONG"));
    container
}

fn client(folder: &Path) -> Option<UnixStream> {
    let stream = UnixStream::connect(folder.join("s")).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    Some(stream)
}

fn said(folder: &Path, line: &str) -> Option<String> {
    ask(&mut client(folder)?, line)
}

fn measure(name: &str, package: &str) {
    let Some(server) = program(name, package) else { return };
    for (signal, front) in [
        (Signal::SIGTERM, Front::None),
        (Signal::SIGINT, Front::None),
        (Signal::SIGTERM, Front::Exec),
        (Signal::SIGTERM, Front::Shell),
    ] {
        let scratch = scratch(None);
        let folder = scratch.path();
        let mut container = start(&server, folder, front);
        // A client that waits for what never comes.
        let mut waiting = client(folder).unwrap();
        waiting.write_all(b"BLPOP queue 0\r\n").unwrap();
        container.wait_for("the client to wait", |_| {
            let mut stream = client(folder).unwrap();
            stream.write_all(b"INFO clients\r\nQUIT\r\n").unwrap();
            std::io::read_to_string(stream).unwrap().contains("blocked_clients:1")
        });
        assert_eq!(said(folder, "SET key value").as_deref(), Some("+OK"));
        container.signal(signal);
        let clean = front != Front::Shell;
        if clean {
            assert!(container.ended().success(), "{front:?}:\n{}", container.log());
        } else {
            container.outlives_its_grace(|| said(folder, "PING").as_deref() == Some("+PONG"));
        }
        drop(container);
        let again = start(&server, folder, Front::None);
        let found = said(folder, "EXISTS key");
        assert_eq!(found.as_deref(), Some(if clean { ":1" } else { ":0" }), "{signal} {front:?}:\n{}", again.log());
    }
}

#[test]
fn redis_saves_when_it_hears_its_signal() {
    measure("redis-server", "redis-server");
}

#[test]
fn valkey_saves_when_it_hears_its_signal() {
    measure("valkey-server", "valkey-server");
}
