//! What the types of an engine file cannot say.
use std::collections::HashSet;

use super::{
    Version,
    schema::{EngineFile, Facts},
};
use crate::{
    text::{date, quantity::Quantity},
    tree::{FieldError, Node, nearest},
};

/// Checks one file, which was read from `root`; the error has line and field.
pub(super) fn file(file: &EngineFile, root: Node<'_>) -> Result<(), FieldError> {
    if file.name.is_empty() || !file.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
        return Err(FieldError::at(root.get("name"), format!("{:?} is not kebab-case", file.name)));
    }
    if file.variants.is_empty() {
        return Err(FieldError::at(root.get("variants"), "at least one is needed"));
    }
    of_facts(&file.facts, root.get("facts"))?;
    let mut names = HashSet::new();
    for (variant, node) in file.variants.iter().zip(root.get("variants").items()) {
        if !names.insert(&variant.name) {
            return Err(FieldError::at(node.get("name"), format!("{:?} occurs twice", variant.name)));
        }
        of_facts(&variant.facts, node.get("facts"))?;
    }
    Ok(())
}

fn of_facts(facts: &Facts, node: Node<'_>) -> Result<(), FieldError> {
    paths(node.get("data"))?;
    for begin in node.path("upgrade.series").items() {
        if Version::parse(begin.text()).is_none() {
            return Err(FieldError::at(begin, format!("{:?} is no version", begin.text())));
        }
    }
    for version in node.path("upgrade.breaks").items() {
        if Version::parse(version.text()).is_none() {
            return Err(FieldError::at(version, format!("{:?} is no version", version.text())));
        }
    }
    for from in node.path("upgrade.ways_up").items().map(|way| way.get("from")) {
        if Version::parse(from.text()).is_none() {
            return Err(FieldError::at(from, format!("{:?} is no version", from.text())));
        }
    }
    for numbers in node.path("upgrade.no_way_back").items().map(|back| back.get("numbers")) {
        if !numbers.i64().is_some_and(|n| (1..=3).contains(&n)) {
            return Err(FieldError::at(numbers, "must be from 1 to 3"));
        }
    }
    for (switch, at) in facts.switches.iter().zip(node.get("switches").items()) {
        if switch.flag.is_some() == switch.variable.is_some() {
            return Err(FieldError::at(at, format!("{:?} needs either flag or variable", switch.does)));
        }
    }
    for (set, at) in facts.credentials.iter().flat_map(|sets| sets.iter()).zip(node.get("credentials").items()) {
        if let Some(stranger) = set.plain.iter().find(|v| !set.variables.contains(v)) {
            let message = format!("{stranger:?} is not among the variables{}", nearest(stranger, &set.variables));
            return Err(FieldError::at(at.get("plain"), message));
        }
    }
    if facts.stop.as_ref().and_then(|stop| stop.grace_seconds).is_some_and(|s| !(1..=600).contains(&s)) {
        let at = node.get("stop").get("grace_seconds");
        return Err(FieldError::at(at, "must be from 1 to 600, where node drains give up"));
    }
    for at in node.get("end_of_life").items().map(|e| e.get("date")) {
        if date::seconds(at.text()).is_none() {
            return Err(FieldError::at(at, format!("{:?} is not a date such as 2026-04-30", at.text())));
        }
    }
    memory(facts, node.get("memory"))
}

fn paths(data: Node<'_>) -> Result<(), FieldError> {
    let single = [data.get("directory"), data.get("mount")].into_iter();
    let listed = data.get("also").items().chain(data.get("image_volumes").items());
    let others = data.get("elsewhere").items().map(|e| e.get("directory"));
    for at in single.chain(listed).chain(others).filter(|n| n.is_set()) {
        let path = at.text();
        if !path.starts_with('/') || path.ends_with('/') {
            let message = format!("{path:?} is not an absolute path without a slash at its end");
            return Err(FieldError::at(at, message));
        }
    }
    Ok(())
}

