//! The CustomResourceDefinition, and what stands in the status of a policy.
use std::collections::BTreeMap;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::{CustomResourceExt as _, KubeSchema};
use schemars::{Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{PolicyObject, exemption::ExemptionObject};
use crate::terms::{Action, Profile};

/// A rule in CEL, and what is said where it does not hold.
type Rule = (&'static str, &'static str);

pub(super) const ENGINES_AMONG: Rule = (
    "!has(self.onlyEngines) || !has(self.engines) || self.engines.all(name, name in self.onlyEngines)",
    "engines has values for an engine that is not among onlyEngines",
);
pub(super) const NOT_ABOUT_ENGINES: Rule = (
    "!has(self.onlyEngines) || !(has(self.skipNamespaces) || has(self.restorers) || has(self.operatorGroups) || has(self.operatorAccounts) || has(self.exemptions))",
    "skipNamespaces, restorers, operatorGroups, operatorAccounts and exemptions are not about engines: put them into a policy without onlyEngines",
);
pub(super) const ONE_TARGET: Rule = ("has(self.name) != has(self.selector)", "needs either name or selector");
pub(super) const VALUES_AS_NEEDED: Rule = (
    "(self.operator in ['In', 'NotIn']) == (has(self.values) && size(self.values) > 0)",
    "In and NotIn need values; Exists and DoesNotExist take none",
);
pub(super) const QUANTITY: Rule = (
    "isQuantity(self) && quantity(self).isGreaterThan(quantity('0'))",
    "expected a quantity above 0, such as 1Gi or 500m",
);
pub(super) const REQUEST_FITS: Rule = (
    "!has(self.limit) || !has(self.request) || !isQuantity(self.limit) || !isQuantity(self.request) || quantity(self.request).compareTo(quantity(self.limit)) <= 0",
    "the request must not be above the limit",
);

pub(super) const CLASS_IS_ALLOWED: Rule = (
    "!has(self.allowedClasses) || !has(self.className) || self.className in self.allowedClasses",
    "className is not among allowedClasses",
);

pub(super) fn profile(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "enum": Profile::WORDS })
}

pub(super) fn actions(_: &mut SchemaGenerator) -> Schema {
    let action = json!({ "type": "string", "enum": Action::WORDS });
    json_schema!({ "type": "object", "maxProperties": 512, "additionalProperties": action })
}

/// What Seawall says of a policy.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct PolicyStatus {
    /// The generation that this was said of.
    #[serde(default)]
    pub observed_generation: Option<i64>,
    /// Accepted: all of it was understood. Conflicted: another policy says something else with the same right.
    #[serde(default)]
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    pub conditions: Vec<PolicyCondition>,
}

/// A condition, as everywhere in Kubernetes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct PolicyCondition {
    /// Accepted or Conflicted.
    #[serde(rename = "type")]
    pub kind: String,
    /// True or False.
    pub status: String,
    /// The generation that this was said of.
    pub observed_generation: i64,
    /// When the status changed last.
    pub last_transition_time: String,
    /// Why, in one word.
    pub reason: String,
    /// Why, for people.
    pub message: String,
}

/// The definition of DatabasePolicy as it is applied to a cluster.
#[must_use]
pub fn definition() -> Value {
    tidied(&PolicyObject::crd())
}

/// The definition of DatabaseExemption as it is applied to a cluster.
#[must_use]
pub fn definition_of_exemptions() -> Value {
    tidied(&ExemptionObject::crd())
}

fn tidied(made: &CustomResourceDefinition) -> Value {
    // Writing k8s-openapi's own types cannot fail.
    let mut all = serde_json::to_value(made).unwrap_or_default();
    tidy(&mut all);
    if let Some(metadata) = all.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.insert("annotations".to_owned(), json!({ "helm.sh/resource-policy": "keep" }));
    }
    all
}

/// Takes out what the API server has no use for: defaults, which it would write into what people apply, the limits of Rust's numbers,
/// and `additionalProperties: false`, for it prunes unknown fields by itself.
fn tidy(value: &mut Value) {
    match value {
        Value::Object(map) => {
            let is_schema = map.contains_key("type") || map.contains_key("properties");
            if is_schema {
                for bound in ["minimum", "maximum"] {
                    let whole = map.get(bound).and_then(Value::as_f64).filter(|n| n.fract() == 0.0);
                    #[expect(clippy::cast_possible_truncation, reason = "bounds are small whole numbers")]
                    map.extend(whole.map(|n| (bound.to_owned(), Value::from(n as i64))));
                }
                map.remove("title");
                map.remove("default");
                map.remove("nullable");
                if map.get("format").is_some_and(|f| f != "date-time") {
                    map.remove("format");
                }
                if map.get("additionalProperties") == Some(&Value::Bool(false)) {
                    map.remove("additionalProperties");
                }
            }
            map.values_mut().for_each(tidy);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        _ => {}
    }
}

/// Every field of the spec, as `spec.engines.*.memory.limit`, of a schema of ours or one that an API server serves. `all` are the other
/// schemas that it may refer to.
#[must_use]
pub fn fields(schema: &Value, all: &Map<String, Value>) -> Vec<String> {
    let mut found = BTreeMap::new();
    if let Some(spec) = schema.pointer("/properties/spec") {
        collect(spec, all, "spec", 0, &mut found);
    }
    found.into_keys().collect()
}

/// Schemas nested deeper than this are none of ours.
const DEEPEST: usize = 16;

fn collect(schema: &Value, all: &Map<String, Value>, at: &str, depth: usize, found: &mut BTreeMap<String, ()>) {
    if depth > DEEPEST {
        return;
    }
    let named = schema.get("$ref").or_else(|| schema.pointer("/allOf/0/$ref")).and_then(Value::as_str);
    if let Some(other) = named.and_then(|name| all.get(name.rsplit('/').next()?)) {
        return collect(other, all, at, depth + 1, found);
    }
    for (name, field) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let place = format!("{at}.{name}");
        collect(field, all, &place, depth + 1, found);
        found.insert(place, ());
    }
    for (key, place) in [("additionalProperties", format!("{at}.*")), ("items", format!("{at}[]"))] {
        if let Some(inner) = schema.get(key).filter(|inner| inner.is_object()) {
            collect(inner, all, &place, depth + 1, found);
        }
    }
}

/// The schema of a definition's version.
#[must_use]
pub fn schema(definition: &Value) -> Option<&Value> {
    definition.pointer("/spec/versions/0/schema/openAPIV3Schema")
}

impl ExemptionObject {
    /// The path of all exemptions at the API server.
    pub const PATH: &'static str = "/apis/seawall.dev/v1alpha1/databaseexemptions";
}

impl PolicyObject {
    /// The path of all policies at the API server.
    pub const PATH: &'static str = "/apis/seawall.dev/v1alpha1/databasepolicies";
}
