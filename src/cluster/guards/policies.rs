//! The policies, one function each.
use super::{
    Guard,
    expressions::{PLURALS, Resource, changes_label, confirmation, confirmed, holds_data, label, message, operated},
    objects::{Holds, Rules},
};
use crate::terms::{
    Fate,
    keys::{ENFORCED, GUARD, HOLDS_DATA},
};

/// The names of the policies, in the order of [`super::guards`].
pub const NAMES: [&str; 5] = [
    "claims.guard.seawall.dev",
    "statefulsets.guard.seawall.dev",
    "namespaces.guard.seawall.dev",
    "volumes.guard.seawall.dev",
    "storageclasses.guard.seawall.dev",
];

const CLAIMS: Resource =
    Resource { group: "", plural: "persistentvolumeclaims", singular: "persistentvolumeclaim", is_namespaced: true };
const SETS: Resource = Resource { group: "apps", plural: "statefulsets", singular: "statefulset", is_namespaced: true };
const NAMESPACES: Resource = Resource { group: "", plural: "namespaces", singular: "namespace", is_namespaced: false };
const VOLUMES: Resource =
    Resource { group: "", plural: "persistentvolumes", singular: "persistentvolume", is_namespaced: false };
const CLASSES: Resource =
    Resource { group: "storage.k8s.io", plural: "storageclasses", singular: "storageclass", is_namespaced: false };

pub(super) fn all(account: &str) -> Vec<Guard> {
    let [claim_name, set_name, namespace_name, volume_name, class_name] = NAMES;
    vec![
        claims().guard(claim_name, Holds::ByNamespace, account),
        sets().guard(set_name, Holds::ByNamespace, account),
        namespaces().guard(namespace_name, Holds::Everywhere, account),
        volumes().guard(volume_name, Holds::Everywhere, account),
        classes().guard(class_name, Holds::AsWarning, account),
    ]
}

/// What lets a request through, whatever it does. Once a namespace is on its way out, whoever holds up what is in it only leaves it
/// half deleted.
const THROUGH: &str = "variables.ends || variables.confirmed || variables.operated || variables.operatedToo";

fn namespaced(resource: Resource) -> Vec<(&'static str, String)> {
    let [spelled, spelled_too] = PLURALS;
    vec![
        ("ends", "has(namespaceObject.metadata.deletionTimestamp)".to_owned()),
        ("confirmed", confirmed(resource)),
        // Two, since a check of somebody's rights costs a third of what one expression may cost.
        ("operated", operated(spelled)),
        ("operatedToo", operated(spelled_too)),
    ]
}

/// A label of ours is what the guards go by: who may take it away may delete. Whoever says more than was known takes nothing away.
fn kept_label(resource: Resource, kind: &str) -> (String, &'static str, String) {
    let (was, is) = (holds_data(), label("object", HOLDS_DATA));
    let (deleted, retained, unknown) = (Fate::Deleted, Fate::Retained, Fate::Unknown);
    let learned = format!("{is} == '{deleted}' || ({was} == '{unknown}' && {is} == '{retained}')");
    let said = format!(
        "'{kind} \"' + oldObject.metadata.name + '\" would lose {HOLDS_DATA}, by which it is guarded against deletion'"
    );
    (
        format!("!({}) || {learned} || {THROUGH}", changes_label(HOLDS_DATA)),
        "the label seawall.dev/holds-data guards it against deletion",
        message(resource, &said),
    )
}

fn claims() -> Rules {
    // A claim of a Pod's own (a generic ephemeral volume) goes with it by design.
    let of_pod = "oldObject.metadata.?ownerReferences.orValue([]).exists(owner, owner.apiVersion == 'v1' && \
                  owner.kind == 'Pod' && owner.?controller.orValue(false))";
    // Where nobody knows what becomes of the volume, the webhook looks; here it is seen whether the one who confirms may.
    let (fate, deleted, unknown) = (holds_data(), Fate::Deleted, Fate::Unknown);
    let goes = format!("{fate} == '{deleted}' || ({fate} == '{unknown}' && {} != '')", confirmation());
    let said = "'claim \"' + oldObject.metadata.name + '\" holds a database, and its volume is deleted with it'";
    Rules {
        resource: CLAIMS,
        operations: &["UPDATE", "DELETE"],
        label: Some(HOLDS_DATA),
        variables: namespaced(CLAIMS),
        validations: vec![
            (
                format!("request.operation != 'DELETE' || !({goes}) || {of_pod} || {THROUGH}"),
                "the claim holds a database, and its volume is deleted with it",
                message(CLAIMS, said),
            ),
            kept_label(CLAIMS, "claim"),
        ],
    }
}

