//! Memcached has nothing to finish: it ends at once, whoever is connected.

use nix::sys::signal::Signal;

use super::{Container, Front, ask, connect, free_port, program, scratch, words};

#[test]
fn memcached_ends_when_it_hears_its_signal() {
    let Some(server) = program("memcached", "memcached") else { return };
    for front in [Front::None, Front::Exec, Front::Shell] {
        let scratch = scratch(Some("memcache"));
        let port = free_port();
        let argv = words([server.to_str().unwrap(), "-U", "0", "-l", "127.0.0.1", "-p", &port.to_string()]);
        let mut container = Container::start(&front.argv(&argv), Some("memcache"), &scratch.path().join("log"));
        let serves =
            || connect(port).and_then(|mut s| ask(&mut s, "version")).is_some_and(|v| v.starts_with("VERSION"));
        container.wait_for("memcached to answer", |_| serves());
        let mut client = connect(port).unwrap();
        assert!(ask(&mut client, "version").is_some());
        container.signal(Signal::SIGTERM);
        if front == Front::Shell {
            container.outlives_its_grace(serves);
        } else {
            assert!(container.ended().success(), "{front:?}:\n{}", container.log());
        }
    }
}
