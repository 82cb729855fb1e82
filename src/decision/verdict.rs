//! Judgements as words: one message for a denial, one line for each warning.
use std::fmt::Write as _;

use super::Judgement;
use crate::terms::Action;

/// The most problems that one denial lists; documented in `docs/limits.md`.
pub const MOST_LISTED: usize = 100;

/// The message of a denial: all that is wrong, and what to do about each. `None` when nothing is denied.
///
/// The API server puts `admission webhook "..." denied the request: ` before it; line breaks reach the terminal.
#[must_use]
pub fn denial(kind: &str, name: &str, judgements: &[Judgement]) -> Option<String> {
    let denied: Vec<&Judgement> = judgements.iter().filter(|j| j.action == Action::Deny).collect();
    let count = match denied.len() {
        0 => return None,
        1 => "1 problem".to_owned(),
        n => format!("{n} problems"),
    };
    let mut text = format!("{kind} {name:?} has {count} that Seawall does not let through");
    for judgement in denied.iter().take(MOST_LISTED) {
        let finding = &judgement.finding;
        // Writing into a String cannot fail.
        let _ = write!(text, "\n- {}\n  at {} [{}]", finding.message, finding.place.stable, finding.rule);
        if !finding.help.is_empty() {
            let _ = write!(text, "\n  help: {}", finding.help);
        }
    }
    if let Some(rest) = denied.len().checked_sub(MOST_LISTED).filter(|n| *n > 0) {
        let _ = write!(text, "\n- and {rest} more");
    }
    Some(text)
}

/// The warnings: one line each, which is the finding's message.
#[must_use]
pub fn warnings(judgements: &[Judgement]) -> Vec<String> {
    judgements.iter().filter(|j| j.action == Action::Warn).map(|j| j.finding.message.clone()).collect()
}
