//! What many policies and exemptions cost: the same reviews, by one policy and by a crowd of them.

use std::path::Path;

use anyhow::Result;

use super::{Arguments, cases::CASES, measured, report, server::Server, wrk::Load};

/// What a large company has.
const CROWD: [&str; 4] = ["--policies", "50", "--exemptions", "500"];

/// Measures all cases over the most connections, in turns with a Seawall that has one policy.
pub fn measure(arguments: &Arguments, programs: &Path, folder: &Path) -> Result<()> {
    let (one, many) =
        (Server::start(programs, folder, "seawall", &[])?, Server::start(programs, folder, "seawall", &CROWD)?);
    println!("with 50 policies and 500 exemptions, in turns with one policy and none:");
    let connections = arguments.connections.iter().copied().max().unwrap_or(1);
    for case in CASES.iter().filter(|case| case.name().contains(&arguments.only)) {
        let load = Load { case: *case, connections, seconds: arguments.seconds };
        report::crowd(&load, &measured(&load, arguments.pairs, &one, &many)?);
    }
    report::more_memory(&one, &many)
}
