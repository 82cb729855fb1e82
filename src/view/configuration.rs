//! What ConfigMaps tell a server: variables taken from them, and the files that it reads its settings from.
use super::{Database, Var, beside::config_map_of, credentials::touches};
use crate::{facts::ConfigMapFacts, text::command::same_name, tree::Node};

/// A look into a ConfigMap, by its name; `None` where nobody knows what it says.
pub type ConfigLook<'l, 'f> = &'l dyn Fn(&str) -> Option<&'f ConfigMapFacts>;

/// A text that a ConfigMap gives the server.
#[derive(Debug, Clone, Copy)]
pub(super) struct Given<'t, 'f> {
    /// Where the spec names the ConfigMap.
    pub(super) at: Node<'t>,
    /// Its name.
    pub(super) map: &'t str,
    /// The text. It may be secret: never print it.
    pub(super) text: &'f str,
}

impl<'t> Database<'t> {
    /// The value that a variable takes from a ConfigMap.
    pub(super) fn variable_beside<'f>(&self, name: &str, look: ConfigLook<'_, 'f>) -> Option<Given<'t, 'f>> {
        let given = |at: Node<'t>, map: &'t str, key: &str| {
            let text = look(map)?.get(key)?;
            Some(Given { at, map, text })
        };
        if let Some(var) = self.given(name) {
            let (map, key) = Var::config_map_source(var)?;
            return given(var.value_from(), map, key);
        }
        let sources = self.container.0.get("envFrom").items();
        let from = |source: Node<'t>| {
            let at = source.path("configMapRef.name");
            given(at, at.str()?, name.strip_prefix(source.get("prefix").text())?)
        };
        sources.filter_map(from).last()
    }

    /// True where a variable may come from a Secret as a whole, or from a ConfigMap that nobody can look into.
    pub(super) fn is_fed_out_of_sight(&self, look: ConfigLook<'_, '_>) -> bool {
        let mut sources = self.container.0.get("envFrom").items();
        sources.any(|source| source.path("configMapRef.name").str().is_none_or(|map| look(map).is_none()))
    }

    /// The files of ConfigMaps that the server reads its settings from.
    pub(super) fn files_beside<'f>(&self, look: ConfigLook<'_, 'f>) -> Vec<Given<'t, 'f>> {
        let mut files = Vec::new();
        for mount in self.container.mounts() {
            let Some(source) = mount.get("name").str().and_then(|name| config_map_of(self.pod.volume(name)?)) else {
                continue;
            };
            let at = source.get("name");
            let Some((name, map)) = at.str().and_then(|name| Some((name, look(name)?))) else { continue };
            let path = mount.get("mountPath").text().trim_end_matches('/');
            for (key, text) in &map.data {
                let Some(file) = file_of(key, source) else { continue };
                let full = match mount.get("subPath").str() {
                    Some(own) if own == file => path.to_owned(),
                    Some(_) => continue,
                    None => format!("{path}/{file}"),
                };
                if self.reads_configuration_at(&full) {
                    files.push(Given { at, map: name, text });
                }
            }
        }
        files
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

/// The name under which a volume shows a key.
fn file_of<'k>(key: &'k str, source: Node<'k>) -> Option<&'k str> {
    let mut items = source.get("items").items().peekable();
    if items.peek().is_none() {
        return Some(key);
    }
    items.find(|item| item.get("key").str() == Some(key))?.get("path").str()
}

/// What a line of a configuration file sets: `name = value`, `name: value`, `name value`; an empty value where the name stands alone.
pub(super) fn setting_of(line: &str) -> Option<(&str, &str)> {
    let line = line.trim();
    let end = line.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '-' | '.')).unwrap_or(line.len());
    let (name, rest) = line.split_at_checked(end).filter(|(name, _)| !name.is_empty())?;
    let value = rest.split(" #").next().unwrap_or(rest).trim_start();
    let value = value.strip_prefix(['=', ':']).unwrap_or(value).trim();
    Some((name, value.trim_matches(['"', '\''])))
}

/// The same option, with its dashes or without.
pub(super) fn is_setting(name: &str, option: &str) -> bool {
    same_name(option.trim_start_matches('-'), name)
}
