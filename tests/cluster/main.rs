//! Trials against a real Kubernetes API server: one control plane for all of them, one
//! namespace for each, several at a time.
//!
//! `cargo test --test cluster -- WORDS` runs those whose name contains the words; without
//! any such trial no control plane is started. A new topic is a file in `trials/`.
#![allow(
    clippy::disallowed_methods,
    reason = "a program that is run by hand or in CI reads its environment, and watches processes"
)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    missing_docs,
    reason = "tests"
)]
#![allow(unreachable_pub, reason = "`pub` says what a module offers to the others; a program has no outside")]
#![allow(dead_code, reason = "a helper that no trial uses yet is still part of the stage")]

mod changes;
mod crowd;
mod databases;
mod guarded;
mod matrix;
mod plane;
mod stage;
mod stream;
mod trials;
mod twins;

use std::process::ExitCode;

/// More trials at once than this only wait for each other on a small machine.
const AT_ONCE: usize = 4;

fn main() -> ExitCode {
    if let Some(code) = trials::teardown::as_owner() {
        return code;
    }
    let mut arguments = libtest_mimic::Arguments::from_args();
    arguments.test_threads.get_or_insert(AT_ONCE);
    let conclusion = libtest_mimic::run(&arguments, trials::all());
    stage::close();
    conclusion.exit_code()
}
