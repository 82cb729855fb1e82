//! What a scan found, for the reports that stand in the cluster itself.

use std::sync::Arc;

use super::entry::Entry;
use super::judge::Judge;
use super::tally::Tally;
use crate::cluster::inventory::{Scope, Sort, Watcher};
use crate::cluster::upkeep::{Report, Reported};
use crate::cluster::{Absence, Cluster, FetchError};
use crate::engines::Catalogue;
use crate::facts::Seconds;
use crate::settings::InForce;
use crate::terms::Action;

/// What is looked at, and by what it is judged.
pub(in crate::cli) struct Reporting<'c> {
    pub(in crate::cli) cluster: &'c Cluster,
    pub(in crate::cli) catalogue: &'c Catalogue,
    pub(in crate::cli) in_force: Arc<InForce>,
    pub(in crate::cli) kubernetes_minor: Option<u32>,
    pub(in crate::cli) now: Seconds,
    /// When nobody was there.
    pub(in crate::cli) absences: Vec<Absence>,
}

/// Nobody looks.
struct Unwatched;

impl Watcher for Unwatched {
    fn read(&self, _: &'static str, _: u64, _: u64) {}
}

impl Reporting<'_> {
    /// Hands out one report after the other, of the namespaces that hold databases, until nobody wants more; true where all of the
    /// cluster was read. ConfigMaps are not: nobody need let Seawall read all of them.
    ///
    /// # Errors
    /// When a report cannot be handed out.
    pub(in crate::cli) async fn each(
        &self,
        mut wants: impl AsyncFnMut(String, Report) -> Result<bool, FetchError>,
    ) -> Result<bool, FetchError> {
        let mut inventory = self.cluster.inventory(Scope::All, &Unwatched).await?;
        let policies = self.in_force.policies();
        let mut judge = Judge::new(self.catalogue, policies, None, self.kubernetes_minor, self.now);
        judge.go_by(Arc::clone(&self.in_force));
        for note in judge.look_around(self.cluster, &inventory).await {
            tracing::debug!(
                resource = note.resource,
                why = note.why,
                "a report knows less than it could: {}",
                note.what
            );
        }
        while let Some(portion) = inventory.next().await {
            let namespace = portion.namespace.clone();
            let ground = judge.ground(&namespace);
            if ground.skips(&namespace) {
                continue;
            }
            let (mut entries, whole) = (Vec::new(), inventory.has_all_workloads());
            judge.judge(portion, Vec::new(), &ground, whole, &mut Tally::default(), &mut entries);
            entries.retain(|entry| entry.is_guarded);
            if entries.is_empty() {
                continue;
            }
            let report = self.report(entries).await;
            if !wants(namespace, report).await? {
                return Ok(false);
            }
        }
        let is_whole = inventory.has_all_workloads();
        let lacks = inventory.into_lacks();
        for lack in &lacks {
            let (resource, error) = (lack.sort.resource(), crate::cluster::Chain(&lack.error));
            tracing::warn!(resource, %error, "reports are written without what cannot be listed");
        }
        Ok(is_whole)
    }

    async fn report(&self, entries: Vec<Entry>) -> Report {
        let mut report = Report::default();
        for entry in entries {
            let is_drift = self.is_drift(&entry).await;
            if entry.findings.is_empty() {
                report.sound += entry.servers().count();
            }
            report.found.extend(entry.findings.into_iter().map(|finding| Reported {
                api_version: entry.api_version.clone(),
                kind: entry.kind,
                name: entry.name.clone(),
                rule: finding.rule,
                tier: finding.tier,
                action: finding.action,
                profile: entry.profile,
                is_drift: is_drift && finding.action == Action::Deny,
                place: finding.path,
                message: finding.message,
            }));
        }
        report
    }

    /// True for what would be refused, and came while nobody was there to refuse it.
    async fn is_drift(&self, entry: &Entry) -> bool {
        let is_refused = entry.findings.iter().any(|finding| finding.action == Action::Deny);
        let sort = Sort::ALL.iter().find(|sort| sort.kind == entry.kind && sort.api_version() == entry.api_version);
        let Some(sort) = sort.filter(|_| is_refused && !self.absences.is_empty()) else { return false };
        let path = sort.path(Some(&entry.namespace));
        match self.cluster.is_of(&self.absences, &path, &entry.name).await {
            Ok(is_drift) => is_drift,
            Err(error) => {
                let error = crate::cluster::Chain(&error);
                tracing::warn!(kind = entry.kind, name = entry.name, %error, "when it was written is not known");
                false
            }
        }
    }
}
