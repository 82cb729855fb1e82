//! Load, made by wrk.

use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

use super::{
    cases::Case,
    server::{Server, repository},
};

/// One kind of load.
pub struct Load {
    /// What is sent.
    pub case: Case,
    /// Over how many connections, which stay open.
    pub connections: u32,
    /// For how long.
    pub seconds: u32,
}

/// What one run showed.
#[derive(Clone, Copy)]
pub struct Run {
    /// The server's CPU time per request, in microseconds.
    pub cpu_us: f64,
    /// Requests per second.
    pub throughput: f64,
    /// The median of latencies, in microseconds.
    pub p50_us: f64,
}

/// Whether wrk is there.
pub fn check() -> Result<()> {
    match Command::new("wrk").arg("--version").output() {
        Ok(_) => Ok(()),
        Err(error) => bail!("failed to run wrk ({error}): install the package wrk"),
    }
}

impl Load {
    /// Puts the load on a server.
    pub fn put_on(&self, server: &Server) -> Result<Run> {
        let repository = repository();
        let Case { review, webhook, .. } = self.case;
        let url = format!("https://{}/{webhook}?timeout=3s", server.address);
        // More threads than connections are an error, more than two compete with the server.
        let threads = self.connections.min(2);
        let mut wrk = Command::new("wrk");
        wrk.args(["-t", &threads.to_string(), "-c", &self.connections.to_string()])
            .args(["-d", &format!("{}s", self.seconds)])
            .arg("-s")
            .arg(repository.join("benches/post.lua"))
            .args([&url, "--"])
            .arg(repository.join(format!("benches/reviews/{review}.json")));
        let before = server.cpu_us()?;
        let output = wrk.output().context("failed to run wrk")?;
        let cpu_us = server.cpu_us()? - before;
        let text = String::from_utf8_lossy(&output.stdout);
        let line = text.lines().find_map(|line| line.strip_prefix("measured "));
        let line = line.with_context(|| format!("wrk: {text}{}", String::from_utf8_lossy(&output.stderr)))?;
        let value = |key: &str| -> Result<f64> {
            let value = line.split(' ').find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='));
            Ok(value.with_context(|| format!("wrk reported no {key}"))?.parse()?)
        };
        let requests = value("requests")?;
        ensure!(requests > 0.0 && value("failed")? == 0.0, "calls failed: {line}");
        #[expect(clippy::cast_precision_loss, reason = "microseconds of a few seconds")]
        Ok(Run {
            cpu_us: cpu_us as f64 / requests,
            throughput: requests / value("microseconds")? * 1e6,
            p50_us: value("p50")?,
        })
    }
}
