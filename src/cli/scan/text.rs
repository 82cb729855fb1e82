//! A scan for people: a line for each database, what is found and written, and how much of it there is.

use std::error::Error;
use std::io::{self, Write};

use super::Survey;
use super::connect::within;
use super::entry::{DatabaseEntry, Entry, Storage};
use super::tally::Counts;
use crate::cli::output::{self, FAINT, Out, STRONG, printable};
use crate::cli::report::{counted, loud, profiles};
use crate::cluster::FetchError;
use crate::cluster::inventory::Scope;
use crate::rules;
use crate::terms::{self, Profile};
use crate::text::quantity::human_bytes;

/// Everything, to standard output.
pub(super) fn write(out: &mut Out, survey: &Survey) -> io::Result<()> {
    if let Some((from, to)) = survey.diff {
        changes(out, survey, from, to)?;
    } else {
        databases(out, survey)?;
        for entry in survey.entries.iter().filter(|entry| is_loud(entry)) {
            let (kind, name) = (entry.kind, printable(&entry.name));
            writeln!(out, "{STRONG}{kind} {name}{STRONG:#}  {FAINT}{}{FAINT:#}", printable(&entry.namespace))?;
            loud(out, &entry.findings, &entry.mends)?;
            writeln!(out)?;
        }
        summary(out, survey)?;
    }
    Ok(())
}

fn is_loud(entry: &Entry) -> bool {
    let Counts { deny, warn, mend, .. } = entry.profiles.of(entry.profile);
    deny + warn + mend > 0
}

fn databases(out: &mut Out, survey: &Survey) -> io::Result<()> {
    const HEAD: [&str; 9] =
        ["NAMESPACE", "NAME", "ENGINE", "VERSION", "REPLICAS", "STORAGE", "OWNER", "WOULD DENY", "FINDINGS"];
    let rows = survey.entries.iter().flat_map(|entry| entry.servers().map(move |database| (entry, database)));
    let rows: Vec<[String; 9]> = rows.map(|(entry, database)| row(entry, database)).collect();
    if rows.is_empty() {
        return writeln!(out, "no database was found{}\n", within(&survey.scope));
    }
    table(out, HEAD, &rows)?;
    writeln!(out)
}

fn row(entry: &Entry, database: &DatabaseEntry) -> [String; 9] {
    let or_dash = |text: Option<&str>| text.map_or_else(|| "-".to_owned(), printable);
    let report = &database.report;
    // The usual role need not be said.
    let role = if report.role == "server" { String::new() } else { format!(" ({})", report.role) };
    [
        printable(&entry.namespace),
        format!("{}/{}", entry.kind, printable(&entry.name)),
        format!("{}{role}", report.engine),
        or_dash(report.version.as_deref()),
        entry.replicas.map_or_else(|| "-".to_owned(), |replicas| replicas.to_string()),
        database.storage.as_ref().map_or_else(|| printable(kept_on(&report.data_volume)), said),
        or_dash(entry.owner.as_deref()),
        denying(entry),
        entry.profiles.of(entry.profile).said(),
    ]
}

/// The profiles that would deny it.
fn denying(entry: &Entry) -> String {
    if !entry.is_guarded {
        return "not guarded".to_owned();
    }
    let denying = Profile::ALL.iter().filter(|profile| entry.profiles.of(**profile).deny > 0);
    let names: Vec<&str> = denying.map(|profile| profile.as_str()).collect();
    if names.is_empty() { "-".to_owned() } else { names.join(", ") }
}

fn kept_on(volume: &str) -> &str {
    match volume {
        "vct" | "pvc" => "claim",
        other => other,
    }
}

/// `3 x 10Gi fast`; the sum where claims differ.
fn said(storage: &Storage) -> String {
    let claims = i64::try_from(storage.claims).unwrap_or(i64::MAX);
    let room = match storage.bytes {
        None => counted(storage.claims, "claim"),
        Some(bytes) if storage.claims > 1 && bytes % claims == 0 => {
            format!("{} x {}", storage.claims, human_bytes(bytes / claims))
        }
        Some(bytes) if storage.claims > 1 => format!("{} in {} claims", human_bytes(bytes), storage.claims),
        Some(bytes) => human_bytes(bytes),
    };
    if storage.classes.is_empty() { room } else { format!("{room} {}", printable(&storage.classes.join(", "))) }
}

