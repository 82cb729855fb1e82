//! One report for each namespace that holds databases: what is wrong in it, in the form that dashboards of policy engines read.
//!
//! There are two such forms, of which the second has come of the first: PolicyReports of `wgpolicyk8s.io`, and Reports of
//! `openreports.io`. They have the same fields. The newer one is written where both are served; where neither is, none.
use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    super::{Cluster, FetchError, again, fetch},
    walk::Walk,
};
use crate::{
    terms::{Action, Profile, Tier},
    tree::{Node, Tree},
};

/// The name of the report in each namespace.
const NAME: &str = "seawall";
/// By which it is found again.
const MANAGED_BY: (&str, &str) = ("app.kubernetes.io/managed-by", "seawall");
/// Results of one report: the worst; documented in `docs/limits.md`. Some 500 bytes each, where an object may take 1.5 MiB.
pub const MOST_RESULTS: usize = 500;

/// A kind of report that is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form {
    version: &'static str,
    kind: &'static str,
    plural: &'static str,
    list: &'static str,
}

/// In the order in which they are preferred.
const FORMS: [Form; 2] = [
    Form {
        version: "openreports.io/v1alpha1",
        kind: "Report",
        plural: "reports",
        list: "/apis/openreports.io/v1alpha1/reports",
    },
    Form {
        version: "wgpolicyk8s.io/v1alpha2",
        kind: "PolicyReport",
        plural: "policyreports",
        list: "/apis/wgpolicyk8s.io/v1alpha2/policyreports",
    },
];

/// Something that was found in an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reported {
    /// `apps/v1`.
    pub api_version: String,
    /// `StatefulSet`.
    pub kind: &'static str,
    /// The object's name.
    pub name: String,
    /// The rule.
    pub rule: &'static str,
    /// How bad it is.
    pub tier: Tier,
    /// What the profile in force would do, were the object new.
    pub action: Action,
    /// That profile.
    pub profile: Profile,
    /// Where.
    pub place: String,
    /// In words, without any value.
    pub message: String,
    /// True where it would have been refused, and came while Seawall was away.
    pub is_drift: bool,
}

/// What is to be said of a namespace.
#[derive(Debug, Default)]
pub struct Report {
    /// All that was found.
    pub found: Vec<Reported>,
    /// Databases of which there is nothing to say.
    pub sound: usize,
}

