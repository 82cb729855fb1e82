//! Which class a claim is given, and which it may have.
use std::collections::BTreeMap;

use super::{
    effective::Sourced,
    merge::Winner,
    statement::{Field, Said},
    values::{EngineSettings, Placed, placed},
};
use crate::text::quantity::Quantity;

/// What is said about the classes of an engine's claims.
#[derive(Debug, Clone, Default)]
pub(super) struct Classes {
    given: Option<Placed<String>>,
    /// From how many bytes on another class is given; the smallest first.
    by_size: Vec<(i64, Placed<String>)>,
    /// `None` for all.
    allowed: Option<Placed<Vec<String>>>,
}

impl Classes {
    pub(super) fn of(won: &BTreeMap<Field, Winner>) -> Self {
        let mut classes = Self::default();
        if let Some(Winner { said: Said::Classes(listed), origin, .. }) = won.get(&Field::ClassesBySize) {
            let sized = listed.iter().filter_map(|class| {
                let bytes = Quantity::parse(&class.at_least)?.bytes()?;
                Some((bytes, placed(class.class_name.clone(), origin)))
            });
            classes.by_size = sized.collect();
        }
        if let Some(Winner { said: Said::Name(class), origin, .. }) = won.get(&Field::StorageClass) {
            classes.given = Some(placed(class.clone(), origin));
        }
        if let Some(Winner { said: Said::Names(allowed), origin, .. }) = won.get(&Field::AllowedClasses) {
            classes.allowed = Some(placed(allowed.clone(), origin));
        }
        classes
    }

    /// What holds for a claim of which nobody knows the engine: it is given what `defaults` say, and may have what a claim of any engine
    /// may have.
    pub(super) fn of_no_engine<'e>(defaults: &Self, engines: impl Iterator<Item = &'e EngineSettings>) -> Self {
        let mut classes = defaults.clone();
        for engine in engines {
            match (&mut classes.allowed, &engine.classes.allowed) {
                (Some(all), Some(own)) => {
                    all.value.extend_from_slice(&own.value);
                    if all.origin != own.origin {
                        all.origin = format!("{}, {}", all.origin, own.origin);
                    }
                }
                (allowed, None) => *allowed = None,
                (None, _) => {}
            }
        }
        if let Some(allowed) = &mut classes.allowed {
            allowed.value.sort();
            allowed.value.dedup();
        }
        classes
    }

    /// The class of a claim that has none, by its size. None where that one is not allowed: policies disagree.
    pub(super) fn given(&self, bytes: Option<i64>) -> Option<Sourced<'_, &str>> {
        let reached = self.by_size.iter().rev().find(|(least, _)| bytes.is_some_and(|bytes| bytes >= *least));
        let class = reached.map(|(_, class)| class).or(self.given.as_ref())?;
        let is_allowed = self.allowed.as_ref().is_none_or(|allowed| allowed.value.contains(&class.value));
        is_allowed.then(|| Sourced { value: class.value.as_str(), origin: &class.origin })
    }

    pub(super) fn allowed(&self) -> Option<Sourced<'_, &[String]>> {
        self.allowed.as_ref().map(|allowed| Sourced { value: allowed.value.as_slice(), origin: &allowed.origin })
    }
}
