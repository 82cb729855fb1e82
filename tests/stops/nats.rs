//! NATS: a clean stop closes its streams, whoever is connected. Its status is 1 all the same.

use std::io::{Read as _, Write as _};

use nix::sys::signal::Signal;

use super::{Container, Front, connect, free_port, program, scratch, words};

/// Connects, and returns what the server says until it has answered the last command.
fn said(port: u16, commands: &str) -> Option<String> {
    let mut stream = connect(port)?;
    stream.write_all(format!("CONNECT {{\"verbose\":false}}\r\n{commands}PING\r\n").as_bytes()).ok()?;
    let (mut text, mut some) = (String::new(), [0; 4096]);
    while !text.ends_with("PONG\r\n") {
        let n = stream.read(&mut some).ok().filter(|n| *n > 0)?;
        text.push_str(std::str::from_utf8(some.get(..n)?).ok()?);
    }
    Some(text)
}

/// A request, and its answer once it is there.
fn asked(port: u16, subject: &str, body: &str) -> Option<String> {
    let mut stream = connect(port)?;
    let request =
        format!("CONNECT {{\"verbose\":false}}\r\nSUB answer 1\r\nPUB {subject} answer {}\r\n{body}\r\n", body.len());
    stream.write_all(request.as_bytes()).ok()?;
    let (mut text, mut some) = (String::new(), [0; 4096]);
    while !text.contains("MSG answer") || !text.ends_with("}\r\n") {
        let n = stream.read(&mut some).ok().filter(|n| *n > 0)?;
        text.push_str(std::str::from_utf8(some.get(..n)?).ok()?);
    }
    Some(text)
}

#[test]
fn nats_stops_cleanly_when_it_hears_its_signal() {
    let Some(server) = program("nats-server", "nats-server") else { return };
    for front in [Front::None, Front::Exec, Front::Shell] {
        let scratch = scratch(None);
        let folder = scratch.path();
        let start = |front: Front, log: &str| {
            let port = free_port();
            let store = folder.join("store").display().to_string();
            let argv =
                words([server.to_str().unwrap(), "-js", "-sd", &store, "-a", "127.0.0.1", "-p", &port.to_string()]);
            let mut container = Container::start(&front.argv(&argv), None, &folder.join(log));
            container.wait_for("nats to answer", |_| said(port, "").is_some());
            (container, port)
        };
        let (mut container, port) = start(front, "first.log");
        let made =
            asked(port, "$JS.API.STREAM.CREATE.shop", r#"{"name": "shop", "subjects": ["orders"], "storage": "file"}"#);
        assert!(made.is_some_and(|text| text.contains("\"created\"")), "{}", container.log());
        assert!(asked(port, "orders", "1").is_some_and(|text| text.contains("\"seq\":1")));
        // A subscriber that stays.
        let mut client = connect(port).unwrap();
        client.write_all(b"CONNECT {\"verbose\":false}\r\nSUB orders 1\r\nPING\r\n").unwrap();
        container.wait_for("the subscription", |_| client.read(&mut [0; 4096]).is_ok_and(|n| n > 0));
        container.signal(Signal::SIGTERM);
        if front == Front::Shell {
            container.outlives_its_grace(|| said(port, "").is_some());
        } else {
            assert_eq!(container.ended().code(), Some(1), "{front:?}:\n{}", container.log());
            assert!(container.log().contains("Server Exiting"), "{front:?}:\n{}", container.log());
        }
        drop(container);
        let (again, port) = start(Front::None, "again.log");
        let found = asked(port, "$JS.API.STREAM.INFO.shop", "").unwrap();
        assert!(found.contains("\"messages\":1"), "{front:?}: {found}\n{}", again.log());
    }
}
