//! A scan for programs. `docs/json.md` has every key.

use std::io::{self, Write as _};

use serde::Serialize;

use super::Survey;
use super::entry::Entry;
use super::tally::{Counts, Tally};
use crate::cli::output::Out;
use crate::cluster::inventory::Scope;
use crate::terms::Profile;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct All<'s> {
    server: &'s str,
    kubernetes_version: Option<String>,
    namespace: Option<&'s str>,
    profile: Profile,
    objects: &'s [Entry],
    summary: &'s Tally,
    diff: Option<Diff>,
    lacks: Vec<Lacking<'s>>,
}

#[derive(Serialize)]
struct Diff {
    from: Profile,
    to: Profile,
    objects: Change,
    rules: Vec<RuleChange>,
}

#[derive(Serialize)]
struct Change {
    from: Counts,
    to: Counts,
}

#[derive(Serialize)]
struct RuleChange {
    rule: &'static str,
    #[serde(flatten)]
    change: Change,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Lacking<'s> {
    resource: String,
    is_forbidden: bool,
    message: String,
    /// True where databases may be missing above.
    leaves_gaps: bool,
    what: &'s str,
}

/// One JSON object with everything.
pub(super) fn write(out: &mut Out, survey: &Survey) -> anyhow::Result<()> {
    let diff = survey.diff.map(|(from, to)| Diff {
        from,
        to,
        objects: Change { from: survey.tally.of(from), to: survey.tally.of(to) },
        rules: survey
            .tally
            .changes(from, to)
            .map(|(rule, from, to)| RuleChange { rule, change: Change { from, to } })
            .collect(),
    });
    let all = All {
        server: &survey.server,
        kubernetes_version: survey.version.map(|version| version.to_string()),
        namespace: match &survey.scope {
            Scope::All => None,
            Scope::Namespace(name) => Some(name),
        },
        profile: survey.profile,
        objects: &survey.entries,
        summary: &survey.tally,
        diff,
        lacks: lacks(survey),
    };
    serde_json::to_writer_pretty(&mut *out, &all).map_err(io::Error::from)?;
    writeln!(out)?;
    Ok(())
}

fn lacks(survey: &Survey) -> Vec<Lacking<'_>> {
    let kinds = survey.lacks.iter().map(|lack| Lacking {
        resource: lack.sort.resource(),
        is_forbidden: lack.error.is_forbidden(),
        message: super::text::why(&lack.error),
        leaves_gaps: true,
        what: "",
    });
    let notes = survey.notes.iter().map(|note| Lacking {
        resource: note.resource.clone(),
        is_forbidden: note.is_forbidden,
        message: note.why.clone(),
        leaves_gaps: false,
        what: note.what,
    });
    kinds.chain(notes).collect()
}
