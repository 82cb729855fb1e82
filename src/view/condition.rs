//! Whether a spec says what an engine file names: an option, a variable, a sub-command.
use super::{Container, Pod, options::Options};
use crate::{
    engines::{
        Engine,
        schema::{Condition, Options as Spelling, RoleSign},
    },
    text::command::Script,
};

/// A value, as far as the spec shows it.
pub(super) enum Value<'v> {
    /// An option that stands alone: it is switched on.
    Alone,
    /// Spelled.
    Shown(&'v str),
    /// From elsewhere, or put in by the shell or the kubelet.
    Hidden,
}

impl Value<'_> {
    /// Whether it is among `values` or has one of `contains` inside; any that is not empty where both are empty.
    fn counts(&self, values: &[String], contains: &[String]) -> bool {
        let any = values.is_empty() && contains.is_empty();
        match self {
            // `--appendonly` alone switches on what takes yes or no.
            Self::Alone => any || values.iter().any(|v| matches!(v.as_str(), "yes" | "true" | "1" | "on")),
            Self::Hidden => any,
            Self::Shown(value) => {
                let value = value.trim().to_lowercase();
                (any && !value.is_empty())
                    || values.iter().any(|v| v.to_lowercase() == value)
                    || contains.iter().any(|part| value.contains(&part.to_lowercase()))
            }
        }
    }
}

/// Whether a container's options or variables say what the condition names. A value that the spec does not show does not say
/// which it is.
pub(super) fn holds(condition: &Condition, container: Container<'_>, options: &Options<'_>) -> bool {
    let also = |c: &Condition| holds(c, container, options);
    if condition.unless.iter().any(also) || !(condition.only_with.is_empty() || condition.only_with.iter().any(also)) {
        return false;
    }
    let counts = |value: Value<'_>| match value {
        Value::Hidden if condition.hidden => true,
        Value::Alone | Value::Shown(_) if condition.hidden => false,
        value => value.counts(&condition.values, &condition.contains),
    };
    condition.flag.as_deref().and_then(|name| option(name, container, options)).is_some_and(counts)
        || condition.variable.as_deref().and_then(|name| variable(name, container, options)).is_some_and(counts)
        || is_called(&condition.arguments, options)
}

/// Whether a container has the sign of a role; `names` are its own and its workload's.
pub(super) fn shows(
    sign: &RoleSign,
    container: Container<'_>,
    options: &Options<'_>,
    script: &Script<'_>,
    names: [&str; 2],
) -> bool {
    if sign.unless.iter().any(|c| holds(c, container, options)) {
        return false;
    }
    let lacks = |text: &str| !sign.without.iter().any(|part| text.contains(part));
    let counts = |value: Value<'_>| match value {
        _ if sign.without.is_empty() => value.counts(&sign.values, &[]),
        Value::Shown(text) => lacks(text),
        Value::Alone | Value::Hidden => false,
    };
    // `node.roles: ""` is a node without roles, although an empty variable is none to most images.
    let is_empty =
        |name: &str| !sign.without.is_empty() && container.var(name).is_some_and(|v| v.value().str() == Some(""));
    let in_any_call = |name: &str| {
        let calls = script.calls().map(|call| Options::of(call.args(), options.spelling()));
        calls.into_iter().any(|options| option(name, container, &options).is_some_and(counts))
    };
    sign.program.as_ref().is_some_and(|p| script.calls().any(|c| c.program() == p))
        || sign
            .flag
            .as_ref()
            .is_some_and(|f| in_any_call(f) || option(f, container, options).is_some_and(counts) || is_empty(f))
        || sign.variable.as_ref().is_some_and(|v| variable(v, container, options).is_some_and(counts) || is_empty(v))
        || is_called(&sign.arguments, options)
        || sign
            .word
            .as_ref()
            .is_some_and(|word| names.iter().any(|name| name.split(['-', '_', '.']).any(|part| part == word)))
}

