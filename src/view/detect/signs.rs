//! What a container shows from outside: names, ports, mounts, variables, options.
use super::{
    super::Container,
    scores::{Scores, weight},
};
use crate::{
    engines::{
        Catalogue, Engine, ImageMatch,
        schema::{Class, Keeps},
    },
    text::{command::Script, image::Image},
};

/// Folders that many kinds of software keep data in.
const SHARED_FOLDERS: &[&str] = &["/data", "/var/lib", "/config", "/database", "/export", "/storage"];

/// More variables of one engine say no more.
const MOST_VARIABLES: usize = 2;

/// More options of one engine say no more.
const MOST_FLAGS: usize = 2;

/// The packagings that the image's name stands for.
pub(super) fn image(scores: &mut Scores<'_>, image: Image<'_>) -> Vec<usize> {
    let catalogue = scores.catalogue;
    let path = image.family();
    let Some((sure, found)) = catalogue.index().image(path) else { return Vec::new() };
    // Without tag and digest the runtime takes `latest`.
    let tag = image.tag.or(if image.digest.is_none() { Some("latest") } else { None });
    let takes_tag = |at: &usize| catalogue.engines().get(*at).is_some_and(|e| e.packaging.takes_tag(tag));
    let fits: Vec<usize> = found.iter().copied().filter(takes_tag).collect();
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
            scores.add(kind, weight, || format!("image {path} {how} a server image"));
        }
    }
    fits
}

/// Words of the image's and the container's name.
pub(super) fn words(scores: &mut Scores<'_>, basename: &str, container: &str, image_is_unknown: bool) {
    let index = scores.catalogue.index();
    if image_is_unknown {
        let whole: Vec<usize> = split(basename).flat_map(|w| index.word(w)).collect();
        // `weddatamanagementmongo`: a name that ends in the engine's.
        let inside = whole.is_empty().then(|| index.word_at_end(basename)).flatten();
        for at in whole.into_iter().chain(inside) {
            scores.add(at, weight::WORD, || format!("image {basename:?} has the engine's name in its own"));
        }
    }
    let mut seen = Vec::new();
    for (at, weight) in split(container).flat_map(|w| {
        index.word(w).map(move |at| (at, if w == container { weight::WORD } else { weight::CONTAINER_NAME }))
    }) {
        if !seen.contains(&at) {
            seen.push(at);
            scores.add(at, weight, || format!("container {container:?} has the engine's name in its own"));
        }
    }
}

/// Ports that the container declares; `unknown` is the last segment of an image that nobody knows.
pub(super) fn ports(scores: &mut Scores<'_>, container: Container<'_>, unknown: &str) {
    let (index, all) = (scores.catalogue.index(), scores.catalogue.engines());
    let of = |at: &usize| all.get(*at);
    let mut called = Vec::new();
    for port in container.0.get("ports").items() {
        let Some(number) = port.get("containerPort").i64() else { continue };
        let engines: Vec<usize> = index.port(number).collect();
        if engines.is_empty() {
            continue;
        }
        // Relatives are told apart by other signs: a port that they share is theirs alone.
        let mut families = engines.iter().filter_map(of).map(Engine::family);
        let is_shared = families.next().is_some_and(|first| families.any(|other| other != first));
        let weight = if is_shared { weight::SHARED_PORT } else { weight::OWN_PORT };
        let named: Vec<usize> = split(port.get("name").text()).flat_map(|word| index.word(word)).collect();
        for at in engines {
            scores.add(at, weight, || format!("port {number} is one of the engine's"));
            if named.contains(&at) {
                scores.add(at, weight::PORT_NAME, || format!("port {number} is called like the engine"));
            }
            if !called.contains(&at) && of(&at).is_some_and(|engine| is_called(unknown, engine)) {
                called.push(at);
                scores.add(at, weight::WORD, || format!("image {unknown:?} is called a database or a cache"));
            }
        }
    }
}

/// Whether a name says what the engine is, though not which: `orders-db`, `cache-store`.
fn is_called(name: &str, engine: &Engine) -> bool {
    let is_database = || split(name).next_back().is_some_and(|word| matches!(word, "db" | "database" | "datastore"));
    let is_cache = engine.data.keeps != Keeps::Always || engine.class == Class::Cache;
    is_database() || is_cache && split(name).any(|word| word == "cache")
}

/// The words of a name.
fn split(name: &str) -> impl DoubleEndedIterator<Item = &str> {
    name.split(['-', '_', '.'])
}

