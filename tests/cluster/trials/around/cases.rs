//! What stands around databases, one case for each kind of trouble: what is there, the database, and what is said about it.

use serde_json::{Value, json};

use super::storage;
use crate::databases::{ENGINES, MYSQL, Shape, database, pod_spec};

/// Where something is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Where {
    /// In the namespace where everything stands.
    With,
    /// In the empty one.
    Without,
}

/// One kind of trouble.
#[derive(Debug, Clone)]
pub struct Case {
    /// For people.
    pub about: &'static str,
    /// What stands in its namespace.
    pub around: Vec<Value>,
    /// What is applied.
    pub database: Value,
    /// What kubectl prints.
    pub warning: &'static str,
    /// Where.
    pub said: Where,
    /// What is applied instead, in the other namespace, where the trouble is no object of a namespace.
    pub otherwise: Option<Value>,
}

impl Case {
    pub(super) fn new(about: &'static str, around: Vec<Value>, database: Value, warning: &'static str) -> Self {
        Self { about, around, database, warning, said: Where::With, otherwise: None }
    }

    /// Said where nothing stands around.
    fn of_absence(self) -> Self {
        Self { said: Where::Without, ..self }
    }

    /// Not said of this one.
    pub(super) fn but_not_of(self, otherwise: Value) -> Self {
        Self { otherwise: Some(otherwise), ..self }
    }
}

/// A database that lacks nothing else that `production` refuses.
pub(super) fn mysql(shape: Shape, name: &str) -> Value {
    let mut database = database(MYSQL, shape, name);
    let credentials = json!({"secretKeyRef": {"name": "credentials", "key": "password"}});
    pod_spec(&mut database)["containers"][0]["env"] =
        json!([{"name": "MYSQL_ROOT_PASSWORD", "valueFrom": credentials}]);
    if shape == Shape::Deployment {
        database["spec"]["strategy"] = json!({"type": "Recreate"});
    }
    database
}

pub(super) fn set(name: &str) -> Value {
    mysql(Shape::StatefulSet, name)
}

/// Three members of a replica set.
fn members(name: &str) -> Value {
    let mongo = ENGINES.into_iter().find(|engine| engine.name == "mongo").expect("an engine of the trials");
    let mut members = database(mongo, Shape::StatefulSet, name);
    members["spec"]["replicas"] = json!(3);
    members["spec"]["serviceName"] = json!(format!("{name}-members"));
    let container = &mut pod_spec(&mut members)["containers"][0];
    container["args"] = json!(["--replSet", "rs0", "--keyFile", "/keys/key", "--bind_ip_all"]);
    members
}

/// Three members, of which statements make one the writer.
fn followers(name: &str) -> Value {
    let mut followers = set(name);
    followers["spec"]["replicas"] = json!(3);
    followers["spec"]["serviceName"] = json!(format!("{name}-members"));
    pod_spec(&mut followers)["containers"][0]["args"] = json!(["--gtid-mode=ON", "--enforce-gtid-consistency=ON"]);
    followers
}

fn service(name: &str, app: &str, spec: &Value) -> Value {
    let mut spec = spec.clone();
    spec["selector"] = json!({"app": app});
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec})
}

fn budget(app: &str, bound: &Value) -> Value {
    let mut spec = bound.clone();
    spec["selector"] = json!({"matchLabels": {"app": app}});
    json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": app}, "spec": spec})
}

pub fn all() -> Vec<Case> {
    let mut cases = pointing();
    cases.extend(absent());
    cases.extend(storage::cases());
    cases
}

