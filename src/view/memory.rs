//! What a server takes of its container's memory by its own settings.
use super::Database;
use crate::{
    engines::schema::{Memory, MemoryTerm, Unset},
    terms::Role,
    text::{
        memory::{Amount, MemoryUnit, amount_of},
        quantity::{Quantity, human_bytes},
    },
    tree::Node,
};

/// What a server takes of its container's memory by its own settings: buffer pools, caches, heaps. Its connections, its code and the
/// page cache come on top, which is what [`MemoryNeed::most_percent`] leaves room for.
#[derive(Debug, Clone)]
pub struct MemoryNeed<'t> {
    facts: &'t Memory,
    role: Role,
    /// Each part of it.
    pub parts: Vec<MemoryPart<'t>>,
}

/// One part of what a server takes.
#[derive(Debug, Clone, Copy)]
pub struct MemoryPart<'t> {
    /// As people call it: `innodb_buffer_pool_size`.
    pub name: &'t str,
    /// Who says how much.
    pub source: MemorySource<'t>,
    amount: Amount,
    factor: i64,
}

/// Who says how much a part of a server takes.
#[derive(Debug, Clone, Copy)]
pub enum MemorySource<'t> {
    /// The spec spells it here: an argument, or a variable's value.
    Spelled(Node<'t>),
    /// Nobody: it is what the server takes unless told otherwise.
    Default,
    /// It is always so.
    Fixed,
    /// Nobody, and the server has no default: it takes what it can get.
    Unset,
    /// Something that the spec does not show: a reference, a mounted file, a value that cannot be read.
    Hidden,
}

/// Whether a memory limit leaves a server enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// It does.
    Fits,
    /// The server takes more of it than it should, or does not start in so little.
    TooLittle {
        /// The least limit that would do, in bytes.
        least: i64,
    },
    /// Nobody knows how much the server takes.
    Unknown,
}

impl MemoryPart<'_> {
    /// Bytes, where the container may use `limit` bytes; nothing for what is unset or hidden.
    #[must_use]
    pub fn bytes(&self, limit: i64) -> i64 {
        self.amount.of(limit).saturating_mul(self.factor)
    }

    /// True when the spec spells it.
    #[must_use]
    pub const fn is_spelled(&self) -> bool {
        matches!(self.source, MemorySource::Spelled(_))
    }
}

