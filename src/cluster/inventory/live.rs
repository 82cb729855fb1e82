//! Objects as a cluster has them, read as their authors would write them: without what Kubernetes wrote beside it.
use super::sort::{Part, Sort};
use crate::{
    facts::NamespaceFacts,
    tree::{JsonError, Node, Tree},
    view::Owner,
};

const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// Says of a claim that the name of its volume is not its author's.
const BY_BINDER: &str = "pv.kubernetes.io/bound-by-controller";

/// One object, as a document: JSON with `apiVersion` and `kind`, which the items of a list lack.
pub struct Item {
    /// Its kind.
    pub sort: &'static Sort,
    /// Its namespace; empty for what has none.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The document, without status and `managedFields`; a claim's are kept.
    pub text: String,
    /// How many Pods a DaemonSet has been given: one for each node that it is meant for.
    pub pods: Option<i64>,
}

/// Says which, never what.
impl std::fmt::Debug for Item {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}/{}", self.sort.kind, self.namespace, self.name)
    }
}

impl Item {
    /// What a namespace says about itself. Policies may go by any label.
    pub(super) fn namespace_facts(&self) -> NamespaceFacts {
        let Ok(tree) = Tree::from_json(&self.text) else { return NamespaceFacts::default() };
        let labels = tree.root().path("metadata.labels").fields();
        let labels = labels.filter_map(|(key, value)| Some((key.to_owned(), value.str()?.to_owned())));
        NamespaceFacts { labels: labels.collect(), terminating: false }
    }
}

/// Namespace and name.
type Place = (String, String);

/// Reads an item of a list. What a controller of Kubernetes makes of something else is judged there, and what is being deleted no more:
/// of such there is only the place.
pub(super) fn read(sort: &'static Sort, text: &str) -> Result<(Place, Option<Item>), JsonError> {
    let tree = Tree::from_json(text)?;
    let object = tree.root();
    let metadata = object.get("metadata");
    let (namespace, name) = (metadata.get("namespace").text(), metadata.get("name").text());
    let place = (namespace.to_owned(), name.to_owned());
    let is_made = Owner::of(object).is_some_and(is_listed);
    let Some(inside) = text.trim_start().strip_prefix('{') else { return Ok((place, None)) };
    if is_made || is_over(sort, object) || metadata.get("deletionTimestamp").is_set() || name.is_empty() {
        return Ok((place, None));
    }
    let mut document = format!("{{\"apiVersion\":\"{}\",\"kind\":\"{}\",", sort.api_version(), sort.kind);
    push_without(&mut document, inside, &written_by_kubernetes(sort, object));
    let (namespace, name) = place.clone();
    let item = Item { sort, namespace, name, text: document, pods: pods(sort, object) };
    Ok((place, Some(item)))
}

/// True for a Pod that has ended, of which workflows leave thousands.
fn is_over(sort: &Sort, object: Node<'_>) -> bool {
    let status = object.get("status").unread().filter(|_| sort.kind == "Pod");
    let has_ended = |status: Tree<'_>| ["Succeeded", "Failed"].contains(&status.root().get("phase").text());
    status.and_then(|json| Tree::from_json(json).ok()).is_some_and(has_ended)
}

/// True for an owner that is read itself. A Node owns its static Pods, a Service those that a virtual cluster puts here: nothing else in
/// a list stands for these.
fn is_listed(owner: Owner<'_>) -> bool {
    let is_it = |sort: &Sort| sort.kind == owner.kind && sort.group == owner.group();
    Sort::ALL.iter().any(|sort| sort.part == Part::Workload && is_it(sort))
}

/// The values in the text that no author wrote.
fn written_by_kubernetes<'t>(sort: &Sort, object: Node<'t>) -> Vec<&'t str> {
    let metadata = object.get("metadata");
    let annotations = metadata.get("annotations");
    let managed = metadata.get("managedFields").unread();
    let mut values: Vec<&str> = annotations.get(LAST_APPLIED).unread().into_iter().collect();
    match sort.kind {
        // What a claim is worth is in its status, and whose its class is in its managedFields.
        "PersistentVolumeClaim" => {
            if annotations.get(BY_BINDER).is_set() {
                values.extend(object.path("spec.volumeName").str());
            }
            return values;
        }
        // The scheduler writes the node without a trace; where its author did, there is one.
        "Pod" if !managed.is_some_and(|json| json.contains("\"f:nodeName\"")) => {
            values.extend(object.path("spec.nodeName").str());
        }
        _ => {}
    }
    values.extend(managed);
    values.extend(object.get("status").unread());
    values
}

/// Adds `text`, with a null in the place of each of these parts of it.
fn push_without(document: &mut String, text: &str, parts: &[&str]) {
    let start = text.as_ptr() as usize;
    let range = |part: &&str| {
        let from = (part.as_ptr() as usize).checked_sub(start)?;
        let to = from + part.len();
        // A string is without its quotes here.
        let is_quoted = text.get(..from)?.ends_with('"') && text.get(to..)?.starts_with('"');
        Some(if is_quoted { (from - 1, to + 1) } else { (from, to) })
    };
    // What was spelled with escapes is a copy, and stays.
    let mut ranges: Vec<_> = parts.iter().filter_map(range).filter(|(_, to)| *to <= text.len()).collect();
    ranges.sort_unstable();
    let mut at = 0;
    for (from, to) in ranges {
        document.push_str(text.get(at..from).unwrap_or_default());
        document.push_str("null");
        at = to;
    }
    document.push_str(text.get(at..).unwrap_or_default());
}

