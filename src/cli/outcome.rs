//! What becomes of one object: mended as at its creation, then judged as it would be stored. For `check` and `scan`.

use std::borrow::Cow;

use json_patch::PatchOperation;
use serde::Serialize;

use crate::decision::{Deliberation, Judgement, Mended, Neighbours, Request, World};
use crate::facts::{Facts, Seconds};
use crate::manifest::Manifest;
use crate::proposal::Mend;
use crate::settings::Settings;
use crate::terms::{Action, Profile, Tier};
use crate::tree::Node;

/// What was found in an object, and what would be written into it.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Outcome {
    pub(crate) databases: Vec<DatabaseReport>,
    pub(crate) findings: Vec<FindingReport>,
    pub(crate) mends: Vec<MendReport>,
    pub(crate) patch: Vec<PatchOperation>,
    pub(crate) pod_patch: Vec<PatchOperation>,
    /// By which it was judged; `None` where nothing was.
    #[serde(skip)]
    pub(crate) profile: Option<Profile>,
}

/// A container that belongs to an engine.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DatabaseReport {
    pub(crate) container: String,
    pub(crate) engine: String,
    pub(crate) version: Option<String>,
    pub(crate) role: &'static str,
    pub(crate) data_volume: String,
    evidence: Vec<String>,
}

/// Something that was found.
#[derive(Debug, Serialize)]
pub(crate) struct FindingReport {
    pub(crate) rule: &'static str,
    pub(crate) tier: Tier,
    pub(crate) action: Action,
    pub(crate) path: String,
    pub(crate) line: Option<u32>,
    container: Option<String>,
    pub(crate) message: String,
    pub(crate) help: Cow<'static, str>,
    /// Why it is not enforced, where an exemption is the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) exemption: Option<ExemptionReport>,
}

/// The exemption that a finding is not enforced for.
#[derive(Debug, Serialize)]
pub(crate) struct ExemptionReport {
    pub(crate) name: String,
    pub(crate) reason: String,
    ticket: String,
    /// When it ends, by its own word and by that of policies.
    pub(crate) until: String,
}

/// Something that would be written.
#[derive(Debug, Serialize)]
pub(crate) struct MendReport {
    pub(crate) rule: &'static str,
    pub(crate) path: String,
    pub(crate) message: String,
    pub(crate) help: Cow<'static, str>,
}

impl FindingReport {
    /// True where somebody is told; who is exempted from a rule has a right to know by what, and for how long.
    pub(crate) fn is_loud(&self) -> bool {
        self.action >= Action::Warn || self.exemption.is_some()
    }
}

impl From<&Mend> for MendReport {
    fn from(mend: &Mend) -> Self {
        Self {
            rule: mend.rule,
            path: mend.place.stable.clone(),
            message: mend.message.clone(),
            help: mend.help.clone(),
        }
    }
}

impl Outcome {
    /// Mends the object as its CREATE would, then judges what would be stored. `facts` says what is known about it.
    pub(crate) fn of<'t>(
        request: Request<'t>,
        world: World<'t>,
        now: Seconds,
        facts: impl FnOnce(&Deliberation<'t>) -> Facts,
    ) -> Self {
        let Some(deliberation) = Deliberation::of(request, world, now) else { return Self::default() };
        let facts = facts(&deliberation);
        let Mended { operations, mends, .. } = deliberation.mend(&facts);
        let stored = request.tree.edited(request.object, &operations);
        let request = Request::of_document(stored.node_at(request.object), &stored);
        let Some(deliberation) = Deliberation::of(request, world, now) else { return Self::default() };
        let pod = deliberation.pod_patch(&facts);
        Self {
            databases: databases(&deliberation, world),
            findings: deliberation
                .judge(Some(&facts))
                .judgements
                .into_iter()
                .map(|judgement| {
                    let exemption = exemption(&judgement, deliberation.settings(), request.object, now);
                    finding(judgement, exemption)
                })
                .collect(),
            mends: mends.iter().chain(&pod.mends).map(MendReport::from).collect(),
            patch: operations,
            pod_patch: pod.operations,
            profile: Some(deliberation.settings().profile()),
        }
    }

    /// True when the API server would refuse it.
    pub(crate) fn is_denied(&self) -> bool {
        self.findings.iter().any(|f| f.action == Action::Deny)
    }

    /// True where somebody is told something: more than what is only recorded.
    pub(crate) fn is_loud(&self) -> bool {
        !self.mends.is_empty() || self.findings.iter().any(FindingReport::is_loud)
    }
}

/// The documents of a run as answers about each other, each with the number of its set; what is passed over answers nothing.
pub(crate) fn neighbours<'d>(documents: impl Iterator<Item = (&'d Manifest, u32, World<'d>)>) -> Neighbours {
    let mut neighbours = Neighbours::default();
    for (manifest, set, world) in documents.filter(|(manifest, ..)| manifest.passed_over.is_none()) {
        neighbours.add(set, Request::of_document(manifest.object(), &manifest.tree), world);
    }
    neighbours
}

fn exemption(judgement: &Judgement, settings: &Settings, object: Node<'_>, now: Seconds) -> Option<ExemptionReport> {
    let exempted = || settings.exempted(judgement.finding.rule, object, now);
    let (exemption, end) = judgement.is_exempted().then(exempted).flatten()?;
    Some(ExemptionReport {
        name: exemption.name.clone(),
        reason: exemption.reason.clone(),
        ticket: exemption.ticket.clone(),
        until: jiff::Timestamp::from_second(end).map(|time| time.to_string()).unwrap_or_default(),
    })
}

fn finding(judgement: Judgement, exemption: Option<ExemptionReport>) -> FindingReport {
    let finding = judgement.finding;
    FindingReport {
        rule: finding.rule,
        tier: judgement.tier,
        action: judgement.action,
        path: finding.place.stable,
        line: finding.line,
        container: finding.container,
        message: finding.message,
        help: finding.help,
        exemption,
    }
}

fn databases(deliberation: &Deliberation<'_>, world: World<'_>) -> Vec<DatabaseReport> {
    let Some(case) = deliberation.case() else { return Vec::new() };
    let evidence = |container: &str| {
        case.detected
            .iter()
            .filter(|d| d.container.name() == container)
            .flat_map(|d| d.evidence(case.workload, world.catalogue))
            .map(|e| format!("{:+} {}: {}", e.weight, e.engine, e.what))
            .collect()
    };
    case.databases
        .iter()
        .map(|database| DatabaseReport {
            container: database.name().to_owned(),
            engine: database.engine.name.to_string(),
            version: database.version.as_ref().map(ToString::to_string),
            role: database.role.as_str(),
            data_volume: database.data.as_str().to_owned(),
            evidence: evidence(database.name()),
        })
        .collect()
}
