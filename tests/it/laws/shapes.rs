//! Law 6: no input makes it panic. What applies to sound manifests applies to broken ones: their patches, too, are applied.

use proptest::{prelude::*, sample::Index, test_runner::Config};
use seawall::{
    rules,
    terms::Profile,
    tree::Tree,
    view::{Kind, Subject},
};
use serde_json::{Value, json};

use super::{authors, patches, with};
use crate::{fixture::catalogue, specimens};

/// What is done to one value of a manifest.
#[derive(Debug, Clone)]
enum Harm {
    Replace(Value),
    Remove,
    /// Once more, behind itself; in a list.
    Repeat,
    /// Another value of the same manifest in its place.
    Copy(Index),
    /// Under another key.
    Rename(String),
    /// Below a map, or in a list, of its own.
    Wrap(bool),
}

fn strange_text() -> impl Strategy<Value = String> {
    let known = [
        "",
        " ",
        "\0",
        "\n",
        "\u{202e}\u{200b}",
        "é",
        "🐘",
        "$(",
        "$(A)",
        "$(MYSQL_ROOT_PASSWORD)",
        "${",
        "$((",
        "`",
        "'",
        "\"",
        "\\",
        ":",
        "@",
        "/",
        "//",
        "/..",
        "..",
        "-",
        "--",
        "---",
        "=",
        "--=",
        "*",
        "[",
        "]",
        "~",
        "~1",
        "mysql",
        "mysql:",
        "mysql@sha256:",
        "mysql:8.4@sha256:0",
        ":8",
        "postgres:99999999999999999999",
        "mongo:-1",
        "redis:7.",
        "1Gi",
        "-1Gi",
        "1e400",
        "9223372036854775808",
        "99999999999999999999Ei",
        "0x10",
        "1e-400",
        "NaN",
        "5%",
        "512MB",
        "-1",
        "true",
        "no",
        "null",
        "/var/lib/mysql/../..",
        "sh -c 'rm -rf \"$PGDATA\"/* && (exec",
        "if then fi",
        "<<EOF",
        "$(rm -rf /var/lib/mysql)",
        "2026-01-01T00:00:00Z",
        "[::1]:3306",
        "postgres://u:p@h/d",
        "mysql://:@:",
        "vault:",
        "--requirepass",
        "seawall.dev/patched",
        "[{\"place\":\"spec\",\"rule\":\"x\"}]",
    ];
    prop_oneof![
        4 => prop::sample::select(known.to_vec()).prop_map(str::to_owned),
        1 => any::<String>(),
        1 => "[ -~]{0,40}",
        1 => (1usize..4000).prop_map(|n| "a(".repeat(n)),
    ]
}

fn strange_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        prop::sample::select(vec![i64::MIN, i64::MAX, -1, 0, 1, 29, 30, 600, 3306, 65536, 1 << 53])
            .prop_map(Value::from),
        prop::sample::select(vec![0.5, -0.0, 1e308, 18_446_744_073_709_551_615.0]).prop_map(Value::from),
        strange_text().prop_map(Value::from),
        Just(json!([])),
        Just(json!({})),
        Just(json!([[], {}, null, 1, "x"])),
        Just(json!({ "": { "": null }, "name": ["x"] })),
    ]
}

fn harm() -> impl Strategy<Value = Harm> {
    prop_oneof![
        4 => strange_value().prop_map(Harm::Replace),
        2 => Just(Harm::Remove),
        2 => Just(Harm::Repeat),
        1 => any::<Index>().prop_map(Harm::Copy),
        1 => strange_text().prop_map(Harm::Rename),
        1 => any::<bool>().prop_map(Harm::Wrap),
    ]
}

/// The pointers of all values below `value`.
fn pointers(value: &Value, at: &str, all: &mut Vec<String>) {
    let escaped = |key: &str| key.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| {
            all.push(format!("{at}/{}", escaped(key)));
            pointers(value, &format!("{at}/{}", escaped(key)), all);
        }),
        Value::Array(items) => items.iter().enumerate().for_each(|(i, value)| {
            all.push(format!("{at}/{i}"));
            pointers(value, &format!("{at}/{i}"), all);
        }),
        _ => {}
    }
}

