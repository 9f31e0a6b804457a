//! Running instructions over a text.

use super::{
    compile::{Inst, Program},
    parse::{Assertion, Mode, One},
    set::{Class, fold},
};

/// A slot that holds nothing.
pub(super) const NONE: usize = usize::MAX;

/// Instructions, for one search, beyond which it is given up.
const MOST_STEPS: usize = 50_000_000;
/// Places to come back to that are remembered at a time.
const MOST_PLACES: usize = 8_000_000;

const TOO_LONG: &str = "the expression takes too long on this text";

/// What to do when the way that was taken leads nowhere, latest last.
enum Undo {
    Branch {
        code: usize,
        at: usize,
    },
    /// A loop that can give back characters down to `low`.
    Back {
        code: usize,
        low: usize,
        at: usize,
    },
    /// A lazy loop that can take more.
    More {
        code: usize,
        at: usize,
        taken: u32,
    },
    Restore {
        slot: usize,
        old: usize,
    },
}

/// Returns the slots of the first match at or after `from`.
pub(super) fn search(
    program: &Program,
    text: &str,
    from: usize,
) -> Result<Option<Vec<usize>>, String> {
    let mut run = Run {
        program,
        text,
        slots: vec![NONE; program.slots],
        undo: Vec::new(),
        steps: MOST_STEPS,
    };
    let mut at = from;
    loop {
        if !program.prefix.is_empty() {
            match text.get(at..).and_then(|rest| rest.find(&program.prefix)) {
                Some(offset) => at += offset,
                None => return Ok(None),
            }
        }
        if run.follow(0, at)?.is_some() {
            return Ok(Some(run.slots));
        }
        if program.anchored {
            return Ok(None);
        }
        match text.get(at..).and_then(|rest| rest.chars().next()) {
            Some(c) => at += c.len_utf8(),
            None => return Ok(None),
        }
    }
}

struct Run<'a> {
    program: &'a Program,
    text: &'a str,
    slots: Vec<usize>,
    undo: Vec<Undo>,
    steps: usize,
}

