//! A policy as single statements: this field, this value, this line. What policies say is compared statement by statement.
use std::{cmp::Ordering, fmt};

use super::document::{ClassBySize, DatabasePolicy, EngineValues, Plaintext, StorageValues};
use crate::{
    terms::{Action, Profile},
    text::quantity::Quantity,
    tree::Node,
};

/// A field that a policy can set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// `profile`.
    Profile,
    /// `rulesVersion`.
    RulesVersion,
    /// `rules.RULE`.
    Rule(String),
    /// `skipNamespaces`.
    SkipNamespaces,
    /// `restorers`.
    Restorers,
    /// `operatorGroups`.
    OperatorGroups,
    /// `operatorAccounts`.
    OperatorAccounts,
    /// `exemptions.rules`.
    ExemptibleRules,
    /// `exemptions.maxDays`.
    ExemptionDays,
    /// `memory.limit`, as all that follow under `defaults` or an engine.
    MemoryLimit,
    /// `memory.request`.
    MemoryRequest,
    /// `cpu.request`.
    CpuRequest,
    /// `terminationGracePeriodSeconds`.
    GraceSeconds,
    /// `drainSeconds`.
    DrainSeconds,
    /// `credentials.secretName`.
    SecretName,
    /// `credentials.keys.VARIABLE`.
    SecretKey(String),
    /// `credentials.plaintext`.
    Plaintext,
    /// `storage.className`.
    StorageClass,
    /// `storage.classesBySize`.
    ClassesBySize,
    /// `storage.allowedClasses`.
    AllowedClasses,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Rule(rule) => return f.pad(&format!("rules.{rule}")),
            Self::SecretKey(variable) => return f.pad(&format!("credentials.keys.{variable}")),
            Self::Profile => "profile",
            Self::RulesVersion => "rulesVersion",
            Self::SkipNamespaces => "skipNamespaces",
            Self::Restorers => "restorers",
            Self::OperatorGroups => "operatorGroups",
            Self::OperatorAccounts => "operatorAccounts",
            Self::ExemptibleRules => "exemptions.rules",
            Self::ExemptionDays => "exemptions.maxDays",
            Self::MemoryLimit => "memory.limit",
            Self::MemoryRequest => "memory.request",
            Self::CpuRequest => "cpu.request",
            Self::GraceSeconds => "terminationGracePeriodSeconds",
            Self::DrainSeconds => "drainSeconds",
            Self::SecretName => "credentials.secretName",
            Self::Plaintext => "credentials.plaintext",
            Self::StorageClass => "storage.className",
            Self::ClassesBySize => "storage.classesBySize",
            Self::AllowedClasses => "storage.allowedClasses",
        };
        f.pad(name)
    }
}

/// What a field is set to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// A profile.
    Profile(Profile),
    /// What a rule's findings do.
    Action(Action),
    /// The newest version whose rules are in force.
    Version(RulesVersion),
    /// Names, each once, in order.
    Names(Vec<String>),
    /// A Kubernetes quantity.
    Quantity(String),
    /// Seconds.
    Seconds(i64),
    /// For how many days something is allowed.
    Days(i64),
    /// A name.
    Name(String),
    /// Classes of claims, from the smallest size to the largest.
    Classes(Vec<ClassBySize>),
    /// What happens to a credential in plain text.
    Plaintext(Plaintext),
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Profile(profile) => f.write_str(profile.as_str()),
            Self::Action(action) => f.write_str(action.as_str()),
            Self::Version(version) => version.fmt(f),
            Self::Names(names) => {
                let shown = names.iter().map(|name| if name.is_empty() { "\"\"" } else { name });
                write!(f, "[{}]", shown.collect::<Vec<_>>().join(", "))
            }
            Self::Classes(classes) => {
                let shown = classes.iter().map(|class| format!("{}: {}", class.at_least, class.class_name));
                write!(f, "[{}]", shown.collect::<Vec<_>>().join(", "))
            }
            Self::Seconds(number) | Self::Days(number) => number.fmt(f),
            Self::Quantity(text) | Self::Name(text) => f.write_str(text),
            Self::Plaintext(Plaintext::Report) => f.write_str("report"),
            Self::Plaintext(Plaintext::Replace) => f.write_str("replace"),
        }
    }
}

