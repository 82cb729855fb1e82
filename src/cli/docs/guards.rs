//! The chart's template of the guards against deletion.
use crate::cli::guards::printed;
use crate::cli::webhooks::Printed;

const TEMPLATE_HEAD: &str = "{{- /* Made of what `seawall guards` prints; `make bless` rewrites it. */ -}}\n";
/// An unlikely user, the place of the chart's own.
const ACCOUNT: &str = "release-account";

/// The chart's template, as `seawall guards` prints them with the account of the release in its place.
#[must_use]
pub fn guards_template() -> String {
    let text = printed(ACCOUNT, Printed::Yaml).unwrap_or_default();
    let account =
        "system:serviceaccount:{{ .Release.Namespace }}:{{ include \"seawall.serviceAccountName\" . | trim }}";
    let mut filled = String::from(TEMPLATE_HEAD);
    for line in text.lines() {
        filled.push_str(&line.replace(ACCOUNT, account));
        filled.push('\n');
        if line == "metadata:" {
            filled.push_str("  labels:\n    {{- include \"seawall.labels\" . | nindent 4 }}\n");
        }
    }
    filled
}
