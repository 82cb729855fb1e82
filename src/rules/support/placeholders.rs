//! Texts that a script puts something else in the place of, before a server reads them.
use std::borrow::Cow;

use crate::text::command::{Call, Script, Word};

/// Shorter texts stand in too many lines by chance.
const SHORTEST: usize = 4;

/// More of them are not looked for in every line.
pub(in crate::rules) const MOST: usize = 64;

/// Longer scripts are not read.
const LONGEST: usize = 64 << 10;

/// A text that stands where something else belongs: `REPLACE_ME` of `sed -i "s/REPLACE_ME/$(cat /secret)/" redis.conf`.
pub(in crate::rules) struct Placeholder {
    text: String,
    /// It begins what is replaced, and the rest of the line goes with it: `^requirepass .*`.
    begins: bool,
    /// The names of the files that it is replaced in; `None` where the script does not say.
    files: Option<Vec<String>>,
}

/// What the `sed` commands of a script replace by something that they take from elsewhere. Of a pattern, the part that is plain text.
pub(in crate::rules) fn replaced_by(script: &str) -> Vec<Placeholder> {
    if script.len() > LONGEST || !script.contains("sed") {
        return Vec::new();
    }
    let read = Script::of_text(script);
    let mut found = Vec::new();
    for call in read.calls().filter(|call| call.program() == "sed") {
        let (expressions, operands) = expressions_and_files(&call);
        let files = names(script, &operands);
        let commands = expressions.iter().flat_map(|expression| substitutions(expression));
        // A password that is put in from the script itself is one that everybody reads.
        for (pattern, _) in commands.filter(|(_, replacement)| replacement.contains(['$', '`'])) {
            let placeholder =
                |(text, begins): (&str, bool)| Placeholder { text: text.to_owned(), begins, files: files.clone() };
            found.extend(plain(pattern).map(placeholder));
        }
    }
    found
}

impl Placeholder {
    /// Whether it may be replaced in the file of that name.
    pub(in crate::rules) fn may_stand_in(&self, file: &str) -> bool {
        self.files.as_ref().is_none_or(|files| files.iter().any(|name| name == file))
    }

    /// The line without it, where it stands for a whole value. A part of a name or of a value is left.
    fn taken_from<'l>(&self, line: &'l str) -> Option<Cow<'l, str>> {
        const AROUND: [char; 14] = [' ', '\t', '=', ':', '"', '\'', '/', '@', ',', ';', '<', '>', '(', ')'];
        let is_value = |at: &usize| {
            let before = line.get(..*at).unwrap_or_default();
            let after = line.get(at + self.text.len()..).unwrap_or_default();
            // At the start of a line stands a name, unless the value is in the text with it.
            let starts =
                before.trim().is_empty() && (self.begins || self.text.contains([' ', '=', ':']) || after.is_empty());
            let begins_well = starts || (!before.trim().is_empty() && before.ends_with(AROUND));
            begins_well && (after.is_empty() || after.starts_with(AROUND))
        };
        let at = line.match_indices(self.text.as_str()).map(|(at, _)| at).find(is_value)?;
        let before = line.get(..at)?;
        let after = if self.begins { "" } else { line.get(at + self.text.len()..)? };
        Some(Cow::Owned(format!("{before}{after}")))
    }
}

/// A line without the placeholders that stand for a value in it.
pub(in crate::rules) fn without<'l>(line: &'l str, placeholders: &[&Placeholder]) -> Cow<'l, str> {
    let mut line = Cow::Borrowed(line);
    for placeholder in placeholders {
        let taken = placeholder.taken_from(&line).map(Cow::into_owned);
        line = taken.map_or(line, Cow::Owned);
    }
    line
}

/// The expressions of a `sed`, and the files that it reads.
fn expressions_and_files<'s>(call: &Call<'s, '_>) -> (Vec<&'s str>, Vec<&'s str>) {
    let (mut expressions, mut files) = (Vec::new(), Vec::new());
    let mut is_given = false;
    let mut args = call.args().iter().map(|word: &Word<'_>| &*word.text);
    while let Some(arg) = args.next() {
        // `-i.bak`: what follows the letter is the end of a name.
        let letters = arg.strip_prefix('-').filter(|rest| !rest.starts_with(['-', 'i'])).unwrap_or_default();
        if arg == "--expression" || letters.ends_with('e') {
            expressions.extend(args.next());
            is_given = true;
        } else if arg == "--file" || letters.ends_with('f') {
            args.next();
            is_given = true;
        } else if let Some(expression) = arg.strip_prefix("--expression=") {
            expressions.push(expression);
            is_given = true;
        } else if !arg.starts_with('-') && !arg.is_empty() {
            let list = if is_given { &mut files } else { &mut expressions };
            list.push(arg);
            is_given = true;
        }
    }
    (expressions, files)
}

