//! PersistentVolumeClaims.
use super::{Case, DataLabel, Database, Kind, VolumeKind, Workload};
use crate::{
    engines::Catalogue,
    facts::{BETA_CLASS, class_of},
    terms::keys,
    tree::{Node, Tree},
};

/// A claim.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'t>(pub Node<'t>);

impl<'t> Claim<'t> {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'t str {
        self.0.get("metadata").get("name").text()
    }

    /// Its spec.
    #[must_use]
    pub fn spec(self) -> Node<'t> {
        self.0.get("spec")
    }

    /// `spec.storageClassName`. `""` is a choice: no class.
    #[must_use]
    pub fn class(self) -> Node<'t> {
        self.spec().get("storageClassName")
    }

    /// The name of its class, wherever that is written; empty for no class by choice, `None` where nothing is said.
    #[must_use]
    pub fn class_name(self) -> Option<&'t str> {
        class_of(self.0)
    }

    /// True when its author wrote the class: some entry of `managedFields` owns it. The API server's own defaulting has no entry.
    /// Without `managedFields` a class counts as written.
    #[must_use]
    pub fn class_is_written(self) -> bool {
        if self.0.path("metadata.annotations").get(BETA_CLASS).is_set() {
            return true;
        }
        if !self.class().is_set() {
            return false;
        }
        match self.0.path("metadata.managedFields").unread() {
            // The keys cannot stand in this JSON for anything else: field names are prefixed, and values are not listed. Whoever makes a
            // claim owns something of its spec; where nobody does, nothing can be told.
            Some(json) if json.contains("\"f:spec\"") => json.contains("\"f:storageClassName\""),
            _ => true,
        }
    }

    /// True when it brings data with it, or is for one certain volume: `volumeName`, `selector`, `dataSource`, `dataSourceRef`.
    #[must_use]
    pub fn is_for_something(self) -> bool {
        ["volumeName", "selector", "dataSource", "dataSourceRef"].into_iter().any(|f| self.spec().get(f).is_set())
    }

    /// The bytes that it asks for.
    #[must_use]
    pub fn bytes(self) -> Option<i64> {
        super::quantity(self.spec().path("resources.requests.storage"))?.bytes()
    }

    /// True where somebody says that it holds a database's data: its author, or Seawall when it was made.
    #[must_use]
    pub fn is_of_a_database(self) -> bool {
        self.data_label() == Some(DataLabel::Durable) || self.labels().any(|(key, _)| key == keys::HOLDS_DATA)
    }

    /// `spec.accessModes`.
    #[must_use]
    pub fn access_modes(self) -> Node<'t> {
        self.spec().get("accessModes")
    }

    /// True when it may be mounted by many nodes at once.
    #[must_use]
    pub fn is_shared(self) -> bool {
        self.spec().get("accessModes").strs().any(|m| m == "ReadWriteMany")
    }

    /// True where another class than the API server's default can be meant: its author wrote none, and it is for no certain volume.
    #[must_use]
    pub fn may_be_given_a_class(self) -> bool {
        !self.class_is_written() && !self.is_for_something() && !self.is_shared()
    }

    /// What its author says about the data.
    #[must_use]
    pub fn data_label(self) -> Option<DataLabel> {
        self.0.path("metadata.labels").get(keys::DATA).str().and_then(DataLabel::of)
    }

    /// Labels, as pairs.
    pub fn labels(self) -> impl Iterator<Item = (&'t str, &'t str)> + use<'t> {
        self.0.path("metadata.labels").fields().filter_map(|(k, v)| Some((k, v.str()?)))
    }

    /// The engine of the database whose data it holds: some workload that is said to use it (JSON) mounts it as such.
    #[must_use]
    pub fn database(self, workloads: &[String], catalogue: &Catalogue) -> Option<String> {
        workloads.iter().find_map(|json| {
            let tree = Tree::from_json(json).ok()?;
            let kind = Kind::of(tree.root().get("kind").text())?;
            let case = Case::of(Workload { kind, object: tree.root() }, catalogue);
            case.servers().find(|d| self.holds_data_of(d)).map(|d| d.engine.name.to_string())
        })
    }

    fn holds_data_of(self, database: &Database<'_>) -> bool {
        let Some(volume) = database.data.volume() else { return false };
        match volume.kind {
            VolumeKind::Claim(name) => name == self.name(),
            // Of template `data` in StatefulSet `db` the controller makes `data-db-0`.
            VolumeKind::ClaimTemplate => {
                let template = volume.node.path("metadata.name").text();
                let ordinal = self
                    .name()
                    .strip_prefix(template)
                    .and_then(|rest| rest.strip_prefix('-'))
                    .and_then(|rest| rest.strip_prefix(database.workload.name()))
                    .and_then(|rest| rest.strip_prefix('-'));
                ordinal.is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use serde_json::{Value, json};

    use super::*;

    fn engine(claim: &str, workload: &Value) -> Option<String> {
        let text = json!({"metadata": {"name": claim}}).to_string();
        let tree = Tree::from_json(&text).unwrap();
        Claim(tree.root()).database(&[workload.to_string()], &Catalogue::embedded().unwrap())
    }

    fn workload(kind: &str, volume: Value, templates: Value) -> Value {
        json!({
            "kind": kind, "metadata": {"name": "shop"},
            "spec": {
                "volumeClaimTemplates": templates,
                "template": {"spec": {
                    "volumes": [volume],
                    "containers": [
                        {"name": "mysql", "image": "mysql:8.4", "volumeMounts": [{"name": "data", "mountPath": "/var/lib/mysql"}]},
                        {"name": "dump", "image": "busybox", "volumeMounts": [{"name": "dumps", "mountPath": "/dumps"}]},
                    ],
                }},
            },
        })
    }

    #[test]
    fn a_claim_is_a_database_s_where_one_keeps_its_data_on_it() {
        let made = workload(
            "StatefulSet",
            Value::Null,
            json!([{"metadata": {"name": "data"}}, {"metadata": {"name": "dumps"}}]),
        );
        assert_eq!(engine("data-shop-0", &made).as_deref(), Some("mysql"));
        assert_eq!(engine("data-shop-12", &made).as_deref(), Some("mysql"));
        for other in ["dumps-shop-0", "data-shop", "data-shop-x", "data-shop-2-0", "shop", "data-shops-0"] {
            assert_eq!(engine(other, &made), None, "{other}");
        }
        let named = json!({"name": "data", "persistentVolumeClaim": {"claimName": "shop-files"}});
        let deployment = workload("Deployment", named, Value::Null);
        assert_eq!(engine("shop-files", &deployment).as_deref(), Some("mysql"));
        assert_eq!(engine("shop", &deployment), None);
        assert_eq!(engine("data-shop-0", &json!("no workload")), None);
    }

    #[test]
    fn a_class_that_nobody_owns_was_not_written() {
        let written = |spec: Value, managed: Option<Value>| {
            let mut claim = json!({"metadata": {"name": "x"}, "spec": spec});
            if let Some(managed) = managed {
                claim["metadata"]["managedFields"] = managed;
            }
            let text = claim.to_string();
            Claim(Tree::from_json(&text).unwrap().root()).class_is_written()
        };
        let owns = |field: &str| Some(json!([{"manager": "x", "fieldsV1": {"f:spec": {field: {}}}}]));
        let class = || json!({"storageClassName": "fast"});
        assert!(written(class(), None));
        assert!(written(class(), owns("f:storageClassName")));
        assert!(!written(class(), owns("f:accessModes")), "the API server's default");
        assert!(!written(json!({}), None));
        for broken in [json!([]), json!(false), json!({}), json!([{}]), json!([{"fieldsV1": {"f:metadata": {}}}])] {
            assert!(written(class(), Some(broken)), "nothing can be told");
        }
        assert!(written(json!({"storageClassName": ""}), None), "no class is a choice");
    }
}
