//! The guards against deletion on the control plane of the tests: what `seawall guards` prints, for the namespaces of these trials, and
//! who is who in them.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail, ensure};
use k8s_openapi::api::admissionregistration::v1::{ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding};
use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelectorRequirement;
use kube::ResourceExt as _;
use kube::api::{Api, ObjectMeta, Patch, PatchParams};
use seawall::cluster::guards::{self, Guard};
use seawall::terms::keys;
use serde_json::{Value, json};
use tokio::sync::OnceCell;
use tokio::time::{Duration, Instant};

use crate::databases::{MYSQL, Shape, claim, database};
use crate::plane::kubectl::Output;
use crate::plane::watch::wait_for;
use crate::plane::{Namespace, Plane};

/// How long the API server may take to hold to new policies.
const PROPAGATION: Duration = Duration::from_secs(60);
/// The label that puts a namespace into the reach of these guards, and out of that of other trials.
const REACH: &str = "plane.test/guards";

/// Whom [`as_user`] knows: may do everything, also confirm.
pub const ADMIN: &str = "administrator";
/// May read, change and delete everything that is guarded, and confirm nothing.
pub const DELETER: &str = "deleter";
/// A GitOps tool, which may do everything.
pub const GITOPS: &str = "system:serviceaccount:argocd:argocd-application-controller";
/// Another account that prunes, with the rights of [`DELETER`].
pub const PRUNER: &str = "system:serviceaccount:delivery:pruner";

static INSTALLED: OnceCell<()> = OnceCell::const_new();

/// A namespace that is guarded, or not. The first one waits until the API server holds to the guards.
pub async fn namespace(plane: &Arc<Plane>, name: &str, guarded: bool) -> Result<Namespace> {
    INSTALLED.get_or_try_init(|| async { install(plane).await }).await?;
    labelled(plane, name, guarded).await
}

async fn labelled(plane: &Plane, name: &str, guarded: bool) -> Result<Namespace> {
    let guard = guarded.then(|| (keys::GUARD.to_owned(), keys::ENFORCED.to_owned()));
    let reach = (REACH.to_owned(), "here".to_owned());
    plane.labelled_namespace(name, guard.into_iter().chain([reach]).collect::<BTreeMap<_, _>>()).await
}

/// The namespace as one of the users above sees it.
pub fn as_user(plane: &Plane, namespace: &Namespace, user: &str) -> Result<Namespace> {
    let group = (user == ADMIN || user == GITOPS).then_some("system:masters");
    Ok(namespace.with_kubectl(plane.kubectl_as(user, group)?))
}

/// A claim with this label.
pub fn labelled_claim(name: &str, fate: &str) -> Value {
    let mut claim = claim(name);
    claim["metadata"]["labels"] = json!({keys::HOLDS_DATA: fate});
    claim
}

/// A StatefulSet and its claim as they are labelled, with a retention policy.
pub fn labelled_set(name: &str, when_deleted: &str, when_scaled: &str) -> Value {
    let mut set = database(MYSQL, Shape::StatefulSet, name);
    set["metadata"]["labels"] = json!({keys::HOLDS_DATA: "true"});
    set["spec"]["volumeClaimTemplates"][0]["metadata"]["labels"] = json!({keys::HOLDS_DATA: "deleted"});
    set["spec"]["persistentVolumeClaimRetentionPolicy"] =
        json!({"whenDeleted": when_deleted, "whenScaled": when_scaled});
    set
}

/// What was refused, by which policy and with which words.
pub fn refused(output: Output, policy: &str, words: &str) -> Result<String> {
    let command = output.command.clone();
    let said = output.failed()?;
    let by = format!("ValidatingAdmissionPolicy 'trials.{policy}.guard.seawall.dev'");
    ensure!(said.contains("(Forbidden)") && said.contains(&by) && said.contains(words), "{command}: {said}");
    Ok(said)
}

/// What was let through with a warning.
pub fn warned(output: Output, policy: &str, words: &str) -> Result<()> {
    let said = output.stderr.clone();
    output.succeeded()?;
    let by = format!("ValidatingAdmissionPolicy 'trials.{policy}.guard.seawall.dev'");
    ensure!(said.contains("Warning:") && said.contains(&by) && said.contains(words), "{said}");
    ensure!(!said.contains("kubectl annotate"), "a way through what is open: {said}");
    Ok(())
}

/// What was let through without a word of any guard.
pub fn silent(output: Output) -> Result<()> {
    let said = output.stderr.clone();
    output.succeeded()?;
    ensure!(!said.contains("ValidatingAdmissionPolicy"), "{said}");
    Ok(())
}

/// The command that a refusal prints.
pub fn way_through(said: &str) -> Result<&str> {
    let at = said.find("kubectl annotate").with_context(|| format!("no way through in: {said}"))?;
    Ok(said[at..].lines().next().unwrap_or_default())
}

/// Waits until somebody has deleted a claim. Where no kubelet ends its Pod, it stays on its way.
pub async fn going(claims: &Api<PersistentVolumeClaim>, name: &str) -> Result<()> {
    let is_going = |claim: Option<&PersistentVolumeClaim>| {
        claim.is_none_or(|claim| claim.metadata.deletion_timestamp.is_some()).then_some(())
    };
    wait_for(claims, name, "the claim to be deleted", is_going).await
}

