//! What `check` says about each document, for people and for programs.

use std::io::{self, Write};

use json_patch::PatchOperation;
use serde::Serialize;

use super::output::{self, FAINT, Out, STRONG, printable};
use crate::decision::{Deliberation, Judgement, Mended, Neighbours, Request, World};
use crate::facts::Seconds;
use crate::manifest::{Manifest, PassedOver, ReadError};
use crate::proposal::Mend;
use crate::terms::{Action, Profile};

/// One document, judged as the cluster would store it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    file: String,
    index: String,
    api_version: Option<String>,
    kind: Option<String>,
    namespace: Option<String>,
    name: Option<String>,
    databases: Vec<DatabaseReport>,
    findings: Vec<FindingReport>,
    mends: Vec<MendReport>,
    patch: Vec<PatchOperation>,
    pod_patch: Vec<PatchOperation>,
    #[serde(skip)]
    line: Option<u32>,
    #[serde(skip)]
    passed_over: Option<PassedOver>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DatabaseReport {
    container: String,
    engine: String,
    version: Option<String>,
    role: &'static str,
    data_volume: String,
    evidence: Vec<String>,
}

#[derive(Serialize)]
struct FindingReport {
    rule: &'static str,
    tier: &'static str,
    action: Action,
    path: String,
    line: Option<u32>,
    container: Option<String>,
    message: String,
    help: String,
}

#[derive(Serialize)]
struct MendReport {
    rule: &'static str,
    path: String,
    message: String,
    help: String,
}

impl From<&Mend> for MendReport {
    fn from(mend: &Mend) -> Self {
        Self {
            rule: mend.rule,
            path: mend.place.stable.clone(),
            message: mend.message.clone(),
            help: mend.help.clone().into_owned(),
        }
    }
}

impl Report {
    /// Mends the document as its CREATE into an empty namespace would, then judges what would be stored beside the other documents of its
    /// `set`.
    pub(crate) fn of(manifest: &Manifest, set: u32, neighbours: &Neighbours, world: World<'_>, now: Seconds) -> Self {
        let object = manifest.object();
        let text = |node: crate::tree::Node<'_>| node.str().filter(|s| !s.is_empty()).map(str::to_owned);
        let mut report = Self {
            file: manifest.file.clone(),
            index: manifest.index.clone(),
            api_version: text(object.get("apiVersion")),
            kind: text(object.get("kind")),
            namespace: text(object.path("metadata.namespace")),
            name: text(object.path("metadata.name")).or_else(|| text(object.path("metadata.generateName"))),
            databases: Vec::new(),
            findings: Vec::new(),
            mends: Vec::new(),
            patch: Vec::new(),
            pod_patch: Vec::new(),
            line: object.line(),
            passed_over: manifest.passed_over,
        };
        if report.passed_over.is_some() {
            return report;
        }
        let request = Request::of_document(object, &manifest.tree);
        let Some(deliberation) = Deliberation::of(request, world, now) else { return report };
        let facts = neighbours.facts(set, &deliberation);
        let Mended { operations, mends, .. } = deliberation.mend(&facts);
        let stored = manifest.tree.edited(object, &operations);
        let request = Request::of_document(stored.node_at(object), &stored);
        let Some(deliberation) = Deliberation::of(request, world, now) else { return report };
        let pod = deliberation.pod_patch(&facts);
        report.mends = mends.iter().chain(&pod.mends).map(MendReport::from).collect();
        report.patch = operations;
        report.pod_patch = pod.operations;
        let judged = deliberation.judge(Some(&facts));
        report.findings = judged.judgements.into_iter().map(|j| finding(j, world)).collect();
        report.databases = databases(&deliberation, world);
        report
    }

    /// True when the API server would refuse it.
    pub(crate) fn is_denied(&self) -> bool {
        self.findings.iter().any(|f| f.action == Action::Deny)
    }

    fn count(&self, action: Action) -> usize {
        self.findings.iter().filter(|f| f.action == action).count()
    }
}

fn finding(judgement: Judgement, world: World<'_>) -> FindingReport {
    let finding = judgement.finding;
    let tier = world.rules.iter().find(|r| r.name == finding.rule).map_or("", |r| r.tier.as_str());
    FindingReport {
        rule: finding.rule,
        tier,
        action: judgement.action,
        path: finding.place.stable,
        line: finding.line,
        container: finding.container,
        message: finding.message,
        help: finding.help.into_owned(),
    }
}

fn databases(deliberation: &Deliberation<'_>, world: World<'_>) -> Vec<DatabaseReport> {
    let Some(case) = deliberation.case() else { return Vec::new() };
    let evidence = |container: &str| {
        case.detected
            .iter()
            .filter(|d| d.container.name() == container)
            .flat_map(|d| d.evidence(case.workload, world.catalogue))
            .map(|e| format!("{:+} {}: {}", e.weight, e.engine, e.what))
            .collect()
    };
    case.databases
        .iter()
        .map(|database| DatabaseReport {
            container: database.name().to_owned(),
            engine: database.engine.name.to_string(),
            version: database.version.as_ref().map(ToString::to_string),
            role: database.role.as_str(),
            data_volume: database.data.as_str().to_owned(),
            evidence: evidence(database.name()),
        })
        .collect()
}

