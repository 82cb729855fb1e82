//! What is stored in claims: how much, on which volume, and what becomes of it.
use futures::future::join_all;
use kube::Client;

use super::{FetchError, claims::is_wanted, each, object, part};
use crate::{facts::StorageFacts, terms::keys, tree::Tree, view::Claim};

/// Volumes that are looked at for one answer; of the others nobody says what becomes of them.
const MOST_VOLUMES: usize = 20;

/// To `Storage`: the claims that are wanted; without any name those that are labelled as a database's.
pub(super) async fn stored(
    client: &Client,
    namespace: &str,
    wanted: &[String],
) -> Result<Vec<StorageFacts>, FetchError> {
    let mut found = Vec::new();
    let folder = format!("/api/v1/namespaces/{}/persistentvolumeclaims", part(namespace)?);
    each(client, &folder, &[], |object| {
        let claim = Claim(object);
        let label = object.path("metadata.labels").get(keys::HOLDS_DATA);
        let is_meant = if wanted.is_empty() { label.is_set() } else { is_wanted(claim.name(), wanted) };
        if is_meant {
            found.push(StorageFacts {
                claim: claim.name().to_owned(),
                bytes: claim.bytes(),
                volume: claim.spec().get("volumeName").str().filter(|v| !v.is_empty()).map(str::to_owned),
                reclaim_policy: None,
            });
        }
    })
    .await?;
    let policies = join_all(found.iter().take(MOST_VOLUMES).map(|claim| policy(client, claim.volume.as_deref()))).await;
    for (claim, policy) in found.iter_mut().zip(policies) {
        claim.reclaim_policy = policy?;
    }
    Ok(found)
}

async fn policy(client: &Client, volume: Option<&str>) -> Result<Option<String>, FetchError> {
    let Some(volume) = volume else { return Ok(None) };
    let Some(text) = object(client, &format!("/api/v1/persistentvolumes/{}", part(volume)?)).await? else {
        return Ok(None);
    };
    Ok(Tree::from_json(&text)?.root().path("spec.persistentVolumeReclaimPolicy").str().map(str::to_owned))
}
