//! What a container runs: the commands in `command` and `args`, through wrappers and shell scripts.
//!
//! A [`Script`] is a flat list of simple commands with what a reader of the script would say about each: whether it
//! certainly runs, whether it is the main one. It is a reading, not a shell: whatever it does not understand it passes
//! over, and it errs towards "may not run".

mod block;
mod builder;
mod calls;
mod deletion;
mod effect;
mod ends;
mod flags;
mod flow;
mod guard;
mod lexer;
mod parser;
mod variables;
mod word;
mod wrapper;

pub use deletion::{Deletion, Extent};
pub(crate) use flags::same_name;
pub use flags::{Flag, Flags};
pub use guard::{FileSort, FileTest};
pub use variables::{Values, Variables};
pub use word::{Word, has_reference, only_references};

use guard::Guard;
use std::{fmt, ops::Range};

/// The commands that a container, hook or probe runs, in the order of the text.
///
/// Commands inside substitutions (`$(...)`) follow those of the script around them.
#[derive(Clone, Default)]
pub struct Script<'a> {
    words: Vec<Word<'a>>,
    calls: Vec<Entry>,
    complete: bool,
}

/// A simple command, as ranges of the words.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// Assignments and wrappers.
    start: u32,
    /// The program; the same as `end` where only assignments stand.
    program: u32,
    end: u32,
    /// The argument of the last `cd` before it.
    directory: Option<u32>,
    guard: Option<Guard>,
    /// Up to which word what it sets is certain to be set.
    reach: u32,
    traits: Traits,
}

/// What the surroundings say about a command.
#[derive(Clone, Copy, Debug, Default)]
struct Traits {
    conditional: bool,
    background: bool,
    piped: bool,
    exec: bool,
    function: bool,
    substitution: bool,
    /// `[[ ... ]]`, which decides about commands and is none.
    test: bool,
    /// Only arguments of the image's entry point.
    implicit: bool,
}

impl<'a> Script<'a> {
    /// Reads what a container runs: its `command`, then its `args`.
    ///
    /// Without a `command` the image's entry point runs with the `args`. Where they start with a word, that is taken
    /// for the program, which is what entry points of databases do; where they start with an option, the program is
    /// the image's own ([`Call::program`] is empty).
    #[must_use]
    pub fn of(command: impl IntoIterator<Item = &'a str>, args: impl IntoIterator<Item = &'a str>) -> Self {
        let words: Vec<Word<'a>> = command.into_iter().chain(args).map(Word::of_argument).collect();
        calls::of_words(words)
    }

    /// Reads the text of a shell script, such as a `start.sh` in a ConfigMap.
    #[must_use]
    pub fn of_text(text: &'a str) -> Self {
        calls::of_text(text)
    }

    /// Every command, in the order of the text.
    pub fn calls(&self) -> impl DoubleEndedIterator<Item = Call<'_, 'a>> {
        self.calls.iter().filter(|entry| !entry.traits.test).map(|entry| Call { script: self, entry: *entry })
    }

    /// Whether all of it was read. Scripts over 64 KiB, 32,768 words or 4,096 commands are cut off.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// The command that the container is there for: the last one that replaces the shell (`exec`), else the last one
    /// that does anything; where the script only waits at its end, the first one that it left in the background.
    #[must_use]
    pub fn main(&self) -> Option<Call<'_, 'a>> {
        let own = || self.calls().filter(|call| call.runs_here());
        if let Some(call) = own().rev().find(|call| call.is_exec()) {
            return Some(call);
        }
        let last = own().rev().find(|call| !call.is_background() && !call.is_idle());
        let waits = own().rev().find(|call| !call.is_silent()).is_some_and(|call| call.is_waiting());
        if waits || last.is_none() {
            return own().find(Call::is_background).or(last).or_else(|| own().next_back());
        }
        last
    }

