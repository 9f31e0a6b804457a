//! Sets of numbers in the order in which CPython's iterate: by their hashes, so that a result has the same order.
//!
//! Text has another hash in every run of Python; what holds any keeps the order in which it came.

use std::sync::Arc;

use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive};

use crate::{
    template::{
        expression::contains,
        filters::{Answer, Invocation, added},
    },
    value::{List, Value},
};

/// What Python does with two lists of which it can make no sets.
#[derive(Clone, Copy)]
pub(super) struct WithoutSets {
    /// It looks for the items of one in the other.
    pub(super) looks: bool,
    /// It makes one list of both.
    pub(super) adds: bool,
}

/// Combines the input and an argument as sets: numbers in Python's order, anything else in the order it came.
pub(super) fn combined(
    call: &mut Invocation<'_, '_>,
    without_sets: WithoutSets,
    numbers: fn(&Set, &Set) -> Set,
    others: fn(&[Value], &[Value]) -> Vec<Value>,
) -> Answer {
    let items = call.items()?;
    let given = call.required(0, "b")?;
    let other = super::evaluator::items(given)
        .map_err(|_| format!("argument of type '{}' is not iterable", given.type_name()))?;
    if let (Some(left), Some(right)) = (Set::of(&items), Set::of(&other)) {
        return Ok(Value::list(numbers(&left, &right).into_values()));
    }
    // What Python cannot hash is looked for, and added, without sets.
    if items.iter().chain(other.iter()).any(|item| item.unhashable().is_some()) {
        if without_sets.looks && !matches!(given, Value::List(_) | Value::Tuple(_)) {
            for item in items.iter() {
                contains(given, item)?;
            }
        }
        if without_sets.adds {
            added(&call.value, given)?;
        }
    }
    Ok(others(&items, &other).into())
}

/// Returns the items without those that came before.
pub(super) fn distinct<'v>(items: impl Iterator<Item = &'v Value>) -> Vec<Value> {
    let mut seen = std::collections::HashSet::new();
    items.filter(|item| seen.insert(*item)).cloned().collect()
}

/// An open hash table with CPython's probing.
#[derive(Clone)]
pub(super) struct Set {
    slots: Vec<Slot>,
    /// Slots that are or were in use.
    fill: usize,
    used: usize,
}

#[derive(Clone)]
enum Slot {
    Free,
    Removed,
    Taken(i64, Value),
}

const SMALLEST: usize = 8;
const LINEAR_PROBES: usize = 9;

impl Set {
    fn new() -> Set {
        Set { slots: vec![Slot::Free; SMALLEST], fill: 0, used: 0 }
    }

    /// Returns the set of a list of numbers; None when anything else is in it.
    fn of(items: &Arc<List>) -> Option<Set> {
        let mut set = Set::new();
        for item in items.iter() {
            set.add(hash(item)?, item);
        }
        Some(set)
    }

    pub(super) fn union(&self, other: &Set) -> Set {
        let mut result = self.copied();
        result.merge(other);
        result
    }

    pub(super) fn intersection(&self, other: &Set) -> Set {
        let (large, small) = if other.used > self.used { (other, self) } else { (self, other) };
        let mut result = Set::new();
        for (hash, value) in small.entries() {
            if large.find(hash, value).is_ok() {
                result.add(hash, value);
            }
        }
        result
    }

    pub(super) fn difference(&self, other: &Set) -> Set {
        if self.used / 4 > other.used {
            let mut result = self.copied();
            for (hash, value) in other.entries() {
                result.discard(hash, value);
            }
            if result.fill - result.used > (result.slots.len() - 1) / 4 {
                result.resize(result.grown());
            }
            return result;
        }
        let mut result = Set::new();
        for (hash, value) in self.entries() {
            if other.find(hash, value).is_err() {
                result.add(hash, value);
            }
        }
        result
    }

    pub(super) fn symmetric_difference(&self, other: &Set) -> Set {
        let mut result = other.copied();
        for (hash, value) in self.entries() {
            if !result.discard(hash, value) {
                result.add(hash, value);
            }
        }
        result
    }

    fn entries(&self) -> impl Iterator<Item = (i64, &Value)> {
        self.slots.iter().filter_map(|slot| match slot {
            Slot::Taken(hash, value) => Some((*hash, value)),
            _ => None,
        })
    }

    fn into_values(self) -> impl Iterator<Item = Value> {
        self.slots.into_iter().filter_map(|slot| match slot {
            Slot::Taken(_, value) => Some(value),
            _ => None,
        })
    }

