//! `seawall scan` on a real API server: as a user who may list and nothing else, beside what controllers made.

mod scale;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod};
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding, RoleBinding};
use kube::api::{Api, Patch, PatchParams};
use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::databases::{MYSQL, POSTGRES, Shape, claim, database, fragile, list, plaintext};
use crate::plane::watch::wait_for;
use crate::plane::{Namespace, Plane};
use crate::stage::trial;

pub fn trials() -> Vec<Trial> {
    let mut all = vec![
        trial("scan::databases_of_several_namespaces", async |plane| several(&plane).await),
        trial("scan::a_right_that_is_missing_is_named", async |plane| rights(&plane).await),
        trial("scan::what_runs_with_a_right_in_one_namespace_alone", async |plane| tenant(&plane).await),
    ];
    all.extend(["safe", "careless", "unsafe"].map(|folder| {
        trial(&format!("scan::what_is_stored_is_judged_as_it_was_written::{folder}"), async move |plane| {
            stored(&plane, folder).await
        })
    }));
    all.push(scale::trial());
    all
}

/// How long rights may take to hold.
const PATIENCE: Duration = Duration::from_secs(20);

/// Everything that a scan can list.
const KINDS: [(&str, &[&str]); 6] = [
    (
        "",
        &[
            "pods",
            "replicationcontrollers",
            "persistentvolumeclaims",
            "services",
            "configmaps",
            "namespaces",
            "persistentvolumes",
        ],
    ),
    ("apps", &["statefulsets", "deployments", "daemonsets", "replicasets"]),
    ("batch", &["jobs", "cronjobs"]),
    ("policy", &["poddisruptionbudgets"]),
    ("autoscaling", &["horizontalpodautoscalers"]),
    ("storage.k8s.io", &["storageclasses"]),
];

/// The rights to list all of it but `without`, and to do nothing else.
fn rules(without: &str) -> Value {
    let rule = |(group, kinds): (&str, &[&str])| {
        let kinds: Vec<_> = kinds.iter().filter(|kind| **kind != without).collect();
        json!({"apiGroups": [group], "resources": kinds, "verbs": ["list"]})
    };
    KINDS.into_iter().map(rule).collect()
}

/// A user of this name who may list everything but `without`: in all namespaces, or in one.
async fn user(plane: &Plane, name: &str, without: &str, namespace: Option<&Namespace>) -> Result<PathBuf> {
    let params = PatchParams::apply("trials").force();
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": {"name": name}, "rules": rules(without),
    });
    let roles: Api<ClusterRole> = Api::all(plane.client());
    roles.patch(name, &params, &Patch::Apply(role)).await.context("no role")?;
    let binding = |kind: &str| {
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": {"name": name},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": name}],
        })
    };
    match namespace {
        Some(namespace) => {
            let bindings: Api<RoleBinding> = namespace.api();
            bindings.patch(name, &params, &Patch::Apply(binding("RoleBinding"))).await.context("no binding")?;
        }
        None => {
            let bindings: Api<ClusterRoleBinding> = Api::all(plane.client());
            bindings.patch(name, &params, &Patch::Apply(binding("ClusterRoleBinding"))).await.context("no binding")?;
        }
    }
    // The API server learns of a binding a moment after it has stored it.
    let kubectl = plane.kubectl_as(name, None)?;
    let within = namespace.map_or_else(|| "--all-namespaces".to_owned(), |one| format!("--namespace={}", one.name()));
    let begin = Instant::now();
    while !kubectl.run(&["auth", "can-i", "list", "statefulsets.apps", &within], None).await?.ok {
        ensure!(begin.elapsed() < PATIENCE, "{name} was given rights and has none");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    plane.kubeconfig(name, None)
}

/// What a run of the program gave.
struct Told {
    status: Option<i32>,
    out: String,
    err: String,
}

impl Told {
    fn json(&self) -> Result<Value> {
        serde_json::from_str(&self.out).with_context(|| format!("no JSON: {}{}", self.out, self.err))
    }
}

async fn seawall(arguments: &[&str]) -> Result<Told> {
    let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    let output = tokio::task::spawn_blocking(move || {
        Command::new(env!("CARGO_BIN_EXE_seawall")).args(arguments).env_clear().output()
    });
    let output = output.await?.context("failed to run seawall")?;
    Ok(Told {
        status: output.status.code(),
        out: String::from_utf8(output.stdout)?,
        err: String::from_utf8(output.stderr)?,
    })
}

