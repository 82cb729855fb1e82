//! Where strings end, found for a whole text at once.
use wide::u8x64;

/// Bytes that are looked at together.
const EACH: usize = 64;

/// For each byte of a text a bit, set where in a string it would not stand for itself: a quote, a backslash, a control character.
pub(super) struct Marks {
    words: Vec<u64>,
}

impl Marks {
    pub(super) fn of(text: &[u8]) -> Self {
        let (whole, rest) = text.as_chunks::<EACH>();
        let mut words = Vec::with_capacity(whole.len() + 1);
        words.extend(whole.iter().map(|chunk| marked(*chunk)));
        let mut last = [b' '; EACH];
        last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        words.push(marked(last));
        Self { words }
    }

    /// The place of the first one at or after `at`; beyond the text where there is none.
    #[inline]
    pub(super) fn next(&self, at: usize) -> usize {
        match self.words.get(at / EACH).map_or(0, |word| word >> (at % EACH)) {
            0 => self.first_from(at / EACH + 1),
            word => at + word.trailing_zeros() as usize,
        }
    }

    fn first_from(&self, index: usize) -> usize {
        let mut words = (index..).zip(self.words.iter().skip(index));
        let found = words.find(|(_, word)| **word != 0);
        found.map_or(usize::MAX, |(index, word)| index * EACH + word.trailing_zeros() as usize)
    }
}

fn marked(chunk: [u8; EACH]) -> u64 {
    let bytes = u8x64::from(chunk);
    let control = bytes.min(u8x64::splat(0x1f)).simd_eq(bytes);
    (control | bytes.simd_eq(u8x64::splat(b'"')) | bytes.simd_eq(u8x64::splat(b'\\'))).to_bitmask()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_marked_or_not_wherever_it_stands() {
        for byte in 0..=u8::MAX {
            let is_marked = byte < 0x20 || byte == b'"' || byte == b'\\';
            for at in [0, 1, 15, 16, 63, 64, 65, 127, 128, 200] {
                let mut text = [b'x'; 201];
                text[at] = byte;
                for from in [0, at / 2, at] {
                    assert_eq!(Marks::of(&text).next(from), if is_marked { at } else { usize::MAX }, "{byte} at {at}");
                }
                assert_eq!(Marks::of(&text).next(at + 1), usize::MAX);
            }
        }
    }
}
