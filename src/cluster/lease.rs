//! Who does what only one may do: a Lease that each replica of a group asks for, as the API server's own controllers
//! do. Every write of a leader must still carry the version of what it read: a process that was held up for a minute
//! believes to lead for a moment longer.
use std::{collections::VecDeque, fmt, sync::PoisonError, time::Duration};

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

/// Absences that wait to be asked for.
const MOST_ABSENCES: usize = 16;

/// A time in which nobody renewed a Lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Absence {
    /// When it was renewed last, by the clock of who did.
    pub from: Timestamp,
    /// When it was taken up again.
    pub until: Timestamp,
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
    absences: std::sync::Mutex<VecDeque<Absence>>,
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
            absences: std::sync::Mutex::default(),
        }
    }
}

impl Candidate {
    /// Whether it leads.
    #[must_use]
    pub fn leadership(&self) -> Leadership {
        Leadership { leads_until: self.leads_until.subscribe() }
    }

    /// The absences that it ended by taking the Lease, each told once.
    pub fn absences(&self) -> Vec<Absence> {
        self.absences.lock().unwrap_or_else(PoisonError::into_inner).drain(..).collect()
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
        let step = self.choose(term.as_ref(), Instant::now());
        // Who had it all the time was there: it was the API server that was away.
        let was_there = step == Move::Renew && seen.is_some();
        let done = match step {
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
                if !was_there {
                    self.note(term.as_ref());
                }
                *seen = Some(self::term(&lease, None, Instant::now()));
                return Ok(true);
            }
            // Another one was faster.
            Some(Err(kube::Error::Api(status))) if status.code == 409 => *seen = term,
            Some(Err(error)) => return Err(error),
        }
        Ok(false)
    }

    /// Takes down that nobody had renewed the Lease for long.
    fn note(&self, before: Option<&Term>) {
        let Some(MicroTime(from)) = before.and_then(|term| term.renewed.clone()) else { return };
        let until = (self.now)();
        // Longer than it takes to replace a leader that was killed.
        if until.duration_since(from).unsigned_abs() > self.times.duration * 2 && from < until {
            let mut absences = self.absences.lock().unwrap_or_else(PoisonError::into_inner);
            absences.push_back(Absence { from, until });
            if absences.len() > MOST_ABSENCES {
                absences.pop_front();
            }
        }
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
mod tests;
