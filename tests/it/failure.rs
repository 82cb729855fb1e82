//! `docs/failure.md` is made of the table that the trials on a real API server assert.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use seawall::tree::Tree;
use serde_json::Value;

use crate::generated::{hold, text};

const TABLE: &str = "tests/cluster/failure.yaml";

const HEAD: &str = "<!-- Made of `tests/cluster/failure.yaml`; `make bless` rewrites it. -->

# While Seawall fails

A webhook that is away can stop a cluster. What each of these failures does to what people and controllers do is tried on a real API
server, cell by cell (`tests/cluster/trials/failure.rs`); the outcome is the same for all of them, and whether an object runs a database
or not: an API server that gets no answer cannot know.

";

const FOOT: &str = "
*Guarded* are namespaces labelled `seawall.dev/guard: enforced`; nobody is guarded who did not ask. What is refused there waits for
Seawall: `failed calling webhook \"validate-guarded.seawall.dev\"`, and what is in the way. Nothing that runs is stopped, in either:
Pods that fail or are evicted are made again, autoscalers scale, nodes drain, namespaces go. An UPDATE by one of Kubernetes' own
controllers goes on; one by a controller of somebody else's, as when a storage driver notes something on a claim, waits as a person's
does, and is tried again by it.

What passes is neither mended nor judged. What Seawall had written before stays: it is stored in the templates. The next change that
it sees is judged against what is there then.

The way out needs nobody but the API server: `kubectl label namespace NAMESPACE seawall.dev/guard-` for one namespace, and
[install.md](install.md#switch-it-off) for all.
";

fn cell(value: &Value) -> &'static str {
    match value.as_str() {
        Some("passes") => "passes",
        Some("refused") => "**refused**",
        other => panic!("a cell is passes or refused, not {other:?}"),
    }
}

fn rendered(table: &Value) -> String {
    let mut page = String::from(HEAD);
    page.push_str("| failure | what it is | a call takes longer by |\n|---|---|---|\n");
    for fault in table["faults"].as_array().expect("faults") {
        let (name, what) = (fault["name"].as_str().expect("a name"), fault["what"].as_str().expect("what it is"));
        let longer = match fault["seconds"].as_u64().expect("seconds") {
            0 => "nothing".to_owned(),
            seconds => format!("at most {seconds} s: both timeouts"),
        };
        let _ = writeln!(page, "| {} | {what} | {longer} |", name.replace('-', " "));
    }
    page.push_str("\n| what is done | elsewhere | in guarded namespaces |\n|---|---|---|\n");
    for action in table["actions"].as_array().expect("actions") {
        let column = |kind: &str| match (cell(&action[kind]["database"]), cell(&action[kind]["other"])) {
            (database, other) if database == other => database.to_owned(),
            (database, other) => format!("{database}; {other} where it is no database"),
        };
        let does = action["does"].as_str().expect("what is done");
        let _ = writeln!(page, "| {does} | {} | {} |", column("open"), column("guarded"));
    }
    page + FOOT
}

#[test]
fn failures_are_documented() {
    let table = Tree::one_from_yaml(&text(TABLE)).expect("YAML").root().to_json();
    let mut names = BTreeSet::new();
    for action in table["actions"].as_array().expect("actions") {
        assert!(names.insert(action["name"].to_string()), "{} is there twice", action["name"]);
    }
    hold("docs/failure.md", &rendered(&table));
}
