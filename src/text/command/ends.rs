//! Where quotes, substitutions and braces end. All take the position behind what opens them, and give the end of the text where
//! nothing closes them.

/// How deep quotes and substitutions are followed into each other while looking for the end of one.
const NESTING: u8 = 16;

/// The byte at a position; 0 behind the end.
pub(super) fn byte_at(text: &str, at: usize) -> u8 {
    text.as_bytes().get(at).copied().unwrap_or(0)
}

/// Where the first `end` stands that no backslash precedes.
pub(super) fn unescaped(text: &str, mut at: usize, end: u8) -> usize {
    while at < text.len() && byte_at(text, at) != end {
        at += 1 + usize::from(byte_at(text, at) == b'\\');
    }
    at.min(text.len())
}

/// Where the parenthesis closes that was opened before `at`.
pub(super) fn of_parentheses(text: &str, at: usize) -> usize {
    parentheses(text, at, 0)
}

fn parentheses(text: &str, mut at: usize, nesting: u8) -> usize {
    let mut open = 0_usize;
    while at < text.len() {
        match byte_at(text, at) {
            b'\\' => at += 1,
            b'\'' => at = text.get(at + 1..).and_then(|rest| rest.find('\'')).map_or(at, |n| at + 1 + n),
            b'"' if nesting < NESTING => at = quotes(text, at + 1, nesting + 1),
            b'(' => open += 1,
            b')' if open == 0 => return at,
            b')' => open -= 1,
            _ => {}
        }
        at += 1;
    }
    text.len()
}

fn quotes(text: &str, mut at: usize, nesting: u8) -> usize {
    while at < text.len() {
        match (byte_at(text, at), byte_at(text, at + 1)) {
            (b'"', _) => return at,
            (b'\\', _) => at += 1,
            (b'$', b'(') if nesting < NESTING => at = parentheses(text, at + 2, nesting + 1),
            _ => {}
        }
        at += 1;
    }
    text.len()
}

/// Behind the brace that closes the one opened before `at`.
pub(super) fn of_braces(text: &str, mut at: usize) -> usize {
    let mut open = 0_usize;
    while at < text.len() {
        match byte_at(text, at) {
            b'\\' => at += 1,
            b'{' => open += 1,
            b'}' if open == 0 => return at + 1,
            b'}' => open -= 1,
            // An unclosed brace does not swallow the rest of the script.
            b'\n' => return at,
            _ => {}
        }
        at += 1;
    }
    text.len()
}
