//! What may happen to a replica, other than being told to stop.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use tokio::net::TcpStream;

use super::replicas::Replicas;

/// Strangers who connect while there are no descriptors left; enough to take all that become free.
const STRANGERS: usize = 40;

/// A replica that can open no file and no connection more. It can again once this is [ended](Self::end).
pub struct Starved {
    number: usize,
    /// How many files it could open before.
    limit: String,
    _strangers: Vec<TcpStream>,
}

impl Replicas {
    /// Stops one where it is: it keeps its connections, and answers nobody.
    pub fn freeze(&self, number: usize) -> Result<()> {
        self.process(number)?.freeze();
        Ok(())
    }

    /// Has it go on.
    pub fn thaw(&self, number: usize) -> Result<()> {
        self.process(number)?.thaw();
        Ok(())
    }

    /// Leaves one no descriptor, while strangers ask for some.
    pub async fn starve(&self, number: usize) -> Result<Starved> {
        let id = self.process(number)?.id();
        let limits = std::fs::read_to_string(format!("/proc/{id}/limits")).context("no limits")?;
        let limit = limits.lines().find_map(|line| line.strip_prefix("Max open files")?.split_whitespace().next());
        let limit = limit.context("no limit of files")?.to_owned();
        let open = std::fs::read_dir(format!("/proc/{id}/fd")).context("no list of files")?.count();
        limit_files(id, &open.to_string())?;
        let mut strangers = Vec::new();
        for _ in 0..STRANGERS {
            strangers.push(TcpStream::connect(self.listen(number)).await.context("its queue is full")?);
        }
        Ok(Starved { number, limit, _strangers: strangers })
    }
}

impl Starved {
    /// Gives it its descriptors back.
    pub fn end(self, replicas: &Replicas) -> Result<()> {
        limit_files(replicas.process(self.number)?.id(), &self.limit)
    }
}

/// Sets the soft limit of a process that runs; the hard one stays.
fn limit_files(id: u32, most: &str) -> Result<()> {
    let (id, most) = (format!("--pid={id}"), format!("--nofile={most}:"));
    let done = Command::new("prlimit").args([&id, &most]).status().context("no prlimit")?;
    ensure!(done.success(), "prlimit {id} {most} failed");
    Ok(())
}
