//! `docs/rules.md`, from the documentation at the top of each rule's file.
use std::fmt::Write as _;

use super::{code, head, row, table};
use crate::cli::words;
use crate::rule::Rule;
use crate::rules::ALL;
use crate::terms::{Profile, Tier};

const INTRODUCTION: &str = "\
A rule finds one pattern that is wrong, and completes the sentence \"allow ...\". Its *tier* says how bad that is; the *profile*
maps each tier to an action; the settings may set the action of a single rule. A finding may be milder than its rule's tier (on an
UPDATE, for example, or where a spec does not show everything), never harsher. `seawall explain RULE` shows one of these texts.

";

const SECOND_OPINION: &str = "
Before anything is refused there is a second opinion. What was so before, what a template that ran before has too, what continues
existing data, what a restorer brings, and what belongs to an operator is a warning at most; so is whatever could be excused by a
fact that nobody answered for ([facts.md](facts.md)).

";

/// All rules, as a Markdown document.
#[must_use]
pub fn rules() -> String {
    let mut text = head("Rules", "the `//!` text at the top of each file in `src/rules/`");
    text.push_str(INTRODUCTION);
    text.push_str("## What a finding does\n\n");
    profiles(&mut text);
    text.push_str(SECOND_OPINION);
    text.push_str("## The rules\n\n");
    text.push_str(&table(["rule", "tier", "what it finds", "mends"]));
    for rule in ALL {
        let name = format!("[{0}](#{0})", rule.name);
        let mends = words::writes_into(rule).unwrap_or_default();
        text.push_str(&row([&name, rule.tier.as_str(), &rule.documentation().summary, mends]));
    }
    for rule in ALL {
        one(&mut text, rule);
    }
    text
}

fn profiles(text: &mut String) {
    for profile in Profile::ALL {
        // Writing into a String cannot fail.
        let _ = writeln!(text, "- **{profile}**: {}.", words::profile(*profile));
    }
    text.push('\n');
    let names = Profile::ALL.iter().map(|p| p.as_str());
    text.push_str(&table(std::iter::once("tier").chain(names)));
    for tier in Tier::ALL {
        let title = format!("{tier}: {}", words::tier(*tier));
        let actions = Profile::ALL.iter().map(|p| p.action(*tier).as_str());
        text.push_str(&row(std::iter::once(title.as_str()).chain(actions)));
    }
    let yes_no = |yes: bool| if yes { "yes" } else { "no" };
    let mends = Profile::ALL.iter().map(|p| yes_no(p.mends()));
    text.push_str(&row(std::iter::once("mends are written").chain(mends)));
    let labels = Profile::ALL.iter().map(|p| yes_no(p.honours_data_label()));
    text.push_str(&row(std::iter::once("the label `seawall.dev/data` is believed").chain(labels)));
}

fn one(text: &mut String, rule: &Rule) {
    let documentation = rule.documentation();
    // Writing into a String cannot fail.
    let _ = write!(text, "\n## {}\n\n{}\n\n", rule.name, documentation.summary);
    let _ =
        writeln!(text, "Tier **{}**: {}. It looks at {}.", rule.tier, words::tier(rule.tier), words::looks_at(rule));
    if let Some(into) = words::writes_into(rule) {
        let places: Vec<String> = words::places(rule).map(code).collect();
        let _ = writeln!(text, "It writes into {into}: {}.", places.join(", "));
    }
    if rule.spares_ephemeral {
        text.push_str("It spares databases that are meant to go.\n");
    }
    let _ = writeln!(text, "Since {}.", rule.since);
    for (heading, body) in &documentation.sections {
        let _ = write!(text, "\n### {heading}\n\n{body}\n");
    }
}
