//! Calling rules, one by one, so that a fault in one of them costs its own words and no more.
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::Ordering,
};

use super::Deliberation;
use crate::{
    facts::Facts,
    finding::{Finding, Findings},
    proposal::{Mend, Proposal},
    rule::{Context, Mutate, Rule, Validate},
    terms::Action,
    view::{Case, Change, Claim, Companion, Database},
};

/// What several rules would write and say.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) mends: Vec<Mend>,
    pub(super) notes: Vec<String>,
    pub(super) refused: Vec<String>,
}

impl Written {
    fn take(&mut self, proposal: Proposal) {
        self.refused.extend_from_slice(proposal.refused());
        let (mends, notes) = proposal.into_parts();
        self.mends.extend(mends);
        self.notes.extend(notes);
    }
}

/// Which of a rule's mends are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Occasion {
    Birth,
    Start,
}

impl<'t> Deliberation<'t> {
    /// The rules that are asked, for as long as somebody waits. What a rule finds that is switched off counts for nothing; see `settled`.
    fn rules(&self) -> impl Iterator<Item = &'static Rule> {
        self.world.rules.iter().copied().take_while(|_| !self.is_interrupted())
    }

    /// Runs a rule; a panic is counted and loses what the rule had said.
    fn guarded<T>(&self, call: impl FnOnce() -> T) -> Option<T> {
        catch_unwind(AssertUnwindSafe(call)).map_err(|_| self.panics.fetch_add(1, Ordering::Relaxed)).ok()
    }

    /// How often a rule panicked over this request.
    #[must_use]
    pub fn panics(&self) -> u64 {
        self.panics.load(Ordering::Relaxed)
    }

    /// Asks one rule; most have nothing to say.
    fn call_one(
        &self,
        rule: &'static Rule,
        container: Option<&str>,
        found: &mut Vec<Finding>,
        call: impl FnOnce(&mut Findings),
    ) {
        let asked = self.guarded(|| {
            let mut findings = Findings::of(rule.name);
            call(&mut findings);
            findings
        });
        if let Some(findings) = asked.filter(|findings| !findings.is_empty()) {
            found.extend(findings.about_container(container));
        }
    }

    /// What one rule would write.
    fn proposed(&self, rule: &'static Rule, call: impl FnOnce(&mut Proposal)) -> Option<Proposal> {
        self.guarded(|| {
            let mut proposal = Proposal::of(rule.name);
            call(&mut proposal);
            proposal
        })
    }

    fn is_in_force(&self, rule: &Rule) -> bool {
        self.world.settings.action(rule.name, rule.tier) != Action::Off
    }

    /// A rule that is newer than the settings want says what it sees, and writes nothing.
    fn is_trusted(&self, rule: &Rule) -> bool {
        self.is_in_force(rule) && self.world.settings.most(rule.since) == Action::Deny
    }

    /// The servers of a case, each with what all rules are told about it.
    fn told<'c>(&'c self, case: &'c Case<'t>, facts: &'c Facts) -> Vec<Told<'c, 't>> {
        let told = |database: &'c Database<'t>| {
            let context = self.context(&database.engine.name, facts);
            Told { database, context, is_meant_to_go: database.is_meant_to_go(context.data_label) }
        };
        case.servers().map(told).collect()
    }

    /// What rules write into a workload on an occasion.
    pub(super) fn written(&self, case: &Case<'_>, occasion: Occasion, facts: &Facts) -> Written {
        let mut written = Written::default();
        for told in &self.told(case, facts) {
            let Told { database, context, .. } = told;
            for rule in self.rules().filter(|r| told.concerns(r)) {
                let call = match (rule.mutate, occasion) {
                    (Some(Mutate::Birth(call)), Occasion::Birth) | (Some(Mutate::Start(call)), Occasion::Start) => call,
                    _ => continue,
                };
                if !self.is_trusted(rule) {
                    continue;
                }
                self.proposed(rule, |p| call(database, context, p)).into_iter().for_each(|p| written.take(p));
            }
        }
        written
    }

    /// Whether a rule that wrote something would have it there again: it still finds fault with a database whose container the place is
    /// in, and that is of the engine that it was `before`, or is one for which the rule would write this very place.
    pub(super) fn wants_again(&self, rule: &'static Rule, place: &str, before: Option<&Case<'_>>) -> bool {
        let Some(case) = self.case() else { return true };
        let facts = Facts::default();
        let within = |database: &Database<'_>| place.contains(&format!("[{}]", database.name()));
        let asks_databases = matches!(rule.validate, Some(Validate::Database(_) | Validate::Storage(..)));
        if !asks_databases && !before.is_some_and(|c| c.databases.iter().any(within)) {
            return true;
        }
        self.told(case, &facts).iter().filter(|told| within(told.database) && told.concerns(rule)).any(|told| {
            let is_as_before = before.is_some_and(|c| {
                c.databases
                    .iter()
                    .any(|d| d.name() == told.database.name() && d.engine.name == told.database.engine.name)
            });
            (is_as_before || self.would_write(rule, told, place)) && self.finds_fault(rule, told)
        })
    }

    fn finds_fault(&self, rule: &'static Rule, told: &Told<'_, 't>) -> bool {
        let Some(Validate::Database(call) | Validate::Storage(call, _)) = rule.validate else { return true };
        let mut found = Vec::new();
        self.call_one(rule, None, &mut found, |f| call(told.database, &told.context, f));
        !found.is_empty()
    }

    fn would_write(&self, rule: &'static Rule, told: &Told<'_, 't>, place: &str) -> bool {
        let Some(Mutate::Birth(call) | Mutate::Start(call)) = rule.mutate else { return false };
        let proposal = self.proposed(rule, |p| call(told.database, &told.context, p));
        proposal.is_some_and(|p| p.into_parts().0.iter().any(|mend| mend.place.stable == place))
    }

    /// What rules write into a claim.
    pub(super) fn written_into_claim(&self, claim: &Claim<'_>, engine: &str, facts: &Facts) -> Written {
        let mut written = Written::default();
        let context = self.context(engine, facts);
        for rule in self.rules() {
            let Some(Mutate::Claim(call)) = rule.mutate.filter(|_| self.is_trusted(rule)) else { continue };
            self.proposed(rule, |p| call(claim, &context, p)).into_iter().for_each(|p| written.take(p));
        }
        written
    }

    /// What rules find in a workload; in its change, when `before` is given.
    pub(super) fn found(&self, case: &Case<'_>, before: Option<&Case<'_>>, facts: &Facts) -> Vec<Finding> {
        let mut found = Vec::new();
        let servers = self.told(case, facts);
        let mut executions = None;
        let of_case = servers.first().map_or_else(|| self.context("", facts), |told| told.context);
        for rule in self.rules() {
            match rule.validate {
                Some(Validate::Database(call) | Validate::Storage(call, _)) => {
                    for told in servers.iter().filter(|told| told.concerns(rule)).take_while(|_| !self.is_interrupted())
                    {
                        let Told { database, context, .. } = told;
                        self.call_one(rule, Some(database.name()), &mut found, |f| call(database, context, f));
                    }
                }
                Some(Validate::Workload(call)) => {
                    self.call_one(rule, None, &mut found, |f| call(case, &of_case, f));
                }
                Some(Validate::Commands(call)) => {
                    let executions = executions.get_or_insert_with(|| case.executions());
                    self.call_one(rule, None, &mut found, |f| call(case, executions, &of_case, f));
                }
                Some(Validate::Change(call) | Validate::Refused(call)) => {
                    let Some(old) = before.filter(|old| old.has_database() || case.has_database()) else { continue };
                    let change = Change { old, new: case };
                    self.call_one(rule, None, &mut found, |f| call(&change, &of_case, f));
                }
                Some(Validate::Claim(_) | Validate::Companion(_) | Validate::Deletion(_)) | None => {}
            }
        }
        found
    }

    /// What rules find that the API server refuses by itself.
    pub(super) fn found_refused(&self, old: &Case<'_>, new: &Case<'_>, facts: &Facts) -> Vec<(&'static Rule, Finding)> {
        let context = self.context("", facts);
        let change = Change { old, new };
        let mut found = Vec::new();
        for rule in self.rules().filter(|rule| self.is_in_force(rule)) {
            if let Some(Validate::Refused(call)) = rule.validate {
                let mut own = Vec::new();
                self.call_one(rule, None, &mut own, |f| call(&change, &context, f));
                found.extend(own.into_iter().map(|finding| (rule, finding)));
            }
        }
        found
    }

    /// What rules find in a claim.
    pub(super) fn found_in_claim(&self, claim: &Claim<'t>, facts: &Facts) -> Vec<Finding> {
        let engine = self.engine_of_claim(*claim, facts).unwrap_or_default();
        let context = self.context(&engine, facts);
        let mut found = Vec::new();
        for rule in self.rules() {
            if let Some(Validate::Claim(call) | Validate::Storage(_, call)) = rule.validate {
                self.call_one(rule, None, &mut found, |f| call(claim, &context, f));
            }
        }
        found
    }

    /// What rules find in a Service, a budget, an autoscaler or a ConfigMap.
    pub(super) fn found_in_companion(&self, companion: &Companion<'_>, facts: &Facts) -> Vec<Finding> {
        let context = self.context("", facts);
        let mut found = Vec::new();
        for rule in self.rules() {
            if let Some(Validate::Companion(call)) = rule.validate {
                self.call_one(rule, None, &mut found, |f| call(companion, &context, f));
            }
        }
        found
    }
}

/// A database, and what all rules are told about it.
struct Told<'c, 't> {
    database: &'c Database<'t>,
    context: Context<'c>,
    is_meant_to_go: bool,
}

impl Told<'_, '_> {
    /// Whether the rule can have anything to say: its engine's file says what the rule goes by, and the data is worth it.
    fn concerns(&self, rule: &Rule) -> bool {
        !(rule.spares_ephemeral && self.is_meant_to_go) && (rule.needs)(self.database.engine)
    }
}