/// `seawall scan` with this kubeconfig.
async fn scan(kubeconfig: &Path, arguments: &[&str]) -> Result<Told> {
    let kubeconfig = kubeconfig.to_str().context("a strange path")?;
    seawall(&[&["scan", "--kubeconfig", kubeconfig], arguments].concat()).await
}

/// The entry of an object.
fn entry<'s>(scan: &'s Value, namespace: &Namespace, kind: &str, name: &str) -> Result<&'s Value> {
    let is_it =
        |object: &&Value| object["namespace"] == namespace.name() && object["kind"] == kind && object["name"] == name;
    scan["objects"]
        .as_array()
        .and_then(|all| all.iter().find(is_it))
        .with_context(|| format!("no {kind} {name}: {scan:#}"))
}

async fn several(plane: &Arc<Plane>) -> Result<()> {
    let (one, two) = (plane.namespace("scan-one").await?, plane.namespace("scan-two").await?);
    let mut ledger = plaintext(database(MYSQL, Shape::StatefulSet, "ledger"));
    ledger["spec"]["replicas"] = json!(2);
    one.apply(&list(&[ledger, service("ledger", "to-ledger"), service("shop", "to-nothing")])).await?;
    let shop = fragile(database(MYSQL, Shape::Deployment, "shop"));
    let bare = database(POSTGRES, Shape::Pod, "bare");
    two.apply(&list(&[shop, claim("shop"), bare, claim("bare"), database(POSTGRES, Shape::DaemonSet, "everywhere")]))
        .await?;
    // What controllers make of it, the binder and the scheduler included.
    let is_bound =
        |claim: &PersistentVolumeClaim| claim.status.as_ref().is_some_and(|s| s.phase.as_deref() == Some("Bound"));
    wait_for(&one.api::<PersistentVolumeClaim>(), "data-ledger-0", "a bound claim", |c| {
        c.filter(|c| is_bound(c)).map(|_| ())
    })
    .await?;
    let is_placed = |pod: &Pod| pod.spec.as_ref().is_some_and(|spec| spec.node_name.is_some());
    wait_for(&two.api::<Pod>(), "bare", "a scheduled Pod", |p| p.filter(|p| is_placed(p)).map(|_| ())).await?;

    let lister = user(plane, "scan-lister", "", None).await?;
    let told = scan(&lister, &["-A", "-o", "json"]).await?;
    ensure!((told.status, told.err.as_str()) == (Some(0), ""), "{:?}: {}", told.status, told.err);
    let all = told.json()?;
    let ledger = entry(&all, &one, "StatefulSet", "ledger")?;
    ensure!(ledger["databases"][0]["engine"] == "mysql" && ledger["databases"][0]["version"] == "8.4.3", "{ledger}");
    ensure!(
        ledger["replicas"] == 2 && ledger["databases"][0]["storage"]["bytes"].as_i64() >= Some(1 << 30),
        "{ledger}"
    );
    let denies = |entry: &Value, profile: &str| entry["profiles"][profile]["deny"].as_u64().unwrap_or(99);
    ensure!(denies(ledger, "baseline") == 0 && denies(ledger, "production") > 0, "{ledger}");
    let shop = entry(&all, &two, "Deployment", "shop")?;
    ensure!(denies(shop, "advise") == 0 && denies(shop, "baseline") > 0, "{shop}");
    entry(&all, &two, "Pod", "bare")?;
    ensure!(entry(&all, &two, "DaemonSet", "everywhere")?["replicas"] == 1, "there is one node");
    entry(&all, &one, "Service", "to-ledger")?;
    ensure!(entry(&all, &one, "Service", "to-nothing").is_err(), "it selects what is in another namespace");
    ensure!(entry(&all, &one, "Pod", "ledger-0").is_err(), "its StatefulSet is what is judged");

    let told = scan(&lister, &["-n", two.name(), "--as-profile", "production"]).await?;
    ensure!(told.status == Some(1), "{:?}: {}", told.status, told.err);
    ensure!(!told.out.contains(one.name()) && told.out.contains("Deployment/shop"), "{}", told.out);
    let told = scan(&lister, &["-n", two.name(), "--diff", "observe", "production"]).await?;
    ensure!(told.status == Some(0) && told.out.contains("would be denied under production if new"), "{}", told.out);
    Ok(())
}

fn service(app: &str, name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": name},
        "spec": {"type": "NodePort", "selector": {"app": app}, "ports": [{"port": 3306}]},
    })
}

