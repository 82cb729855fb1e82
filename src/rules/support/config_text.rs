//! Passwords in the texts of ConfigMaps.
use super::placeholders::{Placeholder, without};
use crate::{
    engines::{Engine, Secrets},
    text::command::Script,
};

/// What begins a line that says nothing.
const COMMENTS: [&str; 6] = ["#", ";", "--", "//", "!", "<!--"];

/// Longer texts are not read.
const LONGEST: usize = 64 << 10;

/// True for a key that becomes a variable and holds a secret of the engine, or a connection string with a password.
pub(in crate::rules) fn is_secret_variable(key: &str, value: &str, engine: &Engine, secrets: &Secrets) -> bool {
    let is_named = secrets.is_secret_name(key) || engine.is_secret(key);
    (is_named && secrets.is_secret_value(value)) || (value.len() <= LONGEST && secrets.has_spelled_password(value))
}

/// True for a file with a password in it: as a setting of the server or of its clients, in a connection string, or in SQL. A value
/// that is one of `placeholders` is none: somebody puts something else there.
pub(in crate::rules) fn spells_a_password(
    key: &str,
    text: &str,
    engine: &Engine,
    secrets: &Secrets,
    placeholders: &[&Placeholder],
) -> bool {
    if text.len() > LONGEST {
        return false;
    }
    if !text.trim().contains('\n')
        && secrets.is_secret_name(key)
        && secrets.is_secret_value(&without(text.trim(), placeholders))
    {
        return true;
    }
    let is_script = text.starts_with("#!") || key.ends_with(".sh");
    let mut words: Vec<String> = engine.detect.servers.iter().take(1).cloned().collect();
    for line in text.lines().map(str::trim).filter(|line| !COMMENTS.iter().any(|mark| line.starts_with(mark))) {
        // What somebody fills in is no password.
        if line.is_empty() || line.contains(['$', '{']) || line.contains("%%") {
            continue;
        }
        let line = &*without(line, placeholders);
        if secrets.has_spelled_password(line) || in_sql(line) || in_element(line, secrets) {
            return true;
        }
        if !is_script {
            setting(line, &mut words);
        }
    }
    // The settings of a file are the options of the server, without their dashes.
    let script = Script::of(words.iter().map(String::as_str), std::iter::empty());
    secrets.exposed_in(&script, || &[]).iter().any(|exposed| exposed.is_spelled)
}

/// `name = value`, `name: value` and `name value`, as options.
fn setting(line: &str, words: &mut Vec<String>) {
    let end = line.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '-' | '.')).unwrap_or(line.len());
    let Some((name, rest)) = line.split_at_checked(end).filter(|(name, _)| !name.is_empty()) else { return };
    let rest = rest.trim_start();
    let (is_assigned, value) = match rest.strip_prefix('=').or_else(|| rest.strip_prefix(':')) {
        Some(value) => (true, value),
        None => (false, rest),
    };
    let value = value.trim().trim_matches(['"', '\'']);
    if value.is_empty() || value.contains(char::is_whitespace) {
        return;
    }
    if is_assigned {
        words.push(format!("--{name}={value}"));
    } else {
        words.extend([format!("--{name}"), value.to_owned()]);
    }
}

/// `IDENTIFIED BY 'x'`, `PASSWORD 'x'`.
fn in_sql(line: &str) -> bool {
    let upper = line.to_ascii_uppercase();
    ["IDENTIFIED BY '", "PASSWORD '"].iter().any(|mark| {
        let value = upper.split_once(mark).and_then(|(_, rest)| rest.split_once('\'')).map(|(value, _)| value);
        value.is_some_and(|value| !value.is_empty() && !value.starts_with(['<', ':']))
    })
}

/// `<password>x</password>`.
fn in_element(line: &str, secrets: &Secrets) -> bool {
    let element = || {
        let (name, rest) = line.strip_prefix('<')?.split_once('>')?;
        let (value, end) = rest.split_once("</")?;
        (end.trim_end_matches('>') == name).then_some((name, value))
    };
    element().is_some_and(|(name, value)| secrets.is_secret_name(name) && secrets.is_secret_value(value))
}