impl MemoryNeed<'_> {
    /// What the spec itself spells, in bytes, where the container may use `limit` bytes; `None` where it spells nothing, or nothing
    /// that the server is sure to take.
    #[must_use]
    pub fn spelled(&self, limit: i64) -> Option<i64> {
        let spelled = self.parts.iter().filter(|p| p.is_spelled() && !self.facts.doubtful);
        spelled.map(|p| p.bytes(limit)).reduce(i64::saturating_add)
    }

    /// Everything, defaults included, in bytes, where the container may use `limit` bytes; `None` where a part is unset or hidden.
    #[must_use]
    pub fn total(&self, limit: i64) -> Option<i64> {
        let known = |p: &MemoryPart<'_>| match p.source {
            MemorySource::Spelled(_) | MemorySource::Default | MemorySource::Fixed => Some(p.bytes(limit)),
            MemorySource::Unset | MemorySource::Hidden => None,
        };
        self.parts.iter().try_fold(0_i64, |sum, p| Some(sum.saturating_add(known(p)?)))
    }

    /// The most that all parts may be of the limit, in percent: a server that writes its data needs room beside its cache.
    #[must_use]
    pub fn most_percent(&self) -> i64 {
        let cache = if self.role == Role::Cache { self.facts.most_percent_cache } else { None };
        cache.unwrap_or(self.facts.most_percent)
    }

    /// Whether `limit` bytes may be given to a server that has no limit yet.
    #[must_use]
    pub fn fit(&self, limit: i64) -> Fit {
        let mut sum = 0_i64;
        let mut least = self.facts.refuses_below.as_deref().and_then(bytes).unwrap_or(0);
        for part in &self.parts {
            let floor = match (&part.source, &self.facts.unset) {
                (MemorySource::Hidden, _) | (MemorySource::Unset, Unset::Never) => return Fit::Unknown,
                (MemorySource::Unset | MemorySource::Default, Unset::AtLeast(floor)) => bytes(floor).unwrap_or(0),
                _ => 0,
            };
            least = least.max(floor);
            sum = sum.saturating_add(part.bytes(limit));
        }
        // A share grows with the limit, so that no larger one helps: then the limit itself is named.
        least = least.max(percent_of(sum, self.most_percent()));
        if limit >= least { Fit::Fits } else { Fit::TooLittle { least } }
    }

    /// The known parts and their sizes where the container may use `limit` bytes, for a message: `innodb_buffer_pool_size 512Mi`.
    /// Names and sizes only.
    #[must_use]
    pub fn in_words(&self, limit: i64) -> String {
        let said = self.parts.iter().filter_map(|p| match p.source {
            MemorySource::Spelled(_) | MemorySource::Default => {
                Some(format!("{} {}", p.name, human_bytes(p.bytes(limit))))
            }
            MemorySource::Fixed => Some(human_bytes(p.bytes(limit))),
            MemorySource::Unset | MemorySource::Hidden => None,
        });
        said.collect::<Vec<_>>().join(" + ")
    }

    /// All parts, for advice where there is no limit yet: `innodb_buffer_pool_size (128Mi unless set)`.
    #[must_use]
    pub fn as_advice(&self) -> String {
        let said = self.parts.iter().map(|part| {
            let size = match part.amount {
                Amount::Bytes(bytes) => human_bytes(bytes.saturating_mul(part.factor)),
                Amount::Share(millionths) => {
                    format!("{} %", i64::from(millionths).saturating_mul(part.factor) / 10_000)
                }
            };
            match part.source {
                MemorySource::Spelled(_) => format!("{} ({size})", part.name),
                MemorySource::Default => format!("{} ({size} unless set)", part.name),
                MemorySource::Fixed => format!("{size} for the {}", part.name),
                MemorySource::Unset | MemorySource::Hidden => part.name.to_owned(),
            }
        });
        said.collect::<Vec<_>>().join(" + ")
    }
}

impl<'t> Database<'t> {
    /// What the server takes of its container's memory; `None` where nothing is known about the engine.
    #[must_use]
    pub fn memory_need(&self) -> Option<MemoryNeed<'t>> {
        let facts = self.engine.memory.as_ref()?;
        let parts = facts.terms.iter().map(|term| self.memory_part(term)).collect();
        Some(MemoryNeed { facts, role: self.role, parts })
    }

    fn memory_part(&self, term: &'t MemoryTerm) -> MemoryPart<'t> {
        let part = |source, amount| MemoryPart { name: &term.name, source, amount, factor: term.factor };
        if let Some(fixed) = &term.fixed {
            return part(MemorySource::Fixed, Amount::Bytes(bytes(fixed).unwrap_or(0)));
        }
        match self.spelled(term) {
            Said::So(node, amount) => return part(MemorySource::Spelled(node), amount),
            Said::Hidden => return part(MemorySource::Hidden, Amount::Bytes(0)),
            Said::Nothing => {}
        }
        let elsewhere = self.has_mounted_configuration()
            || self.engine.data.config_flags.iter().any(|flag| self.option(flag).is_some())
            || (self.container.has_env_from() && !term.variables.is_empty());
        match term.default.as_deref() {
            _ if elsewhere => part(MemorySource::Hidden, Amount::Bytes(0)),
            Some(default) => part(MemorySource::Default, usual(default)),
            None => part(MemorySource::Unset, Amount::Bytes(0)),
        }
    }

    fn spelled(&self, term: &MemoryTerm) -> Said<'t> {
        for flag in &term.flags {
            let Some(setting) = self.option(flag) else { continue };
            match setting.value().map(|value| read(value, term)) {
                Some(Read::Amount(amount)) => return Said::So(self.place_of_option(flag), amount),
                Some(Read::OtherThings) => {}
                Some(Read::Unreadable) | None => return Said::Hidden,
            }
        }
        for name in &term.variables {
            let Some(var) = self.given(name) else { continue };
            match var.literal().map(|value| read(value, term)) {
                Some(Read::Amount(amount)) => return Said::So(var.value(), amount),
                Some(Read::OtherThings) => {}
                Some(Read::Unreadable) | None => return Said::Hidden,
            }
        }
        Said::Nothing
    }
}

