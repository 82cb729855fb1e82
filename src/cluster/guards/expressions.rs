//! What several policies say in the same words, in CEL. An expression that fails counts as a refusal where the policy denies, so every
//! field that may be absent is read as optional.
use crate::terms::keys;

/// Accounts by which GitOps tools apply and prune: they act on behalf of whoever writes to a repository, also where they may do
/// everything. Service accounts' own names, in whatever namespace.
const GITOPS: [&str; 4] = [
    "argocd-application-controller",
    "openshift-gitops-argocd-application-controller",
    "kustomize-controller",
    "helm-controller",
];

/// What is guarded: a resource of the API, as kubectl and RBAC call it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Resource {
    /// API group; empty for the core.
    pub(super) group: &'static str,
    /// `statefulsets`.
    pub(super) plural: &'static str,
    /// `statefulset`, as kubectl takes it.
    pub(super) singular: &'static str,
    /// Whether it lies in a namespace.
    pub(super) is_namespaced: bool,
}

/// A key of labels or annotations, or nothing.
fn entry(object: &str, map: &str, key: &str) -> String {
    format!("{object}.metadata.?{map}[?'{key}'].orValue('')")
}

/// The value of a label.
pub(super) fn label(object: &str, key: &str) -> String {
    entry(object, "labels", key)
}

/// What becomes of the data, as it was before the request.
pub(super) fn holds_data() -> String {
    label("oldObject", keys::HOLDS_DATA)
}

/// True for an UPDATE that takes a label away or changes it.
pub(super) fn changes_label(key: &str) -> String {
    let (old, new) = (label("oldObject", key), label("object", key));
    format!("request.operation == 'UPDATE' && {old} != '' && {old} != {new}")
}

/// True where the object's namespace is guarded.
pub(super) fn in_guarded_namespace() -> String {
    format!("{} == '{}'", label("namespaceObject", keys::GUARD), keys::ENFORCED)
}

/// What somebody said about deleting the object.
pub(super) fn confirmation() -> String {
    entry("oldObject", "annotations", keys::CONFIRM_DELETE)
}

/// Somebody has said that it is meant, and the one who asks may say so. An expression has no clock: the webhook looks at the time.
pub(super) fn confirmed(resource: Resource) -> String {
    let said = confirmation();
    let namespace = if resource.is_namespaced { ".namespace(request.namespace)" } else { "" };
    format!(
        "{said}.startsWith(oldObject.metadata.name + '@') && \
         {said}.substring(size(oldObject.metadata.name) + 1)\
         .matches('^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}([.][0-9]+)?(Z|[+-][0-9]{{2}}:[0-9]{{2}})$') && \
         authorizer.group('{}').resource('{}'){namespace}.name(oldObject.metadata.name).check('{}').allowed()",
        resource.group,
        resource.plural,
        keys::CONFIRM_DELETE_VERB,
    )
}

/// True where the one who asks is the operator that made the object: a service account that may write the status of the custom resource
/// that controls it, which only its operator does. CEL knows the owner's kind and not its plural, so it tries one of `spellings`. A
/// GitOps tool may write every status, and operates nothing.
pub(super) fn operated(spellings: [&str; 2]) -> String {
    let tools: Vec<String> = GITOPS.iter().map(|name| format!("'{name}'")).collect();
    let may = spellings.map(|plural| {
        format!(
            "authorizer.group(owner.apiVersion.split('/')[0]).resource({plural}).subresource('status')\
             .namespace(request.namespace).name(owner.name).check('update').allowed()"
        )
    });
    format!(
        "request.userInfo.username.startsWith('system:serviceaccount:') && \
         !(request.userInfo.username.split(':')[3] in [{}]) && \
         oldObject.metadata.?ownerReferences.orValue([]).exists(owner, owner.?controller.orValue(false) && \
         owner.apiVersion.split('/')[0].contains('.') && ({}))",
        tools.join(", "),
        may.join(" || "),
    )
}

/// The plurals that kinds have, by how often.
pub(super) const PLURALS: [[&str; 2]; 2] = [
    ["owner.kind.lowerAscii() + 's'", "owner.kind.lowerAscii()"],
    ["owner.kind.lowerAscii() + 'es'", "owner.kind.lowerAscii().substring(0, size(owner.kind) - 1) + 'ies'"],
];

/// A text of CEL: what is said, and where it is refused the way through, as a command that can be run as it stands. The name of a time
/// zone that is nine minutes ahead gives the time in nine minutes by every `date` there is.
pub(super) fn message(resource: Resource, said: &str) -> String {
    let namespace = if resource.is_namespaced { "' -n ' + request.namespace + " } else { "" };
    let way = format!(
        "'; if that is meant, try again once somebody who may {} has run: kubectl annotate --overwrite {} ' + \
         oldObject.metadata.name + {namespace}' {}=' + oldObject.metadata.name + '@$(TZ=UTC-0:09 date +%FT%TZ)'",
        keys::CONFIRM_DELETE_VERB,
        resource.singular,
        keys::CONFIRM_DELETE,
    );
    if resource.is_namespaced {
        format!("{said} + ({} ? {way} : '')", in_guarded_namespace())
    } else {
        format!("{said} + {way}")
    }
}
