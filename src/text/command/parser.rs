//! From words and operators to simple commands, and whether each certainly runs.

use super::{
    Entry, Script, Traits,
    lexer::{Lexer, Operator, Token},
    word::{Word, assignment},
    wrapper::{Inner, Unwrapped, basename, unwrap},
};
use std::borrow::Cow;

/// Bounds of one reading: enough for any script that a person would keep in a manifest.
const TEXT: usize = 256 * 1024;
const WORDS: usize = 32 * 1024;
const CALLS: usize = 4096;
const BLOCKS: usize = 256;
/// Scripts in scripts: `sh -c` and `$(...)`.
const DEPTH: u8 = 4;
/// Arguments that stand for `"$@"`.
const ARGUMENTS: usize = 64;

pub(super) fn of_words(mut words: Vec<Word<'_>>) -> Script<'_> {
    let complete = words.len() <= WORDS;
    words.truncate(WORDS);
    let (end, implicit) = (words.len(), words.first().is_some_and(|word| word.text.starts_with('-')));
    let mut out = Script { words, calls: Vec::new(), complete };
    let traits = Traits { implicit, ..Traits::default() };
    if end > 0 {
        command(&mut out, 0..end, traits, None, 0);
    }
    out
}

pub(super) fn of_text(text: &str) -> Script<'_> {
    let mut out = Script { words: Vec::new(), calls: Vec::new(), complete: true };
    Parser::new(text, &mut out, Traits::default(), 0).run();
    out
}

/// Records a command that stands in `range`, or the commands of the script that it gives to a shell.
fn command<'a>(out: &mut Script<'a>, range: std::ops::Range<usize>, traits: Traits, directory: Option<u32>, depth: u8) {
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
    out.calls.push(Entry { start, program: small(program), end, directory, traits });
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
            (parser.errexit, parser.arguments) = (errexit, arguments);
            parser.run();
        }
        Cow::Owned(text) => {
            let text = text.clone();
            let mut inner = Script { words: Vec::new(), calls: Vec::new(), complete: true };
            let mut parser = Parser::new(&text, &mut inner, traits, depth + 1);
            (parser.errexit, parser.arguments) = (errexit, arguments);
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
    out.words.extend(inner.words.into_iter().map(Word::into_owned));
    out.calls.extend(inner.calls.into_iter().map(|entry| Entry {
        start: entry.start + offset,
        program: entry.program + offset,
        end: entry.end + offset,
        directory: entry.directory.map(|at| at + offset),
        traits: entry.traits,
    }));
}

/// What a builtin does to the commands after it.
enum Effect {
    None,
    /// The first command that fails ends the script.
    Errexit,
    /// They run in the directory that this word names; `None`: nobody knows where.
    Directory(Option<u32>),
    /// They are not reached, up to the end of the innermost block of these kinds.
    Leave(&'static [Kind]),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Root,
    If,
    Loop,
    For,
    Case,
    Group,
    Subshell,
    Function,
}

/// An open compound command.
#[derive(Clone, Copy, Debug)]
struct Block {
    kind: Kind,
    /// Whether its commands may be skipped, by where it stands.
    inherited: bool,
    /// Whether the commands that come now may be skipped: in a branch, or behind a way out.
    conditional: bool,
    function: bool,
    /// The state of the list around it.
    outer: Chain,
    /// Where the script was when it opened.
    directory: Option<u32>,
}

/// A list of commands joined by `&&` and `||`.
#[derive(Clone, Copy, Debug, Default)]
struct Chain {
    conditional: bool,
    /// The command before was one that is there to fail or not.
    test: bool,
    /// It was `true`, `:` or the like: a loop over it has no condition.
    constant: bool,
    negated: bool,
    piped: bool,
}

struct Parser<'a, 'o> {
    lexer: Lexer<'a>,
    text_complete: bool,
    out: &'o mut Script<'a>,
    blocks: Vec<Block>,
    chain: Chain,
    errexit: bool,
    /// `"$@"`, without `$0`.
    arguments: Vec<Word<'a>>,
    /// Functions that leave the script.
    leaving: Vec<Cow<'a, str>>,
    /// The function whose body comes next, and those whose bodies are open.
    names: Vec<Cow<'a, str>>,
    function_next: bool,
    /// `&&`, `||` or `|` came last: a line break does not end the list.
    joined: bool,
    directory: Option<u32>,
    base: Traits,
    depth: u8,
}

impl<'a, 'o> Parser<'a, 'o> {
    fn new(text: &'a str, out: &'o mut Script<'a>, base: Traits, depth: u8) -> Self {
        let mut end = text.len().min(TEXT);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let root = Block {
            kind: Kind::Root,
            inherited: base.conditional,
            conditional: base.conditional,
            function: base.function,
            outer: Chain::default(),
            directory: None,
        };
        Self {
            lexer: Lexer::new(text.get(..end).unwrap_or_default()),
            text_complete: end == text.len(),
            out,
            blocks: vec![root],
            chain: Chain::default(),
            errexit: false,
            arguments: Vec::new(),
            leaving: Vec::new(),
            names: Vec::new(),
            function_next: false,
            joined: false,
            directory: None,
            base: Traits { implicit: false, ..base },
            depth,
        }
    }

