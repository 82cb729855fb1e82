//! One function per question: which requests answer it, and what of the answer is kept.
use super::fetch::{FetchError, Page, list, object, part};
use crate::{
    facts::{
        Answer, ClaimFacts, ClaimUse, ClassFacts, Known, LimitFacts, NamespaceFacts, OwnerFacts, PodFacts, Question,
        Seconds, Template,
    },
    text::quantity::Quantity,
    tree::{Node, Tree},
    view::{Claim, Owner},
};

/// Most owners in a chain: Pod, ReplicaSet, Deployment, custom resource, and one to spare.
const LONGEST_CHAIN: usize = 5;

/// Answers one question.
pub(super) async fn to(client: &kube::Client, question: &Question) -> Result<Known<Answer>, FetchError> {
    Ok(match question {
        Question::Namespace(name) => namespace(client, name).await?,
        Question::Pods { namespace, selector } => Known::Found(Answer::Pods(pods(client, namespace, selector).await?)),
        Question::Claims { namespace, names } => Known::Found(Answer::Claims(claims(client, namespace, names).await?)),
        Question::History { namespace, kind, selector } => {
            Known::Found(Answer::History(history(client, namespace, kind, selector).await?))
        }
        Question::Owner { namespace, api_version, kind, name } => {
            owner(client, namespace, api_version, kind, name).await?
        }
        Question::Limits(namespace) => Known::Found(Answer::Limits(limits(client, namespace).await?)),
        Question::ClaimUse { namespace, name } => {
            Known::Found(Answer::ClaimUse(claim_use(client, namespace, name).await?))
        }
        Question::StorageClasses => Known::Found(Answer::StorageClasses(storage_classes(client).await?)),
        Question::LooseVolumes => Known::Found(Answer::LooseVolumes(loose_volumes(client).await?)),
    })
}

fn pairs(map: Node<'_>) -> Vec<(String, String)> {
    map.fields().filter_map(|(k, v)| Some((k.to_owned(), v.str()?.to_owned()))).collect()
}

fn seconds(time: Node<'_>) -> Seconds {
    time.str().and_then(|t| t.parse::<jiff::Timestamp>().ok()).map_or(0, jiff::Timestamp::as_second)
}

/// Reads every object of a list.
async fn each(
    client: &kube::Client,
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

async fn namespace(client: &kube::Client, name: &str) -> Result<Known<Answer>, FetchError> {
    let Some(text) = object(client, &format!("/api/v1/namespaces/{name}")).await? else { return Ok(Known::Missing) };
    let tree = Tree::from_json(&text)?;
    let metadata = tree.root().get("metadata");
    Ok(Known::Found(Answer::Namespace(NamespaceFacts {
        labels: pairs(metadata.get("labels")),
        terminating: metadata.get("deletionTimestamp").is_set(),
    })))
}

async fn pods(
    client: &kube::Client,
    namespace: &str,
    selector: &[(String, String)],
) -> Result<Vec<PodFacts>, FetchError> {
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

/// A wanted name is exact, or ends in `-` and stands for all with an ordinal behind.
fn is_wanted(name: &str, wanted: &[String]) -> bool {
    wanted.iter().any(|w| match name.strip_prefix(w.as_str()) {
        Some("") => true,
        Some(rest) => w.ends_with('-') && rest.bytes().all(|b| b.is_ascii_digit()),
        None => false,
    })
}

async fn claims(client: &kube::Client, namespace: &str, wanted: &[String]) -> Result<Vec<ClaimFacts>, FetchError> {
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
    let an_hour_ago = jiff::Timestamp::now().as_second() - 3600;
    if claims.iter().any(|c| c.bound && c.created > an_hour_ago) {
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

async fn history(
    client: &kube::Client,
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

async fn owner(
    client: &kube::Client,
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

fn least(a: Option<i64>, b: Option<i64>) -> Option<i64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

fn quantity(node: Node<'_>) -> Option<Quantity> {
    node.str().and_then(Quantity::parse).or_else(|| node.i64().map(Quantity::from_i64))
}

async fn limits(client: &kube::Client, namespace: &str) -> Result<LimitFacts, FetchError> {
    let mut facts = LimitFacts::default();
    each(client, &format!("/api/v1/namespaces/{namespace}/limitranges"), &[], |range| {
        for item in range.path("spec.limits").items().filter(|i| i.get("type").str() == Some("Container")) {
            let bytes = |place| quantity(item.path(place)).and_then(Quantity::bytes);
            facts.most_memory = least(facts.most_memory, bytes("max.memory"));
            facts.least_memory = facts.least_memory.max(bytes("min.memory"));
            let ratio = quantity(item.path("maxLimitRequestRatio.memory")).and_then(Quantity::millis);
            facts.most_memory_ratio_millis = least(facts.most_memory_ratio_millis, ratio);
            let cpu = quantity(item.path("max.cpu")).and_then(Quantity::millis);
            facts.most_cpu_millis = least(facts.most_cpu_millis, cpu);
        }
    })
    .await?;
    each(client, &format!("/api/v1/namespaces/{namespace}/resourcequotas"), &[], |quota| {
        let left = |name: &'static str, unit: fn(Quantity) -> Option<i64>| {
            let hard = quantity(quota.path("status.hard").get(name)).and_then(unit)?;
            let used = quantity(quota.path("status.used").get(name)).and_then(unit).unwrap_or(0);
            Some(hard.saturating_sub(used))
        };
        let memory = least(left("requests.memory", Quantity::bytes), left("memory", Quantity::bytes));
        facts.quota_requests_left = least(facts.quota_requests_left, memory);
        facts.quota_limits_left = least(facts.quota_limits_left, left("limits.memory", Quantity::bytes));
        let cpu = least(left("requests.cpu", Quantity::millis), left("cpu", Quantity::millis));
        facts.quota_cpu_left_millis = least(facts.quota_cpu_left_millis, cpu);
    })
    .await?;
    Ok(facts)
}

async fn claim_use(client: &kube::Client, namespace: &str, name: &str) -> Result<ClaimUse, FetchError> {
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
                let class = Claim(claim).class().str().or_else(|| Claim(claim).beta_class());
                found.sibling_classes.push(class.map(str::to_owned));
            }
        })
        .await?;
    }
    Ok(found)
}

async fn storage_classes(client: &kube::Client) -> Result<Vec<ClassFacts>, FetchError> {
    let mut found = Vec::new();
    each(client, "/apis/storage.k8s.io/v1/storageclasses", &[], |class| {
        let default = class.path("metadata.annotations").get("storageclass.kubernetes.io/is-default-class").str();
        found.push(ClassFacts {
            name: class.path("metadata.name").text().to_owned(),
            default: default == Some("true"),
            reclaim_policy: class.get("reclaimPolicy").str().unwrap_or("Delete").to_owned(),
        });
    })
    .await?;
    Ok(found)
}

async fn loose_volumes(client: &kube::Client) -> Result<bool, FetchError> {
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
