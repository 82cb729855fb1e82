//! Who does what only one may do: a Lease that each replica of a group asks for, as the API server's own controllers
//! do. Every write of a leader must still carry the version of what it read: a process that was held up for a minute
//! believes to lead for a moment longer.
use std::{fmt, time::Duration};

use jiff::Timestamp;
use k8s_openapi::{
    api::coordination::v1::{Lease, LeaseSpec},
    apimachinery::pkg::apis::meta::v1::MicroTime,
};
use kube::api::{Api, ObjectMeta, Patch, PatchParams, PostParams};
use serde_json::json;
use tokio::{
    sync::{Mutex, watch},
    time::{Instant, sleep, timeout},
};

use super::{Chain, Cluster};

/// How long each part of an election takes; the defaults are those of Kubernetes' own controllers.
#[derive(Debug, Clone, Copy)]
pub struct LeaseTimes {
    /// A leader that has not renewed for so long is replaced. Whole seconds.
    pub duration: Duration,
    /// A leader that could not renew for so long leads no more; less than `duration`, so that there are never two.
    pub deadline: Duration,
    /// Between two looks.
    pub retry: Duration,
}

impl Default for LeaseTimes {
    fn default() -> Self {
        Self { duration: Duration::from_secs(15), deadline: Duration::from_secs(10), retry: Duration::from_secs(2) }
    }
}

/// One who stands for election. The rights: `create` for Leases, `get` and `patch` for this one.
pub struct Candidate {
    api: Api<Lease>,
    name: String,
    holder: String,
    times: LeaseTimes,
    now: fn() -> Timestamp,
    leads_until: watch::Sender<Option<Instant>>,
    seen: Mutex<Option<Term>>,
}

/// Whether one leads, to be asked at any time.
#[derive(Debug, Clone)]
pub struct Leadership {
    leads_until: watch::Receiver<Option<Instant>>,
}

/// A Lease as it was seen, and since when it has not changed, by the clock of who looks: clocks differ.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    holder: String,
    renewed: Option<MicroTime>,
    version: String,
    duration: Duration,
    transitions: i32,
    since: Instant,
}

/// What a candidate does about a Lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Move {
    Create,
    Take,
    Renew,
    Wait,
}

impl fmt::Debug for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Candidate").field("name", &self.name).field("holder", &self.holder).finish_non_exhaustive()
    }
}

