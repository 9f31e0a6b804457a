//! From a tree to instructions.

use super::parse::{Assertion, MANY, Mode, Node, One, Parsed};

/// Instructions beyond which a pattern is refused.
const LONGEST: usize = 200_000;

#[derive(Clone, Debug)]
pub(super) struct Program {
    pub(super) code: Vec<Inst>,
    /// Two for each group, then two for each counted repetition.
    pub(super) slots: usize,
    pub(super) ascii: bool,
    /// What every match begins with.
    pub(super) prefix: String,
    /// Whether a match can begin at the start of the text only.
    pub(super) anchored: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Inst {
    One(One),
    /// One character, repeated.
    Loop {
        one: One,
        min: u32,
        max: u32,
        mode: Mode,
    },
    Split {
        first: usize,
        second: usize,
    },
    Jump(usize),
    Save(usize),
    Assert(Assertion),
    Back {
        group: usize,
        ignore_case: bool,
    },
    /// What to look for is next, and ends at `end`.
    Look {
        /// How many characters before this place it begins.
        behind: Option<usize>,
        negative: bool,
        end: usize,
    },
    Atomic {
        end: usize,
    },
    When {
        group: usize,
        otherwise: usize,
    },
    /// A repetition begins: its counter is in `slot`, where its last turn began in the next one.
    Start(usize),
    /// Another turn, which begins at the next instruction, or on to `exit`.
    Turn {
        slot: usize,
        min: u32,
        max: u32,
        lazy: bool,
        exit: usize,
    },
    Enter(usize),
    End,
}

pub(super) fn compile(parsed: &Parsed) -> Result<Program, String> {
    let mut compiler = Compiler { code: Vec::new(), slots: parsed.names.len() * 2 };
    compiler.push(Inst::Save(0))?;
    compiler.node(&parsed.tree)?;
    compiler.push(Inst::Save(1))?;
    compiler.push(Inst::End)?;
    let mut prefix = String::new();
    let anchored = matches!(compiler.code.get(1), Some(Inst::Assert(Assertion::Start)));
    for inst in compiler.code.iter().skip(1) {
        match inst {
            Inst::One(One::Char(c)) => prefix.push(*c),
            Inst::Save(_) => (),
            _ => break,
        }
    }
    Ok(Program {
        code: compiler.code,
        slots: compiler.slots,
        ascii: parsed.ascii,
        prefix,
        anchored,
    })
}

struct Compiler {
    code: Vec<Inst>,
    slots: usize,
}

impl Compiler {
    fn push(&mut self, inst: Inst) -> Result<usize, String> {
        if self.code.len() >= LONGEST {
            return Err("the expression is too large".to_owned());
        }
        self.code.push(inst);
        Ok(self.code.len() - 1)
    }

    fn node(&mut self, node: &Node) -> Result<(), String> {
        match node {
            Node::One(one) => self.push(Inst::One(one.clone())).map(drop),
            Node::Assert(assertion) => self.push(Inst::Assert(*assertion)).map(drop),
            Node::All(items) => items.iter().try_for_each(|item| self.node(item)),
            Node::Either(branches) => self.either(branches),
            Node::Group(number, inside) => {
                self.push(Inst::Save(number * 2))?;
                self.node(inside)?;
                self.push(Inst::Save(number * 2 + 1)).map(drop)
            }
            Node::Repeat { what, min, max, mode } => self.repeat(what, *min, *max, *mode),
            Node::Back { group, ignore_case } => {
                self.push(Inst::Back { group: *group, ignore_case: *ignore_case }).map(drop)
            }
            Node::Look { behind, negative, what } => {
                let behind = match behind {
                    true => Some(width(what).ok_or("look-behind requires fixed-width pattern")?),
                    false => None,
                };
                let start = self.push(Inst::Look { behind, negative: *negative, end: 0 })?;
                self.node(what)?;
                let last = self.push(Inst::End)?;
                self.code[start] = Inst::Look { behind, negative: *negative, end: last + 1 };
                Ok(())
            }
            Node::Atomic(what) => {
                let start = self.push(Inst::Atomic { end: 0 })?;
                self.node(what)?;
                let last = self.push(Inst::End)?;
                self.code[start] = Inst::Atomic { end: last + 1 };
                Ok(())
            }
            Node::When { group, yes, no } => {
                let start = self.push(Inst::When { group: *group, otherwise: 0 })?;
                self.node(yes)?;
                let jump = self.push(Inst::Jump(0))?;
                self.code[start] = Inst::When { group: *group, otherwise: jump + 1 };
                self.node(no)?;
                self.code[jump] = Inst::Jump(self.code.len());
                Ok(())
            }
        }
    }

