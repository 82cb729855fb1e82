//! Which containers run a database, and as what: by evidence, never by a name alone.
//!
//! Each sign adds to one engine's score or takes from it; no single weak sign reaches the threshold. The program that runs decides over
//! everything else: a server image that runs `psql` is a client, an image with a meaningless name that runs `mysqld` is a server.
use std::fmt;

use super::{Container, Kind, Options, Workload, condition::shows};
use crate::{
    engines::{Catalogue, Engine, ImageMatch, LookAlike, Version},
    terms::Role,
    text::command::Script,
};

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
        let script = script_of(self.container);
        let _ = detect(&mut scores, workload, self.container, &script);
        match scores.notes {
            Notes::Taken(evidence) => evidence,
            Notes::None => Vec::new(),
        }
    }
}

fn script_of(container: Container<'_>) -> Script<'_> {
    Script::of(container.0.get("command").strs(), container.0.get("args").strs())
}

/// From this score on a container is a server.
const THRESHOLD: i32 = 5;

/// What signs are worth. Two weak signs of different kinds, or one strong one, reach the threshold.
mod weight {
    pub(super) const PROGRAM: i32 = 12;
    pub(super) const OTHER_PROGRAM: i32 = -8;
    pub(super) const REPOSITORY: i32 = 8;
    pub(super) const BASENAME: i32 = 6;
    pub(super) const WORD: i32 = 2;
    pub(super) const CONTAINER_NAME: i32 = 1;
    pub(super) const OWN_FOLDER: i32 = 4;
    pub(super) const SHARED_FOLDER: i32 = 1;
    pub(super) const OWN_PORT: i32 = 3;
    pub(super) const SHARED_PORT: i32 = 2;
    pub(super) const VARIABLE: i32 = 2;
    pub(super) const MOST_VARIABLES: i32 = 4;
    pub(super) const FLAG: i32 = 3;
    pub(super) const MOST_FLAGS: i32 = 6;
    pub(super) const LOOK_ALIKE: i32 = -12;
}

/// Folders that many kinds of software keep data in.
const SHARED_FOLDERS: &[&str] = &["/data", "/var/lib", "/config", "/database", "/export", "/storage"];

/// Programs that keep a container open, or run anything but a database.
const IDLE_PROGRAMS: &[&str] = &[
    "sleep", "tail", "cat", "echo", "true", "false", "printf", "date", "curl", "wget", "nc", "ls", "env", "cp", "mv",
    "rm", "mkdir", "chown", "chmod", "python", "python3", "node", "npm", "yarn", "java", "ruby", "php", "perl", "go",
    "dotnet", "nginx", "httpd", "kubectl", "aws", "gsutil", "rclone", "restic", "tar", "gzip", "openssl", "jq", "awk",
    "sed", "grep", "find", "dig", "nslookup",
];

/// Scores of the engines that anything speaks for; a handful at most.
struct Scores<'c> {
    catalogue: &'c Catalogue,
    of: Vec<(usize, i32)>,
    notes: Notes,
}

/// What is written down beside the scores: reviews need none, and there are many of them.
enum Notes {
    None,
    Taken(Vec<Evidence>),
}

impl<'c> Scores<'c> {
    fn of(catalogue: &'c Catalogue, notes: Notes) -> Self {
        Self { catalogue, of: Vec::new(), notes }
    }

    /// The first packaging of the engine at `at`: scores are per engine.
    fn kind(&self, at: usize) -> usize {
        self.catalogue.index().kind(at)
    }

    fn add(&mut self, at: usize, weight: i32, what: impl FnOnce() -> String) {
        let kind = self.kind(at);
        let Some(engine) = self.catalogue.engines().get(kind) else { return };
        match self.of.iter_mut().find(|(k, _)| *k == kind) {
            Some((_, score)) => *score += weight,
            None => self.of.push((kind, weight)),
        }
        if let Notes::Taken(evidence) = &mut self.notes {
            evidence.push(Evidence { engine: engine.name.to_string(), weight, what: what() });
        }
    }

    fn best(&self) -> Option<(usize, i32)> {
        self.of.iter().copied().max_by_key(|(kind, score)| self.rank(*kind, *score))
    }

    /// The engine that most else speaks for.
    fn likeliest(&self, engines: impl Iterator<Item = usize>) -> Option<usize> {
        let score = |kind: usize| self.of.iter().find(|(k, _)| *k == kind).map_or(0, |(_, score)| *score);
        engines.map(|at| self.kind(at)).max_by_key(|kind| self.rank(*kind, score(*kind)))
    }

