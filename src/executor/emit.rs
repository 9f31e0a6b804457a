//! Events of many hosts in the order of the hosts, as long as that does not keep a result from being seen.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use crate::{
    diagnostic::Diagnostic,
    output::{Event, Output, Wants},
};

/// How long a result waits for hosts before it where somebody watches.
const WATCHED: Duration = Duration::from_millis(150);

/// How long it waits where the output is a file or pipe: an order that does not change is worth more there.
const UNWATCHED: Duration = Duration::from_secs(3);

/// What the output wants to be told.
#[derive(Default)]
struct Wanted {
    host_starts: AtomicBool,
    invocations: AtomicBool,
}

impl Wanted {
    fn set(&self, wants: Wants) {
        self.host_starts.store(wants.host_starts, Ordering::Relaxed);
        self.invocations.store(wants.invocations, Ordering::Relaxed);
    }
}

/// Where events go.
#[derive(Clone)]
pub struct Printer {
    output: Arc<Mutex<Box<dyn Output>>>,
    patience: Duration,
    wanted: Arc<Wanted>,
}

impl Printer {
    pub fn new(output: Box<dyn Output>, watched: bool) -> Printer {
        let patience = if watched { WATCHED } else { UNWATCHED };
        let wanted = Arc::new(Wanted::default());
        wanted.set(output.wants());
        Printer { output: Arc::new(Mutex::new(output)), patience, wanted }
    }

    /// Shows the run by another output from now on.
    pub fn change(&self, next: Box<dyn Output>) {
        let mut output = self.output.lock().unwrap_or_else(PoisonError::into_inner);
        *output = next;
        self.wanted.set(output.wants());
    }

    pub(super) fn wants(&self) -> Wants {
        Wants {
            host_starts: self.wanted.host_starts.load(Ordering::Relaxed),
            invocations: self.wanted.invocations.load(Ordering::Relaxed),
        }
    }

    /// Says that nothing comes any more.
    pub fn finish(&self) {
        self.output.lock().unwrap_or_else(PoisonError::into_inner).finish();
    }

    pub fn event(&self, event: &Event) {
        self.output.lock().unwrap_or_else(PoisonError::into_inner).event(event);
    }
}

/// The events of one task on several hosts.
pub(super) struct Turn {
    printer: Printer,
    state: Mutex<State>,
}

struct State {
    slots: Vec<Slot>,
    /// The first host that is not done.
    front: usize,
    since: Instant,
    /// What ended the run in the middle of the task: nothing more is shown.
    halted: Option<Diagnostic>,
}

#[derive(Default)]
struct Slot {
    waiting: Vec<Event>,
    /// What ends the run when what waits here was shown.
    halt: Option<Diagnostic>,
    done: bool,
}

impl Turn {
    pub(super) fn new(printer: &Printer, n_hosts: usize) -> Arc<Turn> {
        let slots = std::iter::repeat_with(Slot::default).take(n_hosts).collect();
        let state = State { slots, front: 0, since: Instant::now(), halted: None };
        Arc::new(Turn { printer: printer.clone(), state: Mutex::new(state) })
    }

    /// Shows an event of a host, or keeps it until the hosts before it are done.
    pub(super) fn event(&self, slot: usize, event: Event) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.halted.is_some() || state.slots[slot].halt.is_some() {
            return;
        }
        if slot <= state.front {
            return self.printer.event(&event);
        }
        state.slots[slot].waiting.push(event);
        self.lose_patience(&mut state);
    }

    /// Ends the run behind what this host and those before it have shown.
    pub(super) fn halt(&self, slot: usize, told: Diagnostic) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.halted.is_none() && slot <= state.front {
            state.halted = Some(told);
        } else {
            state.slots[slot].halt = Some(told);
        }
    }

    /// Returns what ended the run.
    pub(super) fn halted(&self) -> Option<Diagnostic> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).halted.clone()
    }

    /// Says that a host has nothing more to show for this task.
    pub(super) fn done(&self, slot: usize) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.slots[slot].done = true;
        self.advance(&mut state);
        self.lose_patience(&mut state);
    }

    fn advance(&self, state: &mut State) {
        let before = state.front;
        while state.front < state.slots.len() {
            let front = state.front;
            self.flush(state, front);
            if !state.slots[front].done {
                break;
            }
            state.front += 1;
        }
        if state.front != before {
            state.since = Instant::now();
        }
    }

    /// A host that keeps the others waiting for long is passed over: what is done is shown.
    fn lose_patience(&self, state: &mut State) {
        if state.since.elapsed() < self.printer.patience {
            return;
        }
        for slot in 0..state.slots.len() {
            if state.slots[slot].done {
                self.flush(state, slot);
            }
        }
    }

    /// Shows what waits of a host.
    fn flush(&self, state: &mut State, slot: usize) {
        let slot = &mut state.slots[slot];
        for event in std::mem::take(&mut slot.waiting) {
            if state.halted.is_none() {
                self.printer.event(&event);
            }
        }
        if state.halted.is_none() {
            state.halted = slot.halt.take();
        }
    }

    /// Shows what has waited for too long; called from time to time.
    pub(super) fn tick(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.lose_patience(&mut state);
    }
}
