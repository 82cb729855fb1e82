//! `docs/engine-files.md`, from the documentation of the schema's own types.
use super::{Declaration, code, declarations, head, row, table};

const INTRODUCTION: &str = "\
Seawall knows an engine by one YAML file. Those of `src/engines/` are part of the program; `--engines DIR` adds further ones from a
folder, or replaces one that has the same `name`:

```console
$ seawall engines --engines my-engines mydb      # what Seawall understood
$ seawall inspect --engines my-engines mydb.yaml # what it takes a container for, and why
$ seawall serve --engines my-engines ...
```

A key that is not listed here, a value of another type, or a path that is not absolute is an error with file, line and field, and the
nearest key that there is. What a file leaves out is not judged: nothing is guessed.

A small file that is whole:

```yaml
name: mydb
title: MyDB
data_format: major
detect:
  words: [mydb]
  servers: [mydbd]
  ports: [7654]
  variables: [MYDB_ROOT_PASSWORD]
facts:
  data:
    directory: /var/lib/mydb
    image_volumes: [/var/lib/mydb]
    flags: [--data-dir]
  credentials:
    - variables: [MYDB_ROOT_PASSWORD]
      supplied_by: [MYDB_ROOT_PASSWORD_FILE]
      applies: first_start
      required: true
      without: does not start
  stop:
    on_signal: stops
    minimum_seconds: 60
    grace_seconds: 120
  memory:
    terms:
      - {name: cache_size, flags: [--cache-size], unit: binary, default: 256Mi}
    most_percent: 70
    unset: {at_least: 1Gi}
variants:
  - name: official
    images: [mydb, mycompany/mydb]
sources:
  - mycompany/mydb (Dockerfile, docker-entrypoint.sh)
```

Write down where each fact was read (`source`, `sources`): the next one who doubts it will want to look. A denial may rest on what the
image's own Dockerfile or entrypoint does; what is hearsay gets `doubtful: true`, which warns at most. How a server stops is `measured`
where a test of this project (`tests/stops/`) started the real one, connected a client, sent the signal to process 1 of a namespace of
its own, with and without a shell in front, and looked at what the next start found.

";

/// The schema of engine files, from the Rust sources of its types, as a Markdown document.
#[must_use]
pub fn engine_files(sources: &[&str]) -> String {
    let all: Vec<Declaration> = sources.iter().flat_map(|source| declarations(source)).collect();
    let mut text = head("Engine files", "the comments in `src/engines/schema/`");
    text.push_str(INTRODUCTION);
    let used = reached("EngineFile", &all);
    for declaration in all.iter().filter(|d| used.contains(&d.name.as_str())) {
        one(&mut text, declaration, &all);
    }
    text
}

/// The names of the types that a file can hold, from its outermost one on.
fn reached<'d>(from: &'d str, all: &'d [Declaration]) -> Vec<&'d str> {
    let mut names = vec![from];
    let mut next = 0;
    while let Some(name) = names.get(next).copied() {
        next += 1;
        for item in all.iter().filter(|d| d.name == name).flat_map(|d| &d.items) {
            let inner = item.of.rsplit('<').next().unwrap_or_default().trim_end_matches('>');
            if all.iter().any(|d| d.name == inner) && !names.contains(&inner) {
                names.push(inner);
            }
        }
    }
    names
}

fn one(text: &mut String, declaration: &Declaration, all: &[Declaration]) {
    text.push_str(&format!("## {}\n\n{}\n\n", declaration.name, declaration.doc));
    if declaration.is_enum {
        text.push_str(&table(["value", "meaning"]));
        for item in &declaration.items {
            let value = if item.of.is_empty() { code(&item.name) } else { format!("`{}: ...`", item.name) };
            text.push_str(&row([value.as_str(), &item.doc]));
        }
    } else {
        text.push_str(&table(["key", "type", "meaning"]));
        for item in &declaration.items {
            let name = format!("{}{}", code(&item.name), if item.required { " (required)" } else { "" });
            text.push_str(&row([name.as_str(), &written(&item.of, all), &item.doc]));
        }
    }
    text.push('\n');
}

/// A Rust type, as what somebody writes into a file.
fn written(of: &str, all: &[Declaration]) -> String {
    let inside = |head: &str| of.strip_prefix(head).and_then(|rest| rest.strip_suffix('>'));
    if let Some(inner) = inside("Option<") {
        return written(inner, all);
    }
    if let Some(inner) = inside("Arc<") {
        return written(inner, all);
    }
    if let Some(inner) = inside("Vec<") {
        return format!("list of {}", written(inner, all));
    }
    if let Some(inner) = inside("BTreeMap<String, ") {
        return format!("map from text to {}", written(inner, all));
    }
    match of {
        "String" => "text".to_owned(),
        "bool" => "`true` or `false`".to_owned(),
        "i64" | "usize" => "number".to_owned(),
        "Pattern" => "pattern".to_owned(),
        "VersionRange" => "versions, such as `\">=8.4\"` or `\"<18\"`".to_owned(),
        "Role" => "role: `server`, `cache`, `arbiter`, `router`, `sentinel`, `client`, `exporter`".to_owned(),
        other if all.iter().any(|d| d.name == other) => format!("[{other}](#{})", other.to_lowercase()),
        other => code(other),
    }
}
