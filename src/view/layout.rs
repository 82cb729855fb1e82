//! Settings that data on disk was made with, before and after an UPDATE.
use super::Database;
use crate::{
    engines::{
        VersionRange,
        schema::{Options, Switch, Turns},
    },
    tree::Node,
};

/// A setting that no longer is what the data was made with.
#[derive(Debug, Clone)]
pub struct LayoutChange<'t> {
    /// What the engine file says about it.
    pub switch: &'t Switch,
    /// Where it stands; where it no longer does, its list.
    pub at: Node<'t>,
    /// The option or variable.
    pub name: &'t str,
    /// What it was by default, where neither says a word and the version changes it.
    pub was_by_default: Option<String>,
    /// False where the fact is doubtful, or one of the two values is not shown: nothing is denied then.
    pub is_certain: bool,
}

/// What a spec says for an option or a variable.
#[derive(Debug, Clone, Copy)]
enum Said<'v> {
    Is(&'v str),
    /// Made of variables, or put in by the shell.
    MadeOf(&'v str),
    /// Taken from elsewhere.
    From(Node<'v>),
}

impl<'t> Database<'t> {
    /// The settings of [`Turns::DataLayout`] that changed since `old`, a database of the same engine.
    #[must_use]
    pub fn layout_changes(&self, old: &Database<'_>) -> Vec<LayoutChange<'t>> {
        let mut changes = Vec::new();
        let mut seen: Vec<&str> = Vec::new();
        for switch in self.engine.switches(Turns::DataLayout) {
            // An option and its variable do the same, and are one setting.
            if !seen.contains(&switch.does.as_str()) {
                seen.push(&switch.does);
                changes.extend(self.layout_change(old, switch));
            }
        }
        changes
    }

    fn layout_change(&self, old: &Database<'_>, first: &'t Switch) -> Option<LayoutChange<'t>> {
        let group = || self.engine.switches(Turns::DataLayout).filter(|s| s.does == first.does);
        let was = group().find_map(|s| Some((s, old.said(s)?)));
        let is = group().find_map(|s| Some((s, self.said(s)?)));
        // Where neither says a word, what changed is the image's own value.
        let switch = is.or(was).map_or(first, |(switch, _)| switch);
        // Each packaging has its own.
        let is_same = |s: &&Switch| s.flag == switch.flag && s.variable == switch.variable;
        let usual_was = old.engine.switches(Turns::DataLayout).find(is_same).and_then(|s| old.usual_value_of(s));
        let usual_is = self.usual_value_of(switch);
        let (was, is) = (was.map(|(_, said)| said), is.map(|(_, said)| said));
        let version =
            switch.versions.as_ref().map_or(Some(true), |r| self.version.as_ref().and_then(|v| r.contains(v)));
        let holds = |conditions: &[_]| conditions.iter().any(|c| self.holds(c));
        let is_moot = holds(&switch.unless) || !(switch.only_with.is_empty() || holds(&switch.only_with));
        if version == Some(false) || is_moot {
            return None;
        }
        let is_certain =
            differs(switch, Sides { said: was, default: usual_was }, Sides { said: is, default: usual_is })?;
        // What is not said may be said in a file, or stand in an image that somebody has built upon the known one.
        let may_be_otherwise = |database: &Database<'_>| database.is_configured_elsewhere() || !database.image_is_known;
        let is_elsewhere = (was.is_none() && may_be_otherwise(old)) || (is.is_none() && may_be_otherwise(self));
        if was.is_none() && is.is_none() && is_elsewhere {
            return None;
        }
        let (at, name) = self.place_of_switch(switch);
        let is_certain = is_certain && !is_elsewhere && version.is_some() && !switch.doubtful;
        let was_by_default = usual_was.filter(|_| was.is_none() && is.is_none()).map(str::to_owned);
        Some(LayoutChange { switch, at, name, was_by_default, is_certain })
    }

    /// The value of a setting that nobody gives.
    fn usual_value_of<'s>(&self, switch: &'s Switch) -> Option<&'s str> {
        let version = self.version.as_ref();
        let holds = |range: &VersionRange| version.and_then(|version| range.contains(version)) == Some(true);
        let by_version = switch.default_by_version.iter().find(|default| holds(&default.versions));
        by_version.map(|default| default.value.as_str()).or(switch.default.as_deref())
    }

    fn said(&self, switch: &Switch) -> Option<Said<'_>> {
        let by_name = |name: &str| {
            let var = self.given(name)?;
            Some(match (var.literal(), var.value().str().filter(|v| !v.is_empty())) {
                (Some(value), _) => Said::Is(value),
                (None, Some(value)) => Said::MadeOf(value),
                (None, None) => Said::From(var.value_from()),
            })
        };
        let Some(flag) = switch.flag.as_deref() else { return by_name(switch.variable.as_deref()?) };
        let Some(setting) = self.option(flag) else {
            return if self.engine.options == Options::Elastic { by_name(flag) } else { None };
        };
        Some(match (setting.value(), setting.word()) {
            (Some(value), _) => Said::Is(value),
            (None, Some(word)) => Said::MadeOf(&word.text),
            (None, None) => Said::Is("true"),
        })
    }

    fn place_of_switch(&self, switch: &'t Switch) -> (Node<'t>, &'t str) {
        let named = switch.flag.as_deref().or(switch.variable.as_deref()).unwrap_or("");
        let var = self.container.var(named).map(|v| if v.value().is_set() { v.value() } else { v.value_from() });
        let place = match (&switch.flag, var) {
            (_, Some(at)) => at,
            (Some(flag), None) => self.place_of_option(flag),
            (None, None) => self.container.0.get("env"),
        };
        (place, named)
    }
}

