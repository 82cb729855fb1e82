//! The answer. Our own types: a patch is base64 text, and `patchType` goes only with a patch.
use base64::{Engine as _, engine::general_purpose::STANDARD};
use json_patch::PatchOperation;
use serde::Serialize;
use std::collections::BTreeMap;

/// Most warnings in one answer: the API server passes on about 4,000 characters.
const MOST_WARNINGS: usize = 8;
/// Most characters of a warning that is a sentence.
const SENTENCE: usize = 120;
/// Most characters of a warning that is a command to run; the API server cuts at 256.
const COMMAND: usize = 250;

/// Why something is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// All reasons, in one message.
    pub message: String,
}

/// What is answered to one review.
#[derive(Debug, Default)]
pub struct Reply {
    /// Why it is refused; `None` allows it.
    pub denied: Option<Status>,
    /// What to change; empty changes nothing.
    pub patch: Vec<PatchOperation>,
    /// What the one who applies sees, each on one line.
    pub warnings: Vec<String>,
    /// What the audit log keeps: keys without a slash.
    pub audit: BTreeMap<&'static str, String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    api_version: &'static str,
    kind: &'static str,
    response: Response<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Response<'a> {
    uid: &'a str,
    allowed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Denied<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    patch_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    patch: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    audit_annotations: &'a BTreeMap<&'static str, String>,
}

#[derive(Serialize)]
struct Denied<'a> {
    code: u16,
    reason: &'static str,
    message: &'a str,
}

impl Reply {
    /// The body of the HTTP response.
    #[must_use]
    pub fn to_json(&self, uid: &str) -> Vec<u8> {
        // Operations are JSON values; writing them into memory cannot fail, and an empty patch is harmless.
        let patch =
            (!self.patch.is_empty()).then(|| STANDARD.encode(serde_json::to_vec(&self.patch).unwrap_or_default()));
        let envelope = Envelope {
            api_version: "admission.k8s.io/v1",
            kind: "AdmissionReview",
            response: Response {
                uid,
                allowed: self.denied.is_none(),
                // 403 Forbidden is what kubectl prints whole; see `docs/architecture.md`.
                status: self.denied.as_ref().map(|d| Denied { code: 403, reason: "Forbidden", message: &d.message }),
                patch_type: patch.is_some().then_some("JSONPatch"),
                patch,
                warnings: warnings(&self.warnings),
                audit_annotations: &self.audit,
            },
        };
        serde_json::to_vec(&envelope).unwrap_or_default()
    }
}

/// At most eight, one line each, without control characters (the API server drops such a warning in silence), each said once.
fn warnings(all: &[String]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for text in all {
        let line = one_line(text);
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    if lines.len() > MOST_WARNINGS {
        let more = lines.len() - (MOST_WARNINGS - 1);
        lines.truncate(MOST_WARNINGS - 1);
        lines.push(format!("+{more} more: run seawall check on the manifest to see all"));
    }
    lines
}

fn one_line(text: &str) -> String {
    let most = if text.starts_with("kubectl ") { COMMAND } else { SENTENCE };
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if clean.chars().count() <= most {
        return clean;
    }
    let mut cut: String = clean.chars().take(most - 1).collect();
    cut.push('…');
    cut
}