fn memory(facts: &Facts, node: Node<'_>) -> Result<(), FieldError> {
    let Some(memory) = &facts.memory else { return Ok(()) };
    let percents = [
        (Some(memory.most_percent), node.get("most_percent")),
        (memory.most_percent_cache, node.get("most_percent_cache")),
    ];
    if let Some((_, at)) = percents.into_iter().find(|(percent, _)| percent.is_some_and(|p| !(1..=100).contains(&p))) {
        return Err(FieldError::at(at, "must be from 1 to 100"));
    }
    let own = ["refuses_below", "advised", "least"].into_iter().map(|key| node.get(key));
    let from = node.get("unset").get("at_least");
    amounts(own.chain([from]))?;
    let single = [node.path("shared.term")];
    let terms = node.get("terms").items().chain(node.path("sessions.each").items()).chain(single);
    terms.filter(|term| term.is_set()).try_for_each(term)
}

fn amounts<'n>(places: impl Iterator<Item = Node<'n>>) -> Result<(), FieldError> {
    match places.filter(|at| at.is_set()).find(|at| !is_amount(at.text())) {
        Some(at) => Err(FieldError::at(at, format!("{:?} is not a quantity above nought such as 512Mi", at.text()))),
        None => Ok(()),
    }
}

/// What a server's memory is made of: set by somebody, in a unit, or fixed.
fn term(term: Node<'_>) -> Result<(), FieldError> {
    if !term.get("fixed").is_set() && !term.get("unit").is_set() {
        return Err(FieldError::at(term.get("unit"), "is needed, or fixed"));
    }
    amounts([term.get("fixed")].into_iter())?;
    let others = term.get("other_defaults").items().map(|other| other.get("default"));
    for at in others.chain([term.get("default")]).filter(|at| at.is_set()) {
        let text = at.text();
        let percent = text.strip_suffix('%').and_then(|p| p.parse::<i64>().ok());
        if !percent.is_some_and(|p| (1..=100).contains(&p)) && !is_amount(text) {
            let message = format!("{text:?} is neither a quantity above nought such as 512Mi nor a share such as 25%");
            return Err(FieldError::at(at, message));
        }
    }
    Ok(())
}

