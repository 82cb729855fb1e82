//! Which commands decide whether another one runs.

use super::{Call, Word};

/// A command that decides whether another one runs, by its position among all, and how it has to come out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Guard {
    pub(super) call: u32,
    pub(super) succeeds: bool,
    /// No other command decided with it, in the list that it ends.
    pub(super) alone: bool,
}

impl Guard {
    pub(super) fn of(call: usize, alone: bool) -> Option<Self> {
        Some(Self { call: u32::try_from(call).ok()?, succeeds: true, alone })
    }

    pub(super) const fn reversed(self) -> Self {
        Self { succeeds: !self.succeeds, ..self }
    }

    /// The same behind `more` other commands.
    pub(super) fn behind(self, more: usize) -> Option<Self> {
        Some(Self { call: self.call.checked_add(u32::try_from(more).ok()?)?, ..self })
    }
}

/// What decides whether commands run, besides what decides about all that stands around them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Decided {
    /// Nothing: they run.
    #[default]
    Always,
    /// This command.
    By(Guard),
    /// Something that is no single command: a pipeline, the word of a `case`, one of several.
    Unknown,
}

impl Decided {
    /// By that command, where it is known.
    pub(super) fn by(guard: Option<Guard>) -> Self {
        guard.map_or(Self::Unknown, Self::By)
    }

    pub(super) const fn guard(self) -> Option<Guard> {
        match self {
            Self::By(guard) => Some(guard),
            Self::Always | Self::Unknown => None,
        }
    }

    /// And by a further one from here on; `None`: by something that nobody knows.
    pub(super) fn and(self, further: Option<Guard>) -> Self {
        match (self, further) {
            (Self::Always, further) => Self::by(further),
            (Self::By(guard), _) | (Self::Unknown, Some(guard)) => Self::By(Guard { alone: false, ..guard }),
            (Self::Unknown, None) => Self::Unknown,
        }
    }
}

/// A `test` of a single path.
#[derive(Clone, Copy)]
pub struct FileTest<'s, 'a> {
    /// The path as written.
    pub path: &'s Word<'a>,
    /// Whether it succeeds where something is there, and not where nothing is.
    pub is_there: bool,
    /// What has to be there.
    pub sort: FileSort,
}

/// What a test finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileSort {
    /// A file or a folder: `-e`, `-r`, and `-s`, since a folder has a size as well.
    Any,
    /// `-f`: a folder is as good as nothing.
    File,
    /// `-d`: a file is as good as nothing.
    Folder,
}

