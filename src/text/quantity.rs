//! Kubernetes quantities: `1Gi`, `512M`, `100m`, `1e3`.
//!
//! The grammar and the rounding are those of `k8s.io/apimachinery/pkg/api/resource`, compared with it on
//! hundreds of inputs; nothing here goes through a floating-point number.

use std::fmt;

/// One unit is 10^9 nano units: the finest step that the API server keeps.
const NANOS: i128 = 1_000_000_000;
/// The API server caps quantities with a binary suffix here.
const BINARY_CAP: i128 = i64::MAX as i128 * NANOS;

/// An amount of a resource, exact to the nano unit.
///
/// Finer fractions are rounded away from zero. Amounts above 1.7 * 10^29 units, which the API server accepts without
/// a binary suffix, are held as that number: larger than anything they are compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity {
    nanos: i128,
}

impl Quantity {
    /// Reads the text of a quantity, as it stands in JSON between the quotation marks.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (negative, rest) = match text.as_bytes().first()? {
            b'-' => (true, text.get(1..)?),
            b'+' => (false, text.get(1..)?),
            _ => (false, text),
        };
        let decimal = Decimal::leading(rest);
        if decimal.digits == 0 {
            return None;
        }
        let nanos = match suffix(rest.get(decimal.length..)?)? {
            Suffix::Decimal(exponent) => decimal.times_power_of_ten(exponent.saturating_add(9)),
            Suffix::Binary(shift) => decimal.times(NANOS << shift).min(BINARY_CAP),
        };
        Some(Self { nanos: if negative { -nanos } else { nanos } })
    }

    /// A quantity that was written as a whole JSON number.
    #[must_use]
    pub fn from_i64(units: i64) -> Self {
        Self { nanos: i128::from(units) * NANOS }
    }

    /// A quantity that was written as a JSON number with a fraction or an exponent: its shortest decimal form counts,
    /// which is what its author wrote. `None` for a number that JSON does not have.
    #[must_use]
    pub fn from_f64(units: f64) -> Option<Self> {
        if units.is_finite() { Self::parse(&units.to_string()) } else { None }
    }

    /// Whole units, rounded up, as the kubelet reads them. `None` beyond 64 bits.
    ///
    /// For memory and storage a unit is a byte.
    #[must_use]
    pub fn bytes(self) -> Option<i64> {
        ceiling(self.nanos, NANOS)
    }

    /// Thousandths of a unit, rounded up: for processors, millicores. `None` beyond 64 bits.
    #[must_use]
    pub fn millis(self) -> Option<i64> {
        ceiling(self.nanos, NANOS / 1000)
    }

    /// Whether it is exactly nothing: the API server reads a limit of zero as no limit.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.nanos == 0
    }
}

fn ceiling(nanos: i128, unit: i128) -> Option<i64> {
    let up = i128::from(nanos.rem_euclid(unit) != 0);
    i64::try_from(nanos.div_euclid(unit) + up).ok()
}

enum Suffix {
    /// A power of ten.
    Decimal(i32),
    /// A power of two.
    Binary(u32),
}

fn suffix(text: &str) -> Option<Suffix> {
    Some(match text {
        "n" => Suffix::Decimal(-9),
        "u" => Suffix::Decimal(-6),
        "m" => Suffix::Decimal(-3),
        "" => Suffix::Decimal(0),
        "k" => Suffix::Decimal(3),
        "M" => Suffix::Decimal(6),
        "G" => Suffix::Decimal(9),
        "T" => Suffix::Decimal(12),
        "P" => Suffix::Decimal(15),
        "E" => Suffix::Decimal(18),
        "Ki" => Suffix::Binary(10),
        "Mi" => Suffix::Binary(20),
        "Gi" => Suffix::Binary(30),
        "Ti" => Suffix::Binary(40),
        "Pi" => Suffix::Binary(50),
        "Ei" => Suffix::Binary(60),
        _ => Suffix::Decimal(text.strip_prefix(['e', 'E'])?.parse().ok()?),
    })
}

/// Digits with an optional point, `mantissa / 10^scale`.
///
/// Shared with the engines' own notations ([`super::memory`]).
pub(super) struct Decimal {
    mantissa: i128,
    scale: u32,
    /// How many bytes it took.
    pub(super) length: usize,
    /// How many of them are digits.
    pub(super) digits: usize,
    /// Digits after the point were dropped for want of room, and not all of them were zero.
    inexact: bool,
    /// More digits before the point than fit: larger than anything.
    overflow: bool,
}

