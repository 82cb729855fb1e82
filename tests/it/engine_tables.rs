//! The tables of `tests/engines/`: for each engine, what Seawall makes of an image, its command, its variables and its mounts.
//!
//! A row is made into a workload that is well run wherever the row says nothing: memory and CPU are given, each of `mounts` is a claim
//! with a storage class, a Deployment is re-created, nothing is probed. Beside `image` and `is`, whatever a row leaves out is not checked.
//!
//! `says` are the names of the rules that report something under `production`, audits included. It is complete among the rules of
//! [`JUDGED`] and those that any row of the same file names. No other rule is looked at: a new rule concerns no table until a row names
//! it, and a row that shows it needs no change of the others.

use std::collections::{BTreeMap, BTreeSet};

use seawall::{
    engines::LookAlike,
    rules,
    tree::{Tree, from_node},
    view::{self, Subject, Verdict},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    fixture::{Case, catalogue},
    generated::{repository, text},
};

/// The rules that `says` is complete for in every table: those that judge by what an engine's file says.
const JUDGED: [&str; 18] = [
    "cache-exceeding-memory-limit",
    "claims-deleted-with-statefulset",
    "credential-on-command-line",
    "data-deleting-script",
    "data-left-behind",
    "disabled-authentication",
    "disabled-durability",
    "ephemeral-data",
    "floating-tag",
    "host-path-data",
    "misplaced-data-mount",
    "missing-credentials",
    "plaintext-credentials",
    "rolling-update-over-claim",
    "shared-data-claim",
    "unauthenticated-engine",
    "unfinished-shutdown",
    "unmounted-data",
];

/// One row.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    image: String,
    /// The container's.
    #[serde(default = "main")]
    name: String,
    #[serde(default = "stateful_set")]
    kind: String,
    command: Option<Vec<String>>,
    args: Option<Vec<String>>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    /// Where claims are mounted.
    #[serde(default)]
    mounts: Vec<String>,
    #[serde(default)]
    ports: Vec<i64>,
    /// The engine; `nothing`, or what a look-alike is: `exporter`, `router`, `client`, `operator`, `other`.
    is: String,
    /// The packaging; `unknown` where it can be several.
    variant: Option<String>,
    role: Option<String>,
    version: Option<String>,
    /// The data directory; `unknown` where the spec does not say.
    data: Option<String>,
    says: Option<Vec<String>>,
}

fn main() -> String {
    "main".to_owned()
}

fn stateful_set() -> String {
    "StatefulSet".to_owned()
}

impl Row {
    /// The workload.
    fn object(&self) -> Value {
        let numbered = || self.mounts.iter().enumerate().map(|(at, path)| (format!("data-{at}"), path));
        let mut container = json!({
            "name": self.name,
            "image": self.image,
            "resources": { "requests": { "cpu": "1", "memory": "4Gi" }, "limits": { "cpu": "1", "memory": "4Gi" } },
            "env": self.env.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect::<Vec<_>>(),
            "ports": self.ports.iter().map(|port| json!({ "containerPort": port })).collect::<Vec<_>>(),
            "volumeMounts": numbered().map(|(name, path)| json!({ "name": name, "mountPath": path })).collect::<Vec<_>>(),
        });
        for (field, words) in [("command", &self.command), ("args", &self.args)] {
            if let Some(words) = words {
                container[field] = json!(words);
            }
        }
        let mut pod = json!({ "containers": [container] });
        let claims =
            || numbered().map(|(name, _)| json!({ "name": name, "persistentVolumeClaim": { "claimName": name } }));
        if self.kind != "StatefulSet" {
            pod["volumes"] = claims().collect();
        }
        let labels = json!({ "app": "row" });
        let metadata = json!({ "name": "row", "labels": labels });
        let template = json!({ "metadata": { "labels": labels }, "spec": pod });
        let of_apps = |more: Value| {
            let mut spec = json!({ "replicas": 1, "selector": { "matchLabels": labels }, "template": template });
            spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!({ "apiVersion": "apps/v1", "kind": self.kind, "metadata": metadata, "spec": spec })
        };
        let claim = |name: &String| {
            let storage = json!({ "requests": { "storage": "10Gi" } });
            let spec =
                json!({ "accessModes": ["ReadWriteOnce"], "storageClassName": "retained", "resources": storage });
            json!({ "metadata": { "name": name }, "spec": spec })
        };
        match self.kind.as_str() {
            "StatefulSet" => {
                let templates: Vec<_> = numbered().map(|(name, _)| claim(&name)).collect();
                of_apps(json!({ "serviceName": "row", "volumeClaimTemplates": templates }))
            }
            "Deployment" => of_apps(json!({ "strategy": { "type": "Recreate" } })),
            "DaemonSet" => of_apps(json!({})),
            "Pod" => json!({ "apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"] }),
            "Job" => {
                let mut template = template.clone();
                template["spec"]["restartPolicy"] = json!("Never");
                json!({ "apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": { "template": template } })
            }
            other => panic!("a row cannot be a {other}"),
        }
    }

    /// How the row and Seawall disagree; `named` are the rules that the table knows.
    fn disagreements(&self, named: &BTreeSet<&str>) -> Vec<String> {
        let object = self.object();
        let seen = Seen::of(&object);
        let mut found = Vec::new();
        let mut compare = |what: &str, expected: Option<&String>, is: &str| {
            if let Some(expected) = expected.filter(|e| *e != is) {
                found.push(format!("{what} is {is:?}, should be {expected:?}"));
            }
        };
        compare("it", Some(&self.is), &seen.is);
        compare("variant", self.variant.as_ref(), &seen.variant);
        compare("role", self.role.as_ref(), &seen.role);
        compare("version", self.version.as_ref(), &seen.version);
        compare("data", self.data.as_ref(), &seen.data);
        if let Some(says) = &self.says {
            let should: BTreeSet<&str> = says.iter().map(String::as_str).collect();
            let outcome = Case::of(object, None).outcome();
            let said = outcome.judgements.iter().map(|j| j.finding.rule).filter(|rule| named.contains(rule));
            let said: BTreeSet<&str> = said.collect();
            if said != should {
                found.push(format!("says {said:?}, should say {should:?}"));
            }
        }
        found
    }
}

