//! Names taken apart, and sets of letters by which nearly every name is told at the price of one comparison.

/// A set of letters and digits, without regard to case; all other characters count as one.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Letters(u64);

impl Letters {
    fn bit(letter: u8) -> u64 {
        match letter {
            b'a'..=b'z' => 1 << (letter - b'a'),
            b'A'..=b'Z' => 1 << (letter - b'A'),
            b'0'..=b'9' => 1 << (26 + letter - b'0'),
            _ => 1 << 36,
        }
    }

    pub(super) fn contains(self, letter: u8) -> bool {
        self.0 & Self::bit(letter) != 0
    }

    pub(super) fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl FromIterator<u8> for Letters {
    fn from_iter<T: IntoIterator<Item = u8>>(letters: T) -> Self {
        Self(letters.into_iter().fold(0, |set, letter| set | Self::bit(letter)))
    }
}

/// The letters that a word may begin with, behind its dashes, if it is the option `name`: the letter of `-c name` and that of the
/// name, and the `l` of `--loose-name`.
pub(super) fn first_letters(name: &str) -> impl Iterator<Item = u8> {
    let loose = name.starts_with("--").then_some(b'l');
    name.split(' ').filter_map(first_letter).chain(loose)
}

/// The first letter of a word behind its dashes; `None` for a word that is no option.
pub(super) fn first_letter(word: &str) -> Option<u8> {
    word.trim_start_matches('-').bytes().next()
}

/// Whether the letters and digits of a name end so, whatever their case.
pub(super) fn ends_with(name: &str, end: &str) -> bool {
    let bare = name.trim_end_matches(|c: char| !c.is_ascii_alphanumeric()).as_bytes();
    let tail = bare.len().checked_sub(end.len()).and_then(|at| bare.get(at..));
    tail.is_some_and(|tail| tail.eq_ignore_ascii_case(end.as_bytes()))
}

/// The words of a name in lower case: `rootPassword`, `ROOT_PASSWORD`, `root-password`.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for c in name.chars() {
        let begins = !c.is_ascii_alphanumeric() || (was_lower && c.is_ascii_uppercase());
        if begins && words.last().is_some_and(|w| !w.is_empty()) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_ascii_alphanumeric()) {
            word.push(c.to_ascii_lowercase());
        }
        was_lower = c.is_ascii_lowercase();
    }
    words.retain(|w| !w.is_empty());
    words
}
