//! What an administrator set, and where each value comes from. Pure.
mod check;
pub mod document;

use std::collections::HashMap;

use foldhash::fast::RandomState;

use document::{DatabasePolicy, EngineValues, Plaintext, PolicySpec};

use crate::{
    terms::{Action, Profile, Tier},
    tree::{FieldError, FileError, from_text, text_of},
};

/// The `apiVersion` of our own kinds.
pub const API_VERSION: &str = "seawall.dev/v1alpha1";

/// Who restores backups where the settings do not say: the account of Velero's server, as `velero install`, its Helm chart and OpenShift's
/// OADP make it.
pub const RESTORERS: &[&str] = &[
    "system:serviceaccount:velero:velero",
    "system:serviceaccount:velero:velero-server",
    "system:serviceaccount:openshift-adp:velero",
];

/// What the settings may name.
#[derive(Debug, Clone, Copy)]
pub struct KnownNames<'n> {
    /// Rules.
    pub rules: &'n [&'n str],
    /// Engines.
    pub engines: &'n [&'n str],
}

/// All settings of a process.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The profile of the command line, used where the document names none.
    profile: Profile,
    spec: PolicySpec,
    /// What single rules are set to; asked for each rule at each review.
    actions: HashMap<String, Action, RandomState>,
    /// Where the document came from; shown as the origin of its values.
    origin: String,
}

impl Settings {
    /// Nothing but a profile.
    #[must_use]
    pub fn of(profile: Profile) -> Self {
        Self { profile, spec: PolicySpec::default(), actions: HashMap::default(), origin: "--profile".to_owned() }
    }

    /// Reads one document; `profile` wins over the document's when given.
    ///
    /// # Errors
    /// With file, line and field, where the text is no YAML, a field is unknown or wrong, or a rule or engine is not known.
    pub fn read(file: &str, text: &str, profile: Option<Profile>, known: KnownNames<'_>) -> Result<Self, FileError> {
        let policy: DatabasePolicy = from_text(file, text, |policy, root| {
            check::policy(policy, root, known)?;
            let stranger = check::strangers(root, known).into_iter().next();
            stranger.map_or(Ok(()), |(node, words)| Err(FieldError::at(node, words)))
        })?;
        Ok(Self::of_policy(file, policy, profile))
    }

    /// Reads one document that may be meant for another version of Seawall as well: what it says about rules that this one does not know
    /// is left out, and told in words.
    ///
    /// # Errors
    /// As [`Settings::read`], but for the rules.
    pub fn read_shared(
        file: &str,
        text: &str,
        profile: Option<Profile>,
        known: KnownNames<'_>,
    ) -> Result<(Self, Vec<String>), FileError> {
        let mut unknown = Vec::new();
        let mut policy: DatabasePolicy = from_text(file, text, |policy, root| {
            unknown = check::strangers(root, known).into_iter().map(|(_, words)| words).collect();
            check::policy(policy, root, known)
        })?;
        policy.spec.rules.retain(|rule, _| known.rules.contains(&rule.as_str()));
        Ok((Self::of_policy(file, policy, profile), unknown))
    }

    fn of_policy(file: &str, policy: DatabasePolicy, profile: Option<Profile>) -> Self {
        let chosen = profile.or(policy.spec.profile).unwrap_or(Profile::Baseline);
        let actions = policy.spec.rules.iter().map(|(rule, action)| (rule.clone(), *action)).collect();
        let origin = format!("{file} ({})", policy.metadata.name);
        Self { profile: chosen, spec: policy.spec, actions, origin }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// As [`Settings::read`], and when the file cannot be read.
    pub fn load(path: &std::path::Path, profile: Option<Profile>, known: KnownNames<'_>) -> Result<Self, FileError> {
        Self::read(&path.display().to_string(), &text_of(path)?, profile, known)
    }

    /// Reads a file that may be meant for another version as well: see [`Settings::read_shared`].
    ///
    /// # Errors
    /// As [`Settings::read_shared`], and when the file cannot be read.
    pub fn load_shared(
        path: &std::path::Path,
        profile: Option<Profile>,
        known: KnownNames<'_>,
    ) -> Result<(Self, Vec<String>), FileError> {
        Self::read_shared(&path.display().to_string(), &text_of(path)?, profile, known)
    }

    /// The profile in force.
    #[must_use]
    pub const fn profile(&self) -> Profile {
        self.profile
    }

    /// The same under another profile.
    #[must_use]
    pub fn under(&self, profile: Profile) -> Self {
        Self { profile, ..self.clone() }
    }

    /// The same for what is written into manifests rather than into a cluster: passwords in plain text are replaced, by a Secret that
    /// is called after its workload where nothing else is said.
    #[must_use]
    pub fn for_manifests(&self) -> Self {
        let mut own = self.clone();
        let defaults = own.spec.defaults.credentials.get_or_insert_default();
        defaults.plaintext = Some(Plaintext::Replace);
        defaults.secret_name.get_or_insert_with(|| "{workload}-credentials".to_owned());
        for values in own.spec.engines.values_mut().filter_map(|engine| engine.credentials.as_mut()) {
            values.plaintext = Some(Plaintext::Replace);
        }
        own
    }

    /// What a finding of `rule` does.
    #[must_use]
    pub fn action(&self, rule: &str, tier: Tier) -> Action {
        let own = if self.actions.is_empty() { None } else { self.actions.get(rule) };
        own.copied().unwrap_or_else(|| self.profile.action(tier))
    }

    /// True where nothing is judged or mended.
    #[must_use]
    pub fn skips(&self, namespace: &str) -> bool {
        self.spec.skip_namespaces.iter().any(|n| n == namespace)
    }

    /// True for a user who restores backups.
    #[must_use]
    pub fn is_restorer(&self, user: &str) -> bool {
        match &self.spec.restorers {
            Some(listed) => listed.iter().any(|u| u == user),
            None => RESTORERS.contains(&user),
        }
    }

    /// API groups that own databases, beside the known ones.
    #[must_use]
    pub fn operator_groups(&self) -> &[String] {
        &self.spec.operator_groups
    }

    /// True for an operator's user name that the settings list.
    #[must_use]
    pub fn is_operator(&self, user: &str) -> bool {
        self.spec.operator_accounts.iter().any(|u| u == user)
    }

    /// The values for one engine.
    #[must_use]
    pub fn of_engine<'s>(&'s self, engine: &str) -> Effective<'s> {
        Effective { own: self.spec.engines.get(engine), defaults: &self.spec.defaults, settings: self }
    }
}

