//! etcd: what it acknowledged is on disk either way; a clean stop ends its watches and gives its files up in order.

use std::path::Path;

use nix::sys::signal::Signal;

use super::{Container, Front, connect, free_port, http, program, request, scratch, words};

/// `key` and `value`, as the gateway takes them.
const PUT: &str = r#"{"key": "a2V5", "value": "dmFsdWU="}"#;
const GET: &str = r#"{"key": "a2V5"}"#;
const WATCH: &str = r#"{"create_request": {"key": "a2V5"}}"#;

#[test]
fn etcd_stops_cleanly_when_it_hears_its_signal() {
    if let Some(server) = program("etcd", "etcd-server") {
        measure(&server);
    }
}

/// The one that the tests on a real API server build, which is years newer than Debian's.
#[test]
fn the_control_plane_s_etcd_does_so_too() {
    let server = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cluster/controlplane/bin/etcd");
    if server.exists() {
        measure(&server);
    } else {
        println!("skipped: the control plane is not built yet (cargo test --test cluster)");
    }
}

fn measure(server: &Path) {
    for (signal, front) in [
        (Signal::SIGTERM, Front::None),
        (Signal::SIGINT, Front::None),
        (Signal::SIGTERM, Front::Exec),
        (Signal::SIGTERM, Front::Shell),
    ] {
        let scratch = scratch(None);
        let folder = scratch.path();
        let start = |front: Front, log: &str| {
            let (client, peer) = (free_port(), free_port());
            let url = |port: u16| format!("http://127.0.0.1:{port}");
            let argv = words([
                server.to_str().unwrap(),
                "--name=one",
                &format!("--data-dir={}", folder.join("data").display()),
                &format!("--listen-client-urls={}", url(client)),
                &format!("--advertise-client-urls={}", url(client)),
                &format!("--listen-peer-urls={}", url(peer)),
                &format!("--initial-advertise-peer-urls={}", url(peer)),
                &format!("--initial-cluster=one={}", url(peer)),
            ]);
            let mut container = Container::start(&front.argv(&argv), None, &folder.join(log));
            let is_healthy = || http(client, "GET", "/health", "").is_some_and(|(status, _)| status == 200);
            container.wait_for("etcd to be healthy", |_| is_healthy());
            (container, client)
        };
        let (mut container, port) = start(front, "first.log");
        assert_eq!(http(port, "POST", "/v3/kv/put", PUT).unwrap().0, 200);
        let mut watching = connect(port).unwrap();
        request(&mut watching, "POST", "/v3/watch", WATCH, "keep-alive").unwrap();
        container.wait_for("the watch to begin", |_| {
            let mut first = [0_u8; 12];
            watching.peek(&mut first).is_ok_and(|n| n == 12 && first.ends_with(b"200"))
        });
        container.signal(signal);
        if front == Front::Shell {
            container.outlives_its_grace(|| http(port, "POST", "/v3/kv/range", GET).is_some_and(|(s, _)| s == 200));
        } else {
            assert!(container.ended().success(), "{signal} {front:?}:\n{}", container.log());
        }
        drop(container);
        let (again, port) = start(Front::None, "again.log");
        let found = http(port, "POST", "/v3/kv/range", GET).unwrap().1;
        assert!(found.contains("dmFsdWU="), "{signal} {front:?}: {found}\n{}", again.log());
    }
}
