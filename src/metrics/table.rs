//! Counters and histograms whose labels are closed sets: one array each, a label is a position, counting is one
//! atomic addition. A `Family` takes a lock and hashes its labels each time.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, NoLabelSet},
    metrics::MetricType,
    registry::Unit,
};

/// A label: its key, and every value it can have.
pub(super) type Axis = (&'static str, &'static [&'static str]);

/// A counter per combination of `N` labels. Combinations that never occurred are not shown.
#[derive(Debug)]
pub(super) struct Counters<const N: usize> {
    name: &'static str,
    help: &'static str,
    axes: [Axis; N],
    cells: Box<[AtomicU64]>,
}

impl<const N: usize> Counters<N> {
    pub(super) fn new(name: &'static str, help: &'static str, axes: [Axis; N]) -> Self {
        let cells = axes.iter().map(|(_, words)| words.len()).product();
        Self { name, help, axes, cells: (0..cells).map(|_| AtomicU64::new(0)).collect() }
    }

    /// Adds one at a position along each axis; a position that an axis does not have counts nothing.
    pub(super) fn add(&self, at: [usize; N]) {
        let cell = at.iter().zip(&self.axes).fold(0, |cell, (at, (_, words))| cell * words.len() + at);
        if let Some(cell) = self.cells.get(cell) {
            cell.fetch_add(1, Relaxed);
        }
    }

    /// The labels of a cell: the inverse of the position that `add` works out.
    fn labels(&self, mut cell: usize) -> [(&'static str, &'static str); N] {
        let mut labels = [("", ""); N];
        for (label, (key, words)) in labels.iter_mut().zip(&self.axes).rev() {
            *label = (key, words.get(cell % words.len()).copied().unwrap_or_default());
            cell /= words.len();
        }
        labels
    }
}

impl<const N: usize> Collector for Counters<N> {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        let mut metric = encoder.encode_descriptor(self.name, self.help, None, MetricType::Counter)?;
        for (cell, count) in self.cells.iter().enumerate() {
            let count = count.load(Relaxed);
            if count > 0 {
                metric.encode_family(&self.labels(cell))?.encode_counter::<NoLabelSet, u64, u64>(&count, None)?;
            }
        }
        Ok(())
    }
}

/// Upper bounds in nanoseconds, from 50 microseconds to the longest deadline; one more bucket holds what is above.
const BOUNDS_NS: [u64; 16] = [
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    2_000_000_000,
    3_000_000_000,
];

/// A histogram of durations per value of one label.
#[derive(Debug)]
pub(super) struct Durations {
    name: &'static str,
    help: &'static str,
    axis: Axis,
    rows: Box<[Row]>,
}

#[derive(Debug, Default)]
struct Row {
    sum_ns: AtomicU64,
    buckets: [AtomicU64; BOUNDS_NS.len() + 1],
}

impl Durations {
    pub(super) fn new(name: &'static str, help: &'static str, axis: Axis) -> Self {
        Self { name, help, axis, rows: axis.1.iter().map(|_| Row::default()).collect() }
    }

    pub(super) fn observe(&self, at: usize, took: Duration) {
        let Some(row) = self.rows.get(at) else { return };
        let ns = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        row.sum_ns.fetch_add(ns, Relaxed);
        if let Some(bucket) = row.buckets.get(BOUNDS_NS.partition_point(|bound| *bound < ns)) {
            bucket.fetch_add(1, Relaxed);
        }
    }
}

impl Collector for Durations {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        let unit = Unit::Seconds;
        let mut metric = encoder.encode_descriptor(self.name, self.help, Some(&unit), MetricType::Histogram)?;
        for (row, word) in self.rows.iter().zip(self.axis.1) {
            let bounds = BOUNDS_NS.iter().map(|ns| Duration::from_nanos(*ns).as_secs_f64()).chain([f64::INFINITY]);
            let buckets: Vec<_> = bounds.zip(row.buckets.iter().map(|count| count.load(Relaxed))).collect();
            let count = buckets.iter().map(|(_, count)| count).sum();
            let sum = Duration::from_nanos(row.sum_ns.load(Relaxed)).as_secs_f64();
            metric
                .encode_family(&[(self.axis.0, *word)])?
                .encode_histogram::<NoLabelSet>(sum, count, &buckets, None)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use prometheus_client::{encoding::text::encode, registry::Registry};

    use super::*;

    fn shown(collector: impl Collector) -> Vec<String> {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(collector));
        let mut text = String::new();
        assert!(encode(&mut text, &registry).is_ok());
        text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
    }

    #[test]
    fn every_combination_of_labels_has_a_cell_of_its_own() {
        const A: &[&str] = &["p", "q", "r"];
        const B: &[&str] = &["x", "y"];
        let counters = Arc::new(Counters::new("things", "Things", [("a", A), ("b", B)]));
        let mut expected = Vec::new();
        for (i, a) in A.iter().enumerate() {
            for (j, b) in B.iter().enumerate() {
                let count = i * 2 + j;
                (0..count).for_each(|_| counters.add([i, j]));
                if count > 0 {
                    expected.push(format!("things_total{{a=\"{a}\",b=\"{b}\"}} {count}"));
                }
            }
        }
        counters.add([3, 1]);
        assert_eq!(shown(Arc::clone(&counters)), expected);
    }

    #[test]
    fn a_duration_is_counted_in_the_first_bucket_that_holds_it() {
        let durations = Arc::new(Durations::new("wait", "Wait", ("who", &["me", "you"])));
        for us in [1, 50, 51, 3_000_000, 3_000_001] {
            durations.observe(1, Duration::from_micros(us));
        }
        durations.observe(2, Duration::from_secs(1));
        let lines = shown(Arc::clone(&durations));
        for line in [
            "wait_seconds_count{who=\"me\"} 0",
            "wait_seconds_count{who=\"you\"} 5",
            "wait_seconds_sum{who=\"you\"} 6.000103",
            "wait_seconds_bucket{le=\"0.00005\",who=\"you\"} 2",
            "wait_seconds_bucket{le=\"0.0001\",who=\"you\"} 3",
            "wait_seconds_bucket{le=\"2.0\",who=\"you\"} 3",
            "wait_seconds_bucket{le=\"3.0\",who=\"you\"} 4",
            "wait_seconds_bucket{le=\"+Inf\",who=\"you\"} 5",
        ] {
            assert!(lines.iter().any(|found| found == line), "{line} is not in {lines:#?}");
        }
    }
}
