//! Where a value is: as RFC 6901 writes it, and as people and the ratchet know it.
use std::borrow::Cow;

use super::{Id, Key, Node, Tree, Type};

/// Both names of one place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// RFC 6901, from the top of the object: `/spec/containers/0/env`.
    pub pointer: String,
    /// By merge key: `spec.containers[mysql].env[MYSQL_ROOT_PASSWORD].value`. Survives reordering.
    pub stable: String,
}

/// The fields that identify an element of the list called `list`, as the API's merge keys do; empty where nothing does.
#[must_use]
pub fn merge_key(list: &str) -> &'static [&'static str] {
    match list {
        "containers" | "initContainers" | "ephemeralContainers" | "volumes" | "env" | "imagePullSecrets" => &["name"],
        "volumeMounts" => &["mountPath"],
        "volumeDevices" => &["devicePath"],
        "volumeClaimTemplates" => &["metadata", "name"],
        "ports" => &["containerPort", "protocol"],
        _ => &[],
    }
}

/// What identifies an element of the list `list`: `None` where nothing does, or where the element lacks it.
fn identity(list: &str, element: Node<'_>) -> Option<String> {
    match merge_key(list) {
        [] => None,
        ["metadata", name] => element.get("metadata").get(name).str().map(str::to_owned),
        [name] => element.get(name).str().map(str::to_owned),
        _ => {
            let port = element.get("containerPort").i64().or_else(|| element.get("port").i64())?;
            Some(format!("{port}/{}", element.get("protocol").str().unwrap_or("TCP")))
        }
    }
}

/// Whether `name` identifies an element of the list `list`; see [`identity`].
fn is_identified(list: &str, element: Node<'_>, name: &str) -> bool {
    match merge_key(list) {
        ["metadata", key] => element.get("metadata").get(key).str() == Some(name),
        [key] => element.get(key).str() == Some(name),
        _ => identity(list, element).as_deref() == Some(name),
    }
}

fn escape(step: &str) -> Cow<'_, str> {
    if step.contains(['~', '/']) { step.replace('~', "~0").replace('/', "~1").into() } else { step.into() }
}

/// The steps of an RFC 6901 pointer, still escaped.
fn steps(pointer: &str) -> impl Iterator<Item = &str> {
    #[expect(clippy::manual_pattern_char_comparison, reason = "the search for a character is made for longer texts")]
    pointer.split(|c| c == '/').skip(1)
}

/// The steps of an RFC 6901 pointer, as they are.
pub(crate) fn unescaped_steps(pointer: &str) -> impl Iterator<Item = String> {
    steps(pointer).map(|step| unescape(step).into_owned())
}

impl<'t> Node<'t> {
    /// The value behind one step of an RFC 6901 pointer, still escaped; `None` when it does not exist.
    pub(crate) fn step(self, raw: &str) -> Option<Self> {
        let step = unescape(raw);
        if self.type_of() == Type::List {
            let position: u32 = step.parse().ok()?;
            return self
                .children()
                .find(|(_, e)| matches!(e.key, Key::Index(i) if i == position))
                .map(|(at, _)| Node::at(self.tree, at));
        }
        self.child(&step).map(|at| Node::at(self.tree, at))
    }

    fn chain(self) -> Vec<Id> {
        let mut ids = Vec::with_capacity(12);
        let mut id = self.at;
        while !self.tree.is_top(id) {
            ids.push(id);
            let Some(entry) = self.tree.entry(id) else { break };
            id = entry.parent;
        }
        ids.reverse();
        ids
    }

    /// Both names of this place.
    #[must_use]
    pub fn place(self) -> Place {
        let chain = self.chain();
        Place { pointer: self.pointer_of(&chain), stable: self.stable_of(&chain) }
    }

    /// RFC 6901, from the top of the object.
    #[must_use]
    pub fn pointer(self) -> String {
        self.pointer_of(&self.chain())
    }

    fn pointer_of(self, chain: &[Id]) -> String {
        let mut out = String::with_capacity(64);
        for id in chain {
            out.push('/');
            match self.tree.entry(*id).map(|e| &e.key) {
                Some(Key::Name(name)) => out.push_str(&escape(name)),
                Some(Key::Index(index)) => out.push_str(&index.to_string()),
                None => {}
            }
        }
        for step in self.absent_steps() {
            out.push('/');
            out.push_str(&escape(step));
        }
        out
    }

    /// By merge key, as people name it. An element of a list without a merge key is named as its list.
    #[must_use]
    pub fn stable(self) -> String {
        self.stable_of(&self.chain())
    }

    fn stable_of(self, chain: &[Id]) -> String {
        let mut out = String::with_capacity(64);
        let mut list = "";
        let step = |out: &mut String, name: &str| {
            if !out.is_empty() {
                out.push('.');
            }
            // A key with a dot in it (a label, an annotation) is set apart, or the place could not be read back.
            if name.contains(['.', '[', ']']) {
                out.push_str(&format!("{name:?}"));
            } else {
                out.push_str(name);
            }
        };
        for id in chain {
            match self.tree.entry(*id).map(|e| &e.key) {
                Some(Key::Name(name)) => {
                    list = name;
                    step(&mut out, name);
                }
                Some(Key::Index(_)) => {
                    if let Some(name) = identity(list, Node::at(self.tree, *id)) {
                        out.push('[');
                        out.push_str(&name);
                        out.push(']');
                    }
                }
                None => {}
            }
        }
        for name in self.absent_steps() {
            step(&mut out, name);
        }
        out
    }
}

impl<'a> Tree<'a> {
    /// The node at an RFC 6901 pointer below `from`; `None` when it does not exist.
    #[must_use]
    pub fn at_pointer<'t>(&'t self, from: Node<'t>, pointer: &str) -> Option<Node<'t>> {
        steps(pointer).try_fold(from, Node::step)
    }

    /// The node at a stable place below `from`, for the places that fixtures and annotations name; `None` when the words cannot be read.
    /// A list element that does not exist gives `None`; an absent field gives an absent node.
    #[must_use]
    pub fn at_stable<'t>(&'t self, from: Node<'t>, stable: &'t str) -> Option<Node<'t>> {
        let mut node = from;
        let mut rest = stable;
        while !rest.is_empty() {
            if let Some(inner) = rest.strip_prefix('[') {
                let (name, after) = inner.split_once(']')?;
                let list = node.key()?;
                node = node.items().find(|n| is_identified(list, *n, name))?;
                rest = after.strip_prefix('.').unwrap_or(after);
                continue;
            }
            if let Some(inner) = rest.strip_prefix('"') {
                let (name, after) = inner.split_once('"')?;
                node = node.get(name);
                rest = after.strip_prefix('.').unwrap_or(after);
                continue;
            }
            // Names up to the next one that is set apart.
            let end = [rest.find('['), rest.find(".\"")].into_iter().flatten().min().unwrap_or(rest.len());
            let (names, after) = rest.split_at(end);
            node = node.path(names);
            rest = after.strip_prefix('.').unwrap_or(after);
        }
        Some(node)
    }
}

pub(crate) fn unescape(step: &str) -> Cow<'_, str> {
    if step.contains('~') { step.replace("~1", "/").replace("~0", "~").into() } else { step.into() }
}
