//! What holds for every file, every rule and every message, so that nobody has to remember it.

use std::{
    cell::Cell,
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use seawall::{engines::Catalogue, rules, tree::Tree, view::Subject};

use crate::{
    generated::{repository, text},
    layering::sources,
    specimens,
};

/// Names of the entries of a folder, sorted.
fn entries(folder: &str) -> Vec<String> {
    let read = fs::read_dir(repository(folder)).unwrap_or_else(|e| panic!("{folder}: {e}"));
    let mut names: Vec<_> = read.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The kebab-case name of a rule's file.
fn rule_files() -> Vec<String> {
    let files = entries("src/rules").into_iter().filter_map(|name| Some(name.strip_suffix(".rs")?.replace('_', "-")));
    files.filter(|name| name != "mod").collect()
}

#[test]
fn every_rule_file_is_in_the_list_and_every_rule_has_a_file() {
    let listed = rules::names();
    let missing: Vec<_> = rule_files().into_iter().filter(|name| !listed.contains(&name.as_str())).collect();
    assert!(missing.is_empty(), "src/rules/mod.rs does not list {missing:?}");
    assert_eq!(rule_files(), listed, "a rule is called as its file is, and the list is in alphabetical order");
    let text = text("src/rules/mod.rs");
    let mods: Vec<_> = text.lines().filter_map(|l| l.strip_prefix("mod ")?.strip_suffix(';')).collect();
    let mut sorted = mods.clone();
    sorted.sort_unstable();
    assert_eq!(mods, sorted, "the `mod` lines are in alphabetical order");
}

#[test]
fn every_rule_has_a_folder_of_fixtures_and_every_folder_a_rule() {
    let named = rules::names();
    assert_eq!(entries("tests/rules"), named);
}

/// A rule's own source is what it documents itself with, and what it says of itself is complete.
#[test]
fn a_rule_says_what_it_is() {
    for rule in rules::ALL {
        let file = format!("src/rules/{}.rs", rule.name.replace('-', "_"));
        assert_eq!(rule.source, text(&file), "{}: include_str! of another file", rule.name);
        let since: Vec<_> = rule.since.split('.').map(str::parse::<u32>).collect();
        assert!(since.len() == 3 && since.iter().all(Result::is_ok), "{}: since {:?}", rule.name, rule.since);
        assert_eq!(rule.mutate.is_some(), !rule.writes.is_empty(), "{}: what it writes", rule.name);
        assert!(rule.mutate.is_some() || rule.validate.is_some(), "{}: it does nothing", rule.name);
        let words = rule.name.split('-').all(|w| !w.is_empty() && w.bytes().all(|b| b.is_ascii_lowercase()));
        assert!(words && !rule.name.starts_with("disallow"), "{}: completes \"allow ...\"", rule.name);
    }
}

/// A rule that finds something in an engine's container says that it has something to say about that engine.
#[test]
fn a_rule_finds_something_only_in_engines_that_it_needs() {
    let catalogue = Catalogue::embedded().unwrap();
    let seen = Cell::new(0);
    specimens::each(|specimen| {
        let text = specimen.case.object.to_string();
        let tree = Tree::from_json(&text).unwrap();
        let Subject::Workload(case) = Subject::of(tree.root().get("kind").text(), tree.root(), &catalogue) else {
            return;
        };
        for judgement in &specimen.outcome().judgements {
            let (rule, finding) = (rules::named(judgement.finding.rule).unwrap(), &judgement.finding);
            let found = case.databases.iter().find(|d| Some(d.name()) == finding.container.as_deref());
            let Some(database) = found else { continue };
            assert!((rule.needs)(database.engine), "{}: {} does not fit `needs`", rule.name, database.engine.name);
            seen.set(seen.get() + 1);
        }
    });
    assert!(seen.get() > 100, "only {} findings were looked at", seen.get());
    for rule in rules::ALL {
        assert!(catalogue.engines().iter().any(rule.needs), "{}: no engine has what it needs", rule.name);
    }
}

/// A place with every name replaced: what `writes` is spelled in.
fn pattern(place: &str) -> String {
    let mut pattern = String::new();
    let mut inside = false;
    for c in place.chars() {
        match c {
            '[' => pattern.push_str("[*]"),
            ']' | '"' => {}
            c if !inside => pattern.push(c),
            _ => {}
        }
        inside = (inside || c == '[') && c != ']';
    }
    pattern
}

/// What is not declared cannot be put back, when a later UPDATE drops it.
#[test]
fn a_rule_declares_every_place_that_it_writes() {
    let mut written = BTreeSet::new();
    specimens::each(|specimen| {
        for mend in &specimen.outcome().mends {
            let rule = rules::named(mend.rule).unwrap();
            let place = &mend.place.stable;
            let inner = place.strip_prefix("spec.template.").unwrap_or(place);
            let inner = pattern(inner.strip_prefix("spec.").unwrap());
            assert!(rule.writes.contains(&inner.as_str()), "{}: {inner} is not among {:?}", rule.name, rule.writes);
        }
    });
    for specimen in specimens::all() {
        let patterns = specimen.outcome().mends.iter().map(|m| (m.rule, pattern(&m.place.stable)));
        written.extend(patterns);
    }
    let mut unseen = Vec::new();
    for rule in rules::ALL {
        let shown = |place: &str| written.iter().any(|(name, at)| *name == rule.name && at.ends_with(place));
        unseen.extend(rule.writes.iter().filter(|place| !shown(place)).map(|place| format!("{}: {place}", rule.name)));
    }
    assert!(unseen.is_empty(), "no fixture shows how these are written:\n{}", unseen.join("\n"));
}

/// True where a text begins like a sentence. A signal or a variable is spelled as it is.
fn is_sentence(said: &str) -> bool {
    let word = said.split(|c: char| !c.is_alphanumeric()).next().unwrap_or("");
    word.starts_with(char::is_uppercase) && (word.len() == 1 || word.contains(char::is_lowercase))
        || said.ends_with('.')
}

#[test]
fn messages_have_manners() {
    let speaks = |rule: &str, said: &str, most: usize| {
        let length = said.chars().count();
        assert!((1..=most).contains(&length), "{rule}: {length} characters: {said}");
        assert!(!is_sentence(said), "{rule}: begins with a capital, or ends with a period: {said}");
        assert!(!said.contains(char::is_control), "{rule}: holds a control character: {said:?}");
    };
    specimens::each(|specimen| {
        let outcome = specimen.outcome();
        for judgement in &outcome.judgements {
            let finding = &judgement.finding;
            speaks(finding.rule, &finding.message, 120);
            speaks(finding.rule, &finding.help, 400);
        }
        for mend in &outcome.mends {
            speaks(mend.rule, &mend.message, 120);
            assert!(!is_sentence(&mend.help), "{}: {}", mend.rule, mend.help);
        }
        for note in &outcome.notes {
            speaks("a note", note, if note.starts_with("kubectl ") { 250 } else { 120 });
        }
    });
}

#[test]
fn every_engine_file_is_embedded() {
    let catalogue = Catalogue::embedded().unwrap();
    let embedded = text("src/engines/embedded.rs");
    for name in entries("src/engines").iter().filter(|name| name.ends_with(".yaml")) {
        assert!(embedded.contains(&format!("\"{name}\"")), "src/engines/embedded.rs lacks {name}");
        let engine = name.strip_suffix(".yaml").unwrap();
        if !["look-alikes", "operators", "secrets"].contains(&engine) {
            assert!(catalogue.named(engine).is_some(), "{name} describes an engine of another name");
        }
    }
}

#[test]
fn every_file_of_the_tests_is_read() {
    assert_eq!(entries("tests"), ["bases", "chart", "cluster", "engines", "it", "reviews", "rules", "stops"]);
    for name in entries("tests/bases") {
        assert!(name.ends_with(".yaml"), "tests/bases/{name}");
    }
    for name in entries("tests/reviews") {
        assert!(name.ends_with(".json") || name == "README.md", "tests/reviews/{name}");
    }
    let tests: String = sources(&repository("tests/it")).iter().map(|p| fs::read_to_string(p).unwrap()).collect();
    for name in entries("tests/it/snapshots") {
        let snapshot = name.strip_suffix(".snap").unwrap_or_else(|| panic!("tests/it/snapshots/{name}"));
        let own = snapshot.rsplit("__").next().unwrap();
        assert!(tests.contains(&format!("\"{own}\"")), "tests/it/snapshots/{name}: no test has it");
    }
    let main = text("tests/it/main.rs");
    for name in entries("tests/it").iter().filter(|name| *name != "main.rs" && *name != "snapshots") {
        let module = name.strip_suffix(".rs").unwrap_or(name);
        assert!(main.contains(&format!("mod {module};")), "tests/it/main.rs lacks {module}");
    }
}

/// Lines of code of a rule, below its documentation.
fn code(rule: &str) -> usize {
    rule.lines().filter(|line| !line.starts_with("//!")).count()
}

#[test]
fn files_are_small() {
    let mut large = Vec::new();
    for (folder, most) in [("src", 350), ("tests", 300), ("benches", 300)] {
        for file in sources(&repository(folder)) {
            let name = file.strip_prefix(repository("")).unwrap().display().to_string();
            let text = fs::read_to_string(&file).unwrap();
            let is_rule = name.starts_with("src/rules/") && !name.contains("support") && !name.ends_with("mod.rs");
            let (lines, most) = if is_rule { (code(&text), 120) } else { (text.lines().count(), most) };
            if lines > most {
                large.push(format!("{name}: {lines} lines, at most {most}"));
            }
        }
    }
    assert!(large.is_empty(), "there are two ideas in each of these:\n{}", large.join("\n"));
}

/// The text files of the repository, without what is made or fetched.
fn text_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            if !matches!(name, "target" | ".git" | "bin" | "node_modules") {
                text_files(&path, found);
            }
        } else if [".rs", ".md", ".yaml", ".toml", ".sh", ".go", ".snap", "Makefile", "run"]
            .iter()
            .any(|end| name.ends_with(end))
        {
            found.push(path);
        }
    }
}

/// What is unfinished, and what leads out of the repository.
#[test]
fn nothing_is_left_lying_about() {
    let words = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("/wo", "rk/shared"),
        concat!("/wo", "rk/main"),
        concat!("/tmp", "/wt"),
        concat!("../sha", "red"),
        concat!("DESIGN", ".md"),
        concat!("STYLE", ".md"),
        concat!("harm", ".md"),
        concat!("unsafe", ".md"),
        concat!("admission", ".md"),
    ];
    let mut files = Vec::new();
    text_files(&repository(""), &mut files);
    assert!(files.len() > 500, "only {} files were found", files.len());
    let mut left = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for (line, text) in (1..).zip(text.lines()) {
            left.extend(words.iter().filter(|w| text.contains(**w)).map(|w| format!("{}:{line}: {w}", file.display())));
        }
    }
    assert!(left.is_empty(), "{}", left.join("\n"));
}