/// What a spec says about one part.
enum Said<'t> {
    So(Node<'t>, Amount),
    Hidden,
    Nothing,
}

/// What one value says.
enum Read {
    Amount(Amount),
    /// The value holds several things, and not this one.
    OtherThings,
    Unreadable,
}

fn read(value: &str, term: &MemoryTerm) -> Read {
    let Some(unit) = term.unit else { return Read::Unreadable };
    let amount = |text: &str, other| match amount_of(text, unit) {
        Some(Amount::Bytes(0)) if term.zero_is_unset => Read::OtherThings,
        Some(amount) => Read::Amount(amount),
        None => other,
    };
    let Some(after) = &term.after else { return amount(value, Read::Unreadable) };
    // Of several the last one counts, for the Java virtual machine as for option lists.
    match value.rsplit_once(after.as_str()) {
        Some((_, rest)) => {
            let text = rest.split([' ', '\t', '\n', ',', '"', '\'']).next().unwrap_or("");
            amount(text, Read::Unreadable)
        }
        None => amount(value, Read::OtherThings),
    }
}

/// A default: a quantity, or a share of the container's memory (`25%`).
fn usual(text: &str) -> Amount {
    let unit = if text.ends_with('%') { MemoryUnit::Percent } else { MemoryUnit::Quantity };
    amount_of(text, unit).unwrap_or(Amount::Bytes(0))
}

fn bytes(quantity: &str) -> Option<i64> {
    Quantity::parse(quantity)?.bytes()
}