    /// Of equals an engine comes before its relatives, then the one that the catalogue names first: the order of signs does not
    /// decide.
    fn rank(&self, kind: usize, score: i32) -> (i32, bool, std::cmp::Reverse<usize>) {
        let is_original = self.catalogue.engines().get(kind).is_some_and(|e| e.like.is_none());
        (score, is_original, std::cmp::Reverse(kind))
    }
}

/// Looks at one container; what it runs is read on the way. Init containers that end never are servers, and are not to be looked at.
pub(super) fn one<'t>(
    workload: Workload<'t>,
    container: Container<'t>,
    catalogue: &'t Catalogue,
) -> (Detected<'t>, Script<'t>) {
    let script = script_of(container);
    (detect(&mut Scores::of(catalogue, Notes::None), workload, container, &script), script)
}

fn detect<'t>(
    scores: &mut Scores<'_>,
    workload: Workload<'t>,
    container: Container<'t>,
    script: &Script<'t>,
) -> Detected<'t> {
    let catalogue = scores.catalogue;
    let index = catalogue.index();
    let image = container.image();
    let path = image.family();
    let named = index.image(path).map(|(sure, found)| {
        let fits: Vec<usize> = found
            .iter()
            .copied()
            .filter(|at| catalogue.engines().get(*at).is_some_and(|e| e.packaging.takes_tag(image.tag)))
            .collect();
        (sure, fits)
    });
    let mut packagings = Vec::new();
    if let Some((sure, fits)) = named.filter(|(_, fits)| !fits.is_empty()) {
        let (weight, how) = match sure {
            ImageMatch::Repository => (weight::REPOSITORY, "is"),
            ImageMatch::Basename => (weight::BASENAME, "is called like"),
        };
        // One engine has one vote, however many of its packagings match.
        let mut voted = Vec::new();
        for at in &fits {
            let kind = scores.kind(*at);
            if !voted.contains(&kind) {
                voted.push(kind);
                scores.add(*at, weight, || format!("image {path} {how} a server image"));
            }
        }
        packagings = fits;
    }
    let look_alike = catalogue
        .look_alikes()
        .image(path)
        .or_else(|| if packagings.is_empty() { catalogue.look_alikes().words(image.basename()) } else { None });
    words(scores, image.basename(), container.name(), packagings.is_empty());
    signs(scores, container);
    let ran = programs(scores, script, container);
    flags(scores, script);
    if let Some(look_alike) = look_alike {
        let known: Vec<usize> = scores.of.iter().map(|(kind, _)| *kind).collect();
        for kind in known {
            scores.add(kind, weight::LOOK_ALIKE, || format!("image {path} is known as {look_alike:?}"));
        }
    }
    let best = scores.best();
    let verdict = match (best, ran) {
        (Some((kind, score)), _) if score >= THRESHOLD => {
            Verdict::Engine(kind, role(workload, container, catalogue, kind, script, ran))
        }
        (_, Ran::Client(kind)) if look_alike.is_none() => Verdict::Engine(kind, Role::Client),
        _ => look_alike.map_or(Verdict::Unknown, Verdict::LookAlike),
    };
    let image_is_known = match verdict {
        Verdict::Engine(kind, _) => packagings.iter().any(|at| scores.kind(*at) == kind),
        _ => false,
    };
    let (packagings, version) = match verdict {
        Verdict::Engine(kind, _) => narrowed(catalogue, kind, packagings, container),
        _ => (Vec::new(), None),
    };
    let verdict = match (verdict, packagings.first()) {
        (Verdict::Engine(_, role), Some(at)) => Verdict::Engine(*at, role),
        (other, _) => other,
    };
    Detected { container, verdict, packagings, image_is_known, version }
}

/// Words of the image's and the container's name.
fn words(scores: &mut Scores<'_>, basename: &str, container: &str, image_is_unknown: bool) {
    let index = scores.catalogue.index();
    if image_is_unknown {
        let whole: Vec<usize> = basename.split(['-', '_', '.']).flat_map(|w| index.word(w)).collect();
        // `weddatamanagementmongo`: a name that ends in the engine's.
        let inside = whole.is_empty().then(|| index.word_at_end(basename)).flatten();
        for at in whole.into_iter().chain(inside) {
            scores.add(at, weight::WORD, || format!("image {basename:?} has the engine's name in its own"));
        }
    }
    let mut seen = Vec::new();
    for at in container.split(['-', '_', '.']).flat_map(|w| index.word(w)) {
        if !seen.contains(&at) {
            seen.push(at);
            scores.add(at, weight::CONTAINER_NAME, || {
                format!("container {container:?} has the engine's name in its own")
            });
        }
    }
}

