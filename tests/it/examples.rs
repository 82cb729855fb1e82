//! The examples do what their README says: unsafe ones are found out, careless ones mended, safe ones left alone.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::generated::{hold, repository, text};

/// Says in a file's first comment that it is bad, and that no rule knows it yet.
const NO_RULE: &str = "No rule yet";
/// Says in a file's first comment that it takes a cluster to mend it.
const IN_A_CLUSTER: &str = "Only in a cluster";

fn seawall(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seawall"));
    command.args(arguments).env_clear().current_dir(repository("")).stdin(Stdio::null());
    command.output().unwrap()
}

/// The example files of a folder, by name.
fn files(folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(repository(&format!("examples/{folder}"))).unwrap();
    let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// What a file's first comment says.
fn about(folder: &str, name: &str) -> Vec<String> {
    let text = text(&format!("examples/{folder}/{name}"));
    text.lines().map_while(|line| line.strip_prefix("# ")).map(str::to_owned).collect()
}

fn says(folder: &str, name: &str, words: &str) -> bool {
    about(folder, name).iter().any(|line| line.starts_with(words))
}

/// What `check` says about one file under the settings of the examples.
fn checked(folder: &str, name: &str) -> Vec<Value> {
    let path = format!("examples/{folder}/{name}");
    let output = seawall(&["check", "-o", "json", "--config", "examples/settings.yaml", &path]);
    let whole: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(whole["errors"].as_array().map(Vec::len), Some(0), "{path}: {}", whole["errors"]);
    whole["documents"].as_array().unwrap().clone()
}

/// Action and rule of each finding that its author would see, each once.
fn loud(documents: &[Value]) -> BTreeSet<(String, String)> {
    let findings = documents.iter().flat_map(|document| document["findings"].as_array().unwrap());
    let seen = findings.filter(|finding| finding["action"] != "audit");
    seen.map(|finding| (words(&finding["action"]), words(&finding["rule"]))).collect()
}

fn mends(documents: &[Value]) -> BTreeSet<String> {
    documents.iter().flat_map(|d| d["mends"].as_array().unwrap()).map(|mend| words(&mend["rule"])).collect()
}

fn words(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn link(rule: &str) -> String {
    format!("[{rule}](../docs/rules.md#{rule})")
}

#[test]
fn safe_examples_are_left_alone() {
    for name in files("safe") {
        let documents = checked("safe", &name);
        assert_eq!(loud(&documents), BTreeSet::new(), "{name}");
        for document in &documents {
            for part in ["mends", "podPatch"] {
                assert_eq!(document[part].as_array().map(Vec::len), Some(0), "{name}: {part}: {}", document[part]);
            }
        }
    }
}

#[test]
fn every_unsafe_example_has_a_safe_twin_of_the_same_name() {
    let safe = files("safe");
    for name in files("unsafe") {
        assert!(safe.contains(&name), "examples/safe/{name} is missing");
        assert_ne!(text(&format!("examples/safe/{name}")), text(&format!("examples/unsafe/{name}")), "{name}");
    }
}

#[test]
fn every_unsafe_example_is_found_out_or_says_that_it_is_not() {
    for name in files("unsafe") {
        let is_found = !loud(&checked("unsafe", &name)).is_empty();
        assert_ne!(is_found, says("unsafe", &name, NO_RULE), "examples/unsafe/{name}");
    }
}

#[test]
fn every_careless_example_is_mended_and_then_silent() {
    for name in files("careless") {
        let documents = checked("careless", &name);
        assert_eq!(loud(&documents), BTreeSet::new(), "examples/careless/{name}");
        assert_ne!(mends(&documents).is_empty(), !says("careless", &name, IN_A_CLUSTER), "examples/careless/{name}");
    }
}

/// The four things that Seawall writes are each to be seen.
#[test]
fn the_careless_examples_show_every_kind_of_mend() {
    let mended: BTreeSet<String> =
        files("careless").iter().flat_map(|name| mends(&checked("careless", name))).collect();
    for rule in ["missing-credentials", "missing-memory-limit", "missing-requests", "unfinished-shutdown"] {
        assert!(mended.contains(rule), "{rule} is in no example: {mended:?}");
    }
    let patch = |name: &str| checked("careless", name).iter().map(|d| d["podPatch"].to_string()).collect::<String>();
    assert!(patch("postgres-sclorg.yaml").contains("preStop"), "no hook is shown");
    assert!(patch("mysql-bare-bones.yaml").contains("terminationGracePeriodSeconds"), "no grace is shown");
}

#[test]
fn every_mistake_is_one_plain_error_with_its_line_and_remedy() {
    for name in files("mistakes") {
        let path = format!("examples/mistakes/{name}");
        let output = seawall(&["check", &path]);
        assert_eq!(output.status.code(), Some(2), "{path}");
        let said = String::from_utf8(output.stderr).unwrap();
        let lines: Vec<&str> = said.lines().collect();
        assert_eq!(lines.len(), 2, "{path}: {said}");
        let rest = lines[0].strip_prefix(&format!("error: {path}:")).unwrap_or_else(|| panic!("no place: {said}"));
        let (line, message) = rest.split_once(": ").unwrap();
        let line: usize = line.parse().unwrap();
        assert!((1..=text(&path).lines().count()).contains(&line) && message.len() <= 120, "{said}");
        assert!(lines[1].strip_prefix("help: ").is_some_and(|help| !help.is_empty()), "{said}");
    }
}

/// The tables of examples/README.md.
#[test]
fn the_readme_lists_what_seawall_says() {
    let path = "examples/README.md";
    let mut readme = text(path);
    for (folder, table) in [
        ("unsafe", table_of_findings()),
        ("careless", table_of_mends()),
        ("safe", table_of_twins()),
        ("mistakes", table_of_mistakes()),
    ] {
        let (begin, end) = (format!("<!-- {folder} -->\n"), format!("<!-- end of {folder} -->"));
        let (before, rest) = readme.split_once(&begin).unwrap_or_else(|| panic!("{path} lacks {begin}"));
        let (_, after) = rest.split_once(&end).unwrap_or_else(|| panic!("{path} lacks {end}"));
        readme = format!("{before}{begin}{table}{end}{after}");
    }
    hold(path, &readme);
}

fn row(folder: &str, name: &str, says: &str) -> String {
    let about =
        about(folder, name).into_iter().filter(|line| !line.starts_with(NO_RULE) && !line.starts_with(IN_A_CLUSTER));
    format!("| [{name}]({folder}/{name}) | {} | {says} |\n", about.collect::<Vec<_>>().join(" "))
}

fn table_of_findings() -> String {
    let mut table = "| file | what it shows | what Seawall says |\n|---|---|---|\n".to_owned();
    for name in files("unsafe") {
        let found = loud(&checked("unsafe", &name));
        let said = if found.is_empty() {
            let later = about("unsafe", &name).into_iter().find(|line| line.starts_with(NO_RULE)).unwrap();
            format!("silent. {later}")
        } else {
            let each = found.iter().map(|(action, rule)| format!("{action}: {}", link(rule)));
            each.collect::<Vec<_>>().join("<br>")
        };
        table.push_str(&row("unsafe", &name, &said));
    }
    table
}

fn table_of_mends() -> String {
    let mut table = "| file | what it shows | what Seawall writes, and by which rule |\n|---|---|---|\n".to_owned();
    for name in files("careless") {
        let documents = checked("careless", &name);
        let mut said = Vec::new();
        for mend in documents.iter().flat_map(|document| document["mends"].as_array().unwrap()) {
            said.push(format!("{} ({})", words(&mend["message"]), link(&words(&mend["rule"]))));
        }
        said.extend(about("careless", &name).into_iter().filter(|line| line.starts_with(IN_A_CLUSTER)));
        table.push_str(&row("careless", &name, &said.join("<br>")));
    }
    table
}

fn table_of_twins() -> String {
    let mut table = "| file | what it shows | its unsafe twin |\n|---|---|---|\n".to_owned();
    let twins = files("unsafe");
    for name in files("safe") {
        let twin = if twins.contains(&name) { format!("[{name}](unsafe/{name})") } else { String::new() };
        table.push_str(&row("safe", &name, &twin));
    }
    table
}

fn table_of_mistakes() -> String {
    let mut table = "| file | what it shows | what `seawall check` says |\n|---|---|---|\n".to_owned();
    for name in files("mistakes") {
        let path = format!("examples/mistakes/{name}");
        let said = String::from_utf8(seawall(&["check", &path]).stderr).unwrap();
        let mut cell = String::new();
        for (at, line) in said.lines().enumerate() {
            // Writing into a String cannot fail.
            let _ = write!(cell, "{}{}", if at == 0 { "" } else { "<br>" }, line.replace(&format!("{path}:"), "line "));
        }
        table.push_str(&row("mistakes", &name, &cell));
    }
    table
}