/// What Seawall takes the container of a row for.
struct Seen {
    is: String,
    variant: String,
    role: String,
    version: String,
    data: String,
}

impl Seen {
    fn of(object: &Value) -> Self {
        let text = object.to_string();
        let tree = Tree::from_json(&text).unwrap();
        let Subject::Workload(case) = Subject::of(tree.root().get("kind").text(), tree.root(), catalogue()) else {
            panic!("no workload: {text}")
        };
        let detected = &case.detected[0];
        let mut seen = Self {
            is: is(detected.verdict),
            variant: "unknown".to_owned(),
            role: "none".to_owned(),
            version: detected.version.as_ref().map_or_else(|| "unknown".to_owned(), ToString::to_string),
            data: "unknown".to_owned(),
        };
        if let Verdict::Engine(at, role) = detected.verdict {
            seen.role = role.as_str().to_owned();
            if detected.packagings.len() == 1 {
                seen.variant.clone_from(&catalogue().engines()[at].variant);
            }
        }
        if let [database] = &case.databases[..] {
            seen.role = database.role.as_str().to_owned();
            seen.data = database.data.directory().unwrap_or("unknown").to_owned();
        }
        seen
    }
}

/// In a word.
fn is(verdict: view::Verdict) -> String {
    match verdict {
        Verdict::Engine(at, _) => return catalogue().engines()[at].name.to_string(),
        Verdict::Unknown => "nothing",
        Verdict::LookAlike(LookAlike::Exporter) => "exporter",
        Verdict::LookAlike(LookAlike::Router) => "router",
        Verdict::LookAlike(LookAlike::Client) => "client",
        Verdict::LookAlike(LookAlike::Operator) => "operator",
        Verdict::LookAlike(LookAlike::Other) => "other",
    }
    .to_owned()
}

fn rows(engine: &str) -> Vec<Row> {
    let name = format!("tests/engines/{engine}.yaml");
    let text = text(&name);
    let tree = Tree::one_from_yaml(&text).unwrap_or_else(|e| panic!("{name}:{}: {}", e.line, e.message));
    from_node(tree.root()).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// Fails with every row that Seawall disagrees with.
fn hold(module: &str) {
    let engine = module.replace('_', "-");
    let rows = rows(&engine);
    assert!(rows.len() >= 8, "tests/engines/{engine}.yaml has {} rows, of at least eight", rows.len());
    assert!(rows.iter().any(|row| row.is == engine), "no row of tests/engines/{engine}.yaml is one");
    let names = rows.iter().flat_map(|row| row.says.iter().flatten()).map(String::as_str);
    let named: BTreeSet<&str> = JUDGED.into_iter().chain(names).collect();
    let known = rules::names();
    let unknown: Vec<_> = named.iter().filter(|name| !known.contains(name)).collect();
    assert!(unknown.is_empty(), "there are no such rules: {unknown:?}");
    let mut wrong = Vec::new();
    for (at, row) in (1..).zip(&rows) {
        let found = row.disagreements(&named);
        if !found.is_empty() {
            wrong.push(format!("row {at}, {}: {}", row.image, found.join("; ")));
        }
    }
    assert!(
        wrong.is_empty(),
        "tests/engines/{engine}.yaml, {} of {} rows:\n{}",
        wrong.len(),
        rows.len(),
        wrong.join("\n")
    );
}

macro_rules! tables {
    ($($engine:ident)*) => {
        $(#[test] fn $engine() { hold(stringify!($engine)); })*
        const TABLES: &[&str] = &[$(stringify!($engine)),*];
    };
}

tables! {
    arangodb cassandra clickhouse clickhouse_keeper cockroachdb consul couchbase couchdb db2 dragonfly elasticsearch etcd influxdb kafka
    keydb mariadb meilisearch memcached milvus minio mongodb mssql mysql nats neo4j opensearch oracle pd percona postgres prometheus
    qdrant questdb rabbitmq redis rethinkdb scylla solr surrealdb tidb tiflash tikv typesense valkey vault vitess weaviate yugabyte
    zookeeper
}

#[test]
fn every_engine_has_a_table_and_every_table_is_run() {
    let run: Vec<_> = TABLES.iter().map(|name| name.replace('_', "-")).collect();
    let mut engines: Vec<_> = catalogue().names().iter().map(|name| (*name).to_owned()).collect();
    engines.sort();
    assert_eq!(run, engines, "the list of tables in tests/it/engine_tables.rs");
    let files = std::fs::read_dir(repository("tests/engines")).unwrap();
    let mut files: Vec<_> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    files.sort_by_key(|name| name.strip_suffix(".yaml").unwrap_or(name).to_owned());
    assert_eq!(files, run.iter().map(|name| format!("{name}.yaml")).collect::<Vec<_>>(), "tests/engines");
}
