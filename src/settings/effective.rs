//! The settings as rules ask for them: for one engine, each value with its origin.
use std::collections::HashMap;

use super::{
    Settings,
    document::Plaintext,
    values::{EngineSettings, Placed},
};
use crate::terms::Profile;

/// A value and where it was set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sourced<'s, T> {
    /// The value.
    pub value: T,
    /// The place that set it: `settings.yaml:12 (name)`.
    pub origin: &'s str,
}

/// The settings as they hold for one engine.
#[derive(Debug, Clone, Copy)]
pub struct Effective<'s> {
    pub(super) values: &'s EngineSettings,
    pub(super) settings: &'s Settings,
}

impl<'s> Effective<'s> {
    /// Memory limit of a server container.
    #[must_use]
    pub fn memory_limit(self) -> Option<Sourced<'s, &'s str>> {
        text(self.values.memory_limit.as_ref())
    }

    /// Memory request of a server container.
    #[must_use]
    pub fn memory_request(self) -> Option<Sourced<'s, &'s str>> {
        text(self.values.memory_request.as_ref())
    }

    /// CPU request of a server container.
    #[must_use]
    pub fn cpu_request(self) -> Option<Sourced<'s, &'s str>> {
        text(self.values.cpu_request.as_ref())
    }

    /// Seconds that a Pod has to stop.
    #[must_use]
    pub fn grace_seconds(self) -> Option<Sourced<'s, i64>> {
        self.values.grace_seconds.as_ref().map(|v| Sourced { value: v.value, origin: &v.origin })
    }

    /// Seconds of drain before the stop.
    #[must_use]
    pub fn drain_seconds(self) -> Option<Sourced<'s, i64>> {
        self.values.drain_seconds.as_ref().map(|v| Sourced { value: v.value, origin: &v.origin })
    }

    /// The template of the Secret's name.
    #[must_use]
    pub fn secret_name(self) -> Option<Sourced<'s, &'s str>> {
        text(self.values.secret_name.as_ref())
    }

    /// The Secret's key for a variable: its own name where nothing is set.
    #[must_use]
    pub fn secret_key(self, variable: &'s str) -> &'s str {
        self.values.keys.get(variable).map_or(variable, |key| key)
    }

    /// What happens to a credential in plain text.
    #[must_use]
    pub fn plaintext(self) -> Plaintext {
        self.values.plaintext
    }

    /// The class of a claim that has none and requests so much.
    #[must_use]
    pub fn storage_class(self, bytes: Option<i64>) -> Option<Sourced<'s, &'s str>> {
        self.values.classes.given(bytes)
    }

    /// The classes that claims may have; `None` for all. An empty one is a volume without a class.
    #[must_use]
    pub fn allowed_classes(self) -> Option<Sourced<'s, &'s [String]>> {
        self.values.classes.allowed()
    }

    /// The profile in force.
    #[must_use]
    pub fn profile(self) -> Profile {
        self.settings.profile()
    }
}

fn text(value: Option<&Placed<String>>) -> Option<Sourced<'_, &str>> {
    value.map(|v| Sourced { value: v.value.as_str(), origin: &v.origin })
}

/// A Secret's name from its template.
#[must_use]
pub fn secret_name(template: &str, replacements: &HashMap<&str, &str>) -> String {
    replacements.iter().fold(template.to_owned(), |name, (key, value)| name.replace(&format!("{{{key}}}"), value))
}