    fn either(&mut self, branches: &[Node]) -> Result<(), String> {
        let mut jumps = Vec::new();
        for (at, branch) in branches.iter().enumerate() {
            if at + 1 == branches.len() {
                self.node(branch)?;
                break;
            }
            let split = self.push(Inst::Split { first: 0, second: 0 })?;
            self.node(branch)?;
            jumps.push(self.push(Inst::Jump(0))?);
            self.code[split] = Inst::Split { first: split + 1, second: self.code.len() };
        }
        let end = self.code.len();
        for jump in jumps {
            self.code[jump] = Inst::Jump(end);
        }
        Ok(())
    }

    fn repeat(&mut self, what: &Node, min: u32, max: u32, mode: Mode) -> Result<(), String> {
        if let Node::One(one) = what {
            return self.push(Inst::Loop { one: one.clone(), min, max, mode }).map(drop);
        }
        if mode == Mode::Possessive {
            let start = self.push(Inst::Atomic { end: 0 })?;
            self.repeat(what, min, max, Mode::Greedy)?;
            let last = self.push(Inst::End)?;
            self.code[start] = Inst::Atomic { end: last + 1 };
            return Ok(());
        }
        let lazy = mode == Mode::Lazy;
        let split = |body, exit| {
            let (first, second) = if lazy { (exit, body) } else { (body, exit) };
            Inst::Split { first, second }
        };
        if (min, max) == (0, 1) {
            let start = self.push(Inst::Jump(0))?;
            self.node(what)?;
            self.code[start] = split(start + 1, self.code.len());
            return Ok(());
        }
        if max == MANY && min <= 1 && width(what).is_some_and(|width| width > 0) {
            let start = if min == 0 { self.push(Inst::Jump(0))? } else { self.code.len() };
            self.node(what)?;
            if min == 0 {
                let jump = self.push(Inst::Jump(start))?;
                self.code[start] = split(start + 1, jump + 1);
            } else {
                let last = self.code.len();
                self.push(split(start, last + 1))?;
            }
            return Ok(());
        }
        let slot = self.slots;
        self.slots += 2;
        self.push(Inst::Start(slot))?;
        let turn = self.push(Inst::Jump(0))?;
        self.push(Inst::Enter(slot))?;
        self.node(what)?;
        let jump = self.push(Inst::Jump(turn))?;
        self.code[turn] = Inst::Turn { slot, min, max, lazy, exit: jump + 1 };
        Ok(())
    }
}

/// How many characters a match has, where that is always the same.
fn width(node: &Node) -> Option<usize> {
    match node {
        Node::One(_) => Some(1),
        Node::Assert(_) | Node::Look { .. } => Some(0),
        Node::All(items) => {
            items.iter().try_fold(0usize, |sum, item| sum.checked_add(width(item)?))
        }
        Node::Either(branches) => {
            let first = width(branches.first()?)?;
            branches.iter().all(|branch| width(branch) == Some(first)).then_some(first)
        }
        Node::Group(_, inside) | Node::Atomic(inside) => width(inside),
        Node::Repeat { what, min, max, .. } if min == max => {
            width(what)?.checked_mul(*min as usize)
        }
        Node::Repeat { .. } | Node::Back { .. } => None,
        Node::When { yes, no, .. } => width(yes).filter(|yes| width(no) == Some(*yes)),
    }
}
