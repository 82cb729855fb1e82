//! From the words of a simple command to an entry of the script: wrappers off, scripts in scripts read.

use super::{
    Entry, Script, Traits,
    guard::Guard,
    parser::Parser,
    word::{Word, assignment},
    wrapper::{Inner, Unwrapped, unwrap},
};
use std::borrow::Cow;

/// Bounds of one reading: enough for any script that a person would keep in a manifest.
pub(super) const TEXT: usize = 64 * 1024;
pub(super) const WORDS: usize = 32 * 1024;
pub(super) const CALLS: usize = 4096;
pub(super) const BLOCKS: usize = 256;
/// Scripts in scripts: `sh -c` and `$(...)`.
pub(super) const DEPTH: u8 = 4;
/// Arguments that stand for `"$@"`.
const ARGUMENTS: usize = 64;

/// Where a command runs, and what decides whether it does.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Setting {
    /// The argument of the last `cd`.
    pub(super) directory: Option<u32>,
    pub(super) guard: Option<Guard>,
    /// What it sets is not certain to be set behind it: it stands after `&&`, in a pipe or in the background.
    pub(super) is_passing: bool,
}

pub(super) fn of_words(mut words: Vec<Word<'_>>) -> Script<'_> {
    let complete = words.len() <= WORDS;
    words.truncate(WORDS);
    let (end, implicit) = (words.len(), words.first().is_some_and(|word| word.text.starts_with('-')));
    let mut out = Script { words, calls: Vec::new(), complete };
    let traits = Traits { implicit, ..Traits::default() };
    if end > 0 {
        command(&mut out, 0..end, traits, Setting::default(), 0);
    }
    out
}

pub(super) fn of_text(text: &str) -> Script<'_> {
    let mut out = Script { words: Vec::new(), calls: Vec::new(), complete: true };
    Parser::new(text, &mut out, Traits::default(), 0).run();
    out
}

/// Records a command that stands in `range`, or the commands of the script that it gives to a shell.
pub(super) fn command<'a>(
    out: &mut Script<'a>,
    range: std::ops::Range<usize>,
    traits: Traits,
    setting: Setting,
    depth: u8,
) {
    let words = out.words.get(range.clone()).unwrap_or_default();
    let set = words.iter().take_while(|word| assignment(&word.text).is_some()).count();
    let Unwrapped { inner, exec } = unwrap(words.get(set..).unwrap_or_default());
    let traits = Traits { exec: traits.exec || exec, ..traits };
    let program = range.start + set;
    let program = match inner {
        Inner::Program(offset) => program + offset,
        Inner::Script { text, arguments, errexit } => {
            let before = out.calls.len();
            script(out, program + text, program + arguments..range.end, errexit, traits, depth);
            if out.calls.len() > before {
                return;
            }
            program
        }
    };
    if out.calls.len() >= CALLS {
        out.complete = false;
        return;
    }
    let small = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let program = program.min(range.end);
    let (start, end) = (small(range.start), small(range.end));
    let Setting { directory, guard, is_passing } = setting;
    let reach = if is_passing { start } else { u32::MAX };
    out.calls.push(Entry { start, program: small(program), end, directory, guard, reach, traits });
}

/// Reads the script in one word. Its own quotes may have made a copy of it, which then lives in the words only.
fn script(
    out: &mut Script<'_>,
    at: usize,
    arguments: std::ops::Range<usize>,
    errexit: bool,
    traits: Traits,
    depth: u8,
) {
    let Some(word) = out.words.get(at).filter(|_| depth < DEPTH) else { return };
    // The first argument is the name of the shell.
    let arguments = out.words.get(arguments.start + 1..arguments.end).unwrap_or_default();
    let arguments = arguments.iter().take(ARGUMENTS).cloned().collect();
    match &word.text {
        Cow::Borrowed(text) => {
            let mut parser = Parser::new(text, out, traits, depth + 1);
            parser.begin(errexit, arguments);
            parser.run();
        }
        Cow::Owned(text) => {
            let text = text.clone();
            let mut inner = Script { words: Vec::new(), calls: Vec::new(), complete: true };
            let mut parser = Parser::new(&text, &mut inner, traits, depth + 1);
            parser.begin(errexit, arguments);
            parser.run();
            append(out, inner);
        }
    }
}

fn append(out: &mut Script<'_>, inner: Script<'_>) {
    let Ok(offset) = u32::try_from(out.words.len()) else { return };
    if out.words.len() + inner.words.len() > WORDS || out.calls.len() + inner.calls.len() > CALLS {
        out.complete = false;
        return;
    }
    out.complete &= inner.complete;
    let before = out.calls.len();
    out.words.extend(inner.words.into_iter().map(Word::into_owned));
    let words_end = u32::try_from(out.words.len()).unwrap_or(u32::MAX);
    out.calls.extend(inner.calls.into_iter().map(|entry| Entry {
        start: entry.start + offset,
        program: entry.program + offset,
        end: entry.end + offset,
        directory: entry.directory.map(|at| at + offset),
        guard: entry.guard.and_then(|guard| guard.behind(before)),
        reach: entry.reach.saturating_add(offset).min(words_end),
        traits: entry.traits,
    }));
}
