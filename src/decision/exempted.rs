//! Exemptions in a decision: what they excuse, what is said of their end, and the record that an object keeps of them.
use std::collections::BTreeSet;

use super::{
    Deliberation, Mended,
    judge::{Excuse, Judged},
    marks,
};
use crate::{
    facts::Seconds,
    finding::Finding,
    proposal::Proposal,
    settings::{DAY, Settings},
    terms::{Action, Operation, keys},
    tree::Node,
};

/// Why what an exemption is for is not refused, and what is said in its last week.
pub(super) const EXEMPTED: (&str, &str) = ("exempted", "exempted, and not for long any more");
/// How long before its end an exemption is spoken of.
const LAST: Seconds = 7 * DAY;

/// What an exemption that an object has from a rule does for it.
pub(super) fn excuse(settings: &Settings, rule: &str, object: Node<'_>, now: Seconds) -> Option<Excuse> {
    let (_, end) = settings.exempted(rule, object, now)?;
    let (quiet, loud) = EXEMPTED;
    Some(if end - now > LAST { (Action::Audit, quiet) } else { (Action::Warn, loud) })
}

impl Deliberation<'_> {
    /// An exemption that somebody has for this, now.
    pub(super) fn exempted(&self, finding: &Finding) -> Option<Excuse> {
        excuse(self.world.settings, finding.rule, self.request.object, self.now)
    }

    /// Who relies on an exemption hears of its end a week before.
    pub(super) fn tell_of_exemptions(&self, judged: &mut Judged) {
        for judgement in judged.judgements.iter().filter(|j| j.lowered == EXEMPTED.1) {
            let rule = judgement.finding.rule;
            let Some((exemption, end)) = self.world.settings.exempted(rule, self.request.object, self.now) else {
                continue;
            };
            let until = jiff::Timestamp::from_second(end).map(|time| time.to_string()).unwrap_or_default();
            let note = format!("exemption {} from {rule} ends {until}", exemption.name);
            if !judged.notes.contains(&note) {
                judged.notes.push(note);
            }
        }
    }
}

/// Writes onto a workload which rules it is exempted from, now and when it was let in; what somebody else wrote there goes.
pub(super) fn record(deliberation: &Deliberation<'_>, mended: &mut Mended) {
    let Deliberation { request, world, .. } = deliberation;
    let is_ours = deliberation.case().is_some() && deliberation.is_authored() && !deliberation.is_restorers();
    if !is_ours || !world.settings.profile().mends() {
        return;
    }
    let said = |object: Node<'_>| object.path("metadata.annotations").get(keys::EXEMPTED).str().map(str::to_owned);
    let before = if request.operation == Operation::Update { said(request.old) } else { None };
    let before = before.unwrap_or_default();
    let mut rules: BTreeSet<&str> = before.split(',').filter(|rule| !rule.is_empty()).collect();
    if world.settings.exempts(request.object, deliberation.now) {
        let judged = deliberation.judge(None);
        rules.extend(judged.judgements.iter().filter(|j| j.is_exempted()).map(|j| j.finding.rule));
    }
    let wanted = rules.into_iter().collect::<Vec<_>>().join(",");
    if said(request.object).unwrap_or_default() == wanted {
        return;
    }
    let tree = request.tree.edited(request.object, &mended.operations);
    let top = tree.node_at(request.object);
    let place = top.path("metadata.annotations").get(keys::EXEMPTED);
    let mut proposal = Proposal::of("marks");
    if wanted.is_empty() {
        proposal.unset(place);
    } else {
        proposal.set(place, wanted.into());
    }
    marks::append(proposal, &tree, top, mended);
}