fn pods(sort: &Sort, object: Node<'_>) -> Option<i64> {
    let status = object.get("status").unread().filter(|_| sort.kind == "DaemonSet")?;
    Tree::from_json(status).ok()?.root().get("desiredNumberScheduled").i64()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn document(kind: &str, object: &Value) -> Option<Value> {
        let sort = Sort::ALL.iter().find(|sort| sort.kind == kind).unwrap();
        let text = serde_json::to_string_pretty(object).unwrap();
        let (_, item) = read(sort, &text).unwrap();
        item.map(|item| serde_json::from_str(&item.text).unwrap())
    }

    #[test]
    fn what_kubernetes_wrote_is_gone() {
        let stored = json!({
            "metadata": {
                "name": "db", "namespace": "shop", "managedFields": [{"manager": "kubectl", "x": "\"}"}],
                "annotations": {LAST_APPLIED: "{\"kind\":\"StatefulSet\"}", "mine": "ü"},
            },
            "spec": {"replicas": 2},
            "status": {"replicas": 2, "conditions": []},
        });
        let expected = json!({
            "apiVersion": "apps/v1", "kind": "StatefulSet",
            "metadata": {
                "name": "db", "namespace": "shop", "managedFields": null,
                "annotations": {LAST_APPLIED: null, "mine": "ü"},
            },
            "spec": {"replicas": 2},
            "status": null,
        });
        assert_eq!(document("StatefulSet", &stored), Some(expected));
    }

    #[test]
    fn a_pod_that_has_ended_is_passed_over() {
        let pod =
            |status: Value| json!({"metadata": {"name": "step", "namespace": "shop"}, "spec": {}, "status": status});
        for phase in ["Succeeded", "Failed"] {
            assert_eq!(document("Pod", &pod(json!({"phase": phase}))), None, "{phase}");
        }
        let words = json!({"phase": "Running", "message": "\"phase\":\"Failed\""});
        assert!(document("Pod", &pod(words)).is_some(), "a message is no phase");
    }

    #[test]
    fn a_node_that_the_scheduler_chose_was_not_chosen_by_its_author() {
        let pod = |managed: Value| {
            json!({
                "metadata": {"name": "db", "namespace": "shop", "managedFields": managed}, "spec": {"nodeName": "n-1"},
            })
        };
        let node = |pod: &Value| document("Pod", pod).map(|pod| pod["spec"]["nodeName"].clone());
        assert_eq!(node(&pod(json!([{"fieldsV1": {"f:spec": {"f:containers": {}}}}]))), Some(Value::Null));
        assert_eq!(node(&pod(json!([{"fieldsV1": {"f:spec": {"f:nodeName": {}}}}]))), Some(json!("n-1")));
    }

    #[test]
    fn a_volume_that_the_binder_chose_was_not_chosen_by_its_author() {
        let claim = |annotations: Value| {
            json!({
                "metadata": {"name": "data", "namespace": "shop", "annotations": annotations, "managedFields": [{}]},
                "spec": {"volumeName": "pvc-1"}, "status": {"phase": "Bound"},
            })
        };
        let bound = document("PersistentVolumeClaim", &claim(json!({BY_BINDER: "yes"}))).unwrap();
        assert_eq!(bound["spec"]["volumeName"], Value::Null);
        assert_eq!((&bound["status"]["phase"], &bound["metadata"]["managedFields"]), (&json!("Bound"), &json!([{}])));
        let chosen = document("PersistentVolumeClaim", &claim(json!({}))).unwrap();
        assert_eq!(chosen["spec"]["volumeName"], "pvc-1");
    }

    #[test]
    fn what_is_judged_elsewhere_is_passed_over() {
        let owned = |version: &str, kind: &str, controller: bool| {
            json!({"metadata": {"name": "db-0", "ownerReferences": [
                {"apiVersion": version, "kind": kind, "name": "db", "controller": controller},
            ]}})
        };
        let listed = [
            ("apps/v1", "StatefulSet"),
            ("apps/v1", "Deployment"),
            ("apps/v1", "DaemonSet"),
            ("apps/v1", "ReplicaSet"),
            ("v1", "ReplicationController"),
            ("batch/v1", "Job"),
            ("batch/v1", "CronJob"),
        ];
        for (version, kind) in listed {
            assert!(document("Pod", &owned(version, kind, true)).is_none(), "{kind}");
        }
        for (version, kind) in [
            ("postgresql.cnpg.io/v1", "Cluster"),
            ("v1", "Node"),
            ("v1", "Service"),
            ("v1", "ConfigMap"),
            ("apps.kruise.io/v1beta1", "StatefulSet"),
            ("apps/v1", "ControllerRevision"),
        ] {
            assert!(document("Pod", &owned(version, kind, true)).is_some(), "nothing else stands for it: {kind}");
        }
        assert!(document("Pod", &owned("apps/v1", "StatefulSet", false)).is_some());
        let leaving = json!({"metadata": {"name": "db", "deletionTimestamp": "2026-01-01T00:00:00Z"}});
        assert!(document("StatefulSet", &leaving).is_none());
    }

    #[test]
    fn a_daemon_set_counts_its_nodes() {
        let sort = Sort::ALL.iter().find(|sort| sort.kind == "DaemonSet").unwrap();
        let text = r#"{"metadata":{"name":"db"},"status":{"desiredNumberScheduled":3}}"#;
        let (_, item) = read(sort, text).unwrap();
        assert_eq!(item.and_then(|item| item.pods), Some(3));
    }
}
