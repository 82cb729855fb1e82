//! What a server takes of its container's memory by its own settings.
mod config_map;
mod spelled;
#[cfg(test)]
mod tests;

pub(super) use spelled::limit_of;

use crate::{
    engines::schema::{Blind, Memory, Unset},
    terms::Role,
    text::{
        memory::{Amount, rounded_bytes},
        quantity::{Quantity, human_bytes},
    },
};

/// What a server takes of its container's memory by its own settings: buffer pools, caches, heaps. Its connections, its code and the
/// page cache come on top, which is what [`MemoryNeed::most_percent`] leaves room for.
#[derive(Debug, Clone)]
pub struct MemoryNeed<'t> {
    facts: &'t Memory,
    role: Role,
    /// What it does not start below, in bytes.
    floor: Option<i64>,
    /// Each part of it.
    pub parts: Vec<MemoryPart<'t>>,
}

/// One part of what a server takes.
#[derive(Debug, Clone, Copy)]
pub struct MemoryPart<'t> {
    /// As people call it: `innodb_buffer_pool_size`.
    pub name: &'t str,
    /// Who says how much.
    pub source: MemorySource<'t>,
    /// For what is [`MemorySource::Unset`]: how it grows, where that is known.
    pub blind: Option<Blind>,
    /// What to know who sets it.
    pub help: Option<&'t str>,
    amount: Amount,
    factor: i64,
}

/// Who says how much a part of a server takes.
#[derive(Debug, Clone, Copy)]
pub enum MemorySource<'t> {
    /// The spec spells it: an argument, or a variable's value.
    Spelled,
    /// The ConfigMap of this name does, from which the spec takes it.
    InConfigMap(&'t str),
    /// Nobody: it is what the server takes unless told otherwise.
    Default,
    /// It is always so.
    Fixed,
    /// Nobody, and the server has no default: it takes what it can get.
    Unset,
    /// Something that the spec does not show: a reference, a mounted file, a value that cannot be read.
    Hidden,
}

/// Whether a memory limit leaves a server enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// It does.
    Fits,
    /// The server takes more of it than it should, or does not start in so little.
    TooLittle {
        /// The least limit that would do, in bytes.
        least: i64,
    },
    /// Nobody knows how much the server takes.
    Unknown,
}

impl MemoryPart<'_> {
    /// Bytes, where the container may use `limit` bytes; nothing for what is unset or hidden.
    #[must_use]
    pub fn bytes(&self, limit: i64) -> i64 {
        self.amount.of(limit).saturating_mul(self.factor)
    }

    /// True when it is a share of the container's memory.
    #[must_use]
    pub const fn is_share(&self) -> bool {
        matches!(self.amount, Amount::Share(_))
    }

    /// True when the spec spells it.
    #[must_use]
    pub const fn is_spelled(&self) -> bool {
        matches!(self.source, MemorySource::Spelled | MemorySource::InConfigMap(_))
    }
}

