//! What each replica says of itself: a Lease of its own, so that nobody needs the right to look at Pods.

use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::api::{Api, DeleteParams, ListParams, ObjectMeta, Patch, PatchParams, Preconditions};

use super::super::Fingerprint;
use super::contents::{Cert, Contents};
use super::pair::Pair;
use super::rotation::Replica;

/// The label of such a Lease: the Secret that its replica serves from.
pub const LABEL: &str = "seawall.dev/serves";
/// The fingerprint of the leaf that it serves.
pub const LEAF: &str = "seawall.dev/leaf";
const EXPIRES: &str = "seawall.dev/leaf-expires";
const ISSUER: &str = "seawall.dev/leaf-issuer";
/// The fingerprints of all authorities that it knows of, for who looks.
const KNOWN: &str = "seawall.dev/known-authorities";
/// Who writes these Leases.
const MANAGER: &str = "seawall";

/// The Leases of all replicas that serve from one Secret.
pub(super) struct Replicas {
    api: Api<Lease>,
    secret: String,
    seconds: i32,
    /// What each Lease said last, and since when, by the clock of who looks: clocks differ.
    seen: BTreeMap<String, (Option<MicroTime>, Timestamp)>,
}

impl Replicas {
    pub(super) fn new(api: Api<Lease>, secret: &str, stale_seconds: i64) -> Self {
        let seconds = i32::try_from(stale_seconds).unwrap_or(i32::MAX);
        Self { api, secret: secret.to_owned(), seconds, seen: BTreeMap::new() }
    }

    /// The same without what was seen.
    pub(super) fn twin(&self) -> Self {
        Self { api: self.api.clone(), secret: self.secret.clone(), seconds: self.seconds, seen: BTreeMap::new() }
    }

    /// The name of a replica's Lease.
    fn name(&self, replica: &str) -> String {
        format!("{}.{replica}", self.secret)
    }

    /// Says what a replica serves.
    pub(super) async fn publish(
        &self,
        replica: &str,
        serving: &Serving,
        known: Option<&Contents<Pair>>,
        now: Timestamp,
    ) -> Result<(), kube::Error> {
        let name = self.name(replica);
        let authorities = known.into_iter().flat_map(Contents::trusted).map(|ca| ca.id().as_str());
        let annotations = [
            (LEAF, serving.leaf.id().as_str().to_owned()),
            (EXPIRES, serving.leaf.not_after().to_string()),
            (ISSUER, serving.issuer.pem().to_owned()),
            (KNOWN, authorities.collect::<Vec<_>>().join(",")),
        ];
        let lease = Lease {
            metadata: ObjectMeta {
                name: Some(name.clone()),
                labels: Some(BTreeMap::from([(LABEL.to_owned(), self.secret.clone())])),
                annotations: Some(annotations.map(|(key, text)| (key.to_owned(), text)).into()),
                ..ObjectMeta::default()
            },
            spec: Some(LeaseSpec {
                holder_identity: Some(replica.to_owned()),
                lease_duration_seconds: Some(self.seconds),
                renew_time: Some(MicroTime(now)),
                ..LeaseSpec::default()
            }),
        };
        self.api.patch(&name, &PatchParams::apply(MANAGER).force(), &Patch::Apply(lease)).await.map(drop)
    }

    /// Forgets a replica that serves no more.
    pub(super) async fn remove(&self, replica: &str) -> Result<(), kube::Error> {
        self.delete(&self.name(replica), None).await
    }

    /// Deletes a Lease, if it is still of this version.
    async fn delete(&self, lease: &str, version: Option<String>) -> Result<(), kube::Error> {
        let preconditions = version.map(|version| Preconditions { resource_version: Some(version), uid: None });
        match self.api.delete(lease, &DeleteParams { preconditions, ..DeleteParams::default() }).await {
            // Gone already, or its replica is back.
            Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => Ok(()),
            done => done.map(drop),
        }
    }

    /// What all replicas but this one said last. Who has said nothing for a whole while is forgotten.
    pub(super) async fn others(&mut self, me: &str, now: Timestamp) -> Result<Vec<Replica<Pair>>, kube::Error> {
        let selection = ListParams::default().labels(&format!("{LABEL}={}", self.secret));
        let leases = self.api.list(&selection).await?.items;
        let mut seen = BTreeMap::new();
        let mut replicas = Vec::new();
        let own = self.name(me);
        for lease in leases {
            let name = lease.metadata.name.clone().unwrap_or_default();
            if name == own {
                continue;
            }
            let renewed = lease.spec.as_ref().and_then(|spec| spec.renew_time.clone());
            let since = match self.seen.get(&name) {
                Some((before, since)) if *before == renewed => *since,
                _ => now,
            };
            if now.duration_since(since).as_secs() > self.seconds.into() {
                self.delete(&name, lease.metadata.resource_version).await?;
                continue;
            }
            seen.insert(name, (renewed, since));
            replicas.extend(said(&lease, since));
        }
        self.seen = seen;
        Ok(replicas)
    }
}

/// What a replica serves: the leaf with its key, and the authority that signed it.
#[derive(Debug, Clone)]
pub(super) struct Serving {
    pub(super) leaf: Pair,
    pub(super) issuer: Pair,
}

/// What a Lease says; nothing where it makes no sense.
fn said(lease: &Lease, seen: Timestamp) -> Option<Replica<Pair>> {
    let annotation = |key: &str| lease.metadata.annotations.as_ref()?.get(key).map(String::as_str);
    let issuer = Pair::read_bundle(annotation(ISSUER)?).ok()?.into_iter().next()?;
    Some(Replica {
        leaf: Fingerprint::written(annotation(LEAF)?),
        not_after: annotation(EXPIRES)?.parse().ok()?,
        issuer,
        seen,
    })
}
