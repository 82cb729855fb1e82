//! The directories that a server writes to: what an option says comes before a variable, and a variable before the image.
use super::{
    Container,
    condition::{self, Value, holds},
    options::Options,
};
use crate::{engines::schema, text::command::Script};

/// The directories that a server writes to: one, for nearly all.
pub(super) enum Directories {
    /// Known.
    At(Vec<String>),
    /// Taken from somewhere that the spec does not show.
    Unknown,
}

impl Directories {
    fn one(path: &str) -> Self {
        Self::At(vec![trimmed(path)])
    }

    /// What a setting says: a path, or several between commas; behind one of `heads` where it takes other things as well.
    fn of(value: &str, heads: &[String]) -> Self {
        let after = |head: &String| value.split(',').find_map(|part| part.trim().strip_prefix(head.as_str()));
        let value = heads.iter().find_map(after).unwrap_or(value);
        let mut parts = value.split(',').map(str::trim).peekable();
        if parts.peek().is_none_or(|first| !first.starts_with('/')) {
            return Self::Unknown;
        }
        Self::At(parts.filter(|part| part.starts_with('/')).map(trimmed).collect())
    }
}

/// What moves the data comes before what its image says.
pub(super) fn directories(
    data: &schema::Data,
    container: Container<'_>,
    options: &Options<'_>,
    script: &Script<'_>,
) -> Directories {
    if data.unknown {
        return Directories::Unknown;
    }
    for flag in &data.flags {
        if let Some(value) = condition::option(flag, container, options) {
            let Value::Shown(value) = value else { return Directories::Unknown };
            return Directories::of(value, &data.path_after);
        }
    }
    let argument = script.calls().flat_map(|call| call.words()).find_map(|word| {
        let path = data.path_after.iter().find_map(|before| word.text.strip_prefix(before.as_str()))?;
        Some(if word.literal && path.starts_with('/') { Directories::one(path) } else { Directories::Unknown })
    });
    if let Some(directories) = argument {
        return directories;
    }
    let own = data.variables.iter().map(|name| (name, None));
    for (name, folder) in own.chain(data.inside.iter().map(|i| (&i.variable, Some(&i.folder)))) {
        if let Some(var) = container.var(name).filter(|v| v.is_given()) {
            return match (var.literal().map(|value| Directories::of(value, &data.path_after)), folder) {
                (Some(Directories::At(around)), Some(folder)) => {
                    Directories::At(around.iter().map(|path| format!("{path}/{folder}")).collect())
                }
                (Some(directories), None) => directories,
                _ => Directories::Unknown,
            };
        }
    }
    if data.config_flags.iter().any(|flag| options.get(flag).is_some()) {
        return Directories::Unknown;
    }
    if let Some(other) = data.elsewhere.iter().find(|e| holds(&e.when, container, options)) {
        return Directories::one(&other.directory);
    }
    // A variable or a file that nobody sees here may still move it. People rarely do so, and the default stands for messages about
    // mounts that cover it; nothing is concluded from the absence of such a mount (see `resolve`).
    let usual = data.directory.as_deref().or(data.in_working_directory.as_deref());
    usual.map_or(Directories::Unknown, Directories::one)
}

/// Without slashes at the end.
pub(super) fn trimmed(path: &str) -> String {
    let path = path.trim_end_matches('/');
    if path.is_empty() { "/".to_owned() } else { path.to_owned() }
}
