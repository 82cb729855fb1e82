//! What the ConfigMaps of a run say about a server's memory: variables taken from them, and configuration files.
use super::{
    MemoryNeed, MemoryPart, MemorySource,
    spelled::{Read, read},
};
use crate::{
    engines::schema::MemoryTerm,
    text::memory::Amount,
    view::{
        ConfigLook, Database,
        configuration::{is_setting, setting_of},
    },
};

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
        let given = term.variables.iter().find_map(|name| self.variable_beside(name, look))?;
        amount(given.text, term).map(|amount| (given.map, amount))
    }

    fn in_files(&self, term: &MemoryTerm, look: ConfigLook<'_, '_>) -> Option<(&'t str, Amount)> {
        let files = self.files_beside(look);
        // Of several files of one ConfigMap the last one counts, and of several ConfigMaps the first.
        let found: Vec<_> = files.iter().filter_map(|file| Some((file.map, in_text(file.text, term)?))).collect();
        let (first, _) = found.first()?;
        found.iter().rfind(|(map, _)| map == first).copied()
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

fn amount(text: &str, term: &MemoryTerm) -> Option<Amount> {
    match read(text.trim(), term) {
        Read::Amount(amount) => Some(amount),
        Read::OtherThings | Read::Unreadable => None,
    }
}

/// What a configuration file says, or an option of the Java virtual machine on a line of its own. Of several the last one counts.
fn in_text(text: &str, term: &MemoryTerm) -> Option<Amount> {
    let says = |line: &str| {
        if let Some(after) = &term.after {
            let line = line.trim();
            return if line.starts_with(after.as_str()) { amount(line, term) } else { None };
        }
        let (name, value) = setting_of(line)?;
        let mut names = term.flags.iter().chain(&term.settings);
        if names.any(|own| is_setting(name, own)) { amount(value, term) } else { None }
    };
    text.lines().filter_map(says).next_back()
}
