//! Where a script stands: in which branches, behind which tests and ways out. From this follows what may not run.

use super::{
    Traits,
    block::{Block, Chain, Kind, Stretch},
    guard::{Decided, Guard},
    lexer::Operator,
};
use std::borrow::Cow;

/// Functions that are remembered for leaving the script.
const FUNCTIONS: usize = 64;

/// The compound commands that are open, innermost last.
pub(super) struct Flow<'a> {
    blocks: Vec<Block>,
    pub(super) chain: Chain,
    /// The first command that fails ends the script.
    pub(super) errexit: bool,
    /// The last command, and that it came out well.
    pub(super) last: Option<Guard>,
    /// The word after the last `cd`.
    pub(super) directory: Option<u32>,
    /// The body of the last of `names` comes next.
    pub(super) function_next: bool,
    /// `&&`, `||` or `|` came last: a line break does not end the list.
    pub(super) joined: bool,
    /// How many commands and words stand before.
    pub(super) calls: usize,
    pub(super) words: usize,
    /// The branches that ended.
    pub(super) ended: Vec<Stretch>,
    /// The functions whose bodies are open.
    names: Vec<Cow<'a, str>>,
    /// Functions that leave the script.
    leaving: Vec<Cow<'a, str>>,
}

impl<'a> Flow<'a> {
    pub(super) fn new(base: Traits) -> Self {
        let root = Block {
            kind: Kind::Root,
            inherited: base.conditional,
            conditional: base.conditional,
            function: base.function,
            entrance: None,
            decided: Decided::Always,
            condition: None,
            many: false,
            outer: Chain::default(),
            directory: None,
            since: 0,
        };
        Self {
            blocks: vec![root],
            chain: Chain::default(),
            errexit: false,
            last: None,
            directory: None,
            function_next: false,
            joined: false,
            calls: 0,
            words: 0,
            ended: Vec::new(),
            names: Vec::new(),
            leaving: Vec::new(),
        }
    }

    /// How many compound commands are open.
    pub(super) fn depth(&self) -> usize {
        self.blocks.len()
    }

    pub(super) fn is_in(&self, kind: Kind) -> bool {
        self.blocks.last().is_some_and(|block| block.kind == kind)
    }

    pub(super) fn in_function(&self) -> bool {
        self.blocks.last().is_some_and(|block| block.function)
    }

    /// Whether this is a function that leaves the script.
    pub(super) fn leaves(&self, function: &str) -> bool {
        self.leaving.iter().any(|name| name == function)
    }

    /// The next block is the body of this function.
    pub(super) fn name_function(&mut self, name: Cow<'a, str>) {
        self.names.push(name);
        self.function_next = true;
    }

    /// No block came after the name of a function.
    pub(super) fn forget_function(&mut self) {
        if std::mem::take(&mut self.function_next) {
            self.names.pop();
        }
    }

    /// Closes what is open inside the innermost `case`. Whether there is one.
    pub(super) fn back_to_case(&mut self) -> bool {
        let Some(at) = self.blocks.iter().rposition(|block| block.kind == Kind::Case) else { return false };
        self.blocks.truncate(at + 1);
        self.branch(true);
        true
    }

    /// Whether the next command may not run.
    pub(super) fn conditional(&self) -> bool {
        self.chain.conditional || self.blocks.last().is_some_and(|block| block.conditional)
    }

    /// The test that decides whether the next command runs, where it is a single one.
    pub(super) fn guard(&self) -> Option<Guard> {
        let block = self.blocks.last();
        let inside = block.and_then(|block| block.decided.guard());
        self.chain.decided.guard().or(inside).or(block.and_then(|block| block.entrance))
    }

    /// `then` or `do`: from here on the condition held.
    pub(super) fn then(&mut self) {
        let reverse = if self.is_in(Kind::Until) { Guard::reversed } else { |guard| guard };
        let decided = self.last.map(reverse);
        self.branch(true);
        if let Some(block) = self.blocks.last_mut() {
            let decided = decided.map(|guard| Guard { alone: guard.alone && !block.many, ..guard });
            block.decided = Decided::by(decided);
            block.condition = decided;
        }
    }

    /// `else`: the condition of the only branch before did not hold.
    pub(super) fn otherwise(&mut self) {
        self.branch(true);
        if let Some(block) = self.blocks.last_mut() {
            block.decided = Decided::by(block.condition.take().map(Guard::reversed));
        }
    }

    /// `elif`: what follows was decided by more than one condition.
    pub(super) fn again(&mut self) {
        self.branch(true);
        if let Some(block) = self.blocks.last_mut() {
            block.condition = None;
            block.many = true;
        }
        self.last = None;
    }

    /// Opens a compound command.
    pub(super) fn push(&mut self, kind: Kind) {
        let function = std::mem::take(&mut self.function_next);
        let kind = if function { Kind::Function } else { kind };
        let inherited = self.conditional();
        let function = function || self.blocks.last().is_some_and(|block| block.function);
        let (outer, directory) = (self.chain, self.directory);
        // A function runs wherever it is called.
        let entrance = self.guard().filter(|_| !function);
        self.blocks.push(Block {
            kind,
            inherited,
            conditional: inherited,
            function,
            entrance,
            decided: if kind == Kind::Function { Decided::Unknown } else { Decided::Always },
            condition: None,
            many: false,
            outer,
            directory,
            since: self.calls,
        });
        self.chain = Chain::default();
    }

