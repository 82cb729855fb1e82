//! What is written into which file, and what is left.

use std::collections::{BTreeSet, HashSet};
use std::path::PathBuf;

use super::grounds::{Ground, Grounds};
use super::job::{Job, Named, PLAINTEXT};
use super::secret::{Secret, Secrets};
use crate::cli::outcome::{self, Outcome};
use crate::decision::{Deliberation, Neighbours, Request, World};
use crate::engines::Catalogue;
use crate::facts::Seconds;
use crate::manifest::{self, Manifest, Manifests, ReadError, edit};
use crate::rules;
use crate::settings::{Policies, Settings};
use crate::terms::Action;
use crate::tree::yaml;

/// One correction can make another one possible; a round that changes nothing is the last.
const MOST_ROUNDS: usize = 4;

/// What is corrected, and by which measure.
pub(super) struct Judging<'j> {
    pub(super) catalogue: &'j Catalogue,
    pub(super) policies: &'j Policies,
    /// Rules that are asked for; empty for all.
    pub(super) only: &'j [String],
    pub(super) minor: Option<u32>,
    pub(super) now: Seconds,
}

impl Judging<'_> {
    fn wants(&self, rule: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|name| name == rule)
    }

    pub(super) fn world<'w>(&'w self, settings: &'w Settings) -> World<'w> {
        World { catalogue: self.catalogue, settings, rules: rules::ALL, kubernetes_minor: self.minor }
    }
}

/// One file.
pub(super) struct Source {
    pub(super) name: String,
    /// As it was read.
    pub(super) original: String,
    /// As it will be.
    pub(super) text: String,
    /// Places that were written, and that hold nothing but what was written: document, and steps from its top.
    pub(super) shown: Vec<(usize, Vec<String>)>,
    pub(super) written: Vec<Note>,
}

/// Everything that can be changed, and what cannot be read.
#[derive(Default)]
pub(super) struct Sources {
    pub(super) files: Vec<Source>,
    pub(super) errors: Vec<ReadError>,
}

/// Something said about an object of a file.
pub(super) struct Note {
    pub(super) object: Named,
    pub(super) rule: &'static str,
    pub(super) message: String,
    /// Where, as a stable place; empty where the words say it.
    pub(super) path: String,
    pub(super) help: String,
    /// The API server would refuse it.
    pub(super) is_denied: bool,
}

/// What is done and what is left.
#[derive(Default)]
pub(super) struct Plan {
    /// Of each file in order, what is left for its author.
    pub(super) left: Vec<Vec<Note>>,
    /// Secrets that manifests refer to now.
    pub(super) secrets: Vec<Secret>,
}

/// Reads every file that holds an object. One that cannot be read whole, or is a template, is left alone.
pub(super) fn read(paths: &[PathBuf]) -> Sources {
    let (stdin, named): (Vec<_>, Vec<_>) = paths.iter().cloned().partition(|path| path.as_os_str() == "-");
    let Manifests { objects, errors } = manifest::read(&named);
    let mut sources = Sources { files: Vec::new(), errors };
    let mut seen = HashSet::new();
    for manifest in objects.iter().filter(|m| m.passed_over.is_none()) {
        let real = std::fs::canonicalize(&manifest.file).unwrap_or_else(|_| PathBuf::from(&manifest.file));
        if !seen.insert(real) || sources.errors.iter().any(|error| error.file == manifest.file) {
            continue;
        }
        match std::fs::read(&manifest.file).map(String::from_utf8) {
            Ok(Ok(text)) => sources.add(&manifest.file, text),
            _ => sources.fail(&manifest.file, "failed to read it a second time", "try again"),
        }
    }
    if !stdin.is_empty() {
        match std::io::read_to_string(std::io::stdin().lock()) {
            Ok(text) => {
                let mut read = Manifests::default();
                read.add_text("-", &text, false);
                if read.errors.is_empty() {
                    sources.add("-", text);
                }
                sources.errors.extend(read.errors);
            }
            Err(error) => sources.fail("-", &format!("failed to read: {error}"), ""),
        }
    }
    sources
}

impl Sources {
    fn add(&mut self, name: &str, text: String) {
        if yaml::is_template(&text) {
            return self.fail(name, "is a template: it is left alone", "mend what it is rendered from by hand");
        }
        if edit::objects(name, &text).is_none() {
            return self.fail(
                name,
                "has a document that cannot be read: it is left alone",
                "`seawall check` says which",
            );
        }
        let (name, original) = (name.to_owned(), text.clone());
        self.files.push(Source { name, original, text, shown: Vec::new(), written: Vec::new() });
    }

    fn fail(&mut self, file: &str, message: &str, help: &str) {
        let (message, help) = (message.to_owned(), help.to_owned());
        self.errors.push(ReadError { file: file.to_owned(), index: String::new(), line: None, message, help });
    }

    /// All objects as they are written now, and the number of each one's file.
    fn objects(&self) -> (Vec<Manifest>, Vec<usize>) {
        let read = self.files.iter().enumerate().map(|(at, source)| (at, edit::objects(&source.name, &source.text)));
        let (mut manifests, mut files) = (Vec::new(), Vec::new());
        for (at, objects) in read {
            for object in objects.unwrap_or_default().into_iter().filter(|m| m.passed_over.is_none()) {
                manifests.push(object);
                files.push(at);
            }
        }
        (manifests, files)
    }
}

