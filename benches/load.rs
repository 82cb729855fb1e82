//! `make bench`: what Seawall costs, as server CPU per request relative to a webhook that does nothing.
//!
//! Both are the same program (`bench-server`) with the same accept loop, TLS, HTTP, logging and metrics; they are put
//! under the same load, one after the other, several times, and compared pair by pair, so that whatever else the
//! machine does concerns both. It reports and gates nothing.
#![allow(
    clippy::disallowed_methods,
    reason = "a program that is run by hand or in CI reads its environment, and watches processes"
)]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that reports")]
#![allow(unreachable_pub, missing_docs, dead_code, reason = "the control plane is shared with the tests")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the control plane is shared with the tests"
)]

#[path = "load/cases.rs"]
mod cases;
#[path = "load/crowd.rs"]
mod crowd;
#[path = "load/look_up.rs"]
mod look_up;
#[path = "../tests/cluster/plane/mod.rs"]
mod plane;
#[path = "load/report.rs"]
mod report;
#[path = "load/server.rs"]
mod server;
#[path = "load/wrk.rs"]
mod wrk;

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context as _, Result, ensure};
use clap::Parser;

use cases::CASES;
use report::Row;
use server::Server;
use wrk::Load;

/// Measure Seawall against a webhook that does nothing.
#[derive(Parser)]
pub struct Arguments {
    /// Runs of each server, per case and number of connections
    #[arg(long, default_value_t = 7)]
    pairs: usize,
    /// Seconds per run
    #[arg(long, default_value_t = 2)]
    seconds: u32,
    /// Connections
    #[arg(long, value_delimiter = ',', default_value = "1,16")]
    connections: Vec<u32>,
    /// Only cases whose name contains this, such as `web` or `validate`
    #[arg(long, default_value = "")]
    only: String,
    /// Leave out the line about look-ups, which needs a control plane
    #[arg(long)]
    no_look_ups: bool,
    /// The folder of bench-server [default: that of this program]
    #[arg(long)]
    programs: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<()> {
    ensure!(arguments.pairs > 0 && arguments.seconds > 0, "--pairs and --seconds must be above 0");
    wrk::check()?;
    let programs = match &arguments.programs {
        Some(folder) => folder.clone(),
        None => std::env::current_exe()?.parent().context("this program has no folder")?.to_owned(),
    };
    let folder = tempfile::tempdir().context("no temporary folder")?;
    let (null, seawall) = (
        Server::start(&programs, folder.path(), "null", &[])?,
        Server::start(&programs, folder.path(), "seawall", &[])?,
    );
    let idle = [null.memory("VmRSS")?, seawall.memory("VmRSS")?];
    report::begin(arguments.pairs, arguments.seconds);
    for connections in &arguments.connections {
        for case in CASES.iter().filter(|case| case.name().contains(&arguments.only)) {
            let load = Load { case: *case, connections: *connections, seconds: arguments.seconds };
            let row = measured(&load, arguments.pairs, &null, &seawall)?;
            report::row(&load, &row);
        }
    }
    report::memory("null", idle[0], &null)?;
    report::memory("seawall", idle[1], &seawall)?;
    report::machine();
    drop(seawall);
    crowd::measure(arguments, &programs, folder.path())?;
    if !arguments.no_look_ups {
        look_up::measure(arguments, &programs, folder.path(), &null).await?;
    }
    Ok(())
}

/// Alternates between the servers, and who goes first; every answer is counted by what it says.
fn measured(load: &Load, pairs: usize, null: &Server, seawall: &Server) -> Result<Row> {
    let before = seawall.outcomes(load.case.webhook)?;
    let mut row = Row::default();
    for pair in 0..pairs {
        let (first, second) = if pair % 2 == 0 { (null, seawall) } else { (seawall, null) };
        let (first, second) = (load.put_on(first)?, load.put_on(second)?);
        let (of_null, of_seawall) = if pair % 2 == 0 { (first, second) } else { (second, first) };
        row.pairs.push((of_null, of_seawall));
    }
    row.answer = server::difference(&before, &seawall.outcomes(load.case.webhook)?)?;
    load.case.check(&row.answer)?;
    Ok(row)
}