impl Said {
    /// Each name once, in order.
    fn names(list: &[String]) -> Self {
        let mut names = list.to_vec();
        names.sort();
        names.dedup();
        Self::Names(names)
    }

    /// What counts of two that have the same right to: the greater. Of profiles, actions and what happens to plain text it is the one
    /// that does more, of versions the newer, of numbers the larger; of names, where neither does more, the first of the alphabet.
    #[must_use]
    pub fn strictness(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Profile(a), Self::Profile(b)) => a.cmp(b),
            (Self::Action(a), Self::Action(b)) => a.cmp(b),
            (Self::Version(a), Self::Version(b)) => a.cmp(b),
            (Self::Seconds(a), Self::Seconds(b)) => a.cmp(b),
            // What is allowed for a shorter time.
            (Self::Days(a), Self::Days(b)) => b.cmp(a),
            (Self::Plaintext(a), Self::Plaintext(b)) => a.cmp(b),
            (Self::Quantity(a), Self::Quantity(b)) => {
                let amounts = Quantity::parse(a).partial_cmp(&Quantity::parse(b));
                amounts.unwrap_or(Ordering::Equal).then_with(|| b.cmp(a))
            }
            (Self::Name(a), Self::Name(b)) => b.cmp(a),
            (Self::Names(a), Self::Names(b)) => b.cmp(a),
            (Self::Classes(a), Self::Classes(b)) => b.cmp(a),
            // A field has one kind of value.
            _ => Ordering::Equal,
        }
    }
}

/// A version that rules are measured by: `0.1` is all of 0.1.x.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RulesVersion {
    major: u32,
    minor: u32,
    /// The largest number there is where none is written.
    patch: u32,
}

impl RulesVersion {
    /// Reads `0.1` or `0.1.0`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.').map(|part| {
            let digits = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
            digits.then(|| part.parse::<u32>().ok()).flatten()
        });
        let (major, minor) = (parts.next()??, parts.next()??);
        let patch = match parts.next() {
            None => u32::MAX,
            Some(patch) => patch?,
        };
        parts.next().is_none().then_some(Self { major, minor, patch })
    }
}

impl fmt::Display for RulesVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)?;
        if self.patch == u32::MAX { Ok(()) } else { write!(f, ".{}", self.patch) }
    }
}

/// Where something was said.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// The policy's name; empty where no policy said it.
    pub policy: String,
    /// The file; empty where it is none.
    pub file: String,
    /// The line, counted from 1.
    pub line: Option<u32>,
    /// All of it, for people: `policies/live.yaml:12 (live)`.
    pub text: String,
}

impl Origin {
    /// Something that no document said.
    #[must_use]
    pub fn outside(text: &str) -> Self {
        Self { policy: String::new(), file: String::new(), line: None, text: text.to_owned() }
    }

    fn of(policy: &str, file: &str, node: Node<'_>) -> Self {
        if file.is_empty() {
            return Self { policy: policy.to_owned(), ..Self::outside(&format!("DatabasePolicy {policy}")) };
        }
        let line = node.line();
        let at = line.map_or_else(String::new, |line| format!(":{line}"));
        Self { policy: policy.to_owned(), file: file.to_owned(), line, text: format!("{file}{at} ({policy})") }
    }
}

/// One field that a policy sets.
#[derive(Debug, Clone)]
pub(super) struct Statement {
    /// Which.
    pub field: Field,
    /// For one engine alone.
    pub engine: Option<String>,
    /// To what.
    pub said: Said,
    /// Where it stands.
    pub origin: Origin,
}

