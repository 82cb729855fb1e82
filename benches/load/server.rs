//! A server under load, and what it says about itself.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
};

use anyhow::{Context as _, Result, bail, ensure};

/// Microseconds in one tick of `/proc/PID/stat`: Linux shows programs 100 ticks per second, whatever it counts itself.
const TICK_US: u64 = 10_000;

/// A process that serves reviews; it stops when this is dropped.
pub struct Server {
    child: Child,
    /// Where reviews go.
    pub address: SocketAddr,
    metrics: SocketAddr,
}

/// How many calls ended in which way.
pub type Outcomes = BTreeMap<String, u64>;

impl Server {
    /// Starts `bench-server WHO` with further arguments, with its log in `folder`.
    pub fn start(programs: &Path, folder: &Path, who: &str, more: &[&str]) -> Result<Self> {
        let program = programs.join("bench-server");
        let mut command = Command::new(&program);
        command.arg(who).arg("--config").arg(repository().join("benches/settings.yaml"));
        command.args(more).stdin(Stdio::piped()).stdout(Stdio::piped());
        let log = folder.join(format!("{who}{}.log", more.concat().replace('/', "-")));
        command.stderr(File::create(&log)?);
        let mut child = command.spawn().with_context(|| format!("failed to start {}", program.display()))?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("no stdout")?).read_line(&mut line)?;
        let mut words = line.split_whitespace().skip(1).map(str::parse);
        let (Some(Ok(address)), Some(Ok(metrics))) = (words.next(), words.next()) else {
            bail!("{who} did not start: {}", fs::read_to_string(log).unwrap_or_default().trim_end());
        };
        Ok(Self { child, address, metrics })
    }

    /// The CPU time that it used so far, in user mode and for it in the kernel, in microseconds.
    pub fn cpu_us(&self) -> Result<u64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name of the program, in parentheses, may contain anything; utime and stime are fields 14 and 15.
        let (_, fields) = stat.rsplit_once(')').context("no stat")?;
        let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<u64>);
        Ok(ticks.sum::<Result<u64, _>>()? * TICK_US)
    }

    /// A line of `/proc/PID/status` in KiB, such as `VmRSS`.
    pub fn memory(&self, line: &str) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let value = status.lines().find_map(|l| l.strip_prefix(line)?.strip_prefix(':'));
        let number = value.and_then(|v| v.split_whitespace().next()).context("no such line")?;
        Ok(number.parse()?)
    }

    /// How the calls of a webhook ended so far, as its metrics count them.
    pub fn outcomes(&self, webhook: &str) -> Result<Outcomes> {
        let mut stream = TcpStream::connect(self.metrics)?;
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        let mut outcomes = Outcomes::new();
        for line in text.lines().filter_map(|line| line.strip_prefix("seawall_requests_total{")) {
            let Some((labels, count)) = line.rsplit_once("} ") else { continue };
            let label =
                |key: &str| labels.split(',').find_map(|l| l.strip_prefix(key)?.strip_prefix("=\"")?.strip_suffix('"'));
            if label("webhook") == Some(webhook) {
                *outcomes.entry(label("outcome").unwrap_or_default().to_owned()).or_default() +=
                    count.parse::<u64>()?;
            }
        }
        Ok(outcomes)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// What nearly all calls between two counts ended in. Calls are cut off at the end of a run: those do not count.
pub fn difference(before: &Outcomes, after: &Outcomes) -> Result<String> {
    let grown = |outcome: &String| after.get(outcome).unwrap_or(&0) - before.get(outcome).unwrap_or(&0);
    let all: u64 = after.keys().filter(|outcome| *outcome != "abandoned").map(grown).sum();
    let most = after.keys().max_by_key(|outcome| grown(outcome)).context("no call was answered")?;
    ensure!(grown(most) == all, "calls ended in more than one way");
    Ok(most.clone())
}

/// The folder of this repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
