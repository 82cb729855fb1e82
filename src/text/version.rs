//! Dotted versions, as image tags hold them.

use std::{cmp::Ordering, fmt};

/// Most numbers of a version.
const MOST: usize = 6;

/// The dotted numbers of a version, as far as a tag gives them: `16`, `8.0.36`. At least one, at most six.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Version {
    /// Zero behind the last one.
    numbers: [u32; MOST],
    precision: usize,
}

impl Version {
    /// Reads dotted numbers; anything after them must be absent.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut version = Self { numbers: [0; MOST], precision: 0 };
        for digits in text.trim_end_matches('.').split('.') {
            *version.numbers.get_mut(version.precision)? = digits.parse().ok()?;
            version.precision += 1;
        }
        Some(version)
    }

    /// The numbers, first to last.
    #[must_use]
    pub fn numbers(&self) -> &[u32] {
        self.numbers.get(..self.precision).unwrap_or_default()
    }

    /// How many numbers are given: 1 for `16`, 3 for `8.0.36`.
    #[must_use]
    pub const fn precision(&self) -> usize {
        self.precision
    }

    /// Compares as many numbers as both have; missing ones of `bound` count as zero, missing ones of the version as unknown.
    #[must_use]
    pub fn compare(&self, bound: &Self) -> Option<Ordering> {
        for (i, theirs) in bound.numbers().iter().enumerate() {
            match self.numbers().get(i) {
                Some(ours) => match ours.cmp(theirs) {
                    Ordering::Equal => {}
                    other => return Some(other),
                },
                // `8` against a bound of `8.0` can be anything from 8.0 on; against 8.0.5 it can be anything.
                None => {
                    let from_there_on = bound.numbers().iter().skip(i).all(|number| *number == 0);
                    return from_there_on.then_some(Ordering::Greater);
                }
            }
        }
        Some(if self.precision > bound.precision { Ordering::Greater } else { Ordering::Equal })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, n) in self.numbers().iter().enumerate() {
            if i > 0 {
                f.write_str(".")?;
            }
            write!(f, "{n}")?;
        }
        Ok(())
    }
}

/// The dotted numbers that a tag starts with: of `8.0.36-debian`, `v3.5.12`, `16-alpine`. They may be more, and larger, than a
/// [`Version`] holds.
///
/// `None` where the tag starts with anything else (`pg17`, `latest`), and where letters follow a single number without a dot or a
/// dash: that is a commit (`7f3e9d2`).
#[must_use]
pub fn leading(tag: &str) -> Option<&str> {
    let text = tag.strip_prefix(['v', 'V']).unwrap_or(tag);
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let numbers = text.get(..end)?;
    let numbers = numbers.find("..").and_then(|dots| numbers.get(..dots)).unwrap_or(numbers);
    let numbers = numbers.strip_suffix('.').unwrap_or(numbers);
    let letters = text.as_bytes().get(numbers.len()).is_some_and(u8::is_ascii_alphanumeric);
    (numbers.starts_with(|c: char| c.is_ascii_digit()) && (!letters || numbers.contains('.'))).then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
            assert_eq!(leading(tag), expected, "{tag:?}");
        }
    }

    #[test]
    fn whole_versions_only() {
        assert_eq!(Version::parse("8.4").map(|v| v.precision()), Some(2));
        assert_eq!(Version::parse("1.2.3.4.5.6").map(|v| v.to_string()).as_deref(), Some("1.2.3.4.5.6"));
        let wrong = ["", ".", "8.4-x", "v8", "8..4", "1.2.3.4.5.6.7", "20240101123456"];
        assert!(wrong.iter().all(|text| Version::parse(text).is_none()));
    }

    proptest! {
        #[test]
        fn any_text_is_no_panic(a in "\\PC{0,30}|[v0-9.a-z-]{0,40}", b in "[0-9.]{0,40}") {
            let _ = leading(&a);
            if let (Some(a), Some(b)) = (Version::parse(&a), Version::parse(&b)) {
                let _ = a.compare(&b);
            }
        }

        #[test]
        fn the_order_is_that_of_the_numbers(a in prop::collection::vec(0_u32..30, 1..5), b in prop::collection::vec(0_u32..30, 1..5)) {
            let parsed = |numbers: &[u32]| {
                let text = numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(".");
                Version::parse(&text).ok_or_else(|| TestCaseError::fail(text))
            };
            let (x, y) = (parsed(&a)?, parsed(&b)?);
            prop_assert_eq!(x.numbers(), a.as_slice());
            match x.compare(&y) {
                Some(Ordering::Less) => prop_assert!(a < b),
                Some(Ordering::Equal) => prop_assert_eq!(&a, &b),
                // What is known to be beyond a bound is not before it.
                Some(Ordering::Greater) => prop_assert!(a > b || b.iter().skip(a.len()).all(|n| *n == 0)),
                None => prop_assert!(b.starts_with(&a)),
            }
        }
    }
}
