//! Which packagings of its engine a container can be, and its version.
use super::{super::Container, signs::folders};
use crate::{
    engines::{Catalogue, Engine, Version},
    text::image::Image,
};

/// The packagings that fit, the most specific first, and the engine's version; `named` are those that the image's name stands for.
pub(super) fn narrowed(
    catalogue: &Catalogue,
    kind: usize,
    named: Vec<usize>,
    image: Image<'_>,
    container: Container<'_>,
) -> (Vec<usize>, Option<Version>) {
    let engines = catalogue.engines();
    let Some(name) = engines.get(kind).map(|e| &e.name) else { return (Vec::new(), None) };
    let is_of_engine = |at: &usize| engines.get(*at).is_some_and(|e| e.name == *name);
    let mut candidates: Vec<usize> = named.into_iter().filter(is_of_engine).collect();
    // The tag of an image that nobody knows is its maker's own version, not the engine's.
    let image_is_known = !candidates.is_empty();
    let version = candidates
        .iter()
        .filter_map(|at| engines.get(*at))
        .find_map(|e| e.packaging.version(image.basename(), image.tag));
    if candidates.is_empty() {
        candidates = mounted(catalogue, name, container);
    }
    if candidates.is_empty() {
        candidates = (kind..engines.len()).take_while(is_of_engine).collect();
    }
    let takes = |at: &usize| engines.get(*at).and_then(|e| e.packaging.takes_version(version.as_ref()));
    let certain: Vec<usize> = candidates.iter().copied().filter(|at| takes(at) == Some(true)).collect();
    let mut fitting = certain;
    if version.is_none() || fitting.is_empty() {
        fitting = candidates.into_iter().filter(|at| takes(at) != Some(false)).collect();
    }
    // With the version known the first is the one; without it only where the first takes any.
    let is_decided = version.is_some() || image_is_known && fitting.first().is_some_and(|at| takes(at) == Some(true));
    if is_decided {
        fitting.truncate(1);
    } else if fitting.len() > 1 {
        // Not more than a hint: who updates an image and forgets the mount is to be told, not believed.
        let mounted = mounted(catalogue, name, container);
        fitting.sort_by_key(|at| !mounted.contains(at));
    }
    (fitting, version)
}

/// The engine's packagings that keep their data in a folder that is mounted. Folders that stand for the engine as a whole say nothing.
fn mounted(catalogue: &Catalogue, name: &str, container: Container<'_>) -> Vec<usize> {
    let (engines, index) = (catalogue.engines(), catalogue.index());
    let keeps_at = |at: &usize, folder: &str| engines.get(*at).is_some_and(|e| *e.name == *name && keeps(e, folder));
    let paths = container.mounts().filter_map(|m| m.get("mountPath").str());
    let mut found: Vec<usize> = paths
        .filter_map(|path| {
            let of = |end| index.folder(end).filter(|at| keeps_at(at, end)).collect::<Vec<_>>();
            folders(path).map(of).find(|found| !found.is_empty())
        })
        .flatten()
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

fn keeps(engine: &Engine, folder: &str) -> bool {
    let data = &engine.data;
    data.directory.iter().chain(&data.mount).chain(&data.image_volumes).any(|own| own == folder)
}
