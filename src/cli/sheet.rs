//! What is known about an engine, as lines with a label: for `seawall engines` and for `docs/engines.md`.
use crate::engines::schema::{
    Applies, Authentication, Class, Condition, CredentialSet, Data, DataFormat, EndOfLife, Keeps, Memory, OnSignal,
    Stop, Turns, Unset,
};
use crate::engines::{Catalogue, Engine, Pattern};

/// One engine.
pub(crate) struct Sheet<'c> {
    /// Its name everywhere.
    pub(crate) name: &'c str,
    /// As its makers write it.
    pub(crate) title: &'c str,
    /// What holds for all packagings.
    pub(crate) lines: Vec<Line>,
    /// The packagings: the first one whole, the others where they differ from it.
    pub(crate) packagings: Vec<(&'c str, Vec<Line>)>,
}

/// A label, and what stands behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) label: &'static str,
    pub(crate) text: String,
}

fn line(label: &'static str, text: impl Into<String>) -> Line {
    Line { label, text: text.into() }
}

impl<'c> Sheet<'c> {
    /// The sheet of the engine called `name`.
    pub(crate) fn of(name: &'c str, catalogue: &'c Catalogue) -> Option<Self> {
        let mut variants = catalogue.variants(name);
        let first = variants.next()?;
        let known = facts(first);
        let mut packagings = vec![(first.variant.as_str(), [images(first), known.clone()].concat())];
        for variant in variants {
            let differing = facts(variant).into_iter().filter(|line| !known.contains(line));
            packagings.push((variant.variant.as_str(), images(variant).into_iter().chain(differing).collect()));
        }
        Some(Self { name: &first.name, title: &first.title, lines: shared(first), packagings })
    }
}

