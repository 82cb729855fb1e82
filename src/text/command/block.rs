//! What is open where a script stands: compound commands, and the list around the next command.

use super::guard::{Decided, Guard};

/// A compound command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The script itself.
    Root,
    If,
    Loop,
    /// A loop for as long as its condition does not hold.
    Until,
    For,
    Case,
    Group,
    Subshell,
    Function,
}

/// An open compound command.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    pub(super) kind: Kind,
    /// Whether its commands may be skipped, by where it stands.
    pub(super) inherited: bool,
    /// Whether the commands that come now may be skipped: in a branch, or behind a way out.
    pub(super) conditional: bool,
    pub(super) function: bool,
    /// The nearest guard that is known of what stands around it.
    pub(super) entrance: Option<Guard>,
    /// What decides whether its commands from here on run, once it does.
    pub(super) decided: Decided,
    /// What decided whether its only branch so far ran.
    pub(super) condition: Option<Guard>,
    /// There was more than one condition.
    pub(super) many: bool,
    /// The state of the list around it.
    pub(super) outer: Chain,
    /// Where the script was when it opened.
    pub(super) directory: Option<u32>,
    /// How many commands stood before its present branch.
    pub(super) since: usize,
}

/// A stretch of commands that nothing after it follows from: `since..until`, up to this word.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    pub(super) since: usize,
    pub(super) until: usize,
    pub(super) words: usize,
}

/// A list of commands joined by `&&` and `||`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Chain {
    pub(super) conditional: bool,
    /// The command before was one that is there to fail or not.
    pub(super) test: bool,
    /// How it always comes out, where it is `true`, `:` or `false`: a loop over it has no condition.
    pub(super) constant: Option<bool>,
    pub(super) negated: bool,
    pub(super) piped: bool,
    /// What the commands before have decided.
    pub(super) decided: Decided,
    /// One of several may have decided: nobody knows which.
    pub(super) either: bool,
}