impl Decimal {
    /// The number at the start of `text`.
    pub(super) fn leading(text: &str) -> Self {
        // One digit more than this is the most that fits.
        const ROOM: i128 = 10_i128.pow(36);
        let mut out = Self { mantissa: 0, scale: 0, length: 0, digits: 0, inexact: false, overflow: false };
        let mut point = false;
        for byte in text.bytes() {
            match byte {
                b'0'..=b'9' if out.mantissa >= ROOM => {
                    out.inexact |= byte != b'0';
                    out.overflow |= !point;
                }
                b'0'..=b'9' => {
                    out.mantissa = out.mantissa * 10 + i128::from(byte - b'0');
                    out.scale += u32::from(point);
                }
                b'.' if !point => point = true,
                _ => break,
            }
            out.length += 1;
            out.digits += usize::from(byte != b'.');
        }
        out
    }

    /// The number times `factor` (at most 10^28), rounded up.
    pub(super) fn times(&self, factor: i128) -> i128 {
        if self.overflow {
            return i128::MAX;
        }
        // Digit by digit from the right, as on paper: the product of all digits at once would not fit.
        let (mut rest, mut part, mut inexact) = (self.mantissa, 0, self.inexact);
        for _ in 0..self.scale {
            let sum = part + (rest % 10) * factor;
            inexact |= sum % 10 != 0;
            (rest, part) = (rest / 10, sum / 10);
        }
        rest.saturating_mul(factor).saturating_add(part + i128::from(inexact))
    }

    fn times_power_of_ten(&self, exponent: i32) -> i128 {
        if self.mantissa == 0 {
            return 0;
        }
        let shift = i64::from(exponent) - i64::from(self.scale);
        let power = u32::try_from(shift.unsigned_abs()).ok().and_then(|n| 10_i128.checked_pow(n));
        match power {
            _ if self.overflow => i128::MAX,
            Some(power) if shift >= 0 => self.mantissa.saturating_mul(power),
            None if shift >= 0 => i128::MAX,
            Some(power) => self.mantissa / power + i128::from(self.mantissa % power != 0 || self.inexact),
            // A fraction of a nano unit is a nano unit.
            None => 1,
        }
    }
}

/// Bytes as people write them in a manifest: the largest binary unit that says it exactly, so `1536Mi` and not `1.5Gi`.
#[must_use]
pub fn human_bytes(bytes: i64) -> String {
    HumanBytes(bytes).to_string()
}

struct HumanBytes(i64);

