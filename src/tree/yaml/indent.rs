//! Lines whose indentation means nothing: inside quotation marks and between brackets.
//!
//! YAML, and the parser, want them indented like everything else, and by spaces. libyaml, and so `kubectl`, does not
//! care, and manifests are written so: descriptions in CRDs, JSON in annotations, lists indented by tabs. Their
//! indentation is put right and the document is read once more.

use super::hints::block_column;

/// How much a document may grow by, in bytes.
const GROWTH: usize = 4 << 20;

/// What to do about a part of the document.
enum Edit {
    /// A quoted text of several lines that starts in this column: the later ones go to the right of it.
    Quoted { column: usize, start: usize, end: usize },
    /// Indentation with tabs between brackets: spaces do as well.
    Tabs { start: usize, end: usize },
}

/// The document with such lines put right; `None` if there are none, if a quoted text has no end, or if the document
/// would grow too large. No line changes its number.
pub(super) fn reindent(document: &str) -> Option<String> {
    let mut scan = Scan { text: document, at: 0, line_start: 0, brackets: 0, value: true };
    let (mut out, mut copied) = (String::with_capacity(document.len() + document.len() / 4), 0);
    while let Some(edit) = scan.next_edit()? {
        let (Edit::Quoted { start, end, .. } | Edit::Tabs { start, end }) = edit;
        out.push_str(document.get(copied..start)?);
        let text = document.get(start..end)?;
        if let Edit::Quoted { column, .. } = edit {
            let mut lines = text.split_inclusive('\n');
            out.push_str(lines.next()?);
            for line in lines {
                if out.len() > document.len() + GROWTH {
                    return None;
                }
                out.extend(std::iter::repeat_n(' ', column + 1));
                out.push_str(line.trim_start_matches([' ', '\t']));
            }
        } else {
            out.extend(std::iter::repeat_n(' ', text.len()));
        }
        copied = end;
    }
    if copied == 0 {
        return None;
    }
    out.push_str(document.get(copied..)?);
    Some(out)
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
    line_start: usize,
    /// How many flow brackets are open.
    brackets: usize,
    /// Whether a value may start here.
    value: bool,
}