/// All that a policy says. `root` is the document that it was read from.
pub(super) fn statements(policy: &DatabasePolicy, file: &str, root: Node<'_>) -> Vec<Statement> {
    let mut all = Vec::new();
    let (spec, node) = (&policy.spec, root.get("spec"));
    let name = &policy.metadata.name;
    let mut say = |field: Field, engine: Option<&str>, said: Said, at: Node<'_>| {
        let origin = Origin::of(name, file, at);
        all.push(Statement { field, engine: engine.map(str::to_owned), said, origin });
    };
    if let Some(profile) = spec.profile {
        say(Field::Profile, None, Said::Profile(profile), node.get("profile"));
    }
    if let Some(version) = spec.rules_version.as_deref().and_then(RulesVersion::parse) {
        say(Field::RulesVersion, None, Said::Version(version), node.get("rulesVersion"));
    }
    for (rule, action) in &spec.rules {
        say(Field::Rule(rule.clone()), None, Said::Action(*action), node.get("rules").get(rule));
    }
    for (field, list, key) in [
        (Field::SkipNamespaces, &spec.skip_namespaces, "skipNamespaces"),
        (Field::Restorers, &spec.restorers, "restorers"),
        (Field::OperatorGroups, &spec.operator_groups, "operatorGroups"),
        (Field::OperatorAccounts, &spec.operator_accounts, "operatorAccounts"),
        (Field::ExemptibleRules, &spec.exemptions.as_ref().and_then(|e| e.rules.clone()), "exemptions.rules"),
    ] {
        if let Some(list) = list {
            say(field, None, Said::names(list), node.path(key));
        }
    }
    if let Some(days) = spec.exemptions.as_ref().and_then(|exemptions| exemptions.max_days) {
        say(Field::ExemptionDays, None, Said::Days(days), node.path("exemptions.maxDays"));
    }
    values(&spec.defaults, node.get("defaults"), &mut |field, said, at| say(field, None, said, at));
    for (engine, own) in &spec.engines {
        values(own, node.get("engines").get(engine), &mut |field, said, at| say(field, Some(engine), said, at));
    }
    all
}

fn values<'n>(values: &EngineValues, node: Node<'n>, say: &mut dyn FnMut(Field, Said, Node<'n>)) {
    let EngineValues {
        memory,
        cpu,
        termination_grace_period_seconds: grace,
        drain_seconds: drain,
        credentials,
        storage,
    } = values;
    let memory = memory.as_ref();
    for (field, text, place) in [
        (Field::MemoryLimit, memory.and_then(|m| m.limit.clone()), "memory.limit"),
        (Field::MemoryRequest, memory.and_then(|m| m.request.clone()), "memory.request"),
        (Field::CpuRequest, cpu.as_ref().and_then(|c| c.request.clone()), "cpu.request"),
    ] {
        if let Some(text) = text {
            say(field, Said::Quantity(text), node.path(place));
        }
    }
    for (field, seconds, key) in
        [(Field::GraceSeconds, grace, "terminationGracePeriodSeconds"), (Field::DrainSeconds, drain, "drainSeconds")]
    {
        if let Some(seconds) = seconds {
            say(field, Said::Seconds(*seconds), node.get(key));
        }
    }
    if let Some(credentials) = credentials {
        if let Some(name) = &credentials.secret_name {
            say(Field::SecretName, Said::Name(name.clone()), node.path("credentials.secretName"));
        }
        for (variable, key) in &credentials.keys {
            let at = node.path("credentials.keys").fields().find(|(k, _)| k == variable).map_or(node, |(_, at)| at);
            say(Field::SecretKey(variable.clone()), Said::Name(key.clone()), at);
        }
        if let Some(plaintext) = credentials.plaintext {
            say(Field::Plaintext, Said::Plaintext(plaintext), node.path("credentials.plaintext"));
        }
    }
    if let Some(storage) = storage {
        classes(storage, node.get("storage"), say);
    }
}

fn classes<'n>(storage: &StorageValues, node: Node<'n>, say: &mut dyn FnMut(Field, Said, Node<'n>)) {
    if let Some(class) = &storage.class_name {
        say(Field::StorageClass, Said::Name(class.clone()), node.get("className"));
    }
    if let Some(classes) = &storage.classes_by_size {
        let mut classes = classes.clone();
        classes.sort_by_key(|class| Quantity::parse(&class.at_least));
        say(Field::ClassesBySize, Said::Classes(classes), node.get("classesBySize"));
    }
    if let Some(allowed) = &storage.allowed_classes {
        say(Field::AllowedClasses, Said::names(allowed), node.get("allowedClasses"));
    }
}
