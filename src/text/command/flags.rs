//! Options on a command line, asked for one at a time: only who asks knows whether an option takes a value.

/// The arguments of a program.
#[derive(Clone, Copy)]
pub struct Flags<'w, S> {
    words: &'w [S],
}

/// An option that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flag<'w> {
    /// Which argument it is, from 0.
    pub index: usize,
    /// What stands in the same word: after the equals sign, or glued to the letter.
    pub attached: Option<&'w str>,
    /// The next word, if that does not look like an option.
    pub following: Option<&'w str>,
}

impl<'w> Flag<'w> {
    /// The value of an option that takes one.
    #[must_use]
    pub fn value(self) -> Option<&'w str> {
        self.attached.or(self.following)
    }
}

/// How an option is written, by the way that it is asked for.
#[derive(Clone, Copy)]
enum Shape<'k> {
    /// `--name`: `--name=value`, `--name value`, with one dash as well (etcd), in any case, `-` and `_` being equal
    /// (mysqld, PostgreSQL), after `--loose-` too (mysqld).
    Long(&'k str),
    /// `-p`: `-p value`, `-pvalue`. The case counts.
    Short(&'k str),
    /// `-Xmx`: glued to a number or a variable, after an equals sign, or in the next word. The case counts.
    Glued(&'k str),
    /// `-c name`: `-c name=value`, `-cname=value`, and `--name=value`, which PostgreSQL takes as the same.
    Setting(&'k str, &'k str),
}

impl<'k> Shape<'k> {
    fn of(key: &'k str) -> Self {
        if let Some(name) = key.strip_prefix("--") {
            return Self::Long(name);
        }
        match key.split_once(' ') {
            Some((letter, name)) => Self::Setting(letter, name.trim()),
            None if key.chars().count() == 2 => Self::Short(key),
            None => Self::Glued(key),
        }
    }

    /// Where the value starts in `word`, if this is the option: `Some(None)` for the option alone.
    fn matches(self, word: &str) -> Option<Option<&str>> {
        match self {
            Self::Long(name) => {
                let long = word.strip_prefix("--").or_else(|| word.strip_prefix('-'))?;
                // Nearly every word is another option; `--loose-name` alone may begin with another letter.
                let first = long.bytes().next().map_or(0, fold);
                if first != b'l' && first != name.bytes().next().map_or(0, fold) {
                    return None;
                }
                let (found, value) = split_value(long);
                let found = if name.len() < found.len() { strip_loose(found) } else { found };
                same_name(found, name).then_some(value)
            }
            Self::Short(letter) if word.starts_with("--") => (word == letter).then_some(None),
            Self::Short(letter) => {
                let rest = word.strip_prefix(letter)?;
                Some(if rest.is_empty() { None } else { Some(rest.strip_prefix('=').unwrap_or(rest)) })
            }
            Self::Glued(key) => {
                let rest = word.strip_prefix(key)?;
                match rest.bytes().next() {
                    None => Some(None),
                    Some(b'=') => Some(rest.get(1..)),
                    Some(b'0'..=b'9' | b'$') => Some(Some(rest)),
                    Some(_) => None,
                }
            }
            Self::Setting(letter, name) => {
                let setting = word.strip_prefix(letter).filter(|rest| !rest.is_empty());
                let (found, value) = split_value(setting.or_else(|| word.strip_prefix("--"))?);
                (value.is_some() && same_name(found.trim_end(), name)).then_some(value)
            }
        }
    }
}

impl<'w, S: AsRef<str>> Flags<'w, S> {
    /// Wraps the arguments, without the program.
    #[must_use]
    pub fn new(words: &'w [S]) -> Self {
        Self { words }
    }

    /// The last occurrence of an option, which is the one that counts. Ask for it as
    ///
    /// * `--name`: finds `--name`, `--name=value`, `--name value`, `--NA_ME=value`, `-name=value`, `--loose-name`;
    /// * `-p`: finds `-p value` and `-pvalue`, not `-P`;
    /// * `-Xmx`: finds `-Xmx512m`;
    /// * `-c name`, `-E name`: finds `-c name=value`, `-cname=value` and `--name=value`.
    ///
    /// Nothing after a bare `--` is an option.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Flag<'w>> {
        self.all(key).last()
    }

    /// Whether the option is there, with or without a value.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.all(key).next().is_some()
    }

    /// The value of the last occurrence: `Some("")` where it is written and empty.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&'w str> {
        self.get(key)?.value()
    }

    /// Every occurrence of an option, in order.
    pub fn all<'k>(&self, key: &'k str) -> impl Iterator<Item = Flag<'w>> + use<'w, 'k, S> {
        let (words, shape) = (self.words, Shape::of(key));
        let end = words.iter().position(|word| word.as_ref() == "--").unwrap_or(words.len());
        let text = move |at: usize| words.get(at).filter(|_| at < end).map(AsRef::as_ref);
        (0..end).filter_map(move |index| {
            let word: &'w str = text(index)?;
            if let Shape::Setting(letter, name) = shape
                && word == letter
            {
                let (found, value) = split_value(text(index + 1)?);
                return same_name(found.trim_end(), name).then_some(Flag { index, attached: value, following: None });
            }
            let attached = shape.matches(word)?;
            let following = text(index + 1).filter(|_| attached.is_none()).filter(|next| !looks_like_option(next));
            Some(Flag { index, attached, following })
        })
    }

    /// All words after an option up to the next one: `900 1` of `--save 900 1 --appendonly yes`.
    pub fn values(&self, flag: Flag<'w>) -> impl Iterator<Item = &'w str> + use<'w, S> {
        let rest = self.words.get(flag.index + 1..).unwrap_or_default();
        flag.attached.into_iter().chain(rest.iter().map(AsRef::as_ref).take_while(|word| !looks_like_option(word)))
    }
}

