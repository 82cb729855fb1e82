//! Policies and exemptions in the number that a large company has them.

use std::{path::Path, sync::Arc};

use anyhow::{Context as _, Result, anyhow};
use seawall::{
    rules,
    settings::{Exemption, Exemptions, InForce, KnownNames, Live, Namespace, Policies},
    tree::Tree,
};
use serde_json::json;

/// How many there are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Crowd {
    pub(crate) policies: usize,
    pub(crate) exemptions: usize,
}

/// Over so many namespaces the exemptions are spread; one of them is the one of the reviews.
const NAMESPACES: usize = 100;
/// The namespace of the reviews.
const ASKED: &str = "shop";

fn namespace(number: usize) -> String {
    if number == 0 { ASKED.to_owned() } else { format!("team-{number}") }
}

/// What is in force: the policies of a file, others that single out namespaces and engines, and exemptions for other workloads.
pub(crate) fn live(config: &Path, crowd: Crowd, known: KnownNames<'_>) -> Result<Arc<Live>> {
    let mut text = std::fs::read_to_string(config).context("no settings")?;
    for number in 0..crowd.policies {
        text.push_str(&format!("\n---\n{}", policy(number)));
    }
    let policies = Arc::new(Policies::read("crowd", &text, None, known)?);
    let names: Vec<String> = (0..NAMESPACES).map(namespace).collect();
    let labels: Vec<Vec<(String, String)>> = names
        .iter()
        .map(|name| vec![("team".to_owned(), name.clone()), ("stage".to_owned(), "live".to_owned())])
        .collect();
    let all = names.iter().zip(&labels).map(|(name, labels)| Namespace { name, labels });
    let mut exemptions = Exemptions::default();
    for (number, name) in names.iter().enumerate() {
        let own = (number..crowd.exemptions).step_by(NAMESPACES).map(|at| exemption(name, at));
        exemptions.insert(name.clone(), own.collect::<Result<Vec<_>>>()?.into());
    }
    let live = Live::from(Policies::none(None));
    live.replace(InForce::of(policies, all, exemptions, false));
    Ok(Arc::new(live))
}

/// Every fifth is about all namespaces that are live, and some engines; the others about one team. What they say changes no answer.
fn policy(number: usize) -> serde_json::Value {
    let spec = if number.is_multiple_of(5) {
        json!({
            "namespaceSelector": {"matchExpressions": [{"key": "stage", "operator": "In", "values": ["live"]}]},
            "onlyEngines": ["mysql", "postgres"], "priority": number, "rules": {"needless-root": "audit"},
        })
    } else {
        json!({
            "namespaceSelector": {"matchLabels": {"team": namespace(number % 7)}}, "priority": number,
            "rules": {"undersized-claim": "warn"}, "engines": {"neo4j": {"drainSeconds": 5}},
        })
    };
    let name = format!("crowd-{number}");
    json!({"apiVersion": "seawall.dev/v1alpha1", "kind": "DatabasePolicy", "metadata": {"name": name}, "spec": spec})
}

fn exemption(namespace: &str, number: usize) -> Result<Exemption> {
    let (rules, reason, expires) = (["disabled-durability", "floating-tag"], "a demo", "2999-01-01T00:00:00Z");
    let spec = if number.is_multiple_of(2) {
        json!({"rules": rules, "reason": reason, "expires": expires, "selector": {"matchLabels": {"app": "demo"}}})
    } else {
        json!({"rules": rules, "reason": reason, "expires": expires, "name": format!("demo-{number}")})
    };
    let metadata = json!({"name": format!("demo-{number}"), "namespace": namespace});
    let text = json!({
        "apiVersion": "seawall.dev/v1alpha1", "kind": "DatabaseExemption", "metadata": metadata, "spec": spec,
    })
    .to_string();
    let tree = Tree::from_json(&text).map_err(|error| anyhow!("{error:?}"))?;
    Exemption::read(tree.root(), &rules::names()).map_err(|error| anyhow!("{error}"))
}
