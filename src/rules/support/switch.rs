//! Switches that a spec throws, or a ConfigMap of the same run.
use super::beside;
use crate::{
    engines::schema::Turns,
    finding::{Finding, Findings},
    rule::Context,
    view::{Database, Thrown},
};

/// The switches of one kind that are thrown, in the spec or in what it takes from ConfigMaps.
pub(in crate::rules) fn thrown<'t>(database: &Database<'t>, turns: Turns, context: &Context<'_>) -> Vec<Thrown<'t>> {
    let mut all: Vec<_> = database.thrown(turns).collect();
    if context.facts.knows_config_maps() {
        let look = |name: &str| beside::config_map(name, context);
        all.extend(database.thrown_beside(turns, &look));
    }
    all
}

/// Reports it where it stands, in the words of the engine's file.
pub(in crate::rules) fn report<'f>(
    database: &Database<'_>,
    thrown: &Thrown<'_>,
    findings: &'f mut Findings,
) -> &'f mut Finding {
    let place = thrown.config_map.map(|map| format!(", in ConfigMap {map:?}")).unwrap_or_default();
    let message = format!("container {:?} {}{place}", database.name(), thrown.switch.does);
    let finding = findings.report(thrown.at, message);
    finding.about(thrown.name.to_owned()).help(thrown.switch.help.clone())
}
