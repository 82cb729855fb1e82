//! Ranges of versions.
use std::{cmp::Ordering, fmt, str::FromStr};

use serde::Deserialize;

use crate::text::version::Version;

/// A range of versions: `<18`, `>=18`, `>=5,<7`, `8.0`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionRange {
    text: String,
    bounds: Vec<(Bound, Version)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bound {
    Below,
    AtMost,
    AtLeast,
    Above,
    /// The version itself, or a more precise one: `8.0` holds `8.0.36`.
    In,
}

impl VersionRange {
    /// Whether a version lies in the range; `None` where it is not precise enough to say.
    #[must_use]
    pub fn contains(&self, version: &Version) -> Option<bool> {
        let mut unsure = false;
        for (bound, limit) in &self.bounds {
            let within = version.numbers().iter().zip(limit.numbers()).all(|(a, b)| a == b)
                && version.precision() >= limit.precision();
            let holds = match (bound, version.compare(limit)) {
                (Bound::In, _) if within => Some(true),
                (Bound::In, _) if limit.numbers().starts_with(version.numbers()) => None,
                (Bound::In, Some(Ordering::Equal)) => Some(true),
                (Bound::In, Some(_)) => Some(false),
                (Bound::AtMost, _) if within => Some(true),
                (Bound::Above, _) if within => Some(false),
                (_, None) => None,
                (Bound::Below, Some(o)) => Some(o == Ordering::Less),
                (Bound::AtMost, Some(o)) => Some(o != Ordering::Greater),
                (Bound::AtLeast, Some(o)) => Some(o != Ordering::Less),
                (Bound::Above, Some(o)) => Some(o == Ordering::Greater),
            };
            match holds {
                Some(false) => return Some(false),
                Some(true) => {}
                None => unsure = true,
            }
        }
        if unsure { None } else { Some(true) }
    }
}

impl FromStr for VersionRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut bounds = Vec::new();
        for part in text.split(',') {
            let part = part.trim();
            let signs = [
                ("<=", Bound::AtMost),
                (">=", Bound::AtLeast),
                ("<", Bound::Below),
                (">", Bound::Above),
                ("=", Bound::In),
            ];
            let signed = signs.into_iter().find_map(|(sign, bound)| Some((bound, part.strip_prefix(sign)?.trim())));
            let (bound, number) = signed.unwrap_or((Bound::In, part));
            let version =
                Version::parse(number).ok_or_else(|| format!("{text:?} is not a range such as \">=5,<7\""))?;
            bounds.push((bound, version));
        }
        Ok(Self { text: text.to_owned(), bounds })
    }
}

impl fmt::Display for VersionRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for VersionRange {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_range_says_yes_no_or_not_sure() {
        for (range, version, expected) in [
            ("<18", "17.2", Some(true)),
            ("<18", "18", Some(false)),
            (">=18", "18", Some(true)),
            (">=18", "18.1", Some(true)),
            ("8.0", "8.0.36", Some(true)),
            ("8.0", "8.4", Some(false)),
            ("<8.4", "8", None),
            (">=8.0", "8", Some(true)),
            (">=5,<7", "6.2", Some(true)),
            ("8.0", "8", None),
            ("<=8.0", "8.0.36", Some(true)),
            ("<=8.0", "8.1", Some(false)),
        ] {
            let range: VersionRange = range.parse().unwrap();
            assert_eq!(range.contains(&Version::parse(version).unwrap()), expected, "{version} in {range}");
        }
    }

    #[test]
    fn short_versions_leave_questions_open() {
        for (range, version, expected) in [
            (">=8.4", "8.4.1", Some(true)),
            (">=8.4.0", "8.4", Some(true)),
            (">=8.4", "8", None),
            (">=8.0", "8", Some(true)),
            (">=8.0.5", "8", None),
            ("<8.0.5", "8", None),
            (">=8.4", "9", Some(true)),
            (">=8.4", "8.0.36", Some(false)),
            (">=8.4.2", "8.4", None),
            (">=10.2", "10.11", Some(true)),
            ("8.0", "8.01.3", Some(false)),
            ("8", "8.0", Some(true)),
            ("1", "10.1", Some(false)),
        ] {
            let range: VersionRange = range.parse().unwrap();
            assert_eq!(range.contains(&Version::parse(version).unwrap()), expected, "{version} in {range}");
        }
    }
}
