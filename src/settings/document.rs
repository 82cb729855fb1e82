//! The settings document, as people write it. `docs/settings.md` shows it whole.
//!
//! The same types are what the CustomResourceDefinition is derived from: [`definition`] makes it of them.
#![allow(unreachable_pub, reason = "KubeSchema repeats the types where nobody reaches them")]
#![allow(clippy::duplicated_attributes, reason = "each column has a type of its own")]

pub mod definition;
pub mod exemption;

use std::collections::BTreeMap;

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::terms::{Action, Profile};
use definition::{PolicyStatus, actions, profile};

/// A `DatabasePolicy`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct DatabasePolicy {
    /// `seawall.dev/v1alpha1`.
    pub api_version: String,
    /// `DatabasePolicy`.
    pub kind: String,
    /// Name, labels, annotations; only the name is read.
    pub metadata: Metadata,
    /// What it says.
    #[serde(default)]
    pub spec: PolicySpec,
}

/// An object's metadata.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Metadata {
    /// Name.
    pub name: String,
    /// Labels.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Annotations.
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
}

/// What a policy says, and where.
#[derive(Debug, Clone, Default, Deserialize, Serialize, CustomResource, KubeSchema)]
#[kube(
    group = "seawall.dev",
    version = "v1alpha1",
    kind = "DatabasePolicy",
    root = "PolicyObject",
    status = "PolicyStatus"
)]
#[kube(shortname = "dbpol", category = "seawall", doc = "What Seawall does about databases, and where.")]
#[kube(printcolumn(name = "Profile", type_ = "string", json_path = ".spec.profile"))]
#[kube(printcolumn(name = "Priority", type_ = "integer", json_path = ".spec.priority"))]
#[kube(printcolumn(
    name = "Accepted",
    type_ = "string",
    json_path = ".status.conditions[?(@.type==\"Accepted\")].status"
))]
#[kube(printcolumn(
    name = "Conflicted",
    type_ = "string",
    json_path = ".status.conditions[?(@.type==\"Conflicted\")].status"
))]
#[kube(printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"))]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[x_kube(validation = definition::ENGINES_AMONG, validation = definition::NOT_ABOUT_ENGINES)]
pub struct PolicySpec {
    /// The namespaces that it holds for, by their labels; without it all of them.
    #[serde(default)]
    pub namespace_selector: Option<LabelSelector>,
    /// The engines that it holds for, by their names; without it all of them, and what is no database.
    #[serde(default)]
    #[schemars(length(min = 1, max = 64), inner(length(max = 63)))]
    pub only_engines: Option<Vec<String>>,
    /// For each field the policy of the highest priority that sets it is the one that counts; 0 where nothing is written.
    #[serde(default)]
    pub priority: i32,
    /// A version of Seawall, such as "0.1": rules that came after it warn at most, and write nothing.
    #[serde(default)]
    #[schemars(length(max = 32), regex(pattern = r"^[0-9]+\.[0-9]+(\.[0-9]+)?$"))]
    pub rules_version: Option<String>,
    /// What findings do, by tier.
    #[serde(default)]
    #[schemars(schema_with = "profile")]
    pub profile: Option<Profile>,
    /// What the findings of one rule do, whatever its tier.
    #[serde(default)]
    #[schemars(schema_with = "actions")]
    pub rules: BTreeMap<String, Action>,
    /// Namespaces in which nothing is judged or mended.
    #[serde(default)]
    #[schemars(length(max = 1000), inner(length(max = 253)))]
    pub skip_namespaces: Option<Vec<String>>,
    /// User names that restore backups: what they create is warned about, never refused, never mended. Without it, Velero's server.
    #[serde(default)]
    #[schemars(length(max = 1000), inner(length(max = 253)))]
    pub restorers: Option<Vec<String>>,
    /// API groups whose objects own databases, beside the ones that Seawall knows.
    #[serde(default)]
    #[schemars(length(max = 1000), inner(length(max = 253)))]
    pub operator_groups: Option<Vec<String>>,
    /// User names of operators that run in the namespace of their databases.
    #[serde(default)]
    #[schemars(length(max = 1000), inner(length(max = 253)))]
    pub operator_accounts: Option<Vec<String>>,
    /// What exemptions may be.
    #[serde(default)]
    pub exemptions: Option<ExemptionLimits>,
    /// Values for all engines.
    #[serde(default)]
    pub defaults: EngineValues,
    /// Values for one engine, by its name; a field here replaces the field under `defaults`.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 64))]
    pub engines: BTreeMap<String, EngineValues>,
}

/// Which labels are meant, as everywhere in Kubernetes: all of this holds for them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct LabelSelector {
    /// Labels with their values.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 64))]
    pub match_labels: BTreeMap<String, String>,
    /// What else holds for the labels.
    #[serde(default)]
    #[schemars(length(max = 64))]
    pub match_expressions: Vec<Requirement>,
}

