//! What each replica does, for ever: it serves what the Secret offers, says so, and, if it leads, takes the next step.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::admissionregistration::v1::{MutatingWebhookConfiguration, ValidatingWebhookConfiguration};
use k8s_openapi::api::core::v1::Secret;
use kube::api::Api;
use tokio::time::{sleep, timeout};

use super::super::Service;
use super::bundle::{Configuration, Entries, entries};
use super::choice::{Choice, Trusted};
use super::contents::{Cert as _, Contents, Stage};
use super::pair::Pair;
use super::replicas::{Replicas, Serving};
use super::rotation::{Stored, Times};
use super::{secret, verify};
use crate::cluster::{Candidate, Chain, Cluster, Follow, Leadership, LeaseTimes, Seen};
use crate::metrics::{Metrics, Rotation};

/// The longest that one request of ours may take: nobody waits for it.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
/// The longest that leaving may hold up the end of the process.
const FAREWELL: Duration = Duration::from_secs(2);
/// Between two looks while nothing happens.
const QUIET: Duration = Duration::from_secs(30);
/// Between two looks while a rotation is under way: what others say of themselves is not watched.
const BUSY: Duration = Duration::from_secs(1);

/// What a keeper is told.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The name of the Secret, in the Service's namespace; also that of the Lease.
    pub secret: String,
    /// The Service through which the API server calls.
    pub service: Service,
    /// The name of both webhook configurations.
    pub webhooks: String,
    /// The name of this replica, which no other has.
    pub replica: String,
    /// How long everything takes.
    pub times: Times,
    /// How long the election takes.
    pub election: LeaseTimes,
    /// The clock.
    pub now: fn() -> Timestamp,
}

/// Serves a certificate and its key (PEM) from now on, or says why not.
pub type Serve = Box<dyn Fn(&str, &str) -> Result<(), Box<dyn std::error::Error + Send + Sync>> + Send + Sync>;

/// Looks after the certificates.
pub struct Keeper {
    pub(super) settings: Settings,
    pub(super) metrics: Arc<Metrics>,
    pub(super) secrets: Api<Secret>,
    pub(super) mutating: Watched<MutatingWebhookConfiguration>,
    pub(super) validating: Watched<ValidatingWebhookConfiguration>,
    pub(super) replicas: Replicas,
    pub(super) serving: Option<Serving>,
    pub(super) known: Option<Contents<Pair>>,
    secret: Follow<Secret>,
    candidate: Arc<Candidate>,
    leadership: Leadership,
    serve: Serve,
    trusted: Trusted,
    published: Option<(Serving, Timestamp)>,
    complained: Option<String>,
}

/// A webhook configuration that is followed.
pub(super) struct Watched<K> {
    pub(super) api: Api<K>,
    follow: Follow<K>,
}

impl<K> Watched<K>
where
    K: Configuration
        + kube::Resource<DynamicType = ()>
        + Clone
        + serde::de::DeserializeOwned
        + std::fmt::Debug
        + Send
        + Sync
        + 'static,
{
    fn new(api: Api<K>, name: &str) -> Self {
        let follow = Follow::start(api.clone(), name);
        Self { api, follow }
    }

    /// Its entries that are ours: none while there is no such configuration, `None` while that is not known.
    pub(super) fn entries(&self, service: &Service) -> Option<Entries> {
        match self.follow.now() {
            Seen::Unknown => None,
            Seen::Missing => Some(Entries::default()),
            Seen::Found(configuration) => Some(entries(configuration.as_ref(), service)),
        }
    }
}

/// What is to be told of a keeper to whoever stops it.
pub struct Farewell {
    candidate: Arc<Candidate>,
    replicas: Replicas,
    replica: String,
}

