//! Every rule on its fixtures, and every well-run workload under all rules.

use std::{
    collections::BTreeMap,
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

use seawall::{
    decision::PatchOperation,
    rule::Rule,
    rules::{self, ALL},
    terms::Action,
    view::{Subject, VolumeKind},
};
use serde::Serialize;

use crate::{
    fixture::{self, Case, FixtureFile, Outcome},
    scratch::Scratch,
};

/// What a fixture's name promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Promise {
    Pass,
    Fail,
    Fix,
}

fn promise(stem: &str) -> Option<Promise> {
    match stem.split_once('_')?.0 {
        "pass" => Some(Promise::Pass),
        "fail" => Some(Promise::Fail),
        "fix" => Some(Promise::Fix),
        _ => None,
    }
}

/// What a rule said, beside its fixture.
#[derive(Serialize)]
struct Snapshot {
    findings: Vec<FindingSnapshot>,
    mends: Vec<MendSnapshot>,
    /// Whole, where the rule has a part in it.
    patch: Vec<PatchOperation>,
    #[serde(rename = "podPatch")]
    pod_patch: Vec<PatchOperation>,
}

#[derive(Serialize)]
struct FindingSnapshot {
    rule: &'static str,
    action: Action,
    path: String,
    message: String,
    help: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    steps: Vec<String>,
}

#[derive(Serialize)]
struct MendSnapshot {
    rule: &'static str,
    path: String,
    message: String,
}

impl Snapshot {
    fn of(rule: &Rule, outcome: &Outcome) -> Self {
        let findings = outcome.judgements.iter().filter(|j| j.finding.rule == rule.name).map(|j| FindingSnapshot {
            rule: j.finding.rule,
            action: j.action,
            path: j.finding.place.stable.clone(),
            message: j.finding.message.clone(),
            help: j.finding.help.clone().into_owned(),
            steps: j.finding.steps.clone(),
        });
        let mends = outcome.mends.iter().filter(|m| m.rule == rule.name).map(|m| MendSnapshot {
            rule: m.rule,
            path: m.place.stable.clone(),
            message: m.message.clone(),
        });
        let mends: Vec<_> = mends.collect();
        let shown = |patch: &[PatchOperation]| if mends.is_empty() { Vec::new() } else { patch.to_vec() };
        let (patch, pod_patch) = (shown(&outcome.patch), shown(&outcome.pod_patch));
        Self { findings: findings.collect(), mends, patch, pod_patch }
    }

    fn is_silent(&self) -> bool {
        self.findings.iter().all(|f| f.action <= Action::Audit)
    }
}

/// The entries of a folder, sorted.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let read = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut paths: Vec<_> = read.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn name_of(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

/// The fixtures of a rule. Whatever else lies in the folder is a mistake, since no test would read it.
fn fixtures(folder: &Path) -> Vec<(Promise, PathBuf)> {
    let paths = entries(folder);
    let stem = |path: &'_ PathBuf| name_of(path).split_once('.').map(|(stem, _)| stem.to_owned());
    let found: Vec<_> = paths
        .iter()
        .filter(|path| name_of(path).ends_with(".yaml"))
        .map(|path| {
            let promise = stem(path).as_deref().and_then(promise);
            (promise.unwrap_or_else(|| panic!("{}: is it pass_, fail_ or fix_?", path.display())), path.clone())
        })
        .collect();
    for path in paths.iter().filter(|path| !name_of(path).ends_with(".yaml") && !name_of(path).ends_with(".snap.new")) {
        let belongs = name_of(path).ends_with(".snap") && found.iter().any(|(_, f)| stem(f) == stem(path));
        assert!(belongs, "{}: belongs to no fixture", path.display());
    }
    found
}

/// How a rule speaks: lower case, no final period, at most 120 characters, and the remedy apart.
fn assert_manners(message: &str, help: &str) {
    assert!(!message.is_empty() && message.chars().count() <= 120, "{} characters: {message}", message.chars().count());
    for text in [message, help] {
        assert!(!text.starts_with(char::is_uppercase), "begins with a capital: {text}");
        assert!(!text.ends_with('.') && !text.contains('\n'), "ends with a period, or has several lines: {text}");
    }
}

fn hold(rule: &Rule, promise: Promise, path: &Path) {
    let outcome = FixtureFile::read(path).case().outcome();
    let snapshot = Snapshot::of(rule, &outcome);
    for finding in &snapshot.findings {
        assert_manners(&finding.message, &finding.help);
        assert!(!finding.help.is_empty(), "without help: {}", finding.message);
    }
    snapshot.mends.iter().for_each(|mend| assert_manners(&mend.message, ""));
    let said: Vec<_> = snapshot.findings.iter().map(|f| format!("{}: {}", f.action, f.message)).collect();
    match promise {
        Promise::Pass => assert!(snapshot.is_silent(), "is reported: {said:#?}"),
        Promise::Fail => assert!(!snapshot.findings.is_empty(), "is not reported"),
        Promise::Fix => {
            assert!(!snapshot.mends.is_empty(), "is not mended");
            assert!(!snapshot.patch.is_empty() || !snapshot.pod_patch.is_empty(), "the patch is empty");
            assert!(snapshot.is_silent(), "something is left to report: {said:#?}");
        }
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(path.parent().unwrap());
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_yaml_snapshot!(name_of(path).trim_end_matches(".yaml"), snapshot));
}

