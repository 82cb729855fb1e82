//! Whether the API server serves all fields that a policy can have: where its definition is older than this program, it drops the others
//! without a word.
use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::fetch;
use crate::{
    settings::document::definition::{definition, fields, schema},
    tree::Tree,
};

/// What every user of the API server may read, unlike the definition itself.
const PATH: &str = "/openapi/v3/apis/seawall.dev/v1alpha1";

/// Says which fields are missing.
pub(super) async fn compare(client: kube::Client) {
    let Ok(text) = fetch::text(&client, PATH).await else {
        tracing::debug!("what is served of DatabasePolicy is not known");
        return;
    };
    let missing = Tree::from_json(&text).ok().and_then(|tree| missing(&tree.root().to_json())).unwrap_or_default();
    if !missing.is_empty() {
        tracing::warn!(
            fields = missing.join(","),
            help = "apply the definition of this version, charts/seawall/templates/crd-databasepolicies.yaml",
            "the API server drops fields of DatabasePolicy that this version knows: its CustomResourceDefinition is older"
        );
    }
}

/// The fields of ours that a document of OpenAPI lacks; `None` where it says nothing of policies.
fn missing(served: &Value) -> Option<Vec<String>> {
    let all = served.pointer("/components/schemas")?.as_object()?;
    let (_, served) = all.iter().find(|(name, _)| name.ends_with(".DatabasePolicy"))?;
    let served: BTreeSet<String> = fields(served, all).into_iter().collect();
    let own = definition();
    let own = fields(schema(&own)?, &Map::new());
    Some(own.into_iter().filter(|field| !served.contains(field)).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_an_older_definition_lacks_is_named() {
        let own = definition();
        let mut served =
            json!({ "components": { "schemas": { "dev.seawall.v1alpha1.DatabasePolicy": schema(&own).unwrap() } } });
        assert_eq!(missing(&served), Some(Vec::new()));
        let spec = &mut served["components"]["schemas"]["dev.seawall.v1alpha1.DatabasePolicy"]["properties"]["spec"];
        spec["properties"].as_object_mut().unwrap().remove("onlyEngines");
        assert_eq!(missing(&served).unwrap(), ["spec.onlyEngines"]);
        assert_eq!(missing(&json!({})), None);
    }
}