/// The least number of which `sum` is at most `percent` percent.
fn percent_of(sum: i64, percent: i64) -> i64 {
    let (sum, percent) = (i128::from(sum) * 100, i128::from(percent.max(1)));
    i64::try_from(sum / percent + i128::from(sum % percent != 0)).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use serde_json::json;

    use super::*;
    use crate::view::tests::looked_at;

    const MI: i64 = 1 << 20;
    const GI: i64 = 1 << 30;

    fn fit(image: &str, args: &[&str], env: &[(&str, &str)], limit: i64) -> Fit {
        let env: Vec<_> = env.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
        let container = json!({"name": "db", "image": image, "args": args, "env": env});
        looked_at(&container, |d| d.memory_need().map_or(Fit::Unknown, |need| need.fit(limit)))
    }

    #[test]
    fn a_limit_fits_what_the_spec_spells() {
        let least = |least| Fit::TooLittle { least };
        let pool = ["--innodb-buffer-pool-size=700M"];
        assert_eq!(fit("mysql:8.4", &pool, &[], 1000 * MI), Fit::Fits, "70 percent is allowed");
        assert_eq!(fit("mysql:8.4", &pool, &[], 999 * MI), least(1000 * MI));
        assert_eq!(fit("mysql:8.4", &[], &[], 511 * MI), least(512 * MI), "nothing is spelled");
        assert_eq!(fit("mysql:8.4", &[], &[], 512 * MI), Fit::Fits);
        let unread = ["--innodb-buffer-pool-size=$(POOL)"];
        assert_eq!(fit("mysql:8.4", &unread, &[], 64 * GI), Fit::Unknown);
        assert_eq!(
            fit("mysql:8.4", &["--innodb-buffer-pool-size=512MB"], &[], 64 * GI),
            Fit::Unknown,
            "not mysqld's notation"
        );
        assert_eq!(fit("postgres:17", &["-c", "shared_buffers=400MB"], &[], 1000 * MI), Fit::Fits);
        assert_eq!(fit("postgres:17", &["-c", "shared_buffers=512MB"], &[], GI), least(1280 * MI));
    }

    #[test]
    fn what_sizes_itself_gets_no_small_limit() {
        let least = |least| Fit::TooLittle { least };
        assert_eq!(fit("mongo:8.0", &[], &[], 512 * MI), least(GI));
        assert_eq!(fit("mongo:8.0", &["--wiredTigerCacheSizeGB", "0.5"], &[], GI), Fit::Fits);
        assert_eq!(fit("mongo:8.0", &["--wiredTigerCacheSizeGB", "2"], &[], GI), least(4 * GI));
        assert_eq!(fit("cassandra:5.0", &[], &[], 64 * GI), Fit::Unknown, "its heap is sized by the node");
        assert_eq!(fit("cassandra:5.0", &[], &[("MAX_HEAP_SIZE", "1G")], 2 * GI), Fit::Fits);
        let java = [("ES_JAVA_OPTS", "-Xms1g -Xmx1g -Dx=y")];
        assert_eq!(fit("elasticsearch:9.1.0", &[], &java, 2 * GI), Fit::Fits);
        assert_eq!(fit("elasticsearch:9.1.0", &[], &java, GI), least(2 * GI));
        assert_eq!(fit("elasticsearch:9.1.0", &[], &[("ES_JAVA_OPTS", "-Dx=y")], GI), least(2 * GI), "no heap is set");
        assert_eq!(fit("quay.io/coreos/etcd:v3.6.1", &["--data-dir=/data"], &[], 2 * GI), least(2560 * MI));
        let quota = [("ETCD_QUOTA_BACKEND_BYTES", "0")];
        assert_eq!(fit("quay.io/coreos/etcd:v3.6.1", &[], &quota, 2560 * MI), Fit::Fits, "0 is the default");
    }

    #[test]
    fn a_cache_may_fill_more_of_its_limit_than_what_saves_itself() {
        let args = ["--maxmemory", "512mb"];
        assert_eq!(fit("redis:8.2", &args, &[], 640 * MI), Fit::Fits, "80 percent as a cache");
        assert_eq!(
            fit("redis:8.2", &["--maxmemory", "512mb", "--appendonly", "yes"], &[], 640 * MI),
            Fit::TooLittle { least: GI }
        );
        assert_eq!(fit("redis:8.2", &["--maxmemory", "0"], &[], 64 * GI), Fit::Unknown, "0 is no bound");
        assert_eq!(fit("redis:8.2", &[], &[], 64 * GI), Fit::Unknown);
    }

    #[test]
    fn words_hold_names_and_sizes() {
        let container = json!({"name": "db", "image": "mysql:8.4", "args": ["--innodb-buffer-pool-size=512M"]});
        looked_at(&container, |d| {
            let need = d.memory_need().unwrap();
            assert_eq!(need.in_words(GI), "innodb_buffer_pool_size 512Mi");
            assert_eq!(need.spelled(GI), Some(512 * MI));
            assert_eq!(need.total(GI), Some(512 * MI));
        });
        let container =
            json!({"name": "db", "image": "cockroachdb/cockroach:v26.2.1", "command": ["cockroach", "start"]});
        looked_at(&container, |d| {
            let need = d.memory_need().unwrap();
            assert_eq!(need.as_advice(), "--cache (128Mi unless set) + twice --max-sql-memory (50 % unless set)");
            assert_eq!((need.spelled(GI), need.total(GI)), (None, Some(640 * MI)));
        });
    }

    #[test]
    fn what_a_mounted_file_may_say_is_unknown() {
        let container = json!({
            "name": "db", "image": "mysql:8.4", "command": ["mysqld", "--defaults-file=/etc/custom.cnf"],
        });
        looked_at(&container, |d| assert_eq!(d.memory_need().unwrap().fit(64 * GI), Fit::Unknown));
    }
}