fn harmed(object: &Value, harms: &[(Index, Harm)]) -> Value {
    let mut object = object.clone();
    for (at, harm) in harms {
        let mut all = Vec::new();
        pointers(&object, "", &mut all);
        if all.is_empty() {
            break;
        }
        let pointer = at.get(&all);
        let (parent, leaf) = pointer.rsplit_once('/').unwrap();
        let leaf = leaf.replace("~1", "/").replace("~0", "~");
        let other = match harm {
            Harm::Copy(from) => object.pointer(from.get(&all).as_str()).cloned(),
            _ => None,
        };
        match (object.pointer_mut(parent).unwrap(), harm) {
            (up, Harm::Replace(value)) => *slot(up, &leaf) = value.clone(),
            (up, Harm::Copy(_)) => *slot(up, &leaf) = other.unwrap(),
            (up, Harm::Wrap(list)) => {
                let inner = slot(up, &leaf).take();
                *slot(up, &leaf) = if *list { json!([inner]) } else { json!({ leaf.clone(): inner }) };
            }
            (Value::Object(map), Harm::Remove) => drop(map.remove(&leaf)),
            (Value::Array(items), Harm::Remove) => drop(items.remove(leaf.parse().unwrap())),
            (Value::Array(items), Harm::Repeat) => items.push(items[leaf.parse::<usize>().unwrap()].clone()),
            (Value::Object(map), Harm::Rename(name)) => {
                let value = map.remove(&leaf).unwrap();
                map.insert(name.clone(), value);
            }
            _ => {}
        }
    }
    object
}

fn slot<'v>(up: &'v mut Value, leaf: &str) -> &'v mut Value {
    match up {
        Value::Object(map) => map.get_mut(leaf).unwrap(),
        Value::Array(items) => &mut items[leaf.parse::<usize>().unwrap()],
        _ => unreachable!(),
    }
}

/// How many broken manifests are tried: as many as `PROPTEST_CASES` says, several times over.
fn tried() -> Config {
    let usual = Config::default();
    Config { cases: usual.cases.saturating_mul(3), failure_persistence: None, ..usual }
}

proptest! {
    #![proptest_config(tried())]

    #[test]
    fn no_manifest_makes_it_panic(
        specimen in any::<Index>(),
        harms in prop::collection::vec((any::<Index>(), harm()), 1..6),
        old in prop::collection::vec((any::<Index>(), harm()), 0..3),
        profile in prop::sample::select(Profile::ALL),
    ) {
        let specimen = specimen.get(specimens::all());
        let facts = specimen.facts();
        let mut case = with(specimen, harmed(&specimen.case.object, &harms)).in_profile(profile);
        case.old = harmed(&specimen.case.old, &old);
        let once = case.outcome_under(rules::ALL, facts);
        prop_assert_eq!(once.panics, 0, "a rule panicked");
        prop_assert_eq!(&once.conflicts, &[]);
        prop_assert_eq!(patches::applied(&case.object, &once.patch), once.stored.clone());
        authors::hold(&case, &once);
        case.object = once.stored;
        let twice = case.outcome_under(rules::ALL, facts);
        prop_assert_eq!(twice.patch, vec![], "the second patch; the first is {:?}", once.patch);
    }

    #[test]
    fn detection_takes_any_json(value in any_json()) {
        let text = value.to_string();
        let tree = Tree::from_json(&text).unwrap();
        for kind in KINDS {
            if let Subject::Workload(case) = Subject::of(kind, tree.root(), catalogue()) {
                prop_assert!(Kind::of(kind).is_some());
                prop_assert!(case.databases.len() <= case.detected.len());
            }
        }
    }
}

const KINDS: [&str; 9] = [
    "Pod",
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicaSet",
    "ReplicationController",
    "Job",
    "CronJob",
    "PersistentVolumeClaim",
];

/// Anything, with the keys that Seawall reads.
fn any_json() -> impl Strategy<Value = Value> {
    let keys = [
        "spec",
        "template",
        "jobTemplate",
        "metadata",
        "containers",
        "initContainers",
        "name",
        "image",
        "env",
        "value",
        "valueFrom",
        "args",
        "command",
        "ports",
        "containerPort",
        "volumeMounts",
        "mountPath",
        "volumes",
        "resources",
        "limits",
        "memory",
        "lifecycle",
        "preStop",
        "exec",
        "livenessProbe",
        "volumeClaimTemplates",
        "emptyDir",
        "persistentVolumeClaim",
        "labels",
        "annotations",
    ];
    strange_value().prop_recursive(8, 120, 8, move |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            3 => prop::collection::vec((prop::sample::select(keys.to_vec()), inner), 0..8)
                .prop_map(|fields| Value::Object(fields.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())),
        ]
    })
}
