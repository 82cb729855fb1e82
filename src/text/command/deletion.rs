//! What a command deletes: `rm -rf`, `find -delete`, `mkfs` and their like.

use super::{Call, Flags, Word};
use std::borrow::Cow;

/// Something that a command deletes.
#[derive(Clone, Copy)]
pub struct Deletion<'s, 'a> {
    /// The path as written; it may be relative, hold variables and patterns.
    pub path: &'s Word<'a>,
    /// The directory that the script had changed to before.
    pub directory: Option<&'s Word<'a>>,
    /// How much of what lies at the path.
    pub extent: Extent,
}

/// How much goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Single files: `rm -f postmaster.pid`.
    Files,
    /// Those files below it that a condition selects: `find -name '*.log' -delete`.
    Selected,
    /// Everything in it and below it.
    Tree,
    /// The file system on the device: `mkfs`, `wipefs`.
    Device,
}

impl<'s> Deletion<'s, '_> {
    /// The absolute path, its variables replaced; `None` where one is unknown, or where the directory is.
    pub fn resolve<'v>(&self, value: impl Fn(&str) -> Option<&'v str>) -> Option<Cow<'s, str>> {
        let path = self.path.expand(&value)?;
        if path.starts_with('/') {
            return Some(path);
        }
        let directory = self.directory?.expand(&value)?;
        let path = path.strip_prefix("./").unwrap_or(&path);
        directory.starts_with('/').then(|| Cow::Owned(format!("{}/{path}", directory.trim_end_matches('/'))))
    }

    /// Whether everything in `directory` goes: the path is it, its whole content (`/*`), or a directory above it.
    ///
    /// What cannot be resolved does not empty anything.
    pub fn empties<'v>(&self, directory: &str, value: impl Fn(&str) -> Option<&'v str>) -> bool {
        if self.extent != Extent::Tree {
            return false;
        }
        let Some(path) = self.resolve(value) else { return false };
        let (folder, last) = path.rsplit_once('/').unwrap_or(("", &*path));
        let path = match last.trim_end_matches('*') {
            _ if is_everything(last) => folder,
            // `/data/db*` names siblings of it.
            start if start.len() < last.len() && !has_pattern(start) => {
                return same_path(path.trim_end_matches('*'), directory);
            }
            _ if has_pattern(last) => return false,
            _ => &*path,
        };
        let mut steps = steps(directory);
        self::steps(path).all(|step| steps.next() == Some(step))
    }
}

/// Whether the last step of a path stands for all that is in the folder before it, or for all of that whose names begin with a dot:
/// `*`, `.*`, `.[!.]*`, `{*,.*}`. A dot or a question mark in another place selects (`*.*`, `?`).
fn is_everything(step: &str) -> bool {
    const PATTERNS: [&str; 11] = ["", ".", "*", "**", "?*", "*?", ".*", ".[!.]*", ".[^.]*", "..?*", ".??*"];
    let Some((before, rest)) = step.split_once('{') else { return PATTERNS.contains(&step) };
    let Some((inner, after)) = rest.split_once('}') else { return false };
    // Braces in braces: nobody writes that.
    let whole = |one: &str| PATTERNS.contains(&format!("{before}{one}{after}").as_str());
    inner.contains(',') && inner.split(',').any(whole)
}

fn has_pattern(step: &str) -> bool {
    step.contains(['*', '?', '[', '{'])
}

fn steps(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|step| !step.is_empty() && *step != ".")
}

fn same_path(a: &str, b: &str) -> bool {
    steps(a).eq(steps(b))
}

