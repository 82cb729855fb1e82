//! From one version of a server to another, over the same files.
use std::cmp::Ordering;

use super::Database;
use crate::engines::{
    Version,
    schema::{DataFormat, Upgrade},
};

/// A step that the files may not survive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Move {
    /// Another data format, and the server does not upgrade its files.
    Refused,
    /// Over a release that has to come first: this one.
    Skips(String),
    /// To an older data format.
    Back,
    /// To another server, which is not known to read these files.
    Taken,
}

impl Database<'_> {
    /// What is wrong with starting this server on the files of `old`; `None` where nothing is known to be.
    #[must_use]
    pub fn version_move(&self, old: &Database<'_>) -> Option<Move> {
        if !(self.image_is_known && old.image_is_known) {
            return None;
        }
        let upgrade = self.engine.facts.upgrade.as_ref();
        if self.engine.name != old.engine.name {
            let of_old = upgrade.and_then(|u| u.takes_over.iter().find(|t| *t.engine == *old.engine.name));
            let reads = of_old.map(|taken| {
                taken.versions.as_ref().is_none_or(|range| {
                    // Nothing is said about a version that nobody knows.
                    old.version.as_ref().and_then(|version| range.contains(version)).unwrap_or(true)
                })
            });
            return (reads != Some(true)).then_some(Move::Taken);
        }
        let numbers = match self.engine.data_format {
            DataFormat::Major => 1,
            DataFormat::Minor => 2,
            DataFormat::None => return None,
        };
        let (from, to) = (old.version.as_ref()?, self.version.as_ref()?);
        match order(from, to, numbers)? {
            Ordering::Less => {
                let upgrade = upgrade?;
                let in_place = upgrade.in_place || upgrade.in_place_by.iter().any(|way| self.holds(way));
                upward(upgrade, in_place, from, to)
            }
            Ordering::Equal => None,
            Ordering::Greater => Some(Move::Back),
        }
    }
}

fn upward(upgrade: &Upgrade, in_place: bool, from: &Version, to: &Version) -> Option<Move> {
    if !in_place {
        return Some(Move::Refused);
    }
    if !upgrade.series.is_empty() {
        let (at, goal) = (series(upgrade, from)?, series(upgrade, to)?);
        let next = upgrade.series.get(at + 1)?;
        return (goal > at + 1).then(|| Move::Skips(next.clone()));
    }
    let (at, goal) = (i64::from(*from.numbers().first()?), i64::from(*to.numbers().first()?));
    let most = upgrade.most_majors?;
    (goal - at > most).then(|| Move::Skips((at + most).to_string()))
}

/// The last of the series that has begun at this version; `None` where it is too vague to say.
fn series(upgrade: &Upgrade, version: &Version) -> Option<usize> {
    let mut last = None;
    for (index, begin) in upgrade.series.iter().enumerate() {
        match version.compare(&Version::parse(begin)?)? {
            Ordering::Less => break,
            Ordering::Equal | Ordering::Greater => last = Some(index),
        }
    }
    last
}

/// Compares the first `numbers` of both; `None` where a number that decides is not given.
fn order(from: &Version, to: &Version, numbers: usize) -> Option<Ordering> {
    for at in 0..numbers {
        let ordering = from.numbers().get(at)?.cmp(to.numbers().get(at)?);
        if ordering != Ordering::Equal {
            return Some(ordering);
        }
    }
    Some(Ordering::Equal)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn steps() {
        let series = ["5.6", "5.7", "8.0", "8.4", "9.0"].map(str::to_owned).to_vec();
        let by_series = Upgrade { in_place: true, series, ..Upgrade::default() };
        let by_majors = Upgrade { in_place: true, most_majors: Some(1), ..Upgrade::default() };
        let skips = |next: &str| Some(Move::Skips(next.to_owned()));
        for (upgrade, from, to, expected) in [
            (&by_series, "5.7.44", "8.0.36", None),
            (&by_series, "5.7", "8.4", skips("8.0")),
            (&by_series, "8.0", "8.4.7", None),
            (&by_series, "8.0", "9.4", skips("8.4")),
            (&by_series, "8.4", "9", None),
            // Which 8 it was is not known.
            (&by_series, "8", "9", None),
            (&by_majors, "7.17", "8.1", None),
            (&by_majors, "7.17", "9.0", skips("8")),
            (&Upgrade::default(), "16", "17", Some(Move::Refused)),
        ] {
            let version = |text| Version::parse(text).unwrap();
            assert_eq!(upward(upgrade, upgrade.in_place, &version(from), &version(to)), expected, "{from} {to}");
        }
    }
}
