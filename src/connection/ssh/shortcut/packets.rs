//! The packets from a host: counted, opened, and passed on under the numbers that russh expects.

use std::collections::VecDeque;

use ring::aead::chacha20_poly1305_openssh::{OpeningKey, SealingKey, TAG_LEN};

use super::{EARLY_INPUT, FIRST_CHANNEL};

const IGNORE: u8 = 2;
const SERVICE_ACCEPT: u8 = 6;
const NEWKEYS: u8 = 21;
const USERAUTH_FAILURE: u8 = 51;
const USERAUTH_PK_OK: u8 = 60;
const CHANNEL_OPEN_CONFIRMATION: u8 = 91;
const CHANNEL_OPEN_FAILURE: u8 = 92;
const CHANNEL_WINDOW_ADJUST: u8 = 93;

/// The largest packet that a host may send.
const LARGEST: usize = 256 * 1024;
/// Lines that a server may say before its version.
const LARGEST_BANNER: usize = 16 * 1024;
/// OpenSSH's largest packet in a session channel.
const CHANNEL_PACKET: u32 = 32 * 1024;

/// Both directions of a cipher with the host's key.
pub(super) struct Keys {
    opening: OpeningKey,
    sealing: SealingKey,
}

impl Keys {
    pub(super) fn new(key: &[u8; 64]) -> Self {
        Self { opening: OpeningKey::new(key), sealing: SealingKey::new(key) }
    }
}

/// What comes next in a handshake.
#[derive(Default, PartialEq, Eq)]
enum Part {
    #[default]
    Version,
    Packets,
    /// From here on only who has the key can read.
    Encrypted,
}

/// Follows the handshake, which is readable, and keeps what comes after it.
#[derive(Default)]
pub(super) struct Watch {
    /// Bytes that are not taken apart yet; after the handshake all that came.
    bytes: Vec<u8>,
    /// Packets so far.
    count: u32,
    part: Part,
    /// The server is an OpenSSH, whose answers we know.
    is_openssh: bool,
    /// Numbers start again after the handshake.
    pub(super) strict: bool,
}

impl Watch {
    /// Takes note of bytes that russh has been given.
    pub(super) fn see(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        while self.part != Part::Encrypted && self.step() {}
    }

    /// Takes one line or packet off; returns false when there is none whole.
    fn step(&mut self) -> bool {
        if self.part == Part::Version {
            let Some(end) = self.bytes.iter().position(|&b| b == b'\n') else {
                return false;
            };
            let line: Vec<u8> = self.bytes.drain(..=end).collect();
            if line.starts_with(b"SSH-") {
                self.part = Part::Packets;
                self.is_openssh = line.starts_with(b"SSH-2.0-OpenSSH_");
            }
            return self.bytes.len() < LARGEST_BANNER;
        }
        let Some(length) = self.bytes.first_chunk::<4>() else {
            return false;
        };
        let whole = 4 + u32::from_be_bytes(*length) as usize;
        if self.bytes.len() < whole || whole < 6 {
            return false;
        }
        if self.bytes[5] == NEWKEYS {
            self.part = Part::Encrypted;
        }
        self.bytes.drain(..whole);
        self.count = self.count.wrapping_add(1);
        true
    }

    /// Returns the packets from here on, where we know exactly what russh has read so far.
    pub(super) fn finish(self, keys: Keys) -> Option<Packets> {
        if self.part != Part::Encrypted || !self.is_openssh {
            return None;
        }
        let mut next = if self.strict { 0 } else { self.count };
        let mut rest = self.bytes.as_slice();
        while let Some(header) = rest.first_chunk::<4>() {
            let length = u32::from_be_bytes(keys.opening.decrypt_packet_length(next, *header));
            let whole = 4 + length as usize + TAG_LEN;
            if whole > LARGEST || rest.len() < whole {
                break;
            }
            rest = &rest[whole..];
            next = next.wrapping_add(1);
        }
        // In the middle of a packet nothing can be put in.
        rest.is_empty().then(|| Packets::new(keys, next))
    }
}