/// What a spec says, and what holds where it says nothing.
#[derive(Debug, Clone, Copy)]
struct Sides<'v> {
    said: Option<Said<'v>>,
    default: Option<&'v str>,
}

impl<'v> Sides<'v> {
    fn value(self) -> Option<Said<'v>> {
        self.said.or(self.default.map(Said::Is))
    }

    fn is_known(self) -> bool {
        matches!(self.value(), Some(Said::Is(_)))
    }
}

/// `None` where nothing changed that matters; otherwise whether both values are known.
fn differs(switch: &Switch, was: Sides<'_>, is: Sides<'_>) -> Option<bool> {
    if was.said.is_none() && switch.may_be_added {
        return None;
    }
    // To take away what may be added is a step of maintenance.
    let is_taken_away = is.said.is_none() && switch.may_be_added;
    let same = match (was.value(), is.value()) {
        (Some(Said::Is(a)), Some(Said::Is(b))) => is_same(a, b),
        (Some(Said::MadeOf(a)), Some(Said::MadeOf(b))) => a == b,
        (Some(Said::From(a)), Some(Said::From(b))) => a.same(b),
        (None, None) => true,
        // Where neither says a word, a default that only one version is known for tells nothing.
        _ => was.said.is_none() && is.said.is_none(),
    };
    if same {
        return None;
    }
    let counts = match is.value() {
        Some(Said::Is(value)) => switch.values.is_empty() || switch.values.iter().any(|v| is_same(v, value)),
        _ => true,
    };
    counts.then(|| was.is_known() && is.is_known() && !is_taken_away)
}

/// True for two spellings of one value: `on` and `1`, `16k` and `16384`.
fn is_same(a: &str, b: &str) -> bool {
    let (a, b) = (a.trim(), b.trim());
    let switch = |text: &str| match text.to_ascii_lowercase().as_str() {
        "1" | "on" | "yes" | "true" => Some(true),
        "0" | "off" | "no" | "false" => Some(false),
        _ => None,
    };
    let number = |text: &str| {
        let (digits, factor) = match text.as_bytes().last() {
            Some(b'k' | b'K') => (text.get(..text.len() - 1), 1 << 10),
            Some(b'm' | b'M') => (text.get(..text.len() - 1), 1 << 20),
            _ => (Some(text), 1_i64),
        };
        digits.and_then(|digits| digits.parse::<i64>().ok()).and_then(|n| n.checked_mul(factor))
    };
    a == b || (switch(a).is_some() && switch(a) == switch(b)) || (number(a).is_some() && number(a) == number(b))
}

#[cfg(test)]
mod tests {
    use super::is_same;

    #[test]
    fn spellings() {
        for (a, b, expected) in [
            ("16k", "16384", true),
            ("on", "1", true),
            ("yes", "TRUE", true),
            ("orders", "orders ", true),
            ("orders", "Orders", false),
            ("0", "1", false),
            ("16k", "32k", false),
            ("9223372036854775807k", "1", false),
        ] {
            assert_eq!(is_same(a, b), expected, "{a} {b}");
        }
    }
}