    /// Returns where a value is, or the free slot where it would be.
    fn find(&self, hash: i64, value: &Value) -> Result<usize, usize> {
        let mask = self.slots.len() - 1;
        let mut perturb = hash.cast_unsigned();
        let mut at = usize::try_from(perturb & mask as u64).unwrap_or(0);
        loop {
            let probes = if at + LINEAR_PROBES <= mask { LINEAR_PROBES } else { 0 };
            for slot in at..=at + probes {
                match &self.slots[slot] {
                    Slot::Free => return Err(slot),
                    Slot::Taken(known, other) if *known == hash && other == value => {
                        return Ok(slot);
                    }
                    _ => (),
                }
            }
            perturb >>= 5;
            let next = (at as u64).wrapping_mul(5).wrapping_add(1).wrapping_add(perturb);
            at = usize::try_from(next & mask as u64).unwrap_or(0);
        }
    }

    fn add(&mut self, hash: i64, value: &Value) {
        let Err(slot) = self.find(hash, value) else { return };
        self.slots[slot] = Slot::Taken(hash, value.clone());
        self.fill += 1;
        self.used += 1;
        if self.fill * 5 >= (self.slots.len() - 1) * 3 {
            self.resize(self.grown());
        }
    }

    fn discard(&mut self, hash: i64, value: &Value) -> bool {
        let Ok(slot) = self.find(hash, value) else { return false };
        self.slots[slot] = Slot::Removed;
        self.used -= 1;
        true
    }

    fn grown(&self) -> usize {
        if self.used > 50_000 { self.used * 2 } else { self.used * 4 }
    }

    /// Puts the entries into a table that has more than so many slots.
    fn resize(&mut self, least: usize) {
        let mut size = SMALLEST;
        while size <= least {
            size *= 2;
        }
        let old = std::mem::replace(&mut self.slots, vec![Slot::Free; size]);
        for slot in old {
            self.put(slot);
        }
        self.fill = self.used;
    }

    /// Puts an entry that is not there yet into a table without removed ones.
    fn put(&mut self, slot: Slot) {
        if let Slot::Taken(hash, value) = &slot {
            let (Ok(at) | Err(at)) = self.find(*hash, value);
            self.slots[at] = slot;
        }
    }

    fn copied(&self) -> Set {
        let mut copy = Set::new();
        copy.merge(self);
        copy
    }

    fn merge(&mut self, other: &Set) {
        if other.used == 0 {
            return;
        }
        if (self.fill + other.used) * 5 >= (self.slots.len() - 1) * 3 {
            self.resize((self.used + other.used) * 2);
        }
        if self.fill > 0 {
            for (hash, value) in other.entries() {
                self.add(hash, value);
            }
            return;
        }
        if self.slots.len() == other.slots.len() && other.fill == other.used {
            self.slots.clone_from(&other.slots);
        } else {
            for slot in &other.slots {
                self.put(slot.clone());
            }
        }
        (self.fill, self.used) = (other.used, other.used);
    }
}

/// The prime by which Python takes the rest of numbers.
const MODULUS: i64 = (1 << 61) - 1;

/// Returns Python's hash of a number.
fn hash(value: &Value) -> Option<i64> {
    let whole = |number: i64| match number % MODULUS {
        -1 => -2,
        rest => rest,
    };
    match value {
        Value::Bool(truth) => Some(i64::from(*truth)),
        Value::Int(number) => Some(whole(*number)),
        Value::BigInt(number) => {
            let rest = (number.abs() % BigInt::from(MODULUS)).to_i64()?;
            Some(whole(if number.is_negative() { -rest } else { rest }))
        }
        Value::Float(number) if number.fract() == 0.0 => number.to_i64().map(whole),
        Value::Float(number) if number.is_finite() => Some(fraction(*number)),
        _ => None,
    }
}

/// The hash of a number that is not whole: its mantissa, turned by its exponent.
fn fraction(number: f64) -> i64 {
    let bits = number.abs().to_bits();
    let exponent = i64::try_from(bits >> 52).unwrap_or(0);
    let fraction = bits & ((1 << 52) - 1);
    // Subnormal numbers have no hidden bit.
    let (mantissa, exponent) = match exponent {
        0 => (fraction, -1074),
        _ => (fraction | 1 << 52, exponent - 1075),
    };
    let modulus = MODULUS.cast_unsigned();
    let turn = u32::try_from(exponent.rem_euclid(61)).unwrap_or(0);
    let turned = (u128::from(mantissa % modulus) << turn) % u128::from(modulus);
    let hash = i64::try_from(turned).unwrap_or(0);
    match if number < 0.0 { -hash } else { hash } {
        -1 => -2,
        hash => hash,
    }
}
