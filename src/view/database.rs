//! A container that belongs to a known engine.
use std::sync::{Arc, OnceLock};

use super::{
    Container, DataPlace, Pod, SignalPath, Var, Workload,
    condition::{holds, is_configured_elsewhere},
    data,
    detect::Detected,
    memory,
    options::{Options, Setting},
};
use crate::{
    engines::{
        Catalogue, Engine, Version,
        schema::{Class, Condition, Keeps},
    },
    terms::Role,
    text::command::{Script, Word, same_name},
    tree::Node,
};

/// Where the API server mounts a Pod's token, in a volume of projected content, before Seawall is asked.
const ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// What an author says about the data, by the label `seawall.dev/data`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataLabel {
    /// It must outlive the Pod.
    Durable,
    /// Losing it costs time, not data.
    Cache,
    /// It is meant to go.
    Ephemeral,
}

impl DataLabel {
    /// Reads the label's value.
    #[must_use]
    pub fn of(value: &str) -> Option<Self> {
        Some(match value {
            "durable" => Self::Durable,
            "cache" => Self::Cache,
            "ephemeral" => Self::Ephemeral,
            _ => return None,
        })
    }
}

/// A container that belongs to a known engine.
#[derive(Debug)]
pub struct Database<'t> {
    /// The engine, as this container's packaging.
    pub engine: &'t Engine,
    /// False when only the engine is known, and its packaging or major version is a guess: nothing is denied that depends on it.
    pub packaging_is_known: bool,
    /// True when the image's name says which engine it is. Where it does not, the image may be built upon anything.
    pub image_is_known: bool,
    /// The engine's version, as far as image and tag give it.
    pub version: Option<Version>,
    /// What it does.
    pub role: Role,
    /// The workload around it.
    pub workload: Workload<'t>,
    /// The Pod around it.
    pub pod: Pod<'t>,
    /// The container.
    pub container: Container<'t>,
    /// Where its files go.
    pub data: DataPlace<'t>,
    /// What it runs.
    pub script: Arc<Script<'t>>,
    name: &'t str,
    options: Options<'t>,
    is_cache_by_label: bool,
    pub(super) memory_limit: Option<(Node<'t>, i64)>,
    pub(super) memo: Memo,
}

/// What many rules ask, and takes more than a look.
#[derive(Debug, Default)]
pub(super) struct Memo {
    pub(super) signal_path: OnceLock<SignalPath>,
    pub(super) runs_own_entrypoint: OnceLock<bool>,
    has_mounted_configuration: OnceLock<bool>,
}

impl<'t> Database<'t> {
    pub(super) fn of(workload: Workload<'t>, detected: &Detected<'t>, catalogue: &'t Catalogue) -> Option<Self> {
        let (engine, role) = detected.verdict.engine(catalogue)?;
        let container = detected.container;
        let script = Arc::clone(&detected.script);
        let pod = workload.pod();
        let names = container.env().map(Var::name);
        let mut options = Options::of_script(&script, &engine.detect.servers, engine.options).beside(names);
        for text in
            engine.facts.configuration.iter().flat_map(|c| &c.variables).filter_map(|v| container.var(v)?.literal())
        {
            // Entrypoints leave such a variable unquoted: it is split at blanks, and nothing else.
            let words: Vec<Word<'t>> = text.split_whitespace().map(Word::of_argument).collect();
            options.extend(Options::of(&words, engine.options));
        }
        let candidates = || detected.packagings.iter().filter_map(|at| catalogue.engines().get(*at));
        let packaging_is_known = detected.packagings.len() == 1;
        // Where several packagings are possible (an unknown major), data that any of them would find on a volume is on one.
        let data = if packaging_is_known {
            data::resolve(engine, pod, container, &options, &script)
        } else {
            let places: Vec<_> = candidates().map(|e| data::resolve(e, pod, container, &options, &script)).collect();
            let on = places.iter().find(|p| matches!(p, DataPlace::On { .. })).cloned();
            // An image of somebody's own may keep its data on whatever is mounted.
            let nowhere =
                places.iter().all(|p| matches!(p, DataPlace::Nowhere { .. })) && !data::has_kept_mount(pod, container);
            on.or_else(|| if nowhere { places.into_iter().next() } else { None }).unwrap_or(DataPlace::Unknown)
        };
        let mut database = Self {
            engine,
            packaging_is_known,
            image_is_known: detected.image_is_known,
            version: detected.version.clone(),
            role,
            workload,
            pod,
            container,
            data,
            script,
            name: container.name(),
            options,
            is_cache_by_label: false,
            memory_limit: memory::limit_of(container, pod),
            memo: Memo::default(),
        };
        if role == Role::Server && !database.keeps_data() {
            database.role = Role::Cache;
            database.is_cache_by_label = database.asks_to_keep_data();
        }
        Some(database)
    }