    fn run(mut self) {
        self.out.complete &= self.text_complete;
        loop {
            if self.out.words.len() >= WORDS || self.out.calls.len() >= CALLS || self.blocks.len() >= BLOCKS {
                self.out.complete = false;
                break;
            }
            match self.lexer.next() {
                Token::End => break,
                Token::Operator(Operator::Open) => self.open_parenthesis(),
                Token::Operator(operator) => self.operator(operator),
                Token::Word(word) => self.word(word),
            }
        }
        self.substitutions();
    }

    fn substitutions(self) {
        if self.depth >= DEPTH {
            return;
        }
        let base = Traits { substitution: true, conditional: true, ..self.base };
        for range in &self.lexer.substitutions {
            let text = self.lexer.slice(range.clone());
            // A single word is most often a variable that the kubelet fills in.
            if text.trim().contains([' ', '\t', '\n']) {
                Parser::new(text, self.out, base, self.depth + 1).run();
            }
        }
    }

    fn top(&mut self) -> Option<&mut Block> {
        self.blocks.last_mut()
    }

    fn conditional(&self) -> bool {
        self.chain.conditional || self.blocks.last().is_some_and(|block| block.conditional)
    }

    fn push(&mut self, kind: Kind) {
        let function = std::mem::take(&mut self.function_next);
        let kind = if function { Kind::Function } else { kind };
        let inherited = self.conditional();
        let function = function || self.blocks.last().is_some_and(|block| block.function);
        let (outer, directory) = (self.chain, self.directory);
        self.blocks.push(Block { kind, inherited, conditional: inherited, function, outer, directory });
        self.chain = Chain::default();
    }

    /// Closes the innermost block of these kinds and whatever is open inside it.
    fn pop(&mut self, kinds: &[Kind]) {
        let Some(at) = self.blocks.iter().rposition(|block| kinds.contains(&block.kind)) else { return };
        let Some(block) = self.blocks.get(at).copied() else { return };
        let functions = self.blocks.drain(at..).filter(|block| block.kind == Kind::Function).count();
        self.names.truncate(self.names.len().saturating_sub(functions));
        if matches!(block.kind, Kind::Subshell | Kind::Function) {
            self.directory = block.directory;
        }
        self.chain = Chain { test: false, constant: false, negated: false, ..block.outer };
    }

    /// The commands from here to the end of the block, or to its next branch, may be skipped or not.
    fn branch(&mut self, conditional: bool) {
        self.chain = Chain::default();
        if let Some(block) = self.top() {
            block.conditional = block.inherited || conditional;
        }
    }

    fn operator(&mut self, operator: Operator) {
        if self.joined && operator == Operator::Next {
            return;
        }
        self.joined = matches!(operator, Operator::And | Operator::Or | Operator::Pipe);
        let chain = self.chain;
        self.chain = match operator {
            Operator::And => Chain { conditional: chain.conditional || chain.test, ..Chain::default() },
            Operator::Or => Chain { conditional: true, ..Chain::default() },
            Operator::Pipe => Chain { piped: true, conditional: chain.conditional, ..Chain::default() },
            Operator::Next | Operator::Background | Operator::CaseEnd => {
                if self.errexit && chain.test && !chain.negated && !self.in_condition() {
                    self.leave(&[Kind::Subshell]);
                }
                // The outcome stays known for `do` and `then` on the next line.
                Chain { constant: chain.constant, ..Chain::default() }
            }
            Operator::Open => chain,
            Operator::Close => {
                self.pop(&[Kind::Subshell, Kind::Function]);
                return;
            }
        };
        if operator == Operator::CaseEnd {
            self.pattern();
        }
    }

