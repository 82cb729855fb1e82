//! Databases as people write them: nothing said about memory, credentials, time to stop or
//! storage class. A trial adds what it is about.

use serde_json::{Value, json};

/// How to run one engine's server.
#[derive(Clone, Copy)]
pub struct Engine {
    /// Of the engine, and of the container.
    pub name: &'static str,
    pub image: &'static str,
    /// Where its data is mounted.
    path: &'static str,
    args: &'static [&'static str],
    env: &'static [(&'static str, &'static str)],
}

impl Engine {
    const fn new(name: &'static str, image: &'static str, path: &'static str) -> Self {
        Self { name, image, path, args: &[], env: &[] }
    }

    const fn args(self, args: &'static [&'static str]) -> Self {
        Self { args, ..self }
    }

    const fn env(self, env: &'static [(&'static str, &'static str)]) -> Self {
        Self { env, ..self }
    }
}

pub const MYSQL: Engine = Engine::new("mysql", "mysql:8.4.3", "/var/lib/mysql");
pub const POSTGRES: Engine = Engine::new("postgres", "postgres:16.4", "/var/lib/postgresql/data");
/// Stops only by a hook, which Seawall knows.
pub const BITNAMI: Engine =
    Engine::new("postgresql", "bitnamilegacy/postgresql:17.5.0-debian-12-r1", "/bitnami/postgresql");

/// Servers of ten engines, some of them in several packagings.
pub const ENGINES: [Engine; 13] = [
    MYSQL,
    POSTGRES,
    BITNAMI,
    Engine::new("mariadb", "mariadb:11.4.2", "/var/lib/mysql"),
    Engine::new("percona", "percona/percona-server:8.0.36", "/var/lib/mysql"),
    Engine::new("mongo", "mongo:7.0.12", "/data/db"),
    Engine::new("redis", "redis:7.2.5", "/data").args(&["--appendonly", "yes", "--maxmemory", "100mb"]),
    Engine::new("valkey", "valkey/valkey:8.0.1", "/data").args(&["--appendonly", "yes", "--maxmemory", "100mb"]),
    Engine::new("etcd", "quay.io/coreos/etcd:v3.5.15", "/var/lib/etcd").args(&["etcd", "--data-dir=/var/lib/etcd"]),
    Engine::new("elasticsearch", "elasticsearch:8.15.0", "/usr/share/elasticsearch/data")
        .env(&[("ES_JAVA_OPTS", "-Xms512m -Xmx512m")]),
    Engine::new("cassandra", "cassandra:4.1.5", "/var/lib/cassandra")
        .env(&[("MAX_HEAP_SIZE", "512M"), ("HEAP_NEWSIZE", "128M")]),
    Engine::new("mssql", "mcr.microsoft.com/mssql/server:2022-CU14-ubuntu-22.04", "/var/opt/mssql")
        .env(&[("ACCEPT_EULA", "Y")]),
    Engine::new("neo4j", "neo4j:5.22.0", "/data"),
];

/// What keeps the Pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// With a claim template.
    StatefulSet,
    /// With a claim of its own name.
    Deployment,
    /// With a claim of its own name.
    Pod,
    /// With a folder of the node.
    DaemonSet,
}

/// A database without its claim.
pub fn database(engine: Engine, shape: Shape, name: &str) -> Value {
    let variables: Vec<Value> = engine.env.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
    let mut container = json!({
        "name": engine.name,
        "image": engine.image,
        "volumeMounts": [{"name": "data", "mountPath": engine.path}],
    });
    if !engine.args.is_empty() {
        container["args"] = json!(engine.args);
    }
    if !variables.is_empty() {
        container["env"] = json!(variables);
    }
    let volume = match shape {
        Shape::StatefulSet => None,
        Shape::Deployment | Shape::Pod => Some(json!({"persistentVolumeClaim": {"claimName": name}})),
        Shape::DaemonSet => Some(json!({"hostPath": {"path": format!("/srv/{name}")}})),
    };
    let mut pod = json!({"containers": [container]});
    if let Some(mut volume) = volume {
        volume["name"] = json!("data");
        pod["volumes"] = json!([volume]);
    }
    let labels = json!({"app": name});
    if shape == Shape::Pod {
        return json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels}, "spec": pod});
    }
    let mut spec = json!({
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": pod},
    });
    match shape {
        Shape::StatefulSet => {
            spec["serviceName"] = json!(name);
            let claim = claim("data");
            spec["volumeClaimTemplates"] = json!([{"metadata": claim["metadata"], "spec": claim["spec"]}]);
        }
        Shape::Deployment => spec["strategy"] = json!({"type": "Recreate"}),
        Shape::Pod | Shape::DaemonSet => {}
    }
    json!({"apiVersion": "apps/v1", "kind": format!("{shape:?}"), "metadata": {"name": name}, "spec": spec})
}

/// A claim without a class.
pub fn claim(name: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    })
}

/// Several objects, as `kubectl apply -f -` takes them, in this order.
pub fn list(objects: &[Value]) -> String {
    json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string()
}

/// The spec of the Pods of a workload, or of the Pod.
pub fn pod_spec(object: &mut Value) -> &mut Value {
    if object["kind"] == "Pod" { &mut object["spec"] } else { &mut object["spec"]["template"]["spec"] }
}

/// The database with its password in plain text, which `production` refuses.
pub fn plaintext(mut database: Value) -> Value {
    let variables = &mut pod_spec(&mut database)["containers"][0]["env"];
    let password = json!({"name": "MYSQL_ROOT_PASSWORD", "value": "not-so-secret"});
    match variables.as_array_mut() {
        Some(variables) => variables.push(password),
        None => *variables = json!([password]),
    }
    database
}

/// The MySQL that flushes nothing, which every profile that refuses anything refuses.
pub fn fragile(mut database: Value) -> Value {
    pod_spec(&mut database)["containers"][0]["args"] = json!(["--innodb-flush-method=nosync"]);
    database
}

/// The database with another image.
pub fn image(mut database: Value, image: &str) -> Value {
    pod_spec(&mut database)["containers"][0]["image"] = json!(image);
    database
}
