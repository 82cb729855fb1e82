//! The document of an exemption.
#![allow(unreachable_pub, reason = "KubeSchema repeats the types where nobody reaches them")]
#![allow(clippy::duplicated_attributes, reason = "each column has a type of its own")]
use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

use super::{LabelSelector, definition};

/// A `DatabaseExemption`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DatabaseExemption {
    /// Name and namespace.
    pub metadata: Named,
    /// What it says.
    pub spec: ExemptionSpec,
}

/// What is read of an object's metadata.
#[derive(Debug, Clone, Deserialize)]
pub struct Named {
    /// Name.
    #[serde(default)]
    pub name: String,
    /// Namespace.
    #[serde(default)]
    pub namespace: Option<String>,
}

/// What Seawall says of an exemption.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExemptionStatus {
    /// When something was let in by it last, give or take a minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used: Option<String>,
    /// Whole days until it ends, by its own word and by that of policies; below 0 once it has.
    #[serde(default)]
    pub days_left: Option<i64>,
}

/// Which rules are not enforced for which workload, why, and until when.
#[derive(Debug, Clone, Deserialize, Serialize, CustomResource, KubeSchema)]
#[kube(
    group = "seawall.dev",
    version = "v1alpha1",
    kind = "DatabaseExemption",
    root = "ExemptionObject",
    status = "ExemptionStatus",
    namespaced
)]
#[kube(shortname = "dbex", category = "seawall", doc = "Exempts a workload from rules, for a reason and for a time.")]
#[kube(printcolumn(name = "Rules", type_ = "string", json_path = ".spec.rules"))]
#[kube(printcolumn(name = "Workload", type_ = "string", json_path = ".spec.name"))]
#[kube(printcolumn(name = "Expires", type_ = "date", json_path = ".spec.expires"))]
#[kube(printcolumn(name = "Days left", type_ = "integer", json_path = ".status.daysLeft"))]
#[kube(printcolumn(name = "Last used", type_ = "date", json_path = ".status.lastUsed"))]
#[kube(printcolumn(name = "Reason", type_ = "string", json_path = ".spec.reason"))]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[x_kube(validation = definition::ONE_TARGET)]
pub struct ExemptionSpec {
    /// The rules that are not enforced, by their names.
    #[schemars(length(min = 1, max = 16), inner(length(min = 1, max = 63)))]
    pub rules: Vec<String>,
    /// The workload's name.
    #[serde(default)]
    #[schemars(length(min = 1, max = 253))]
    pub name: Option<String>,
    /// In the place of a name: the labels of the workloads.
    #[serde(default)]
    pub selector: Option<LabelSelector>,
    /// Why, for who reads it later.
    #[schemars(length(min = 1, max = 1024))]
    pub reason: String,
    /// Until when, such as `2026-12-31T00:00:00Z`: from that second on the rules hold for what is new.
    #[schemars(extend("format" = "date-time"))]
    pub expires: String,
    /// Where it was decided.
    #[serde(default)]
    #[schemars(length(max = 253))]
    pub ticket: Option<String>,
}
