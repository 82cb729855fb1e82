//! What one replica does for all of them: labels are kept true, and reports written.

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use crate::cli::scan::Reporting;
use crate::cli::values;
use crate::cluster::upkeep::Round;
use crate::cluster::{Absence, Candidate, Chain, Cluster, FetchError, Leadership};
use crate::engines::Catalogue;
use crate::metrics::{Metrics, UPKEEP};
use crate::settings::Live;

/// After something that failed, unless the next round comes earlier.
const TRY_AGAIN: Duration = Duration::from_secs(60);

/// Who may lead.
pub(super) struct Leader {
    pub(super) cluster: Cluster,
    pub(super) catalogue: Arc<Catalogue>,
    pub(super) live: Arc<Live>,
    /// Told when a namespace becomes guarded, or is no longer.
    pub(super) guards: Arc<Notify>,
    pub(super) kubernetes_minor: Option<u32>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) candidate: Arc<Candidate>,
    /// Namespace and name of the Lease.
    pub(super) lease: (String, String),
    /// From one round to the next.
    pub(super) every: Duration,
    pub(super) writes_reports: bool,
    /// What the Lease has yet to remember.
    pub(super) absences: Vec<Absence>,
    pub(super) complained: bool,
}

/// Leads, if it comes to that, for as long as `serving` takes; then another one may at once.
pub(super) async fn beside(leader: Option<Leader>, serving: impl Future<Output = ()>) {
    let Some(mut leader) = leader else { return serving.await };
    let candidate = Arc::clone(&leader.candidate);
    let mut election = JoinSet::new();
    let standing = Arc::clone(&candidate);
    // A task of its own: a Lease has to be renewed in time, whatever else there is to do.
    election.spawn(async move { standing.run().await });
    tokio::select! {
        () = serving => {}
        () = leader.stand() => {}
    }
    election.shutdown().await;
    let resigned = tokio::time::timeout(Duration::from_secs(2), candidate.resign()).await;
    if let Ok(Err(error)) = resigned {
        tracing::debug!(error = %Chain(&error), "the Lease was not given up");
    }
}

/// Waits until a namespace has become guarded or is no longer, and it is time.
async fn told_after(time: Instant, guards: &Notify) {
    sleep_until(time).await;
    guards.notified().await;
}

fn not_kept(error: FetchError) {
    tracing::warn!(error = %Chain(&error), "labels are not kept true");
}

impl Leader {
    /// Goes its rounds, for ever. A panic is a fault of ours, and none of the reviews that this process answers: it costs a round.
    async fn stand(&mut self) {
        while AssertUnwindSafe(self.run()).catch_unwind().await.is_err() {
            self.metrics.panicked(UPKEEP);
            tracing::error!("a panic while looking after labels and reports; the next round comes in its time");
            sleep(self.every).await;
        }
    }

    async fn run(&mut self) {
        let mut leadership = self.candidate.leadership();
        loop {
            let leads = leadership.is_held();
            self.metrics.leads_upkeep(leads);
            if leads {
                self.lead(&mut leadership).await;
            } else {
                leadership.changed().await;
            }
        }
    }

    /// Leads for as long as it may, and begins with a round.
    async fn lead(&mut self, leadership: &mut Leadership) {
        let mut volumes = self.cluster.volumes();
        let mut due = Instant::now();
        // Many namespaces may be labelled one after the other: what all claims cost is paid a tenth of the time at most.
        let mut rested = Instant::now();
        while leadership.is_held() {
            if Instant::now() >= due {
                due =
                    Instant::now() + if self.round(leadership).await { self.every } else { self.every.min(TRY_AGAIN) };
            }
            tokio::select! {
                () = sleep_until(due) => {}
                () = leadership.changed() => {}
                () = told_after(rested, &self.guards) => {
                    let begun = Instant::now();
                    self.labels(leadership).await.map_or_else(not_kept, drop);
                    rested = Instant::now() + begun.elapsed() * 9;
                }
                claim = volumes.next() => {
                    if !self.live.now().is_off() {
                        self.count(self.cluster.keep_labels_of(&claim).await);
                    }
                }
            }
        }
    }

    /// One round; whether all labels were looked at. Reports wait for the next one: they cost more, and nobody is guarded by them.
    async fn round(&mut self, leadership: &Leadership) -> bool {
        let labels = self.labels(leadership).await;
        let reports = if self.writes_reports { self.reports(leadership).await } else { Ok(()) };
        let are_read = labels.is_ok();
        let all_are_true = labels.map_err(not_kept).unwrap_or_default();
        let are_written = reports.is_ok();
        if let Err(error) = reports {
            tracing::warn!(error = %Chain(&error), "reports are not written");
        }
        // A label that cannot be written leaves the guards with a wrong one: the alert on the time of the last round is to tell.
        if all_are_true && are_written && leadership.is_held() {
            self.metrics.upkeep_done(values::now());
        }
        are_read
    }

    /// Makes labels true; whether all are.
    async fn labels(&self, leadership: &Leadership) -> Result<bool, FetchError> {
        // Who switched everything off wants nothing written.
        if self.live.now().is_off() {
            return Ok(true);
        }
        let round = self.cluster.keep_labels(leadership).await?;
        self.count(round);
        Ok(round.failed == 0)
    }

    fn count(&self, round: Round) {
        self.metrics.labels_corrected(round.corrected, round.failed);
        tracing::debug!(seen = round.seen, corrected = round.corrected, failed = round.failed, "labels were looked at");
    }

    async fn reports(&mut self, leadership: &Leadership) -> Result<(), FetchError> {
        if self.live.now().is_off() {
            return Ok(());
        }
        self.absences.extend(self.candidate.absences());
        let (namespace, name) = &self.lease;
        let absences = self.cluster.remember(namespace, name, &self.absences).await?;
        self.absences.clear();
        let Some(form) = self.cluster.form_of_reports().await? else {
            if !std::mem::replace(&mut self.complained, true) {
                tracing::info!(
                    "neither reports.openreports.io nor policyreports.wgpolicyk8s.io is served; no report is written"
                );
            }
            return Ok(());
        };
        self.complained = false;
        let reporting = Reporting {
            cluster: &self.cluster,
            catalogue: &self.catalogue,
            in_force: self.live.now(),
            kubernetes_minor: self.kubernetes_minor,
            now: values::now(),
            absences,
        };
        let (mut written, mut failed, mut any) = (BTreeSet::new(), None, false);
        let whole = reporting
            .each(async |namespace, report| {
                match self.cluster.report(form, &namespace, report).await {
                    Ok(()) => any = true,
                    // A namespace on its way out takes none.
                    Err(error) if error.is_gone() => {}
                    // A quota or a policy of one namespace: those of the others are written all the same.
                    Err(error) => failed = Some((namespace.clone(), error)),
                }
                written.insert(namespace);
                Ok(leadership.is_held())
            })
            .await?;
        self.metrics.reports(written.len());
        // Where not everything was seen, what was not may still be there.
        if whole {
            self.cluster.retract_reports(form, &written).await?;
        }
        match failed {
            Some((_, error)) if !any => Err(error),
            Some((namespace, error)) => {
                tracing::warn!(namespace, error = %Chain(&error), "not every namespace has got its report");
                Ok(())
            }
            None => Ok(()),
        }
    }
}
