//! Reporting a switch that a spec throws.
use crate::{
    finding::{Finding, Findings},
    view::{Database, Thrown},
};

/// Reports it where it stands, in the words of the engine's file.
pub(in crate::rules) fn report<'f>(
    database: &Database<'_>,
    thrown: &Thrown<'_>,
    findings: &'f mut Findings,
) -> &'f mut Finding {
    let finding = findings.report(thrown.at, format!("container {:?} {}", database.name(), thrown.switch.does));
    finding.about(thrown.name.to_owned()).help(thrown.switch.help.clone())
}
