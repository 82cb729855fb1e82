//! From one version of a server to another, over the same files.
use std::cmp::Ordering;

use super::Database;
use crate::engines::{
    Version,
    schema::{DataFormat, NoWayBack, Upgrade},
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
        let (from, to) = (old.version.as_ref()?, self.version.as_ref()?);
        let numbers = match self.engine.data_format {
            DataFormat::Major => 1,
            DataFormat::Minor => 2,
            DataFormat::None => 0,
        };
        if upgrade.is_some_and(|upgrade| goes_back(upgrade, from, to)) {
            return Some(Move::Back);
        }
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

/// Whether it goes further back than the file allows.
fn goes_back(upgrade: &Upgrade, from: &Version, to: &Version) -> bool {
    let holds = |back: &&NoWayBack| back.versions.as_ref().is_none_or(|range| range.contains(to) == Some(true));
    let Some(back) = upgrade.no_way_back.iter().find(holds) else { return false };
    order(from, to, back.numbers) == Some(Ordering::Greater)
}

/// Whether a version lies between them from which on no older files are read.
fn breaks(upgrade: &Upgrade, from: &Version, to: &Version) -> bool {
    let is_older = |a: &Version, b: &Version| a.compare(b) == Some(Ordering::Less);
    let mut all = upgrade.breaks.iter().filter_map(|text| Version::parse(text));
    all.any(|version| is_older(from, &version) && !is_older(to, &version))
}

fn upward(upgrade: &Upgrade, in_place: bool, from: &Version, to: &Version) -> Option<Move> {
    if !in_place || breaks(upgrade, from, to) {
        return Some(Move::Refused);
    }
    let needs = upgrade.ways_up.iter().find(|way| way.versions.contains(to) == Some(true));
    if let Some(way) = needs {
        let first = Version::parse(&way.from)?;
        let is_older = |a: &Version, b: &Version| a.compare(b) == Some(Ordering::Less);
        if is_older(from, &first) && is_older(&first, to) {
            // What comes first may need something before it.
            return upward(upgrade, in_place, from, &first).or_else(|| Some(Move::Skips(way.from.clone())));
        }
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
    use crate::engines::schema::WayUp;

    #[test]
    fn steps() {
        let series = ["5.6", "5.7", "8.0", "8.4", "9.0"].map(str::to_owned).to_vec();
        let by_series = Upgrade { in_place: true, series, ..Upgrade::default() };
        let by_majors = Upgrade { in_place: true, most_majors: Some(1), ..Upgrade::default() };
        let way = |versions: &str, from: &str| WayUp { versions: versions.parse().unwrap(), from: from.to_owned() };
        let ways_up = vec![way(">=8,<9", "7.17"), way("9.0", "8.18"), way(">=9.1", "8.19")];
        let by_ways = Upgrade { ways_up, ..by_majors.clone() };
        let breaks = Upgrade { in_place: true, breaks: vec!["5".to_owned()], ..Upgrade::default() };
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
            (&by_ways, "7.17.29", "8.19.0", None),
            (&by_ways, "7.10.2", "8.19.0", skips("7.17")),
            (&by_ways, "8.5", "9.0.1", skips("8.18")),
            (&by_ways, "8.18.2", "9.0.1", None),
            (&by_ways, "8.18.2", "9.2.0", skips("8.19")),
            (&by_ways, "9.0.1", "9.2.0", None),
            (&by_ways, "7.17.29", "9.2.0", skips("8.19")),
            (&by_ways, "7.10.2", "9.2.0", skips("7.17")),
            (&by_ways, "6.8", "9.2.0", skips("7.17")),
            (&by_ways, "5.6", "8.1", skips("6")),
            // Which of them it was, or will be, is not known.
            (&by_ways, "8", "9.2.0", None),
            (&by_ways, "8.5", "9", None),
            (&Upgrade::default(), "16", "17", Some(Move::Refused)),
            (&breaks, "4.4.9", "5.26.1", Some(Move::Refused)),
            (&breaks, "4.4", "5", Some(Move::Refused)),
            (&breaks, "4.3", "4.4", None),
            (&breaks, "5.1", "2025.10", None),
        ] {
            let version = |text| Version::parse(text).unwrap();
            assert_eq!(upward(upgrade, upgrade.in_place, &version(from), &version(to)), expected, "{from} {to}");
        }
    }

    #[test]
    fn steps_back() {
        let back =
            |versions: Option<&str>, numbers| NoWayBack { versions: versions.map(|v| v.parse().unwrap()), numbers };
        let all = Upgrade { no_way_back: vec![back(None, 3)], ..Upgrade::default() };
        let some = Upgrade { no_way_back: vec![back(Some(">=8.0,<8.0.35"), 3)], ..Upgrade::default() };
        for (upgrade, from, to, expected) in [
            (&all, "8.5.1", "8.5.0", true),
            (&all, "8.5.1", "8.5.1", false),
            (&all, "8.5.0", "8.5.1", false),
            (&all, "8.5", "8.5.0", false),
            (&some, "8.0.36", "8.0.35", false),
            (&some, "8.0.36", "8.0.34", true),
            (&some, "8.4.7", "8.4.6", false),
            (&Upgrade::default(), "9", "8", false),
        ] {
            let version = |text| Version::parse(text).unwrap();
            assert_eq!(goes_back(upgrade, &version(from), &version(to)), expected, "{from} {to}");
        }
    }
}
