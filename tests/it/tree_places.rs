//! Places lead back to their values, and what nobody asks for costs nothing.
use seawall::tree::{Node, Tree, Type};
use serde_json::{Value, json};

use crate::specimens;

fn every_node<'t>(node: Node<'t>, all: &mut Vec<Node<'t>>) {
    all.push(node);
    node.items().for_each(|child| every_node(child, all));
}

/// A stable place leads back to the value that it names: in fixtures, where every element of a list with a merge key has its key.
#[test]
fn stable_places_lead_back() {
    specimens::each(|specimen| {
        let text = specimen.case.object.to_string();
        let tree = Tree::from_json(&text).unwrap();
        let mut all = Vec::new();
        every_node(tree.root(), &mut all);
        for node in all {
            let stable = node.stable();
            let pointer = node.pointer();
            let found = tree.at_stable(tree.root(), &stable).unwrap_or_else(|| panic!("{stable} leads nowhere"));
            assert_eq!(found.stable(), stable);
            // In a list without a merge key, a place is the list's.
            let is_own = stable.matches('[').count() == pointer.split('/').filter(|s| s.parse::<u32>().is_ok()).count();
            assert!(
                !is_own || found.pointer() == pointer,
                "{stable} leads to {} instead of {pointer}",
                found.pointer()
            );
            assert!(found.same(node) || !is_own, "{stable}");
        }
    });
}

#[test]
fn what_nobody_asks_for_stays_unread() {
    let text = json!({
        "metadata": { "managedFields": [{ "manager": "x" }], "annotations": { "kubectl.kubernetes.io/last-applied-configuration": "{}" } },
        "status": { "phase": "Running" }, "spec": { "status": { "read": true } },
    })
    .to_string();
    let tree = Tree::from_json(&text).unwrap();
    let metadata = tree.root().get("metadata");
    let last_applied = metadata.get("annotations").get("kubectl.kubernetes.io/last-applied-configuration");
    for (node, json) in [
        (metadata.get("managedFields"), r#"[{"manager":"x"}]"#),
        (tree.root().get("status"), r#"{"phase":"Running"}"#),
        (last_applied, r#""{}""#),
    ] {
        assert_eq!((node.type_of(), node.unread()), (Type::Unread, Some(json)));
        assert_eq!(node.items().count(), 0);
    }
    assert_eq!(tree.root().path("spec.status.read").bool(), Some(true), "another status");
    assert_eq!(tree.root().to_json(), serde_json::from_str::<Value>(&text).unwrap());
}
