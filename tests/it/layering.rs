//! Arrows point one way: a module imports only from a lower level, and a library has one place.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use crate::generated::repository;

/// The modules, the lowest first. Those of one level do not know each other.
const LEVELS: [&[&str]; 13] = [
    &["tree", "text"],
    &["terms"],
    &["engines", "review", "facts"],
    &["settings", "view", "finding", "proposal"],
    &["manifest", "rule"],
    &["rules"],
    &["decision"],
    &["metrics"],
    &["cluster"],
    &["pki"],
    &["server"],
    &["cli"],
    &["main"],
];

/// Libraries that belong to one part of the house: where they may be used.
const LIBRARIES: [(&[&str], &[&str]); 5] = [
    // Of the settings only their documents, which a custom resource definition is derived from.
    (&["kube", "k8s_openapi"], &["cluster", "pki", "settings::document"]),
    (&["axum", "hyper", "hyper_util", "http_body", "tower"], &["server"]),
    (&["http_body_util"], &["cluster", "server"]),
    (&["tokio", "tokio_rustls", "rustls", "futures"], &["metrics", "cluster", "pki", "server", "cli", "main"]),
    (&["anyhow", "clap", "clap_complete", "anstream", "anstyle"], &["cli", "main"]),
];

fn level(module: &str) -> usize {
    LEVELS.iter().position(|l| l.contains(&module)).unwrap_or_else(|| panic!("{module} is on no level"))
}

/// The `.rs` files below a folder.
pub(crate) fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The module that a file of `src` is: `["view", "data"]`; of `lib.rs` nothing.
fn module_of(file: &Path) -> Vec<String> {
    let inside = file.strip_prefix(repository("src")).unwrap().with_extension("");
    let mut steps: Vec<_> = inside.iter().map(|s| s.to_str().unwrap().to_owned()).collect();
    if matches!(steps.last().map(String::as_str), Some("mod" | "lib")) {
        steps.pop();
    }
    steps
}

/// The code without comments and the insides of texts, as words and signs; `::` is one sign.
fn tokens(source: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            'r' if rest.starts_with("r\"") || rest.starts_with("r#\"") => {
                let close = if rest.starts_with("r#") { "\"#" } else { "\"" };
                let open = close.len() + 1;
                open + rest[open..].find(close).unwrap() + close.len()
            }
            '"' => {
                let mut escaped = false;
                let inside = rest[1..].find(|c| {
                    let ends = c == '"' && !escaped;
                    escaped = c == '\\' && !escaped;
                    ends
                });
                inside.unwrap() + 2
            }
            // A character, not a lifetime.
            '\'' if rest[1..].starts_with('\\') => rest[3..].find('\'').unwrap() + 4,
            '\'' if rest[1..].chars().nth(1) == Some('\'') => 2 + rest[1..].chars().next().unwrap().len_utf8(),
            c if c.is_alphanumeric() || c == '_' => {
                let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
                all.push(rest[..end].to_owned());
                end
            }
            ':' if rest.starts_with("::") => {
                all.push("::".to_owned());
                2
            }
            c => {
                if !c.is_whitespace() {
                    all.push(c.to_string());
                }
                c.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    all
}

/// The paths of a tree such as `a::{b, c::{self, d as e}}` that begins at `at`, which is moved behind it.
fn tree(tokens: &[String], at: &mut usize, so_far: &[String]) -> Vec<Vec<String>> {
    let mut path = so_far.to_vec();
    let mut all = Vec::new();
    let token = |at: usize| tokens.get(at).map_or("", String::as_str);
    loop {
        match token(*at) {
            "::" => *at += 1,
            "{" => {
                *at += 1;
                while !matches!(token(*at), "}" | "") {
                    all.extend(tree(tokens, at, &path));
                    *at += usize::from(token(*at) == ",");
                }
                *at += 1;
                return all;
            }
            "super" => {
                path.pop();
                *at += 1;
            }
            word if !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || c == '_') => {
                path.push(word.to_owned());
                *at += 1;
                if token(*at) == "as" {
                    *at += 2;
                }
                // Without a `::` behind it, the path has ended.
                if token(*at) != "::" {
                    break;
                }
            }
            "*" => {
                *at += 1;
                break;
            }
            _ => break,
        }
    }
    all.push(path);
    all
}

