//! What the reader sees. Colours only where they are wanted: not into a file, not with
//! NO_COLOR.

use std::fmt::Display;
use std::ops::AddAssign;

use anstyle::{AnsiColor, Style};

use crate::changes::Change;

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

/// Begins a file.
pub fn file(name: &str) {
    anstream::println!("\n{BOLD}{name}{BOLD:#}");
}

/// An object that was turned away, with what kubectl printed.
pub fn refused(what: &str, message: &str) {
    anstream::println!("  {what}: {RED}refused{RED:#}");
    block(message);
}

/// An object that was stored.
pub fn stored(what: &str, changes: &[Change], reasons: &[String], warnings: &[String]) {
    if changes.is_empty() {
        anstream::println!("  {what}: {GREEN}stored as it was sent{GREEN:#}");
    } else {
        anstream::println!("  {what}: {YELLOW}stored, changed{YELLOW:#}");
    }
    details(changes, reasons);
    for warning in warnings {
        anstream::println!("    {YELLOW}warning{YELLOW:#} {warning}");
    }
}

/// A Pod or claim that a controller made of it.
pub fn follower(what: &str, changes: &[Change], reasons: &[String]) {
    if !changes.is_empty() {
        anstream::println!("    {what}: {YELLOW}changed{YELLOW:#}");
        details(changes, reasons);
    }
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
        "\n{BOLD}{objects} objects in {files} files: {refused} refused, {changed} changed, {untouched} stored as sent; \
         {followers_changed} Pods and claims of controllers changed{BOLD:#}"
    );
    if *troubles > 0 {
        anstream::println!("{RED}{troubles} met trouble{RED:#}");
    }
}

fn details(changes: &[Change], reasons: &[String]) {
    for change in changes {
        let style = if change.after.is_none() { RED } else { GREEN };
        anstream::println!("    {style}{change}{style:#}");
    }
    for reason in reasons {
        anstream::println!("    {DIM}by {reason}{DIM:#}");
    }
}

fn block(message: &str) {
    for line in message.trim_end().lines() {
        anstream::println!("    | {line}");
    }
}
