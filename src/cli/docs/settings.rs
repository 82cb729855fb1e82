//! `docs/settings.md`: the whole document with its comments, and how fields come together.
use super::{code, declarations, head, row, table};

const INTRODUCTION: &str = "\
Settings are one YAML document of kind `DatabasePolicy`, given by `--config FILE` to `seawall serve`, `seawall check`, `seawall fix`
and `seawall scan`. Without one, Seawall judges by the profile `baseline` and writes what it knows by itself: time to stop, and a hook where an image needs one.

## The whole document

This is [examples/settings.yaml](../examples/settings.yaml), which `make demo` uses.

";

const MERGING: &str = "
## How fields come together

- **Profile**: `--profile` (of a scan `--as-profile`), else `spec.profile`, else `baseline`.
- **A rule's action**: `spec.rules.RULE`, else what the profile says of the rule's tier. Either is lowered by a ceiling that the rule
  itself has for an occurrence, and by the second opinion; nothing raises it. `off` stops the rule's mends as well.
  A rule that does not exist is an error in `check` and `scan`, which suggest the nearest name. `serve` logs a warning and ignores it:
  versions of Seawall may share one document, and one that was rolled back must start.
- **A value for an engine**: `spec.engines.ENGINE`, else `spec.defaults`, field by field: an engine that states a memory limit and no
  request takes the request of the defaults. The keys of a Secret are looked up variable by variable.
- **The Secret's name**: the annotation `seawall.dev/credentials-secret` on the workload, else `credentials.secretName`. **Its keys**:
  the annotation `seawall.dev/credentials-keys`, else `credentials.keys`, else the variable's own name.
- **Time to stop**: the larger of `terminationGracePeriodSeconds` and what the engine's file says; only where the Pod has the API
  server's default of 30 seconds.
- **A claim's class**: that of the claims that its StatefulSet made before, else `storage.className`.

What an object already says is never overwritten by a setting, with one exception that has to be asked for (`plaintext: replace`).

";

/// The settings document and how it is read, as a Markdown document: from the example and from the Rust source of its types.
#[must_use]
pub fn settings(example: &str, types: &str) -> String {
    let mut text = head("Settings", "`examples/settings.yaml` and the comments in `src/settings/document.rs`");
    text.push_str(INTRODUCTION);
    text.push_str(&format!("```yaml\n{}\n```\n", example.trim_end()));
    text.push_str(MERGING);
    text.push_str("## Every field\n\n");
    text.push_str(&table(["in", "field", "meaning"]));
    for declaration in declarations(types) {
        for item in &declaration.items {
            text.push_str(&row([declaration.name.as_str(), &code(&item.name), &item.doc]));
        }
    }
    text
}
