//! How long a call may take.

use std::time::Duration;

/// What a caller's timeout is shortened by, for the way back: a tenth of it, at most a quarter of a second.
const WAY_BACK: Duration = Duration::from_millis(250);

/// The time for a call with this query: what its `timeout` leaves, but at most `most`.
pub(super) fn allowed(query: Option<&str>, most: Duration) -> Duration {
    let timeout = query
        .into_iter()
        .flat_map(|query| query.split('&'))
        .find_map(|pair| pair.strip_prefix("timeout="))
        .and_then(go_duration)
        .filter(|timeout| !timeout.is_zero());
    timeout.map_or(most, |timeout| most.min(timeout.saturating_sub(WAY_BACK.min(timeout / 10))))
}

/// A duration as Go prints it (`5s`, `1m30s`, `1.5s`, `250ms`); `None` for anything else.
fn go_duration(text: &str) -> Option<Duration> {
    let (mut rest, mut total) = (text, Duration::ZERO);
    while !rest.is_empty() {
        let unit_at = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(unit_at);
        let unit_end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit_end);
        let seconds = match unit {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            _ => return None,
        };
        let number: f64 = number.parse().ok()?;
        total = total.checked_add(Duration::try_from_secs_f64(number * seconds).ok()?)?;
        rest = tail;
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shorter_of_the_callers_timeout_and_ours_counts() {
        let most = Duration::from_secs(3);
        for (query, ms) in [
            (None, 3000),
            (Some(""), 3000),
            (Some("timeout=10s"), 3000),
            (Some("timeout=3s"), 2750),
            (Some("timeout=2s"), 1800),
            (Some("a=b&timeout=1s"), 900),
            (Some("timeout=500ms"), 450),
            (Some("timeout=1.5s"), 1350),
            (Some("timeout=1m30s"), 3000),
            (Some("timeout=0s"), 3000),
            (Some("timeout=-1s"), 3000),
            (Some("timeout=s"), 3000),
            (Some("timeout=5"), 3000),
            (Some("timeout=99999999999999999999999h"), 3000),
            (Some("timeout=1fortnight"), 3000),
            (Some("timeout=é"), 3000),
        ] {
            assert_eq!(allowed(query, most), Duration::from_millis(ms), "{query:?}");
        }
    }
}
