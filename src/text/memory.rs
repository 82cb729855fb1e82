//! Amounts of memory as the engines themselves write them: `512M` is not the same number everywhere.

use super::quantity::{Decimal, Quantity, human_bytes};
use serde::Deserialize;

/// How a setting of an engine writes an amount of memory. Engine files name a variant in `snake_case`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemoryUnit {
    /// A Kubernetes quantity: `512Mi`.
    Quantity,
    /// A whole number of bytes: etcd's `--quota-backend-bytes`.
    Bytes,
    /// A number of mebibytes without a letter: `MSSQL_MEMORY_LIMIT_MB`, memcached's `-m`.
    Mebibytes,
    /// A number of gibibytes, often with a fraction: mongod's `--wiredTigerCacheSizeGB 0.25`.
    Gibibytes,
    /// mysqld and mariadbd: a whole number with one of K, M, G, T, P, E in any case, powers of 1024.
    Mysql,
    /// PostgreSQL settings counted in pages (`shared_buffers`): a bare number means 8 kB pages, else `kB`, `MB`, `GB`,
    /// `TB`, `B` in exactly these cases, powers of 1024.
    PostgresPages,
    /// PostgreSQL settings counted in kilobytes (`work_mem`, `maintenance_work_mem`): a bare number means 1024 bytes.
    PostgresKilobytes,
    /// Redis and its relatives, any case: `k`, `m`, `g` are powers of 1000, `kb`, `mb`, `gb` powers of 1024.
    Redis,
    /// The Java virtual machine (`-Xmx512m`), also Cassandra's `MAX_HEAP_SIZE` and Neo4j: a whole number with one of
    /// K, M, G, T in any case, powers of 1024.
    Jvm,
    /// Powers of 1024 whatever the spelling, fractions allowed: `2G`, `2gb`, `1.5GiB` (Scylla, Dragonfly, ClickHouse).
    Binary,
    /// CockroachDB: `2GB` is a power of 1000, `2GiB` of 1024; `25%` and `.25` are shares of the container's memory.
    Cockroach,
    /// A share in percent: `-XX:MaxRAMPercentage=75.0`.
    Percent,
    /// A share as a fraction of one: `max_server_memory_usage_to_ram_ratio` 0.9.
    Ratio,
}

/// What a memory setting asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// So many bytes.
    Bytes(i64),
    /// A share of the memory that the process may use, in millionths.
    Share(u32),
}

impl Amount {
    /// The amount in bytes where the process may use `whole` bytes.
    #[must_use]
    pub fn of(self, whole: i64) -> i64 {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Share(millionths) => {
                i64::try_from(i128::from(whole) * i128::from(millionths) / 1_000_000).unwrap_or(i64::MAX)
            }
        }
    }
}

/// Reads `text` as `unit` writes it. `None` for anything that the engine would refuse, is negative, or does not fit.
#[must_use]
pub fn amount_of(text: &str, unit: MemoryUnit) -> Option<Amount> {
    let text = text.trim();
    if unit == MemoryUnit::Quantity {
        return Quantity::parse(text)?.bytes().filter(|bytes| *bytes >= 0).map(Amount::Bytes);
    }
    let number = Decimal::leading(text);
    let (digits, suffix) = text.split_at_checked(number.length)?;
    if number.digits == 0 || (digits.contains('.') && !unit.takes_fractions()) {
        return None;
    }
    let factor = match unit.scale(digits, suffix.trim_start())? {
        Scale::Bytes(factor) => factor,
        Scale::Share(millionths) => {
            return u32::try_from(number.times(millionths)).ok().map(Amount::Share);
        }
    };
    i64::try_from(number.times(factor)).ok().map(Amount::Bytes)
}

/// As [`amount_of`], for settings that cannot be a share: a share is `None`.
#[must_use]
pub fn bytes_of(text: &str, unit: MemoryUnit) -> Option<i64> {
    match amount_of(text, unit)? {
        Amount::Bytes(bytes) => Some(bytes),
        Amount::Share(_) => None,
    }
}