fn shared(engine: &Engine) -> Vec<Line> {
    let mut lines = vec![line("is", is(engine))];
    let detect = &engine.detect;
    let signs = [
        ("server", detect.servers.join(", ")),
        ("clients", detect.clients.join(", ")),
        ("ports", detect.ports.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
    ];
    lines.extend(signs.into_iter().filter(|(_, text)| !text.is_empty()).map(|(label, text)| line(label, text)));
    let pinned = match engine.data_format {
        DataFormat::Major => "a major version can change the files: a tag names at least that",
        DataFormat::Minor => "a minor version can change the files: a tag names at least that",
        DataFormat::None => "any version reads any files",
    };
    lines.push(line("upgrades", pinned));
    lines.extend(
        engine
            .facts
            .end_of_life
            .iter()
            .flat_map(|all| all.iter())
            .map(|e: &EndOfLife| line("end of life", format!("{} since {}", e.versions, e.date))),
    );
    lines
}

fn is(engine: &Engine) -> String {
    let class = match engine.class {
        Class::Database => "a database",
        Class::Cache => "a cache that keeps nothing",
        Class::Stateful => "no database: known, so that it is not taken for one",
    };
    let kept = match (engine.class, engine.data.keeps) {
        (Class::Database, Keeps::WhenAsked) => ", and a cache unless its spec asks it to keep data",
        _ => "",
    };
    let like = engine.like.as_ref().map_or_else(String::new, |like| format!("; a relative of {like}"));
    format!("{class}{kept}{like}")
}

fn images(engine: &Engine) -> Vec<Line> {
    let packaging = &engine.packaging;
    let list = |patterns: &[Pattern]| patterns.iter().map(Pattern::as_str).collect::<Vec<_>>().join(", ");
    let mut text = list(&packaging.images);
    if !packaging.tags.is_empty() {
        text.push_str(&format!("; tags {}", list(&packaging.tags)));
    }
    if !packaging.not_tags.is_empty() {
        text.push_str(&format!("; not tags {}", list(&packaging.not_tags)));
    }
    if let Some(versions) = &packaging.versions {
        text.push_str(&format!("; versions {versions}"));
    }
    if text.is_empty() { Vec::new() } else { vec![line("images", text)] }
}

fn facts(engine: &Engine) -> Vec<Line> {
    let mut lines = vec![line("data", data(&engine.data))];
    lines.extend(engine.credentials.iter().map(|set| line("credentials", credentials(set))));
    lines.extend(engine.facts.authentication.iter().map(|a| line("authentication", authentication(a))));
    lines.extend(engine.stop.as_deref().into_iter().flat_map(stop));
    lines.extend(engine.memory.iter().map(|m| line("memory", memory(m))));
    for (turns, label) in TURNS {
        let mut names: Vec<&str> =
            engine.switches(*turns).filter_map(|s| s.flag.as_deref().or(s.variable.as_deref())).collect();
        names.dedup();
        if !names.is_empty() {
            lines.push(line(label, names.join(", ")));
        }
    }
    let probes = &engine.recovery_probes;
    let failing: Vec<&str> =
        probes.commands.iter().chain(&probes.paths).map(String::as_str).chain(probes.tcp.then_some("TCP")).collect();
    if !failing.is_empty() {
        lines.push(line("probes that fail during recovery", failing.join(", ")));
    }
    lines.extend(engine.facts.user.map(|u| {
        let root = if u.starts_as_root { ", after a start as root" } else { "" };
        line("user", format!("{}:{}{root}", u.uid, u.gid))
    }));
    lines.extend(engine.facts.unmaintained.iter().map(|why| line("not maintained", why.as_str())));
    lines
}

const TURNS: &[(Turns, &str)] = &[
    (Turns::AuthenticationOff, "authentication off by"),
    (Turns::DurabilityOff, "durability off by"),
    (Turns::DurabilityRelaxed, "durability relaxed by"),
    (Turns::RecoveryOn, "recovery switches"),
    (Turns::EncryptionOff, "encryption off by"),
    (Turns::DeveloperModeOn, "developer modes"),
    (Turns::EvictionOn, "throws data away by"),
    (Turns::GrowthUnbounded, "grows without end by"),
    (Turns::DataLayout, "never to be changed"),
    (Turns::Removed, "removed options"),
    (Turns::PasswordPrinted, "password printed by"),
];

fn data(data: &Data) -> String {
    let Some(directory) = &data.directory else {
        if let Some(folder) = &data.in_working_directory {
            return format!("{folder} in the working directory; moved by {}", data.flags.join(", "));
        }
        return if data.unknown { "not told by a spec".to_owned() } else { "wherever it is told".to_owned() };
    };
    let mut text = directory.clone();
    if let Some(mount) = &data.mount {
        text.push_str(&format!(", mounted at {mount}"));
    }
    for other in &data.elsewhere {
        text.push_str(&format!("; {} with {}", other.directory, said(&other.when)));
    }
    let around = data.inside.iter().map(|i| &i.variable);
    let moved: Vec<&str> = data.flags.iter().chain(&data.variables).chain(around).map(String::as_str).collect();
    if !moved.is_empty() {
        text.push_str(&format!("; moved by {}", moved.join(", ")));
    }
    let covered: Vec<&str> = data
        .image_volumes
        .iter()
        .filter(|v| *v != directory && Some(*v) != data.mount.as_ref())
        .map(String::as_str)
        .collect();
    if !covered.is_empty() {
        text.push_str(&format!("; the image's own volumes: {}", covered.join(", ")));
    }
    text
}

fn said(condition: &Condition) -> String {
    let name = condition.flag.as_deref().or(condition.variable.as_deref());
    name.map_or_else(|| condition.arguments.join(", "), str::to_owned)
}

fn credentials(set: &CredentialSet) -> String {
    let when = match set.applies {
        Applies::FirstStart => "read when the data directory is empty",
        Applies::EveryStart => "read at every start",
        Applies::SwitchesAuth => "switches authentication on at every start",
    };
    let or = match set.supplied_by.as_slice() {
        [] => String::new(),
        others => format!(" (or {})", others.join(", ")),
    };
    let need = if set.required { "" } else { "optional; " };
    format!("{}{or}: {need}{when}; without it, the server {}", set.variables.join(", "), set.without)
}

fn authentication(authentication: &Authentication) -> String {
    if authentication.on_by_default {
        return "on unless it is switched off".to_owned();
    }
    let by: Vec<String> = authentication.on_by.iter().map(said).filter(|name| !name.is_empty()).collect();
    match by.as_slice() {
        [] => "off; no spec shows what turns it on".to_owned(),
        _ => format!("off unless one of these is there: {}", by.join(", ")),
    }
}

fn stop(stop: &Stop) -> Vec<Line> {
    let does = match stop.on_signal {
        OnSignal::Stops => "stops cleanly",
        OnSignal::WaitsForClients => "refuses new clients, and waits for those it has",
        OnSignal::Ignores => "never hears it",
        OnSignal::Dies => "stops at once, uncleanly",
    };
    let mut text = format!("{} {does}", stop.signal);
    if stop.minimum_seconds > 0 {
        text.push_str(&format!(", in {} s or more", stop.minimum_seconds));
    }
    if let Some(seconds) = stop.grace_seconds {
        let only = if stop.grace_with_claim_only { " where they have a claim" } else { "" };
        text.push_str(&format!("; Pods get {seconds} s{only}"));
    }
    if let Some(measured) = &stop.measured {
        text.push_str(&format!("; measured on {measured}"));
    }
    let hook = stop.pre_stop.as_ref().map(|hook| {
        line("preStop hook", format!("{} ({}; run for real by {})", hook.command.join(" "), hook.why, hook.verified_by))
    });
    std::iter::once(line("stop", text)).chain(hook).collect()
}

fn memory(memory: &Memory) -> String {
    let terms: Vec<String> = memory
        .terms
        .iter()
        .map(|term| {
            let times = if term.factor == 1 { String::new() } else { format!("{} x ", term.factor) };
            let size = match (&term.fixed, &term.default) {
                (Some(fixed), _) => format!(" ({fixed})"),
                (None, Some(default)) => format!(" ({default} unless set)"),
                (None, None) => String::new(),
            };
            format!("{times}{}{size}", term.name)
        })
        .collect();
    let mut text = format!("{} at most {} % of the limit", terms.join(" + "), memory.most_percent);
    if let Some(percent) = memory.most_percent_cache {
        text.push_str(&format!(", {percent} % as a cache"));
    }
    match &memory.unset {
        Unset::Never => text.push_str("; not given a limit where that is not set"),
        Unset::AtLeast(least) => text.push_str(&format!("; given a limit of {least} or more where that is not set")),
    }
    if let Some(least) = &memory.refuses_below {
        text.push_str(&format!("; does not start below {least}"));
    }
    text
}
