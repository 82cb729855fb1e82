//! What a spec says about an engine's facts.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
use std::sync::LazyLock;

use serde_json::{Value, json};

use super::{DataPlace, Subject, Verdict};
use crate::{
    engines::{Catalogue, LookAlike},
    terms::Role,
    tree::Tree,
};

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::embedded().unwrap());

/// Looks at a StatefulSet with one container and a claim called `data`, and hands what it was taken for to `look`.
pub(super) fn looked_at<T>(container: &Value, look: impl FnOnce(&super::Database<'_>) -> T) -> T {
    let text = json!({
        "kind": "StatefulSet",
        "metadata": {"name": "shop"},
        "spec": {
            "template": {"spec": {"containers": [container]}},
            "volumeClaimTemplates": [{"metadata": {"name": "data"}}],
        },
    })
    .to_string();
    let tree = Tree::from_json(&text).unwrap();
    let Subject::Workload(case) = Subject::of("StatefulSet", tree.root(), &CATALOGUE) else { panic!("no workload") };
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

#[test]
fn elasticsearch_nodes_without_data_are_routers() {
    let official = "docker.elastic.co/elasticsearch/elasticsearch:8.15.0";
    let pires = "quay.io/pires/docker-elasticsearch-kubernetes:6.3.2";
    for (image, env, role) in [
        (official, json!([]), Role::Server),
        (official, json!([{"name": "node.roles", "value": "master"}]), Role::Server),
        (official, json!([{"name": "node.roles", "value": "data_hot,ingest"}]), Role::Server),
        (official, json!([{"name": "node.roles", "value": "ingest,ml"}]), Role::Router),
        (official, json!([{"name": "node.roles", "value": ""}]), Role::Router),
        (official, json!([{"name": "node.data", "value": "false"}]), Role::Router),
        (
            pires,
            json!([{"name": "NODE_MASTER", "value": "false"}, {"name": "NODE_DATA", "value": "true"}]),
            Role::Server,
        ),
        (
            pires,
            json!([{"name": "NODE_MASTER", "value": "true"}, {"name": "NODE_DATA", "value": "false"}]),
            Role::Server,
        ),
        (
            pires,
            json!([{"name": "NODE_MASTER", "value": "false"}, {"name": "NODE_DATA", "value": "false"}]),
            Role::Router,
        ),
    ] {
        let container = json!({"name": "node", "image": image, "env": env});
        looked_at(&container, |d| assert_eq!((&*d.engine.name, d.role), ("elasticsearch", role), "{env}"));
    }
}

#[test]
fn one_program_serves_and_asks() {
    for (args, role) in [
        (vec!["start", "--join=a", "--insecure"], Role::Server),
        (vec!["start-single-node"], Role::Server),
        (vec!["init", "--host=a"], Role::Client),
        (vec!["sql"], Role::Client),
        (vec!["workload", "run", "bank"], Role::Client),
    ] {
        let by_entrypoint = json!({"name": "c", "image": "cockroachdb/cockroach:v25.4.0", "args": args});
        looked_at(&by_entrypoint, |d| assert_eq!(d.role, role, "{args:?}"));
        let command: Vec<&str> = std::iter::once("/cockroach/cockroach").chain(args.iter().copied()).collect();
        let by_command = json!({"name": "c", "image": "cockroachdb/cockroach:v25.4.0", "command": command});
        looked_at(&by_command, |d| assert_eq!(d.role, role, "{command:?}"));
    }
}

#[test]
fn data_directories_by_packaging() {
    for (image, args, env, mount, is_on) in [
        ("quay.io/coreos/etcd:v3.5.21", vec!["etcd", "--data-dir=/var/lib/etcd"], json!([]), "/var/lib/etcd", true),
        (
            "quay.io/coreos/etcd:v3.5.21",
            vec![],
            json!([{"name": "ETCD_DATA_DIR", "value": "/d"}]),
            "/var/lib/etcd",
            false,
        ),
        ("bitnamilegacy/etcd:3.5", vec![], json!([]), "/bitnami/etcd", true),
        ("bitnamilegacy/etcd:3.5", vec![], json!([]), "/var/lib/etcd", false),
        ("cassandra:5.0", vec![], json!([]), "/var/lib/cassandra", true),
        ("cassandra:5.0", vec![], json!([]), "/opt/cassandra/data", true),
        ("cassandra:5.0", vec![], json!([]), "/var/lib", false),
        ("gcr.io/google-samples/cassandra:v13", vec![], json!([]), "/cassandra_data", true),
        ("neo4j:5.26", vec![], json!([]), "/data", true),
        ("neo4j:5.26", vec![], json!([]), "/var/lib/neo4j/data", true),
        ("neo4j:5.26", vec![], json!([]), "/logs", false),
        ("cockroachdb/cockroach:v25.4.0", vec!["start", "--store=path=/c,size=1GB"], json!([]), "/c", true),
        ("cockroachdb/cockroach:v25.4.0", vec!["start"], json!([]), "/cockroach/cockroach-data/", true),
        ("mcr.microsoft.com/mssql/server:2022-latest", vec![], json!([]), "/var/opt/mssql", true),
        ("elasticsearch:8.15.0", vec![], json!([]), "/usr/share/elasticsearch/data", true),
        ("k8s.gcr.io/elasticsearch:v6.5.1", vec![], json!([]), "/data", true),
        ("bitnamilegacy/elasticsearch:8", vec![], json!([]), "/usr/share/elasticsearch/data", false),
    ] {
        let container = json!({
            "name": "db", "image": image, "args": args, "env": env,
            "volumeMounts": [{"name": "data", "mountPath": mount}],
        });
        looked_at(&container, |d| assert_eq!(matches!(d.data, DataPlace::On { .. }), is_on, "{image} {mount}"));
    }
}

#[test]
fn an_sql_server_hears_sigterm_only_before_2022_cu18() {
    use crate::engines::schema::OnSignal;
    for (tag, expected) in [
        ("2017-latest", OnSignal::Stops),
        ("2019-CU28-ubuntu-20.04", OnSignal::Stops),
        ("2022-CU1-ubuntu-20.04", OnSignal::Stops),
        ("2022-CU17-ubuntu-22.04", OnSignal::Stops),
        ("2022-CU18-ubuntu-22.04", OnSignal::Ignores),
        ("2022-latest", OnSignal::Ignores),
        ("2025-latest", OnSignal::Ignores),
        ("latest", OnSignal::Ignores),
    ] {
        let container = json!({"name": "mssql", "image": format!("mcr.microsoft.com/mssql/server:{tag}")});
        looked_at(&container, |d| assert_eq!(d.engine.stop.as_ref().unwrap().on_signal, expected, "{tag}"));
    }
}

#[test]
fn the_token_that_every_pod_gets_is_no_configuration() {
    for (path, expected) in [("/var/run/secrets/kubernetes.io/serviceaccount", false), ("/etc/mysql/conf.d", true)] {
        let text = json!({"kind": "Pod", "metadata": {"name": "shop"}, "spec": {
            "containers": [{"name": "mysql", "image": "mysql:8.4", "volumeMounts": [{"name": "content", "mountPath": path}]}],
            "volumes": [{"name": "content", "projected": {"sources": []}}],
        }})
        .to_string();
        let tree = Tree::from_json(&text).unwrap();
        let Subject::Workload(case) = Subject::of("Pod", tree.root(), &CATALOGUE) else { panic!("no workload") };
        assert_eq!(case.databases.first().unwrap().has_mounted_configuration(), expected, "{path}");
    }
}

#[test]
fn what_operators_leave_to_a_default_is_known_by_its_name() {
    let container = |name: &str, port: i64| {
        json!({
            "name": name,
            "ports": [{"containerPort": port}],
            "env": [{"name": "MONGODB_PASSWORD", "value": "$(P)"}],
            "volumeMounts": [{"name": "data", "mountPath": "/data/db"}],
        })
    };
    looked_at(&container("mongod", 27017), |d| assert_eq!((&*d.engine.name, d.role), ("mongodb", Role::Server)));
    let text = json!({"kind": "Pod", "spec": {"containers": [container("logrotate", 8080)]}}).to_string();
    let tree = Tree::from_json(&text).unwrap();
    let Subject::Workload(case) = Subject::of("Pod", tree.root(), &CATALOGUE) else { panic!("no workload") };
    assert_eq!(case.detected[0].verdict, Verdict::LookAlike(LookAlike::Client));
}

#[test]
fn data_in_several_directories_is_as_safe_as_the_least_safe() {
    let server = |directories: &str, mounts: &[&str]| {
        let mounts: Vec<_> = mounts.iter().map(|path| json!({"name": "data", "mountPath": path})).collect();
        json!({
            "name": "db", "image": "yugabytedb/yugabyte:2024.2.1.0-b185", "volumeMounts": mounts,
            "command": ["yb-tserver", format!("--fs_data_dirs={directories}")],
        })
    };
    for (directories, mounts, expected) in [
        ("/a,/b", &["/a", "/b"][..], Some("/a")),
        ("/a, /b/", &["/a"][..], Some("/b")),
        ("/a,/b", &["/b"][..], Some("/a")),
        ("data,/b", &["/b"][..], None),
    ] {
        looked_at(&server(directories, mounts), |d| {
            assert_eq!(d.data.directory(), expected, "{directories} {mounts:?}")
        });
    }
}

#[test]
fn a_variable_that_is_a_setting_moves_the_data() {
    let container = json!({
        "name": "es", "image": "docker.elastic.co/elasticsearch/elasticsearch:8.19.2",
        "env": [{"name": "path.data", "value": "/store"}],
        "volumeMounts": [{"name": "data", "mountPath": "/store"}],
    });
    looked_at(&container, |d| {
        assert_eq!(d.data.directory(), Some("/store"));
        assert!(d.data.is_kept());
    });
}