fn summary(out: &mut Out, survey: &Survey) -> io::Result<()> {
    let tally = &survey.tally;
    let counts = Profile::ALL.iter().map(|profile| {
        let Counts { deny, warn, audit, mend } = tally.of(*profile);
        [profile.as_str().to_owned(), deny.to_string(), warn.to_string(), audit.to_string(), mend.to_string()]
    });
    table(out, ["IF NEW, OBJECTS", "DENY", "WARN", "AUDIT", "MEND"], &counts.collect::<Vec<_>>())?;
    writeln!(out)?;
    if !tally.rules.is_empty() {
        let rules = tally.rules.iter().map(|(rule, counts)| {
            let tier = rules::named(rule).map_or("", |rule| rule.tier.as_str());
            let said = |profile| counts.of(profile).said();
            [
                (*rule).to_owned(),
                tier.to_owned(),
                said(Profile::Observe),
                said(Profile::Advise),
                said(Profile::Baseline),
                said(Profile::Production),
            ]
        });
        let head = ["RULE", "TIER", "OBSERVE", "ADVISE", "BASELINE", "PRODUCTION"];
        table(out, head, &rules.collect::<Vec<_>>())?;
        writeln!(out)?;
    }
    writeln!(
        out,
        "{} in {}, {} judged{} (findings: {}; -o json lists all){}{}",
        counted(tally.databases as usize, "database"),
        counted(tally.namespaces as usize, "namespace"),
        counted(tally.objects as usize, "object"),
        within(&survey.scope),
        profiles(survey.entries.iter().map(|entry| entry.profile), survey.profile),
        unguarded(tally.unguarded),
        incomplete(survey),
    )
}

fn changes(out: &mut Out, survey: &Survey, from: Profile, to: Profile) -> io::Result<()> {
    let all = ("all rules", survey.tally.of(from), survey.tally.of(to));
    let rows = survey.tally.changes(from, to).chain([all]);
    let rows: Vec<[String; 3]> = rows.map(|(rule, from, to)| [rule.to_owned(), from.said(), to.said()]).collect();
    let (from, to) = (from.as_str().to_uppercase(), to.as_str().to_uppercase());
    table(out, ["OBJECTS, BY RULE", &from, &to], &rows)?;
    writeln!(out)?;
    let deny = survey.tally.of(survey.diff.map_or(survey.profile, |(_, to)| to)).deny;
    writeln!(
        out,
        "{deny} of {}{} would be denied under {} if new{}",
        counted(survey.tally.objects as usize, "object"),
        within(&survey.scope),
        to.to_lowercase(),
        incomplete(survey)
    )
}

/// Says that there is more, which nothing becomes of.
fn unguarded(databases: u64) -> String {
    match databases {
        0 => String::new(),
        some => format!("; {some} more where Seawall is not asked ({})", terms::UNGUARDED.join(", ")),
    }
}

/// Says that there may be more.
fn incomplete(survey: &Survey) -> String {
    let kinds: Vec<String> = survey.lacks.iter().map(|lack| lack.sort.resource()).collect();
    if kinds.is_empty() { String::new() } else { format!("; incomplete: {} could not be read", kinds.join(", ")) }
}

/// Columns, each as wide as its widest cell.
fn table<const N: usize>(out: &mut Out, head: [&str; N], rows: &[[String; N]]) -> io::Result<()> {
    let mut widths = head.map(|cell| cell.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let line = |cells: &[String]| {
        let padded: Vec<String> = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        padded.join("   ").trim_end().to_owned()
    };
    writeln!(out, "{STRONG}{}{STRONG:#}", line(&head.map(str::to_owned)))?;
    rows.iter().try_for_each(|row| writeln!(out, "{}", line(row)))
}

/// Why something could not be read, in one line.
pub(super) fn why(error: &FetchError) -> String {
    if error.is_forbidden() {
        return "not allowed to list them".to_owned();
    }
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        // Some libraries say their causes themselves.
        if !text.is_empty() && !said.ends_with(&text) {
            said = format!("{said}: {text}");
        }
        cause = error.source();
    }
    said
}

/// What could not be read, to standard error.
pub(super) fn lacks(survey: &Survey) -> io::Result<()> {
    let mut stream = anstream::AutoStream::auto(io::stderr().lock());
    for note in &survey.notes {
        writeln!(stream, "note: {}: {}: {}", note.resource, printable(&note.why), note.what)?;
    }
    let ask = match &survey.scope {
        Scope::All => "ask for a ClusterRole with the verb list on it, bound by a ClusterRoleBinding",
        Scope::Namespace(_) => "ask for a role with the verb list on it in this namespace",
    };
    for lack in &survey.lacks {
        let help = if lack.error.is_forbidden() { ask } else { "what is above is not all there is: try again" };
        let resource = lack.sort.resource();
        output::report(&mut stream, &format!("{resource}{}: {}", within(&survey.scope), why(&lack.error)), Some(help))?;
    }
    Ok(())
}