impl fmt::Display for HumanBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(u32, &str); 6] = [(60, "Ei"), (50, "Pi"), (40, "Ti"), (30, "Gi"), (20, "Mi"), (10, "Ki")];
        let exact = UNITS.into_iter().find(|(shift, _)| self.0 != 0 && self.0.trailing_zeros() >= *shift);
        match exact {
            Some((shift, unit)) => write!(f, "{}{unit}", self.0 >> shift),
            None => write!(f, "{}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use proptest::prelude::*;

    fn nanos(text: &str) -> Option<i128> {
        Quantity::parse(text).map(|q| q.nanos)
    }

    #[test]
    fn reads_what_the_api_server_reads() {
        // Right column: printed by apimachinery 0.36, in nano units.
        let cases: &[(&str, i128)] = &[
            ("1Gi", 1_073_741_824_000_000_000),
            ("512M", 512_000_000_000_000_000),
            ("1.5G", 1_500_000_000_000_000_000),
            ("100m", 100_000_000),
            ("1e3", 1_000_000_000_000),
            ("1E+2", 100_000_000_000),
            ("1e-3", 1_000_000),
            ("12E", 12_000_000_000_000_000_000_000_000_000),
            ("1E", 1_000_000_000_000_000_000_000_000_000),
            ("9Ei", BINARY_CAP),
            ("1.5Ki", 1_536_000_000_000),
            ("0.0000000001Ki", 103),
            ("0.1m", 100_000),
            ("1e-12", 1),
            ("-0.0000000001", -1),
            ("-1500m", -1_500_000_000),
            ("+5", 5_000_000_000),
            ("00012", 12_000_000_000),
            ("1.G", 1_000_000_000_000_000_000),
            (".5", 500_000_000),
            (" 1k\n", 1_000_000_000_000),
            ("12345678901234567890123", 12_345_678_901_234_567_890_123_000_000_000),
            ("681543130853717.1076344238265213787880790248G", 681_543_130_853_717_107_634_423_826_521_379),
        ];
        for (text, expected) in cases {
            assert_eq!(nanos(text), Some(*expected), "{text:?}");
        }
    }

    #[test]
    fn refuses_what_the_api_server_refuses() {
        for text in [
            "", " ", "1e", "1 Gi", "1Ee3", "0x10", "1e3k", "1i", "1K", "1Mb", "512MB", "1.5.5", "1m5", "1+", "1-",
            "lots", "１",
        ] {
            assert_eq!(nanos(text), None, "{text:?}");
        }
    }

    #[test]
    fn huge_and_tiny_exponents_stay_ordered() {
        let huge = Quantity::parse("1e400").unwrap();
        assert!(huge > Quantity::parse("12E").unwrap());
        assert_eq!(huge.bytes(), None);
        assert_eq!(Quantity::parse("1e-2147483648").unwrap().bytes(), Some(1));
        assert_eq!(Quantity::parse("0e2147483647").unwrap().bytes(), Some(0));
        assert_eq!(Quantity::parse("1e2147483648"), None);
    }

    #[test]
    fn rounds_bytes_up() {
        let bytes = |text| Quantity::parse(text).unwrap().bytes();
        assert_eq!(bytes("1m"), Some(1));
        assert_eq!(bytes("1500m"), Some(2));
        assert_eq!(bytes("-1500m"), Some(-1));
        assert_eq!(bytes("0.3Ki"), Some(308));
        assert_eq!(Quantity::parse("100m").unwrap().millis(), Some(100));
        assert_eq!(Quantity::parse("0.5").unwrap().millis(), Some(500));
    }

    #[test]
    fn reads_json_numbers() {
        assert_eq!(Quantity::from_i64(1024), Quantity::parse("1Ki").unwrap());
        assert_eq!(Quantity::from_f64(0.1), Quantity::parse("100m"));
        assert_eq!(Quantity::from_f64(1.5e9), Quantity::parse("1500M"));
        assert_eq!(Quantity::from_f64(f64::NAN), None);
    }

    #[test]
    fn says_bytes_exactly() {
        let cases = [
            (0, "0"),
            (1, "1"),
            (1025, "1025"),
            (1024, "1Ki"),
            (536_870_912, "512Mi"),
            (1_610_612_736, "1536Mi"),
            (1_073_741_824, "1Gi"),
            (512_000_000, "500000Ki"),
            (i64::MAX, "9223372036854775807"),
            (i64::MIN, "-8Ei"),
            (-536_870_912, "-512Mi"),
        ];
        for (bytes, text) in cases {
            assert_eq!(human_bytes(bytes), text);
        }
    }

    proptest! {
        #[test]
        fn said_bytes_read_back(bytes in prop_oneof![any::<i64>(), (0_i64..4096, 0_u32..50).prop_map(|(n, s)| n << s)]) {
            prop_assert_eq!(Quantity::parse(&human_bytes(bytes)).and_then(Quantity::bytes), Some(bytes));
        }

        #[test]
        fn any_text_is_no_panic(text in "\\PC{0,40}|[-+]?[0-9.]{0,60}[eEinumkKMGTP]{0,3}[-+]?[0-9]{0,12}") {
            let _ = Quantity::parse(&text).map(|q| (q.bytes(), q.millis()));
        }

        #[test]
        fn binary_fractions_are_exact(whole in 0_u64..1_000_000, thousandths in 0_u64..1000, shift in 1_u32..4) {
            let unit = ["Ki", "Mi", "Gi"].get(shift as usize - 1).unwrap();
            let exact = ((i128::from(whole) * 1000 + i128::from(thousandths)) * (NANOS / 1000)) << (10 * shift);
            prop_assert_eq!(nanos(&format!("{whole}.{thousandths:03}{unit}")), Some(exact));
        }

        #[test]
        fn order_is_the_order_of_amounts(a in 0_i64..i64::MAX / 1024, b in 0_i64..i64::MAX / 1024) {
            let (x, y) = (Quantity::parse(&format!("{a}Ki")), Quantity::parse(&(b * 1024).to_string()));
            prop_assert_eq!(x.cmp(&y), a.cmp(&b));
        }
    }
}