impl Keeper {
    /// Begins to look; it serves nothing yet.
    #[must_use]
    pub fn new(cluster: &Cluster, settings: Settings, metrics: Arc<Metrics>, serve: Serve) -> Self {
        let (client, namespace) = (cluster.background(), settings.service.namespace());
        let secrets: Api<Secret> = Api::namespaced(client.clone(), namespace);
        let candidate =
            cluster.candidate(namespace, &settings.secret, &settings.replica, settings.election, settings.now);
        let replicas =
            Replicas::new(Api::namespaced(client.clone(), namespace), &settings.secret, settings.times.stale.as_secs());
        Self {
            secret: Follow::start(secrets.clone(), &settings.secret),
            mutating: Watched::new(Api::all(client.clone()), &settings.webhooks),
            validating: Watched::new(Api::all(client), &settings.webhooks),
            leadership: candidate.leadership(),
            candidate: Arc::new(candidate),
            secrets,
            replicas,
            settings,
            metrics,
            serve,
            serving: None,
            known: None,
            trusted: Trusted::default(),
            published: None,
            complained: None,
        }
    }

    /// What to do at the very end, when nothing is served any more.
    #[must_use]
    pub fn farewell(&self) -> Farewell {
        Farewell {
            candidate: Arc::clone(&self.candidate),
            replicas: self.replicas.twin(),
            replica: self.settings.replica.clone(),
        }
    }

    /// Looks after the certificates, for ever.
    pub async fn run(mut self) {
        let candidate = Arc::clone(&self.candidate);
        let election = async move { candidate.run().await };
        let work = async move {
            loop {
                let pause = self.look_and_act().await;
                tokio::select! {
                    () = self.secret.changed() => {}
                    () = self.mutating.follow.changed() => {}
                    () = self.validating.follow.changed() => {}
                    () = self.leadership.changed() => {}
                    () = sleep(pause) => {}
                }
            }
        };
        tokio::join!(election, work);
    }

    /// Does whatever is to be done, and says when to look again at the latest.
    async fn look_and_act(&mut self) -> Duration {
        let now = (self.settings.now)();
        let stored = match self.secret.now() {
            Seen::Unknown => return BUSY,
            Seen::Missing => (secret::read(None), None),
            Seen::Found(object) => (secret::read(Some(&object)), object.metadata.resource_version.clone()),
        };
        let entries =
            self.mutating.entries(&self.settings.service).zip(self.validating.entries(&self.settings.service));
        if let Some((mutating, validating)) = &entries {
            // As for a rotation: it does not wait for what somebody else writes.
            let kept = [mutating, validating].into_iter().filter(|entries| !entries.injected);
            let bundles: Vec<_> = kept.flat_map(|kept| &kept.entries).map(|entry| &entry.bundle).collect();
            self.trusted.saw(&bundles, now);
        }
        let until_taken = self.follow_secret(&stored.0, now);
        self.report(&stored.0, entries.as_ref(), now);
        self.publish(now).await;
        let leads = self.leadership.is_held();
        self.metrics.leads_rotation(leads);
        let mut pause = self.pause(&stored.0);
        if leads {
            let until_due = self.lead(stored, entries, now).await;
            pause = until_due.map_or(pause, |due| pause.min(due));
        }
        until_taken.map_or(pause, |until| pause.min(until))
    }

    fn pause(&self, stored: &Stored<Pair>) -> Duration {
        let times = &self.settings.times;
        let part = |whole: SignedDuration, parts| Duration::try_from(whole / parts).unwrap_or(QUIET);
        match stored {
            Stored::Held(contents) if contents.stage() == Stage::Steady => {
                QUIET.min(part(times.leaf, 6)).min(part(times.stale, 4))
            }
            // Whoever puts that right is seen by the watch.
            Stored::Foreign(_) => QUIET.min(part(times.stale, 4)),
            _ => BUSY.min(part(times.stale, 4)),
        }
    }

