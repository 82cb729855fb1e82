//! The log of `seawall serve`: structured lines on standard error.

use std::io;

use anstream::{AutoStream, ColorChoice};
use anyhow::Context as _;
use clap::ValueEnum;
use tracing_subscriber::EnvFilter;

use super::output;

/// Where the filter is looked for; the first that is set and not empty counts.
const FILTER_VARIABLES: [&str; 2] = ["SEAWALL_LOG", "RUST_LOG"];
/// Denials, patches and the life of the server, but not every review.
const DEFAULT_FILTER: &str = "info";

/// How a line of the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// One JSON object per line
    Json,
    /// For people
    Text,
}

/// Starts the log. To be called once, before the first thing that is worth a line.
///
/// # Errors
/// When a filter variable holds no filter, or a log was started before.
pub(crate) fn start(format: LogFormat) -> anyhow::Result<()> {
    let colour = AutoStream::choice(&io::stderr()) != ColorChoice::Never;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter()?)
        .with_writer(io::stderr)
        .with_ansi(colour)
        // It would report a failed write on standard error with a macro that panics when that is what failed.
        .log_internal_errors(false);
    match format {
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
        LogFormat::Text => builder.try_init(),
    }
    .map_err(|error| anyhow::anyhow!(error))
    .context("failed to start the log")
}

fn filter() -> anyhow::Result<EnvFilter> {
    for variable in FILTER_VARIABLES {
        #[expect(clippy::disallowed_methods, reason = "the command line is where the environment is read")]
        let set = std::env::var(variable).unwrap_or_default();
        if !set.is_empty() {
            return EnvFilter::builder()
                .parse(&set)
                .with_context(|| format!("{variable} is not a log filter"))
                .map_err(|error| output::helped(error, "write it like `info` or `warn,seawall=debug`"));
        }
    }
    Ok(EnvFilter::new(DEFAULT_FILTER))
}