    /// How long the script certainly sleeps, in seconds, rounded up: the sum of its unconditional `sleep`s with literal
    /// arguments. `u64::MAX` for `sleep infinity`.
    #[must_use]
    pub fn seconds_asleep(&self) -> u64 {
        let millis = |call: Call<'_, 'a>| call.args().iter().map(|word| millis(word)).fold(0, u64::saturating_add);
        let sleeps =
            self.calls().filter(|call| call.program() == "sleep" && call.is_certain() && !call.is_background());
        match sleeps.map(millis).fold(0, u64::saturating_add) {
            u64::MAX => u64::MAX,
            sum => sum.div_ceil(1000),
        }
    }

    fn range(&self, range: Range<u32>) -> &[Word<'a>] {
        self.words.get(range.start as usize..range.end as usize).unwrap_or_default()
    }
}

/// An argument of `sleep` in thousandths of a second; 0 for what is not one.
fn millis(word: &Word<'_>) -> u64 {
    if word.text == "infinity" || word.text == "inf" {
        return u64::MAX;
    }
    let (number, unit) = match word.text.strip_suffix(['s', 'm', 'h', 'd']) {
        Some(number) => (number, word.text.as_bytes().last().copied()),
        None => (&*word.text, None),
    };
    let factor = match unit {
        Some(b'm') => 60,
        Some(b'h') => 3600,
        Some(b'd') => 86_400,
        _ => 1,
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if number.is_empty() || !digits(whole) || !digits(fraction) {
        return 0;
    }
    let whole = if whole.is_empty() { 0 } else { whole.parse().unwrap_or(u64::MAX) };
    let fraction: u64 = format!("{fraction:0<3.3}").parse().unwrap_or(0);
    whole.saturating_mul(1000).saturating_add(fraction).saturating_mul(factor)
}

/// Values of arguments never reach a log: only how much there is.
impl fmt::Debug for Script<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Script({} commands)", self.calls.len())
    }
}

/// One simple command of a [`Script`].
#[derive(Clone, Copy)]
pub struct Call<'s, 'a> {
    script: &'s Script<'a>,
    entry: Entry,
}

