//! What the reader sees. Colours only where they are wanted: not into a file, not with
//! NO_COLOR.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::ops::AddAssign;

use anstyle::{AnsiColor, Style};

use crate::changes::Change;
use crate::documents::File;
use crate::story::{HOLDS_DATA, Reason, is_label};

const BOLD: Style = Style::new().bold();
const RED: Style = AnsiColor::Red.on_default().bold();
const GREEN: Style = AnsiColor::Green.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default();
const DIM: Style = Style::new().dimmed();

/// How many objects ended how.
#[derive(Clone, Copy, Default)]
pub struct Tally {
    pub refused: usize,
    pub mended: usize,
    pub untouched: usize,
    /// Stored with a warning, mended or not.
    pub warned: usize,
    /// Pods and claims that controllers made, and that were mended.
    pub followers_mended: usize,
    /// Not applied, though Seawall refused nothing.
    pub troubles: usize,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.refused += other.refused;
        self.mended += other.mended;
        self.untouched += other.untouched;
        self.warned += other.warned;
        self.followers_mended += other.followers_mended;
        self.troubles += other.troubles;
    }
}

/// What became of one file.
#[derive(Default)]
pub struct Page {
    lines: Vec<String>,
    pub tally: Tally,
    /// The rules that changed something.
    pub rules: BTreeSet<String>,
}

impl Page {
    /// An object that was turned away, with what kubectl printed.
    pub fn refused(&mut self, what: &str, message: &str) {
        self.tally.refused += 1;
        self.lines.push(format!("  {what}: {RED}refused{RED:#}"));
        self.block(message);
    }

    /// An object that was stored.
    pub fn stored(&mut self, what: &str, changes: &[Change], reasons: &[Reason], warnings: &[String]) {
        let label = label(changes);
        self.tally.warned += usize::from(!warnings.is_empty());
        if changes.iter().all(is_label) {
            self.tally.untouched += 1;
            self.lines.push(format!("  {what}: {GREEN}stored as it was sent{GREEN:#}{label}"));
        } else {
            self.tally.mended += 1;
            self.lines.push(format!("  {what}: {YELLOW}mended and stored{YELLOW:#}{label}"));
        }
        self.details(changes, reasons);
        for warning in warnings {
            self.lines.push(format!("    {YELLOW}warning{YELLOW:#}: {warning}"));
        }
    }

    /// A Pod or claim that a controller made of it.
    pub fn follower(&mut self, what: &str, changes: &[Change], reasons: &[Reason]) {
        let label = label(changes);
        if !changes.iter().all(is_label) {
            self.tally.followers_mended += 1;
            self.lines.push(format!("  {what}: {YELLOW}mended{YELLOW:#}{label}"));
            self.details(changes, reasons);
        } else if !label.is_empty() {
            self.lines.push(format!("  {what}: {GREEN}as its template says{GREEN:#}{label}"));
        }
    }

    /// Something that went wrong without Seawall.
    pub fn trouble(&mut self, what: &str, message: impl Display) {
        self.tally.troubles += 1;
        self.lines.push(format!("  {what}: {RED}trouble{RED:#}"));
        self.block(&message.to_string());
    }

    /// True where there is nothing to tell.
    pub fn is_quiet(&self) -> bool {
        let Tally { refused, mended, untouched: _, warned, followers_mended, troubles } = self.tally;
        refused + mended + warned + followers_mended + troubles == 0
    }

    /// Prints it; in one line where there is nothing to tell.
    pub fn print(&self, file: &File) {
        if self.is_quiet() {
            let untouched = self.tally.untouched;
            let objects = if untouched == 1 { "1 object" } else { &format!("{untouched} objects") };
            let aside = file.aside.as_ref().map_or_else(String::new, |aside| format!(" {DIM}# {aside}{DIM:#}"));
            anstream::println!("{BOLD}{}{BOLD:#}  {objects} {GREEN}stored as sent{GREEN:#}{aside}", file.name);
            return;
        }
        anstream::println!("{BOLD}{}{BOLD:#}", file.name);
        for line in &file.about {
            anstream::println!("  {DIM}# {line}{DIM:#}");
        }
        for line in &self.lines {
            anstream::println!("{line}");
        }
        anstream::println!();
    }