    /// The container's name.
    #[must_use]
    pub const fn name(&self) -> &'t str {
        self.name
    }

    /// An option of the server; see [`Options::get`].
    #[must_use]
    pub fn option(&self, name: &str) -> Option<&Setting<'t>> {
        self.options.get(name)
    }

    /// All options of the server.
    #[must_use]
    pub const fn options(&self) -> &Options<'t> {
        &self.options
    }

    /// A variable, also where it is listed without a value; of several of that name the last one.
    #[must_use]
    pub fn var(&self, name: &str) -> Option<Var<'t>> {
        if self.options.may_have_variable(name) { self.container.var(name) } else { None }
    }

    /// A variable that is given: with a value, or from elsewhere.
    #[must_use]
    pub fn given(&self, name: &str) -> Option<Var<'t>> {
        self.var(name).filter(|v| v.is_given())
    }

    /// Whether an option, a variable or a sub-command says what the condition names.
    #[must_use]
    pub fn holds(&self, condition: &Condition) -> bool {
        holds(condition, self.container, &self.options)
    }

    /// Whether one of several conditions holds that something needs; nothing is needed where there are none.
    #[must_use]
    pub fn meets(&self, needed: &[Condition]) -> bool {
        needed.is_empty() || needed.iter().any(|condition| self.holds(condition))
    }

    /// The element of `args` or `command` in which an option stands, for reports.
    #[must_use]
    pub fn place_of_option(&self, name: &str) -> Node<'t> {
        let bare = name.trim_start_matches('-').as_bytes();
        let first = bare.first().map_or(0, u8::to_ascii_lowercase);
        let alike = |text: &str| {
            let mut parts = text.as_bytes().windows(bare.len().max(1));
            bare.is_empty() || parts.any(|p| p.first().map_or(0, u8::to_ascii_lowercase) == first && same_name(p, bare))
        };
        let arguments = self.container.0.get("args");
        let command = self.container.0.get("command");
        arguments.items().chain(command.items()).find(|n| n.str().is_some_and(alike)).unwrap_or(if arguments.is_set() {
            arguments
        } else {
            command
        })
    }

    /// For a profile that believes no label: what is a cache by its label alone is a server.
    pub(super) fn forget_label(&mut self) {
        if std::mem::take(&mut self.is_cache_by_label) {
            self.role = Role::Server;
        }
    }

    /// True when the engine is meant to keep data: always for most, and for redis and its like only where the spec asks for it.
    #[must_use]
    pub fn keeps_data(&self) -> bool {
        self.workload.data_label() != Some(DataLabel::Cache) && self.asks_to_keep_data()
    }

    /// The same, whatever its author's label says.
    fn asks_to_keep_data(&self) -> bool {
        if self.engine.class == Class::Cache {
            return false;
        }
        let facts = &self.engine.data;
        match facts.keeps {
            Keeps::Always => true,
            Keeps::Never => false,
            Keeps::WhenAsked => {
                let asked = facts.asked_by.iter().any(|c| self.holds(c));
                // Who mounts a claim wants to keep something, also where it is mounted in the wrong place.
                let mounts = self.data.is_kept() || matches!(self.data, DataPlace::Beside { .. });
                let only_warms = || facts.cache_by.iter().any(|c| self.holds(c));
                (mounts || (asked && !only_warms())) && !facts.declined_by.iter().any(|c| self.holds(c))
            }
        }
    }

    /// True when the spec tells an engine that keeps data where it is asked to that it is to keep none (`--save ""`).
    #[must_use]
    pub fn declines_to_keep_data(&self) -> bool {
        let facts = &self.engine.data;
        facts.keeps == Keeps::WhenAsked && facts.declined_by.iter().any(|c| self.holds(c))
    }

    /// True when the server writes nothing to disk on purpose.
    #[must_use]
    pub fn is_in_memory(&self) -> bool {
        self.engine.data.in_memory.iter().any(|c| self.holds(c))
    }

    /// True for a database that is meant to go: in a bare Pod that is never restarted, inside a Job, or labelled so (`label` is
    /// what the profile believes).
    #[must_use]
    pub fn is_meant_to_go(&self, label: Option<DataLabel>) -> bool {
        let owner = super::Owner::of(self.workload.object);
        let bare = self.workload.kind == super::Kind::Pod && owner.is_none();
        let of_job = owner.is_some_and(|o| o.group() == "batch" && o.kind == "Job");
        (bare && self.pod.restart_policy() == "Never")
            || of_job
            || self.workload.kind.runs_to_completion()
            || label == Some(DataLabel::Ephemeral)
    }

    /// True when the spec shows that configuration comes from somewhere that it does not show: a mounted file or folder beside
    /// the data, a Vault agent, a secrets store.
    #[must_use]
    pub fn has_mounted_configuration(&self) -> bool {
        *self.memo.has_mounted_configuration.get_or_init(|| self.looks_for_mounted_configuration())
    }

    fn looks_for_mounted_configuration(&self) -> bool {
        let mut mounts = self.container.mounts().filter(|mount| mount.get("mountPath").str() != Some(ACCOUNT));
        let content = mounts.any(|mount| {
            mount
                .get("name")
                .str()
                .and_then(|name| self.pod.volume(name))
                .is_some_and(|v| v.kind == super::VolumeKind::Content)
        });
        let config_flags = self.engine.facts.authentication.iter().flat_map(|a| &a.config_flags);
        content
            || is_configured_elsewhere(self.engine, self.pod, self.container, &self.options, &self.script)
            || config_flags.into_iter().any(|f| self.option(f).is_some())
    }
}
