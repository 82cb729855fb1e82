//! The `seawall` program.

use std::process::ExitCode;

/// Reviews make many small, short-lived allocations; see the feature `mimalloc`.
#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Before anything can open a connection: a library that has to guess the provider panics. An error means that one
    // was installed already, which is as good.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    seawall::cli::run()
}