/// A value and where it was set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sourced<'s, T> {
    /// The value.
    pub value: T,
    /// The document that set it.
    pub origin: &'s str,
}

/// The settings as they hold for one engine.
#[derive(Debug, Clone, Copy)]
pub struct Effective<'s> {
    own: Option<&'s EngineValues>,
    defaults: &'s EngineValues,
    settings: &'s Settings,
}

impl<'s> Effective<'s> {
    fn first<T: 's>(self, get: impl Fn(&'s EngineValues) -> Option<T>) -> Option<Sourced<'s, T>> {
        let value = self.own.and_then(&get).or_else(|| get(self.defaults))?;
        Some(Sourced { value, origin: &self.settings.origin })
    }

    /// Memory limit of a server container.
    #[must_use]
    pub fn memory_limit(self) -> Option<Sourced<'s, &'s str>> {
        self.first(|v| v.memory.as_ref()?.limit.as_deref())
    }

    /// Memory request of a server container.
    #[must_use]
    pub fn memory_request(self) -> Option<Sourced<'s, &'s str>> {
        self.first(|v| v.memory.as_ref()?.request.as_deref())
    }

    /// CPU request of a server container.
    #[must_use]
    pub fn cpu_request(self) -> Option<Sourced<'s, &'s str>> {
        self.first(|v| v.cpu.as_ref()?.request.as_deref())
    }

    /// Seconds that a Pod has to stop.
    #[must_use]
    pub fn grace_seconds(self) -> Option<Sourced<'s, i64>> {
        self.first(|v| v.termination_grace_period_seconds)
    }

    /// Seconds of drain before the stop.
    #[must_use]
    pub fn drain_seconds(self) -> Option<Sourced<'s, i64>> {
        self.first(|v| v.drain_seconds)
    }

    /// The template of the Secret's name.
    #[must_use]
    pub fn secret_name(self) -> Option<Sourced<'s, &'s str>> {
        self.first(|v| v.credentials.as_ref()?.secret_name.as_deref())
    }

    /// The Secret's key for a variable: its own name where nothing is set.
    #[must_use]
    pub fn secret_key(self, variable: &'s str) -> &'s str {
        self.first(|v| v.credentials.as_ref()?.keys.get(variable).map(String::as_str)).map_or(variable, |s| s.value)
    }

    /// What happens to a credential in plain text.
    #[must_use]
    pub fn plaintext(self) -> Plaintext {
        self.first(|v| v.credentials.as_ref()?.plaintext).map_or_else(Plaintext::default, |s| s.value)
    }

    /// The class of claims that have none.
    #[must_use]
    pub fn storage_class(self) -> Option<Sourced<'s, &'s str>> {
        self.first(|v| v.storage.as_ref()?.class_name.as_deref())
    }

    /// The profile in force.
    #[must_use]
    pub fn profile(self) -> Profile {
        self.settings.profile
    }
}

/// A Secret's name from its template.
#[must_use]
pub fn secret_name(template: &str, replacements: &HashMap<&str, &str>) -> String {
    replacements.iter().fold(template.to_owned(), |name, (key, value)| name.replace(&format!("{{{key}}}"), value))
}