#[derive(Serialize)]
struct All<'r> {
    documents: &'r [Report],
    errors: Vec<ErrorReport<'r>>,
}

#[derive(Serialize)]
struct ErrorReport<'r> {
    file: &'r str,
    index: &'r str,
    line: Option<u32>,
    message: String,
}

/// One JSON object with everything.
pub(crate) fn json(out: &mut Out, reports: &[Report], errors: &[ReadError]) -> anyhow::Result<()> {
    let errors = errors
        .iter()
        .map(|e| ErrorReport { file: &e.file, index: &e.index, line: e.line, message: with_help(e) })
        .collect();
    serde_json::to_writer_pretty(&mut *out, &All { documents: reports, errors }).map_err(io::Error::from)?;
    writeln!(out)?;
    Ok(())
}

fn with_help(error: &ReadError) -> String {
    if error.help.is_empty() { error.message.clone() } else { format!("{}; {}", error.message, error.help) }
}

/// Grouped by object; silent documents are counted only.
pub(crate) fn text(out: &mut Out, reports: &[Report], profile: Profile) -> io::Result<()> {
    for report in reports {
        let loud: Vec<&FindingReport> = report.findings.iter().filter(|f| f.action >= Action::Warn).collect();
        if loud.is_empty() && report.mends.is_empty() {
            continue;
        }
        let name = report.name.as_deref().unwrap_or("(no name)");
        let kind = report.kind.as_deref().unwrap_or("object");
        let line = report.line.map_or_else(String::new, |l| format!(":{l}"));
        writeln!(
            out,
            "{STRONG}{} {}{STRONG:#}  {FAINT}{}{line}{FAINT:#}",
            printable(kind),
            printable(name),
            printable(&report.file)
        )?;
        for finding in loud {
            let line = finding.line.map_or_else(String::new, |l| format!(" (line {l})"));
            writeln!(out, "  {}: {} [{}]", finding.action, printable(&finding.message), finding.rule)?;
            writeln!(out, "      {FAINT}at {}{line}{FAINT:#}", printable(&finding.path))?;
            if !finding.help.is_empty() {
                writeln!(out, "      help: {}", printable(&finding.help))?;
            }
        }
        for mend in &report.mends {
            writeln!(out, "  mend: {} [{}]", printable(&mend.message), mend.rule)?;
            writeln!(out, "      {FAINT}at {}{FAINT:#}", printable(&mend.path))?;
            if !mend.help.is_empty() {
                writeln!(out, "      help: {}", printable(&mend.help))?;
            }
        }
        writeln!(out)?;
    }
    summary(out, reports, profile)
}

fn summary(out: &mut Out, reports: &[Report], profile: Profile) -> io::Result<()> {
    let sum = |count: &dyn Fn(&Report) -> usize| reports.iter().map(count).sum::<usize>();
    let databases = sum(&|r| r.databases.iter().filter(|d| matches!(d.role, "server" | "cache")).count());
    let denied = reports.iter().filter(|r| r.is_denied()).count();
    let warnings = sum(&|r| r.count(Action::Warn));
    let audits = sum(&|r| r.count(Action::Audit));
    let mends = sum(&|r| r.mends.len());
    writeln!(
        out,
        "{}, {}: {} denied, {}, {}, {} (profile {profile}; -o json lists all)",
        counted(sum(&|r| usize::from(r.passed_over.is_none())), "document"),
        counted(databases, "database"),
        counted(denied, "object"),
        counted(warnings, "warning"),
        counted(mends, "mend"),
        counted(audits, "silent finding"),
    )?;
    for (why, words) in [
        (PassedOver::NoObject, "no Kubernetes objects"),
        (PassedOver::Template, "templates (helm template ... | seawall check -)"),
    ] {
        // One file may hold several documents, one beside the other.
        let mut files: Vec<&str> =
            reports.iter().filter(|r| r.passed_over == Some(why)).map(|r| r.file.as_str()).collect();
        files.dedup();
        if !files.is_empty() {
            writeln!(out, "{} passed over: {words}", counted(files.len(), "file"))?;
        }
    }
    Ok(())
}

fn counted(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

/// What could not be read, to standard error.
pub(crate) fn errors(errors: &[ReadError]) -> io::Result<()> {
    let mut stream = anstream::AutoStream::auto(io::stderr().lock());
    for error in errors {
        let line = error.line.map_or_else(String::new, |l| format!(":{l}"));
        let place = format!("{}{line}", error.file);
        output::report(
            &mut stream,
            &format!("{place}: {}", error.message),
            Some(error.help.as_str()).filter(|h| !h.is_empty()),
        )?;
    }
    Ok(())
}