/// An answer of the host that has been given already.
enum Expected {
    /// Taken out when it comes.
    Service,
    /// Taken out, whether the host would take the key or not: its answer to the signature decides.
    KeyOffer,
    /// Taken out; the channel's numbers must be those that were foreseen.
    Channel,
    /// Passed on without the part of the window that was foreseen.
    Window,
}

/// The packets between the host and russh.
pub(super) struct Packets {
    keys: Keys,
    /// The number of the host's next packet.
    arriving: u32,
    /// The number that russh expects next; never behind the other.
    leaving: u32,
    expected: VecDeque<Expected>,
    /// Contents that wait for a number.
    waiting: VecDeque<Vec<u8>>,
    /// Answers that are given as soon as the request has been written.
    after_write: VecDeque<Vec<u8>>,
    /// Bytes of the host that are no whole packet yet.
    pub(super) incoming: Vec<u8>,
    /// Bytes for russh.
    pub(super) outgoing: VecDeque<u8>,
    /// Nothing more will be foreseen.
    pub(super) no_more: bool,
    /// The host did something that was not foreseen and cannot be mended.
    pub(super) broken: Option<&'static str>,
}

impl Packets {
    fn new(keys: Keys, next: u32) -> Self {
        Self {
            keys,
            arriving: next,
            leaving: next,
            expected: VecDeque::new(),
            waiting: VecDeque::new(),
            after_write: VecDeque::new(),
            incoming: Vec::new(),
            outgoing: VecDeque::new(),
            no_more: false,
            broken: None,
        }
    }

    /// Gives the answer to the request for logging in at once: russh then sends it with what follows.
    pub(super) fn foresee_service(&mut self) {
        self.expected.push_back(Expected::Service);
        let mut answer = vec![SERVICE_ACCEPT];
        put_text(&mut answer, "ssh-userauth");
        self.give(&answer);
    }

    pub(super) fn foresee_key_accepted(&mut self) {
        self.expected.push_back(Expected::KeyOffer);
        // russh knows which key it offered and looks at neither name nor key.
        let mut answer = vec![USERAUTH_PK_OK];
        put_text(&mut answer, "");
        put_text(&mut answer, "");
        self.after_write.push_back(answer);
    }

    pub(super) fn foresee_channel(&mut self) {
        self.expected.push_back(Expected::Channel);
        self.expected.push_back(Expected::Window);
        let mut answer = vec![CHANNEL_OPEN_CONFIRMATION];
        // OpenSSH numbers the channels of a connection from 0.
        for number in [FIRST_CHANNEL, 0, EARLY_INPUT, CHANNEL_PACKET] {
            answer.extend_from_slice(&number.to_be_bytes());
        }
        self.after_write.push_back(answer);
    }

    /// Notes that russh has written something; returns true when that brings an answer.
    pub(super) fn written(&mut self) -> bool {
        // What was given before must have been read, or the request is not written yet.
        if !self.outgoing.is_empty() {
            return false;
        }
        match self.after_write.pop_front() {
            Some(answer) => {
                self.give(&answer);
                true
            }
            None => false,
        }
    }

    /// Returns true once bytes may pass untouched.
    pub(super) fn is_over(&self) -> bool {
        self.no_more
            && self.arriving == self.leaving
            && self.expected.is_empty()
            && self.waiting.is_empty()
            && self.after_write.is_empty()
            && self.outgoing.is_empty()
    }

    /// Returns true while the host owes an answer that was given for it.
    pub(super) fn is_owed(&self) -> bool {
        !self.expected.is_empty()
    }

