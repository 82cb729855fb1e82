//! What the reader sees. Colours only where they are wanted: not into a file, not with
//! NO_COLOR.

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
#[derive(Default)]
pub struct Tally {
    pub refused: usize,
    pub changed: usize,
    pub untouched: usize,
    /// Pods and claims that controllers made, and that were changed.
    pub followers_changed: usize,
    /// Not applied, though Seawall refused nothing.
    pub troubles: usize,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.refused += other.refused;
        self.changed += other.changed;
        self.untouched += other.untouched;
        self.followers_changed += other.followers_changed;
        self.troubles += other.troubles;
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

/// Begins a file.
pub fn file(file: &File) {
    anstream::println!("\n{BOLD}{}{BOLD:#}", file.name);
    for line in &file.about {
        anstream::println!("  {DIM}# {line}{DIM:#}");
    }
}

/// An object that was turned away, with what kubectl printed.
pub fn refused(what: &str, message: &str) {
    anstream::println!("  {what}: {RED}refused{RED:#}");
    block(message);
}

/// An object that was stored.
pub fn stored(what: &str, changes: &[Change], reasons: &[Reason], warnings: &[String]) {
    let label = label(changes);
    if changes.iter().all(is_label) {
        anstream::println!("  {what}: {GREEN}stored as it was sent{GREEN:#}{label}");
    } else {
        anstream::println!("  {what}: {YELLOW}mended and stored{YELLOW:#}{label}");
    }
    details(changes, reasons);
    for warning in warnings {
        anstream::println!("    {YELLOW}warning{YELLOW:#}: {warning}");
    }
}

/// A Pod or claim that a controller made of it.
pub fn follower(what: &str, changes: &[Change], reasons: &[Reason]) {
    let label = label(changes);
    if !changes.iter().all(is_label) {
        anstream::println!("  {what}: {YELLOW}mended{YELLOW:#}{label}");
        details(changes, reasons);
    } else if !label.is_empty() {
        anstream::println!("  {what}: {GREEN}as its template says{GREEN:#}{label}");
    }
}

/// The label that says what holds data, as an aside.
fn label(changes: &[Change]) -> String {
    let value = changes.iter().find(|change| is_label(change)).and_then(|change| change.after.as_ref()?.as_str());
    value.map_or_else(String::new, |value| format!(" {DIM}(labelled {HOLDS_DATA}={value}){DIM:#}"))
}

/// Something that went wrong without Seawall.
pub fn trouble(what: &str, message: impl Display) {
    anstream::println!("  {what}: {RED}trouble{RED:#}");
    block(&message.to_string());
}

/// The last line.
pub fn summary(tally: &Tally, files: usize) {
    let Tally { refused, changed, untouched, followers_changed, troubles } = tally;
    let objects = refused + changed + untouched + troubles;
    anstream::println!(
        "\n{BOLD}{objects} objects in {files} files: {refused} refused, {changed} mended, {untouched} stored as sent; \
         {followers_changed} Pods and claims that controllers made of them mended{BOLD:#}\n\
         `seawall explain RULE` says why a rule exists, and what to write instead."
    );
    if *troubles > 0 {
        anstream::println!("{RED}{troubles} met trouble{RED:#}");
    }
}

fn details(changes: &[Change], reasons: &[Reason]) {
    for change in changes.iter().filter(|change| !is_label(change) && !is_key(change)) {
        let style = if change.after.is_none() { RED } else { GREEN };
        let reason = reasons.iter().find(|reason| change.path.starts_with(&reason.place));
        let rule = reason.map_or_else(String::new, |reason| format!("  {DIM}[{}]{DIM:#}", reason.rule));
        anstream::println!("    {style}{change}{style:#}{rule}");
    }
}

/// The name of a new list element, which stands in its path already.
fn is_key(change: &Change) -> bool {
    let name = change.after.as_ref().and_then(|after| after.as_str()).unwrap_or_default();
    change.before.is_none() && change.path.ends_with(&format!("[{name}].name"))
}

fn block(message: &str) {
    for line in message.trim_end().lines() {
        anstream::println!("    | {line}");
    }
}
