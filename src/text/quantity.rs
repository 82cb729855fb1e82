//! Stand-in until the real module is merged.
use serde::Deserialize;

/// How an engine writes an amount of memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemoryUnit {
    /// `512M`, `1G`, plain bytes.
    #[default]
    Mysql,
    /// `128MB`, bare numbers are 8 kB pages.
    Postgres,
    /// `256mb`.
    Redis,
    /// `512m`.
    Jvm,
    /// Decimal GB.
    Gigabytes,
    /// Plain MB.
    Megabytes,
    /// Plain bytes.
    Bytes,
}
