//! The values that labels may take. Closed sets, so that nobody who sends objects can make a series up.

/// Declares an enum that is a label's set of values.
macro_rules! labels {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// The words of [`Self::ALL`], in the same order.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// Its word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }
    };
}

labels! {
    /// Which webhook was called.
    Webhook {
        /// `/mutate`: what would be mended.
        Mutate = "mutate",
        /// `/validate`: what is refused.
        Validate = "validate",
    }
}

labels! {
    /// The kind of object under review; `other` is everything that is not listed.
    Kind {
        /// Not one of the others, or not known (a request that was refused before it was read).
        Other = "other",
        /// apps/v1.
        Deployment = "Deployment",
        /// apps/v1.
        StatefulSet = "StatefulSet",
        /// apps/v1.
        DaemonSet = "DaemonSet",
        /// apps/v1.
        ReplicaSet = "ReplicaSet",
        /// v1.
        ReplicationController = "ReplicationController",
        /// batch/v1.
        Job = "Job",
        /// batch/v1.
        CronJob = "CronJob",
        /// v1.
        Pod = "Pod",
        /// v1.
        PersistentVolumeClaim = "PersistentVolumeClaim",
        /// v1.
        PersistentVolume = "PersistentVolume",
        /// storage.k8s.io/v1.
        StorageClass = "StorageClass",
        /// v1.
        Service = "Service",
        /// v1.
        Namespace = "Namespace",
        /// seawall.dev, ours.
        DatabasePolicy = "DatabasePolicy",
    }
}

impl Kind {
    /// The label of a kind as a review names it; `other` for one that is not listed.
    #[must_use]
    pub fn of(kind: &str) -> Self {
        Self::ALL.iter().copied().find(|known| known.as_str() == kind).unwrap_or(Self::Other)
    }
}

labels! {
    /// The operation under review.
    Operation {
        /// Not known: the request was refused before it was read.
        Unknown = "unknown",
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

labels! {
    /// What became of a call.
    Outcome {
        /// Let through, nothing said.
        Allowed = "allowed",
        /// Let through, with a warning.
        Warned = "warned",
        /// Let through, with a patch.
        Patched = "patched",
        /// Refused by a rule.
        Denied = "denied",
        /// 400: not an AdmissionReview that can be answered.
        Malformed = "malformed",
        /// 413: over the limit of bytes or entries.
        TooLarge = "too_large",
        /// 415: not JSON.
        WrongContentType = "wrong_content_type",
        /// 503: not ready yet.
        NotReady = "not_ready",
        /// 503: on its way out.
        Draining = "draining",
        /// 503: no memory left for the body, or for one more of this peer's.
        Overloaded = "overloaded",
        /// 503: the deadline passed.
        Late = "late",
        /// 500: the judge panicked.
        Panicked = "panicked",
        /// The caller went away before it was answered.
        Abandoned = "abandoned",
    }
}

labels! {
    /// What the cluster said to a question.
    Found {
        /// It is there.
        Found = "found",
        /// It is not there.
        Missing = "missing",
        /// No answer.
        Unknown = "unknown",
    }
}

labels! {
    /// Why a body could not be read as a review.
    ParseFailure {
        /// 400.
        Malformed = "malformed",
        /// 413: over the limit of entries.
        TooLarge = "too_large",
    }
}

labels! {
    /// How a connection ended.
    End {
        /// As HTTP foresees: by the client, or after an answer that said so.
        Closed = "closed",
        /// It broke, or its bytes were no HTTP.
        Broken = "broken",
        /// The TLS handshake failed.
        HandshakeFailed = "handshake_failed",
        /// The TLS handshake took too long.
        HandshakeTimeout = "handshake_timeout",
        /// No request came after the handshake.
        NoRequest = "no_request",
        /// The head of a request took too long.
        SlowHead = "slow_head",
        /// Idle for too long, or its answer was not taken.
        Idle = "idle",
        /// Closed for another connection's sake.
        Evicted = "evicted",
        /// Never let in: too many were open, all of them at work.
        Refused = "refused",
        /// Closed because the server stops.
        Stopped = "stopped",
    }
}

labels! {
    /// How an attempt to load changed certificate files ended.
    Reload {
        /// The new files are served.
        Ok = "ok",
        /// They are not usable; the old ones are still served.
        Failed = "failed",
    }
}
