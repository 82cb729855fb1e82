//! What `fix` says: a diff, what it is good for, and what is left.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use similar::{ChangeTag, TextDiff};

use super::job::Named;
use super::plan::{Note, Plan, Source, Sources};
use crate::cli::output::{FAINT, Out, STRONG, printable};
use crate::cli::report::counted;
use crate::manifest::{ReadError, edit};

const REMOVED: Style = AnsiColor::Red.on_default();
const ADDED: Style = AnsiColor::Green.on_default();
/// Unchanged lines around a change, as diffs have them.
const AROUND: usize = 3;

/// What was written.
#[derive(Default)]
pub(super) struct Done {
    pub(super) written: usize,
    pub(super) made: usize,
    pub(super) failed: Vec<ReadError>,
}

/// Unified diffs of all files, with masks in the place of what may be secret.
pub(super) fn diffs(out: &mut Out, sources: &Sources, plan: &Plan) -> io::Result<()> {
    for source in sources.files.iter().filter(|source| source.text != source.original) {
        // What was edited can be read; else nothing of it is shown.
        let (old, new) = edit::masked(&source.original, &source.text, &source.shown).unwrap_or_default();
        let name = printable(&source.name);
        diff(out, &name, &name, &old, &new)?;
    }
    for secret in &plan.secrets {
        diff(out, "/dev/null", &printable(&secret.file.display().to_string()), "", &secret.text)?;
    }
    Ok(())
}

fn diff(out: &mut Out, from: &str, to: &str, old: &str, new: &str) -> io::Result<()> {
    writeln!(out, "{STRONG}--- {from}{STRONG:#}\n{STRONG}+++ {to}{STRONG:#}")?;
    let diff = TextDiff::from_lines(old, new);
    for hunk in diff.unified_diff().context_radius(AROUND).iter_hunks() {
        writeln!(out, "{FAINT}{}{FAINT:#}", hunk.header())?;
        for change in hunk.iter_changes() {
            let line = printable(change.value().trim_end_matches(['\n', '\r']));
            match change.tag() {
                ChangeTag::Equal => writeln!(out, " {line}")?,
                ChangeTag::Delete => writeln!(out, "{REMOVED}-{line}{REMOVED:#}")?,
                ChangeTag::Insert => writeln!(out, "{ADDED}+{line}{ADDED:#}")?,
            }
            if change.missing_newline() {
                writeln!(out, "\\ No newline at end of file")?;
            }
        }
    }
    writeln!(out)
}

/// By object what is written and what is left, and what to do next.
pub(super) fn words(out: &mut Out, sources: &Sources, plan: &Plan, done: &Done, is_written: bool) -> io::Result<()> {
    for (source, left) in sources.files.iter().zip(&plan.left) {
        let mut objects: Vec<&Named> = source.written.iter().chain(left).map(|note| &note.object).collect();
        objects.sort();
        objects.dedup();
        for object in objects {
            writeln!(
                out,
                "{STRONG}{} {}{STRONG:#}  {FAINT}{}{FAINT:#}",
                printable(&object.kind),
                printable(&object.name),
                printable(&source.name)
            )?;
            let own = |notes: &[Note], line: &str, out: &mut Out| {
                notes.iter().filter(|note| note.object == *object).try_for_each(|note| said(out, line, note))
            };
            own(&source.written, "fix", out)?;
            own(left, "left for you", out)?;
            writeln!(out)?;
        }
    }
    for secret in &plan.secrets {
        let file = printable(&secret.file.display().to_string());
        writeln!(out, "{STRONG}Secret {}{STRONG:#}  {FAINT}{file}{FAINT:#}", printable(&secret.name))?;
        writeln!(out, "  fill in {} before you apply what refers to it", secret.keys.join(", "))?;
        if secret.is_known {
            writeln!(
                out,
                "  the old value stays in the history of the files: to be rid of it, change it inside the database"
            )?;
        }
        writeln!(out)?;
    }
    let changed: Vec<&Source> = sources.files.iter().filter(|source| source.text != source.original).collect();
    let fixes: usize = changed.iter().map(|source| source.written.len()).sum();
    let left: usize = plan.left.iter().map(Vec::len).sum();
    let (files, made, what) = match is_written {
        true => (done.written, done.made, "written"),
        false => (changed.len(), plan.secrets.len(), "to be written by --write"),
    };
    let (fixes, files) = (counted(fixes, "correction"), counted(files, "file"));
    let (made, left) = (counted(made, "Secret"), counted(left, "finding"));
    writeln!(out, "{fixes} in {files}, and {made}, {what}; {left} left for you")?;
    if !changed.is_empty() {
        writeln!(out, "where a database runs, applying a changed template replaces its Pods: choose the time for it")?;
    }
    Ok(())
}

fn said(out: &mut Out, word: &str, note: &Note) -> io::Result<()> {
    let denied = if note.is_denied { ", or it is refused" } else { "" };
    writeln!(out, "  {word}{denied}: {} [{}]", printable(&note.message), note.rule)?;
    if !note.path.is_empty() {
        writeln!(out, "      {FAINT}at {}{FAINT:#}", printable(&note.path))?;
    }
    if note.help.is_empty() { Ok(()) } else { writeln!(out, "      help: {}", printable(&note.help)) }
}
