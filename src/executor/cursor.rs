//! Where a host is in a play: the task that comes next, through blocks, rescues, includes and handlers.

use std::{cmp::Ordering, sync::Arc};

use crate::playbook::{Block, Entry, Level, LevelKind, Task};

/// A place in a play that can be compared with the places of other hosts: lower ones come first.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position(Vec<u32>);

impl Position {
    /// Returns where an entry of the play itself stands.
    pub(super) fn top(at: usize) -> Position {
        Position::default().child(at)
    }

    fn child(&self, at: usize) -> Position {
        let mut path = self.0.clone();
        path.push(u32::try_from(at).unwrap_or(u32::MAX));
        Position(path)
    }
}

/// The next task of a host.
#[derive(Clone)]
pub(super) struct Next {
    pub(super) task: Arc<Task>,
    pub(super) position: Position,
    pub(super) is_handler: bool,
}

/// What a host does one after the other.
#[derive(Clone)]
enum Frame {
    List {
        entries: Arc<Vec<Entry>>,
        at: usize,
        base: Position,
    },
    Block {
        block: Arc<Block>,
        section: Section,
        at: usize,
        base: Position,
        failed: bool,
    },
    /// Handlers in the order of their definition; those that are notified run.
    Handlers {
        handlers: Arc<Vec<Arc<Task>>>,
        at: usize,
        base: Position,
    },
}

impl Frame {
    /// What catches a failure here, if anything does.
    fn catcher(&self) -> Option<Caught> {
        let Frame::Block { block, section, .. } = self else { return None };
        if *section == Section::Body && !block.rescue.is_empty() {
            return Some(Caught::Rescued);
        }
        (*section != Section::Always && !block.always.is_empty()).then_some(Caught::Later)
    }

