//! What a spec says about each part of a server's memory.
use super::{MemoryNeed, MemoryPart, MemorySource, bytes};
use crate::{
    engines::schema::MemoryTerm,
    text::memory::{Amount, MemoryUnit, amount_of},
    tree::Node,
    view::Database,
};

impl<'t> Database<'t> {
    /// What the server takes of its container's memory; `None` where nothing is known about the engine.
    #[must_use]
    pub fn memory_need(&self) -> Option<MemoryNeed<'t>> {
        let facts = self.engine.memory.as_ref()?;
        let parts = facts.terms.iter().map(|term| self.memory_part(term)).collect();
        Some(MemoryNeed { facts, role: self.role, parts })
    }

    fn memory_part(&self, term: &'t MemoryTerm) -> MemoryPart<'t> {
        let part = |source, amount| MemoryPart { name: &term.name, source, amount, factor: term.factor };
        if let Some(fixed) = &term.fixed {
            return part(MemorySource::Fixed, Amount::Bytes(bytes(fixed).unwrap_or(0)));
        }
        match self.spelled(term) {
            Said::So(node, amount) => return part(MemorySource::Spelled(node), amount),
            Said::Hidden => return part(MemorySource::Hidden, Amount::Bytes(0)),
            Said::Nothing => {}
        }
        let elsewhere = self.has_mounted_configuration()
            || self.engine.data.config_flags.iter().any(|flag| self.option(flag).is_some())
            || (self.container.has_env_from() && !term.variables.is_empty());
        match term.default.as_deref() {
            _ if elsewhere => part(MemorySource::Hidden, Amount::Bytes(0)),
            Some(default) => part(MemorySource::Default, usual(default)),
            None => part(MemorySource::Unset, Amount::Bytes(0)),
        }
    }

    fn spelled(&self, term: &MemoryTerm) -> Said<'t> {
        for flag in &term.flags {
            let Some(setting) = self.option(flag) else { continue };
            match setting.value().map(|value| read(value, term)) {
                Some(Read::Amount(amount)) => return Said::So(self.place_of_option(flag), amount),
                Some(Read::OtherThings) => {}
                Some(Read::Unreadable) | None => return Said::Hidden,
            }
        }
        for name in &term.variables {
            let Some(var) = self.given(name) else { continue };
            match var.literal().map(|value| read(value, term)) {
                Some(Read::Amount(amount)) => return Said::So(var.value(), amount),
                Some(Read::OtherThings) => {}
                Some(Read::Unreadable) | None => return Said::Hidden,
            }
        }
        Said::Nothing
    }
}

/// What a spec says about one part.
enum Said<'t> {
    So(Node<'t>, Amount),
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
    match value.rsplit_once(after.as_str()) {
        Some((_, rest)) => {
            let text = rest.split([' ', '\t', '\n', ',', '"', '\'']).next().unwrap_or("");
            amount(text, Read::Unreadable)
        }
        None => amount(value, Read::OtherThings),
    }
}

/// A default: a quantity, or a share of the container's memory (`25%`).
fn usual(text: &str) -> Amount {
    let unit = if text.ends_with('%') { MemoryUnit::Percent } else { MemoryUnit::Quantity };
    amount_of(text, unit).unwrap_or(Amount::Bytes(0))
}