fn pointing() -> Vec<Case> {
    let ports = |port: u16| json!([{"port": port}]);
    let mut graph = database(ENGINES[12], Shape::StatefulSet, "graph");
    graph["spec"]["serviceName"] = json!("graph-members");
    let mut reader = set("reader");
    let mounts = [("data", "/var/lib/mysql"), ("files", "/etc/mysql/conf.d")];
    pod_spec(&mut reader)["containers"][0]["volumeMounts"] =
        mounts.iter().map(|(name, path)| json!({"name": name, "mountPath": path})).collect();
    pod_spec(&mut reader)["volumes"] = json!([{"name": "files", "configMap": {"name": "reader"}}]);
    vec![
        Case::new(
            "12: a Service that opens it to the outside",
            vec![service("public", "shop", &json!({"type": "LoadBalancer", "ports": ports(3306)}))],
            set("shop"),
            "Service \"public\": type LoadBalancer opens mysql of StatefulSet \"shop\" to the outside, on port 3306",
        ),
        Case::new(
            "50: a horizontal autoscaler",
            vec![json!({
                "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "load"},
                "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "loaded"}, "minReplicas": 1, "maxReplicas": 5},
            })],
            set("loaded"),
            "HorizontalPodAutoscaler \"load\": scales mysql of StatefulSet \"loaded\" by load, from 1 to 5 Pods",
        ),
        Case::new(
            "50: a vertical autoscaler",
            vec![json!({
                "apiVersion": "autoscaling.k8s.io/v1", "kind": "VerticalPodAutoscaler", "metadata": {"name": "sizes"},
                "spec": {"targetRef": {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "sized"}, "updatePolicy": {"updateMode": "Auto", "minReplicas": 1}},
            })],
            set("sized"),
            "VerticalPodAutoscaler \"sizes\": evicts mysql of StatefulSet \"sized\" to give it other resources: updateMode Auto",
        ),
        Case::new(
            "62: a password in a ConfigMap",
            vec![json!({
                "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "reader"},
                "data": {"client.cnf": "[client]\nuser = root\npassword = not-so-secret\n"},
            })],
            reader,
            "ConfigMap \"reader\": \"client.cnf\" spells a password, and StatefulSet \"reader\" reads it from here",
        ),
        Case::new(
            "66: a budget that blocks drains",
            vec![budget("blocked", &json!({"minAvailable": 1}))],
            set("blocked"),
            "PodDisruptionBudget \"blocked\": no drain may ever evict the one Pod of StatefulSet \"blocked\": minAvailable is 1",
        ),
        Case::new(
            "67: a budget that breaks the majority",
            vec![budget("loose", &json!({"maxUnavailable": 2}))],
            members("loose"),
            "PodDisruptionBudget \"loose\": drains may stop 2 of the 3 members of StatefulSet \"loose\" at once: maxUnavailable is 2",
        ),
        Case::new(
            "71: addresses of what is not ready",
            vec![service("early", "unready", &json!({"publishNotReadyAddresses": true, "ports": ports(3306)}))],
            set("unready"),
            "Service \"early\": clients reach Pods of StatefulSet \"unready\" that are not ready: publishNotReadyAddresses is set",
        ),
        Case::new(
            "72: a Service to any member",
            vec![service("clients", "many", &json!({"ports": ports(3306)}))],
            followers("many"),
            "Service \"clients\": sends writes to any mysql of StatefulSet \"many\", of which one takes them",
        ),
        Case::new(
            "81: variables of a Service that are taken for settings",
            vec![service("neo4j", "graph", &json!({"ports": ports(7687)}))],
            graph,
            "container \"neo4j\" takes variables of Service \"neo4j\" for settings: NEO4J_PORT and others",
        ),
    ]
}

fn absent() -> Vec<Case> {
    let policy = json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "lonely"},
        "spec": {"podSelector": {"matchLabels": {"app": "lonely"}}},
    });
    vec![
        Case::new(
            "65: no budget",
            vec![budget("unheld", &json!({"maxUnavailable": 1}))],
            members("unheld"),
            "no disruption budget selects the 3 members of container \"mongo\": a drain may stop all",
        )
        .of_absence(),
        Case::new(
            "93: no NetworkPolicy",
            vec![policy],
            set("lonely"),
            "no NetworkPolicy selects the Pods of StatefulSet \"lonely\": every Pod of the cluster may connect",
        )
        .of_absence(),
    ]
}