/// The names that the files have in the script: their own, and those that stand in a line with them, such as that of a copy. `None` where
/// one is not spelled, or where there is none: it reads from a pipe.
fn names(script: &str, files: &[&str]) -> Option<Vec<String>> {
    let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let is_spelled = |file: &&str| !name(file).is_empty() && !name(file).contains(['$', '`', '*', '?', '[', '{', ')']);
    if files.is_empty() || !files.iter().all(is_spelled) {
        return None;
    }
    let is_between = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '>' | '<' | ';' | '|' | '&' | '(' | ')');
    let words = |line: &'_ str| line.split(is_between).filter(|word| !word.is_empty()).map(name).collect::<Vec<_>>();
    let lines = script.lines().filter(|line| files.iter().any(|file| line.split(is_between).any(|word| word == *file)));
    let mut names: Vec<String> = files.iter().map(|file| name(file)).chain(lines.flat_map(words)).collect();
    names.sort_unstable();
    names.dedup();
    Some(names)
}

/// Pattern and replacement of every `s/pattern/replacement/` in an expression, whatever its delimiter.
fn substitutions(line: &str) -> impl Iterator<Item = (&str, &str)> {
    let is_start = |at: &usize| {
        let before = line.get(..*at).and_then(|text| text.chars().next_back());
        before.is_none_or(|c| c.is_whitespace() || matches!(c, '"' | '\'' | ';' | '{'))
    };
    line.match_indices('s').map(|(at, _)| at).filter(is_start).filter_map(|at| {
        let rest = line.get(at + 1..)?;
        let delimiter =
            rest.chars().next().filter(|c| c.is_ascii_punctuation() && !matches!(c, '"' | '\'' | '-' | '='))?;
        let (pattern, rest) = until(rest.get(1..)?, delimiter)?;
        let (replacement, _) = until(rest, delimiter)?;
        Some((pattern, replacement))
    })
}

/// What stands before the next delimiter that no backslash stands before, and what comes after it.
fn until(text: &str, delimiter: char) -> Option<(&str, &str)> {
    let is_end = |at: &usize| text.get(..*at).is_none_or(|before| !before.ends_with('\\'));
    let end = text.match_indices(delimiter).map(|(at, _)| at).find(is_end)?;
    Some((text.get(..end)?, text.get(end + 1..)?))
}