/// Ports, mounts, variables.
fn signs(scores: &mut Scores<'_>, container: Container<'_>) {
    let index = scores.catalogue.index();
    for port in container.ports() {
        let engines: Vec<usize> = index.port(port).collect();
        let weight = if engines.len() == 1 { weight::OWN_PORT } else { weight::SHARED_PORT };
        for at in engines {
            scores.add(at, weight, || format!("port {port} is one of the engine's"));
        }
    }
    for mount in container.mounts() {
        let Some(path) = mount.get("mountPath").str() else { continue };
        let path = path.trim_end_matches('/');
        let ends = std::iter::once(path).chain(path.rmatch_indices('/').filter_map(|(i, _)| path.get(..i)));
        let Some((folder, engines)) = ends
            .map(|end| (end, index.folder(end).map(|at| scores.kind(at)).collect::<Vec<_>>()))
            .find(|(_, engines)| !engines.is_empty())
        else {
            continue;
        };
        let weight = if SHARED_FOLDERS.contains(&folder) { weight::SHARED_FOLDER } else { weight::OWN_FOLDER };
        let mut voted = Vec::new();
        for kind in engines {
            if !voted.contains(&kind) {
                voted.push(kind);
                scores.add(kind, weight, || format!("a volume is mounted at {path}, where the engine keeps its data"));
            }
        }
    }
    let mut given: Vec<(usize, i32)> = Vec::new();
    for var in container.env() {
        for at in index.variable(var.name()) {
            let sum = match given.iter_mut().find(|(k, _)| *k == at) {
                Some((_, sum)) => sum,
                None => {
                    given.push((at, 0));
                    match given.last_mut() {
                        Some((_, sum)) => sum,
                        None => continue,
                    }
                }
            };
            if *sum < weight::MOST_VARIABLES {
                *sum += weight::VARIABLE;
                scores.add(at, weight::VARIABLE, || format!("variable {} is one of the image's", var.name()));
            }
        }
    }
}

/// What kind of program a container runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ran {
    /// The image's own, or one that nobody knows.
    Own,
    /// A server of this engine.
    Server(usize),
    /// A client of this engine.
    Client(usize),
    /// Something that is no database.
    Other,
}

fn programs(scores: &mut Scores<'_>, script: &Script<'_>, container: Container<'_>) -> Ran {
    let index = scores.catalogue.index();
    for call in script.calls().filter(|c| !c.program().is_empty()) {
        let engines: Vec<usize> = index.server(call.program()).collect();
        if engines.is_empty() {
            continue;
        }
        // One program can be several engines' (mysqld); what else is known of them decides.
        if let Some(kind) = scores.likeliest(engines.iter().copied()) {
            scores.add(kind, weight::PROGRAM, || format!("runs {}", call.program()));
            return Ran::Server(kind);
        }
    }
    for call in script.calls() {
        if let Some(kind) = scores.likeliest(index.client(call.program())) {
            let known: Vec<usize> = scores.of.iter().map(|(k, _)| *k).collect();
            for at in known {
                scores.add(at, -weight::PROGRAM, || format!("runs {}, which is a client", call.program()));
            }
            return Ran::Client(kind);
        }
    }
    let main = script.main().map_or("", |c| c.program());
    if IDLE_PROGRAMS.contains(&main) && !container.keeps_entrypoint() || IDLE_PROGRAMS.contains(&main) {
        let known: Vec<usize> = scores.of.iter().map(|(k, _)| *k).collect();
        for at in known {
            scores.add(at, weight::OTHER_PROGRAM * 2, || format!("runs {main}, which is no server"));
        }
        return Ran::Other;
    }
    Ran::Own
}