/// Volumes that are mounted where an engine keeps its data; true where one is in a folder that is an engine's own.
pub(super) fn mounts(scores: &mut Scores<'_>, container: Container<'_>) -> bool {
    let index = scores.catalogue.index();
    let mut is_own = false;
    for path in container.mounts().filter_map(|mount| mount.get("mountPath").str()) {
        let Some(folder) = folders(path).find(|end| index.folder(end).next().is_some()) else { continue };
        let engines: Vec<usize> = index.folder(folder).map(|at| scores.kind(at)).collect();
        let weight = if SHARED_FOLDERS.contains(&folder) { weight::SHARED_FOLDER } else { weight::OWN_FOLDER };
        is_own |= weight == weight::OWN_FOLDER;
        let mut voted = Vec::new();
        for kind in engines {
            if !voted.contains(&kind) {
                voted.push(kind);
                scores.add(kind, weight, || format!("a volume is mounted at {path}, where the engine keeps its data"));
            }
        }
    }
    is_own
}

/// A folder and those above it, without slashes at the end.
pub(super) fn folders(path: &str) -> impl Iterator<Item = &str> {
    let path = path.trim_end_matches('/');
    std::iter::once(path).chain(path.rmatch_indices('/').filter_map(|(i, _)| path.get(..i)))
}

/// Variables that the container is given.
pub(super) fn variables(scores: &mut Scores<'_>, container: Container<'_>) {
    let index = scores.catalogue.index();
    let mut given: Vec<usize> = Vec::new();
    for var in container.env() {
        for at in index.variable(var.name()) {
            if given.iter().filter(|kind| **kind == at).count() < MOST_VARIABLES {
                given.push(at);
                scores.add(at, weight::VARIABLE, || format!("variable {} is one of the image's", var.name()));
            }
        }
    }
}

/// Options that only one engine knows.
pub(super) fn flags(scores: &mut Scores<'_>, script: &Script<'_>) {
    let Some(call) = script.calls().find(|c| c.program().is_empty() || !c.args().is_empty()) else { return };
    let (index, engines) = (scores.catalogue.index(), scores.catalogue.engines());
    let mut said: Vec<(usize, usize)> = call.args().iter().flat_map(|word| index.flag(&word.text)).collect();
    // By engine, then as the engine lists them; an option that is given twice counts once.
    said.sort_unstable();
    said.dedup();
    for of_one in said.chunk_by(|(a, _), (b, _)| a == b) {
        for (kind, position) in of_one.iter().take(MOST_FLAGS) {
            let name = || engines.get(*kind).and_then(|e| e.detect.flags.get(*position)).map_or("", String::as_str);
            scores.add(*kind, weight::FLAG, || format!("option {} is the engine's", name()));
        }
    }
}

/// What clients have and servers do not: the address of a server, and other ports only. Where data is kept in an engine's own folder
/// (`keeps_data`), somebody may have moved the port.
pub(super) fn of_client(scores: &mut Scores<'_>, container: Container<'_>, keeps_data: bool) {
    let index = scores.catalogue.index();
    let mut seen: Vec<Option<&str>> = Vec::new();
    for var in container.env().filter(|var| index.variable(var.name()).next().is_none()) {
        let Some(of) = addressed(scores.catalogue, var.name()).filter(|of| !seen.contains(of)) else { continue };
        seen.push(of);
        let counts = |engine: &Engine| of.is_none_or(|family| engine.family() == family);
        scores.add_where(weight::ADDRESS, counts, || format!("variable {} is a client's", var.name()));
    }
    if container.ports().next().is_some() && !keeps_data {
        let others = |engine: &Engine| {
            let ports = &engine.detect.ports;
            !ports.is_empty() && !container.ports().any(|port| ports.contains(&port))
        };
        scores.add_where(weight::OTHER_PORTS, others, || "no port is one of the engine's".to_owned());
    }
}

/// The family of engines whose server's address a variable holds, by its name: `MYSQL_HOST`; `Some(None)` for any, as `DB_HOST`.
fn addressed<'c>(catalogue: &'c Catalogue, variable: &str) -> Option<Option<&'c str>> {
    let (of, what) = variable.rsplit_once('_')?;
    if !matches!(what, "HOST" | "HOSTS" | "HOSTNAME" | "URL" | "URI" | "DSN" | "ADDR" | "ADDRESS") {
        return None;
    }
    if matches!(of, "DB" | "DATABASE" | "SPRING_DATASOURCE") {
        return Some(None);
    }
    let engine = catalogue.index().word(&of.to_ascii_lowercase()).next().and_then(|at| catalogue.engines().get(at));
    engine.map(|engine| Some(engine.family()))
}