impl Leadership {
    /// Whether one leads now.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.leads_until.borrow().is_some_and(|until| Instant::now() < until)
    }

    /// Waits until one begins to lead, or to do so no more.
    pub async fn changed(&mut self) {
        if self.leads_until.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Cluster {
    /// A candidate for the Lease of this name, under a name of its own that no other replica has.
    #[must_use]
    pub fn candidate(
        &self,
        namespace: &str,
        name: &str,
        holder: &str,
        times: LeaseTimes,
        now: fn() -> Timestamp,
    ) -> Candidate {
        Candidate {
            api: Api::namespaced(self.background(), namespace),
            name: name.to_owned(),
            holder: holder.to_owned(),
            times,
            now,
            leads_until: watch::Sender::new(None),
            seen: Mutex::new(None),
        }
    }
}

impl Candidate {
    /// Whether it leads.
    #[must_use]
    pub fn leadership(&self) -> Leadership {
        Leadership { leads_until: self.leads_until.subscribe() }
    }

    /// Stands for election for ever.
    pub async fn run(&self) {
        let mut complained = false;
        loop {
            let begun = Instant::now();
            // An answer that comes later is of no use: it is time to ask again, or to lead no more.
            match timeout(self.times.deadline, self.look()).await {
                Ok(Ok(leads)) => {
                    self.tell(leads.then(|| begun + self.times.deadline));
                    complained = false;
                }
                Ok(Err(error)) if !complained => {
                    tracing::warn!(lease = self.name, error = %Chain(&error), "a Lease cannot be asked for");
                    complained = true;
                }
                Ok(Err(_)) | Err(_) => {}
            }
            if self.leads_until.borrow().is_some_and(|until| until <= Instant::now()) {
                self.tell(None);
            }
            sleep(self.times.retry).await;
        }
    }

    /// Gives the Lease up, if it has it, so that another need not wait until it has run out.
    ///
    /// # Errors
    /// When the API server does not answer, or refuses.
    pub async fn resign(&self) -> Result<(), kube::Error> {
        self.tell(None);
        let seen = self.seen.lock().await.take();
        let Some(term) = seen.filter(|term| term.holder == self.holder) else { return Ok(()) };
        self.write(&term, json!({"holderIdentity": "", "leaseDurationSeconds": 1})).await.map(drop)
    }

    fn tell(&self, until: Option<Instant>) {
        let changed = self.leads_until.send_if_modified(|now| {
            let changed = now.is_some() != until.is_some();
            *now = until;
            changed
        });
        if changed {
            let said = if until.is_some() { "leading" } else { "not leading any more" };
            tracing::info!(lease = self.name, holder = self.holder, "{said}");
        }
    }

    /// Looks at the Lease and does what is to be done about it: whether it has it now.
    async fn look(&self) -> Result<bool, kube::Error> {
        let mut seen = self.seen.lock().await;
        let lease = self.api.get_opt(&self.name).await?;
        let term = lease.as_ref().map(|lease| term(lease, seen.as_ref(), Instant::now()));
        let done = match self.choose(term.as_ref(), Instant::now()) {
            Move::Wait => None,
            Move::Create => Some(self.api.create(&PostParams::default(), &self.fresh()).await),
            step @ (Move::Take | Move::Renew) => {
                let Some(term) = &term else { return Ok(false) };
                let now = MicroTime((self.now)());
                let mut spec = json!({
                    "holderIdentity": self.holder,
                    "leaseDurationSeconds": self.times.duration.as_secs(),
                    "renewTime": now,
                });
                if let (Move::Take, Some(spec)) = (step, spec.as_object_mut()) {
                    spec.insert("acquireTime".to_owned(), json!(now));
                    spec.insert("leaseTransitions".to_owned(), (term.transitions + 1).into());
                }
                Some(self.write(term, spec).await)
            }
        };
        match done {
            None => *seen = term,
            Some(Ok(lease)) => {
                *seen = Some(self::term(&lease, None, Instant::now()));
                return Ok(true);
            }
            // Another one was faster.
            Some(Err(kube::Error::Api(status))) if status.code == 409 => *seen = term,
            Some(Err(error)) => return Err(error),
        }
        Ok(false)
    }

    fn choose(&self, term: Option<&Term>, now: Instant) -> Move {
        match term {
            None => Move::Create,
            Some(term) if term.holder == self.holder => Move::Renew,
            Some(term) if term.holder.is_empty() || term.since + term.duration <= now => Move::Take,
            Some(_) => Move::Wait,
        }
    }

    async fn write(&self, term: &Term, spec: serde_json::Value) -> Result<Lease, kube::Error> {
        let patch = json!({"metadata": {"resourceVersion": term.version}, "spec": spec});
        self.api.patch(&self.name, &PatchParams::default(), &Patch::Merge(patch)).await
    }

    fn fresh(&self) -> Lease {
        let now = MicroTime((self.now)());
        Lease {
            metadata: ObjectMeta { name: Some(self.name.clone()), ..ObjectMeta::default() },
            spec: Some(LeaseSpec {
                holder_identity: Some(self.holder.clone()),
                lease_duration_seconds: i32::try_from(self.times.duration.as_secs()).ok(),
                acquire_time: Some(now.clone()),
                renew_time: Some(now),
                lease_transitions: Some(0),
                ..LeaseSpec::default()
            }),
        }
    }
}

/// What a Lease says; as old as `before` if it says the same.
fn term(lease: &Lease, before: Option<&Term>, now: Instant) -> Term {
    let spec = lease.spec.clone().unwrap_or_default();
    let holder = spec.holder_identity.unwrap_or_default();
    let same = before.filter(|before| before.holder == holder && before.renewed == spec.renew_time);
    let seconds = spec.lease_duration_seconds.and_then(|seconds| u64::try_from(seconds).ok()).unwrap_or_default();
    Term {
        holder,
        renewed: spec.renew_time,
        version: lease.metadata.resource_version.clone().unwrap_or_default(),
        duration: Duration::from_secs(seconds),
        transitions: spec.lease_transitions.unwrap_or_default(),
        since: same.map_or(now, |same| same.since),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMES: LeaseTimes = LeaseTimes {
        duration: Duration::from_secs(15),
        deadline: Duration::from_secs(10),
        retry: Duration::from_secs(2),
    };

    fn candidate(holder: &str) -> Candidate {
        let config = kube::Config::new("http://127.0.0.1:1".parse().unwrap());
        Candidate {
            api: Api::namespaced(kube::Client::try_from(config).unwrap(), "n"),
            name: "l".to_owned(),
            holder: holder.to_owned(),
            times: TIMES,
            now: || Timestamp::from_second(1).unwrap(),
            leads_until: watch::Sender::new(None),
            seen: Mutex::new(None),
        }
    }

    fn held_by(holder: &str, second: i64) -> Lease {
        let mut lease = candidate(holder).fresh();
        lease.spec.as_mut().unwrap().renew_time = Some(MicroTime(Timestamp::from_second(second).unwrap()));
        lease
    }

    #[tokio::test(start_paused = true)]
    async fn a_lease_is_taken_when_nobody_has_it_or_nobody_renews_it() {
        let me = candidate("me");
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(me.choose(None, start), Move::Create);
        assert_eq!(me.choose(Some(&term(&held_by("me", 5), None, start)), after(99)), Move::Renew);
        assert_eq!(me.choose(Some(&term(&held_by("", 5), None, start)), start), Move::Take);
        let other = term(&held_by("you", 5), None, start);
        assert_eq!(me.choose(Some(&other), after(14)), Move::Wait);
        assert_eq!(me.choose(Some(&other), after(15)), Move::Take);
        // However old it says it is: the clocks may differ, so it counts since when it was seen.
        let again = term(&held_by("you", 5), Some(&other), after(14));
        assert_eq!(me.choose(Some(&again), after(15)), Move::Take, "the same renewal is as old as before");
        let renewed = term(&held_by("you", 6), Some(&other), after(14));
        assert_eq!(me.choose(Some(&renewed), after(15)), Move::Wait);
        let another = term(&held_by("them", 5), Some(&other), after(14));
        assert_eq!(me.choose(Some(&another), after(15)), Move::Wait);
    }

    #[tokio::test(start_paused = true)]
    async fn who_cannot_renew_leads_no_more_before_another_may() {
        let me = candidate("me");
        let leadership = me.leadership();
        assert!(!leadership.is_held());
        me.tell(Some(Instant::now() + TIMES.deadline));
        assert!(leadership.is_held());
        tokio::time::advance(TIMES.deadline).await;
        assert!(!leadership.is_held(), "without anybody having told it");
        assert!(TIMES.deadline < TIMES.duration);
    }
}