/// Bytes as people say them, for messages: `512Mi`, `1536Mi`, `2.4Gi`; rounded to whole Mi below 2Gi, else to tenths of Gi.
#[must_use]
pub fn rounded_bytes(bytes: i64) -> String {
    const MEBI: i64 = 1 << 20;
    const GIBI: i64 = 1 << 30;
    if bytes % GIBI == 0 || bytes < MEBI {
        return human_bytes(bytes);
    }
    if bytes < 2 * GIBI {
        return format!("{}Mi", (bytes + MEBI / 2) / MEBI);
    }
    let tenths = (i128::from(bytes) * 10 + i128::from(GIBI / 2)) / i128::from(GIBI);
    if tenths % 10 == 0 { format!("{}Gi", tenths / 10) } else { format!("{}.{}Gi", tenths / 10, tenths % 10) }
}

enum Scale {
    /// Bytes per one of the number.
    Bytes(i128),
    /// Millionths of the memory per one of the number.
    Share(i128),
}

impl MemoryUnit {
    fn takes_fractions(self) -> bool {
        !matches!(self, Self::Bytes | Self::Mysql | Self::Redis | Self::Jvm)
    }

    /// What one of the number is worth, by the text after it.
    fn scale(self, digits: &str, suffix: &str) -> Option<Scale> {
        let lower = suffix.to_ascii_lowercase();
        let power = |base: i128, letters: &str| Some(base.pow(exponent(letters)?));
        let bytes = match self {
            Self::Percent => return matches!(suffix, "" | "%").then_some(Scale::Share(10_000)),
            Self::Ratio => return suffix.is_empty().then_some(Scale::Share(1_000_000)),
            Self::Cockroach if suffix == "%" => return Some(Scale::Share(10_000)),
            Self::Cockroach if suffix.is_empty() && digits.contains('.') => return Some(Scale::Share(1_000_000)),
            Self::Cockroach => match lower.strip_suffix('b').unwrap_or(&lower) {
                binary if binary.ends_with('i') => power(1024, binary.trim_end_matches('i')),
                decimal => power(1000, decimal),
            },
            Self::Mebibytes => suffix.is_empty().then_some(1 << 20),
            Self::Gibibytes => suffix.is_empty().then_some(1 << 30),
            Self::Bytes | Self::Quantity => suffix.is_empty().then_some(1),
            Self::Mysql => power(1024, &lower),
            Self::Jvm => power(1024, &lower).filter(|factor| *factor <= 1 << 40),
            Self::PostgresPages | Self::PostgresKilobytes => match suffix {
                "" if self == Self::PostgresPages => Some(8192),
                "" | "kB" => Some(1 << 10),
                "B" => Some(1),
                "MB" => Some(1 << 20),
                "GB" => Some(1 << 30),
                "TB" => Some(1 << 40),
                _ => None,
            },
            Self::Redis => match lower.strip_suffix('b') {
                Some(binary) => power(1024, binary),
                None => power(1000, &lower),
            }
            .filter(|factor| *factor <= 1 << 30),
            Self::Binary => {
                let letter = lower.strip_suffix("ib").or_else(|| lower.strip_suffix(['b', 'i'])).unwrap_or(&lower);
                power(1024, letter)
            }
        };
        bytes.map(Scale::Bytes)
    }
}

