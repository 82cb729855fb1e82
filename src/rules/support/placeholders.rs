//! Texts that a script puts something else in the place of, before a server reads them.

/// Shorter texts stand in too many lines by chance.
const SHORTEST: usize = 4;

/// More of them are not looked for in every line.
pub(in crate::rules) const MOST: usize = 64;

/// Longer scripts are not read.
const LONGEST: usize = 64 << 10;

/// What the `sed` commands of a script replace by something that they take from elsewhere: `REPLACE_ME` of
/// `sed -i "s/REPLACE_ME/$(cat /secret)/" redis.conf`. Of a pattern, the part that is plain text.
pub(in crate::rules) fn replaced_by(script: &str) -> Vec<&str> {
    let script = if script.len() > LONGEST { "" } else { script };
    let commands = script.lines().filter(|line| line.contains("sed")).flat_map(substitutions);
    // A password that is put in from the script itself is one that everybody reads.
    let from_elsewhere = commands.filter(|(_, replacement)| replacement.contains(['$', '`']));
    from_elsewhere.filter_map(|(pattern, _)| plain(pattern)).collect()
}

/// True for a line in which one of them stands.
pub(in crate::rules) fn holds_one(line: &str, placeholders: &[&str]) -> bool {
    placeholders.iter().any(|placeholder| line.contains(placeholder))
}

/// Pattern and replacement of every `s/pattern/replacement/` in a line, whatever its delimiter.
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

/// The plain text that a pattern begins with; `None` where that is too little to tell a line by.
fn plain(pattern: &str) -> Option<&str> {
    let pattern = pattern.trim_start_matches('^');
    let end =
        pattern.find(['.', '*', '[', ']', '\\', '$', '^', '(', ')', '+', '?', '|', '"', '\'']).unwrap_or(pattern.len());
    let text = pattern.get(..end)?.trim();
    (text.len() >= SHORTEST).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_a_script_replaces() {
        let cases: &[(&str, &[&str])] = &[
            ("sed -i \"s/REPLACE_ME/$PASSWORD/g\" /conf/redis.conf", &["REPLACE_ME"]),
            ("sed -i 's|default-auth|'\"$AUTH\"'|' x", &["default-auth"]),
            ("sed -e \"s/@@USER@@/${U}/; s#@@PASS@@#$(cat /run/pw)#\" a > b", &["@@USER@@", "@@PASS@@"]),
            ("sed -i \"s/^requirepass .*/requirepass ${AUTH}/\" x", &["requirepass"]),
            ("sed -i \"s/secret\\/path/$X/\" x", &["secret"]),
            // What it puts in stands there for everybody to read.
            ("sed -i 's/REPLACE_ME/hunter2/' x", &[]),
            ("sed -i \"s/x/$PASSWORD/\" x", &[]),
            ("sed -i \"s/.*/$PASSWORD/\" x", &[]),
            ("echo s/REPLACE_ME/$PASSWORD/", &[]),
            ("sed", &[]),
            ("sed s", &[]),
            ("sed s/", &[]),
            ("", &[]),
        ];
        for (script, expected) in cases {
            assert_eq!(replaced_by(script), *expected, "{script}");
        }
    }
}
