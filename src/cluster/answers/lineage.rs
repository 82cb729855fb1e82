//! Where an object comes from: the templates that ran before it, and who stands behind it.
use kube::Client;

use super::{FetchError, each, object, pairs, part};
use crate::{
    facts::{Answer, Known, OwnerFacts, Template},
    tree::{Node, Tree},
    view::Owner,
};

/// Most owners in a chain: Pod, ReplicaSet, Deployment, custom resource, and one to spare.
const LONGEST_CHAIN: usize = 5;

/// To `History`: the templates that ran before, the newest first.
pub(super) async fn history(
    client: &Client,
    namespace: &str,
    kind: &str,
    selector: &[(String, String)],
) -> Result<Vec<Template>, FetchError> {
    let mut found = Vec::new();
    let controller = |object: Node<'_>| Owner::of(object).map(|o| o.name.to_owned());
    let name = |object: Node<'_>| object.path("metadata.name").text().to_owned();
    if kind == "Deployment" {
        each(client, &format!("/apis/apps/v1/namespaces/{namespace}/replicasets"), selector, |set| {
            // A ReplicaSet that somebody made by hand has no revision: it excuses nothing.
            let revision = set.path("metadata.annotations").get("deployment.kubernetes.io/revision").str();
            if let Some(revision) = revision.and_then(|r| r.parse().ok()) {
                let template = set.path("spec.template").to_json().to_string();
                found.push(Template { name: name(set), revision, controller: controller(set), template });
            }
        })
        .await?;
    } else {
        each(client, &format!("/apis/apps/v1/namespaces/{namespace}/controllerrevisions"), selector, |revision| {
            let template = revision.path("data.spec.template");
            if template.is_set() {
                found.push(Template {
                    name: name(revision),
                    revision: revision.get("revision").i64().unwrap_or(0),
                    controller: controller(revision),
                    template: template.to_json().to_string(),
                });
            }
        })
        .await?;
    }
    found.sort_by_key(|t| std::cmp::Reverse(t.revision));
    Ok(found)
}

/// To `Owner`: the chain of controllers. Unknown where it breaks off, or does not end.
pub(super) async fn owner(
    client: &Client,
    namespace: &str,
    api_version: &str,
    kind: &str,
    name: &str,
) -> Result<Known<Answer>, FetchError> {
    let mut chain = Vec::new();
    let mut next = (api_version.to_owned(), kind.to_owned(), name.to_owned());
    for _ in 0..LONGEST_CHAIN {
        let (api_version, kind, name) = &next;
        let group = api_version.split_once('/').map_or("", |(group, _)| group).to_owned();
        let mut facts = OwnerFacts { group, kind: kind.clone(), name: name.clone(), labels: Vec::new() };
        let Some(path) = controller_path(namespace, api_version, kind, name) else {
            chain.push(facts);
            return Ok(Known::Found(Answer::Owner(chain)));
        };
        // An owner that is gone leaves its Pods to the garbage collector; who stood behind it nobody knows any more.
        part(name)?;
        let Some(text) = object(client, &path).await? else { return Ok(Known::Unknown) };
        let tree = Tree::from_json(&text)?;
        facts.labels = pairs(tree.root().path("metadata.labels"));
        chain.push(facts);
        match Owner::of(tree.root()) {
            Some(owner) => next = (owner.api_version.to_owned(), owner.kind.to_owned(), owner.name.to_owned()),
            None => return Ok(Known::Found(Answer::Owner(chain))),
        }
    }
    Ok(Known::Unknown)
}

/// The path of a built-in controller; `None` for what is none.
fn controller_path(namespace: &str, api_version: &str, kind: &str, name: &str) -> Option<String> {
    let (root, plural) = match (api_version.split_once('/').map_or("", |(g, _)| g), kind) {
        ("apps", "StatefulSet") => ("/apis/apps/v1", "statefulsets"),
        ("apps", "ReplicaSet") => ("/apis/apps/v1", "replicasets"),
        ("apps", "Deployment") => ("/apis/apps/v1", "deployments"),
        ("apps", "DaemonSet") => ("/apis/apps/v1", "daemonsets"),
        ("batch", "Job") => ("/apis/batch/v1", "jobs"),
        ("batch", "CronJob") => ("/apis/batch/v1", "cronjobs"),
        ("", "ReplicationController") => ("/api/v1", "replicationcontrollers"),
        _ => return None,
    };
    Some(format!("{root}/namespaces/{namespace}/{plural}/{name}"))
}
