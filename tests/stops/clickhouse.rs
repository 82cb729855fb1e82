//! ClickHouse, in the version that Debian has: a clean stop interrupts its queries and closes its tables.

use std::{fs, path::Path};

use nix::sys::signal::Signal;

use super::{Container, Front, connect, free_port, http, program, request, scratch, words};

/// The least that it starts with.
fn configuration(folder: &Path, port: u16) -> String {
    let path = |name: &str| folder.join(name).display().to_string();
    format!(
        "<yandex><logger><level>information</level><console>1</console></logger><listen_host>127.0.0.1</listen_host>
        <http_port>{port}</http_port><tcp_port>{}</tcp_port><path>{}/</path><tmp_path>{}/</tmp_path>
        <mark_cache_size>67108864</mark_cache_size><users_config>{}</users_config>
        <default_profile>default</default_profile><default_database>default</default_database>
        <users><default><password></password><networks><ip>127.0.0.1</ip></networks><profile>default</profile>
        <quota>default</quota></default></users>
        <profiles><default></default></profiles><quotas><default></default></quotas></yandex>",
        free_port(),
        path("data"),
        path("tmp"),
        path("config.xml"),
    )
}

#[test]
fn clickhouse_stops_cleanly_when_it_hears_its_signal() {
    let Some(server) = program("clickhouse-server", "clickhouse-server") else { return };
    for front in [Front::None, Front::Exec, Front::Shell] {
        let scratch = scratch(None);
        let folder = scratch.path();
        for name in ["data", "tmp"] {
            fs::create_dir(folder.join(name)).unwrap();
        }
        let start = |front: Front, log: &str| {
            let port = free_port();
            fs::write(folder.join("config.xml"), configuration(folder, port)).unwrap();
            let file = format!("--config-file={}", folder.join("config.xml").display());
            let argv = words([server.to_str().unwrap(), &file]);
            let mut container = Container::start(&front.argv(&argv), None, &folder.join(log));
            container
                .wait_for("clickhouse to answer", |_| http(port, "GET", "/ping", "").is_some_and(|(s, _)| s == 200));
            (container, port)
        };
        let sql = |port: u16, statement: &str| {
            http(port, "POST", "/", statement).filter(|(status, _)| *status == 200).map(|(_, text)| text)
        };
        let (mut container, port) = start(front, "first.log");
        sql(port, "create table orders (n UInt8) engine = MergeTree order by n").unwrap();
        sql(port, "insert into orders values (1)").unwrap();
        let mut client = connect(port).unwrap();
        request(&mut client, "POST", "/", "select sleepEachRow(1) from numbers(600)", "close").unwrap();
        container.wait_for("the client to be inside its query", |_| {
            let busy = "select count() from system.processes where query like 'select sleepEachRow%'";
            sql(port, busy).is_some_and(|n| n.trim().ends_with('1') || n.contains("\n1\n"))
        });
        container.signal(Signal::SIGTERM);
        if front == Front::Shell {
            container.outlives_its_grace(|| sql(port, "select 1").is_some());
        } else {
            assert!(container.ended().success(), "{front:?}:\n{}", container.log());
            assert!(container.log().contains("shutting down"), "{front:?}:\n{}", container.log());
        }
        drop(container);
        let (again, port) = start(Front::None, "again.log");
        assert!(sql(port, "select n from orders").is_some_and(|n| n.contains('1')), "{front:?}:\n{}", again.log());
    }
}
