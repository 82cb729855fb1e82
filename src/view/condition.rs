//! Whether a container's spec says something that an engine file asks about.
use super::{Container, Options, Pod, VolumeKind};
use crate::{
    engines::{
        Engine,
        schema::{Condition, Options as Spelling, RoleSign},
    },
    text::command::{Script, has_reference},
};

/// What one container says about its server: the command line as the engine spells options, and the environment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Said<'a, 't> {
    pub(super) container: Container<'t>,
    pub(super) script: &'a Script<'t>,
    pub(super) options: &'a Options<'t>,
    pub(super) spelling: Spelling,
}

impl Said<'_, '_> {
    /// Whether it says what the condition names. A value that the spec does not show says nothing.
    pub(super) fn holds(&self, condition: &Condition) -> bool {
        let named = self.by_flag(condition) || self.by_variable(condition) || self.by_argument(&condition.arguments);
        named
            && !condition.unless.iter().any(|c| self.holds(c))
            && (condition.only_with.is_empty() || condition.only_with.iter().any(|c| self.holds(c)))
    }

    fn by_flag(&self, condition: &Condition) -> bool {
        let Some(flag) = condition.flag.as_deref() else { return false };
        match self.options.get(flag) {
            // An option that stands alone is switched on.
            Some(setting) if setting.word().is_none() => counts(condition, Some("true")),
            Some(setting) => counts(condition, setting.value()),
            // Elastic's images take a variable that is called like a setting for that setting.
            None => self.spelling == Spelling::Elastic && self.by_name(condition, flag),
        }
    }

    fn by_variable(&self, condition: &Condition) -> bool {
        condition.variable.as_deref().is_some_and(|name| self.by_name(condition, name))
    }

    fn by_name(&self, condition: &Condition, name: &str) -> bool {
        let given = self.container.var(name).filter(|v| v.is_given());
        given.is_some_and(|var| counts(condition, var.literal()))
    }

    /// Whether the sub-command is one of these. Without a command the first argument may be it.
    pub(super) fn by_argument(&self, names: &[String]) -> bool {
        let is_named = |text: &str| names.iter().any(|name| name == text);
        !names.is_empty()
            && self.script.calls().any(|call| {
                let first = call.args().iter().find(|word| !word.text.starts_with('-'));
                first.is_some_and(|word| is_named(&word.text))
                    || (self.container.keeps_entrypoint() && is_named(call.program()))
            })
    }

    /// Whether it shows the sign of another role. `names` are the container's and the workload's.
    pub(super) fn shows(&self, sign: &RoleSign, names: [&str; 2]) -> bool {
        let by_program = sign.program.as_ref().is_some_and(|p| self.script.calls().any(|call| call.program() == p));
        let by_word = sign
            .word
            .as_ref()
            .is_some_and(|word| names.iter().any(|name| name.split(['-', '_', '.']).any(|part| part == word)));
        let variable =
            |name: &str| self.container.var(name).map(|v| if v.value().is_set() { v.value().str() } else { None });
        let elastic = || sign.flag.as_deref().filter(|_| self.spelling == Spelling::Elastic).and_then(variable);
        let by_flag = sign.flag.as_deref().is_some_and(|flag| match self.options.get(flag) {
            Some(setting) if setting.word().is_none() => speaks(sign, Some("true")),
            Some(setting) => speaks(sign, setting.value()),
            None => elastic().is_some_and(|value| speaks(sign, value)) || self.names_elsewhere(sign, flag),
        });
        let by_variable = sign.variable.as_deref().and_then(variable).is_some_and(|value| speaks(sign, value));
        (by_program || by_word || by_flag || by_variable || self.by_argument(&sign.arguments))
            && !sign.unless.iter().any(|c| self.holds(c))
    }

    /// Whether another call of the script than the server's has the option. Its value is not asked for.
    fn names_elsewhere(&self, sign: &RoleSign, flag: &str) -> bool {
        let is_it = |text: &str| text.strip_prefix(flag).is_some_and(|rest| rest.is_empty() || rest.starts_with('='));
        sign.values.is_empty()
            && sign.without.is_empty()
            && self.script.calls().any(|call| call.args().iter().any(|word| is_it(&word.text)))
    }

    /// True when settings come from somewhere that the spec does not show: a volume where the server looks for its configuration,
    /// a file that the command line names, a variable that holds options and takes them from elsewhere.
    pub(super) fn has_hidden_configuration(&self, engine: &Engine, pod: Pod<'_>) -> bool {
        let Some(facts) = &engine.facts.configuration else { return false };
        let touches = |path: &str, own: &String| {
            let (path, own) = (path.trim_end_matches('/'), own.trim_end_matches('/'));
            let inside = |inner: &str, outer: &str| {
                inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            inside(path, own) || inside(own, path)
        };
        let is_kept =
            |name: Option<&str>| name.and_then(|n| pod.volume(n)).is_some_and(|v| v.kind != VolumeKind::Unknown);
        let mut mounts = self.container.mounts().filter(|m| is_kept(m.get("name").str()));
        mounts.any(|m| m.get("mountPath").str().is_some_and(|path| facts.paths.iter().any(|own| touches(path, own))))
            || facts
                .variables
                .iter()
                .any(|name| self.container.var(name).is_some_and(|v| v.is_given() && v.literal().is_none()))
            || self.script.calls().flat_map(|call| call.args()).any(|word| {
                !word.text.starts_with('-') && facts.arguments.iter().any(|end| word.text.ends_with(end.as_str()))
            })
    }
}

/// Whether a value is one that counts. One that the spec does not show counts only where any does; an empty one only where it is
/// listed.
fn counts(condition: &Condition, value: Option<&str>) -> bool {
    let any = condition.values.is_empty() && condition.contains.is_empty();
    let Some(value) = value.map(|v| v.trim().to_lowercase()) else { return any };
    (any && !value.is_empty())
        || condition.values.iter().any(|v| v.to_lowercase() == value)
        || condition.contains.iter().any(|part| value.contains(&part.to_lowercase()))
}

/// Whether a value is a sign. One that the spec does not show is one only where any is; an empty one only by what it lacks.
fn speaks(sign: &RoleSign, value: Option<&str>) -> bool {
    let any = sign.values.is_empty() && sign.without.is_empty();
    let Some(value) = value.filter(|v| !has_reference(v)).map(|v| v.trim().to_lowercase()) else { return any };
    (any && !value.is_empty())
        || sign.values.iter().any(|v| v.to_lowercase() == value)
        || (!sign.without.is_empty() && !sign.without.iter().any(|text| value.contains(text.as_str())))
}
