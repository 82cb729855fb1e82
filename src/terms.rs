//! The words that all levels share.
/// Declares an enum whose variants have one fixed name each, used in files, on the command line, in JSON and in metrics.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ::serde::Serialize, ::serde::Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $word)] $variant),+ }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// The names of [`Self::ALL`], in the same order.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// Its name.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::terms::UnknownWord;
            fn from_str(word: &str) -> Result<Self, Self::Err> {
                let found = Self::ALL.iter().copied().find(|v| v.as_str() == word);
                found.ok_or_else(|| $crate::terms::UnknownWord::among(word, Self::WORDS))
            }
        }
    };
}
pub(crate) use words;

/// A word that none of the known ones is; names them, and the nearest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UnknownWord(String);

impl UnknownWord {
    pub(crate) fn among(word: &str, known: &[&str]) -> Self {
        Self(format!("{word:?} is not one of {}{}", known.join(", "), crate::tree::nearest(word, known)))
    }
}

words! {
    /// How bad what a rule finds is. A profile maps each tier to an [`Action`].
    Tier {
        /// Data gone or corrupt.
        Loss = "loss",
        /// Anyone gets in, or a secret is on a command line.
        Open = "open",
        /// A secret can be read in the spec.
        Leak = "leak",
        /// The database stops, or will not stop well.
        Outage = "outage",
        /// What good housekeeping would change.
        Hygiene = "hygiene",
    }
}

words! {
    /// What happens with a finding; each includes the ones before it.
    Action {
        /// Nothing: the rule does not run.
        Off = "off",
        /// It is counted and logged.
        Audit = "audit",
        /// The one who applies sees it.
        Warn = "warn",
        /// The object is refused.
        Deny = "deny",
    }
}

words! {
    /// The operation under review.
    Operation {
        /// A new object.
        Create = "CREATE",
        /// A change of an object.
        Update = "UPDATE",
        /// The end of an object.
        Delete = "DELETE",
        /// exec, attach, port-forward, proxy.
        Connect = "CONNECT",
    }
}

words! {
    /// What a container does in the database of its engine.
    Role {
        /// Keeps data and answers queries.
        Server = "server",
        /// Answers queries from memory; losing everything on restart is meant.
        Cache = "cache",
        /// Votes, and keeps no data.
        Arbiter = "arbiter",
        /// Passes queries on to servers.
        Router = "router",
        /// Watches servers and fails over.
        Sentinel = "sentinel",
        /// Talks to a server: a shell, a dump, a migration.
        Client = "client",
        /// Reads figures off a server.
        Exporter = "exporter",
    }
}

impl Role {
    /// True for the roles that hold the engine's data set, in memory or on disk.
    #[must_use]
    pub const fn is_server(self) -> bool {
        matches!(self, Self::Server | Self::Cache)
    }
}

words! {
    /// A named set of actions, one per tier.
    Profile {
        /// Everything is counted; nothing is said, written or refused.
        Observe = "observe",
        /// Warnings; nothing is written or refused.
        Advise = "advise",
        /// What loses or opens data is refused; mends are written.
        Baseline = "baseline",
        /// What leaks a secret or stops a database is refused too.
        Production = "production",
    }
}

impl Profile {
    /// What this profile does with a finding of `tier`.
    #[must_use]
    pub const fn action(self, tier: Tier) -> Action {
        match (self, tier) {
            (Self::Observe, _) | (Self::Advise | Self::Baseline, Tier::Hygiene) => Action::Audit,
            (Self::Advise, _) | (Self::Baseline, Tier::Leak | Tier::Outage) | (Self::Production, Tier::Hygiene) => {
                Action::Warn
            }
            (Self::Baseline, Tier::Loss | Tier::Open)
            | (Self::Production, Tier::Loss | Tier::Open | Tier::Leak | Tier::Outage) => Action::Deny,
        }
    }