/// Options that only one engine knows.
fn flags(scores: &mut Scores<'_>, script: &Script<'_>) {
    let Some(call) = script.calls().find(|c| c.program().is_empty() || !c.args().is_empty()) else { return };
    let (index, engines) = (scores.catalogue.index(), scores.catalogue.engines());
    let mut said: Vec<(usize, usize)> = call.args().iter().flat_map(|word| index.flag(&word.text)).collect();
    // By engine, then as the engine lists them; an option that is given twice counts once.
    said.sort_unstable();
    said.dedup();
    for of_one in said.chunk_by(|(a, _), (b, _)| a == b) {
        let mut sum = 0;
        for (kind, position) in of_one {
            let name = || engines.get(*kind).and_then(|e| e.detect.flags.get(*position)).map_or("", String::as_str);
            if sum < weight::MOST_FLAGS {
                sum += weight::FLAG;
                scores.add(*kind, weight::FLAG, || format!("option {} is the engine's", name()));
            }
        }
    }
}

/// What the container does in its engine's database.
fn role(
    workload: Workload<'_>,
    container: Container<'_>,
    catalogue: &Catalogue,
    kind: usize,
    script: &Script<'_>,
    ran: Ran,
) -> Role {
    let Some(engine) = catalogue.engines().get(kind) else { return Role::Server };
    let options = Options::of_script(script, &engine.detect.servers, engine.options);
    let names = [container.name(), workload.name()];
    if let Some(sign) = engine.detect.roles.iter().find(|s| shows(s, container, &options, script, names)) {
        return sign.role;
    }
    // A Job with a command of its own is somebody's task on a server image, unless the task is to run the server.
    let task = matches!(workload.kind, Kind::Job | Kind::CronJob) && !container.keeps_entrypoint();
    if task && !matches!(ran, Ran::Server(_)) { Role::Client } else { Role::Server }
}

/// Which packagings of the engine it can be, and its version.
fn narrowed(
    catalogue: &Catalogue,
    kind: usize,
    named: Vec<usize>,
    container: Container<'_>,
) -> (Vec<usize>, Option<Version>) {
    let engines = catalogue.engines();
    let Some(name) = engines.get(kind).map(|e| &e.name) else { return (Vec::new(), None) };
    let image = container.image();
    let mut candidates: Vec<usize> =
        named.into_iter().filter(|at| engines.get(*at).is_some_and(|e| e.name == *name)).collect();
    // The tag of an image that nobody knows is its maker's own version, not the engine's.
    let image_is_known = !candidates.is_empty();
    if candidates.is_empty() {
        // Unknown image: the packaging whose folder is mounted, else any packaging that is for images without a name of their own.
        let index = catalogue.index();
        let mounted = container.mounts().filter_map(|m| m.get("mountPath").str()).flat_map(|path| {
            let path = path.trim_end_matches('/');
            let ends = std::iter::once(path).chain(path.rmatch_indices('/').filter_map(|(i, _)| path.get(..i)));
            // Folders that stand for the engine as a whole say nothing about its packaging.
            let keeps_at = |at: &usize, end: &str| {
                let data = engines.get(*at).filter(|e| e.name == *name).map(|e| &e.data);
                data.is_some_and(|d| {
                    d.directory.iter().chain(&d.mount).chain(&d.image_volumes).any(|folder| folder == end)
                })
            };
            ends.map(|end| index.folder(end).filter(|at| keeps_at(at, end)).collect::<Vec<_>>())
                .find(|found| !found.is_empty())
                .unwrap_or_default()
        });
        candidates = mounted.collect();
        candidates.sort_unstable();
        candidates.dedup();
    }
    if candidates.is_empty() {
        candidates = (kind..engines.len()).take_while(|at| engines.get(*at).is_some_and(|e| e.name == *name)).collect();
    }
    let version = candidates
        .iter()
        .filter_map(|at| engines.get(*at))
        .filter(|_| image_is_known)
        .find_map(|e| e.packaging.version(image.basename(), image.tag));
    let fits = |certain: bool| -> Vec<usize> {
        let takes = |at: &usize| engines.get(*at).and_then(|e| e.packaging.takes_version(version.as_ref()));
        candidates.iter().copied().filter(|at| takes(at) == Some(true) || (!certain && takes(at).is_none())).collect()
    };
    let mut fitting = fits(true);
    if version.is_none() || fitting.is_empty() {
        fitting = fits(false);
    }
    if version.is_some() {
        // Packagings are listed from the most specific on; with the version known the first is the one.
        fitting.truncate(1);
    } else if image_is_known
        && engines.get(*fitting.first().unwrap_or(&kind)).is_some_and(|e| e.packaging.takes_version(None) == Some(true))
    {
        fitting.truncate(1);
    }
    (fitting, version)
}
