//! What guards databases against deletion while Seawall is away: ValidatingAdmissionPolicies, which the API server evaluates itself.
//!
//! They go by two labels: `seawall.dev/holds-data` on StatefulSets and claims, and `seawall.dev/guard: enforced` on namespaces and
//! volumes. In guarded namespaces they refuse, elsewhere they warn. `seawall guards` prints them, the chart installs them, and the tests
//! run them. CEL sees the object at hand and its namespace, and nothing else: what would be lost is said by the webhook, where it is there.
mod expressions;
mod objects;
mod policies;

use k8s_openapi::api::admissionregistration::v1::{ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding};

pub use policies::NAMES;

/// A policy, and where it holds.
#[derive(Debug, Clone)]
pub struct Guard {
    /// What is refused.
    pub policy: ValidatingAdmissionPolicy,
    /// Where, and whether it is refused or only said.
    pub bindings: Vec<ValidatingAdmissionPolicyBinding>,
}

/// The account that Seawall has in the cluster, unless somebody says otherwise.
pub const ACCOUNT: &str = "system:serviceaccount:seawall-system:seawall";

/// All guards. `account` is Seawall's own user, which keeps the labels true.
#[must_use]
pub fn guards(account: &str) -> Vec<Guard> {
    policies::all(account)
}
