//! The contract of a rule.
//!
//! A rule is data: what it is called, how bad what it finds is, what it looks at. The variant of [`Mutate`] and [`Validate`] decides
//! what it is given and when it is called; the gates (is the workload new, is the field absent, does the profile mend, is somebody else
//! in charge) are checked in `decision`, once, so that no rule can forget them.
use crate::{
    engines::{Catalogue, Engine},
    facts::{Facts, Seconds},
    finding::Findings,
    proposal::Proposal,
    settings::Effective,
    terms::{Operation, Tier},
    view::{Case, Change, Claim, Companion, DataLabel, Database, Deletion, Executions, Kind, Workload},
};

/// One rule. Its file holds its documentation, this value, and its functions.
#[derive(Debug)]
pub struct Rule {
    /// Kebab-case; the same name everywhere. It completes "allow ...".
    pub name: &'static str,
    /// `include_str!` of its own file: the leading `//!` block is its documentation, and its examples are executed.
    pub source: &'static str,
    /// The version that brought it.
    pub since: &'static str,
    /// How bad what it finds is.
    pub tier: Tier,
    /// What it writes.
    pub mutate: Option<Mutate>,
    /// What it reports.
    pub validate: Option<Validate>,
    /// True for rules about data, durability and credentials, from which databases that are meant to go are spared.
    pub spares_ephemeral: bool,
    /// Whether an engine's file says what the rule needs to have anything to say: told by `explain`, and held by a test.
    pub needs: fn(&Engine) -> bool,
    /// The places that it writes, as stable places below the Pod's or the claim's `spec`, with `*` for any name. What was written
    /// there can be put back when a later UPDATE drops it.
    pub writes: &'static [&'static str],
}

/// What a rule writes, and when.
#[derive(Debug, Clone, Copy)]
pub enum Mutate {
    /// Into the template of a new StatefulSet or Deployment, or into a bare Pod, at its CREATE.
    Birth(fn(&Database<'_>, &Context<'_>, &mut Proposal)),
    /// Into any Pod at its CREATE, whoever made it: only what can help and cannot stop it from starting.
    Start(fn(&Database<'_>, &Context<'_>, &mut Proposal)),
    /// Into a claim at its CREATE.
    Claim(fn(&Claim<'_>, &Context<'_>, &mut Proposal)),
}

/// What a rule looks at.
#[derive(Debug, Clone, Copy)]
pub enum Validate {
    /// Each database container, of the roles server and cache.
    Database(fn(&Database<'_>, &Context<'_>, &mut Findings)),
    /// Any workload, with all its containers and databases, also where there is none.
    Workload(fn(&Case<'_>, &Context<'_>, &mut Findings)),
    /// Any workload, also without a database, and what all of its containers run.
    Commands(fn(&Case<'_>, &[Executions<'_>], &Context<'_>, &mut Findings)),
    /// An UPDATE of a workload with a database: what was and what will be.
    Change(fn(&Change<'_, '_>, &Context<'_>, &mut Findings)),
    /// The same, for what the API server refuses by itself. It does so before it asks the validating webhook, so that the mutating one says
    /// what is found; nothing of it is ever denied.
    Refused(fn(&Change<'_, '_>, &Context<'_>, &mut Findings)),
    /// A claim of a database.
    Claim(fn(&Claim<'_>, &Context<'_>, &mut Findings)),
    /// Each database container, and each claim of a database.
    Storage(fn(&Database<'_>, &Context<'_>, &mut Findings), fn(&Claim<'_>, &Context<'_>, &mut Findings)),
    /// A deletion that may take data along.
    Deletion(fn(&Deletion<'_>, &Context<'_>, &mut Findings)),
    /// A Service, a budget, an autoscaler or a ConfigMap. What it is for, the other documents of a run say.
    Companion(fn(&Companion<'_>, &Context<'_>, &mut Findings)),
}

/// What a rule knows beside the object.
#[derive(Debug, Clone, Copy)]
pub struct Context<'c> {
    /// Every engine that is known.
    pub catalogue: &'c Catalogue,
    /// The settings as they hold for the engine at hand.
    pub settings: Effective<'c>,
    /// What is done with the object.
    pub operation: Operation,
    /// What is known about the cluster.
    pub facts: &'c Facts,
    /// Now.
    pub now: Seconds,
    /// The object's namespace.
    pub namespace: &'c str,
    /// What the author (or the namespace) says about the data, where the profile believes it.
    pub data_label: Option<DataLabel>,
    /// The API server's minor version (`36` of 1.36), where it is known.
    pub kubernetes_minor: Option<u32>,
}

impl Context<'_> {
    /// True at the CREATE of a Deployment or StatefulSet. Rules about volumes that are missing deny there alone: a bare Pod or an
    /// UPDATE may be all that somebody has.
    #[must_use]
    pub fn is_birth_of(&self, workload: Workload<'_>) -> bool {
        self.operation == Operation::Create && matches!(workload.kind, Kind::Deployment | Kind::StatefulSet)
    }
}

impl Rule {
    /// The sections of its documentation: `## Why` and the others, and the summary before them.
    #[must_use]
    pub fn documentation(&self) -> Documentation {
        Documentation::of(self.source)
    }
}

/// A rule's documentation, read off the top of its file.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Documentation {
    /// The first sentence.
    pub summary: String,
    /// Heading and Markdown of each section, in order.
    pub sections: Vec<(String, String)>,
}

impl Documentation {
    fn of(source: &str) -> Self {
        let mut documentation = Self::default();
        let lines = source.lines().map_while(|line| line.strip_prefix("//!"));
        for line in lines.map(|l| l.strip_prefix(' ').unwrap_or(l)) {
            if let Some(heading) = line.strip_prefix("## ") {
                documentation.sections.push((heading.to_owned(), String::new()));
            } else if let Some((_, text)) = documentation.sections.last_mut() {
                text.push_str(line);
                text.push('\n');
            } else {
                documentation.summary.push_str(line);
                documentation.summary.push('\n');
            }
        }
        documentation.summary = documentation.summary.trim().to_owned();
        for (_, text) in &mut documentation.sections {
            *text = text.trim().to_owned();
        }
        documentation
    }

    /// The Markdown of the section called `heading`.
    #[must_use]
    pub fn section(&self, heading: &str) -> Option<&str> {
        self.sections.iter().find(|(h, _)| h == heading).map(|(_, text)| text.as_str())
    }

    /// The code blocks of a section, in order.
    #[must_use]
    pub fn blocks(&self, heading: &str) -> Vec<String> {
        let mut blocks = Vec::new();
        let mut open: Option<String> = None;
        for line in self.section(heading).unwrap_or("").lines() {
            match (&mut open, line.starts_with("```")) {
                (None, true) => open = Some(String::new()),
                (Some(_), true) => blocks.extend(open.take()),
                (Some(block), false) => {
                    block.push_str(line);
                    block.push('\n');
                }
                (None, false) => {}
            }
        }
        blocks
    }
}
