//! Everything that a container's spec has run: its own command, probes, hooks.
use super::Container;
use std::sync::Arc;

use super::Detected;
use crate::{text::command::Script, tree::Node};

/// When a command runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// As the container.
    Main,
    /// Again and again, as a probe.
    Probe,
    /// Once, as a hook.
    Hook,
}

/// A command of a container.
#[derive(Debug)]
pub struct Execution<'t> {
    /// When it runs.
    pub occasion: Occasion,
    /// What it is.
    pub script: Arc<Script<'t>>,
    lists: [Node<'t>; 2],
    field: &'static str,
}

/// A container, and everything that its spec has run.
#[derive(Debug)]
pub struct Executions<'t> {
    /// The container.
    pub container: Container<'t>,
    /// The container itself first. What is left to the image is not among them.
    pub all: Vec<Execution<'t>>,
    /// Its position among those that were looked at; `None` for an init container that ends.
    pub detected: Option<usize>,
}

impl<'t> Executions<'t> {
    /// Reads what `container` runs; its own script was read already where it was looked at.
    pub(super) fn of(container: Container<'t>, detected: Option<(usize, &Detected<'t>)>) -> Self {
        let script = detected.map(|(_, d)| Arc::clone(&d.script));
        Self { container, all: container.executions(script).collect(), detected: detected.map(|(at, _)| at) }
    }
}

const PROBES: [&str; 3] = ["livenessProbe", "readinessProbe", "startupProbe"];
const HOOKS: [&str; 2] = ["postStart", "preStop"];

impl<'t> Container<'t> {
    /// The commands of its probes and hooks.
    pub fn errands(self) -> impl Iterator<Item = Execution<'t>> + use<'t> {
        // Most containers have few of them: what is absent is asked no further.
        let of = |above: Node<'t>, occasion: Occasion, field: &'static str| {
            let command = Some(above.get(field)).filter(|at| at.is_set())?.path("exec.command");
            command.items().next()?;
            let script = Arc::new(Script::of(command.strs(), []));
            Some(Execution { occasion, script, lists: [command, command.get("")], field })
        };
        let probes = PROBES.into_iter().filter_map(move |field| of(self.0, Occasion::Probe, field));
        let lifecycle = Some(self.0.get("lifecycle")).filter(|at| at.is_set());
        let hooks = lifecycle.into_iter().flat_map(|at| HOOKS.into_iter().map(move |field| (at, field)));
        probes.chain(hooks.filter_map(move |(at, field)| of(at, Occasion::Hook, field)))
    }

    fn executions(self, own: Option<Arc<Script<'t>>>) -> impl Iterator<Item = Execution<'t>> + use<'t> {
        let lists = [self.0.get("command"), self.0.get("args")];
        let [command, args] = lists;
        let is_said = lists.iter().any(|list| list.items().next().is_some());
        let main = is_said.then(|| {
            let script = own.unwrap_or_else(|| Arc::new(Script::of(command.strs(), args.strs())));
            Execution { occasion: Occasion::Main, script, lists, field: "" }
        });
        main.into_iter().chain(self.errands())
    }
}

impl<'t> Execution<'t> {
    /// Its words, as they stand in the spec.
    pub fn words(&self) -> impl Iterator<Item = &'t str> + use<'t> {
        let [command, args] = self.lists;
        command.items().chain(args.items()).filter_map(Node::str)
    }

    /// The word in which `text` stands; the whole list where it cannot be told, because quotes or escapes are in between.
    #[must_use]
    pub fn place_of(&self, text: &str) -> Node<'t> {
        let [command, args] = self.lists;
        let words = || args.items().chain(command.items());
        let is_it = |n: &Node<'t>| n.str().is_some_and(|s| s.contains(text));
        words().find(|n| n.str() == Some(text)).or_else(|| words().find(is_it)).unwrap_or(if args.is_set() {
            args
        } else {
            command
        })
    }

    /// The field of the container that a place of this command is in: `args`, `livenessProbe`, `preStop`.
    #[must_use]
    pub fn field_of(&self, place: Node<'t>) -> &'t str {
        if self.occasion != Occasion::Main {
            return self.field;
        }
        place.key().or_else(|| place.parent().and_then(Node::key)).unwrap_or("command")
    }
}