    /// Whether the commands decide about a block that is open: before `then` or `do`.
    fn in_condition(&self) -> bool {
        self.blocks
            .last()
            .is_some_and(|block| matches!(block.kind, Kind::If | Kind::Loop) && block.conditional == block.inherited)
    }

    fn open_parenthesis(&mut self) {
        self.joined = false;
        if self.function_next && self.lexer.closes_here() {
            return;
        }
        if self.lexer.skip_arithmetic() {
            self.chain.test = true;
        } else {
            self.push(Kind::Subshell);
        }
    }

    fn word(&mut self, word: Word<'a>) {
        self.joined = false;
        if !word.plain {
            return self.simple(word);
        }
        match &*word.text {
            "if" => self.push(Kind::If),
            "then" | "elif" | "else" => self.branch(true),
            "fi" => self.pop(&[Kind::If]),
            "while" | "until" => self.push(Kind::Loop),
            "for" | "select" => self.for_list(),
            "do" => {
                let endless = self.chain.constant;
                let is_for = self.blocks.last().is_some_and(|block| block.kind == Kind::For);
                self.branch(!is_for && !endless);
            }
            "done" => self.pop(&[Kind::Loop, Kind::For]),
            "case" => self.case(),
            "esac" => self.pop(&[Kind::Case]),
            "{" => self.push(Kind::Group),
            "}" => self.pop(&[Kind::Group, Kind::Function]),
            "!" => self.chain.negated = true,
            "function" => {
                if let Token::Word(name) = self.lexer.next() {
                    self.names.push(name.text);
                    self.function_next = true;
                }
            }
            "[[" => {
                self.lexer.skip_condition();
                self.chain.test = true;
            }
            _ => self.simple(word),
        }
    }

    fn for_list(&mut self) {
        self.push(Kind::For);
        loop {
            match self.lexer.next() {
                Token::End | Token::Operator(Operator::Next) => return,
                Token::Word(word) if word.plain && word.text == "do" => return self.branch(false),
                Token::Operator(Operator::Open) => {
                    self.lexer.skip_arithmetic();
                }
                _ => {}
            }
        }
    }

    fn case(&mut self) {
        self.push(Kind::Case);
        self.branch(true);
        loop {
            match self.lexer.next() {
                Token::End => return,
                Token::Word(word) if word.plain && word.text == "in" => return self.pattern(),
                _ => {}
            }
        }
    }

    /// Passes over the pattern of the next branch, if there is one.
    fn pattern(&mut self) {
        let Some(at) = self.blocks.iter().rposition(|block| block.kind == Kind::Case) else { return };
        self.blocks.truncate(at + 1);
        self.branch(true);
        loop {
            match self.lexer.next() {
                Token::Word(word) if word.plain && word.text == "esac" => return self.pop(&[Kind::Case]),
                Token::End | Token::Operator(Operator::Close) => return,
                _ => {}
            }
        }
    }

    /// A simple command, or the head of a function.
    fn simple(&mut self, first: Word<'a>) {
        let start = self.out.words.len();
        self.out.words.push(first);
        let operator = loop {
            match self.lexer.next() {
                Token::Word(word) if self.out.words.len() < WORDS => self.out.words.push(word),
                Token::Word(_) | Token::End => break None,
                Token::Operator(Operator::Open) => {
                    let last = self.out.words.last();
                    let array = last.is_some_and(|word| word.text.ends_with('='));
                    let closed = self.skip_parentheses();
                    if !array && closed && self.out.words.len() == start + 1 {
                        self.names.extend(self.out.words.pop().map(|word| word.text));
                        self.function_next = true;
                        return;
                    }
                }
                Token::Operator(operator) => break Some(operator),
            }
        };
        self.finish(start, operator == Some(Operator::Background));
        if let Some(operator) = operator {
            self.operator(operator);
        }
    }