    /// Enters the section that a failure here leads to, if there is one.
    fn catch(&mut self) -> Option<Caught> {
        let caught = self.catcher()?;
        if let Frame::Block { section, at, failed, .. } = self {
            *at = 0;
            match caught {
                Caught::Rescued => *section = Section::Rescue,
                _ => (*section, *failed) = (Section::Always, true),
            }
        }
        Some(caught)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Section {
    Body,
    Rescue,
    Always,
}

/// What became of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Caught {
    /// A rescue section runs now.
    Rescued,
    /// Only `always` sections run now, the failure goes on behind them.
    Later,
    /// Nothing runs any more.
    No,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum GivenUp {
    Failed,
    /// Failed, behind an `always` section that has run.
    Late,
    Forgiven,
}

/// Where a host is.
#[derive(Clone)]
pub(super) struct Cursor {
    frames: Vec<Frame>,
    /// The innermost frame has nothing more to do, though entries are left: nothing in it catches a failure, which waits for
    /// what is around it, or which was forgiven since.
    given_up: Option<GivenUp>,
    /// The frames behind the last task that was done, where looking for the next one has left or entered others.
    behind_last: Option<(Vec<Frame>, Option<GivenUp>)>,
    /// Whether a failure got behind its last `always` section: the host is out.
    pub(super) lost: bool,
    /// Role blocks that were completed since this was last asked.
    pub(super) finished_roles: Vec<Arc<Block>>,
}

/// Whether what has this level stands in the play itself or in one of its roles, nothing else around it.
fn is_of_play(level: &Level) -> bool {
    let Some(around) = level.parent.as_deref() else { return true };
    match &around.kind {
        LevelKind::Play => true,
        // A role that the play lists stands below its entry in the list.
        LevelKind::Role(_) => around
            .parent
            .as_deref()
            .is_some_and(|entry| matches!(entry.kind, LevelKind::Block) && is_of_play(entry)),
        _ => false,
    }
}

impl Cursor {
    pub(super) fn new(entries: Arc<Vec<Entry>>) -> Cursor {
        let frame = Frame::List { entries, at: 0, base: Position::default() };
        Cursor {
            frames: vec![frame],
            given_up: None,
            behind_last: None,
            lost: false,
            finished_roles: Vec::new(),
        }
    }

    /// Returns the task that comes next, entering and leaving blocks on the way; `None` at the end.
    #[expect(clippy::too_many_lines, reason = "the states of one walk stand together")]
    pub(super) fn peek(&mut self, notified: &dyn Fn(&Task) -> bool) -> Option<Next> {
        loop {
            let depth = self.frames.len();
            if self.behind_last.is_none() && self.leaves_or_enters() {
                self.behind_last = Some((self.frames.clone(), self.given_up));
            }
            if let Some(why) = self.given_up.take() {
                if why != GivenUp::Forgiven && self.is_over(why) {
                    return None;
                }
                self.frames.pop();
                if why != GivenUp::Forgiven {
                    self.unwind();
                }
                continue;
            }
            // What a handler includes is a handler.
            let is_handler =
                self.frames.iter().any(|frame| matches!(frame, Frame::Handlers { .. }));
            match self.frames.last_mut()? {
                Frame::List { entries, at, base } => match entries.get(*at) {
                    Some(Entry::Task(task)) => {
                        return Some(Next {
                            task: Arc::clone(task),
                            position: base.child(*at),
                            is_handler,
                        });
                    }
                    Some(Entry::Block(block)) => {
                        let base = base.child(*at);
                        let block = Arc::clone(block);
                        *at += 1;
                        self.frames.push(Frame::Block {
                            block,
                            section: Section::Body,
                            at: 0,
                            base,
                            failed: false,
                        });
                    }
                    None => drop(self.frames.pop()),
                },
                Frame::Block { block, section, at, base, failed } => {
                    let list = match section {
                        Section::Body => &block.body,
                        Section::Rescue => &block.rescue,
                        Section::Always => &block.always,
                    };
                    match list.get(*at) {
                        Some(entry) => {
                            let place = base.child(*section as usize).child(*at);
                            match entry {
                                Entry::Task(task) => {
                                    return Some(Next {
                                        task: Arc::clone(task),
                                        position: place,
                                        is_handler,
                                    });
                                }
                                Entry::Block(inner) => {
                                    let block = Arc::clone(inner);
                                    *at += 1;
                                    self.frames.push(Frame::Block {
                                        block,
                                        section: Section::Body,
                                        at: 0,
                                        base: place,
                                        failed: false,
                                    });
                                }
                            }
                        }
                        None if *section != Section::Always => {
                            (*section, *at) = (Section::Always, 0);
                        }
                        None if *failed => {
                            if self.is_over(GivenUp::Late) {
                                return None;
                            }
                            self.frames.pop();
                            self.unwind();
                        }
                        None => {
                            if block.is_role {
                                let block = Arc::clone(block);
                                self.finished_roles.push(block);
                            }
                            self.frames.pop();
                        }
                    }
                }
                Frame::Handlers { handlers, at, base } => {
                    while handlers.get(*at).is_some_and(|handler| !notified(handler)) {
                        *at += 1;
                    }
                    match handlers.get(*at) {
                        Some(handler) => {
                            return Some(Next {
                                task: Arc::clone(handler),
                                position: base.child(*at),
                                is_handler: true,
                            });
                        }
                        None => drop(self.frames.pop()),
                    }
                }
            }
            debug_assert!(self.frames.len() <= depth + 1, "a step enters one frame at most");
        }
    }

    /// Whether the next step is into a block or out of one.
    fn leaves_or_enters(&self) -> bool {
        if self.given_up.is_some() {
            return true;
        }
        let entry = match self.frames.last() {
            Some(Frame::List { entries, at, .. }) => entries.get(*at),
            Some(Frame::Block { block, section: Section::Body, at, .. }) => block.body.get(*at),
            Some(Frame::Block { block, section: Section::Rescue, at, .. }) => block.rescue.get(*at),
            Some(Frame::Block { block, at, .. }) => block.always.get(*at),
            Some(Frame::Handlers { .. }) | None => return false,
        };
        !matches!(entry, Some(Entry::Task(_)))
    }

    /// The task that `peek` returned has begun: nobody sends the host behind the one before any more.
    pub(super) fn begin(&mut self) {
        self.behind_last = None;
    }

    /// Goes on behind the task that `peek` returned.
    pub(super) fn advance(&mut self) {
        self.behind_last = None;
        match self.frames.last_mut() {
            Some(Frame::List { at, .. } | Frame::Block { at, .. } | Frame::Handlers { at, .. }) => {
                *at += 1;
            }
            None => (),
        }
    }

    /// Puts entries before what comes next, at the place of the task that included them.
    pub(super) fn include(&mut self, entries: Arc<Vec<Entry>>, position: &Position, number: usize) {
        self.frames.push(Frame::List { entries, at: 0, base: position.child(number) });
    }

    /// Whether handlers run.
    pub(super) fn is_handling(&self) -> bool {
        self.frames.iter().any(|frame| matches!(frame, Frame::Handlers { .. }))
    }

    /// Runs notified handlers before what comes next.
    pub(super) fn handlers(&mut self, handlers: Arc<Vec<Arc<Task>>>, position: &Position) {
        self.frames.push(Frame::Handlers { handlers, at: 0, base: position.child(0) });
    }

    /// The task that `peek` returned has failed: what catches it?
    pub(super) fn fail(&mut self) -> Caught {
        self.behind_last = None;
        self.mark();
        self.catcher()
    }

    /// Goes where the failure of another host leads, from where this one has done its last task. Where that one did a task
    /// for all, it fails twice.
    pub(super) fn fail_for_another(&mut self, once: bool) -> Caught {
        self.go_back();
        self.mark();
        if once {
            self.mark();
        }
        self.catcher()
    }

    /// Goes behind the last task that was done.
    fn go_back(&mut self) {
        if let Some((frames, given_up)) = self.behind_last.take() {
            (self.frames, self.given_up) = (frames, given_up);
        }
    }

    /// Fails the innermost frame; what is around it learns of that when the next task is looked for.
    fn mark(&mut self) {
        if self.given_up.is_none() {
            let caught = self.frames.last_mut().is_some_and(|frame| frame.catch().is_some());
            self.given_up = (!caught).then_some(GivenUp::Failed);
        }
    }

    /// What has caught the last failure, or will.
    fn catcher(&self) -> Caught {
        match (self.given_up, self.frames.last()) {
            (Some(_), _) => {
                let mut around = self.frames.iter().rev().skip(1);
                around.find_map(Frame::catcher).unwrap_or(Caught::No)
            }
            (None, Some(Frame::Block { section: Section::Rescue, .. })) => Caught::Rescued,
            (None, _) => Caught::Later,
        }
    }

    /// Leaves frames up to the one that catches their failure.
    fn unwind(&mut self) {
        while self.frames.last_mut().is_some_and(|frame| frame.catch().is_none()) {
            self.frames.pop();
        }
    }

    /// Whether nothing around the innermost frame catches its failure: the host is out, and stays where it was.
    fn is_over(&mut self, why: GivenUp) -> bool {
        let is_caught = self.frames.iter().rev().skip(1).any(|frame| frame.catcher().is_some());
        if !is_caught {
            self.lost = true;
            self.given_up = Some(why);
        }
        !is_caught
    }

    /// Goes on behind a failure that nothing caught, once it is forgotten: behind the block, or the tasks of the file, in
    /// which it happened. Returns whether there is anything behind: what the play itself holds ends the host's play, unless
    /// an `always` section has run or `forced` handlers are around its sections.
    pub(super) fn revive(&mut self, forced: bool) -> bool {
        let is_handler = self.frames.iter().any(|frame| matches!(frame, Frame::Handlers { .. }));
        let why = self.given_up.filter(|_| !is_handler);
        let Some(why) = why else { return false };
        (self.given_up, self.lost) = (None, false);
        let (entries, at) = match self.frames.last_mut() {
            Some(Frame::List { entries, at, .. }) => (&entries[..], at),
            Some(Frame::Block { block, section: Section::Body, at, .. }) if block.is_role => {
                (&block.body[..], at)
            }
            Some(Frame::Block { block, .. }) => {
                let is_inside = forced || why == GivenUp::Late || !is_of_play(&block.level);
                self.frames.pop();
                return is_inside;
            }
            Some(Frame::Handlers { .. }) | None => return false,
        };
        let level = |entry: &Entry| match entry {
            Entry::Task(task) => Arc::clone(&task.level),
            Entry::Block(block) => Arc::clone(&block.level),
        };
        let Some(failed) = entries.get(at.saturating_sub(1)).map(level) else { return false };
        let is_beside = |entry: &Entry| match (entry, &failed.parent, &level(entry).parent) {
            (Entry::Task(_), Some(one), Some(other)) => Arc::ptr_eq(&one.vars, &other.vars),
            _ => false,
        };
        while entries.get(*at).is_some_and(is_beside) {
            *at += 1;
        }
        forced || !is_of_play(&failed)
    }

    /// Returns whether a failure here would be rescued, now or behind `always` sections.
    pub(super) fn is_rescued(&self) -> bool {
        self.frames.iter().any(|frame| {
            matches!(frame, Frame::Block { block, section: Section::Body, .. } if !block.rescue.is_empty())
        })
    }

    /// Forgets failures that wait behind `always` sections.
    pub(super) fn forgive(&mut self) {
        self.go_back();
        self.given_up = self.given_up.map(|_| GivenUp::Forgiven);
        for frame in &mut self.frames {
            if let Frame::Block { failed, .. } = frame {
                *failed = false;
            }
        }
    }

    /// Whether a failure waits behind an `always` section that no body of a block is around: it is one, also where the host
    /// ends there.
    pub(super) fn waits_to_fail(&self) -> bool {
        let blocks = self.frames.iter().filter_map(|frame| match frame {
            Frame::Block { block, section, failed, .. } if !block.is_role => {
                Some((*section, *failed))
            }
            _ => None,
        });
        blocks.take_while(|(section, _)| *section != Section::Body).any(|(_, failed)| failed)
    }

    /// Leaves everything; nothing comes next.
    pub(super) fn end(&mut self) {
        self.frames.clear();
        self.given_up = None;
    }

    /// Leaves the innermost role, which then has run; returns whether there is one.
    pub(super) fn end_role(&mut self) -> bool {
        let role = self
            .frames
            .iter()
            .rposition(|frame| matches!(frame, Frame::Block { block, .. } if block.is_role));
        match role {
            Some(at) => {
                if let Some(Frame::Block { block, .. }) = self.frames.drain(at..).next() {
                    self.finished_roles.push(block);
                }
                true
            }
            None => false,
        }
    }

    /// Returns the order in which two hosts come to their next tasks.
    pub(super) fn order(a: &Next, b: &Next) -> Ordering {
        a.position.cmp(&b.position)
    }
}
