//! Arrows point down: a module imports only from lower levels, and what speaks to the world stays where it belongs.
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// The modules of the crate, from the lowest level up.
const LEVELS: &[&[&str]] = &[
    &["tree", "text"],
    &["terms"],
    &["engines", "review", "facts"],
    &["settings", "view", "finding", "proposal"],
    &["manifest", "rule"],
    &["rules"],
    &["decision"],
    &["metrics"],
    &["cluster", "pki"],
    &["server"],
    &["cli"],
];

/// Crates that only these modules use.
const FENCES: &[(&str, &[&str])] = &[
    ("kube", &["cluster", "pki"]),
    ("axum", &["server"]),
    ("hyper", &["server"]),
    ("tokio", &["metrics", "cluster", "pki", "server", "cli"]),
    ("anyhow", &["cli", "main"]),
    ("clap", &["cli", "main"]),
];

fn level(module: &str) -> usize {
    LEVELS.iter().position(|level| level.contains(&module)).unwrap_or_else(|| panic!("{module} has no level"))
}

/// Every file below `src/`, with the module of the crate that it belongs to and its code without comments.
fn sources() -> Vec<(PathBuf, String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut folders, mut found) = (vec![root.clone()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let inside = path.strip_prefix(&root).unwrap();
                let first = inside.iter().next().unwrap().to_str().unwrap();
                let module = first.trim_end_matches(".rs").to_owned();
                let text = fs::read_to_string(&path).unwrap();
                let code = text.lines().filter(|l| !l.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
                found.push((path, module, code));
            }
        }
    }
    assert!(found.len() > 100, "only {} files were found", found.len());
    found
}

/// The first segment of each path behind `crate::`, also of those in braces.
fn imports(code: &str) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    for (at, prefix) in code.match_indices("crate::") {
        let rest = &code[at + prefix.len()..];
        let Some(inside) = rest.strip_prefix('{') else {
            found.insert(word(rest));
            continue;
        };
        let (mut depth, mut starts) = (0, true);
        for (i, c) in inside.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => starts = true,
                c if starts && c.is_alphabetic() => {
                    found.insert(word(&inside[i..]));
                    starts = false;
                }
                _ => {}
            }
        }
    }
    found
}

fn word(text: &str) -> &str {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or("")
}

#[test]
fn every_path_is_found() {
    let code = "use crate::{\n    facts::{self, Known},\n    terms,\n    tree::Node,\n};\nfn f(v: crate::view::Pod) {}";
    assert_eq!(imports(code), BTreeSet::from(["facts", "terms", "tree", "view"]));
}

#[test]
fn modules_import_from_lower_levels_only() {
    let mut wrong = Vec::new();
    for (path, module, code) in sources() {
        if ["lib", "main"].contains(&module.as_str()) {
            continue;
        }
        for import in imports(&code) {
            if import != module && level(import) >= level(&module) {
                wrong.push(format!("{}: {module} imports {import}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_speaks_to_the_world_stays_where_it_belongs() {
    let mut wrong = Vec::new();
    for (path, module, code) in sources() {
        for (name, modules) in FENCES {
            let paths = code
                .match_indices(&format!("{name}::"))
                .any(|(at, _)| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':'));
            if paths && !modules.contains(&module.as_str()) {
                wrong.push(format!("{}: {module} uses {name}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
