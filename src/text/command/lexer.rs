//! Splits a shell script into words and operators. Accepts everything: what a shell would refuse ends at the end of
//! the text. The work is linear in its length.

use super::{builder::Builder, ends, word::Word};
use std::{borrow::Cow, ops::Range};

/// What stands between two commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    /// A line break or `;`.
    Next,
    /// `;;`, `;&` or `;;&`.
    CaseEnd,
    And,
    Or,
    Pipe,
    Background,
    Open,
    Close,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Word(Word<'a>),
    Operator(Operator),
    End,
}

pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    /// Here-documents whose text starts on the next line: their last line, and whether tabs before it count.
    heredocs: Vec<(Cow<'a, str>, bool)>,
    /// The insides of command substitutions seen so far.
    pub(super) substitutions: Vec<Range<usize>>,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, heredocs: Vec::new(), substitutions: Vec::new() }
    }

    pub(super) fn slice(&self, range: Range<usize>) -> &'a str {
        self.text.get(range).unwrap_or_default()
    }

    /// The byte `ahead` of the current one; 0 behind the end.
    fn byte(&self, ahead: usize) -> u8 {
        self.byte_at(self.at + ahead)
    }

    fn byte_at(&self, at: usize) -> u8 {
        ends::byte_at(self.text, at)
    }

    fn done(&self) -> bool {
        self.at >= self.text.len()
    }

    /// The next word or operator. Comments, redirections and here-documents are passed over.
    pub(super) fn next(&mut self) -> Token<'a> {
        loop {
            if self.done() {
                return Token::End;
            }
            match (self.byte(0), self.byte(1)) {
                (b' ' | b'\t' | b'\r', _) => self.at += 1,
                (b'\\', b'\n') => self.at += 2,
                (b'\\', b'\r') if self.byte(2) == b'\n' => self.at += 3,
                (b'#', _) => self.skip_line(),
                (b'\n', _) => {
                    self.at += 1;
                    self.skip_heredocs();
                    return Token::Operator(Operator::Next);
                }
                (b'<' | b'>', b'(') => return Token::Word(self.word()),
                (b'<' | b'>', _) => self.redirection(),
                (b'&', b'>') => {
                    self.at += 1;
                    self.redirection();
                }
                (b'0'..=b'9', _) if self.is_redirection_number() => self.redirection(),
                (b';', b';' | b'&') => return self.operator(2 + usize::from(self.byte(2) == b'&'), Operator::CaseEnd),
                (b';', _) => return self.operator(1, Operator::Next),
                (b'&', b'&') => return self.operator(2, Operator::And),
                (b'&', _) => return self.operator(1, Operator::Background),
                (b'|', b'|') => return self.operator(2, Operator::Or),
                (b'|', b'&') => return self.operator(2, Operator::Pipe),
                (b'|', _) => return self.operator(1, Operator::Pipe),
                (b'(', _) => return self.operator(1, Operator::Open),
                (b')', _) => return self.operator(1, Operator::Close),
                _ => return Token::Word(self.word()),
            }
        }
    }

    fn operator(&mut self, length: usize, operator: Operator) -> Token<'a> {
        self.at = (self.at + length).min(self.text.len());
        Token::Operator(operator)
    }

    /// Behind the first of `((`: if this is arithmetic and not two subshells, passes over it to behind its `))`.
    pub(super) fn skip_arithmetic(&mut self) -> bool {
        let end = ends::of_parentheses(self.text, self.at + 1);
        let found = self.byte(0) == b'(' && self.byte_at(end) == b')' && self.byte_at(end + 1) == b')';
        if found {
            self.at = end + 2;
        }
        found
    }

    /// Passes over a closing parenthesis, if only blanks stand before it.
    pub(super) fn closes_here(&mut self) -> bool {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let after = rest.trim_start_matches([' ', '\t']).strip_prefix(')');
        if let Some(after) = after {
            self.at = self.text.len() - after.len();
        }
        after.is_some()
    }

    /// After `[[`: passes over the condition, to behind its `]]`. Its words, where it is a single test of few.
    pub(super) fn condition(&mut self) -> Option<Vec<Word<'a>>> {
        /// `! -s FILE` has three; what has more compares.
        const MOST: usize = 4;
        let (mut words, mut is_single) = (Vec::new(), true);
        while !self.done() {
            match self.byte(0) {
                b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
                b'&' | b'|' | b'<' | b'>' | b'(' | b')' | b';' => {
                    is_single = false;
                    self.at += 1;
                }
                _ => {
                    let word = self.word();
                    if word.plain && word.text == "]]" {
                        return is_single.then_some(words);
                    }
                    is_single &= words.len() < MOST;
                    if is_single {
                        words.push(word);
                    }
                }
            }
        }
        None
    }

    fn skip_line(&mut self) {
        self.at = self.text.get(self.at..).and_then(|rest| rest.find('\n')).map_or(self.text.len(), |n| self.at + n);
    }

    /// Digits directly before `<` or `>`: the number of a file descriptor.
    fn is_redirection_number(&self) -> bool {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        digits <= 4 && matches!(rest.get(digits), Some(b'<' | b'>'))
    }

    fn redirection(&mut self) {
        while self.byte(0).is_ascii_digit() {
            self.at += 1;
        }
        let start = self.at;
        while matches!(self.byte(0), b'<' | b'>' | b'&' | b'|') || (self.at == start + 2 && self.byte(0) == b'-') {
            self.at += 1;
            // `<<<`, `>>`, `<<-`, `>&`, `>|` are the longest.
            if self.at - start == 3 || matches!(self.byte_at(self.at - 1), b'&' | b'|') {
                break;
            }
        }
        let operator = self.slice(start..self.at);
        while matches!(self.byte(0), b' ' | b'\t') {
            self.at += 1;
        }
        if matches!(self.byte(0), b'\n' | b'\r' | b';' | b')' | 0) {
            return;
        }
        let target = self.word();
        if matches!(operator, "<<" | "<<-") {
            self.heredocs.push((target.text, operator == "<<-"));
        }
    }

    fn skip_heredocs(&mut self) {
        for (end, tabs) in std::mem::take(&mut self.heredocs) {
            while !self.done() {
                let start = self.at;
                self.skip_line();
                let line = self.slice(start..self.at).trim_end_matches('\r');
                self.at = (self.at + 1).min(self.text.len());
                if (if tabs { line.trim_start_matches('\t') } else { line }) == end {
                    break;
                }
            }
        }
    }

    fn word(&mut self) -> Word<'a> {
        let mut out = Builder::new(self.text);
        if matches!(self.byte(0), b'<' | b'>') && self.byte(1) == b'(' {
            // `<(command)`: a file that stands for the output.
            out.literal = false;
            self.substitution(&mut out);
        }
        while !self.done() {
            match self.byte(0) {
                b' ' | b'\t' | b'\n' | b'\r' | b'|' | b'&' | b';' | b'<' | b'>' | b'(' | b')' => break,
                b'\'' => {
                    out.plain = false;
                    let end = self.text.get(self.at + 1..).and_then(|rest| rest.find('\''));
                    let end = end.map_or(self.text.len(), |n| self.at + 1 + n);
                    out.push(self.at + 1..end);
                    self.at = (end + 1).min(self.text.len());
                }
                b'"' => {
                    out.plain = false;
                    self.at += 1;
                    self.double_quoted(&mut out);
                }
                b'\\' => self.escape(&mut out),
                b'$' | b'`' => self.expansion(&mut out, false),
                _ => self.run(&mut out, b" \t\n\r|&;<>()'\"\\$`"),
            }
        }
        out.finish()
    }

    fn escape(&mut self, out: &mut Builder<'a>) {
        out.plain = false;
        let next = self.at + 1;
        match self.byte_at(next) {
            b'\n' => self.at += 2,
            b'\r' if self.byte_at(next + 1) == b'\n' => self.at += 3,
            _ => {
                // A whole character, which may be several bytes.
                let length = self.text.get(next..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
                out.push(next..next + length);
                self.at = next + length;
            }
        }
    }

    /// Behind the opening quotation mark.
    fn double_quoted(&mut self, out: &mut Builder<'a>) {
        out.push(self.at..self.at);
        while !self.done() {
            match self.byte(0) {
                b'"' => {
                    self.at += 1;
                    return;
                }
                b'\\' if matches!(self.byte(1), b'"' | b'\\' | b'$' | b'`' | b'\n') => self.escape(out),
                b'$' | b'`' => self.expansion(out, true),
                _ => self.run(out, b"\"\\$`"),
            }
        }
    }

    /// Takes one byte and all that follow it up to one of `ends`.
    fn run(&mut self, out: &mut Builder<'a>, ends: &[u8]) {
        let rest = self.text.as_bytes().get(self.at + 1..).unwrap_or_default();
        let length = 1 + rest.iter().position(|byte| ends.contains(byte)).unwrap_or(rest.len());
        out.push(self.at..self.at + length);
        self.at += length;
    }

    /// At a dollar sign or a backquote.
    fn expansion(&mut self, out: &mut Builder<'a>, quoted: bool) {
        let start = self.at;
        match (self.byte(0), self.byte(1)) {
            (b'$', b'\'') if !quoted => {
                // `$'...'`: escapes stay as written, only the end has to be found.
                out.plain = false;
                let end = ends::unescaped(self.text, start + 2, b'\'');
                out.push(start + 2..end);
                self.at = (end + 1).min(self.text.len());
                return;
            }
            (b'$', b'"') if !quoted => {
                self.at += 1;
                return;
            }
            (b'$', b'(') | (b'`', _) => return self.substitution(out),
            (b'$', b'{') => self.at = ends::of_braces(self.text, start + 2),
            (b'$', b'a'..=b'z' | b'A'..=b'Z' | b'_') => {
                self.at += 1;
                while matches!(self.byte(0), b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_') {
                    self.at += 1;
                }
            }
            (b'$', b'0'..=b'9' | b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!') => self.at += 2,
            _ => {
                self.at += 1;
                out.push(start..self.at);
                return;
            }
        }
        out.literal = false;
        out.push(start..self.at);
    }

    /// At `$(`, `<(`, `>(` or a backquote: keeps it as written and remembers its inside.
    fn substitution(&mut self, out: &mut Builder<'a>) {
        let start = self.at;
        let inside = if self.byte(0) == b'`' {
            let end = ends::unescaped(self.text, start + 1, b'`');
            start + 1..end
        } else {
            start + 2..ends::of_parentheses(self.text, start + 2)
        };
        self.at = (inside.end + 1).min(self.text.len());
        if self.byte_at(inside.start) != b'(' {
            self.substitutions.push(inside);
        }
        out.literal = false;
        out.push(start..self.at);
    }
}
