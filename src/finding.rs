//! What a rule reports.
use std::{borrow::Cow, collections::HashMap};

use serde_json::Value;

use crate::{
    terms::Action,
    tree::{Node, Place},
};

/// One thing that is wrong at one place.
///
/// It is identified by its rule, its stable place and what it is about: never by an index or a value, so that the same fault is
/// recognised in an object's old version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule that reports it.
    pub rule: &'static str,
    /// Where.
    pub place: Place,
    /// 1-based line, in documents that have lines.
    pub line: Option<u32>,
    /// Tells two findings at one place apart. Never a value that may be secret.
    pub about: Cow<'static, str>,
    /// How bad, in the rule's own unit; larger is worse.
    pub measure: Option<i64>,
    /// The most that this occurrence may do, whatever the profile says.
    pub ceiling: Action,
    /// True where it may be refused in guarded namespaces only.
    pub needs_guard: bool,
    /// The container, where it is about one.
    pub container: Option<String>,
    /// What is wrong: lower case, no final period, at most 120 characters.
    pub message: String,
    /// What to do.
    pub help: Cow<'static, str>,
    /// What to do about this very object, one line each: commands to be copied, and words between them.
    pub steps: Vec<String>,
    /// What is written instead, where that is certain and costs no data: for `fix`, never for a webhook.
    pub correction: Option<Box<Correction>>,
}

/// What puts an end to a finding, in a manifest that its author is about to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// Where.
    pub place: Place,
    /// What is written there; a whole number raises the one that is there.
    pub value: Value,
    /// What that does, for people: lower case, no final period.
    pub message: String,
    /// Why it is for an object that is not there yet alone, to complete "only ..."; empty where it is for any.
    pub only: &'static str,
}

impl Finding {
    /// What to do about it.
    pub fn help(&mut self, text: impl Into<Cow<'static, str>>) -> &mut Self {
        self.help = text.into();
        self
    }

    /// Commands that do it, and words between them.
    pub fn steps(&mut self, lines: Vec<String>) -> &mut Self {
        self.steps = lines;
        self
    }

    /// What is to be written at a place instead. Only for what is certain: it moves no data, and keeps no database from starting.
    pub fn correction(&mut self, at: Node<'_>, value: Value, message: impl Into<String>) -> &mut Self {
        self.correction = Some(Box::new(Correction { place: at.place(), value, message: message.into(), only: "" }));
        self
    }

    /// The same for what cannot be changed any more once the object is there: it is told, and left to its author. `only` says when.
    pub fn correction_at_birth(
        &mut self,
        at: Node<'_>,
        value: Value,
        message: impl Into<String>,
        only: &'static str,
    ) -> &mut Self {
        self.correction = Some(Box::new(Correction { place: at.place(), value, message: message.into(), only }));
        self
    }

    /// The container that it is about, for rules that look at whole workloads.
    pub fn in_container(&mut self, name: &str) -> &mut Self {
        self.container = Some(name.to_owned());
        self
    }

    /// Tells two findings at one place apart.
    pub fn about(&mut self, what: impl Into<Cow<'static, str>>) -> &mut Self {
        self.about = what.into();
        self
    }

    /// How bad it is; larger is worse. An UPDATE that raises it is judged as new.
    pub fn measure(&mut self, n: i64) -> &mut Self {
        self.measure = Some(n);
        self
    }

    /// This occurrence never does more than `action`.
    pub fn at_most(&mut self, action: Action) -> &mut Self {
        self.ceiling = self.ceiling.min(action);
        self
    }

    /// This occurrence is refused in guarded namespaces alone, and a warning elsewhere.
    pub fn where_guarded(&mut self) -> &mut Self {
        self.needs_guard = true;
        self
    }

    fn identity(&self) -> (&'static str, &str, &str) {
        (self.rule, &self.place.stable, &self.about)
    }
}

/// What was wrong before.
#[derive(Debug)]
pub struct Past<'f> {
    /// The worst measure of each fault.
    worst: HashMap<(&'static str, &'f str, &'f str), Option<i64>>,
}

impl<'f> Past<'f> {
    /// Everything that was found then.
    pub fn of(findings: impl IntoIterator<Item = &'f Finding>) -> Self {
        let mut worst = HashMap::new();
        for finding in findings {
            let known = worst.entry(finding.identity()).or_insert(finding.measure);
            *known = finding.measure.max(*known);
        }
        Self { worst }
    }

    /// True when the same fault was there, and no less bad.
    #[must_use]
    pub fn had(&self, finding: &Finding) -> bool {
        // A fault that has a measure now and had none then was not measured: `None` is less than any.
        self.worst.get(&finding.identity()).is_some_and(|then| finding.measure.is_none() || finding.measure <= *then)
    }
}

/// What one rule reports about one subject.
#[derive(Debug)]
pub struct Findings {
    rule: &'static str,
    all: Vec<Finding>,
}

impl Findings {
    /// An empty list for a rule.
    #[must_use]
    pub const fn of(rule: &'static str) -> Self {
        Self { rule, all: Vec::new() }
    }

    /// Reports something at a place, which may be absent.
    pub fn report(&mut self, at: Node<'_>, message: impl Into<String>) -> &mut Finding {
        let index = self.all.len();
        self.all.push(Finding {
            rule: self.rule,
            place: at.place(),
            line: at.line(),
            about: "".into(),
            measure: None,
            ceiling: Action::Deny,
            needs_guard: false,
            container: None,
            message: message.into(),
            help: "".into(),
            steps: Vec::new(),
            correction: None,
        });
        #[expect(clippy::indexing_slicing, reason = "pushed just above")]
        &mut self.all[index]
    }

    /// What was reported. What names no container of its own is about `container`, where the rule looked at one.
    #[must_use]
    pub fn about_container(mut self, container: Option<&str>) -> Vec<Finding> {
        for finding in self.all.iter_mut().filter(|f| f.container.is_none()) {
            finding.container = container.map(str::to_owned);
        }
        self.all
    }

    /// True when nothing was reported.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}
