//! The chart: what it renders, whether an API server takes it, and the life of a release.

mod accepted;
mod certified;
mod life;
mod order;
mod rendered;
mod rights;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use libtest_mimic::Trial;

pub fn trials() -> Vec<Trial> {
    [accepted::trials(), certified::trials(), life::trials(), rendered::trials(), rights::trials()]
        .into_iter()
        .flatten()
        .collect()
}

/// What a chart is told to be rendered or installed at all.
const IMAGE: &str = "image.repository=registry.example/seawall";

/// The files of values that the chart is rendered with, by name.
fn cases() -> Result<Vec<(String, PathBuf)>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/chart/values");
    let mut cases = Vec::new();
    for entry in std::fs::read_dir(folder).context("no values")? {
        let path = entry?.path();
        let name = path.file_stem().and_then(|stem| stem.to_str()).context("a file without a name")?;
        cases.push((name.to_owned(), path));
    }
    cases.sort();
    Ok(cases)
}
