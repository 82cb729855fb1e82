//! Dotted versions, as image tags start with them.

use std::cmp::Ordering;

/// A dotted version: `8.0.36`, `17`. Borrowed; has at least one number.
///
/// The order is that of the numbers, and of two versions that agree as far as both go the shorter comes first.
/// To ask whether something is new enough use [`Version::at_least`]: a tag `8` may be 8.0 or 8.4.
#[derive(Clone, Copy, Debug)]
pub struct Version<'a> {
    /// Digits and single dots only, with a digit at either end.
    text: &'a str,
}

impl<'a> Version<'a> {
    /// Reads a version that is all there is: `8.4`.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        Self::leading(text).filter(|version| version.text.len() == text.len())
    }

    /// The version at the start of a tag: of `8.0.36-debian`, `v3.5.12`, `16-alpine`.
    ///
    /// `None` where the tag starts with anything else (`pg17`, `latest`), and where letters follow a single number
    /// without a dot or a dash: that is a commit (`7f3e9d2`).
    #[must_use]
    pub fn of_tag(tag: &'a str) -> Option<Self> {
        let number = tag.strip_prefix(['v', 'V']).unwrap_or(tag);
        let version = Self::leading(number)?;
        let next = number.as_bytes().get(version.text.len());
        let letters = next.is_some_and(u8::is_ascii_alphanumeric);
        (!letters || version.text.contains('.')).then_some(version)
    }

    fn leading(text: &'a str) -> Option<Self> {
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let numbers = text.get(..end)?;
        let numbers = numbers.find("..").and_then(|dots| numbers.get(..dots)).unwrap_or(numbers);
        let numbers = numbers.strip_suffix('.').unwrap_or(numbers);
        numbers.starts_with(|c: char| c.is_ascii_digit()).then_some(Self { text: numbers })
    }

    /// The version as written, without a leading `v`.
    #[must_use]
    pub fn as_str(&self) -> &'a str {
        self.text
    }

    /// The numbers, first to last; one that does not fit into 64 bits is the largest that does.
    pub fn numbers(&self) -> impl Iterator<Item = u64> + use<'a> {
        self.text.split('.').map(|digits| digits.parse().unwrap_or(u64::MAX))
    }

    /// How many numbers there are.
    #[must_use]
    pub fn components(&self) -> usize {
        self.text.split('.').count()
    }

    /// The first number.
    #[must_use]
    pub fn major(&self) -> u64 {
        self.numbers().next().unwrap_or_default()
    }

    /// The second number.
    #[must_use]
    pub fn minor(&self) -> Option<u64> {
        self.numbers().nth(1)
    }

    /// Whether whatever this version stands for is `bound` or newer. `None` where it is too short to tell: `8` stands
    /// for 8.0 as well as for 8.4.
    #[must_use]
    pub fn at_least(&self, bound: Version<'_>) -> Option<bool> {
        let mut known = self.numbers();
        for wanted in bound.numbers() {
            // A bound that ends in zeros is met by its own beginning: 8 is always 8.0 or newer.
            let Some(number) = known.next() else { return if wanted == 0 { continue } else { None } };
            match number.cmp(&wanted) {
                Ordering::Equal => {}
                Ordering::Less => return Some(false),
                Ordering::Greater => return Some(true),
            }
        }
        Some(true)
    }

    /// Whether this version is `series` or lies within it: `8.0.36` is in `8.0` and in `8`. A version shorter than the
    /// series is not known to be in it.
    #[must_use]
    pub fn is_in(&self, series: Version<'_>) -> bool {
        let mut known = self.numbers();
        series.numbers().all(|wanted| known.next() == Some(wanted))
    }
}

impl Ord for Version<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.numbers().cmp(other.numbers())
    }
}

impl PartialOrd for Version<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Version<'_> {}

impl std::fmt::Display for Version<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.text)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use proptest::prelude::*;

    fn of(tag: &str) -> Option<&str> {
        Version::of_tag(tag).map(|version| version.as_str())
    }

    #[test]
    fn reads_the_start_of_a_tag() {
        let cases = [
            ("8.0.36-debian", Some("8.0.36")),
            ("v3.5.12", Some("3.5.12")),
            ("17", Some("17")),
            ("16-alpine", Some("16")),
            ("16.13-alpine3.20", Some("16.13")),
            ("0.8.0-pg17", Some("0.8.0")),
            ("8.0.12-4", Some("8.0.12")),
            ("2022-CU17-ubuntu-22.04", Some("2022")),
            ("8.0rc1", Some("8.0")),
            ("7.", Some("7")),
            ("7..2", Some("7")),
            ("3_slim", Some("3")),
            ("20240101", Some("20240101")),
            ("7f3e9d2", None),
            ("pg17", None),
            ("latest", None),
            ("v", None),
            (".5", None),
            ("", None),
            ("RELEASE.2024-09-22", None),
        ];
        for (tag, expected) in cases {
            assert_eq!(of(tag), expected, "{tag:?}");
        }
    }

    #[test]
    fn whole_versions_only() {
        assert_eq!(Version::parse("8.4").map(|v| v.components()), Some(2));
        assert!(["", "8.4-x", "8.4.", "v8", "8..4"].iter().all(|text| Version::parse(text).is_none()));
    }

    #[test]
    fn short_versions_leave_questions_open() {
        let at_least = |version, bound| Version::parse(version).unwrap().at_least(Version::parse(bound).unwrap());
        assert_eq!(at_least("8.4.1", "8.4"), Some(true));
        assert_eq!(at_least("8.4", "8.4.0"), Some(true));
        assert_eq!(at_least("8", "8.4"), None);
        assert_eq!(at_least("8", "8.0"), Some(true));
        assert_eq!(at_least("9", "8.4"), Some(true));
        assert_eq!(at_least("8.0.36", "8.4"), Some(false));
        assert_eq!(at_least("8.4", "8.4.2"), None);
        assert_eq!(at_least("10.11", "10.2"), Some(true));
    }

    #[test]
    fn series_hold_their_versions() {
        let is_in = |version, series| Version::parse(version).unwrap().is_in(Version::parse(series).unwrap());
        assert!(is_in("8.0.36", "8.0"));
        assert!(is_in("8.0", "8"));
        assert!(!is_in("8", "8.0"));
        assert!(!is_in("8.01.3", "8.0"));
        assert!(!is_in("10.1", "1"));
    }

    proptest! {
        #[test]
        fn any_text_is_no_panic(a in "\\PC{0,30}|[v0-9.a-z-]{0,40}", b in "[0-9.]{0,40}") {
            if let (Some(a), Some(b)) = (Version::of_tag(&a), Version::parse(&b)) {
                let _ = (a.at_least(b), a.is_in(b), a.cmp(&b), a.major(), a.minor());
            }
        }

        #[test]
        fn the_order_is_that_of_the_numbers(a in prop::collection::vec(0_u64..30, 1..5), b in prop::collection::vec(0_u64..30, 1..5)) {
            let join = |numbers: &[u64]| numbers.iter().map(u64::to_string).collect::<Vec<_>>().join(".");
            let (x, y) = (join(&a), join(&b));
            let (x, y) = (Version::parse(&x).unwrap(), Version::parse(&y).unwrap());
            prop_assert_eq!(x.cmp(&y), a.cmp(&b));
            // What is known to be at least a bound is not older than it, and the other way round.
            match x.at_least(y) {
                Some(true) => prop_assert!(x >= y || y.numbers().skip(x.components()).all(|n| n == 0)),
                Some(false) => prop_assert!(x < y),
                None => prop_assert!(y.is_in(x)),
            }
        }
    }
}
