//! From words and operators to simple commands, and whether each certainly runs.

use super::{
    Entry, Script, Traits,
    block::{Kind, Stretch},
    calls::{BLOCKS, CALLS, DEPTH, Setting, TEXT, WORDS, command},
    effect::{Effect, is_test},
    flow::Flow,
    guard::{Decided, Guard},
    lexer::{Lexer, Operator, Token},
    word::{Word, assignment},
    wrapper::basename,
};

/// Reads one script into `out`.
pub(super) struct Parser<'a, 'o> {
    lexer: Lexer<'a>,
    flow: Flow<'a>,
    out: &'o mut Script<'a>,
    /// `"$@"`, without `$0`.
    arguments: Vec<Word<'a>>,
    base: Traits,
    depth: u8,
    /// How many commands stand before the script.
    first: usize,
}

impl<'a, 'o> Parser<'a, 'o> {
    /// `base` holds for all commands of the script; `depth` counts the scripts around it.
    pub(super) fn new(text: &'a str, out: &'o mut Script<'a>, base: Traits, depth: u8) -> Self {
        let mut end = text.len().min(TEXT);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        out.complete &= end == text.len();
        Self {
            lexer: Lexer::new(text.get(..end).unwrap_or_default()),
            flow: Flow::new(base),
            first: out.calls.len(),
            out,
            arguments: Vec::new(),
            base: Traits { implicit: false, ..base },
            depth,
        }
    }

    /// What the shell was called with.
    pub(super) fn begin(&mut self, errexit: bool, arguments: Vec<Word<'a>>) {
        self.flow.errexit = errexit;
        self.arguments = arguments;
    }

