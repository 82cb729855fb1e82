//! What is printed.

use anyhow::Result;

use super::{
    server::Server,
    wrk::{Load, Run},
};

/// The most memory that Seawall is to hold after the load, in KiB: 20 MB.
const MEMORY_TARGET_KIB: u64 = 20_000_000 / 1024;

/// All runs of one load.
#[derive(Default)]
pub struct Row {
    /// Of the null webhook and of Seawall, one after the other.
    pub pairs: Vec<(Run, Run)>,
    /// What Seawall answered.
    pub answer: String,
}

impl Row {
    fn median(&self, value: impl Fn(&(Run, Run)) -> f64) -> f64 {
        let mut values: Vec<f64> = self.pairs.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
    }

    /// The median of the pairs' ratios, the smallest and the largest.
    fn ratios(&self, value: impl Fn(&Run) -> f64) -> [f64; 3] {
        let ratio = |(null, seawall): &(Run, Run)| value(seawall) / value(null);
        let all = || self.pairs.iter().map(ratio);
        [self.median(ratio), all().fold(f64::INFINITY, f64::min), all().fold(0.0, f64::max)]
    }
}

/// The head of the table.
pub fn begin(pairs: usize, seconds: u32) {
    println!("Server CPU per request and requests per second, wrk over TLS 1.3 with keep-alive;");
    println!("medians of {pairs} pairs of {seconds} s, null webhook and Seawall in turns; ratios are Seawall to null");
    println!();
    println!(
        "{:5}  {:17}  {:9}  {:>7}  {:>7}  {:>5}  {:11}  {:6}  {:>8}  {:>8}  {:>5}",
        "conns", "case", "answer", "null us", "seawall", "ratio", "(range)", "target", "null/s", "seawall", "ratio"
    );
}

/// One line of the table.
pub fn row(load: &Load, row: &Row) {
    let [ratio, least, most] = row.ratios(|run| run.cpu_us);
    let [speed, ..] = row.ratios(|run| run.throughput);
    let target = load.case.target;
    println!(
        "{:5}  {:17}  {:9}  {:7.1}  {:7.1}  {ratio:5.2}  ({least:.2}-{most:.2})  {target:4.2} {}  {:8.0}  {:8.0}  {speed:5.2}",
        load.connections,
        load.case.name(),
        row.answer,
        row.median(|(null, _)| null.cpu_us),
        row.median(|(_, seawall)| seawall.cpu_us),
        if ratio <= target { "+" } else { "!" },
        row.median(|(null, _)| null.throughput),
        row.median(|(_, seawall)| seawall.throughput),
    );
}

/// The line about look-ups.
pub fn look_ups(load: &Load, row: &Row) {
    println!(
        "{:5}  {:17}  {:9}  {:7.1}  {:7.1}  {:5.2}  latency {:.0} us where the null webhook takes {:.0}",
        load.connections,
        load.case.name(),
        row.answer,
        row.median(|(null, _)| null.cpu_us),
        row.median(|(_, seawall)| seawall.cpu_us),
        row.ratios(|run| run.cpu_us)[0],
        row.median(|(_, seawall)| seawall.p50_us),
        row.median(|(null, _)| null.p50_us),
    );
}

/// A line about many policies: both are Seawall.
pub fn crowd(load: &Load, row: &Row) {
    let [ratio, least, most] = row.ratios(|run| run.cpu_us);
    println!(
        "{:5}  {:17}  {:9}  {:7.1}  {:7.1}  {ratio:5.3}  ({least:.2}-{most:.2})",
        load.connections,
        load.case.name(),
        row.answer,
        row.median(|(one, _)| one.cpu_us),
        row.median(|(_, many)| many.cpu_us),
    );
}

/// How much more memory one server holds than another one after the same load.
pub fn more_memory(one: &Server, many: &Server) -> Result<()> {
    let (least, most) = (one.memory("VmRSS")?, many.memory("VmRSS")?);
    let kilobytes = |kib: u64| kib * 1024 / 1000;
    println!("resident memory {} kB where it is {} kB with one policy", kilobytes(most), kilobytes(least));
    Ok(())
}

/// A line about memory, in MB as everybody else counts them.
pub fn memory(who: &str, idle_kib: u64, server: &Server) -> Result<()> {
    let after = server.memory("VmRSS")?;
    let megabytes = |kib: u64| kib * 1024 / 1000;
    let verdict = match who {
        "seawall" if after > MEMORY_TARGET_KIB => ", more than the 20 MB aimed at",
        _ => "",
    };
    println!(
        "{who}: resident memory {} kB at start, {} kB after the load, {} kB at most{verdict}",
        megabytes(idle_kib),
        megabytes(after),
        megabytes(server.memory("VmHWM")?)
    );
    Ok(())
}

/// What else to know about the figures.
pub fn machine() {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: Vec<&str> = load.split(' ').take(3).collect();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    println!(
        "{cores} cores, load average {}; a quiet machine has about 2 to 3 here from the load itself",
        load.join(" ")
    );
}
