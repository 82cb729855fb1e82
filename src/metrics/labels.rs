//! The values that labels may take. Closed sets, so that nobody who sends objects can make a series up.

use crate::terms::{Operation, words};

words! {
    /// Which webhook was called.
    Webhook {
        /// `/mutate`: what would be mended.
        Mutate = "mutate",
        /// `/validate`: what is refused.
        Validate = "validate",
    }
}

words! {
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
        /// seawall.dev, ours.
        DatabaseExemption = "DatabaseExemption",
    }
}

impl Kind {
    /// The label of a kind as a review names it; `other` for one that is not listed.
    #[must_use]
    pub fn of(kind: &str) -> Self {
        Self::ALL.iter().copied().find(|known| known.as_str() == kind).unwrap_or(Self::Other)
    }
}

/// The operation under review; `unknown` where the request was refused before it was read. See [`operation_at`].
pub(super) const OPERATIONS: &[&str] = &[
    "unknown",
    Operation::Create.as_str(),
    Operation::Update.as_str(),
    Operation::Delete.as_str(),
    Operation::Connect.as_str(),
];

/// The position of an operation in [`OPERATIONS`].
pub(super) fn operation_at(operation: Option<Operation>) -> usize {
    operation.map_or(0, |operation| 1 + operation as usize)
}

words! {
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

words! {
    /// What the cluster said to a question.
    Found {
        /// It is there.
        Found = "found",
        /// It is not there.
        Missing = "missing",
        /// No answer.
        Unknown = "unknown",
        /// No right to ask.
        Refused = "refused",
    }
}

words! {
    /// Why a body could not be read as a review.
    ParseFailure {
        /// 400.
        Malformed = "malformed",
        /// 413: over the limit of entries.
        TooLarge = "too_large",
    }
}

words! {
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

words! {
    /// How an attempt to load changed certificate files ended.
    Reload {
        /// The new files are served.
        Ok = "ok",
        /// They are not usable; the old ones are still served.
        Failed = "failed",
    }
}

words! {
    /// Where the rotation of self-managed certificates stands.
    Rotation {
        /// One authority, and everybody serves its leaf.
        Steady = "steady",
        /// The next authority goes into the caBundles.
        Announcing = "announcing",
        /// It is in all of them; API servers may not know yet.
        Waiting = "waiting",
        /// Its leaf is offered; not every replica is known to serve it.
        Confirming = "confirming",
        /// The Secret cannot be used: it is not ours, or broken.
        Blocked = "blocked",
    }
}

words! {
    /// How a step of a rotation ended.
    StepEnd {
        /// It was taken.
        Ok = "ok",
        /// It was not: it is tried again.
        Failed = "failed",
    }
}

words! {
    /// What became of something that an Event was to tell.
    EventEnd {
        /// An Event was written.
        Written = "written",
        /// It was counted in one that was there.
        Repeated = "repeated",
        /// There was too much to tell.
        Dropped = "dropped",
        /// The API server did not take it.
        Failed = "failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_has_its_position() {
        assert_eq!(OPERATIONS.len(), 1 + Operation::ALL.len());
        for operation in Operation::ALL {
            assert_eq!(OPERATIONS.get(operation_at(Some(*operation))), Some(&operation.as_str()));
        }
        assert_eq!(OPERATIONS.get(operation_at(None)), Some(&"unknown"));
    }
}