impl Run<'_> {
    /// Follows the instructions from `code` to an end; returns where in the text that is.
    ///
    /// What was done on the way stays in `undo`; without a match everything is undone.
    fn follow(&mut self, mut code: usize, mut at: usize) -> Result<Option<usize>, String> {
        let program = self.program;
        let floor = self.undo.len();
        loop {
            self.steps -= 1;
            if self.steps == 0 || self.undo.len() > MOST_PLACES {
                return Err(TOO_LONG.to_owned());
            }
            let next = match &program.code[code] {
                Inst::End => return Ok(Some(at)),
                Inst::One(one) => self.take(one, at).map(|at| (code + 1, at)),
                Inst::Loop { one, min, max, mode } => {
                    self.repeat(one, *min, *max, *mode, code, at)?.map(|at| (code + 1, at))
                }
                Inst::Split { first, second } => {
                    self.undo.push(Undo::Branch { code: *second, at });
                    Some((*first, at))
                }
                Inst::Jump(to) => Some((*to, at)),
                Inst::Save(slot) => {
                    self.set(*slot, at);
                    Some((code + 1, at))
                }
                Inst::Assert(assertion) => self.holds(*assertion, at).then_some((code + 1, at)),
                Inst::Back { group, ignore_case } => {
                    self.again(*group, *ignore_case, at).map(|at| (code + 1, at))
                }
                Inst::Look { behind, negative, end } => {
                    self.look(code + 1, at, *behind, *negative)?.then_some((*end, at))
                }
                Inst::Atomic { end } => self.only_once(code + 1, at)?.map(|at| (*end, at)),
                Inst::When { group, otherwise } => {
                    let matched = self.slots[group * 2 + 1] != NONE;
                    Some((if matched { code + 1 } else { *otherwise }, at))
                }
                Inst::Start(slot) => {
                    self.set(*slot, 0);
                    self.set(slot + 1, NONE);
                    Some((code + 1, at))
                }
                Inst::Enter(slot) => {
                    self.set(*slot, self.slots[*slot] + 1);
                    self.set(slot + 1, at);
                    Some((code + 1, at))
                }
                Inst::Turn { slot, min, max, lazy, exit } => {
                    let (turns, began) = (self.slots[*slot], self.slots[slot + 1]);
                    // A turn that took nothing would take nothing for ever.
                    let go = if turns >= *max as usize || began == at {
                        *exit
                    } else if turns < *min as usize {
                        code + 1
                    } else if *lazy {
                        self.undo.push(Undo::Branch { code: code + 1, at });
                        *exit
                    } else {
                        self.undo.push(Undo::Branch { code: *exit, at });
                        code + 1
                    };
                    Some((go, at))
                }
            };
            match next {
                Some(place) => (code, at) = place,
                None => match self.back_to(floor) {
                    Some(place) => (code, at) = place,
                    None => return Ok(None),
                },
            }
        }
    }

    /// Undoes up to the last place where another way is left.
    fn back_to(&mut self, floor: usize) -> Option<(usize, usize)> {
        while self.undo.len() > floor {
            match self.undo.pop()? {
                Undo::Branch { code, at } => return Some((code, at)),
                Undo::Restore { slot, old } => self.slots[slot] = old,
                Undo::Back { code, low, at } => {
                    let width = self.text[low..at].chars().next_back().map_or(0, char::len_utf8);
                    let at = at - width;
                    if at > low {
                        self.undo.push(Undo::Back { code, low, at });
                    }
                    return Some((code, at));
                }
                Undo::More { code, at, taken } => {
                    let Inst::Loop { one, max, .. } = &self.program.code[code] else { continue };
                    if let Some(at) = self.take(one, at) {
                        if taken + 1 < *max {
                            self.undo.push(Undo::More { code, at, taken: taken + 1 });
                        }
                        return Some((code + 1, at));
                    }
                }
            }
        }
        None
    }

    fn set(&mut self, slot: usize, value: usize) {
        self.undo.push(Undo::Restore { slot, old: self.slots[slot] });
        self.slots[slot] = value;
    }

    /// Forgets the ways that are left above `floor`, but not how to undo what was done.
    fn commit(&mut self, floor: usize) {
        let mut kept = floor;
        for at in floor..self.undo.len() {
            if matches!(self.undo[at], Undo::Restore { .. }) {
                self.undo.swap(kept, at);
                kept += 1;
            }
        }
        self.undo.truncate(kept);
    }

    fn take(&self, one: &One, at: usize) -> Option<usize> {
        let c = self.text[at..].chars().next()?;
        let fits = match one {
            One::Char(wanted) => c == *wanted,
            One::AnyCase(wanted) => fold(c, self.program.ascii) == *wanted,
            One::InLine => c != '\n',
            One::Any => true,
            One::Set(set) => set.has(c),
        };
        fits.then(|| at + c.len_utf8())
    }

    fn repeat(
        &mut self,
        one: &One,
        min: u32,
        max: u32,
        mode: Mode,
        code: usize,
        from: usize,
    ) -> Result<Option<usize>, String> {
        let (mut at, mut taken, mut low) = (from, 0, from);
        let wanted = if mode == Mode::Lazy { min } else { max };
        while taken < wanted {
            let Some(next) = self.take(one, at) else { break };
            at = next;
            taken += 1;
            if taken == min {
                low = at;
            }
        }
        self.steps = self.steps.saturating_sub(taken as usize / 8);
        if self.steps == 0 {
            return Err(TOO_LONG.to_owned());
        }
        if taken < min {
            return Ok(None);
        }
        match mode {
            Mode::Greedy if at > low => {
                self.undo.push(Undo::Back { code: code + 1, low, at });
            }
            Mode::Lazy if taken < max => self.undo.push(Undo::More { code, at, taken }),
            _ => (),
        }
        Ok(Some(at))
    }

    fn again(&self, group: usize, ignore_case: bool, at: usize) -> Option<usize> {
        let (start, end) = (self.slots[group * 2], self.slots[group * 2 + 1]);
        if start == NONE || end == NONE || start > end {
            return None;
        }
        let wanted = &self.text[start..end];
        let rest = &self.text[at..];
        if rest.starts_with(wanted) {
            return Some(at + wanted.len());
        }
        if !ignore_case {
            return None;
        }
        let ascii = self.program.ascii;
        let mut there = rest.chars();
        let same = wanted
            .chars()
            .all(|c| there.next().is_some_and(|other| fold(other, ascii) == fold(c, ascii)));
        same.then(|| self.text.len() - there.as_str().len())
    }

    fn look(
        &mut self,
        code: usize,
        at: usize,
        behind: Option<usize>,
        negative: bool,
    ) -> Result<bool, String> {
        let floor = self.undo.len();
        let start = match behind {
            None | Some(0) => Some(at),
            Some(width) => {
                self.text[..at].char_indices().rev().nth(width - 1).map(|(start, _)| start)
            }
        };
        let found = match start {
            Some(start) => self.follow(code, start)?.is_some(),
            None => false,
        };
        if found && negative {
            // Groups of what must not be there stay as they were.
            self.commit(floor);
            self.back_to(floor);
        } else if found {
            self.commit(floor);
        }
        Ok(found != negative)
    }

    fn only_once(&mut self, code: usize, at: usize) -> Result<Option<usize>, String> {
        let floor = self.undo.len();
        let found = self.follow(code, at)?;
        if found.is_some() {
            self.commit(floor);
        }
        Ok(found)
    }

    fn holds(&self, assertion: Assertion, at: usize) -> bool {
        let before = || self.text[..at].chars().next_back();
        let after = || self.text[at..].chars().next();
        let word = |c: Option<char>| c.is_some_and(|c| Class::Word.has(c, self.program.ascii));
        match assertion {
            Assertion::Start => at == 0,
            Assertion::End => at == self.text.len(),
            Assertion::LineStart => at == 0 || before() == Some('\n'),
            Assertion::LineEnd => at == self.text.len() || after() == Some('\n'),
            Assertion::WordEdge => word(before()) != word(after()),
            Assertion::NoWordEdge => word(before()) == word(after()),
        }
    }
}