impl Cluster {
    /// The form that is served, if one is.
    ///
    /// # Errors
    /// When the API server does not answer.
    pub async fn form_of_reports(&self) -> Result<Option<Form>, FetchError> {
        for form in FORMS {
            let path = format!("/apis/{}", form.version);
            match again::patiently(async || fetch::text(&self.client, &path).await).await {
                Ok(text) => {
                    let tree = Tree::from_json(&text)?;
                    if tree.root().get("resources").items().any(|r| r.get("name").str() == Some(form.plural)) {
                        return Ok(Some(form));
                    }
                }
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// Writes the report of a namespace; where nothing has changed, nothing is stored.
    ///
    /// # Errors
    /// When the API server does not take it.
    pub async fn report(&self, form: Form, namespace: &str, report: Report) -> Result<(), FetchError> {
        let path = format!("{}?fieldManager=seawall&force=true", path(form, namespace)?);
        let body = body(form, namespace, report);
        let write = async || {
            fetch::write(&self.client, http::Method::PATCH, &path, "application/apply-patch+yaml", &body).await
        };
        again::patiently(write).await.map(drop)
    }

    /// Takes the reports away of namespaces that are not among these: they hold no database any more. How many that were.
    ///
    /// # Errors
    /// When they cannot be listed, or not deleted.
    pub async fn retract_reports(&self, form: Form, but: &BTreeSet<String>) -> Result<usize, FetchError> {
        let own = |report: Node<'_>| {
            let is_own = report.path("metadata.name").str() == Some(NAME);
            report.path("metadata.namespace").str().filter(|_| is_own).map(str::to_owned)
        };
        let mut taken = 0;
        let mut reports = Walk::labelled(form.list, MANAGED_BY.0, Some(MANAGED_BY.1));
        while let Some(page) = reports.turn(&self.client, own).await? {
            for namespace in page.into_iter().filter(|namespace| !but.contains(namespace)) {
                let path = path(form, &namespace)?;
                match fetch::write(&self.client, http::Method::DELETE, &path, "application/json", &json!({})).await {
                    Ok(_) => taken += 1,
                    Err(error) if error.is_not_found() => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(taken)
    }
}

fn path(form: Form, namespace: &str) -> Result<String, FetchError> {
    Ok(format!("/apis/{}/namespaces/{}/{}/{NAME}", form.version, fetch::part(namespace)?, form.plural))
}

fn body(form: Form, namespace: &str, report: Report) -> Value {
    let Report { mut found, sound } = report;
    // The worst first; otherwise in an order that is the same each time, so that the same is no change.
    found.sort_by(|a, b| key(a).cmp(&key(b)));
    let count = |result: &str| found.iter().filter(|reported| word(reported.action) == result).count();
    let summary = json!({"pass": sound, "fail": count("fail"), "warn": count("warn"), "error": 0, "skip": 0});
    let left_out = found.len().saturating_sub(MOST_RESULTS);
    let mut metadata = json!({
        "name": NAME, "namespace": namespace, "labels": {MANAGED_BY.0: MANAGED_BY.1},
    });
    if let Some(metadata) = metadata.as_object_mut().filter(|_| left_out > 0) {
        metadata.insert("annotations".to_owned(), json!({"seawall.dev/left-out": left_out.to_string()}));
    }
    let results: Vec<Value> = found.iter().take(MOST_RESULTS).map(|reported| result(reported, namespace)).collect();
    json!({
        "apiVersion": form.version,
        "kind": form.kind,
        "metadata": metadata,
        "scope": {"apiVersion": "v1", "kind": "Namespace", "name": namespace},
        "summary": summary,
        "results": results,
    })
}

type Key<'r> = (bool, std::cmp::Reverse<Action>, Tier, (&'static str, &'r str), &'static str, &'r str, &'r str);

fn key(of: &Reported) -> Key<'_> {
    let object = (of.kind, of.name.as_str());
    (!of.is_drift, std::cmp::Reverse(of.action), of.tier, object, of.rule, &of.place, &of.message)
}

fn result(reported: &Reported, namespace: &str) -> Value {
    let Reported { api_version, kind, name, rule, tier, action, profile, place, message, is_drift } = reported;
    let mut properties = json!({"place": place, "action": action, "profile": profile});
    if let Some(properties) = properties.as_object_mut().filter(|_| *is_drift) {
        properties.insert("drift".to_owned(), "true".into());
    }
    json!({
        "source": "seawall",
        "policy": rule,
        "category": tier,
        "severity": severity(*tier),
        "result": word(*action),
        "scored": *action == Action::Deny,
        "message": message,
        "resources": [{"apiVersion": api_version, "kind": kind, "namespace": namespace, "name": name}],
        "properties": properties,
    })
}

/// A failure is what would be refused; of everything else the form says that it is not scored.
fn word(action: Action) -> &'static str {
    if action == Action::Deny { "fail" } else { "warn" }
}

fn severity(tier: Tier) -> &'static str {
    match tier {
        Tier::Loss => "critical",
        Tier::Open => "high",
        Tier::Leak | Tier::Outage => "medium",
        Tier::Hygiene => "low",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reported(name: &str, tier: Tier, action: Action) -> Reported {
        Reported {
            api_version: "apps/v1".to_owned(),
            kind: "StatefulSet",
            name: name.to_owned(),
            rule: "ephemeral-data",
            tier,
            action,
            profile: Profile::Baseline,
            place: "spec".to_owned(),
            message: "it is bad".to_owned(),
            is_drift: false,
        }
    }

    #[test]
    fn a_report_is_bounded_and_the_worst_come_first() {
        let [form, _] = FORMS;
        let mut found: Vec<Reported> =
            (0..MOST_RESULTS + 7).map(|n| reported(&format!("db-{n:04}"), Tier::Hygiene, Action::Audit)).collect();
        found.push(reported("lost", Tier::Loss, Action::Deny));
        found.push(Reported { is_drift: true, ..reported("drifted", Tier::Open, Action::Deny) });
        found.reverse();
        let report = body(form, "shop", Report { found, sound: 3 });
        let results = report["results"].as_array().unwrap();
        assert_eq!(results.len(), MOST_RESULTS);
        assert_eq!(report["metadata"]["annotations"]["seawall.dev/left-out"], "9");
        assert_eq!(report["summary"], json!({"pass": 3, "fail": 2, "warn": MOST_RESULTS + 7, "error": 0, "skip": 0}));
        assert_eq!(results[0]["resources"][0]["name"], "drifted");
        assert_eq!((&results[0]["properties"]["drift"], &results[0]["severity"]), (&json!("true"), &json!("high")));
        assert_eq!((&results[1]["result"], &results[1]["properties"]["drift"]), (&json!("fail"), &Value::Null));
        assert_eq!(results[2]["resources"][0]["name"], "db-0000", "the order is the same each time");
    }
}
