//! What stands around one workload: read page by page, and of each list only what concerns it is kept.
use std::sync::Arc;

use kube::Client;
use serde_json::Value;

use super::{FetchError, each, object, part, seconds};
use crate::{
    decision::{LONGEST_TEXT, MOST_NEIGHBOURS},
    facts::{Answer, Around, ConfigMapFacts, DataClaimFacts, Known, Pointed, VolumeFacts},
    tree::{Node, Tree},
    view::Service,
};

/// The most bytes of one kind of object that are kept for one workload; with more of them nothing is known.
const MOST_BYTES: usize = 2 << 20;

/// The lists that a kind is found in, each with the kind that its objects are of.
const fn lists(what: Around) -> &'static [(&'static str, &'static str, &'static str)] {
    match what {
        Around::Services => &[("/api/v1", "services", "")],
        Around::DisruptionBudgets => &[("/apis/policy/v1", "poddisruptionbudgets", "")],
        Around::NetworkPolicies => &[("/apis/networking.k8s.io/v1", "networkpolicies", "")],
        Around::Autoscalers => &[("/apis/autoscaling/v2", "horizontalpodautoscalers", "")],
        Around::VerticalAutoscalers => &[("/apis/autoscaling.k8s.io/v1", "verticalpodautoscalers", "")],
        Around::Workloads => {
            &[("/apis/apps/v1", "statefulsets", "StatefulSet"), ("/apis/apps/v1", "deployments", "Deployment")]
        }
        Around::Snapshots => &[("/apis/snapshot.storage.k8s.io/v1", "volumesnapshots", "")],
        Around::BackupJobs => &[("/apis/batch/v1", "cronjobs", "")],
    }
}

/// To `Around`: those that concern the workload. A kind that the API server does not know has no objects.
pub(super) async fn objects(
    client: &Client,
    what: Around,
    namespace: &str,
    workload: &Pointed,
) -> Result<Known<Answer>, FetchError> {
    let (mut found, mut bytes) = (Vec::new(), 0);
    for (root, plural, kind) in lists(what) {
        let path = format!("{root}/namespaces/{}/{plural}", part(namespace)?);
        let listed = each(client, &path, &[], |object| {
            let name = object.path("metadata.name").text();
            let is_itself = (*kind, name) == (workload.kind.as_str(), workload.name.as_str());
            if found.len() <= MOST_NEIGHBOURS && bytes <= MOST_BYTES && !is_itself && what.concerns(object, workload) {
                let text = slim(object, root, kind);
                bytes += text.len();
                found.push(text);
            }
        });
        match listed.await {
            Err(error) if error.is_not_found() => {}
            other => other?,
        }
    }
    Ok(match found.len() {
        0 => Known::Missing,
        n if n > MOST_NEIGHBOURS || bytes > MOST_BYTES => Known::Unknown,
        _ => Known::Found(Answer::Objects(found)),
    })
}

/// An object as JSON, without what its controllers wrote; lists leave out what all of their objects are.
fn slim(object: Node<'_>, root: &str, kind: &str) -> String {
    let mut json = object.to_json();
    if let Some(map) = json.as_object_mut() {
        map.remove("status");
        if let Some(metadata) = map.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.remove("managedFields");
        }
        if !kind.is_empty() {
            map.insert("kind".to_owned(), kind.into());
            map.insert("apiVersion".to_owned(), root.trim_start_matches("/apis/").into());
        }
    }
    json.to_string()
}

/// To `DataClaim`.
pub(super) async fn data_claim(client: &Client, namespace: &str, name: &str) -> Result<Known<Answer>, FetchError> {
    let path = format!("/api/v1/namespaces/{}/persistentvolumeclaims/{}", part(namespace)?, part(name)?);
    let Some(text) = object(client, &path).await? else { return Ok(Known::Missing) };
    let tree = Tree::from_json(&text)?;
    let created = seconds(tree.root().path("metadata.creationTimestamp"));
    let mut claim = DataClaimFacts::of(tree.root(), Some(created));
    if let Some(volume) = tree.root().path("spec.volumeName").str().filter(|volume| !volume.is_empty())
        && let Some(text) = object(client, &format!("/api/v1/persistentvolumes/{}", part(volume)?)).await?
    {
        claim.volume = Some(VolumeFacts::of(Tree::from_json(&text)?.root()));
    }
    Ok(Known::Found(Answer::DataClaim(claim)))
}

/// To `ServiceNames`.
pub(super) async fn service_names(client: &Client, namespace: &str) -> Result<Known<Answer>, FetchError> {
    let mut names = Vec::new();
    each(client, &format!("/api/v1/namespaces/{}/services", part(namespace)?), &[], |service| {
        if Service(service).gives_variables() {
            names.push(service.path("metadata.name").text().to_owned());
        }
    })
    .await?;
    Ok(if names.is_empty() { Known::Missing } else { Known::Found(Answer::Names(names)) })
}

/// To `ConfigMap`.
pub(super) async fn config_map(client: &Client, namespace: &str, name: &str) -> Result<Known<Answer>, FetchError> {
    let path = format!("/api/v1/namespaces/{}/configmaps/{}", part(namespace)?, part(name)?);
    let Some(text) = object(client, &path).await? else { return Ok(Known::Missing) };
    let tree = Tree::from_json(&text)?;
    let texts = tree.root().get("data").fields().filter_map(|(key, text)| Some((key, text.str()?)));
    let read = texts.filter(|(_, text)| text.len() <= LONGEST_TEXT);
    let data = read.map(|(key, text)| (key.to_owned(), text.to_owned())).collect();
    Ok(Known::Found(Answer::ConfigMap(Arc::new(ConfigMapFacts { data }))))
}
