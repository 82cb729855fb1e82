//! What the types of an engine file cannot say.
use std::collections::HashSet;

use super::{
    Version,
    schema::{EngineFile, Facts},
};
use crate::tree::nearest;

/// Checks one file; the error names the field.
pub(super) fn file(file: &EngineFile) -> Result<(), String> {
    if file.name.is_empty() || !file.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
        return Err(format!("name: {:?} is not kebab-case", file.name));
    }
    if file.variants.is_empty() {
        return Err("variants: at least one is needed".to_owned());
    }
    let mut names = HashSet::new();
    for variant in &file.variants {
        if !names.insert(&variant.name) {
            return Err(format!("variants: {:?} occurs twice", variant.name));
        }
    }
    for (place, facts) in std::iter::once(("facts".to_owned(), &file.facts))
        .chain(file.variants.iter().map(|v| (format!("variants[{}].facts", v.name), &v.facts)))
    {
        of_facts(facts).map_err(|message| format!("{place}.{message}"))?;
    }
    Ok(())
}

fn of_facts(facts: &Facts) -> Result<(), String> {
    if let Some(data) = &facts.data {
        let elsewhere = data.elsewhere.iter().map(|e| &e.directory);
        let mut paths =
            data.directory.iter().chain(&data.also).chain(&data.mount).chain(&data.image_volumes).chain(elsewhere);
        if let Some(path) = paths.find(|p| !p.starts_with('/') || p.ends_with('/')) {
            return Err(format!("data: {path:?} is not an absolute path without a slash at its end"));
        }
    }
    for begin in facts.upgrade.iter().flat_map(|u| &u.series) {
        if Version::parse(begin).is_none() {
            return Err(format!("upgrade.series: {begin:?} is no version"));
        }
    }
    for switch in &facts.switches {
        if switch.flag.is_some() == switch.variable.is_some() {
            return Err(format!("switches: {:?} needs either flag or variable", switch.does));
        }
    }
    for set in facts.credentials.iter().flatten() {
        if let Some(stranger) = set.plain.iter().find(|v| !set.variables.contains(v)) {
            return Err(format!("credentials: plain names {stranger:?}{}", nearest(stranger, &set.variables)));
        }
    }
    if let Some(stop) = &facts.stop
        && stop.grace_seconds.is_some_and(|s| !(1..=600).contains(&s))
    {
        return Err("stop.grace_seconds: must be from 1 to 600, where node drains give up".to_owned());
    }
    if let Some(memory) = &facts.memory
        && !(1..=100).contains(&memory.most_percent)
    {
        return Err("memory.most_percent: must be from 1 to 100".to_owned());
    }
    Ok(())
}