impl Plan {
    pub(super) fn of(sources: &mut Sources, judging: &Judging<'_>) -> Self {
        let mut secrets = Secrets::default();
        let mut left: Vec<Vec<Note>> = sources.files.iter().map(|_| Vec::new()).collect();
        let mut failed = BTreeSet::new();
        for _ in 0..MOST_ROUNDS {
            let jobs = jobs(sources, judging);
            let mut changed = false;
            for job in jobs {
                let (Some(source), Some(left)) = (sources.files.get_mut(job.file), left.get_mut(job.file)) else {
                    continue;
                };
                changed |= job.run(source, &mut secrets, left, &mut failed);
            }
            if !changed {
                break;
            }
        }
        let secrets = secrets.missing(&sources.objects().0);
        let mut plan = Self { left, secrets };
        plan.judge(sources, judging);
        plan.repeated(sources);
        plan
    }

    /// What is still found.
    fn judge(&mut self, sources: &Sources, judging: &Judging<'_>) {
        let (objects, files) = sources.objects();
        let grounds = Grounds::of(&objects, judging.policies);
        let neighbours = beside(&grounds, &objects, |ground| judging.world(&ground.settings));
        for ((manifest, file), (ground, set)) in objects.iter().zip(files).zip(grounds.each()) {
            let request = Request::of_document(manifest.object(), &manifest.tree);
            let outcome =
                Outcome::of(request, judging.world(&ground.settings), judging.now, |d| neighbours.facts(set, d));
            let Some(left) = self.left.get_mut(file) else { continue };
            let loud = outcome.findings.into_iter().filter(|f| f.action >= Action::Warn && judging.wants(f.rule));
            left.extend(loud.map(|finding| Note {
                object: Named::of(manifest),
                rule: finding.rule,
                message: finding.message,
                path: finding.path,
                help: finding.help.into_owned(),
                is_denied: finding.action == Action::Deny,
            }));
        }
    }

    /// Values that were taken out of one place, and stand in another one of the same file.
    fn repeated(&mut self, sources: &Sources) {
        for (source, left) in sources.files.iter().zip(&mut self.left) {
            for (variable, value) in taken_out(source) {
                let lines = source.text.lines().zip(1_usize..).filter(|(line, _)| line.contains(&value));
                let lines: Vec<String> = lines.map(|(_, number)| number.to_string()).collect();
                let Some(object) = source.written.iter().find(|note| note.rule == PLAINTEXT) else { continue };
                if !lines.is_empty() {
                    left.push(Note {
                        object: object.object.clone(),
                        rule: PLAINTEXT,
                        message: format!("what was the value of {variable} still stands in line {}", lines.join(", ")),
                        path: String::new(),
                        help: "take it out there, too".to_owned(),
                        is_denied: false,
                    });
                }
            }
        }
    }

    /// True when the API server would refuse something that is left.
    pub(super) fn is_denied(&self) -> bool {
        self.left.iter().flatten().any(|note| note.is_denied)
    }
}

/// A shorter value, or a word, may stand anywhere without being meant.
const SHORTEST_VALUE: usize = 6;

/// The variables whose values a file has lost, with these; words left out.
fn taken_out(source: &Source) -> BTreeSet<(String, String)> {
    let is_word = |value: &str| value.len() < SHORTEST_VALUE || value.bytes().all(|b| b.is_ascii_lowercase());
    let pair = |(document, steps): &(usize, Vec<String>)| {
        let old = edit::current(&source.original, *document, steps)?;
        let (name, value) = (old.get("name")?.as_str()?, old.get("value")?.as_str()?);
        (!is_word(value)).then(|| (name.to_owned(), value.to_owned()))
    };
    source.shown.iter().filter(|(_, steps)| steps.iter().any(|step| step == "env")).filter_map(pair).collect()
}

fn beside<'g>(grounds: &'g Grounds, objects: &[Manifest], world: impl Fn(&'g Ground) -> World<'g>) -> Neighbours {
    let placed = objects.iter().zip(grounds.each());
    outcome::neighbours(placed.map(|(manifest, (ground, set))| (manifest, set, world(ground))))
}

/// What is to be written into each object.
fn jobs(sources: &Sources, judging: &Judging<'_>) -> Vec<Job> {
    let (objects, files) = sources.objects();
    let grounds = Grounds::of(&objects, judging.policies);
    let neighbours = beside(&grounds, &objects, |ground| judging.world(&ground.mending));
    let mut jobs = Vec::new();
    for ((manifest, file), (ground, set)) in objects.iter().zip(files).zip(grounds.each()) {
        let request = Request::of_document(manifest.object(), &manifest.tree);
        let deliberation = |settings| Deliberation::of(request, judging.world(settings), judging.now);
        let (own, other) = (deliberation(&ground.mending), deliberation(&ground.for_manifests));
        let Some((own, other)) = own.zip(other) else { continue };
        let mut corrections = own.corrections(&other, &neighbours.facts(set, &own));
        corrections.mends.retain(|mend| judging.wants(mend.rule));
        corrections.withheld.retain(|withheld| judging.wants(withheld.rule));
        jobs.push(Job { file, index: manifest.index.clone(), object: Named::of(manifest), corrections });
    }
    jobs
}
