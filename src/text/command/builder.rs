//! Words out of pieces of a text.

use super::word::Word;
use std::{borrow::Cow, ops::Range};

/// Puts a word together from pieces of the text, copying only if they do not lie side by side.
pub(super) struct Builder<'a> {
    text: &'a str,
    range: Range<usize>,
    /// In bytes, since a piece may end inside a character that the next one completes.
    owned: Option<Vec<u8>>,
    pub(super) literal: bool,
    pub(super) plain: bool,
}

impl<'a> Builder<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, range: 0..0, owned: None, literal: true, plain: true }
    }

    fn bytes(&self, range: Range<usize>) -> &'a [u8] {
        self.text.as_bytes().get(range).unwrap_or_default()
    }

    pub(super) fn push(&mut self, piece: Range<usize>) {
        if self.owned.is_none() && (self.range.is_empty() || self.range.end == piece.start) {
            self.range = if self.range.is_empty() { piece } else { self.range.start..piece.end };
            return;
        }
        let start = self.bytes(self.range.clone());
        let piece = self.bytes(piece);
        self.owned.get_or_insert_with(|| start.to_vec()).extend_from_slice(piece);
    }

    pub(super) fn finish(self) -> Word<'a> {
        let text = match self.owned {
            Some(owned) => Cow::Owned(String::from_utf8_lossy(&owned).into_owned()),
            None => Cow::Borrowed(self.text.get(self.range).unwrap_or_default()),
        };
        Word { text, literal: self.literal, plain: self.plain }
    }
}
