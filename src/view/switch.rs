//! Options and variables that make something unsafe, where a spec has them.
use super::{
    ConfigLook, Database,
    configuration::{Given, is_setting, setting_of},
};
use crate::{
    engines::schema::{Options, Switch, Turns},
    tree::Node,
};

/// A switch that the spec throws.
#[derive(Debug, Clone, Copy)]
pub struct Thrown<'t> {
    /// What the engine file says about it.
    pub switch: &'t Switch,
    /// Where.
    pub at: Node<'t>,
    /// The option or variable.
    pub name: &'t str,
    /// False where the fact is doubtful, the value comes from elsewhere, or the version that has it is not known: nothing is
    /// denied then.
    pub is_certain: bool,
    /// The ConfigMap that says so, where the spec does not: it can be changed without the workload, so nothing is denied either.
    pub config_map: Option<&'t str>,
}

impl<'t> Database<'t> {
    /// The switches of one kind that the spec throws.
    pub fn thrown(&self, turns: Turns) -> impl Iterator<Item = Thrown<'t>> + use<'_, 't> {
        let engine = self.engine;
        engine.switches(turns).filter_map(|switch| self.look_at(switch))
    }

    /// The switches of one kind that ConfigMaps throw which somebody can look into: by a variable taken from them, or in a file that the
    /// server reads. What the spec itself says comes before either.
    pub fn thrown_beside(&self, turns: Turns, look: ConfigLook<'_, '_>) -> Vec<Thrown<'t>> {
        let switches: Vec<_> = self.engine.switches(turns).filter(|switch| !self.is_harmless(switch)).collect();
        if switches.is_empty() {
            return Vec::new();
        }
        let files = self.files_beside(look);
        let thrown = |switch: &'t Switch| {
            let in_file = || {
                let flag = switch.flag.as_deref().filter(|flag| self.option(flag).is_none())?;
                let file = files.iter().rfind(|file| file_says(file.text, flag, switch))?;
                Some((*file, flag))
            };
            let in_variable = || {
                let variable = switch.variable.as_deref()?;
                let given = self.variable_beside(variable, look).filter(|given| says(switch, Some(given.text)))?;
                let is_lifted = |name: &String| self.variable_beside(name, look).is_some();
                let mut lifted_by = switch.unless.iter().filter_map(|condition| condition.variable.as_ref());
                let may_be_lifted = !switch.unless.is_empty() && self.is_fed_out_of_sight(look);
                (!may_be_lifted && !lifted_by.any(is_lifted)).then_some((given, variable))
            };
            let (Given { at, map, .. }, name) = in_variable().or_else(in_file)?;
            Some(Thrown { switch, at, name, is_certain: false, config_map: Some(map) })
        };
        switches.into_iter().filter_map(thrown).collect()
    }

    /// Whether the version is one that a switch works in; `None` where that is not known.
    fn has_switch(&self, switch: &Switch) -> Option<bool> {
        match &switch.versions {
            None => Some(true),
            Some(range) => self.version.as_ref().and_then(|version| range.contains(version)),
        }
    }

    /// True where the version, or something else in the spec, takes its harm from a switch.
    fn is_harmless(&self, switch: &Switch) -> bool {
        self.has_switch(switch) == Some(false)
            || switch.unless.iter().any(|c| self.holds(c))
            || !self.meets(&switch.only_with)
    }

    fn look_at(&self, switch: &'t Switch) -> Option<Thrown<'t>> {
        let version = self.has_switch(switch);
        if version == Some(false) {
            return None;
        }
        let (at, name, is_spelled) =
            self.by_flag(switch).or_else(|| self.by_variable(switch)).or_else(|| self.by_absence(switch))?;
        let harmless = switch.unless.iter().any(|c| self.holds(c));
        (!harmless && self.meets(&switch.only_with)).then(|| Thrown {
            switch,
            at,
            name,
            is_certain: version.is_some() && is_spelled && !switch.doubtful,
            config_map: None,
        })
    }

    fn by_flag(&self, switch: &'t Switch) -> Option<(Node<'t>, &'t str, bool)> {
        let flag = switch.flag.as_deref()?;
        if let Some(setting) = self.option(flag) {
            let is_bare = setting.word().is_none();
            // `--fsync` alone switches on what takes on or off.
            let counts = if is_bare { says(switch, Some("true")) } else { says(switch, setting.value()) };
            return counts.then(|| (self.place_of_option(flag), flag, is_bare || setting.value().is_some()));
        }
        // Elastic's images take a variable that is called like a setting for that setting.
        if self.engine.options == Options::Elastic { self.by_name(switch, flag) } else { None }
    }

    fn by_variable(&self, switch: &'t Switch) -> Option<(Node<'t>, &'t str, bool)> {
        self.by_name(switch, switch.variable.as_deref()?)
    }

    /// What holds unless somebody says otherwise, where nobody can have said it out of sight.
    fn by_absence(&self, switch: &'t Switch) -> Option<(Node<'t>, &'t str, bool)> {
        let name = switch.flag.as_deref().or(switch.variable.as_deref()).filter(|_| switch.when_absent)?;
        let is_said =
            switch.flag.as_deref().is_some_and(|flag| self.option(flag).is_some() || self.given(flag).is_some())
                || switch.variable.as_deref().is_some_and(|variable| self.var(variable).is_some());
        let is_hidden = !self.image_is_known
            || !self.shows_its_server()
            || self.container.has_env_from()
            || self.is_configured_elsewhere();
        let list = self.container.0.get(if switch.flag.is_some() { "args" } else { "env" });
        (!is_said && !is_hidden).then_some((list, name, true))
    }

    fn by_name(&self, switch: &'t Switch, name: &'t str) -> Option<(Node<'t>, &'t str, bool)> {
        let var = self.given(name)?;
        let at = if var.value().is_set() { var.value() } else { var.value_from() };
        says(switch, var.literal()).then(|| (at, name, var.literal().is_some()))
    }
}

/// Whether a configuration file throws a switch: of several lines the last one counts, and one that stands alone is `true`.
fn file_says(text: &str, flag: &str, switch: &Switch) -> bool {
    let mut values = text.lines().filter_map(setting_of).filter(|(name, _)| is_setting(name, flag));
    values.next_back().is_some_and(|(_, value)| says(switch, Some(if value.is_empty() { "true" } else { value })))
}

/// Whether a value is one that counts. One that the spec does not show counts only where any does.
fn says(switch: &Switch, value: Option<&str>) -> bool {
    let any = switch.values.is_empty() && switch.contains.is_empty();
    let Some(value) = value.map(|v| v.trim().to_lowercase()) else { return any };
    any || switch.values.iter().any(|v| v.to_lowercase() == value)
        || switch.contains.iter().any(|part| value.contains(&part.to_lowercase()))
}
