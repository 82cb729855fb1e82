//! What a command deletes of a database.
use std::cell::Cell;

use crate::{
    terms::Action,
    text::command::{Call, Deletion, Extent, FileSort, FileTest, Values},
    view::Database,
};

/// What is lost, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::rules) enum Loss {
    /// Only what is no database: a test looks for one first.
    Remains,
    /// Only what tells one server that another one has the files.
    Lock,
    Part,
    AllSometimes,
    AllAlways,
}

impl Loss {
    /// What to do about it.
    pub(in crate::rules) fn help(self, database: &Database<'_>, directory: &str) -> String {
        match self {
            Self::Remains => "keep the test: without it the next start deletes the database".to_owned(),
            Self::Lock => {
                "leave the engine's files to the engine: without its lock file two servers can open the same data"
                    .to_owned()
            }
            Self::Part => {
                "remove the command: these files are the data, and what it deletes at one start the next one \
                           misses; the engine clears up after itself"
                    .to_owned()
            }
            Self::AllSometimes => match first_of(database).next() {
                Some((file, _)) => {
                    format!("have it run only where the database is not: if [ ! -e {directory}/{file} ]; then ...; fi")
                }
                None => "make sure that it never meets a database, or remove it".to_owned(),
            },
            Self::AllAlways => {
                "remove the command: what it is to clear once, somebody should clear once, by hand and after a dump"
                    .to_owned()
            }
        }
    }

    /// The most that is done about it.
    pub(in crate::rules) const fn ceiling(self) -> Action {
        match self {
            Self::AllAlways => Action::Deny,
            Self::AllSometimes | Self::Part | Self::Lock => Action::Warn,
            Self::Remains => Action::Audit,
        }
    }
}

/// What the engine makes first, and what a test has to look for to find it. Its folders come first: entry points look for those.
fn first_of<'d>(database: &Database<'d>) -> impl Iterator<Item = (&'d str, FileSort)> + use<'d> {
    let facts = &database.engine.facts;
    let folders = facts.first_folders.iter().map(|folder| (folder.as_str(), FileSort::Folder));
    folders.chain(facts.first_files.iter().map(|file| (file.as_str(), FileSort::File)))
}

/// Whether a command runs only where a test has found none of the files that the engine writes first.
fn spares_databases<'v>(
    database: &Database<'_>,
    call: Call<'_, '_>,
    directory: &str,
    value: impl Fn(&str) -> Option<&'v str>,
) -> bool {
    call.guards().any(|(test, succeeds)| {
        let Some(FileTest { path, is_there, sort }) = test.asks_for_file() else { return false };
        let Some(path) = path.expand(&value) else { return false };
        let Some(file) = below(&path, directory) else { return false };
        // A test for a folder never finds a file, and is no test.
        let finds = |(first, kind)| first == file && (sort == FileSort::Any || sort == kind);
        is_there != succeeds && first_of(database).any(finds)
    })
}

/// What a deletion takes from `directory`; `None` where it takes nothing, or only `lost+found` or what a tool has left.
fn loss<'v>(
    database: &Database<'_>,
    call: Call<'_, '_>,
    deletion: Deletion<'_, '_>,
    directory: &str,
    value: impl Fn(&str) -> Option<&'v str>,
) -> Option<Loss> {
    const SPARED: &str = "lost+found";
    let path = deletion.resolve(&value)?;
    let inside = below(&path, directory);
    let selects = deletion.extent == Extent::Selected && (inside.is_some() || below(directory, &path).is_some());
    let says = |text: &str| call.args().iter().any(|word| word.text == text);
    // `find ! -name lost+found -delete` spares nothing else.
    let all_but = selects && says(SPARED) && (says("!") || says("-not"));
    let device = deletion.extent == Extent::Device && inside == Some("");
    let mut stores = database.engine.facts.stores.iter().filter(|store| database.meets(&store.only_with));
    let store = stores.any(|store| deletion.empties(&format!("{directory}/{}", store.folder), &value));
    if deletion.empties(directory, &value) || store || device || all_but {
        return Some(match () {
            () if call.is_certain() => Loss::AllAlways,
            () if spares_databases(database, call, directory, &value) => Loss::Remains,
            () => Loss::AllSometimes,
        });
    }
    let is_by_product = |rest: &str| database.engine.data.by_products.iter().any(|p| p.matches(rest));
    let spared =
        inside.is_some_and(|rest| rest.starts_with(SPARED) || is_by_product(rest)) || (selects && says(SPARED));
    let locks = match inside {
        Some(rest) if !selects => is_lock(rest),
        _ => call.args().iter().any(|word| is_lock(&word.text)),
    };
    ((inside.is_some() || selects) && !spared).then_some(if locks { Loss::Lock } else { Loss::Part })
}

/// Whether a path, or a pattern of one, names what a running server leaves for others: a lock, its process id, a socket.
fn is_lock(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_lowercase();
    name == "lock" || [".pid", ".lock", "_lock", "-lock", ".sock"].iter().any(|end| name.ends_with(end))
}

/// What a deletion takes from `directory` at worst, for all the values that its variables may have. Where they may have several, nobody
/// knows whether it takes everything.
pub(in crate::rules) fn worst_loss<'v>(
    database: &Database<'_>,
    call: Call<'_, '_>,
    deletion: Deletion<'_, '_>,
    directory: &str,
    values: impl Fn(&str) -> Values<'v>,
) -> Option<Loss> {
    let (most, mut nth, mut worst) = (Cell::new(1), 0, None);
    while nth < most.get() {
        // The variables of one branch are most often set together.
        let value = |name: &str| {
            let values = values(name);
            most.set(values.len().max(most.get()));
            values.get(nth).or_else(|| values.last()).copied().flatten()
        };
        worst = worst.max(loss(database, call, deletion, directory, value));
        nth += 1;
    }
    worst.map(|loss| if most.get() > 1 { loss.min(Loss::AllSometimes) } else { loss })
}

/// `path` without the folder `outer` around it.
fn below<'p>(path: &'p str, outer: &str) -> Option<&'p str> {
    let rest = path.strip_prefix(outer.trim_end_matches('/'))?;
    (rest.is_empty() || rest.starts_with('/')).then(|| rest.trim_matches('/'))
}