    pub(super) fn run(mut self) {
        loop {
            if self.out.words.len() >= WORDS || self.out.calls.len() >= CALLS || self.flow.depth() >= BLOCKS {
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
        self.limit_reach();
        self.substitutions();
    }

    /// What is set in a branch, or in a script of its own, need not be set behind it.
    fn limit_reach(&mut self) {
        let whole = Stretch { since: self.first, until: self.out.calls.len(), words: self.out.words.len() };
        let whole = (self.depth > 0).then_some(whole);
        for Stretch { since, until, words } in self.flow.ended.drain(..).chain(whole) {
            let end = u32::try_from(words).unwrap_or(u32::MAX);
            for entry in self.out.calls.get_mut(since..until).unwrap_or_default() {
                entry.reach = entry.reach.min(end);
            }
        }
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

    fn open_parenthesis(&mut self) {
        self.flow.joined = false;
        if self.flow.function_next && self.lexer.closes_here() {
            return;
        }
        if self.lexer.skip_arithmetic() {
            self.flow.chain.test = true;
            self.flow.last = None;
        } else {
            self.flow.push(Kind::Subshell);
        }
    }

    fn word(&mut self, word: Word<'a>) {
        self.flow.joined = false;
        if !word.plain {
            return self.simple(word);
        }
        match &*word.text {
            "if" => self.flow.push(Kind::If),
            "then" => self.flow.then(),
            "elif" => self.flow.again(),
            "else" => self.flow.otherwise(),
            "fi" => self.flow.pop(&[Kind::If]),
            "while" => self.flow.push(Kind::Loop),
            "until" => self.flow.push(Kind::Until),
            "for" | "select" => self.for_list(),
            "do" => {
                let endless = self.flow.chain.constant == Some(!self.flow.is_in(Kind::Until));
                let always = endless || self.flow.is_in(Kind::For);
                if always { self.flow.branch(false) } else { self.flow.then() }
            }
            "done" => self.flow.pop(&[Kind::Loop, Kind::Until, Kind::For]),
            "case" => self.case(),
            "esac" => self.flow.pop(&[Kind::Case]),
            "{" => self.flow.push(Kind::Group),
            "}" => self.flow.pop(&[Kind::Group, Kind::Function]),
            "!" => self.flow.chain.negated = true,
            "function" => {
                if let Token::Word(name) = self.lexer.next() {
                    self.flow.name_function(name.text);
                }
            }
            "[[" => {
                let words = self.lexer.condition();
                self.flow.chain.test = true;
                self.flow.last = words.and_then(|words| self.test(words));
            }
            _ => self.simple(word),
        }
    }

    /// Records a test that is no command, for those that it decides about.
    fn test(&mut self, words: Vec<Word<'a>>) -> Option<Guard> {
        if self.out.words.len() + words.len() > WORDS {
            return None;
        }
        let small = |at: usize| u32::try_from(at).ok();
        let start = small(self.out.words.len())?;
        self.out.words.extend(words);
        let end = small(self.out.words.len())?;
        let traits = Traits { test: true, ..self.base };
        let (directory, guard) = (self.flow.directory, self.flow.guard());
        let found = Guard::of(self.out.calls.len(), self.flow.chain.decided == Decided::Always)?;
        self.out.calls.push(Entry { start, program: start, end, directory, guard, reach: start, traits });
        (self.flow.calls, self.flow.words) = (self.out.calls.len(), self.out.words.len());
        Some(if self.flow.chain.negated { found.reversed() } else { found })
    }

    fn for_list(&mut self) {
        self.flow.push(Kind::For);
        let mut words = 0_usize;
        loop {
            match self.lexer.next() {
                Token::End | Token::Operator(Operator::Next) => break,
                Token::Word(word) if word.plain && word.text == "do" => {
                    self.flow.branch(false);
                    break;
                }
                // The first two are the name and `in`.
                Token::Word(word) => words += usize::from(word.literal || words < 2),
                Token::Operator(Operator::Open) => {
                    self.lexer.skip_arithmetic();
                }
                Token::Operator(_) => {}
            }
        }
        if words < 3 {
            self.flow.may_be_empty();
        }
    }

    fn case(&mut self) {
        self.flow.push(Kind::Case);
        self.flow.branch(true);
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
        if !self.flow.back_to_case() {
            return;
        }
        loop {
            match self.lexer.next() {
                Token::Word(word) if word.plain && word.text == "esac" => return self.flow.pop(&[Kind::Case]),
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
                        let name = self.out.words.pop();
                        return self.flow.name_function(name.map(|word| word.text).unwrap_or_default());
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

    fn operator(&mut self, operator: Operator) {
        self.flow.operator(operator);
        if operator == Operator::CaseEnd {
            self.pattern();
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
        // A function without a body in braces: nobody writes that.
        self.flow.forget_function();
        self.put_arguments(start);
        let traits = Traits {
            conditional: self.flow.conditional(),
            background: background || self.base.background,
            piped: self.flow.chain.piped,
            function: self.flow.in_function(),
            ..self.base
        };
        let range = start..self.out.words.len();
        let effect = self.effect(start);
        let before = self.out.calls.len();
        let is_set = !(self.flow.chain.conditional || self.flow.chain.piped || background);
        let setting = Setting { directory: self.flow.directory, guard: self.flow.guard(), is_passing: !is_set };
        command(self.out, range, traits, setting, self.depth);
        // A script of its own is no single command.
        self.flow.last = Guard::of(before, self.flow.chain.decided == Decided::Always)
            .filter(|_| self.out.calls.len() == before + 1);
        if self.flow.chain.negated {
            self.flow.last = self.flow.last.map(Guard::reversed);
        }
        let program = match self.out.calls.get(before..) {
            Some([only]) => self.out.words.get(only.program as usize).map_or("", |word| basename(&word.text)),
            _ => "",
        };
        let always = match program {
            _ if self.flow.chain.decided != Decided::Always => None,
            "true" | ":" => Some(true),
            "false" => Some(false),
            _ => None,
        };
        self.flow.chain.constant = always.map(|outcome| outcome != self.flow.chain.negated);
        (self.flow.calls, self.flow.words) = (self.out.calls.len(), self.out.words.len());
        self.flow.chain.test = self.flow.chain.negated || is_test(program);
        if background || self.flow.chain.piped {
            return;
        }
        match effect {
            Effect::None => {}
            Effect::Errexit => self.flow.errexit = true,
            Effect::Directory(at) => self.flow.directory = at,
            Effect::Leave(kinds) => self.flow.leave(kinds),
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
            "break" | "continue" => Effect::Leave(&[Kind::Loop, Kind::Until, Kind::For]),
            _ if self.flow.leaves(name) => Effect::Leave(&[Kind::Subshell]),
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
}
