//! Claims, and what they belong to.
use kube::Client;

use super::{FetchError, each, object, part, seconds};
use crate::{
    facts::{ClaimFacts, ClaimUse, Seconds},
    tree::{Node, Tree},
    view::Claim,
};

/// A claim of this age is not new, whoever mounted it.
const OLD: Seconds = 3600;

/// To `Claims`: those whose name is wanted, with the age of their volume and the Pods that mount them.
pub(super) async fn named(
    client: &Client,
    namespace: &str,
    wanted: &[String],
    now: Seconds,
) -> Result<Vec<ClaimFacts>, FetchError> {
    let mut found: Vec<(ClaimFacts, Option<String>)> = Vec::new();
    let mut keep = |claim: Node<'_>| {
        let (metadata, spec) = (claim.get("metadata"), claim.get("spec"));
        let name = metadata.get("name").text();
        if !is_wanted(name, wanted) {
            return;
        }
        let bound = claim.path("status.phase").str() == Some("Bound");
        let volume = spec.get("volumeName").str().filter(|v| !v.is_empty());
        // The binder writes volumeName too, and says so in an annotation; without it the author did.
        let by_binder = metadata.get("annotations").get("pv.kubernetes.io/bound-by-controller").is_set();
        let facts = ClaimFacts {
            name: name.to_owned(),
            created: seconds(metadata.get("creationTimestamp")),
            bound,
            volume_created: None,
            came_with_data: spec.get("dataSource").is_set()
                || spec.get("dataSourceRef").is_set()
                || (volume.is_some() && !by_binder),
            class: Claim(claim).class().str().map(str::to_owned),
            mounted_by: Vec::new(),
        };
        found.push((facts, volume.filter(|_| bound).map(str::to_owned)));
    };
    let folder = format!("/api/v1/namespaces/{namespace}/persistentvolumeclaims");
    each(client, &folder, &[], &mut keep).await?;
    let mut claims = Vec::with_capacity(found.len());
    for (mut claim, volume) in found {
        if let Some(volume) = volume
            && let Some(text) = object(client, &format!("/api/v1/persistentvolumes/{}", part(&volume)?)).await?
        {
            claim.volume_created = Some(seconds(Tree::from_json(&text)?.root().path("metadata.creationTimestamp")));
        }
        claims.push(claim);
    }
    // Whether a Pod has mounted it matters only for what could be new; every Pod of the namespace is read for it.
    if claims.iter().any(|c| c.bound && now - c.created < OLD) {
        each(client, &format!("/api/v1/namespaces/{namespace}/pods"), &[], |pod| {
            for volume in pod.path("spec.volumes").items() {
                let name = volume.path("persistentVolumeClaim.claimName").text();
                for claim in claims.iter_mut().filter(|c| c.name == name) {
                    claim.mounted_by.push(pod.path("metadata.name").text().to_owned());
                }
            }
        })
        .await?;
    }
    Ok(claims)
}

/// To `ClaimUse`: the workloads that own or mount a claim, and the classes of its siblings.
pub(super) async fn uses(client: &Client, namespace: &str, name: &str) -> Result<ClaimUse, FetchError> {
    let mut found = ClaimUse::default();
    let mut prefixes = Vec::new();
    for (plural, kind) in [("statefulsets", "StatefulSet"), ("deployments", "Deployment")] {
        each(client, &format!("/apis/apps/v1/namespaces/{namespace}/{plural}"), &[], |workload| {
            let set = workload.path("metadata.name").text();
            let templates = workload.path("spec.volumeClaimTemplates").items();
            let prefix = templates
                .filter_map(|t| t.path("metadata.name").str())
                .map(|t| format!("{t}-{set}-"))
                .find(|p| is_wanted(name, std::slice::from_ref(p)));
            let volumes = workload.path("spec.template.spec.volumes");
            let named = volumes.items().any(|v| v.path("persistentVolumeClaim.claimName").str() == Some(name));
            if prefix.is_some() || named {
                let mut json = workload.to_json();
                if let Some(map) = json.as_object_mut() {
                    map.insert("kind".to_owned(), kind.into());
                    map.insert("apiVersion".to_owned(), "apps/v1".into());
                }
                found.workloads.push(json.to_string());
            }
            prefixes.extend(prefix);
        })
        .await?;
    }
    if !prefixes.is_empty() {
        each(client, &format!("/api/v1/namespaces/{namespace}/persistentvolumeclaims"), &[], |claim| {
            let sibling = claim.path("metadata.name").text();
            if sibling != name && is_wanted(sibling, &prefixes) {
                let class = Claim(claim).class_name();
                found.sibling_classes.push(class.map(str::to_owned));
            }
        })
        .await?;
    }
    Ok(found)
}

/// A wanted name is exact, or ends in `-` and stands for all with an ordinal behind.
pub(super) fn is_wanted(name: &str, wanted: &[String]) -> bool {
    wanted.iter().any(|w| match name.strip_prefix(w.as_str()) {
        Some("") => true,
        Some(rest) => w.ends_with('-') && rest.bytes().all(|b| b.is_ascii_digit()),
        None => false,
    })
}
