//! One function per question: which requests answer it, and what of the answer is kept.
mod around;
mod claims;
mod limits;
mod lineage;
mod storage;

use kube::Client;

use super::fetch::{FetchError, Page, list, object, part};
use crate::{
    facts::{Answer, ClassFacts, Known, NamespaceFacts, PodFacts, Question, Seconds},
    tree::{Node, Tree},
    view::Owner,
};

/// Answers one question.
pub(super) async fn to(client: &Client, question: &Question, now: Seconds) -> Result<Known<Answer>, FetchError> {
    Ok(match question {
        Question::Namespace(name) => namespace(client, name).await?,
        Question::Pods { namespace, selector } => Known::Found(Answer::Pods(pods(client, namespace, selector).await?)),
        Question::Claims { namespace, names } => {
            Known::Found(Answer::Claims(claims::named(client, namespace, names, now).await?))
        }
        Question::History { namespace, kind, selector } => {
            Known::Found(Answer::History(lineage::history(client, namespace, kind, selector).await?))
        }
        Question::Owner { namespace, api_version, kind, name } => {
            lineage::owner(client, namespace, api_version, kind, name).await?
        }
        Question::Limits(namespace) => Known::Found(Answer::Limits(limits::of(client, namespace).await?)),
        Question::ClaimUse { namespace, name } => {
            Known::Found(Answer::ClaimUse(claims::uses(client, namespace, name).await?))
        }
        Question::StorageClasses => Known::Found(Answer::StorageClasses(storage_classes(client).await?)),
        Question::Storage { namespace, names } => {
            Known::Found(Answer::Storage(storage::stored(client, namespace, names).await?))
        }
        Question::Workload { namespace, kind, name } => workload(client, namespace, kind, name).await?,
        Question::LooseVolumes => Known::Found(Answer::LooseVolumes(loose_volumes(client).await?)),
        Question::Around { what, namespace, workload } => around::objects(client, *what, namespace, workload).await?,
        Question::DataClaim { namespace, name } => around::data_claim(client, namespace, name).await?,
        Question::ServiceNames(namespace) => around::service_names(client, namespace).await?,
        Question::ConfigMap { namespace, name } => around::config_map(client, namespace, name).await?,
        // Answered from the documents of a run, or from the objects around a workload.
        Question::Selected { .. }
        | Question::Target { .. }
        | Question::ClaimUsers { .. }
        | Question::ConfigUsers { .. } => Known::Unknown,
    })
}

fn pairs(map: Node<'_>) -> Vec<(String, String)> {
    map.fields().filter_map(|(k, v)| Some((k.to_owned(), v.str()?.to_owned()))).collect()
}

fn seconds(time: Node<'_>) -> Seconds {
    time.str().and_then(|t| t.parse::<jiff::Timestamp>().ok()).map_or(0, jiff::Timestamp::as_second)
}

/// Reads every object of a list.
pub(super) async fn each(
    client: &Client,
    path: &str,
    selector: &[(String, String)],
    mut read: impl FnMut(Node<'_>),
) -> Result<(), FetchError> {
    list(client, path, selector, |text| {
        let tree = Tree::from_json(text)?;
        tree.root().get("items").items().for_each(&mut read);
        Ok(match tree.root().path("metadata.continue").str() {
            Some(token) if !token.is_empty() => Page::Next(token.to_owned()),
            _ => Page::Enough,
        })
    })
    .await
}

async fn namespace(client: &Client, name: &str) -> Result<Known<Answer>, FetchError> {
    let Some(text) = object(client, &format!("/api/v1/namespaces/{name}")).await? else { return Ok(Known::Missing) };
    let tree = Tree::from_json(&text)?;
    let metadata = tree.root().get("metadata");
    Ok(Known::Found(Answer::Namespace(NamespaceFacts {
        labels: pairs(metadata.get("labels")),
        terminating: metadata.get("deletionTimestamp").is_set(),
    })))
}

async fn workload(client: &Client, namespace: &str, kind: &str, name: &str) -> Result<Known<Answer>, FetchError> {
    let plural = if kind == "Deployment" { "deployments" } else { "statefulsets" };
    let path = format!("/apis/apps/v1/namespaces/{}/{plural}/{}", part(namespace)?, part(name)?);
    Ok(object(client, &path).await?.map_or(Known::Missing, |text| Known::Found(Answer::Workload(text))))
}

async fn pods(client: &Client, namespace: &str, selector: &[(String, String)]) -> Result<Vec<PodFacts>, FetchError> {
    let mut found = Vec::new();
    each(client, &format!("/api/v1/namespaces/{namespace}/pods"), selector, |pod| {
        if !pod.path("metadata.deletionTimestamp").is_set() {
            found.push(PodFacts {
                name: pod.path("metadata.name").text().to_owned(),
                controller: Owner::of(pod).map(|o| (o.kind.to_owned(), o.name.to_owned())),
            });
        }
    })
    .await?;
    Ok(found)
}

async fn storage_classes(client: &Client) -> Result<Vec<ClassFacts>, FetchError> {
    let mut found = Vec::new();
    each(client, "/apis/storage.k8s.io/v1/storageclasses", &[], |class| found.push(ClassFacts::of(class))).await?;
    Ok(found)
}

async fn loose_volumes(client: &Client) -> Result<bool, FetchError> {
    let mut loose = false;
    list(client, "/api/v1/persistentvolumes", &[], |text| {
        let tree = Tree::from_json(text)?;
        loose |= tree.root().get("items").items().any(|volume| {
            volume.path("status.phase").str() == Some("Available")
                && volume.path("spec.storageClassName").text().is_empty()
        });
        Ok(match tree.root().path("metadata.continue").str() {
            Some(token) if !loose && !token.is_empty() => Page::Next(token.to_owned()),
            _ => Page::Enough,
        })
    })
    .await?;
    Ok(loose)
}