pub(super) fn of<'s, 'a>(call: Call<'s, 'a>) -> impl Iterator<Item = Deletion<'s, 'a>> + use<'s, 'a> {
    let (extent, targets) = match call.program() {
        "rm" => {
            let recursive = short(call, ['r', 'R']) || call.flags().has("--recursive");
            (if recursive { Extent::Tree } else { Extent::Files }, Targets::Words)
        }
        "find" => match find(call.args()) {
            Some(extent) => (extent, Targets::Roots),
            None => (Extent::Files, Targets::None),
        },
        "shred" | "unlink" | "truncate" => (Extent::Files, Targets::Words),
        "wipefs" | "blkdiscard" => (Extent::Device, Targets::Words),
        "dd" => (Extent::Device, Targets::Output),
        program if program == "mkfs" || program.starts_with("mkfs.") || program == "mke2fs" => {
            (Extent::Device, Targets::Last)
        }
        _ => (Extent::Files, Targets::None),
    };
    let args = call.args();
    let words = match targets {
        Targets::None => &[],
        Targets::Words | Targets::Output => args,
        Targets::Last => args.get(args.len().saturating_sub(1)..).unwrap_or_default(),
        Targets::Roots => {
            let end = args.iter().position(|word| word.text.starts_with(['-', '(', '!'])).unwrap_or(args.len());
            args.get(..end).unwrap_or_default()
        }
    };
    words
        .iter()
        .filter(move |word| match targets {
            // `of=/dev/x` is no path, but names one; only devices count, files are written so all the time.
            Targets::Output => word.text.starts_with("of=/dev/") && word.text != "of=/dev/null",
            _ => !word.text.starts_with('-') && !word.text.is_empty(),
        })
        .map(move |path| Deletion { path, directory: call.directory(), extent })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Targets {
    None,
    /// Every word that is no option.
    Words,
    /// What stands before the first condition.
    Roots,
    Last,
    /// The word `of=...`.
    Output,
}

/// Whether one of these letters stands among the short options.
fn short(call: Call<'_, '_>, letters: [char; 2]) -> bool {
    call.args()
        .iter()
        .take_while(|word| word.text != "--")
        .any(|word| word.text.strip_prefix('-').is_some_and(|rest| !rest.starts_with('-') && rest.contains(letters)))
}

/// How much a `find` deletes, if it does.
fn find(args: &[Word<'_>]) -> Option<Extent> {
    let flags = Flags::new(args);
    let runs_rm = ["-exec", "-execdir", "-ok"].into_iter().any(|run| {
        let program = |index: usize| args.get(index + 1).map_or("", |word| super::wrapper::basename(&word.text));
        args.iter().enumerate().any(|(index, word)| word.text == run && program(index) == "rm")
    });
    if !runs_rm && !args.iter().any(|word| word.text == "-delete") {
        return None;
    }
    // These narrow nothing down.
    const FREE: [&str; 9] =
        ["-mindepth", "-maxdepth", "-depth", "-xdev", "-mount", "-delete", "-exec", "-execdir", "-print"];
    let narrowed = args
        .iter()
        .take_while(|word| !word.text.starts_with("-exec"))
        .any(|word| word.text.starts_with('-') && !FREE.contains(&&*word.text) && word.text != "-P");
    let shallow = flags.value("-maxdepth") == Some("0");
    Some(if narrowed || shallow { Extent::Selected } else { Extent::Tree })
}

#[cfg(test)]
mod tests {
    use super::super::Script;
    use super::*;

    fn value(name: &str) -> Option<&'static str> {
        (name == "PGDATA").then_some("/var/lib/postgresql/data")
    }

    fn empties(script: &str, directory: &str) -> bool {
        Script::of_text(script).calls().any(|call| call.deletions().any(|one| one.empties(directory, value)))
    }

    #[test]
    fn tells_what_empties_a_directory() {
        for script in [
            "rm -rf /data",
            "rm -rf /data/",
            "rm -rf /data/*",
            "rm -rf '/data'/*",
            "rm -fr /data/. /x",
            "rm --recursive /data/*",
            "rm -v -R /data",
            "rm -rf /data/* /data/.*",
            "rm -rf //data//*",
            "cd /data && rm -rf *",
            "cd /data; rm -rf ./*",
            "cd /; rm -rf data",
            "find /data -mindepth 1 -delete",
            "find /data -mindepth 1 -maxdepth 1 -exec rm -rf {} +",
            "find /data/ -exec /bin/rm -rf {} \\;",
            "rm -rf /*",
            "rm -rf /data/{*,.*}",
            "rm -rf /data/{,.}*",
            "rm -rf /data/{..?*,.[!.]*,*}",
            "rm -rf /data/.[!.]*",
            "rm -rf /data/..?*",
            "rm -rf /data/?*",
            "rm -rf /data*",
        ] {
            assert!(empties(script, "/data"), "{script}");
        }
        for script in [
            "rm -f /data/postmaster.pid",
            "rm -rf /data/lost+found",
            "rm -rf /database",
            "rm -rf /dat*",
            "rm /data/*",
            "rm -rf /data/pg_log/*",
            "rm -rf /data/?",
            "rm -rf /data/??",
            "rm -rf /data/*.*",
            "rm -rf /data/*.",
            "rm -rf /data/*.?",
            "rm -rf /data/x.*",
            "rm -rf /data/{a,b}",
            "rm -rf /data/{a,b}*",
            "rm -rf /data?",
            "rm -rf /data.*",
            "rm -rf $DATA/*",
            "rm -rf *",
            "(cd /data; ls); rm -rf *",
            "cd data; rm -rf *",
            "find /data -name '*.log' -delete",
            "find /data -mtime +7 -exec rm {} \\;",
            "find /data -type d",
            "echo rm -rf /data",
            "rm -- -rf /data",
            "ls /data",
        ] {
            assert!(!empties(script, "/data"), "{script}");
        }
        assert!(empties("rm -rf $PGDATA/*", "/var/lib/postgresql/data"));
        assert!(empties("rm -rf ${PGDATA:?}/*", "/var/lib/postgresql/data"));
        assert!(empties("rm -rf /var/lib/postgresql", "/var/lib/postgresql/data"));
        assert!(!empties("rm -rf '$PGDATA/'*", "/var/lib/postgresql/data"));
    }

    #[test]
    fn devices_are_told_apart() {
        let script = Script::of_text(
            "mkfs.ext4 -F /dev/xvdb; dd if=/dev/zero of=/dev/sda bs=1M; dd if=/a of=/b; wipefs -a /dev/x",
        );
        let found: Vec<_> =
            script.calls().flat_map(|call| call.deletions()).map(|one| (&*one.path.text, one.extent)).collect();
        assert_eq!(found, [("/dev/xvdb", Extent::Device), ("of=/dev/sda", Extent::Device), ("/dev/x", Extent::Device)]);
    }
}