async fn rights(plane: &Arc<Plane>) -> Result<()> {
    let namespace = plane.namespace("scan-rights").await?;
    let objects = [database(MYSQL, Shape::StatefulSet, "seen"), database(MYSQL, Shape::Deployment, "unseen")];
    namespace.apply(&list(&objects)).await?;
    let half = user(plane, "scan-half", "deployments", None).await?;
    let told = scan(&half, &["-n", namespace.name()]).await?;
    ensure!(told.status == Some(2), "{:?}: {}{}", told.status, told.out, told.err);
    ensure!(told.out.contains("StatefulSet/seen") && !told.out.contains("unseen"), "{}", told.out);
    ensure!(told.out.contains("incomplete: deployments.apps could not be read"), "{}", told.out);
    let expected =
        format!("error: deployments.apps in namespace {}: not allowed to list them\nhelp: ", namespace.name());
    ensure!(told.err.contains(&expected), "{}", told.err);

    let stranger = plane.kubeconfig("scan-stranger", None)?;
    let told = scan(&stranger, &["-A"]).await?;
    ensure!(told.status == Some(2) && told.out.is_empty(), "{}", told.out);
    ensure!(told.err.contains("nothing can be read") && told.err.contains("-n NAMESPACE"), "{}", told.err);
    Ok(())
}

async fn tenant(plane: &Arc<Plane>) -> Result<()> {
    let (own, other) = (plane.namespace("scan-own").await?, plane.namespace("scan-other").await?);
    for namespace in [&own, &other] {
        namespace.apply(&list(&[database(MYSQL, Shape::StatefulSet, "shop")])).await?;
    }
    let tenant = user(plane, "scan-tenant", "", Some(&own)).await?;
    let told = scan(&tenant, &["-n", own.name()]).await?;
    ensure!(
        told.status == Some(0) && told.out.contains("StatefulSet/shop"),
        "{:?} {}{}",
        told.status,
        told.out,
        told.err
    );
    ensure!(told.err.lines().all(|line| line.starts_with("note: ")), "{}", told.err);
    let told = scan(&tenant, &["-n", other.name()]).await?;
    ensure!(told.status == Some(2) && told.out.is_empty(), "{}", told.out);
    Ok(())
}

/// Rules and what comes of them, by kind and name.
type Said = BTreeSet<(String, String, String, String)>;

/// Live objects have a status, defaults, a node, a volume, owners' names: nothing of that may make a difference.
async fn stored(plane: &Arc<Plane>, folder: &str) -> Result<()> {
    let namespace = plane.namespace(&format!("scan-{folder}")).await?;
    let root = env!("CARGO_MANIFEST_DIR");
    let (path, settings) = (format!("{root}/examples/{folder}"), format!("{root}/examples/settings.yaml"));
    namespace.kubectl(&["apply", "-f", &path]).await?.succeeded()?;
    let admin = plane.kubeconfig("scan-admin", Some("system:masters"))?;
    for profile in ["advise", "production"] {
        let judged = ["-o", "json", "--config", settings.as_str()];
        let arguments = [&judged[..], &["-n", namespace.name(), "--as-profile", profile]].concat();
        let scanned = scan(&admin, &arguments).await?.json()?;
        let minor = scanned["kubernetesVersion"].as_str().context("no version")?.to_owned();
        let arguments =
            [&["check"], &judged[..], &["--profile", profile, "--kubernetes-version", &minor, &path]].concat();
        let checked = seawall(&arguments).await?.json()?;
        let (written, read) = (said(&checked["documents"])?, said(&scanned["objects"])?);
        let lost: Vec<_> = written.difference(&read).collect();
        ensure!(lost.is_empty(), "{profile}: only in the manifest: {lost:#?}");
        // A claim that a controller made of a template stands in no manifest, and what the cluster's default class does is in none.
        let is_of_the_cluster = |(kind, _, _, said): &&(String, String, String, String)| {
            kind == "PersistentVolumeClaim" || said.contains("class \"standard\"")
        };
        let more: Vec<_> = read.difference(&written).filter(|one| !is_of_the_cluster(one)).collect();
        ensure!(more.is_empty(), "{profile}: only in the cluster: {more:#?}");
    }
    Ok(())
}

fn said(objects: &Value) -> Result<Said> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut all = Said::new();
    for object in objects.as_array().context("no objects")? {
        let (kind, name) = (text(&object["kind"]), text(&object["name"]));
        for finding in object["findings"].as_array().into_iter().flatten() {
            let said = format!("{}: {}", text(&finding["action"]), text(&finding["message"]));
            all.insert((kind.clone(), name.clone(), text(&finding["rule"]), said));
        }
        for mend in object["mends"].as_array().into_iter().flatten() {
            all.insert((kind.clone(), name.clone(), text(&mend["rule"]), text(&mend["message"])));
        }
    }
    Ok(all)
}
