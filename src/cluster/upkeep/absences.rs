//! When nobody was there: what was created then was judged by nobody.
use jiff::Timestamp;
use serde_json::json;

use super::super::{Absence, Cluster, FetchError, fetch};
use crate::{
    facts::Seconds,
    terms::keys,
    tree::{Node, Tree},
};

/// Absences that are remembered.
const MOST: usize = 16;

impl Cluster {
    /// The absences that the Lease remembers, with these, which it does from now on.
    ///
    /// # Errors
    /// When the Lease cannot be read or written.
    pub async fn remember(&self, namespace: &str, lease: &str, newer: &[Absence]) -> Result<Vec<Absence>, FetchError> {
        let path = format!(
            "/apis/coordination.k8s.io/v1/namespaces/{}/leases/{}",
            fetch::part(namespace)?,
            fetch::part(lease)?
        );
        let text = fetch::text(&self.background, &path).await?;
        let tree = Tree::from_json(&text)?;
        let metadata = tree.root().get("metadata");
        let all = merged(read(metadata.get("annotations").get(keys::AWAY).text()), newer);
        if !newer.is_empty() {
            let patch = json!({"metadata": {
                "resourceVersion": metadata.get("resourceVersion").text(),
                "annotations": {keys::AWAY: spelled(&all)},
            }});
            let kind = "application/merge-patch+json";
            fetch::write(&self.background, http::Method::PATCH, &path, kind, &patch).await?;
        }
        Ok(all)
    }

    /// Whether an object was created, or its spec written last, in one of these absences. `path` is the list that it is in.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn is_of(&self, absences: &[Absence], path: &str, name: &str) -> Result<bool, FetchError> {
        let url = format!("{path}?fieldSelector={}", fetch::encoded(&format!("metadata.name={name}")));
        let text = fetch::text(&self.client, &url).await?;
        let tree = Tree::from_json(&text)?;
        let is_of = tree.root().get("items").items().any(|object| {
            written(object).any(|time| absences.iter().any(|away| (away.from..=away.until).contains(&time)))
        });
        Ok(is_of)
    }
}

/// When an object was created, and when each of its managers wrote of its spec last.
fn written(object: Node<'_>) -> impl Iterator<Item = Timestamp> {
    let metadata = object.get("metadata");
    let created = metadata.get("creationTimestamp").str().and_then(|time| time.parse().ok());
    let mut times: Vec<Timestamp> = created.into_iter().collect();
    if let Some(Ok(managed)) = metadata.get("managedFields").unread().map(Tree::from_json) {
        let own = managed
            .root()
            .items()
            .filter(|entry| entry.get("subresource").text().is_empty() && entry.path("fieldsV1.f:spec").is_set());
        times.extend(own.filter_map(|entry| entry.get("time").str()?.parse::<Timestamp>().ok()));
    }
    times.into_iter()
}

/// As the annotation has them: `from/until`, separated by commas.
fn spelled(all: &[Absence]) -> String {
    all.iter().map(|away| format!("{}/{}", whole(away.from), whole(away.until))).collect::<Vec<_>>().join(",")
}

/// Without fractions of a second, which the times of objects do not have either.
fn whole(time: Timestamp) -> Timestamp {
    let second: Seconds = time.as_second();
    Timestamp::from_second(second).unwrap_or(time)
}

fn read(text: &str) -> Vec<Absence> {
    let one = |text: &str| {
        let (from, until) = text.split_once('/')?;
        Some(Absence { from: from.parse().ok()?, until: until.parse().ok()? })
    };
    text.split(',').filter_map(one).collect()
}

/// The newest of both.
fn merged(mut all: Vec<Absence>, newer: &[Absence]) -> Vec<Absence> {
    all.extend(newer.iter().map(|away| Absence { from: whole(away.from), until: whole(away.until) }));
    all.sort_unstable();
    all.dedup();
    all.split_off(all.len().saturating_sub(MOST))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn absence(from: i64, until: i64) -> Absence {
        Absence { from: Timestamp::from_second(from).unwrap(), until: Timestamp::from_second(until).unwrap() }
    }

    #[test]
    fn absences_are_read_as_they_were_spelled() {
        let all = [absence(100, 200), absence(300, 400)];
        let text = spelled(&all);
        assert_eq!(text, "1970-01-01T00:01:40Z/1970-01-01T00:03:20Z,1970-01-01T00:05:00Z/1970-01-01T00:06:40Z");
        assert_eq!(read(&text), all);
        assert_eq!(read("nonsense,/,a/b"), []);
    }

    #[test]
    fn the_newest_are_remembered() {
        let many: Vec<Absence> = (0..20).map(|n| absence(n * 100, n * 100 + 50)).collect();
        let all = merged(many.clone(), &[absence(5_000, 5_100), absence(1_900, 1_950)]);
        assert_eq!(all.len(), MOST);
        assert_eq!(all.last(), Some(&absence(5_000, 5_100)));
        assert!(!all.contains(&many[0]));
    }

    #[test]
    fn the_times_of_an_object_are_those_of_its_spec() {
        let object = r#"{"metadata":{"creationTimestamp":"1970-01-01T00:01:40Z","managedFields":[
            {"time":"1970-01-01T00:05:00Z","fieldsV1":{"f:spec":{"f:replicas":{}}}},
            {"time":"1970-01-01T00:06:00Z","fieldsV1":{"f:metadata":{}}},
            {"time":"1970-01-01T00:07:00Z","subresource":"status","fieldsV1":{"f:spec":{},"f:status":{}}}]}}"#;
        let tree = Tree::from_json(object).unwrap();
        let seconds: Vec<i64> = written(tree.root()).map(Timestamp::as_second).collect();
        assert_eq!(seconds, [100, 300]);
    }
}
