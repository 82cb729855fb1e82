//! Must a certificate be renewed? A pure function that answers with a reason.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

/// A certificate is renewed when this little of its life remains: a third of a leaf's 90 days, so that a machine that
/// is off for three weeks still finds a valid one.
pub const RENEW_BEFORE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What decides about a certificate that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// From when on it is valid.
    pub not_before: Timestamp,
    /// Until when it is valid.
    pub not_after: Timestamp,
    /// The DNS names and IP addresses it is valid for.
    pub names: Vec<String>,
    /// The key kept beside it is its own.
    pub own_key: bool,
    /// It was signed by the authority that is kept beside it.
    pub own_authority: bool,
}

/// Why a certificate was, or must be, made anew.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Renew {
    /// There was none.
    Missing,
    /// Somebody asked for it.
    Forced,
    /// The key beside it belongs to another certificate, as after an interrupted write.
    OtherKey,
    /// Another authority signed it, as after a change of the authority.
    OtherAuthority,
    /// It is not valid for a name that it is needed for.
    Name(String),
    /// Its life has not begun: the clock was changed.
    NotYetValid(Timestamp),
    /// Its life has ended.
    Expired(Timestamp),
    /// Its life ends within the margin.
    ExpiresSoon(Timestamp),
}

impl fmt::Display for Renew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("there was none"),
            Self::Forced => f.write_str("as asked"),
            Self::OtherKey => f.write_str("its key belonged to another certificate"),
            Self::OtherAuthority => f.write_str("another CA had signed it"),
            Self::Name(name) => write!(f, "it was not valid for {name}"),
            Self::NotYetValid(from) => write!(f, "it was valid only from {}", day(*from)),
            Self::Expired(on) => write!(f, "it expired on {}", day(*on)),
            Self::ExpiresSoon(on) => write!(f, "it would have expired on {}", day(*on)),
        }
    }
}

/// Whether a certificate that must be valid for all of `wanted` has to be made anew, and why.
///
/// What makes it useless today comes before what will make it useless soon: that no more than `margin` of its life
/// remains, such as [`RENEW_BEFORE`].
#[must_use]
pub fn must_renew(held: &Held, wanted: &[String], margin: SignedDuration, now: Timestamp) -> Option<Renew> {
    if !held.own_key {
        return Some(Renew::OtherKey);
    }
    if !held.own_authority {
        return Some(Renew::OtherAuthority);
    }
    if now < held.not_before {
        return Some(Renew::NotYetValid(held.not_before));
    }
    if now >= held.not_after {
        return Some(Renew::Expired(held.not_after));
    }
    if let Some(name) = wanted.iter().find(|name| !held.names.contains(name)) {
        return Some(Renew::Name(name.clone()));
    }
    if held.not_after.duration_since(now) <= margin {
        return Some(Renew::ExpiresSoon(held.not_after));
    }
    None
}

fn day(time: Timestamp) -> impl fmt::Display {
    time.strftime("%Y-%m-%d")
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3600;
    const DAY: i64 = 24 * HOUR;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// Valid from second 0 for 90 days, for two names.
    fn held() -> Held {
        Held {
            not_before: at(0),
            not_after: at(90 * DAY),
            names: vec!["a.b.svc".to_owned(), "localhost".to_owned()],
            own_key: true,
            own_authority: true,
        }
    }

    #[test]
    fn table() {
        let end = at(90 * DAY);
        let foreign = || Held { own_authority: false, ..held() };
        let cases = [
            ("fresh", held(), "a.b.svc", HOUR, None),
            ("one second before the margin", held(), "a.b.svc", 60 * DAY - 1, None),
            ("at the margin", held(), "a.b.svc", 60 * DAY, Some(Renew::ExpiresSoon(end))),
            ("the last second", held(), "a.b.svc", 90 * DAY - 1, Some(Renew::ExpiresSoon(end))),
            ("at its end", held(), "a.b.svc", 90 * DAY, Some(Renew::Expired(end))),
            ("long after", held(), "a.b.svc", 900 * DAY, Some(Renew::Expired(end))),
            ("its first second", held(), "a.b.svc", 0, None),
            ("the clock went back", held(), "a.b.svc", -1, Some(Renew::NotYetValid(at(0)))),
            ("another name", held(), "c.d.svc", HOUR, Some(Renew::Name("c.d.svc".to_owned()))),
            ("a name is compared whole", held(), "b.svc", HOUR, Some(Renew::Name("b.svc".to_owned()))),
            ("another key", Held { own_key: false, ..foreign() }, "a.b.svc", HOUR, Some(Renew::OtherKey)),
            ("another authority", foreign(), "c.d.svc", HOUR, Some(Renew::OtherAuthority)),
        ];
        for (case, held, name, now, expected) in cases {
            assert_eq!(must_renew(&held, &[name.to_owned()], RENEW_BEFORE, at(now)), expected, "{case}");
        }
    }

    #[test]
    fn an_authority_needs_no_names() {
        assert_eq!(must_renew(&Held { names: Vec::new(), ..held() }, &[], RENEW_BEFORE, at(HOUR)), None);
    }

    #[test]
    fn a_short_life_has_a_short_margin() {
        let margin = SignedDuration::from_secs(20);
        let end = at(90 * DAY);
        assert_eq!(must_renew(&held(), &[], margin, at(90 * DAY - 21)), None);
        assert_eq!(must_renew(&held(), &[], margin, at(90 * DAY - 20)), Some(Renew::ExpiresSoon(end)));
    }

    #[test]
    fn reasons_name_the_day() {
        assert_eq!(Renew::Expired(at(DAY)).to_string(), "it expired on 1970-01-02");
    }
}