    /// Inside a simple command: `()` of a function, or the values of an array. Whether nothing was in them.
    fn skip_parentheses(&mut self) -> bool {
        let mut empty = true;
        loop {
            match self.lexer.next() {
                Token::End | Token::Operator(Operator::Close) => return empty,
                _ => empty = false,
            }
        }
    }

    fn finish(&mut self, start: usize, background: bool) {
        if std::mem::take(&mut self.function_next) {
            // A function without a body in braces. Nobody writes that.
            self.names.pop();
        }
        self.put_arguments(start);
        let traits = Traits {
            conditional: self.conditional(),
            background: background || self.base.background,
            piped: self.chain.piped,
            function: self.blocks.last().is_some_and(|block| block.function),
            ..self.base
        };
        let range = start..self.out.words.len();
        let effect = self.effect(start);
        let before = self.out.calls.len();
        command(self.out, range, traits, self.directory, self.depth);
        let program = match self.out.calls.get(before..) {
            Some([only]) => self.out.words.get(only.program as usize).map_or("", |word| basename(&word.text)),
            _ => "",
        };
        self.chain.constant = matches!(program, "true" | ":");
        self.chain.test = self.chain.negated || is_test(program);
        if background || self.chain.piped {
            return;
        }
        match effect {
            Effect::None => {}
            Effect::Errexit => self.errexit = true,
            Effect::Directory(at) => self.directory = at,
            Effect::Leave(kinds) => self.leave(kinds),
        }
    }

    /// What the command whose words begin at `start` does to the script itself.
    fn effect(&self, start: usize) -> Effect {
        let words = self.out.words.get(start..).unwrap_or_default();
        let set = words.iter().take_while(|word| assignment(&word.text).is_some()).count();
        let mut words = words.iter().skip(set).map(|word| &*word.text);
        let (name, argument) = (words.next().unwrap_or_default(), words.next());
        match name {
            "set" => match argument {
                Some("-o") if words.next() == Some("errexit") => Effect::Errexit,
                Some(options) if options.starts_with('-') && options.contains('e') => Effect::Errexit,
                _ => Effect::None,
            },
            "cd" | "pushd" => Effect::Directory(argument.and_then(|_| u32::try_from(start + set + 1).ok())),
            "exit" => Effect::Leave(&[Kind::Subshell, Kind::Function]),
            "exec" if argument.is_some() => Effect::Leave(&[Kind::Subshell, Kind::Function]),
            "return" => Effect::Leave(&[Kind::Function]),
            "break" | "continue" => Effect::Leave(&[Kind::Loop, Kind::For]),
            _ if self.leaving.iter().any(|function| *function == name) => Effect::Leave(&[Kind::Subshell]),
            _ => Effect::None,
        }
    }

    /// `exec "$@"` runs what stands behind the script.
    fn put_arguments(&mut self, start: usize) {
        if self.arguments.is_empty() || self.arguments.len() + self.out.words.len() > WORDS {
            return;
        }
        let last = self.out.words.last().is_some_and(|word| matches!(&*word.text, "$@" | "$*") && !word.literal);
        if last && self.out.words.len() > start {
            self.out.words.pop();
            self.out.words.extend(self.arguments.iter().cloned());
        }
    }

    /// Everything up to the end of the innermost block of these kinds may not be reached.
    fn leave(&mut self, kinds: &[Kind]) {
        let found = self.blocks.iter().rposition(|block| kinds.contains(&block.kind));
        if found.is_none() && kinds.contains(&Kind::Loop) {
            return;
        }
        let inner = found.unwrap_or(0);
        if kinds.contains(&Kind::Subshell) && self.blocks.get(inner).is_some_and(|block| block.kind == Kind::Function) {
            self.leaving.extend(self.names.last().cloned());
        }
        for block in self.blocks.iter_mut().skip(inner) {
            block.conditional = true;
            block.inherited = true;
        }
    }
}

/// Programs that are run for their exit status.
fn is_test(program: &str) -> bool {
    matches!(
        program,
        "test"
            | "["
            | "grep"
            | "egrep"
            | "fgrep"
            | "cmp"
            | "diff"
            | "mountpoint"
            | "which"
            | "type"
            | "hash"
            | "pgrep"
            | "pidof"
            | "pg_isready"
            | "false"
            | "pg_controldata"
    )
}
