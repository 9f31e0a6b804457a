//! Strategies, one task on one host, loops, handlers, results.
//!
//! Invariant: everything about one host happens in order; what hosts share is behind locks that no await holds.

mod about;
mod acting;
mod arguments;
mod becoming;
mod beforehand;
mod connect;
mod cursor;
mod debugger;
mod emit;
mod ended;
mod enlist;
mod facts;
mod failure;
mod free;
mod gathering;
mod include;
mod including;
mod invocation;
mod items;
mod jobs;
mod judge;
mod linear;
mod looping;
mod meta;
mod order;
mod places;
mod play;
mod plugged;
mod prelude;
mod prompts;
mod run;
mod sending;
mod serial;
mod settle;
mod strategy;
mod strategy_plugins;
mod surroundings;
mod tags;
mod task;
mod told;
mod typed;
mod vars_files;

pub(crate) use enlist::ENLISTS;
pub(crate) use facts::{OWN_FACTS, SEALED_FACTS};
pub(crate) use failure::TRUST;
pub use failure::{Failure, invalid_name};
pub(crate) use gathering::facts_module;
pub(crate) use judge::HIDDEN;
pub use run::{Ask, Identity, Paused, Run, RunOptions};
pub(crate) use sending::NO_UTF8;
pub use tags::Tags;
pub(crate) use task::conditions_in;
pub use task::{Call, Remote, Step};
pub(crate) use told::{WARNED, reserved};