/// What holds for one label.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[x_kube(validation = definition::VALUES_AS_NEEDED)]
pub struct Requirement {
    /// The label.
    #[schemars(length(min = 1, max = 317))]
    pub key: String,
    /// What holds for it.
    pub operator: Operator,
    /// The values that `In` and `NotIn` are about.
    #[serde(default)]
    #[schemars(length(max = 256), inner(length(max = 63)))]
    pub values: Vec<String>,
}

/// What holds for a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum Operator {
    /// It is there, with one of the values.
    In,
    /// It is not there, or has none of the values.
    NotIn,
    /// It is there.
    Exists,
    /// It is not there.
    DoesNotExist,
}

/// What exemptions may be. Who may create one is a matter of RBAC.
#[derive(Debug, Clone, Default, Deserialize, Serialize, KubeSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ExemptionLimits {
    /// The rules that may be exempted; without it all of them.
    #[serde(default)]
    #[schemars(length(max = 512), inner(length(max = 63)))]
    pub rules: Option<Vec<String>>,
    /// For how many days at most, from the creation of the exemption on; without it as long as it says itself.
    #[serde(default)]
    #[schemars(range(min = 1, max = 3650))]
    pub max_days: Option<i64>,
}

/// Values that mends write.
#[derive(Debug, Clone, Default, Deserialize, Serialize, KubeSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct EngineValues {
    /// Memory of a server container.
    #[serde(default)]
    pub memory: Option<Amounts>,
    /// CPU of a server container. There is no CPU limit.
    #[serde(default)]
    pub cpu: Option<CpuAmounts>,
    /// Seconds that a Pod has to stop, where its author left the default; raised to what the engine needs.
    #[serde(default)]
    #[schemars(range(min = 1, max = 600))]
    pub termination_grace_period_seconds: Option<i64>,
    /// Seconds between the end of traffic and the stop, by a `sleep` hook; needs servers 1.34 or newer.
    #[serde(default)]
    #[schemars(range(min = 1, max = 120))]
    pub drain_seconds: Option<i64>,
    /// Where credentials come from.
    #[serde(default)]
    pub credentials: Option<CredentialValues>,
    /// Which class claims have.
    #[serde(default)]
    pub storage: Option<StorageValues>,
}

/// A limit and a request of memory, as Kubernetes quantities.
#[derive(Debug, Clone, Default, Deserialize, Serialize, KubeSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[x_kube(validation = definition::REQUEST_FITS)]
pub struct Amounts {
    /// The limit.
    #[serde(default)]
    #[schemars(length(min = 1, max = 32))]
    #[x_kube(validation = definition::QUANTITY)]
    pub limit: Option<String>,
    /// The request.
    #[serde(default)]
    #[schemars(length(min = 1, max = 32))]
    #[x_kube(validation = definition::QUANTITY)]
    pub request: Option<String>,
}

/// A request of CPU, as a Kubernetes quantity.
#[derive(Debug, Clone, Default, Deserialize, Serialize, KubeSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct CpuAmounts {
    /// The request.
    #[serde(default)]
    #[schemars(length(min = 1, max = 32))]
    #[x_kube(validation = definition::QUANTITY)]
    pub request: Option<String>,
}

/// Where credentials come from.
#[derive(Debug, Clone, Default, Deserialize, Serialize, KubeSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct CredentialValues {
    /// The Secret's name; `{workload}` and `{engine}` are replaced.
    #[serde(default)]
    #[schemars(length(min = 1, max = 253))]
    pub secret_name: Option<String>,
    /// The Secret's key of each variable; without one the variable's own name.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 64))]
    pub keys: BTreeMap<String, String>,
    /// What happens to a credential in plain text.
    #[serde(default)]
    pub plaintext: Option<Plaintext>,
}

/// What happens to a credential in plain text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Plaintext {
    /// It is reported, by tier.
    #[default]
    Report,
    /// On new workloads it is replaced by a reference to the Secret. Every later `kubectl apply` of the same manifest then depends on Seawall.
    Replace,
}

/// Which class claims have.
#[derive(Debug, Clone, Default, Deserialize, Serialize, KubeSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[x_kube(validation = definition::CLASS_IS_ALLOWED)]
pub struct StorageValues {
    /// The class of claims that have none.
    #[serde(default)]
    #[schemars(length(min = 1, max = 253))]
    pub class_name: Option<String>,
    /// The class of larger claims that have none: of the sizes that a claim reaches the largest counts.
    #[serde(default)]
    #[schemars(length(max = 8))]
    pub classes_by_size: Option<Vec<ClassBySize>>,
    /// The classes that claims may have; without it all of them. An empty name is a volume without a class.
    #[serde(default)]
    #[schemars(length(min = 1, max = 64), inner(length(max = 253)))]
    pub allowed_classes: Option<Vec<String>>,
}

/// The class of claims from a size on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, KubeSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ClassBySize {
    /// What a claim requests at least, as a Kubernetes quantity.
    #[schemars(length(min = 1, max = 32))]
    #[x_kube(validation = definition::QUANTITY)]
    pub at_least: String,
    /// Its class.
    #[schemars(length(min = 1, max = 253))]
    pub class_name: String,
}
