//! Which requests are not worth a call. Identity, noise and ownership only: a condition over the API server's budget refuses the
//! request where the entry fails closed, so nothing here looks into a spec.
use k8s_openapi::api::admissionregistration::v1::MatchCondition;

/// Controllers whose requests `/validate` never sees: whatever they do follows from an object that was judged when its author sent it.
/// A closed list: a prefix would let everything in kube-system pass, and the autoscaler scales databases like a person.
const CONTROLLERS: [&str; 13] = [
    "generic-garbage-collector",
    "namespace-controller",
    "statefulset-controller",
    "replicaset-controller",
    "deployment-controller",
    "daemon-set-controller",
    "job-controller",
    "cronjob-controller",
    "ephemeral-volume-controller",
    "pvc-protection-controller",
    "persistent-volume-binder",
    "node-controller",
    "pod-garbage-collector",
];

/// What people and controllers both make; a controller's is told by its owner.
const CONTROLLABLE: &str = "request.resource.resource in ['pods', 'replicasets', 'replicationcontrollers']";
const HAS_CONTROLLER: &str = "has(object.metadata.ownerReferences) && \
                              object.metadata.ownerReferences.exists(owner, has(owner.controller) && owner.controller)";

/// A Pod that somebody deletes.
const POD_DELETION: &str = "request.operation == 'DELETE' && request.resource.resource == 'pods'";

/// What no entry sees.
pub(super) fn noise() -> Vec<MatchCondition> {
    vec![
        condition("not-from-a-node", "!has(request.userInfo.groups) || !('system:nodes' in request.userInfo.groups)"),
        // What is on its way out is let through, also when the new object no longer says so.
        // But for a Pod: who is tired of waiting for its end deletes it once more, by force.
        condition(
            "not-terminating",
            &format!("oldObject == null || !has(oldObject.metadata.deletionTimestamp) || ({POD_DELETION})"),
        ),
        // A static Pod runs, whatever becomes of its mirror. Of Pods only: anybody can annotate anything.
        condition(
            "not-a-mirror-pod",
            "request.resource.resource != 'pods' || object == null || !has(object.metadata.annotations) || \
             !('kubernetes.io/config.mirror' in object.metadata.annotations)",
        ),
    ]
}

/// What the validating entries do not see either.
pub(in crate::cluster) fn controllers() -> MatchCondition {
    let accounts = CONTROLLERS.iter().map(|name| format!("system:serviceaccount:kube-system:{name}"));
    // The controllers' identity where they have no service accounts of their own, and the scheduler, which deletes Pods to make room.
    let users = ["system:kube-controller-manager", "system:kube-scheduler"].map(str::to_owned);
    let names: Vec<String> = accounts.chain(users).map(|name| format!("'{name}'")).collect();
    let expression =
        format!("!has(request.userInfo.username) || !(request.userInfo.username in [{}])", names.join(", "));
    condition("not-from-a-controller", &expression)
}

/// Of the Pods that people delete, only those whose end nobody waits for.
pub(super) fn forced() -> MatchCondition {
    let is_forced = "has(request.options.gracePeriodSeconds) && request.options.gracePeriodSeconds == 0";
    condition("not-an-ordinary-end-of-a-pod", &format!("!({POD_DELETION}) || ({is_forced})"))
}

/// True for what may be refused while Seawall is away.
pub(super) fn uncontrolled() -> MatchCondition {
    condition("without-a-controller", &format!("!({CONTROLLABLE}) || !({HAS_CONTROLLER})"))
}

/// True for what [`uncontrolled`] leaves, and for the kinds and operations that it is not about.
pub(super) fn controlled() -> MatchCondition {
    condition("of-a-controller", &format!("object == null || !({CONTROLLABLE}) || ({HAS_CONTROLLER})"))
}

fn condition(name: &str, expression: &str) -> MatchCondition {
    MatchCondition { name: name.to_owned(), expression: expression.to_owned() }
}