    /// Takes the host's whole packets apart; returns false when one cannot be opened.
    pub(super) fn advance(&mut self) -> bool {
        loop {
            // What passes untouched must start with a packet of its own.
            if self.is_over() {
                self.outgoing.extend(self.incoming.drain(..));
                return true;
            }
            let Some(header) = self.incoming.first_chunk::<4>() else {
                return true;
            };
            let length = self.keys.opening.decrypt_packet_length(self.arriving, *header);
            let sealed = 4 + u32::from_be_bytes(length) as usize;
            if sealed + TAG_LEN > LARGEST {
                return false;
            }
            if self.incoming.len() < sealed + TAG_LEN {
                return true;
            }
            let mut packet: Vec<u8> = self.incoming.drain(..sealed + TAG_LEN).collect();
            let tag = packet.split_off(sealed);
            let Ok(tag) = <[u8; TAG_LEN]>::try_from(tag) else {
                return false;
            };
            let Ok(opened) = self.keys.opening.open_in_place(self.arriving, &mut packet, &tag)
            else {
                return false;
            };
            let padding = opened.first().map_or(0, |&p| usize::from(p));
            let Some(payload) = opened.get(1..opened.len().saturating_sub(padding)) else {
                return false;
            };
            let payload = payload.to_vec();
            self.arriving = self.arriving.wrapping_add(1);
            self.take(payload);
        }
    }

    /// Takes a packet out or passes it on, and keeps russh's numbers from falling behind.
    fn take(&mut self, mut payload: Vec<u8>) {
        let kind = payload.first().copied().unwrap_or_default();
        let foreseen = match (self.expected.front(), kind) {
            (Some(Expected::Service), SERVICE_ACCEPT)
            | (Some(Expected::KeyOffer), USERAUTH_PK_OK | USERAUTH_FAILURE) => true,
            (Some(Expected::Channel), CHANNEL_OPEN_CONFIRMATION) => {
                if number(&payload, 1) != Some(FIRST_CHANNEL) || number(&payload, 5) != Some(0) {
                    self.broken = Some("the host numbered its first channel in an unforeseen way");
                }
                true
            }
            (Some(Expected::Channel), CHANNEL_OPEN_FAILURE) => {
                self.broken = Some("the host refused a session");
                true
            }
            (Some(Expected::Window), CHANNEL_WINDOW_ADJUST) => {
                self.expected.pop_front();
                let rest = number(&payload, 5).unwrap_or(0).saturating_sub(EARLY_INPUT);
                if let Some(amount) = payload.get_mut(5..9) {
                    amount.copy_from_slice(&rest.to_be_bytes());
                }
                false
            }
            _ => false,
        };
        if foreseen {
            self.expected.pop_front();
        } else {
            self.waiting.push_back(payload);
        }
        while self.leaving != self.arriving && !self.is_ahead() {
            let payload = self.waiting.pop_front().unwrap_or_else(|| vec![IGNORE, 0, 0, 0, 0]);
            self.give(&payload);
        }
    }

    /// Passes everything on that still waits: the host says nothing more.
    pub(super) fn ended(&mut self) {
        while let Some(payload) = self.waiting.pop_front() {
            self.give(&payload);
        }
    }

    /// Returns true while russh has been given more packets than the host has sent.
    fn is_ahead(&self) -> bool {
        self.leaving.wrapping_sub(self.arriving) < u32::MAX / 2
    }

    /// Seals a payload under the next number and puts it into russh's way.
    fn give(&mut self, payload: &[u8]) {
        let unpadded = 1 + payload.len();
        let mut padding = 8 - unpadded % 8;
        if padding < 4 {
            padding += 8;
        }
        let length = unpadded + padding;
        let mut packet = Vec::with_capacity(4 + length + TAG_LEN);
        packet.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
        packet.push(u8::try_from(padding).unwrap_or(u8::MAX));
        packet.extend_from_slice(payload);
        packet.resize(4 + length, 0);
        let mut tag = [0; TAG_LEN];
        self.keys.sealing.seal_in_place(self.leaving, &mut packet, &mut tag);
        self.outgoing.extend(packet);
        self.outgoing.extend(tag);
        self.leaving = self.leaving.wrapping_add(1);
    }
}

/// Reads a number out of a payload.
fn number(payload: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*payload.get(at..)?.first_chunk::<4>()?))
}