impl<'s, 'a> Call<'s, 'a> {
    /// The file name of the program, behind all wrappers: `mysqld` of `exec gosu mysql /usr/sbin/mysqld --user=mysql`.
    /// Empty where the image decides, where only variables are set, and where a variable holds the name.
    #[must_use]
    pub fn program(&self) -> &'s str {
        let Some(word) = self.words().first().filter(|_| !self.entry.traits.implicit) else { return "" };
        let name = wrapper::basename(&word.text);
        if word.literal || !name.contains(['$', '`', ')', '}']) { name } else { "" }
    }

    /// The program and its arguments.
    #[must_use]
    pub fn words(&self) -> &'s [Word<'a>] {
        self.script.range(self.entry.program..self.entry.end)
    }

    /// The arguments of the program.
    #[must_use]
    pub fn args(&self) -> &'s [Word<'a>] {
        if self.entry.traits.implicit { self.words() } else { self.words().get(1..).unwrap_or_default() }
    }

    /// The arguments, to be asked for options.
    #[must_use]
    pub fn flags(&self) -> Flags<'s, Word<'a>> {
        Flags::new(self.args())
    }

    /// The variables that are set for this command alone, or by it: name, value, and the word that both stand in.
    pub fn assignments(&self) -> impl Iterator<Item = (&'s str, &'s str, &'s Word<'a>)> {
        let words = self.script.range(self.entry.start..self.entry.program);
        let exported = if matches!(self.program(), "export" | "declare" | "readonly") { self.args() } else { &[] };
        words
            .iter()
            .chain(exported)
            .filter_map(|word| word::assignment(&word.text).map(|(name, value)| (name, value, word)))
    }

    /// How long it may take, in seconds, where `timeout` runs it with a literal duration.
    #[must_use]
    pub fn seconds_allowed(&self) -> Option<u64> {
        let wrappers = self.script.range(self.entry.start..self.entry.program);
        let at = wrappers.iter().position(|word| wrapper::basename(&word.text) == "timeout")?;
        let mut words = wrappers.get(at + 1..)?.iter();
        while let Some(word) = words.next() {
            match word.text.as_ref() {
                "-k" | "-s" | "--kill-after" | "--signal" => drop(words.next()),
                option if option.starts_with('-') => {}
                _ => return Some(millis(word).div_ceil(1000)).filter(|seconds| *seconds > 0),
            }
        }
        None
    }

    /// The argument of the last `cd` before this command.
    #[must_use]
    pub fn directory(&self) -> Option<&'s Word<'a>> {
        self.script.words.get(self.entry.directory? as usize)
    }

    /// Whether it is known to run: neither in a branch, nor after a test, nor behind a way out of the script.
    #[must_use]
    pub fn is_certain(&self) -> bool {
        !self.entry.traits.conditional && !self.entry.traits.function
    }

    /// The commands that decide whether it runs, the nearest first, each with how it has to come out: true where it has to succeed.
    /// There may be others.
    pub fn guards(&self) -> impl Iterator<Item = (Call<'s, 'a>, bool)> + use<'s, 'a> {
        let script = self.script;
        let decided = move |guard: Guard| {
            let entry = script.calls.get(guard.call as usize)?;
            Some((Call { script, entry: *entry }, guard.succeeds))
        };
        std::iter::successors(self.entry.guard.and_then(decided), move |(call, _)| call.entry.guard.and_then(decided))
    }

    /// Whether the script goes on without waiting for it.
    #[must_use]
    pub fn is_background(&self) -> bool {
        self.entry.traits.background
    }

    /// Whether it reads what another command writes.
    #[must_use]
    pub fn is_piped(&self) -> bool {
        self.entry.traits.piped
    }

    /// Whether it takes the place of the shell.
    #[must_use]
    pub fn is_exec(&self) -> bool {
        self.entry.traits.exec
    }

    /// Whether it is part of the script's own sequence: not inside `$(...)`, nor in a function.
    #[must_use]
    pub fn runs_here(&self) -> bool {
        !self.entry.traits.substitution && !self.entry.traits.function
    }

    /// Whether it is what `command` says: a program and words that stand among its arguments in this order, or, where that is a single
    /// word, a text within one of its arguments. Case does not count.
    #[must_use]
    pub fn does(&self, command: &str) -> bool {
        let mut wanted = command.split_whitespace();
        let (Some(first), second) = (wanted.next(), wanted.next()) else { return false };
        let mut args = self.args().iter();
        let Some(second) = second else {
            let text = first.to_lowercase();
            return args.any(|word| word.text.to_lowercase().contains(&text));
        };
        let mut rest = std::iter::once(second).chain(wanted);
        self.program() == first && rest.all(|w| args.any(|word| word.text.eq_ignore_ascii_case(w)))
    }

    /// What the command deletes.
    pub fn deletions(&self) -> impl Iterator<Item = Deletion<'s, 'a>> + use<'s, 'a> {
        deletion::of(*self)
    }

    /// Keeps the script going, without doing anything.
    fn is_waiting(&self) -> bool {
        let first = self.args().first().map_or("", |word| &word.text);
        match self.program() {
            "wait" => true,
            "sleep" => matches!(first, "infinity" | "inf") || millis_of_sleep(self) >= 600_000,
            "tail" => self.args().iter().any(|word| word.text.starts_with("-f") || word.text.starts_with("-F")),
            _ => false,
        }
    }

    /// Leaves no trace: not even a pause.
    fn is_silent(&self) -> bool {
        matches!(self.program(), "echo" | "printf" | "true" | ":" | "set" | "export" | "trap" | "fi" | "")
            && !self.entry.traits.implicit
    }

    fn is_idle(&self) -> bool {
        self.is_silent()
            || self.is_waiting()
            || matches!(self.program(), "sleep" | "exit" | "kill" | "cd" | "[" | "test")
    }
}

fn millis_of_sleep(call: &Call<'_, '_>) -> u64 {
    call.args().iter().map(millis).fold(0, u64::saturating_add)
}

impl fmt::Debug for Call<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Call({})", self.program())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests;