/// Which power of the base a lower-case letter stands for.
fn exponent(letter: &str) -> Option<u32> {
    ["", "k", "m", "g", "t", "p", "e"].iter().zip(0..).find(|(known, _)| **known == letter).map(|(_, power)| power)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MI: i64 = 1 << 20;
    const GI: i64 = 1 << 30;

    #[test]
    fn each_engine_has_its_own_megabyte() {
        use MemoryUnit as U;
        let cases: &[(&str, MemoryUnit, Option<i64>)] = &[
            ("512Mi", U::Quantity, Some(512 * MI)),
            ("512M", U::Quantity, Some(512_000_000)),
            ("-1Gi", U::Quantity, None),
            ("8589934592", U::Bytes, Some(8 * GI)),
            ("8G", U::Bytes, None),
            ("1.5", U::Bytes, None),
            ("2000", U::Mebibytes, Some(2000 * MI)),
            ("0.25", U::Gibibytes, Some(256 * MI)),
            ("1", U::Gibibytes, Some(GI)),
            ("1GB", U::Gibibytes, None),
            ("512M", U::Mysql, Some(512 * MI)),
            ("1g", U::Mysql, Some(GI)),
            ("134217728", U::Mysql, Some(128 * MI)),
            ("512MB", U::Mysql, None),
            ("0.5G", U::Mysql, None),
            ("128MB", U::PostgresPages, Some(128 * MI)),
            ("128 MB", U::PostgresPages, Some(128 * MI)),
            ("16kB", U::PostgresPages, Some(16 * 1024)),
            ("16384", U::PostgresPages, Some(128 * MI)),
            ("0.5GB", U::PostgresPages, Some(512 * MI)),
            ("128mb", U::PostgresPages, None),
            ("128M", U::PostgresPages, None),
            ("4096", U::PostgresKilobytes, Some(4 * MI)),
            ("256mb", U::Redis, Some(256 * MI)),
            ("256MB", U::Redis, Some(256 * MI)),
            ("1gb", U::Redis, Some(GI)),
            ("1g", U::Redis, Some(1_000_000_000)),
            ("100b", U::Redis, Some(100)),
            ("0", U::Redis, Some(0)),
            ("1tb", U::Redis, None),
            ("256mib", U::Redis, None),
            ("512m", U::Jvm, Some(512 * MI)),
            ("1G", U::Jvm, Some(GI)),
            ("1gb", U::Jvm, None),
            ("1e", U::Jvm, None),
            ("1.5GiB", U::Binary, Some(GI + GI / 2)),
            ("2gb", U::Binary, Some(2 * GI)),
            ("2Gi", U::Binary, Some(2 * GI)),
            ("2GB", U::Cockroach, Some(2_000_000_000)),
            ("2GiB", U::Cockroach, Some(2 * GI)),
            ("25%", U::Cockroach, None),
            ("$(SIZE)", U::Mysql, None),
            ("", U::Mysql, None),
            ("-5", U::Redis, None),
            (".", U::Gibibytes, None),
            ("9999999999G", U::Mysql, None),
        ];
        for (text, unit, expected) in cases {
            assert_eq!(bytes_of(text, *unit), *expected, "{text:?} as {unit:?}");
        }
    }

    #[test]
    fn shares_need_the_whole() {
        assert_eq!(amount_of("25%", MemoryUnit::Cockroach), Some(Amount::Share(250_000)));
        assert_eq!(amount_of(".25", MemoryUnit::Cockroach), Some(Amount::Share(250_000)));
        assert_eq!(amount_of("75.0", MemoryUnit::Percent), Some(Amount::Share(750_000)));
        assert_eq!(amount_of("0.9", MemoryUnit::Ratio), Some(Amount::Share(900_000)));
        assert_eq!(Amount::Share(250_000).of(2 * GI), GI / 2);
        assert_eq!(Amount::Bytes(MI).of(2 * GI), MI);
        assert_eq!(Amount::Share(u32::MAX).of(i64::MAX), i64::MAX);
    }

    #[test]
    fn people_say_no_single_bytes() {
        for (bytes, text) in [
            (0, "0"),
            (100, "100"),
            (512 << 20, "512Mi"),
            (1536 << 20, "1536Mi"),
            (4 << 30, "4Gi"),
            (2_576_980_377, "2.4Gi"),
            (2_684_354_560, "2.5Gi"),
            (1_200_000_000, "1144Mi"),
            (858_993_459, "819Mi"),
            (500_000_000, "477Mi"),
            ((50 << 30) + (700 << 20), "50.7Gi"),
            ((1 << 40) - 1, "1024Gi"),
            (i64::MAX, "8589934592Gi"),
        ] {
            assert_eq!(rounded_bytes(bytes), text, "{bytes}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_no_panic(text in "\\PC{0,20}|[0-9.]{0,50} ?[kKmMgGtTpPeEiIbB%]{0,3}", unit in any::<proptest::sample::Selector>()) {
            use MemoryUnit as U;
            let units = [
                U::Quantity, U::Bytes, U::Mebibytes, U::Gibibytes, U::Mysql, U::PostgresPages, U::PostgresKilobytes,
                U::Redis, U::Jvm, U::Binary, U::Cockroach, U::Percent, U::Ratio,
            ];
            prop_assert!(bytes_of(&text, unit.select(units)).is_none_or(|bytes| bytes >= 0));
        }
    }
}