impl<'s, 'a> Call<'s, 'a> {
    /// What a `test` of a single path asks; `None` for any other command.
    #[must_use]
    pub fn asks_for_file(&self) -> Option<FileTest<'s, 'a>> {
        let mut args = match self.program() {
            _ if self.entry.traits.test => self.words(),
            "test" => self.args(),
            "[" => self.args().split_last().filter(|(last, _)| last.text == "]")?.1,
            _ => return None,
        };
        let mut is_there = true;
        while let Some((_, rest)) = args.split_first().filter(|(first, _)| first.text == "!") {
            (args, is_there) = (rest, !is_there);
        }
        let [operator, path] = args else { return None };
        let sort = match &*operator.text {
            "-e" | "-s" | "-r" => FileSort::Any,
            "-f" => FileSort::File,
            "-d" => FileSort::Folder,
            _ => return None,
        };
        Some(FileTest { path, is_there, sort })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::FileSort;
    use crate::text::command::{Call, Script};

    /// What decides whether `rm` runs: the words of each guard, the nearest first, with `!` before one that has to fail.
    fn guards_of_rm(text: &str) -> Vec<String> {
        let script = Script::of_text(text);
        let call = script.calls().find(|call| call.program() == "rm").unwrap();
        let say = |(call, succeeds): (Call<'_, '_>, bool)| {
            let words: Vec<&str> = call.words().iter().map(|word| &*word.text).collect();
            format!("{}{}", if succeeds { "" } else { "!" }, words.join(" "))
        };
        call.guards().map(say).collect()
    }

    #[test]
    fn a_command_knows_what_decides_about_it() {
        let cases: &[(&str, &[&str])] = &[
            ("rm x", &[]),
            ("[ -s m ] || rm x", &["![ -s m ]"]),
            ("[ -s m ] && rm x", &["[ -s m ]"]),
            ("! [ -s m ] && rm x", &["![ -s m ]"]),
            ("if [ ! -s m ]; then echo new; rm x; fi", &["[ ! -s m ]"]),
            ("if ! test -e m\nthen\n  rm x\nfi", &["!test -e m"]),
            ("if [ -s m ]; then echo old; else rm x; fi", &["![ -s m ]"]),
            ("if [ -s m ]; then echo; elif [ -s n ]; then rm x; fi", &["[ -s n ]"]),
            ("if [ -s m ]; then echo; elif [ -s n ]; then echo; else rm x; fi", &["![ -s n ]"]),
            ("if [ $A = b ] && [ ! -s m ]; then rm x; fi", &["[ ! -s m ]", "[ $A = b ]"]),
            ("if [ $A = b ] || [ ! -s m ]; then rm x; fi", &[]),
            ("if [ ! -s m ]; then if [ $A = b ]; then rm x; fi; fi", &["[ $A = b ]", "[ ! -s m ]"]),
            ("if [ ! -s m ]; then for x in 1 2; do rm x; done; fi", &["[ ! -s m ]"]),
            ("if [ ! -s m ]; then echo; fi; rm x", &[]),
            ("if ls | grep -q m; then rm x; fi", &[]),
            ("if [[ ! -s m ]]; then rm x; fi", &["! -s m"]),
            ("[[ -s m ]] || rm x", &["!-s m"]),
            ("[[ $A = b ]] && [[ ! -s m ]] && rm x", &["! -s m", "$A = b"]),
            ("if [[ ! -s m && $A = b ]]; then rm x; fi", &[]),
            ("sh -c \"[[ -s \\\"m\\\" ]] || rm x\"", &["!-s m"]),
            ("[ -s m ] || { echo; rm x; }", &["![ -s m ]"]),
            ("[ -s m ] && echo || rm x", &[]),
            ("[ -s m ] && exit 0; rm x", &["![ -s m ]"]),
            ("if [ -s m ]; then echo old; exit 0; fi; rm x", &["![ -s m ]"]),
            ("if [ -s m ]; then exit 0; fi; if [ $A = b ]; then rm x; fi", &["[ $A = b ]", "![ -s m ]"]),
            ("[ $A = b ] && [ -s m ] && exit 0; rm x", &[]),
            ("if [ $A = b ]; then if [ -s m ]; then exit 0; fi; fi; rm x", &[]),
            ("if [ $A = b ]; then echo; elif [ -s m ]; then exit 0; fi; rm x", &[]),
            ("for x in 1 2; do [ -s m ] && exit 0; done; rm x", &["![ -s m ]"]),
            // A way out that nobody knows whether it is reached.
            ("case $A in b) [ -s m ] && exit 0;; esac; rm x", &[]),
            ("if [ $A = b ] || [ $B = c ]; then [ -s m ] && exit 0; fi; rm x", &[]),
            ("if ls | grep -q b; then [ -s m ] && exit 0; fi; rm x", &[]),
            ("ls | grep -q b && { [ -s m ] && exit 0; }; rm x", &[]),
            ("for x in $LIST; do [ -s m ] && exit 0; done; rm x", &[]),
            ("for x; do [ -s m ] && exit 0; done; rm x", &[]),
            ("for ((i=0; i<n; i++)); do [ -s m ] && exit 0; done; rm x", &[]),
            ("while [ $A = b ]; do [ -s m ] && exit 0; done; rm x", &[]),
            ("ls | while read x; do [ -s m ] && exit 0; done; rm x", &[]),
            ("(ls) && [ -s m ] && exit 0; rm x", &[]),
            ("for x in 1; do ls | grep b && continue; [ ! -s m ] && continue; exit; done; rm x", &[]),
            ("f() { [ -s m ] && exit 0; }; rm x", &[]),
            ("case $A in b) exit;; esac; [ -s m ] && exit 0; rm x", &["![ -s m ]"]),
            ("{ [ -s m ] && exit 0; }; rm x", &["![ -s m ]"]),
            ("while true; do [ -s m ] && exit 0; break; done; rm x", &["![ -s m ]"]),
            ("while [ ! -s m ]; do rm x; done", &["[ ! -s m ]"]),
            ("until [ ! -s m ]; do rm x; done", &["![ ! -s m ]"]),
            ("until [ -s m ]\ndo rm x; done", &["![ -s m ]"]),
            ("until ! [ -s m ]; do rm x; done", &["[ -s m ]"]),
            ("[ -s m ]; echo && rm x", &["echo"]),
            ("f() { rm x; }; [ -s m ] || f", &[]),
            ("echo; sh -c 'echo; if [ ! -s m ]; then rm x; fi'", &["[ ! -s m ]"]),
            ("echo; sh -c \"if [ ! -s \\\"m\\\" ]; then rm x; fi\"", &["[ ! -s m ]"]),
        ];
        for (text, expected) in cases {
            assert_eq!(guards_of_rm(text), *expected, "{text:?}");
        }
    }

    #[test]
    fn a_test_of_a_file_says_which_and_whether_it_is_there() {
        for (text, expected) in [
            ("[ -s m ] && rm x", Some(("m", true, FileSort::Any))),
            ("[ ! -s m ] && rm x", Some(("m", false, FileSort::Any))),
            ("test ! -e m && rm x", Some(("m", false, FileSort::Any))),
            ("[ ! -f m ] && rm x", Some(("m", false, FileSort::File))),
            ("[[ ! ! -d m ]] && rm x", Some(("m", true, FileSort::Folder))),
            ("[ -L m ] && rm x", None),
            ("[ -s m -a -s n ] && rm x", None),
            ("[ -s m && rm x", None),
            ("[ $A = b ] && rm x", None),
            ("ls m && rm x", None),
        ] {
            let script = Script::of_text(text);
            let rm = script.calls().find(|call| call.program() == "rm").unwrap();
            let asked = rm.guards().next().and_then(|(test, _)| test.asks_for_file());
            assert_eq!(asked.map(|one| (&*one.path.text, one.is_there, one.sort)), expected, "{text}");
        }
    }
}