/// An option; where the image takes variables for settings, such a variable.
pub(super) fn option<'v>(name: &str, container: Container<'v>, options: &'v Options<'_>) -> Option<Value<'v>> {
    let Some(setting) = options.get(name) else {
        return if options.spelling() == Spelling::Elastic { variable(name, container, options) } else { None };
    };
    Some(match (setting.word(), setting.value()) {
        (None, _) => Value::Alone,
        (Some(_), Some(value)) => Value::Shown(value),
        (Some(_), None) => Value::Hidden,
    })
}

fn variable<'v>(name: &str, container: Container<'v>, options: &Options<'_>) -> Option<Value<'v>> {
    if !options.may_have_variable(name) {
        return None;
    }
    let var = container.var(name).filter(|v| v.is_given())?;
    Some(var.literal().map_or(Value::Hidden, Value::Shown))
}

fn is_called(arguments: &[String], options: &Options<'_>) -> bool {
    options.argument().is_some_and(|said| arguments.iter().any(|a| a == said))
}

/// True when settings come from somewhere that the spec does not show: a volume where the server looks for its configuration, a file
/// that the command line names, a variable that holds options and takes them from elsewhere.
pub(super) fn is_configured_elsewhere(
    engine: &Engine,
    pod: Pod<'_>,
    container: Container<'_>,
    options: &Options<'_>,
    script: &Script<'_>,
) -> bool {
    let Some(facts) = &engine.facts.configuration else { return false };
    let inside = |inner: &str, outer: &str| {
        let rest = inner.trim_end_matches('/').strip_prefix(outer.trim_end_matches('/'));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let shows = |path: &str| facts.paths.iter().any(|own| inside(path, own) || inside(own, path));
    let mut mounts = container.mounts().filter(|m| m.get("name").str().is_some_and(|name| pod.volume(name).is_some()));
    mounts.any(|m| m.get("mountPath").str().is_some_and(shows))
        || facts.variables.iter().any(|name| matches!(variable(name, container, options), Some(Value::Hidden)))
        || script.calls().flat_map(|call| call.args()).any(|word| {
            !word.text.starts_with('-') && facts.arguments.iter().any(|end| word.text.ends_with(end.as_str()))
        })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::tree::{Tree, from_node};

    /// Asks about `container`, in JSON, whose server is `cockroach`.
    fn asked<T>(container: &str, spelling: Spelling, ask: impl Fn(Container<'_>, &Options<'_>, &Script<'_>) -> T) -> T {
        let tree = Tree::from_json(container).unwrap();
        let container = Container(tree.root());
        let script = Script::of(container.0.get("command").strs(), container.0.get("args").strs());
        let options = Options::of_script(&script, &["cockroach".to_owned()], spelling);
        ask(container, &options, &script)
    }

    fn said(condition: &str, container: &str) -> bool {
        let tree = Tree::from_json(condition).unwrap();
        let condition: Condition = from_node(tree.root()).unwrap();
        asked(container, Spelling::Gnu, |container, options, _| holds(&condition, container, options))
    }

    fn shown(sign: &str, container: &str) -> bool {
        let tree = Tree::from_json(sign).unwrap();
        let sign: RoleSign = from_node(tree.root()).unwrap();
        asked(container, Spelling::Elastic, |container, options, script| {
            shows(&sign, container, options, script, ["es-client", "search"])
        })
    }

    #[test]
    fn conditions() {
        let in_memory = r#"{"flag": "--store", "contains": ["type=mem"]}"#;
        let off = r#"{"variable": "AUTH", "values": ["no"]}"#;
        let insecure = r#"{"flag": "--insecure", "values": ["true", "1"]}"#;
        let single = r#"{"arguments": ["start-single-node"]}"#;
        let hidden = r#"{"flag": "--server-id", "hidden": true}"#;
        let guarded = r#"{"flag": "--a", "unless": [{"flag": "--b"}], "only_with": [{"flag": "--c"}]}"#;
        for (condition, container, expected) in [
            (in_memory, r#"{"args": ["start", "--store=type=mem,size=1GB"]}"#, true),
            (in_memory, r#"{"args": ["start", "--store=path=/data"]}"#, false),
            (insecure, r#"{"args": ["start", "--insecure"]}"#, true),
            (insecure, r#"{"args": ["start", "--insecure=false"]}"#, false),
            (insecure, r#"{"args": ["start", "--insecure=$(INSECURE)"]}"#, false),
            (off, r#"{"env": [{"name": "AUTH", "value": "No"}]}"#, true),
            (off, r#"{"env": [{"name": "AUTH", "valueFrom": {"secretKeyRef": {}}}]}"#, false),
            (r#"{"variable": "AUTH"}"#, r#"{"env": [{"name": "AUTH", "valueFrom": {"secretKeyRef": {}}}]}"#, true),
            (r#"{"variable": "AUTH"}"#, r#"{"env": [{"name": "AUTH", "value": ""}]}"#, false),
            (hidden, r#"{"args": ["start", "--server-id=$(ID)"]}"#, true),
            (
                hidden,
                r#"{"command": ["sh", "-c", "exec cockroach start --server-id=$((100 + ${HOSTNAME##*-}))"]}"#,
                true,
            ),
            (hidden, r#"{"args": ["start", "--server-id=1"]}"#, false),
            (single, r#"{"args": ["start-single-node", "--insecure"]}"#, true),
            (single, r#"{"command": ["/cockroach/cockroach", "start-single-node"]}"#, true),
            (single, r#"{"command": ["sh", "-c", "exec cockroach start-single-node --insecure"]}"#, true),
            (single, r#"{"command": ["/cockroach/cockroach", "--log", "start-single-node", "start"]}"#, false),
            (guarded, r#"{"args": ["--a", "--c"]}"#, true),
            (guarded, r#"{"args": ["--a"]}"#, false),
            (guarded, r#"{"args": ["--a", "--b", "--c"]}"#, false),
        ] {
            assert_eq!(said(condition, container), expected, "{condition} on {container}");
        }
    }

    #[test]
    fn signs_of_a_role() {
        let roles = r#"{"role": "router", "flag": "node.roles", "without": ["data", "master"]}"#;
        let data = r#"{"role": "router", "variable": "NODE_DATA", "values": ["false"],
            "unless": [{"variable": "NODE_MASTER", "values": ["true"]}]}"#;
        let client = r#"{"role": "client", "arguments": ["init", "sql"]}"#;
        for (sign, container, expected) in [
            (roles, r#"{"env": [{"name": "node.roles", "value": "[ingest]"}]}"#, true),
            (roles, r#"{"env": [{"name": "node.roles", "value": ""}]}"#, true),
            (roles, r#"{"env": [{"name": "node.roles", "value": "data_hot,ingest"}]}"#, false),
            (roles, r#"{"env": [{"name": "node.roles", "valueFrom": {"configMapKeyRef": {}}}]}"#, false),
            (roles, r#"{"args": ["elasticsearch", "-Enode.roles=ml"]}"#, true),
            (roles, r#"{"args": ["elasticsearch", "-E", "node.roles=master"]}"#, false),
            (roles, "{}", false),
            (data, r#"{"env": [{"name": "NODE_DATA", "value": "false"}]}"#, true),
            (
                data,
                r#"{"env": [{"name": "NODE_DATA", "value": "false"}, {"name": "NODE_MASTER", "value": "true"}]}"#,
                false,
            ),
            (client, r#"{"args": ["sql", "--insecure"]}"#, true),
            (client, r#"{"command": ["/cockroach/cockroach", "init"]}"#, true),
            (client, r#"{"args": ["start", "--locality=region=sql"]}"#, false),
            (r#"{"role": "router", "word": "client"}"#, "{}", true),
            (r#"{"role": "router", "word": "ingest"}"#, "{}", false),
        ] {
            assert_eq!(shown(sign, container), expected, "{sign} on {container}");
        }
    }
}