/// The plain text that a pattern begins with, and whether the pattern takes the rest of the line as well; `None` where there is too little
/// to tell a line by, or where nobody knows what else the pattern takes.
fn plain(pattern: &str) -> Option<(&str, bool)> {
    const SPECIAL: [char; 11] = ['.', '*', '[', ']', '\\', '$', '^', '(', ')', '+', '?'];
    let pattern = pattern.trim_start_matches('^').trim_end_matches('$').trim_matches(['"', '\'']);
    let (text, rest) = pattern.split_at(pattern.find(SPECIAL).unwrap_or(pattern.len()));
    let takes_all =
        matches!(rest.trim_matches(['\\', '(', ')']), ".*" | ".+" | ".\\+" | "[^ ]*" | "\\S*" | "S*" | "S+");
    let text = text.trim_end_matches(['=', ':', '"', '\'']).trim();
    (text.len() >= SHORTEST && (rest.is_empty() || takes_all)).then_some((text, takes_all))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(script: &str) -> Vec<(String, Option<Vec<String>>)> {
        replaced_by(script).into_iter().map(|one| (one.text, one.files)).collect()
    }

    #[test]
    fn finds_what_a_script_replaces() {
        let cases: &[(&str, &[&str])] = &[
            ("sed -i \"s/REPLACE_ME/$PASSWORD/g\" /conf/redis.conf", &["REPLACE_ME"]),
            ("sed -i 's|default-auth|'\"$AUTH\"'|' x", &["default-auth"]),
            ("sed -e \"s/@@USER@@/${U}/; s#@@PASS@@#$(cat /run/pw)#\" a > b", &["@@USER@@", "@@PASS@@"]),
            ("sed -ne \"s/SOME/$U/\" --expression=\"s/MORE/$V/\" a", &["SOME", "MORE"]),
            ("sed -i \\\n  -e \"s/SOME/$U/\" \\\n  a", &["SOME"]),
            ("sed -i \"s/^requirepass .*/requirepass ${AUTH}/\" x", &["requirepass"]),
            ("cat x | sed \"s/REPLACE_ME/$PASSWORD/g\" > y", &["REPLACE_ME"]),
            // Nobody knows what these take.
            ("sed -i \"s/secret\\/path/$X/\" x", &[]),
            ("sed -i \"s/secret[0-9]/$X/\" x", &[]),
            // What it puts in stands there for everybody to read.
            ("sed -i 's/REPLACE_ME/hunter2/' x", &[]),
            ("sed -i \"s/x/$PASSWORD/\" x", &[]),
            ("sed -i \"s/.*/$PASSWORD/\" x", &[]),
            ("echo sed s/REPLACE_ME/$PASSWORD/", &[]),
            ("# sed s/REPLACE_ME/$PASSWORD/ x", &[]),
            ("used s/REPLACE_ME/$PASSWORD/ x", &[]),
            ("sed", &[]),
            ("sed s", &[]),
            ("sed s/", &[]),
            ("", &[]),
        ];
        for (script, expected) in cases {
            let texts: Vec<String> = replaced_by(script).into_iter().map(|one| one.text).collect();
            assert_eq!(texts, *expected, "{script}");
        }
    }

    #[test]
    fn finds_the_files_that_it_replaces_it_in() {
        for (script, file, expected) in [
            ("sed -i \"s/SOME/$U/\" /conf/redis.conf", "redis.conf", true),
            ("sed -i \"s/SOME/$U/\" /tmp/other.conf", "redis.conf", false),
            ("sed -i \"s/SOME/$U/\" redis.conf other.conf", "redis.conf", true),
            ("sed -e \"s/SOME/$U/\" /in/redis.conf > /tmp/other.conf", "redis.conf", true),
            ("sed -i.bak \"s/SOME/$U/\" /tmp/other.conf", "redis.conf", false),
            // A copy.
            ("cp /in/redis.conf /tmp/other.conf\nsed -i \"s/SOME/$U/\" /tmp/other.conf", "redis.conf", true),
            ("cat /in/redis.conf >/tmp/other.conf\nsed -i \"s/SOME/$U/\" /tmp/other.conf", "redis.conf", true),
            // Nobody knows.
            ("sed -i \"s/SOME/$U/\" $FILE", "redis.conf", true),
            ("sed -i \"s/SOME/$U/\" /conf/*.conf", "redis.conf", true),
            ("sed \"s/SOME/$U/\" < /in/redis.conf", "redis.conf", true),
        ] {
            assert!(found(script).len() == 1, "{script}");
            assert_eq!(replaced_by(script).iter().all(|one| one.may_stand_in(file)), expected, "{script}");
        }
    }

    #[test]
    fn a_placeholder_stands_for_a_value() {
        let script = |pattern: &str| format!("sed -i \"s/{pattern}/$X/\" $FILE");
        for (pattern, line, expected) in [
            ("SOME", "requirepass SOME", "requirepass "),
            ("SOME", "requirepass \"SOME\"", "requirepass \"\""),
            ("SOME", "password=SOME", "password="),
            ("SOME", "redis://:SOME@host", "redis://:@host"),
            ("SOME", "SOME", ""),
            ("requirepass SOME", "requirepass SOME", ""),
            ("^requirepass .*", "requirepass hunter2", ""),
            ("^password=.*$", "password=hunter2", ""),
            // Parts of it.
            ("pass", "requirepass hunter2", "requirepass hunter2"),
            ("hunt", "requirepass hunter2", "requirepass hunter2"),
            ("requirepass", "requirepass hunter2", "requirepass hunter2"),
            ("unter2", "requirepass hunter2", "requirepass hunter2"),
            ("^masterauth .*", "requirepass hunter2", "requirepass hunter2"),
            ("^pass.*", "password hunter2", "password hunter2"),
        ] {
            let all = replaced_by(&script(pattern));
            let all: Vec<&Placeholder> = all.iter().collect();
            assert_eq!(without(line, &all), expected, "{pattern}: {line}");
        }
    }
}