fn sets() -> Rules {
    let policy = |object: &str, when: &str| {
        format!("{object}.spec.?persistentVolumeClaimRetentionPolicy.?{when}.orValue('Retain')")
    };
    let flipped =
        |when: &str| format!("({} != 'Delete' && {} == 'Delete')", policy("oldObject", when), policy("object", when));
    // Who orphans the Pods keeps the claims, too: the garbage collector takes the owner off them.
    let orphans = "request.options.?propagationPolicy.orValue('') == 'Orphan' || \
                   request.options.?orphanDependents.orValue(false)";
    let holds = format!("{} == 'true'", holds_data());
    let goes = "'StatefulSet \"' + oldObject.metadata.name + '\" holds a database, and its claims are deleted with it'";
    let flips = "'StatefulSet \"' + oldObject.metadata.name + \
                 '\" holds a database, and its claims would be deleted by persistentVolumeClaimRetentionPolicy'";
    Rules {
        resource: SETS,
        operations: &["UPDATE", "DELETE"],
        label: Some(HOLDS_DATA),
        variables: namespaced(SETS),
        validations: vec![
            (
                format!(
                    "request.operation != 'DELETE' || !({holds}) || {} != 'Delete' || {orphans} || {THROUGH}",
                    policy("oldObject", "whenDeleted")
                ),
                "the StatefulSet holds a database, and its claims are deleted with it",
                message(SETS, goes),
            ),
            (
                format!(
                    "request.operation != 'UPDATE' || !({holds}) || !({} || {}) || {THROUGH}",
                    flipped("whenDeleted"),
                    flipped("whenScaled")
                ),
                "the StatefulSet holds a database, and its claims would be deleted by its retention policy",
                message(SETS, flips),
            ),
            kept_label(SETS, "StatefulSet"),
        ],
    }
}

fn namespaces() -> Rules {
    let goes = "'namespace \"' + oldObject.metadata.name + '\" is guarded, and everything in it is deleted with it'";
    let open = "'namespace \"' + oldObject.metadata.name + '\" would lose seawall.dev/guard, by which it is guarded'";
    Rules {
        resource: NAMESPACES,
        operations: &["UPDATE", "DELETE"],
        label: Some(GUARD),
        variables: vec![("confirmed", confirmed(NAMESPACES))],
        validations: vec![
            (
                format!(
                    "request.operation != 'DELETE' || {} != '{ENFORCED}' || variables.confirmed",
                    label("oldObject", GUARD)
                ),
                "the namespace is guarded, and everything in it is deleted with it",
                message(NAMESPACES, goes),
            ),
            (
                format!(
                    "{} != '{ENFORCED}' || !({}) || variables.confirmed",
                    label("oldObject", GUARD),
                    changes_label(GUARD)
                ),
                "the label seawall.dev/guard guards the namespace",
                message(NAMESPACES, open),
            ),
        ],
    }
}

fn volumes() -> Rules {
    let policy = |object: &str| format!("{object}.spec.?persistentVolumeReclaimPolicy.orValue('')");
    let flips = "'volume \"' + oldObject.metadata.name + '\" holds a database, and would be deleted with its claim'";
    let open = "'volume \"' + oldObject.metadata.name + '\" would lose seawall.dev/guard, by which it is guarded'";
    let guarded = format!("{} == '{ENFORCED}'", label("oldObject", GUARD));
    Rules {
        resource: VOLUMES,
        operations: &["UPDATE"],
        label: Some(GUARD),
        variables: vec![("confirmed", confirmed(VOLUMES))],
        validations: vec![
            (
                format!(
                    "!({guarded}) || {} != 'Retain' || {} == 'Retain' || variables.confirmed",
                    policy("oldObject"),
                    policy("object")
                ),
                "the volume holds a database, and would be deleted with its claim",
                message(VOLUMES, flips),
            ),
            (
                format!("!({guarded}) || !({}) || variables.confirmed", changes_label(GUARD)),
                "the label seawall.dev/guard guards the volume",
                message(VOLUMES, open),
            ),
        ],
    }
}

/// Its policy cannot be changed, so a class is deleted and created again; what it was before, nobody can ask.
fn classes() -> Rules {
    let said = "'class \"' + object.metadata.name + '\" deletes volumes with their claims: use reclaimPolicy Retain for databases'";
    Rules {
        resource: CLASSES,
        operations: &["CREATE"],
        label: None,
        variables: Vec::new(),
        validations: vec![(
            "object.?reclaimPolicy.orValue('Delete') != 'Delete'".to_owned(),
            "the class deletes volumes with their claims",
            said.to_owned(),
        )],
    }
}