async fn install(plane: &Arc<Plane>) -> Result<()> {
    let params = PatchParams::apply("trials").force().validation_strict();
    grant(plane).await?;
    let policies: Api<ValidatingAdmissionPolicy> = Api::all(plane.client());
    let bindings: Api<ValidatingAdmissionPolicyBinding> = Api::all(plane.client());
    // A release of the chart, in another trial, has those of the real names.
    let named = |metadata: &mut ObjectMeta| metadata.name = metadata.name.take().map(|name| format!("trials.{name}"));
    for Guard { mut policy, bindings: its } in guards::guards(guards::ACCOUNT) {
        named(&mut policy.metadata);
        policies.patch(&policy.name_any(), &params, &Patch::Apply(&policy)).await.context("no policy")?;
        for mut binding in its {
            named(&mut binding.metadata);
            if let Some(spec) = &mut binding.spec {
                spec.policy_name = spec.policy_name.take().map(|name| format!("trials.{name}"));
                let reach =
                    LabelSelectorRequirement { key: REACH.to_owned(), operator: "Exists".to_owned(), values: None };
                let selector = spec.match_resources.get_or_insert_default().namespace_selector.get_or_insert_default();
                selector.match_expressions.get_or_insert_default().push(reach);
            }
            bindings.patch(&binding.name_any(), &params, &Patch::Apply(&binding)).await.context("no binding")?;
        }
    }
    in_effect(plane).await
}

/// The rights of those who may delete and not confirm.
async fn grant(plane: &Plane) -> Result<()> {
    let verbs = json!(["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"]);
    let core = json!(["persistentvolumeclaims", "persistentvolumes", "namespaces", "pods"]);
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "deleter"},
        "rules": [
            {"apiGroups": [""], "resources": core, "verbs": verbs},
            {"apiGroups": ["apps"], "resources": ["statefulsets", "statefulsets/scale"], "verbs": verbs},
            {"apiGroups": ["storage.k8s.io"], "resources": ["storageclasses"], "verbs": verbs},
        ],
    });
    let subjects = [DELETER, PRUNER, guards::ACCOUNT]
        .map(|user| json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}));
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "deleter"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "deleter"},
        "subjects": subjects,
    });
    for object in [role, binding] {
        plane.kubectl_with(&["apply", "-f", "-"], &object.to_string()).await?.succeeded()?;
    }
    Ok(())
}

/// Waits until each policy refuses, or says, what it is there for. Nothing announces that a policy is in effect.
async fn in_effect(plane: &Plane) -> Result<()> {
    let (guarded, open) = (labelled(plane, "probe", true).await?, labelled(plane, "probe", false).await?);
    for namespace in [&guarded, &open] {
        let objects = [labelled_claim("probe", "deleted"), labelled_set("probe", "Delete", "Retain")];
        namespace.apply(&crate::databases::list(&objects)).await?;
    }
    let volume = format!("probe-{}", guarded.name());
    let dry = "--dry-run=server";
    plane.kubectl_with(&["apply", "-f", "-"], &volume_object(&volume).to_string()).await?.succeeded()?;
    let name = guarded.name().to_owned();
    let class = json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "probe"}, "provisioner": "plane.test/none"});
    let deadline = Instant::now() + PROPAGATION;
    let mut pending: Vec<&str> = vec!["claims", "statefulsets", "warnings", "namespaces", "volumes", "storageclasses"];
    while let Some(policy) = pending.last().copied() {
        let output = match policy {
            "claims" => guarded.kubectl(&["delete", "pvc/probe", dry]).await?,
            "statefulsets" => guarded.kubectl(&["delete", "sts/probe", dry]).await?,
            "warnings" => {
                let both = open.kubectl(&["delete", "sts/probe", dry]).await?;
                let claim = open.kubectl(&["delete", "pvc/probe", dry]).await?;
                if claim.stderr.contains("Warning") { both } else { claim }
            }
            "namespaces" => plane.kubectl(&["delete", "namespace", &name, dry]).await?,
            "volumes" => flip(plane, &volume, true).await?,
            _ => plane.kubectl_with(&["create", "-f", "-", dry], &class.to_string()).await?,
        };
        if !output.ok || output.stderr.contains("Warning") {
            pending.pop();
        } else if Instant::now() > deadline {
            bail!("the API server does not hold to the guard of {policy} after {PROPAGATION:?}");
        }
    }
    Ok(())
}

/// A volume that its label guards.
pub fn volume_object(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "PersistentVolume",
        "metadata": {"name": name, "labels": {keys::GUARD: keys::ENFORCED}},
        "spec": {
            "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": "none", "hostPath": {"path": format!("/nowhere/{name}")},
        },
    })
}

/// Has a volume deleted with its claim from now on.
pub async fn flip(plane: &Plane, volume: &str, dry_run: bool) -> Result<Output> {
    let patch = r#"{"spec":{"persistentVolumeReclaimPolicy":"Delete"}}"#;
    let dry = if dry_run { "--dry-run=server" } else { "--dry-run=none" };
    plane.kubectl(&["patch", "persistentvolume", volume, "--patch", patch, dry]).await
}