impl MemoryNeed<'_> {
    /// What the spec itself spells, in bytes, where the container may use `limit` bytes; `None` where it spells nothing, or nothing
    /// that the server is sure to take.
    #[must_use]
    pub fn spelled(&self, limit: i64) -> Option<i64> {
        let spelled = self.parts.iter().filter(|p| p.is_spelled() && !self.facts.doubtful);
        spelled.map(|p| p.bytes(limit)).reduce(i64::saturating_add)
    }

    /// Everything, defaults included, in bytes, where the container may use `limit` bytes; `None` where a part is unset or hidden.
    #[must_use]
    pub fn total(&self, limit: i64) -> Option<i64> {
        let known = |p: &MemoryPart<'_>| match p.source {
            MemorySource::Spelled | MemorySource::InConfigMap(_) | MemorySource::Default | MemorySource::Fixed => {
                Some(p.bytes(limit))
            }
            MemorySource::Unset | MemorySource::Hidden => None,
        };
        self.parts.iter().try_fold(0_i64, |sum, p| Some(sum.saturating_add(known(p)?)))
    }

    /// Everything that is known, in bytes, where the container may use `limit` bytes.
    #[must_use]
    pub fn known(&self, limit: i64) -> i64 {
        self.parts.iter().map(|p| p.bytes(limit)).fold(0, i64::saturating_add)
    }

    /// True where a part is taken several times.
    #[must_use]
    pub fn has_factors(&self) -> bool {
        self.parts.iter().any(|p| p.factor > 1)
    }

    /// What the spec spells, each part taken once: without the margin that a factor makes.
    #[must_use]
    pub fn spelled_once(&self, limit: i64) -> i64 {
        let spelled = self.parts.iter().filter(|p| p.is_spelled());
        spelled.map(|p| p.amount.of(limit)).fold(0, i64::saturating_add)
    }

    /// True where the settings cannot be brought any lower, so that only the limit could move.
    #[must_use]
    pub fn is_least(&self, sum: i64) -> bool {
        self.facts.least.as_deref().and_then(bytes).is_some_and(|least| sum <= least)
    }

    /// The most that all parts may be of the limit, in percent: a server that writes its data needs room beside its cache.
    #[must_use]
    pub fn most_percent(&self) -> i64 {
        let cache = if self.role == Role::Cache { self.facts.most_percent_cache } else { None };
        cache.unwrap_or(self.facts.most_percent)
    }

    /// Whether `limit` bytes may be given to a server that has no limit yet.
    #[must_use]
    pub fn fit(&self, limit: i64) -> Fit {
        let mut sum = 0_i64;
        let mut least = self.floor.unwrap_or(0);
        for part in &self.parts {
            let floor = match (&part.source, &self.facts.unset) {
                (MemorySource::Hidden, _) | (MemorySource::Unset, Unset::Never) => return Fit::Unknown,
                // What is sized by the node would not see the limit.
                (MemorySource::Unset, _) if part.blind.is_some() => return Fit::Unknown,
                (MemorySource::Unset | MemorySource::Default, Unset::AtLeast(floor)) => bytes(floor).unwrap_or(0),
                _ => 0,
            };
            least = least.max(floor);
            sum = sum.saturating_add(part.bytes(limit));
        }
        // A share grows with the limit, so that no larger one helps: then the limit itself is named.
        least = least.max(percent_of(sum, self.most_percent()));
        match (limit >= least, self.parts.is_empty(), &self.facts.unset) {
            (false, ..) => Fit::TooLittle { least },
            (true, true, Unset::Never) => Fit::Unknown,
            (true, ..) => Fit::Fits,
        }
    }

    /// The known parts and their sizes where the container may use `limit` bytes, for a message: `innodb_buffer_pool_size 512Mi`.
    /// Names and sizes only.
    #[must_use]
    pub fn in_words(&self, limit: i64) -> String {
        let said = self.parts.iter().filter_map(|p| match p.source {
            MemorySource::Spelled | MemorySource::InConfigMap(_) | MemorySource::Default => {
                Some(format!("{} {}", p.name, rounded_bytes(p.bytes(limit))))
            }
            MemorySource::Fixed => Some(rounded_bytes(p.bytes(limit))),
            MemorySource::Unset | MemorySource::Hidden => None,
        });
        said.collect::<Vec<_>>().join(" + ")
    }

    /// All parts, for advice where there is no limit yet: `innodb_buffer_pool_size (128Mi unless set)`.
    #[must_use]
    pub fn as_advice(&self) -> String {
        let said = self.parts.iter().map(|part| {
            let size = match part.amount {
                Amount::Bytes(bytes) => human_bytes(bytes.saturating_mul(part.factor)),
                Amount::Share(millionths) => {
                    format!("{} %", i64::from(millionths).saturating_mul(part.factor) / 10_000)
                }
            };
            match part.source {
                MemorySource::Spelled | MemorySource::InConfigMap(_) => format!("{} ({size})", part.name),
                MemorySource::Default => format!("{} ({size} unless set)", part.name),
                MemorySource::Fixed => format!("{size} for the {}", part.name),
                MemorySource::Unset | MemorySource::Hidden => part.name.to_owned(),
            }
        });
        said.collect::<Vec<_>>().join(" + ")
    }
}

/// What all connections together can take, in bytes.
#[derive(Debug, Clone)]
pub struct SessionNeed<'t> {
    /// How many there may be.
    pub most: i64,
    /// What sets their number.
    pub name: &'t str,
    /// True where the spec spells the number.
    pub is_spelled: bool,
    /// What each can take.
    pub each: Vec<MemoryPart<'t>>,
}

impl SessionNeed<'_> {
    /// Bytes of one connection.
    #[must_use]
    pub fn one(&self, limit: i64) -> i64 {
        self.each.iter().map(|part| part.bytes(limit)).fold(0, i64::saturating_add)
    }

    /// The part that takes most.
    #[must_use]
    pub fn largest(&self, limit: i64) -> Option<&MemoryPart<'_>> {
        self.each.iter().max_by_key(|part| part.bytes(limit))
    }
}

fn bytes(quantity: &str) -> Option<i64> {
    Quantity::parse(quantity)?.bytes()
}

/// The least number of which `sum` is at most `percent` percent.
fn percent_of(sum: i64, percent: i64) -> i64 {
    let (sum, percent) = (i128::from(sum) * 100, i128::from(percent.max(1)));
    i64::try_from(sum / percent + i128::from(sum % percent != 0)).unwrap_or(i64::MAX)
}
