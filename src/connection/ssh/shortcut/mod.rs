//! Fewer round trips in a login: answers that OpenSSH always gives are not waited for.
//!
//! russh asks one question at a time: may I log in, would you take this key, here is the signature, may I open
//! a channel, run this. An OpenSSH server reads these requests in order from one buffer, and all but one of its
//! answers are known beforehand. This stream sits between russh and the socket. Once the host's key is verified,
//! it gives russh the foreseeable answers itself, so that the requests travel together, and takes the host's own
//! answers out of the stream when they arrive. What decides (is the signature good?) is always the host's answer.
//!
//! Packets are numbered, and the numbers are part of their encryption. Each answer that we give takes a number,
//! each that we take out gives one back; in between, packets are encrypted anew under the number that russh
//! expects. As soon as both counts agree and nothing more is foreseen, bytes pass untouched.
//!
//! Invariant: nothing is given before [`Control::begin`], which the caller calls after the key is verified; the
//! bytes that go to the host are never touched.

mod packets;
mod stream;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use russh::{Names, cipher, kex};
use sha2::{Digest, Sha256};

use self::packets::{Keys, Packets};
pub(super) use self::stream::Shortcut;

/// How many bytes of input may travel with the first command, before the host has opened its window.
pub(super) const EARLY_INPUT: u32 = 32 * 1024;
/// russh's number for the first channel of a connection.
const FIRST_CHANNEL: u32 = 2;

/// What the handshake left for deriving the keys of this connection.
#[derive(Default)]
pub(super) struct Exchange {
    secret: Vec<u8>,
}

/// Hosts that answered otherwise than foreseen: they are asked one question at a time from then on.
#[derive(Clone, Default)]
pub(super) struct Surprises(Arc<Mutex<HashSet<String>>>);

impl Surprises {
    /// Returns true for a host that must not be foreseen.
    pub(super) fn contain(&self, host: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(host)
    }

    fn note(&self, host: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(host);
    }
}

/// Steers the stream from outside; clones steer the same one.
#[derive(Clone, Default)]
pub(super) struct Control(Arc<Mutex<State>>);

/// What the stream and its control share.
#[derive(Default)]
struct State {
    phase: Phase,
    exchange: Option<Exchange>,
    reader: Option<Waker>,
    /// Where to say that this host surprised us.
    surprises: Option<(Surprises, String)>,
}

/// How far a connection is.
enum Phase {
    /// The handshake is watched in order to know how the packets are numbered.
    Watching(packets::Watch),
    /// Answers are given and taken out.
    Active(Box<Packets>),
    /// Bytes pass untouched.
    Over,
}

impl Default for Phase {
    fn default() -> Self {
        Self::Watching(packets::Watch::default())
    }
}

impl Control {
    /// Notes the outcome of the key exchange; algorithms that we cannot follow end the shortcut.
    pub(super) fn exchanged(&self, secret: Option<&[u8]>, names: &Names) {
        let known = [kex::CURVE25519, kex::CURVE25519_PRE_RFC_8731, kex::ECDH_SHA2_NISTP256];
        let mut state = self.lock();
        match secret {
            Some(secret)
                if known.contains(&names.kex) && names.cipher == cipher::CHACHA20_POLY1305 =>
            {
                state.exchange = Some(Exchange { secret: mpint(secret) });
                if let Phase::Watching(watch) = &mut state.phase {
                    watch.strict = names.strict_kex();
                }
            }
            _ => state.phase = Phase::Over,
        }
    }

    /// Starts giving answers, once the host's key has been verified; where it cannot, bytes pass untouched.
    pub(super) fn begin(&self, session_id: &[u8], surprises: &Surprises, host: &str) {
        let mut state = self.lock();
        state.surprises = Some((surprises.clone(), host.to_owned()));
        let exchange = state.exchange.take();
        let phase = std::mem::replace(&mut state.phase, Phase::Over);
        let (Some(exchange), Phase::Watching(watch)) = (exchange, phase) else {
            return;
        };
        let keys = Keys::new(&exchange.key(session_id));
        let Some(mut packets) = watch.finish(keys) else {
            return;
        };
        packets.foresee_service();
        state.phase = Phase::Active(Box::new(packets));
        state.wake();
    }

    /// Foresees that the host would take a key, whose offer is the next thing that is sent.
    pub(super) fn foresee_key_accepted(&self) {
        if let Phase::Active(packets) = &mut self.lock().phase {
            packets.foresee_key_accepted();
        }
    }

    /// Foresees that the host opens its first channel, whose request is the next thing that is sent.
    pub(super) fn foresee_channel(&self) {
        if let Phase::Active(packets) = &mut self.lock().phase {
            packets.foresee_channel();
        }
    }

    /// Ends the shortcut as soon as the numbers agree.
    pub(super) fn finish(&self) {
        let mut state = self.lock();
        match &mut state.phase {
            Phase::Active(packets) => packets.no_more = true,
            _ => state.phase = Phase::Over,
        }
        state.wake();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Notes that the host did not give an answer that was given for it.
    fn surprised(&mut self) {
        if let Some((surprises, host)) = self.surprises.take() {
            surprises.note(host);
        }
    }

    fn wake(&mut self) {
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }
}

impl Exchange {
    /// Derives the key for packets from the host, as RFC 4253 section 7.2 says, with SHA-256.
    fn key(&self, session_id: &[u8]) -> [u8; 64] {
        let hash = |tail: &[&[u8]]| {
            let mut hash = Sha256::new();
            hash.update(&self.secret);
            hash.update(session_id);
            for part in tail {
                hash.update(part);
            }
            hash.finalize()
        };
        let first = hash(&[b"D", session_id]);
        let second = hash(&[first.as_ref()]);
        let mut key = [0; 64];
        key[..32].copy_from_slice(&first);
        key[32..].copy_from_slice(&second);
        key
    }
}

/// Returns a positive number as SSH writes it: its length, no leading zeros, never a leading sign bit.
fn mpint(bytes: &[u8]) -> Vec<u8> {
    let start = bytes.iter().position(|&b| b != 0).unwrap_or(bytes.len());
    let bytes = &bytes[start..];
    let sign = bytes.first().is_some_and(|b| b & 0x80 != 0);
    let length = u32::try_from(bytes.len() + usize::from(sign)).unwrap_or(u32::MAX);
    let mut result = length.to_be_bytes().to_vec();
    if sign {
        result.push(0);
    }
    result.extend_from_slice(bytes);
    result
}
