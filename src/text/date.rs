//! Dates without a time: `2026-04-30`.

/// Seconds from 1970 to the beginning of a day, in UTC; `None` where the text is no such day of the years 1970 to 9999.
#[must_use]
pub fn seconds(text: &str) -> Option<i64> {
    let mut parts = text.split('-');
    let mut number = |digits: usize| {
        let part = parts.next().filter(|p| p.len() == digits && p.bytes().all(|b| b.is_ascii_digit()))?;
        part.parse::<i64>().ok()
    };
    let (year, month, day) = (number(4)?, number(2)?, number(2)?);
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + i64::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if parts.next().is_some() || year < 1970 || !(1..=length).contains(&day) {
        return None;
    }
    // Years that begin in March have their leap day at the end.
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1;
    /// From March of the year 0 to 1970.
    const TO_1970: i64 = 719_468;
    Some((days - TO_1970) * 86_400)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_from_1970() {
        for (text, days) in [
            ("1970-01-01", Some(0)),
            ("1970-12-31", Some(364)),
            ("1972-02-29", Some(789)),
            ("2000-03-01", Some(11_017)),
            ("2026-11-12", Some(20_769)),
            ("2100-03-01", Some(47_541)),
            ("2026-02-29", None),
            ("2026-13-01", None),
            ("2026-04-31", None),
            ("2026-04-00", None),
            ("26-04-30", None),
            ("2026-4-30", None),
            ("2026-04-30-1", None),
            ("2026-04-+1", None),
            ("1969-12-31", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(seconds(text), days.map(|days: i64| days * 86_400), "{text}");
        }
    }
}
