//! InfluxDB 1: a clean stop closes its stores, also while a client is connected.

use nix::sys::signal::Signal;

use super::{Container, Front, connect, free_port, http, program, request, scratch, words};

#[test]
fn influxdb_stops_cleanly_when_it_hears_its_signal() {
    let Some(server) = program("influxd", "influxdb") else { return };
    for front in [Front::None, Front::Exec, Front::Shell] {
        let scratch = scratch(None);
        let folder = scratch.path();
        let start = |front: Front, log: &str| {
            let (port, own) = (free_port(), free_port());
            let path = |name: &str| folder.join(name).display().to_string();
            let configuration = format!(
                "reporting-disabled = true\nbind-address = \"127.0.0.1:{own}\"\n[meta]\ndir = {:?}\n[data]\ndir = {:?}\nwal-dir = {:?}\n\
                 [http]\nbind-address = \"127.0.0.1:{port}\"\n",
                path("meta"),
                path("data"),
                path("wal"),
            );
            std::fs::write(folder.join("influxdb.conf"), configuration).unwrap();
            let argv = words([server.to_str().unwrap(), "-config", &path("influxdb.conf")]);
            let mut container = Container::start(&front.argv(&argv), None, &folder.join(log));
            container.wait_for("influxdb to answer", |_| http(port, "GET", "/ping", "").is_some_and(|(s, _)| s == 204));
            (container, port)
        };
        let (mut container, port) = start(front, "first.log");
        assert_eq!(http(port, "POST", "/query?q=create%20database%20shop", "").unwrap().0, 200);
        assert_eq!(http(port, "POST", "/write?db=shop", "orders n=1").unwrap().0, 204);
        // A connection that stays.
        let mut client = connect(port).unwrap();
        request(&mut client, "GET", "/ping", "", "keep-alive").unwrap();
        container.wait_for("the client's answer", |_| client.peek(&mut [0]).is_ok_and(|n| n == 1));
        container.signal(Signal::SIGTERM);
        if front == Front::Shell {
            container.outlives_its_grace(|| http(port, "GET", "/ping", "").is_some_and(|(s, _)| s == 204));
        } else {
            assert!(container.ended().success(), "{front:?}:\n{}", container.log());
            assert!(container.log().contains("Server shutdown completed"), "{front:?}:\n{}", container.log());
        }
        drop(container);
        let (again, port) = start(Front::None, "again.log");
        let found = http(port, "GET", "/query?db=shop&q=select%20n%20from%20orders", "").unwrap().1;
        assert!(found.contains("orders"), "{front:?}: {found}\n{}", again.log());
    }
}