    /// Closes the innermost block of these kinds and whatever is open inside it.
    pub(super) fn pop(&mut self, kinds: &[Kind]) {
        let Some(at) = self.blocks.iter().rposition(|block| kinds.contains(&block.kind)) else { return };
        let Some(block) = self.blocks.get(at).copied() else { return };
        let functions = self.blocks.drain(at..).filter(|block| block.kind == Kind::Function).count();
        self.names.truncate(self.names.len().saturating_sub(functions));
        if matches!(block.kind, Kind::Subshell | Kind::Function) {
            self.directory = block.directory;
        }
        // What `{ ... }` sets holds behind it.
        if block.kind != Kind::Group || block.outer.conditional || block.outer.piped {
            self.end(block.since);
        }
        self.chain = Chain { test: false, constant: None, negated: false, ..block.outer };
        self.last = None;
    }

    /// The commands from here to the end of the block, or to its next branch, may be skipped or not.
    pub(super) fn branch(&mut self, conditional: bool) {
        self.chain = Chain::default();
        let calls = self.calls;
        let Some(block) = self.blocks.last_mut() else { return };
        block.conditional = block.inherited || conditional;
        block.decided = match block.kind {
            // Its list has said so.
            Kind::For => block.decided,
            _ if conditional => Decided::Unknown,
            _ => Decided::Always,
        };
        let since = std::mem::replace(&mut block.since, calls);
        self.end(since);
    }

    /// Nobody knows how often the commands of this loop run, or whether they do.
    pub(super) fn may_be_empty(&mut self) {
        if let Some(block) = self.blocks.last_mut() {
            block.decided = Decided::Unknown;
        }
    }

    /// What was set since then need not be set behind here.
    fn end(&mut self, since: usize) {
        if since < self.calls {
            self.ended.push(Stretch { since, until: self.calls, words: self.words });
        }
    }

    /// One command ended, another may follow.
    pub(super) fn operator(&mut self, operator: Operator) {
        if self.joined && operator == Operator::Next {
            return;
        }
        self.joined = matches!(operator, Operator::And | Operator::Or | Operator::Pipe);
        let chain = self.chain;
        self.chain = match operator {
            Operator::And => Chain {
                conditional: chain.conditional || chain.test,
                decided: Decided::by(self.last.filter(|_| !chain.either && !chain.piped)),
                either: chain.either,
                ..Chain::default()
            },
            // `a && b || c`: either of the two may have failed.
            Operator::Or => Chain {
                conditional: true,
                decided: Decided::by(
                    self.last.filter(|_| chain.decided == Decided::Always && !chain.either).map(Guard::reversed),
                ),
                either: true,
                ..Chain::default()
            },
            Operator::Pipe => Chain {
                piped: true,
                conditional: chain.conditional,
                decided: chain.decided,
                either: chain.either,
                ..Chain::default()
            },
            Operator::Next | Operator::Background | Operator::CaseEnd => {
                if self.errexit && chain.test && !chain.negated && !self.in_condition() {
                    self.leave(&[Kind::Subshell]);
                }
                if chain.either || chain.piped {
                    self.last = None;
                }
                // The outcome stays known for `do` and `then` on the next line.
                Chain { constant: chain.constant, ..Chain::default() }
            }
            Operator::Open => chain,
            Operator::Close => return self.pop(&[Kind::Subshell, Kind::Function]),
        };
    }

    /// Whether the commands decide about a block that is open: before `then` or `do`.
    fn in_condition(&self) -> bool {
        self.blocks.last().is_some_and(|block| {
            matches!(block.kind, Kind::If | Kind::Loop | Kind::Until) && block.conditional == block.inherited
        })
    }

    /// Everything up to the end of the innermost block of these kinds may not be reached.
    pub(super) fn leave(&mut self, kinds: &[Kind]) {
        // What reads from a pipe is a shell of its own.
        let is_shell = |block: &Block| kinds.contains(&Kind::Subshell) && block.outer.piped;
        let found = self.blocks.iter().rposition(|block| kinds.contains(&block.kind) || is_shell(block));
        if found.is_none() && kinds.contains(&Kind::Loop) {
            return;
        }
        let inner = found.unwrap_or(0);
        let ends_function = self.blocks.get(inner).is_some_and(|block| block.kind == Kind::Function);
        if kinds.contains(&Kind::Subshell) && ends_function && self.leaving.len() < FUNCTIONS {
            self.leaving.extend(self.names.last().cloned());
        }
        let stays = self.only_guard_since(inner).map(Guard::reversed);
        for block in self.blocks.iter_mut().skip(inner) {
            block.conditional = true;
            block.inherited = true;
        }
        if let Some(block) = self.blocks.get_mut(inner) {
            block.decided = block.decided.and(stays);
        }
    }

    /// The one command that decided about all that stands here and not in the block at `from`; `None` where there are several, or where
    /// something else had a say.
    fn only_guard_since(&self, from: usize) -> Option<Guard> {
        let blocks = self.blocks.get(from + 1..)?.iter();
        let mut only = None;
        for decided in blocks.flat_map(|block| [block.outer.decided, block.decided]).chain([self.chain.decided]) {
            match decided {
                Decided::Always => {}
                Decided::By(guard) if guard.alone && only.is_none() => only = Some(guard),
                Decided::By(_) | Decided::Unknown => return None,
            }
        }
        only
    }
}
