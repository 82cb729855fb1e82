//! Which containers run a database, and as what: by evidence, never by a name alone.
//!
//! Each sign adds to one engine's score or takes from it; no single weak sign reaches the threshold. The program that runs decides over
//! everything else: a server image that runs `psql` is a client, an image with a meaningless name that runs `mysqld` is a server.
mod packaging;
mod programs;
mod scores;
mod signs;

use std::{fmt, sync::Arc};

use super::{Container, Workload};
use crate::{
    engines::{Catalogue, Engine, LookAlike, Version},
    terms::Role,
    text::command::Script,
};
use programs::Ran;
use scores::{Notes, Scores, weight};

/// A sign, and what it is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The engine that it speaks for or against.
    pub engine: String,
    /// How much; below zero it speaks against.
    pub weight: i32,
    /// What was seen. Names and places, never values.
    pub what: String,
}

/// What a container was taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing that Seawall knows.
    Unknown,
    /// Software that is mistaken for a database.
    LookAlike(LookAlike),
    /// Part of a database: the engine's position in the catalogue, and the role.
    Engine(usize, Role),
}

impl Verdict {
    pub(super) fn engine(self, catalogue: &Catalogue) -> Option<(&Engine, Role)> {
        match self {
            Self::Engine(at, role) => catalogue.engines().get(at).filter(|e| e.is_database()).map(|e| (e, role)),
            Self::Unknown | Self::LookAlike(_) => None,
        }
    }
}

/// One container, and what it was taken for.
pub struct Detected<'t> {
    /// The container.
    pub container: Container<'t>,
    /// What it was taken for.
    pub verdict: Verdict,
    /// The packagings that it can be, the first one chosen. More than one where the version is needed and unknown.
    pub packagings: Vec<usize>,
    /// True when the image's name says which engine it is; otherwise ports, folders or programs do.
    pub image_is_known: bool,
    /// The engine's version.
    pub version: Option<Version>,
    /// What it runs.
    pub script: Arc<Script<'t>>,
}

impl fmt::Debug for Detected<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Detected({:?}: {:?})", self.container.name(), self.verdict)
    }
}

impl Detected<'_> {
    /// Why: looks once more, and takes notes. `workload` is the one that the container is in.
    #[must_use]
    pub fn evidence(&self, workload: Workload<'_>, catalogue: &Catalogue) -> Vec<Evidence> {
        let mut scores = Scores::of(catalogue, Notes::Taken(Vec::new()));
        let _ = detect(&mut scores, workload, self.container, &self.script);
        match scores.notes {
            Notes::Taken(evidence) => evidence,
            Notes::None => Vec::new(),
        }
    }
}

/// From this score on a container is a server.
const THRESHOLD: i32 = 5;

/// Looks at one container; what it runs is read on the way. Init containers that end never are servers, and are not to be looked at.
pub(super) fn one<'t>(workload: Workload<'t>, container: Container<'t>, catalogue: &'t Catalogue) -> Detected<'t> {
    let script = Arc::new(Script::of(container.0.get("command").strs(), container.0.get("args").strs()));
    detect(&mut Scores::of(catalogue, Notes::None), workload, container, &script)
}

fn detect<'t>(
    scores: &mut Scores<'_>,
    workload: Workload<'t>,
    container: Container<'t>,
    script: &Arc<Script<'t>>,
) -> Detected<'t> {
    let catalogue = scores.catalogue;
    let image = container.image();
    let path = image.family();
    let named = signs::image(scores, image);
    let look_alike = catalogue
        .look_alikes()
        .image(path)
        .or_else(|| if named.is_empty() { catalogue.look_alikes().words(image.basename()) } else { None })
        // Operators leave the image to a default that is filled in later.
        .or_else(|| if path.is_empty() { catalogue.look_alikes().words(container.name()) } else { None });
    signs::words(scores, image.basename(), container.name(), named.is_empty());
    signs::ports(scores, container, if named.is_empty() { image.basename() } else { "" });
    let keeps_data = signs::mounts(scores, container);
    signs::variables(scores, container);
    let ran = programs::ran(scores, script, &named);
    signs::flags(scores, script);
    if named.is_empty() && scores.best().is_some() {
        // An image that is known for a server's needs no such doubt.
        signs::of_client(scores, container, keeps_data);
    }
    if let Some(look_alike) = look_alike {
        scores.add_to_all(weight::LOOK_ALIKE, || format!("image {path} is known as {look_alike:?}"));
    }
    let best = scores.best();
    let verdict = match (best, ran) {
        (Some((kind, score)), _) if score >= THRESHOLD => {
            Verdict::Engine(kind, programs::role(workload, container, catalogue, kind, script, ran))
        }
        (_, Ran::Client(kind)) if look_alike.is_none() => Verdict::Engine(kind, Role::Client),
        _ => look_alike.map_or(Verdict::Unknown, Verdict::LookAlike),
    };
    let image_is_known = match verdict {
        Verdict::Engine(kind, _) => named.iter().any(|at| scores.kind(*at) == kind),
        _ => false,
    };
    let (packagings, version) = match verdict {
        Verdict::Engine(kind, _) => packaging::narrowed(catalogue, kind, named, image, container),
        _ => (Vec::new(), None),
    };
    let verdict = match (verdict, packagings.first()) {
        (Verdict::Engine(_, role), Some(at)) => Verdict::Engine(*at, role),
        (other, _) => other,
    };
    Detected { container, verdict, packagings, image_is_known, version, script: Arc::clone(script) }
}