impl Scan<'_> {
    fn byte(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    /// The next part to put right. The outer `None`: a quoted text does not end.
    #[expect(clippy::option_option, reason = "no more parts, and a text that does not end, are different")]
    fn next_edit(&mut self) -> Option<Option<Edit>> {
        while let Some(byte) = self.byte(0) {
            let blank_after = self.byte(1).is_none_or(|next| next.is_ascii_whitespace());
            match byte {
                b'\n' => {
                    self.at += 1;
                    (self.line_start, self.value) = (self.at, true);
                    let start = self.at;
                    while matches!(self.byte(0), Some(b' ' | b'\t')) {
                        self.at += 1;
                    }
                    if self.brackets > 0 && self.text.get(start..self.at)?.contains('\t') {
                        return Some(Some(Edit::Tabs { start, end: self.at }));
                    }
                    continue;
                }
                b'#' if self.is_blank_before() => self.skip_to_line_end(),
                b'"' | b'\'' if self.value => {
                    let (start, column) = (self.at, self.at - self.line_start);
                    self.at = self.end_of_quoted(byte)?;
                    self.value = false;
                    if let Some(last) = self.text.get(start..self.at)?.rfind('\n') {
                        self.line_start = start + last + 1;
                        return Some(Some(Edit::Quoted { column, start, end: self.at }));
                    }
                    continue;
                }
                b'|' | b'>' if self.value && self.brackets == 0 => {
                    self.skip_block();
                    continue;
                }
                b'-' | b'?' | b':' if blank_after => self.value = true,
                b'[' | b'{' if self.value => self.brackets += 1,
                b',' if self.brackets > 0 => self.value = true,
                b':' if self.brackets > 0 && matches!(self.byte(1), Some(b'"' | b'\'' | b'[' | b'{')) => {
                    self.value = true;
                }
                b']' | b'}' if self.brackets > 0 => {
                    self.brackets -= 1;
                    self.value = false;
                }
                b'&' | b'!' if self.value => {
                    while self.byte(1).is_some_and(|next| !next.is_ascii_whitespace()) {
                        self.at += 1;
                    }
                }
                b' ' | b'\t' | b'\r' => {}
                _ => self.value = false,
            }
            self.at += 1;
        }
        Some(None)
    }

    fn is_blank_before(&self) -> bool {
        let before = self.at.checked_sub(1).and_then(|at| self.text.as_bytes().get(at));
        before.is_none_or(u8::is_ascii_whitespace)
    }

    /// To the last byte of the line.
    fn skip_to_line_end(&mut self) {
        while self.byte(1).is_some_and(|next| next != b'\n') {
            self.at += 1;
        }
    }

    /// Behind the closing quotation mark.
    fn end_of_quoted(&self, quote: u8) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let mut at = self.at + 1;
        loop {
            match *bytes.get(at)? {
                b'\\' if quote == b'"' => at += 1,
                byte if byte == quote && quote == b'\'' && bytes.get(at + 1) == Some(&quote) => at += 1,
                byte if byte == quote => return Some(at + 1),
                _ => {}
            }
            at += 1;
        }
    }

    /// From the header of a block scalar to the first line behind it.
    fn skip_block(&mut self) {
        self.skip_to_line_end();
        let header = self.text.get(self.line_start..=self.at).unwrap_or_default();
        let column = block_column(header);
        self.at += 1;
        let Some(column) = column else { return };
        while let Some(rest) = self.text.get(self.at + 1..).filter(|_| self.byte(0) == Some(b'\n')) {
            let line = rest.split('\n').next().unwrap_or_default();
            let indent = line.len() - line.trim_start_matches(' ').len();
            if !line.trim().is_empty() && indent <= column {
                return;
            }
            self.at += 1 + line.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_quoted_lines_move() {
        assert_eq!(reindent("a: 'x\ny'\nb: 1\n").as_deref(), Some("a: 'x\n    y'\nb: 1\n"));
        assert_eq!(reindent("a: \"x\\\"\n y\\\\\"\n").as_deref(), Some("a: \"x\\\"\n    y\\\\\"\n"));
        assert_eq!(reindent("- 'it''s\n'\n- 'b\n\n  c'").as_deref(), Some("- 'it''s\n   '\n- 'b\n   \n   c'"));
        assert_eq!(reindent("[{\"a\":'x\ny'}, 'z\n']").as_deref(), Some("[{\"a\":'x\n       y'}, 'z\n      ']"));
        assert_eq!(reindent("a: &x !t 'x\ny'").as_deref(), Some("a: &x !t 'x\n          y'"));
    }

    #[test]
    fn tabs_between_brackets_are_spaces() {
        assert_eq!(reindent("a: [\n\t1, {\n \t\tb: '\t'}]\n").as_deref(), Some("a: [\n 1, {\n   b: '\t'}]\n"));
        assert_eq!(reindent("a: [1]\n\tb: [']']\n\tc"), None);
    }

    #[test]
    fn what_is_not_quoted_stays() {
        for text in [
            "a: 'x'\nb: \"y\"\n",
            "a: it's\nb: it's\n",
            "# don't\na: 1 # don't\n",
            "a: |\n  'x\n  y\nb: 1\n",
            "- a: >-\n    'x\n  b: 'y'\n",
            "a: |",
            "a: 'never closed\n",
            "",
        ] {
            assert_eq!(reindent(text), None, "{text:?}");
        }
    }

    #[test]
    fn growth_is_bounded() {
        let text = format!("{}'{}'", " ".repeat(100_000), "x\n".repeat(100_000));
        assert_eq!(reindent(&text), None);
    }
}
