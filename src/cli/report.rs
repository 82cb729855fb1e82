//! What `check` says about each document, for people and for programs.

use std::collections::BTreeSet;
use std::io::{self, Write};

use serde::Serialize;

use super::outcome::{ExemptionReport, FindingReport, MendReport, Outcome};
use super::output::{self, FAINT, Out, STRONG, printable};
use crate::decision::{Neighbours, Request, World};
use crate::facts::Seconds;
use crate::manifest::{Manifest, PassedOver, ReadError};
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
    #[serde(flatten)]
    outcome: Outcome,
    #[serde(skip)]
    line: Option<u32>,
    #[serde(skip)]
    passed_over: Option<PassedOver>,
}

impl Report {
    /// Mends the document as its CREATE into an empty namespace would, then judges what would be stored beside the other documents of its
    /// `set`.
    pub(crate) fn of(manifest: &Manifest, set: u32, neighbours: &Neighbours, world: World<'_>, now: Seconds) -> Self {
        let object = manifest.object();
        let text = |node: crate::tree::Node<'_>| node.str().filter(|s| !s.is_empty()).map(str::to_owned);
        let request = Request::of_document(object, &manifest.tree);
        let outcome = match manifest.passed_over {
            Some(_) => Outcome::default(),
            None => Outcome::of(request, world, now, |deliberation| neighbours.facts(set, deliberation)),
        };
        Self {
            file: manifest.file.clone(),
            index: manifest.index.clone(),
            api_version: text(object.get("apiVersion")),
            kind: text(object.get("kind")),
            namespace: text(object.path("metadata.namespace")),
            name: text(object.path("metadata.name")).or_else(|| text(object.path("metadata.generateName"))),
            outcome,
            line: object.line(),
            passed_over: manifest.passed_over,
        }
    }

    /// True when the API server would refuse it.
    pub(crate) fn is_denied(&self) -> bool {
        self.outcome.is_denied()
    }

    fn count(&self, action: Action) -> usize {
        self.outcome.findings.iter().filter(|f| f.action == action).count()
    }
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
        if !report.outcome.is_loud() {
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
        loud(out, &report.outcome.findings, &report.outcome.mends)?;
        writeln!(out)?;
    }
    summary(out, reports, profile)
}

/// What an object's author is told: what is found, without what is only recorded, what is exempted, and what is written.
pub(crate) fn loud(out: &mut Out, findings: &[FindingReport], mends: &[MendReport]) -> io::Result<()> {
    for finding in findings.iter().filter(|f| f.is_loud()) {
        let line = finding.line.map_or_else(String::new, |l| format!(" (line {l})"));
        let action = if finding.action < Action::Warn { "exempted" } else { finding.action.as_str() };
        writeln!(out, "  {action}: {} [{}]", printable(&finding.message), finding.rule)?;
        writeln!(out, "      {FAINT}at {}{line}{FAINT:#}", printable(&finding.path))?;
        if let Some(ExemptionReport { name, reason, until, .. }) = &finding.exemption {
            writeln!(out, "      exempted by {} until {until}: {}", printable(name), printable(reason))?;
        }
        help(out, &finding.help)?;
    }
    for mend in mends {
        writeln!(out, "  mend: {} [{}]", printable(&mend.message), mend.rule)?;
        writeln!(out, "      {FAINT}at {}{FAINT:#}", printable(&mend.path))?;
        help(out, &mend.help)?;
    }
    Ok(())
}

fn help(out: &mut Out, help: &str) -> io::Result<()> {
    if help.is_empty() { Ok(()) } else { writeln!(out, "      help: {}", printable(help)) }
}

fn summary(out: &mut Out, reports: &[Report], profile: Profile) -> io::Result<()> {
    let sum = |count: &dyn Fn(&Report) -> usize| reports.iter().map(count).sum::<usize>();
    let databases = sum(&|r| r.outcome.databases.iter().filter(|d| matches!(d.role, "server" | "cache")).count());
    let denied = reports.iter().filter(|r| r.is_denied()).count();
    let warnings = sum(&|r| r.count(Action::Warn));
    let audits = sum(&|r| r.count(Action::Audit));
    let mends = sum(&|r| r.outcome.mends.len());
    let profile = profiles(reports.iter().filter_map(|r| r.outcome.profile), profile);
    writeln!(
        out,
        "{}, {}: {} denied, {}, {}, {} ({profile}; -o json lists all)",
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

/// The profiles that something was judged by; `at_large` where nothing was.
pub(crate) fn profiles(used: impl Iterator<Item = Profile>, at_large: Profile) -> String {
    let used: BTreeSet<Profile> = used.collect();
    let names: Vec<&str> = used.into_iter().map(Profile::as_str).collect();
    match names.as_slice() {
        [] => format!("profile {at_large}"),
        [one] => format!("profile {one}"),
        several => format!("profiles {}", several.join(", ")),
    }
}

pub(crate) fn counted(n: usize, what: &str) -> String {
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
