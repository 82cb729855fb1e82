//! The documents of `docs/`: those that are made of the program are up to date, all lead somewhere, and what they state is true.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::path::{Path, PathBuf};

use seawall::cli::docs;
use seawall::engines::Catalogue;
use seawall::tree::{MAX_ENTRIES, Tree};

use crate::generated::{hold, repository, text};
use crate::scratch::Scratch;

#[test]
fn rules_are_documented() {
    hold("docs/rules.md", &docs::rules());
}

#[test]
fn engines_are_documented() {
    let catalogue = Catalogue::embedded().unwrap();
    hold("docs/engines.md", &docs::engines(&catalogue));
    let pages = docs::engine_pages(&catalogue);
    for (file, page) in &pages {
        hold(&format!("docs/engines/{file}"), page);
    }
    let there = std::fs::read_dir(repository("docs/engines")).unwrap().map(|e| e.unwrap().file_name());
    let mut stale: Vec<_> = there.filter(|name| !pages.iter().any(|(file, _)| name == file.as_str())).collect();
    stale.sort();
    assert!(stale.is_empty(), "docs/engines has pages of no engine: {stale:?}");
}

#[test]
fn engine_files_are_documented() {
    let files = ["mod", "detect", "options", "data", "credentials", "stop", "memory", "upgrade", "cluster"];
    let mut sources: Vec<String> = files.iter().map(|f| text(&format!("src/engines/schema/{f}.rs"))).collect();
    sources.push(text("src/text/memory.rs"));
    let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
    hold("docs/engine-files.md", &docs::engine_files(&sources));
}

#[test]
fn facts_are_documented() {
    hold("docs/facts.md", &docs::facts());
}

#[test]
fn limits_are_documented() {
    hold("docs/limits.md", &docs::limits());
}

#[test]
fn settings_are_documented() {
    let (example, types) = (text("examples/settings.yaml"), text("src/settings/document.rs"));
    hold("docs/settings.md", &docs::settings(&example, &types));
}

/// The engine file in the documentation is one that Seawall takes, and knows the engine by.
#[test]
fn the_engine_file_in_the_documentation_works() {
    let document = docs::engine_files(&[]);
    let (_, rest) = document.split_once("```yaml\n").expect("there is an example");
    let (example, _) = rest.split_once("```").expect("the example ends");
    let folder = Scratch::new();
    std::fs::write(folder.join("mydb.yaml"), example).unwrap();
    let catalogue = Catalogue::with_folders(&[folder.to_path_buf()]).unwrap();
    let engine = catalogue.named("mydb").expect("it is known");
    assert_eq!(engine.data.directory.as_deref(), Some("/var/lib/mydb"));
}

/// What docs/limits.md states about nesting and the number of values, by doing it.
#[test]
fn nesting_and_size_end_where_the_documentation_says() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(Tree::from_json(&nested(127)).is_ok());
    assert!(Tree::from_json(&nested(129)).is_err());
    assert!(Tree::one_from_yaml(&nested(127)).is_ok());
    assert!(Tree::one_from_yaml(&nested(129)).is_err());
    let long = |values: usize| format!("[{}]", vec!["1"; values].join(","));
    assert!(Tree::from_json(&long(MAX_ENTRIES - 1)).is_ok());
    assert!(Tree::from_json(&long(MAX_ENTRIES + 1)).is_err());
}

/// Every Markdown file of the repository.
fn documents() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in [".", "docs", "docs/decisions", "docs/engines", "examples"] {
        let entries = std::fs::read_dir(repository(folder)).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        found.extend(paths.filter(|path| path.extension().is_some_and(|end| end == "md")));
    }
    found.sort();
    found
}

/// The targets of `[text](target)`, without those in other places of the web.
fn links(document: &str) -> Vec<&str> {
    let ends = document.match_indices("](").filter_map(|(at, _)| document.get(at + 2..));
    let targets = ends.filter_map(|rest| rest.split_once(')').map(|(target, _)| target));
    targets.filter(|target| !target.contains("://")).collect()
}

/// As GitHub makes one of a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().to_lowercase();
    let kept = kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn every_link_leads_somewhere() {
    let mut broken = Vec::new();
    for path in documents() {
        let document = std::fs::read_to_string(&path).unwrap();
        for link in links(&document) {
            let (file, place) = link.split_once('#').unwrap_or((link, ""));
            let target =
                if file.is_empty() { path.clone() } else { path.parent().unwrap_or(Path::new(".")).join(file) };
            let there = match (target.exists(), place) {
                (false, _) => false,
                (true, "") => true,
                (true, place) => {
                    let text = std::fs::read_to_string(&target).unwrap_or_default();
                    text.lines()
                        .filter(|line| line.starts_with('#'))
                        .any(|l| anchor(l.trim_start_matches('#')) == place)
                }
            };
            if !there {
                broken.push(format!("{}: {link}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "these lead nowhere:\n{}", broken.join("\n"));
}

#[test]
fn anchors_are_those_of_github() {
    assert_eq!(anchor(" How fields come together"), "how-fields-come-together");
    assert_eq!(anchor(" mysql, packaging official-8.4"), "mysql-packaging-official-84");
}

/// The source files and folders that prose names in back-quotes exist.
#[test]
fn every_path_that_is_named_exists() {
    let mut missing = Vec::new();
    for path in documents() {
        let document = std::fs::read_to_string(&path).unwrap();
        let named = document.split('`').skip(1).step_by(2);
        let paths = named.filter(|name| {
            let first = name.split('/').next().unwrap_or_default();
            name.contains('/')
                && matches!(first, "src" | "tests" | "docs" | "examples" | "benches" | ".ci")
                && !name.contains(['<', '*', '{', ' ', '\n'])
        });
        missing
            .extend(paths.filter(|name| !repository(name).exists()).map(|name| format!("{}: {name}", path.display())));
    }
    assert!(missing.is_empty(), "these do not exist:\n{}", missing.join("\n"));
}