    /// Serves what the Secret offers, if that does no harm; says how long that should be put off, if it should.
    fn follow_secret(&mut self, stored: &Stored<Pair>, now: Timestamp) -> Option<Duration> {
        let contents = match stored {
            Stored::Held(contents) => contents,
            Stored::Missing => return None,
            Stored::Broken(why) | Stored::Foreign(why) => {
                let help = if matches!(stored, Stored::Foreign(_)) {
                    "delete that Secret, or name another one by --tls-secret; it is not overwritten"
                } else {
                    "it is made anew"
                };
                self.complain(why, |name| {
                    tracing::error!(secret = name, why, help, "the Secret of the certificates cannot be used");
                });
                return None;
            }
        };
        self.complained = None;
        self.known = Some(contents.clone());
        let leaf = contents.leaf.as_ref()?;
        let issuer = contents.trusted().find(|ca| leaf.issuer() == Some(ca.id()))?;
        let serving = self.serving.as_ref().map(|serving| &serving.leaf);
        match self.trusted.choose(serving, leaf, self.settings.times.wait, now) {
            Choice::Keep => None,
            Choice::Later(then) => Duration::try_from(then.duration_since(now)).ok(),
            Choice::Take => {
                match (self.serve)(leaf.pem(), leaf.key()) {
                    Ok(()) => {
                        tracing::info!(leaf = %leaf.id(), ca = %issuer.id(), until = %leaf.not_after(), "serving a certificate");
                        self.serving = Some(Serving { leaf: leaf.clone(), issuer: issuer.clone().without_key() });
                    }
                    Err(error) => {
                        let error = Chain(error.as_ref()).to_string();
                        self.complain(&error, |name| {
                            tracing::error!(secret = name, error, "the certificate in the Secret cannot be served");
                        });
                    }
                }
                None
            }
        }
    }

    /// Says something once, until it is something else.
    fn complain(&mut self, what: &str, say: impl FnOnce(&str)) {
        if self.complained.as_deref() != Some(what) {
            say(&self.settings.secret);
            self.complained = Some(what.to_owned());
        }
    }

    fn report(&self, stored: &Stored<Pair>, entries: Option<&(Entries, Entries)>, now: Timestamp) {
        self.metrics.rotation(match stored {
            Stored::Held(contents) => match contents.stage() {
                Stage::Steady => Rotation::Steady,
                Stage::Announcing => Rotation::Announcing,
                Stage::Waiting => Rotation::Waiting,
                Stage::Confirming => Rotation::Confirming,
            },
            Stored::Missing => Rotation::Announcing,
            Stored::Broken(_) | Stored::Foreign(_) => Rotation::Blocked,
        });
        if let Some(serving) = &self.serving {
            self.metrics.ca_expires(serving.issuer.not_after().as_second());
            let host = self.settings.service.host();
            let refuses = |authorities| !verify::accepts(authorities, serving.leaf.certificate(), &host, now);
            let all = entries.into_iter().flat_map(|(a, b)| a.entries.iter().chain(&b.entries));
            self.metrics.ca_bundle_mismatches(all.filter(|entry| refuses(&entry.authorities)).count());
        }
    }

    /// Says what is served, when that has changed and every so often.
    async fn publish(&mut self, now: Timestamp) {
        let Some(serving) = &self.serving else { return };
        let fresh = self.published.as_ref().is_some_and(|(said, at)| {
            said.leaf.id() == serving.leaf.id() && now.duration_since(*at) < self.settings.times.stale / 5
        });
        if fresh {
            return;
        }
        let said = self.replicas.publish(&self.settings.replica, serving, self.known.as_ref(), now);
        match timeout(PATIENCE, said).await {
            Ok(Ok(())) => self.published = Some((serving.clone(), now)),
            Ok(Err(error)) => tracing::warn!(error = %Chain(&error), "failed to say which certificate is served"),
            Err(_) => tracing::warn!("failed to say in time which certificate is served"),
        }
    }
}

impl Farewell {
    /// Lets another one lead at once, and is counted no more. For when nothing is served any more.
    pub async fn say(self) {
        let all = async {
            let (resigned, removed) = tokio::join!(self.candidate.resign(), self.replicas.remove(&self.replica));
            for error in [resigned.err(), removed.err()].into_iter().flatten() {
                tracing::warn!(error = %Chain(&error), "failed to take leave of the other replicas");
            }
        };
        if timeout(FAREWELL, all).await.is_err() {
            tracing::warn!("failed to take leave of the other replicas in time");
        }
    }
}
