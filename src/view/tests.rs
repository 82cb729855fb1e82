//! What a spec says about an engine's facts.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
use serde_json::{Value, json};

use super::{DataPlace, Subject};
use crate::{engines::Catalogue, terms::Role, tree::Tree};

/// Looks at a StatefulSet with one container and a claim called `data`, and hands what it was taken for to `look`.
fn looked_at<T>(container: &Value, look: impl FnOnce(&super::Database<'_>) -> T) -> T {
    let text = json!({
        "kind": "StatefulSet",
        "metadata": {"name": "shop"},
        "spec": {
            "template": {"spec": {"containers": [container]}},
            "volumeClaimTemplates": [{"metadata": {"name": "data"}}],
        },
    })
    .to_string();
    let catalogue = Catalogue::embedded().unwrap();
    let tree = Tree::from_json(&text).unwrap();
    let Subject::Workload(case) = Subject::of("StatefulSet", tree.root(), &catalogue) else { panic!("no workload") };
    look(case.databases.first().unwrap_or_else(|| panic!("nothing was recognised in {container}")))
}

#[test]
fn of_relatives_the_original_is_meant_until_something_tells_them_apart() {
    for (variable, program, engine) in [
        ("MYSQL_ROOT_PASSWORD", None, "mysql"),
        ("MYSQL_ROOT_PASSWORD", Some("mysqld"), "mysql"),
        ("MARIADB_ROOT_PASSWORD", None, "mariadb"),
        ("MARIADB_ROOT_PASSWORD", Some("mysqld"), "mariadb"),
        ("MARIADB_ROOT_PASSWORD", Some("mariadbd"), "mariadb"),
        ("XTRABACKUP_PASSWORD", Some("mysqld"), "percona"),
    ] {
        let container = json!({
            "name": "store",
            "image": "registry.example/team/store:1",
            "args": program.map(|p| vec![p]),
            "ports": [{"containerPort": 3306}],
            "env": [{"name": variable, "valueFrom": {"secretKeyRef": {"name": "store", "key": "password"}}}],
            "volumeMounts": [{"name": "data", "mountPath": "/var/lib/mysql"}],
        });
        looked_at(&container, |d| assert_eq!(&*d.engine.name, engine, "{variable} {program:?}"));
    }
}

#[test]
fn the_command_overrides_the_image() {
    let tablet = json!({
        "name": "mysqld",
        "image": "mysql:8.0.40",
        "command": ["/vt/bin/mysqlctld"],
        "volumeMounts": [{"name": "data", "mountPath": "/vt/vtdataroot"}],
    });
    looked_at(&tablet, |d| {
        assert_eq!((&*d.engine.name, d.role), ("vitess", Role::Server));
        assert!(matches!(d.data, DataPlace::On { .. }));
    });
    let gateway = json!({"name": "vttablet", "image": "vitess/lite:v23.0.0", "command": ["/vt/bin/vttablet"]});
    looked_at(&gateway, |d| assert_eq!((&*d.engine.name, d.role), ("vitess", Role::Router)));
}

#[test]
fn a_config_server_keeps_its_data_in_a_folder_of_its_own() {
    for (args, mount, directory) in [
        (vec!["--configsvr", "--replSet", "cfg"], "/data/configdb", "/data/configdb"),
        (vec!["--configsvr", "--dbpath=/data/db"], "/data/db", "/data/db"),
        (vec!["--shardsvr"], "/data/db", "/data/db"),
    ] {
        let container = json!({
            "name": "mongod", "image": "mongo:8.0", "args": args,
            "volumeMounts": [{"name": "data", "mountPath": mount}],
        });
        looked_at(&container, |d| {
            assert_eq!(d.role, Role::Server, "{args:?}");
            assert_eq!(d.data.directory(), Some(directory), "{args:?}");
            assert!(matches!(d.data, DataPlace::On { .. }), "{args:?}");
        });
    }
}

#[test]
fn redis_is_a_cache_until_it_is_asked_to_keep_data() {
    let claim = json!([{"name": "data", "mountPath": "/data"}]);
    for (args, env, mounts, role) in [
        (vec![], json!([]), json!([]), Role::Cache),
        (vec![], json!([]), claim.clone(), Role::Server),
        (vec!["--save", "60", "1"], json!([]), json!([]), Role::Server),
        (vec!["--save", "", "--appendonly", "no"], json!([]), claim.clone(), Role::Cache),
        (vec!["--save", "", "--appendonly", "yes"], json!([]), json!([]), Role::Server),
        (vec!["--appendonly", "no"], json!([]), claim, Role::Server),
        (vec![], json!([{"name": "REDIS_ARGS", "value": "--appendonly yes"}]), json!([]), Role::Server),
    ] {
        let image = if env == json!([]) { "redis:7.4" } else { "redis/redis-stack-server:7.4.0-v3" };
        let container = json!({"name": "redis", "image": image, "args": args, "env": env, "volumeMounts": mounts});
        looked_at(&container, |d| assert_eq!(d.role, role, "{args:?} {env} {mounts}"));
    }
    let sentinel = json!({"name": "s", "image": "redis:7.4", "command": ["redis-server", "/s.conf", "--sentinel"]});
    looked_at(&sentinel, |d| assert_eq!(d.role, Role::Sentinel));
}
