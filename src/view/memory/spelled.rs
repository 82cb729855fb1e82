//! What a spec says about each part of a server's memory.
use super::{MemoryNeed, MemoryPart, MemorySource, SessionNeed, bytes};
use crate::{
    engines::schema::{Blind, MemoryTerm, SessionCount},
    text::memory::{Amount, MemoryUnit, amount_of},
    tree::Node,
    view::{Container, Database, Pod, quantity},
};

/// See [`Database::memory_limit`].
pub(in crate::view) fn limit_of<'t>(container: Container<'t>, pod: Pod<'t>) -> Option<(Node<'t>, i64)> {
    let own = container.memory_limit();
    let place = if own.is_set() { own } else { pod.memory_limit() };
    // The API server reads a limit of nought as none.
    quantity(place)?.bytes().filter(|bytes| *bytes > 0).map(|bytes| (place, bytes))
}

impl<'t> Database<'t> {
    /// What the server takes of its container's memory; `None` where nothing is known about the engine.
    #[must_use]
    pub fn memory_need(&self) -> Option<MemoryNeed<'t>> {
        let facts = self.engine.memory.as_ref()?;
        let parts = facts.terms.iter().map(|term| self.memory_part(term)).collect();
        Some(MemoryNeed { facts, role: self.role, floor: self.least_memory().map(|(least, _)| least), parts })
    }

    /// What the data's volume must have room for by the server's own settings.
    pub fn disk_parts(&self) -> impl Iterator<Item = MemoryPart<'t>> + use<'_, 't> {
        self.engine.facts.disk.iter().flatten().map(|term| self.memory_part(term))
    }

    /// The memory limit that holds for the container, in bytes, and where it is written: its own, else the Pod's.
    #[must_use]
    pub const fn memory_limit(&self) -> Option<(Node<'t>, i64)> {
        self.memory_limit
    }

    /// The memory in which the server still starts, in bytes, and as its makers write it where that is what it needs as a whole.
    #[must_use]
    pub fn least_memory(&self) -> Option<(i64, Option<&'t str>)> {
        let facts = self.engine.memory.as_ref()?;
        let text = facts.refuses_below.as_deref()?;
        let said = facts.refuses_below_times.iter().find_map(|flag| self.option(flag)?.value()?.trim().parse().ok());
        let times: i64 = said.filter(|times| *times > 0).unwrap_or(1);
        Some((bytes(text)?.saturating_mul(times), (times == 1).then_some(text)))
    }

    /// What all connections together can take; `None` where nothing is known, or some of it stands where nobody sees it.
    #[must_use]
    pub fn session_need(&self) -> Option<SessionNeed<'t>> {
        let facts = self.engine.memory.as_ref()?.sessions.as_ref()?;
        let (is_spelled, most) = self.count(&facts.most)?;
        let each: Vec<_> = facts.each.iter().map(|term| self.memory_part(term)).collect();
        let hidden = each.iter().any(|p| matches!(p.source, MemorySource::Hidden | MemorySource::Unset));
        (!hidden).then(|| SessionNeed { most, name: &facts.most.name, is_spelled, each })
    }

    fn count(&self, facts: &'t SessionCount) -> Option<(bool, i64)> {
        for flag in &facts.flags {
            if let Some(setting) = self.option(flag) {
                return Some((true, setting.value()?.trim().parse().ok()?));
            }
        }
        if let Some(var) = facts.variables.iter().find_map(|name| self.given(name)) {
            return Some((true, var.literal()?.trim().parse().ok()?));
        }
        (!self.is_told_elsewhere(!facts.variables.is_empty())).then_some((false, facts.default))
    }

    /// True when a setting may stand where the spec does not show it: in a file, or in variables taken as a whole.
    fn is_told_elsewhere(&self, by_variables_too: bool) -> bool {
        self.has_mounted_configuration()
            || self.engine.data.config_flags.iter().any(|flag| self.option(flag).is_some())
            || (self.container.has_env_from() && by_variables_too)
    }

    /// What the spec, or else the engine, says about one part.
    #[must_use]
    pub fn memory_part(&self, term: &'t MemoryTerm) -> MemoryPart<'t> {
        let help = term.help.as_deref();
        let part =
            |source, amount| MemoryPart { name: &term.name, source, blind: None, help, amount, factor: term.factor };
        if let Some(fixed) = &term.fixed {
            return part(MemorySource::Fixed, Amount::Bytes(bytes(fixed).unwrap_or(0)));
        }
        match self.spelled(term) {
            Said::So(amount) => return part(MemorySource::Spelled, amount),
            Said::Hidden => return part(MemorySource::Hidden, Amount::Bytes(0)),
            Said::Nothing => {}
        }
        let unset = |blind| MemoryPart { blind, ..part(MemorySource::Unset, Amount::Bytes(0)) };
        match self.default_of(term) {
            _ if self.is_told_elsewhere(!term.variables.is_empty()) => part(MemorySource::Hidden, Amount::Bytes(0)),
            _ if term.sized_by.iter().any(|c| self.holds(c)) => unset(Some(Blind::Node)),
            Some(default) => part(MemorySource::Default, usual(default)),
            None => unset(term.blind),
        }
    }

    fn default_of(&self, term: &'t MemoryTerm) -> Option<&'t str> {
        let is_of = |range: &crate::engines::VersionRange| self.version.as_ref().and_then(|v| range.contains(v));
        let other = term.other_defaults.iter().find(|other| is_of(&other.versions) == Some(true));
        other.map(|o| o.default.as_str()).or(term.default.as_deref())
    }

    fn spelled(&self, term: &MemoryTerm) -> Said {
        for flag in &term.flags {
            let Some(setting) = self.option(flag) else { continue };
            match setting.value().map(|value| read(value, term)) {
                Some(Read::Amount(amount)) => return Said::So(amount),
                Some(Read::OtherThings) => {}
                Some(Read::Unreadable) | None => return Said::Hidden,
            }
        }
        for name in &term.variables {
            let Some(var) = self.given(name) else { continue };
            match var.literal().map(|value| read(value, term)) {
                Some(Read::Amount(amount)) => return Said::So(amount),
                Some(Read::OtherThings) => {}
                Some(Read::Unreadable) | None => return Said::Hidden,
            }
        }
        Said::Nothing
    }
}

/// What a spec says about one part.
enum Said {
    So(Amount),
    Hidden,
    Nothing,
}

/// What one value says.
pub(super) enum Read {
    Amount(Amount),
    /// The value holds several things, and not this one.
    OtherThings,
    Unreadable,
}

pub(super) fn read(value: &str, term: &MemoryTerm) -> Read {
    let Some(unit) = term.unit else { return Read::Unreadable };
    let amount = |text: &str, other| match amount_of(text, unit) {
        Some(Amount::Bytes(0)) if term.zero_is_unset => Read::OtherThings,
        Some(amount) => Read::Amount(amount),
        None => other,
    };
    let Some(after) = &term.after else { return amount(value, Read::Unreadable) };
    // Of several the last one counts, for the Java virtual machine as for option lists.
    let first = |rest: &'_ str| rest.split([' ', '\t', '\n', ',', '"', '\'']).next().unwrap_or("").to_owned();
    match value.rsplit_once(after.as_str()) {
        Some((_, rest)) => amount(&first(rest), Read::Unreadable),
        None => match value.rsplit_once(SHARE_OF_JAVA).filter(|_| unit == MemoryUnit::Jvm) {
            // Counts only where no size is given.
            Some((_, rest)) => amount_of(&first(rest), MemoryUnit::Percent).map_or(Read::Unreadable, Read::Amount),
            None => amount(value, Read::OtherThings),
        },
    }
}

/// How the Java virtual machine is told the size of its heap as a share of the container's memory.
const SHARE_OF_JAVA: &str = "-XX:MaxRAMPercentage=";

/// A default: a quantity, or a share of the container's memory (`25%`).
fn usual(text: &str) -> Amount {
    let unit = if text.ends_with('%') { MemoryUnit::Percent } else { MemoryUnit::Quantity };
    amount_of(text, unit).unwrap_or(Amount::Bytes(0))
}
