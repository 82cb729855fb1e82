//! What the ConfigMaps of a run say about a server's memory: variables taken from them, and configuration files.
use super::{
    MemoryNeed, MemoryPart, MemorySource,
    spelled::{Read, read},
};
use crate::{
    engines::schema::MemoryTerm,
    facts::ConfigMapFacts,
    text::{command::same_name, memory::Amount},
    tree::Node,
    view::{Database, Var, beside::config_map_of, credentials::touches},
};

/// A look into a ConfigMap, by its name; `None` where nobody knows what it says.
pub type ConfigLook<'l, 'f> = &'l dyn Fn(&str) -> Option<&'f ConfigMapFacts>;

impl<'t> Database<'t> {
    /// As [`Database::memory_need`], with what ConfigMaps say that somebody can look into.
    #[must_use]
    pub fn memory_need_beside(&self, look: ConfigLook<'_, '_>) -> Option<MemoryNeed<'t>> {
        let mut need = self.memory_need()?;
        for (part, term) in need.parts.iter_mut().zip(&need.facts.terms) {
            let is_open = matches!(part.source, MemorySource::Hidden | MemorySource::Default | MemorySource::Unset);
            // An option comes before any file.
            if !is_open || term.flags.iter().any(|flag| self.option(flag).is_some()) {
                continue;
            }
            if let Some((map, amount)) = self.in_variables(term, look).or_else(|| self.in_files(term, look)) {
                (part.source, part.amount) = (MemorySource::InConfigMap(map), amount);
            }
        }
        Some(need)
    }

    fn in_variables(&self, term: &MemoryTerm, look: ConfigLook<'_, '_>) -> Option<(&'t str, Amount)> {
        let taken = |name: &str| {
            if let Some(var) = self.given(name) {
                let (map, key) = Var::config_map_source(var)?;
                return Some((map, look(map)?.get(key)?));
            }
            let sources = self.container.0.get("envFrom").items();
            sources
                .filter_map(|source| {
                    let map = source.path("configMapRef.name").str()?;
                    let key = name.strip_prefix(source.get("prefix").text())?;
                    Some((map, look(map)?.get(key)?))
                })
                .last()
        };
        let found = term.variables.iter().find_map(|name| taken(name));
        let (map, text) = found?;
        amount(text, term).map(|amount| (map, amount))
    }

    fn in_files(&self, term: &MemoryTerm, look: ConfigLook<'_, '_>) -> Option<(&'t str, Amount)> {
        self.container.mounts().find_map(|mount| {
            let source = config_map_of(self.pod.volume(mount.get("name").str()?)?)?;
            let name = source.get("name").str()?;
            let map = look(name)?;
            let path = mount.get("mountPath").str()?.trim_end_matches('/');
            let texts = map.data.iter().filter_map(|(key, text)| {
                let file = file_of(key, source)?;
                let full = match mount.get("subPath").str() {
                    Some(own) if own == file => path.to_owned(),
                    Some(_) => return None,
                    None => format!("{path}/{file}"),
                };
                self.reads_configuration_at(&full).then_some(text)
            });
            texts.filter_map(|text| in_text(text, term)).next_back().map(|amount| (name, amount))
        })
    }

    /// True for a file that the server reads its settings from.
    fn reads_configuration_at(&self, path: &str) -> bool {
        let own = self.engine.facts.configuration.iter().flat_map(|c| &c.paths);
        let named = |flag: &String| self.option(flag).and_then(|s| s.value()).is_some_and(|v| touches(v, path));
        own.into_iter().any(|own| touches(own, path))
            || self.engine.data.config_flags.iter().any(named)
            || self.script.calls().flat_map(|call| call.words()).any(|word| word.text == path)
    }
}

impl<'t> MemoryPart<'t> {
    /// The ConfigMap that says how much, where one does.
    #[must_use]
    pub fn config_map(&self) -> Option<&'t str> {
        match self.source {
            MemorySource::InConfigMap(name) => Some(name),
            _ => None,
        }
    }
}

/// The name under which a volume shows a key.
fn file_of<'k>(key: &'k str, source: Node<'k>) -> Option<&'k str> {
    let mut items = source.get("items").items().peekable();
    if items.peek().is_none() {
        return Some(key);
    }
    items.find(|item| item.get("key").str() == Some(key))?.get("path").str()
}

fn amount(text: &str, term: &MemoryTerm) -> Option<Amount> {
    match read(text.trim(), term) {
        Read::Amount(amount) => Some(amount),
        Read::OtherThings | Read::Unreadable => None,
    }
}

/// What a configuration file says: `name = value`, `name: value`, `name value`, or an option of the Java virtual machine on a line of its
/// own. Of several the last one counts.
fn in_text(text: &str, term: &MemoryTerm) -> Option<Amount> {
    let says = |line: &str| {
        let line = line.trim();
        if let Some(after) = &term.after {
            return if line.starts_with(after.as_str()) { amount(line, term) } else { None };
        }
        let end = line.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '-' | '.'))?;
        let (name, rest) = line.split_at_checked(end)?;
        let names =
            term.flags.iter().map(|flag| flag.trim_start_matches('-')).chain(term.settings.iter().map(|s| &**s));
        if !names.into_iter().any(|own| same_name(own, name)) {
            return None;
        }
        let value = rest.split(" #").next().unwrap_or(rest).trim_start();
        let value = value.strip_prefix(['=', ':']).unwrap_or(value).trim();
        amount(value.trim_matches(['"', '\'']), term)
    };
    text.lines().filter_map(says).next_back()
}