fn is_amount(text: &str) -> bool {
    Quantity::parse(text).and_then(Quantity::bytes).is_some_and(|bytes| bytes > 0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use crate::engines::parse;

    const SOUND: &str = "name: own
title: Own
detect: {}
facts:
  data: {directory: /data, also: [/log], image_volumes: [/data], elsewhere: [{when: {flag: -x}, directory: /x}]}
  credentials:
    - {variables: [USER, PASSWORD], plain: [USER], applies: first_start, without: starts open}
  switches:
    - {turns: recovery_on, flag: --force, does: forces, help: remove it}
  stop: {on_signal: stops, minimum_seconds: 30, grace_seconds: 60}
  memory:
    most_percent: 50
    most_percent_cache: 80
    refuses_below: 2000M
    advised: 1Gi
    least: 256Mi
    unset: {at_least: 1Gi}
    terms:
      - {name: cache, flags: [--cache], unit: bytes, default: 25%}
      - {name: rest, fixed: 128Mi}
    sessions:
      most: {name: connections, default: 100}
      each:
        - {name: each, flags: [--each], unit: bytes, default: 4Mi, other_defaults: [{versions: <8, default: 2Mi}]}
    shared:
      term: {name: shared, flags: [--shared], unit: bytes, default: 8Mi}
  end_of_life:
    - {versions: <=1, date: 2020-01-31}
variants:
  - {name: official, images: [own]}
  - {name: other, facts: {data: {directory: /other}}}
";

    #[test]
    fn a_sound_file_is_read() {
        assert_eq!(&*parse("own.yaml", SOUND).unwrap().name, "own");
    }

    /// Each is one change of a sound file, and what it is told.
    #[test]
    fn a_fault_is_told_with_its_line_and_field() {
        for (from, to, told) in [
            ("name: own", "name: Own", "line 1: name: \"Own\" is not kebab-case"),
            (
                "{directory: /data,",
                "{directory: data,",
                "line 5: facts.data.directory: \"data\" is not an absolute path without a slash at its end",
            ),
            (
                "also: [/log]",
                "also: [/log/]",
                "line 5: facts.data.also: \"/log/\" is not an absolute path without a slash at its end",
            ),
            (
                "directory: /x}",
                "directory: x}",
                "line 5: facts.data.elsewhere.directory: \"x\" is not an absolute path without a slash at its end",
            ),
            (
                "plain: [USER]",
                "plain: [USR]",
                "line 7: facts.credentials.plain: \"USR\" is not among the variables; did you mean \"USER\"?",
            ),
            ("flag: --force, ", "", "line 9: facts.switches: \"forces\" needs either flag or variable"),
            (
                "grace_seconds: 60",
                "grace_seconds: 601",
                "line 10: facts.stop.grace_seconds: must be from 1 to 600, where node drains give up",
            ),
            ("most_percent: 50", "most_percent: 0", "line 12: facts.memory.most_percent: must be from 1 to 100"),
            (
                "most_percent_cache: 80",
                "most_percent_cache: 101",
                "line 13: facts.memory.most_percent_cache: must be from 1 to 100",
            ),
            (
                "refuses_below: 2000M",
                "refuses_below: 2000MB",
                "line 14: facts.memory.refuses_below: \"2000MB\" is not a quantity above nought such as 512Mi",
            ),
            (
                "advised: 1Gi",
                "advised: 1 Gi",
                "line 15: facts.memory.advised: \"1 Gi\" is not a quantity above nought such as 512Mi",
            ),
            (
                "least: 256Mi",
                "least: -1Mi",
                "line 16: facts.memory.least: \"-1Mi\" is not a quantity above nought such as 512Mi",
            ),
            (
                "at_least: 1Gi",
                "at_least: much",
                "line 17: facts.memory.unset.at_least: \"much\" is not a quantity above nought such as 512Mi",
            ),
            (
                "default: 25%",
                "default: 125%",
                "line 19: facts.memory.terms.default: \"125%\" is neither a quantity above nought such as 512Mi nor a share such as 25%",
            ),
            (
                "fixed: 128Mi",
                "fixed: 0Mi",
                "line 20: facts.memory.terms.fixed: \"0Mi\" is not a quantity above nought such as 512Mi",
            ),
            (
                "default: 4Mi",
                "default: 4MB",
                "line 24: facts.memory.sessions.each.default: \"4MB\" is neither a quantity above nought such as 512Mi nor a share such as 25%",
            ),
            (
                "default: 2Mi",
                "default: 0",
                "line 24: facts.memory.sessions.each.other_defaults.default: expected a string, found a number",
            ),
            (
                "default: 2Mi",
                "default: two",
                "line 24: facts.memory.sessions.each.other_defaults.default: \"two\" is neither a quantity above nought such as 512Mi nor a share such as 25%",
            ),
            (
                "default: 8Mi",
                "default: 0%",
                "line 26: facts.memory.shared.term.default: \"0%\" is neither a quantity above nought such as 512Mi nor a share such as 25%",
            ),
            ("[--shared], unit: bytes", "[--shared]", "line 26: facts.memory.shared.term.unit: is needed, or fixed"),
            (
                "date: 2020-01-31",
                "date: 2020-02-31",
                "line 28: facts.end_of_life.date: \"2020-02-31\" is not a date such as 2026-04-30",
            ),
            ("name: other", "name: official", "line 31: variants.name: \"official\" occurs twice"),
            (
                "directory: /other",
                "directory: other",
                "line 31: variants.facts.data.directory: \"other\" is not an absolute path without a slash at its end",
            ),
        ] {
            assert!(SOUND.contains(from), "{from}");
            let error = parse("own.yaml", &SOUND.replacen(from, to, 1)).unwrap_err().to_string();
            assert_eq!(error, format!("own.yaml: {told}"), "{to}");
        }
    }
}
