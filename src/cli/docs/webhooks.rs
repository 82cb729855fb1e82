//! The chart's template of the webhook configurations.
use crate::cli::webhooks::{Printed, printed};
use crate::cluster::registration::{Registration, Reinvocation};

const TEMPLATE_HEAD: &str = "{{- /* Made of what `seawall webhooks` prints; `make bless` rewrites it. */ -}}\n";

/// The chart's template of both, as `seawall webhooks` prints them with the chart's values in their places.
#[must_use]
pub fn webhooks_template() -> String {
    // Unlikely words and numbers, each the place of a value.
    let registration = Registration {
        name: "webhooks-name".to_owned(),
        namespace: "release-namespace".to_owned(),
        service: "service-name".to_owned(),
        port: 60_443,
        ca: Some(b"CA".to_vec()),
        mutate_seconds: 201,
        validate_seconds: 202,
        reinvocation: Reinvocation::Never,
    };
    let text = printed(&registration, Printed::Yaml).unwrap_or_default();
    let mut filled = String::from(TEMPLATE_HEAD);
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        match line.trim_start() {
            // A bundle that somebody else writes is not in the template, so that no upgrade takes it away.
            bundle if bundle.starts_with("caBundle: ") => filled
                .push_str("    {{- with include \"seawall.caBundle\" . }}\n    caBundle: {{ . }}\n    {{- end }}\n"),
            "name: webhooks-name" => {
                filled.push_str(&format!("{:indent$}name: {{{{ include \"seawall.fullname\" . }}}}\n", ""));
                filled.push_str("  labels:\n    {{- include \"seawall.labels\" . | nindent 4 }}\n");
                filled.push_str(
                    "  {{- with include \"seawall.webhookAnnotations\" . }}\n  annotations:\n    {{- . | nindent 4 }}\n  {{- end }}\n",
                );
            }
            _ => {
                let places = [
                    ("release-namespace", "{{ .Release.Namespace }}"),
                    ("service-name", "{{ include \"seawall.fullname\" . }}"),
                    ("60443", "{{ .Values.service.port }}"),
                    ("timeoutSeconds: 201", "timeoutSeconds: {{ .Values.webhooks.mutateTimeoutSeconds }}"),
                    ("timeoutSeconds: 202", "timeoutSeconds: {{ .Values.webhooks.validateTimeoutSeconds }}"),
                    ("reinvocationPolicy: Never", "reinvocationPolicy: {{ .Values.webhooks.reinvocationPolicy }}"),
                ];
                let line = places.iter().fold(line.to_owned(), |line, (place, value)| line.replace(place, value));
                filled.push_str(&line);
                filled.push('\n');
            }
        }
    }
    filled
}