/// Every path in a file that leads to another module: from the root of the package, whether written with `crate` or with `super`.
fn paths(module: &[String], source: &str) -> BTreeSet<Vec<String>> {
    let tokens = tokens(source);
    let mut found = BTreeSet::new();
    // The depths of the braces of modules within the file, each of which takes one `super` more.
    let (mut depth, mut inline) = (0, Vec::new());
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let before = at.checked_sub(1).map_or("", |i| &tokens[i]);
        let is_path = before != "::" && tokens.get(at + 1).is_some_and(|t| t == "::");
        match token.as_str() {
            "{" => {
                depth += 1;
                if at >= 2 && tokens[at - 2] == "mod" {
                    inline.push(depth);
                }
            }
            "}" => {
                inline.retain(|d| *d != depth);
                depth -= 1;
            }
            "crate" | "seawall" if is_path => {
                at += 2;
                found.extend(tree(&tokens, &mut at, &[]));
                continue;
            }
            "super" if is_path => {
                let within = inline.iter().map(|d| format!("within {d}"));
                let base: Vec<_> = module.iter().cloned().chain(within).collect();
                found.extend(tree(&tokens, &mut at, &base));
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// Names at which a path begins: what may be a library.
fn roots(source: &str) -> BTreeSet<String> {
    let tokens = tokens(source);
    let starts = tokens.windows(2).enumerate().filter(|(at, pair)| {
        let before = at.checked_sub(1).map_or("", |i| &tokens[i]);
        (pair[1] == "::" && !matches!(before, "::" | ".")) || before == "use"
    });
    starts.map(|(_, pair)| pair[0].clone()).collect()
}

fn is_module(name: &str) -> bool {
    repository("src").join(name).is_dir() || repository("src").join(name).with_extension("rs").is_file()
}

#[test]
fn modules_import_from_below() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for file in sources(&repository("src")) {
        let module = module_of(&file);
        let Some(own) = module.first() else { continue };
        for path in paths(&module, &fs::read_to_string(&file).unwrap()) {
            // What is no module is an item of the root itself: a macro.
            let Some(other) = path.first().filter(|m| is_module(m)) else { continue };
            seen += 1;
            if other != own && level(other) >= level(own) {
                wrong.push(format!("{} imports {}", file.display(), path.join("::")));
            }
        }
    }
    assert!(seen > 300, "only {seen} imports were found");
    assert!(wrong.is_empty(), "imports from the same level or above:\n{}", wrong.join("\n"));
}

#[test]
fn every_module_has_a_level() {
    let mut named: Vec<_> = LEVELS.iter().flat_map(|l| l.iter().copied()).collect();
    named.sort_unstable();
    let mut there: Vec<_> = fs::read_dir(repository("src"))
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .filter(|name| name != "lib")
        .collect();
    there.sort_unstable();
    there.dedup();
    assert_eq!(there, named);
}

#[test]
fn libraries_stay_in_their_place() {
    let mut wrong = Vec::new();
    for file in sources(&repository("src")) {
        let module = module_of(&file).join("::");
        let roots = roots(&fs::read_to_string(&file).unwrap());
        for (libraries, places) in LIBRARIES {
            let is_place = places
                .iter()
                .any(|place| module.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with("::")));
            for library in libraries.iter().filter(|library| !is_place && roots.contains(**library)) {
                wrong.push(format!("{module} uses {library}, which belongs to {}", places.join(", ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn paths_are_read_in_every_spelling() {
    let source = r#"
        use crate::{a::{self, b as c}, d, e::*};
        // use crate::comment::x;
        pub(crate) use super::{sibling::Thing, super::far::Other};
        fn f(x: &'static crate::g::H) -> super::I { "crate::text"; '"'; crate::j::k(super::super::l::m()) }
        mod tests { use super::own::N; use super::super::above::O; use super::super::super::top::P; }
        #[cfg(test)]
        const Q: char = '\'';
        fn z() { crate::r::s() }
    "#;
    let module = ["one".to_owned(), "two".to_owned()];
    let found: Vec<_> = paths(&module, source).iter().map(|p| p.join("::")).collect();
    let expected = [
        "a::b",
        "a::self",
        "d",
        "e",
        "far::Other",
        "g::H",
        "j::k",
        "l::m",
        "one::I",
        "one::above::O",
        "one::sibling::Thing",
        "one::two::own::N",
        "r::s",
        "top::P",
    ];
    assert_eq!(found, expected);
}