    /// True where mends are written.
    #[must_use]
    pub const fn mends(self) -> bool {
        matches!(self, Self::Baseline | Self::Production)
    }

    /// True where the label `seawall.dev/data` is believed.
    #[must_use]
    pub const fn honours_data_label(self) -> bool {
        !matches!(self, Self::Production)
    }
}

/// Namespaces that the webhooks are not registered for: what Kubernetes itself runs on, and Seawall, must start without Seawall.
pub const UNGUARDED: [&str; 2] = ["kube-system", "seawall-system"];

/// The commit that this program was built of, where the build was told it: `make build` and `make image` do.
pub const COMMIT: Option<&str> = match option_env!("SEAWALL_COMMIT") {
    Some(commit) if !commit.is_empty() => Some(commit),
    _ => None,
};

/// This build: `0.1.0`, or `0.1.0 (0123456789ab)` where its commit is known.
#[must_use]
pub fn build() -> String {
    let version = env!("CARGO_PKG_VERSION");
    COMMIT.map_or_else(|| version.to_owned(), |commit| format!("{version} ({commit})"))
}

/// The warning by which a webhook answers a probe; `webhook` is `mutate` or `validate`.
#[must_use]
pub fn answered(webhook: &str) -> String {
    format!("seawall {} answered at /{webhook}", env!("CARGO_PKG_VERSION"))
}

words! {
    /// What becomes of a claim's volume when the claim is deleted: what the label [`keys::HOLDS_DATA`] says of a claim.
    Fate {
        /// It is deleted too.
        Deleted = "deleted",
        /// It stays.
        Retained = "retained",
        /// Nothing says.
        Unknown = "unknown",
    }
}

impl Fate {
    /// That of a volume with this reclaim policy.
    #[must_use]
    pub fn of(reclaim_policy: &str) -> Self {
        match reclaim_policy {
            "Delete" => Self::Deleted,
            "Retain" => Self::Retained,
            _ => Self::Unknown,
        }
    }
}

/// Labels and annotations that Seawall reads or writes.
pub mod keys {
    /// Label on a workload or namespace: `durable`, `cache` or `ephemeral`; a fact that its author states.
    pub const DATA: &str = "seawall.dev/data";
    /// Annotation on a workload: the Secret that holds its credentials.
    pub const CREDENTIALS_SECRET: &str = "seawall.dev/credentials-secret";
    /// Annotation on a workload: `VARIABLE=key` pairs, separated by commas.
    pub const CREDENTIALS_KEYS: &str = "seawall.dev/credentials-keys";
    /// Annotation of ours: a JSON list of the places that Seawall wrote, each with its rule.
    pub const PATCHED: &str = "seawall.dev/patched";
    /// Label of ours on StatefulSets (`true`) and claims (a [`Fate`](super::Fate)).
    pub const HOLDS_DATA: &str = "seawall.dev/holds-data";
    /// The rules that an object was exempted from when it was let in; ours.
    pub const EXEMPTED: &str = "seawall.dev/exempted";
    /// Label on a namespace: `enforced` where Seawall is registered to fail closed.
    pub const GUARD: &str = "seawall.dev/guard";
    /// Annotation on an object of a dry run that asks nothing but whether Seawall is called.
    pub const PROBE: &str = "seawall.dev/probe";
    /// The value of [`GUARD`] that says so.
    pub const ENFORCED: &str = "enforced";
    /// Annotation of ours on a Lease: when no replica was there, as `from/until` in RFC 3339, separated by commas.
    pub const AWAY: &str = "seawall.dev/away";
    /// Annotation on what is to be deleted although it is guarded: its name, `@`, and until when that is meant, as RFC 3339.
    pub const CONFIRM_DELETE: &str = "seawall.dev/confirm-delete";
    /// The verb by which RBAC says who may have such an annotation believed, on the resource itself.
    pub const CONFIRM_DELETE_VERB: &str = "confirm-delete";
}