fn put_text(payload: &mut Vec<u8>, text: &str) {
    payload.extend_from_slice(&u32::try_from(text.len()).unwrap_or_default().to_be_bytes());
    payload.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 64] = [7; 64];

    /// The host's side: seals payloads under its own numbers.
    fn host(payloads: &[&[u8]]) -> Vec<u8> {
        let mut host = Packets::new(Keys::new(&KEY), 0);
        for payload in payloads {
            host.give(payload);
        }
        host.outgoing.into_iter().collect()
    }

    /// russh's side: opens what it was given, in its order.
    fn seen(packets: &Packets) -> Vec<Vec<u8>> {
        let mut reader = Packets::new(Keys::new(&KEY), 0);
        // Never level with the host, so that it only collects.
        reader.leaving = 1_000;
        reader.incoming = packets.outgoing.iter().copied().collect();
        assert!(reader.advance());
        reader.waiting.into_iter().collect()
    }

    fn kinds(packets: &Packets) -> Vec<u8> {
        seen(packets).iter().map(|payload| payload[0]).collect()
    }

    /// A login whose answers were foreseen, and what the host then says.
    fn login(payloads: &[&[u8]]) -> Packets {
        let mut packets = Packets::new(Keys::new(&KEY), 0);
        packets.foresee_service();
        packets.foresee_key_accepted();
        // russh has read the first answer and written its offer.
        let service = std::mem::take(&mut packets.outgoing);
        assert!(packets.written());
        let offer = std::mem::take(&mut packets.outgoing);
        packets.outgoing = service.into_iter().chain(offer).collect();
        packets.incoming = host(payloads);
        assert!(packets.advance());
        packets
    }

    #[test]
    fn foreseen_answers_come_once_and_the_decision_is_the_hosts() {
        let packets = login(&[&[6, 0, 0, 0, 0], &[60, 1], &[52]]);
        assert_eq!(kinds(&packets), [6, 60, 52]);
        assert_eq!(packets.arriving, packets.leaving);
    }

    #[test]
    fn a_refused_key_is_refused_by_the_answer_to_the_signature() {
        let packets = login(&[&[6], &[51, 1], &[51, 2]]);
        assert_eq!(seen(&packets)[2], [51, 2]);
    }

    #[test]
    fn what_comes_in_between_is_passed_on_later_in_its_order() {
        // An extension and a banner, which nobody foresaw.
        let packets = login(&[&[7, 1], &[6], &[53, 1], &[60], &[52]]);
        assert_eq!(kinds(&packets), [6, 60, 7, 53, 52]);
        assert_eq!(packets.arriving, packets.leaving);
    }

    #[test]
    fn the_window_that_was_foreseen_is_taken_off_the_real_one() {
        let mut packets = Packets::new(Keys::new(&KEY), 0);
        packets.foresee_channel();
        assert!(packets.written());
        let mut confirmation = vec![91];
        confirmation.extend([2u32, 0, 0, 32768].iter().flat_map(|n| n.to_be_bytes()));
        let mut adjust = vec![93];
        adjust.extend([2u32, 2_097_152].iter().flat_map(|n| n.to_be_bytes()));
        packets.incoming = host(&[&[80, 1], &confirmation, &adjust, &[99, 0, 0, 0, 2]]);
        assert!(packets.advance());
        let seen = seen(&packets);
        assert_eq!(seen.iter().map(|p| p[0]).collect::<Vec<_>>(), [91, 80, 93, 99]);
        assert_eq!(number(&seen[2], 5), Some(2_097_152 - EARLY_INPUT));
        assert!(packets.broken.is_none());
    }

    #[test]
    fn a_packet_that_cannot_be_opened_is_noticed() {
        let mut packets = Packets::new(Keys::new(&KEY), 0);
        packets.incoming = host(&[&[52]]);
        *packets.incoming.last_mut().unwrap() ^= 1;
        assert!(!packets.advance());
    }
}