    fn details(&mut self, changes: &[Change], reasons: &[Reason]) {
        for change in changes.iter().filter(|change| !is_label(change) && !is_key(change)) {
            let style = if change.after.is_none() { RED } else { GREEN };
            let reason = reasons.iter().find(|reason| change.path.starts_with(&reason.place));
            self.rules.extend(reason.map(|reason| reason.rule.clone()));
            let rule = reason.map_or_else(String::new, |reason| format!("  {DIM}[{}]{DIM:#}", reason.rule));
            self.lines.push(format!("    {style}{change}{style:#}{rule}"));
        }
    }

    fn block(&mut self, message: &str) {
        self.lines.extend(message.trim_end().lines().map(|line| format!("    | {line}")));
    }
}

/// Begins the transcript.
pub fn opening(profile: &str) {
    anstream::println!(
        "Each manifest is applied with kubectl, in a namespace of its own, to a kube-apiserver that asks Seawall\n\
         (profile {profile}). What is stored is compared with what the same server stores without Seawall:\n\
         `+` was added, `~` was changed, `-` was removed, and in brackets stands the rule that did it."
    );
}

/// Begins what is in one folder.
pub fn folder(title: &str) {
    anstream::println!("\n{BOLD}=== {title}{BOLD:#}\n");
}

/// Begins a step of a path.
pub fn step(title: &str, about: &str) {
    anstream::println!("{BOLD}{title}{BOLD:#}  {DIM}# {about}{DIM:#}");
}

/// A command, and what it said.
pub fn command(line: &str, said: &str) {
    anstream::println!("  $ {line}");
    for line in said.trim_end().lines() {
        anstream::println!("    | {line}");
    }
    anstream::println!();
}

/// Something that no command says.
pub fn aside(text: &str) {
    anstream::println!("  {DIM}{text}{DIM:#}\n");
}

/// Why the rules that changed something exist: `known` has a sentence about each.
pub fn rules(changed: &BTreeSet<String>, known: &BTreeMap<String, String>) {
    anstream::println!("\n{BOLD}=== What the rules that mended something look for{BOLD:#}\n");
    let width = changed.iter().map(String::len).max().unwrap_or(0);
    for rule in changed {
        let summary = known.get(rule).map_or("", String::as_str);
        anstream::println!("{rule:width$}  {summary}");
    }
}

/// The last lines.
pub fn summary(tally: &Tally, files: usize) {
    let Tally { refused, mended, untouched, warned, followers_mended, troubles } = tally;
    let objects = refused + mended + untouched;
    anstream::println!(
        "\n{BOLD}{objects} objects in {files} files: {refused} refused, {mended} mended, {untouched} stored as sent, \
         {warned} with a warning;\n{followers_mended} Pods and claims that controllers made of them were mended.{BOLD:#}\n\
         `seawall explain RULE` says why a rule exists, and what to write instead."
    );
    if *troubles > 0 {
        anstream::println!("{RED}{troubles} met trouble{RED:#}");
    }
}

/// The label that says what holds data, as an aside.
fn label(changes: &[Change]) -> String {
    let value = changes.iter().find(|change| is_label(change)).and_then(|change| change.after.as_ref()?.as_str());
    value.map_or_else(String::new, |value| format!(" {DIM}(labelled {HOLDS_DATA}={value}){DIM:#}"))
}

/// The name of a new list element, which stands in its path already.
fn is_key(change: &Change) -> bool {
    let name = change.after.as_ref().and_then(|after| after.as_str()).unwrap_or_default();
    change.before.is_none() && change.path.ends_with(&format!("[{name}].name"))
}
