//! What some commands are known to do to the script that runs them.

use super::block::Kind;

/// What a builtin does to the commands after it.
pub(super) enum Effect {
    None,
    /// The first command that fails ends the script.
    Errexit,
    /// They run in the directory that this word names; `None`: nobody knows where.
    Directory(Option<u32>),
    /// They are not reached, up to the end of the innermost block of these kinds.
    Leave(&'static [Kind]),
}

/// Programs that are run for their exit status.
pub(super) fn is_test(program: &str) -> bool {
    matches!(
        program,
        "test"
            | "["
            | "grep"
            | "egrep"
            | "fgrep"
            | "cmp"
            | "diff"
            | "mountpoint"
            | "which"
            | "type"
            | "hash"
            | "pgrep"
            | "pidof"
            | "pg_isready"
            | "false"
            | "pg_controldata"
    )
}