/// `-` and negative numbers are values.
fn looks_like_option(word: &str) -> bool {
    word.strip_prefix('-').is_some_and(|rest| rest.starts_with(|c: char| !c.is_ascii_digit() && c != '.'))
}

fn split_value(text: &str) -> (&str, Option<&str>) {
    match text.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (text, None),
    }
}

/// mysqld ignores an option it does not know if it is written so.
fn strip_loose(name: &str) -> &str {
    match name.split_at_checked(6) {
        Some((prefix, rest)) if same_name(prefix, "loose-") => rest,
        _ => name,
    }
}

/// Case does not count, and dashes are underscores: no engine has two options that differ in nothing else.
pub(crate) fn same_name(a: impl AsRef<[u8]>, b: impl AsRef<[u8]>) -> bool {
    let (a, b) = (a.as_ref(), b.as_ref());
    a.len() == b.len() && a.iter().map(|byte| fold(*byte)).eq(b.iter().map(|byte| fold(*byte)))
}

const fn fold(byte: u8) -> u8 {
    if byte == b'_' { b'-' } else { byte.to_ascii_lowercase() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn value<'a>(line: &'a str, key: &str) -> Option<&'a str> {
        let words: Vec<&'a str> = line.split(' ').collect();
        let found = Flags::new(&words).value(key)?;
        // The words borrow from the line; the vector does not live long enough.
        line.find(found).and_then(|at| line.get(at..at + found.len()))
    }

    #[test]
    fn finds_options_in_every_spelling() {
        let cases = [
            ("--innodb-buffer-pool-size=512M", "--innodb-buffer-pool-size", Some("512M")),
            ("--innodb_buffer_pool_size=512M", "--innodb-buffer-pool-size", Some("512M")),
            ("--innodb_buffer_pool_size 512M", "--innodb-buffer-pool-size", Some("512M")),
            ("--INNODB-buffer_pool-size=512M", "--innodb-buffer-pool-size", Some("512M")),
            ("--loose-innodb-buffer-pool-size=512M", "--innodb-buffer-pool-size", Some("512M")),
            ("--innodb-buffer-pool=1 --x", "--innodb-buffer-pool-size", None),
            ("--a=1 --a=2", "--a", Some("2")),
            ("--a --b", "--a", None),
            ("--a -1", "--a", Some("-1")),
            ("--a -", "--a", Some("-")),
            ("-data-dir=/x", "--data-dir", Some("/x")),
            ("-data-dir /x", "--data-dir", Some("/x")),
            ("--url=a=b", "--url", Some("a=b")),
            ("-p secret", "-p", Some("secret")),
            ("-psecret", "-p", Some("secret")),
            ("-P 3306", "-p", None),
            ("--port=3306", "-p", None),
            ("-c shared_buffers=1GB", "-c shared_buffers", Some("1GB")),
            ("-cshared_buffers=1GB", "-c shared_buffers", Some("1GB")),
            ("-c Shared_Buffers=1GB", "-c shared_buffers", Some("1GB")),
            ("--shared-buffers=1GB", "-c shared_buffers", Some("1GB")),
            ("-c fsync=off -c fsync=on", "-c fsync", Some("on")),
            ("-c fsync", "-c fsync", None),
            ("-Ecluster.name=x", "-E cluster.name", Some("x")),
            ("-E cluster.name=x", "-E cluster.name", Some("x")),
            ("-E xpack.security.enabled=false", "-E xpack.security.enabled", Some("false")),
            ("-Xmx512m", "-Xmx", Some("512m")),
            ("-Xmx${HEAP}", "-Xmx", Some("${HEAP}")),
            ("-Xmxlarge", "-Xmx", None),
            ("-XX:MaxRAMPercentage=75.0", "-XX:MaxRAMPercentage", Some("75.0")),
            ("x -- --a=1", "--a", None),
            ("--requirepass $(PASSWORD)", "--requirepass", Some("$(PASSWORD)")),
        ];
        for (line, key, expected) in cases {
            assert_eq!(value(line, key), expected, "{key} in {line}");
        }
    }

    #[test]
    fn an_empty_value_is_a_value() {
        let words = ["--save", "", "--appendonly", "yes"];
        let flags = Flags::new(&words);
        assert_eq!(flags.value("--save"), Some(""));
        assert_eq!(flags.get("--save").map(|flag| flags.values(flag).collect::<Vec<_>>()), Some(vec![""]));
        assert_eq!(Flags::new(&["--save="]).value("--save"), Some(""));
    }

    #[test]
    fn options_may_have_several_values() {
        let words = ["--save", "900", "1", "300", "10", "--appendonly", "yes"];
        let flags = Flags::new(&words);
        assert_eq!(flags.get("--save").map(|flag| flags.values(flag).count()), Some(4));
    }

    #[test]
    fn tells_glued_from_following() {
        // For mysql a blank after -p means: ask for it.
        let words = ["-p", "db"];
        let flag = Flags::new(&words).get("-p");
        assert_eq!(flag, Some(Flag { index: 0, attached: None, following: Some("db") }));
        assert!(Flags::new(&["--skip-grant-tables"]).has("--skip_grant_tables"));
        assert!(!Flags::new(&["skip-grant-tables"]).has("--skip-grant-tables"));
    }

    proptest! {
        #[test]
        fn any_words_are_no_panic(words in prop::collection::vec("\\PC{0,12}|-{0,2}[a-z_=-]{0,8}", 0..8), key in "-{1,2}[a-z]{0,4}( [a-z]{1,3})?|\\PC{0,4}") {
            let flags = Flags::new(&words);
            for flag in flags.all(&key) {
                let _ = (flag.value(), flags.values(flag).count());
            }
        }

        #[test]
        fn the_last_one_wins(values in prop::collection::vec("[a-z0-9]{1,6}", 1..6), glued in any::<bool>()) {
            let words: Vec<String> = if glued {
                values.iter().map(|value| format!("--data-dir={value}")).collect()
            } else {
                values.iter().flat_map(|value| ["--data_dir".to_owned(), value.clone()]).collect()
            };
            prop_assert_eq!(Flags::new(&words).value("--data-dir"), values.last().map(String::as_str));
        }
    }
}