/// Runs each case to its end, so that one failure does not hide the next; then fails with all of them.
pub(crate) fn each<T>(cases: impl IntoIterator<Item = (String, T)>, run: impl Fn(T)) {
    let mut failed = Vec::new();
    for (name, case) in cases {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| run(case))) {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned())).unwrap_or_default();
            failed.push(format!("{name}: {text}"));
        }
    }
    assert!(failed.is_empty(), "{} failed:\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn every_fixture_holds_what_its_name_promises() {
    let folder = fixture::tests().join("rules");
    let cases = entries(&folder).into_iter().flat_map(|folder| {
        let rule =
            rules::named(name_of(&folder)).unwrap_or_else(|| panic!("{}: there is no such rule", folder.display()));
        let fixtures = fixtures(&folder);
        fixtures
            .into_iter()
            .map(move |(promise, path)| (format!("{}/{}", rule.name, name_of(&path)), (rule, promise, path)))
    });
    each(cases.collect::<Vec<_>>(), |(rule, promise, path)| hold(rule, promise, &path));
}

#[test]
fn what_no_test_would_read_is_refused() {
    let found = |names: &[&str]| {
        let folder = Scratch::new();
        names.iter().for_each(|name| fs::write(folder.join(name), "").unwrap());
        catch_unwind(|| fixtures(&folder).len()).ok()
    };
    assert_eq!(found(&["pass_a.yaml", "pass_a.snap", "fail_b.yaml", "fix_c.yaml", "fix_c.snap.new"]), Some(3));
    for stray in ["passes_a.yaml", "a.yaml", "pass_a.yml", "fail_a.snap", "README.md"] {
        assert_eq!(found(&["pass_a.yaml", stray]), None, "{stray}");
    }
}

#[test]
fn every_rule_has_fixtures() {
    let cases = ALL.iter().map(|rule| (rule.name.to_owned(), *rule));
    each(cases.collect::<Vec<_>>(), |rule| {
        let folder = fixture::tests().join("rules").join(rule.name);
        assert!(folder.is_dir(), "tests/rules/{} is missing", rule.name);
        let mut counts = BTreeMap::from([(Promise::Pass, 0), (Promise::Fail, 0), (Promise::Fix, 0)]);
        fixtures(&folder).into_iter().for_each(|(promise, _)| *counts.entry(promise).or_default() += 1);
        let (reports, mends) = (rule.validate.is_some(), rule.mutate.is_some());
        assert!(
            !reports || (counts[&Promise::Pass] >= 2 && counts[&Promise::Fail] >= 2),
            "two pass_, two fail_: {counts:?}"
        );
        assert!(!mends || counts[&Promise::Fix] >= 1, "one fix_ at least: {counts:?}");
    });
}

/// Fails unless nothing is said about an object, and nothing is written into it or its Pods.
pub(crate) fn assert_sound(outcome: &Outcome) {
    let loud = outcome.judgements.iter().filter(|j| j.action > Action::Audit);
    let said = loud.map(|j| format!("{} [{}] {}", j.action, j.finding.rule, j.finding.message));
    let written = outcome.mends.iter().map(|m| format!("mended [{}] {}", m.rule, m.place.stable));
    let all: Vec<_> = said.chain(written).collect();
    assert!(all.is_empty(), "{all:#?}");
}

#[test]
fn well_run_workloads_pass_in_silence() {
    let paths = entries(&fixture::tests().join("bases"));
    assert!(paths.len() >= 12, "{paths:?}");
    each(paths.into_iter().map(|path| (name_of(&path).to_owned(), path)), |path| {
        let name = name_of(&path).strip_suffix(".yaml").unwrap();
        let object = fixture::base(name);
        let text = object.to_string();
        let tree = seawall::tree::Tree::from_json(&text).unwrap();
        let kind = tree.root().get("kind").text();
        let Subject::Workload(case) = Subject::of(kind, tree.root(), fixture::catalogue()) else { panic!("{kind}") };
        let servers: Vec<_> = case.servers().collect();
        // A base in which no database is seen would pass any rule.
        assert_eq!(servers.len(), 1, "databases: {servers:?}");
        assert!(name.ends_with(&*servers[0].engine.name), "is taken for {}", servers[0].engine.name);
        assert_eq!(servers[0].data.volume().map(|v| v.kind), Some(VolumeKind::ClaimTemplate));
        assert!(servers[0].packaging_is_known);
        assert_sound(&Case::of(object, None).outcome());
    });
}
