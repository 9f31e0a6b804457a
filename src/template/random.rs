//! Python's `random.Random`: a Mersenne Twister, so that a seed gives what it gives in the reference.

use num_bigint::BigUint;
use sha2::{Digest, Sha512};

use crate::value::Value;

const N: usize = 624;
const M: usize = 397;

/// A source of numbers by chance.
pub(crate) struct Random {
    state: Box<[u32; N]>,
    index: usize,
}

impl Random {
    /// Returns a source that a seed determines, or an unpredictable one.
    pub(crate) fn seeded(seed: Option<&Value>) -> Random {
        let number = match seed {
            Some(Value::Str(text)) => text_seed(text.as_bytes()),
            Some(Value::Bytes(bytes)) => text_seed(bytes),
            Some(Value::Float(_)) | None => {
                let mut bytes = [0; 32];
                // Without a source of entropy the clock and an address must do.
                if std::fs::File::open("/dev/urandom")
                    .and_then(|mut file| std::io::Read::read_exact(&mut file, &mut bytes))
                    .is_err()
                {
                    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
                    let now = now.map_or(0, |elapsed| elapsed.as_nanos());
                    bytes[..16].copy_from_slice(&now.to_le_bytes());
                }
                BigUint::from_bytes_le(&bytes)
            }
            Some(other) => other.to_big().map_or_else(
                || text_seed(other.to_text().as_bytes()),
                |number| number.magnitude().clone(),
            ),
        };
        let mut key = number.to_u32_digits();
        if key.is_empty() {
            key.push(0);
        }
        Random::by_key(&key)
    }

    fn by_number(seed: u32) -> Random {
        let mut state = Box::new([0; N]);
        state[0] = seed;
        for index in 1..N {
            let previous: u32 = state[index - 1];
            let mixed = 1_812_433_253_u32.wrapping_mul(previous ^ (previous >> 30));
            state[index] = mixed.wrapping_add(u32::try_from(index).unwrap_or(0));
        }
        Random { state, index: N }
    }

    fn by_key(key: &[u32]) -> Random {
        let mut random = Random::by_number(19_650_218);
        let state = &mut random.state;
        let (mut i, mut j) = (1, 0);
        for _ in 0..N.max(key.len()) {
            let previous = state[i - 1];
            state[i] = (state[i] ^ (previous ^ (previous >> 30)).wrapping_mul(1_664_525))
                .wrapping_add(key[j])
                .wrapping_add(u32::try_from(j).unwrap_or(0));
            i += 1;
            j += 1;
            if i >= N {
                state[0] = state[N - 1];
                i = 1;
            }
            if j >= key.len() {
                j = 0;
            }
        }
        for _ in 1..N {
            let previous = state[i - 1];
            state[i] = (state[i] ^ (previous ^ (previous >> 30)).wrapping_mul(1_566_083_941))
                .wrapping_sub(u32::try_from(i).unwrap_or(0));
            i += 1;
            if i >= N {
                state[0] = state[N - 1];
                i = 1;
            }
        }
        state[0] = 0x8000_0000;
        random
    }

    fn next(&mut self) -> u32 {
        if self.index >= N {
            for k in 0..N {
                let y = (self.state[k] & 0x8000_0000) | (self.state[(k + 1) % N] & 0x7fff_ffff);
                let odd = if y & 1 == 1 { 0x9908_b0df } else { 0 };
                self.state[k] = self.state[(k + M) % N] ^ (y >> 1) ^ odd;
            }
            self.index = 0;
        }
        let mut y = self.state[self.index];
        self.index += 1;
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c_5680;
        y ^= (y << 15) & 0xefc6_0000;
        y ^ (y >> 18)
    }

    fn bits(&mut self, count: u32) -> u64 {
        let low = |random: &mut Random, bits: u32| u64::from(random.next() >> (32 - bits));
        match count {
            0 => 0,
            1..=32 => low(self, count),
            _ => {
                let first = u64::from(self.next());
                first | low(self, count - 32) << 32
            }
        }
    }

    /// Returns a number of any size below another.
    pub(crate) fn below_big(&mut self, limit: &BigUint) -> BigUint {
        loop {
            let mut open = u32::try_from(limit.bits()).unwrap_or(u32::MAX);
            let mut words = Vec::new();
            while open > 0 {
                let bits = open.min(32);
                words.push(self.next() >> (32 - bits));
                open -= bits;
            }
            let number = BigUint::new(words);
            if number < *limit {
                return number;
            }
        }
    }

    /// Returns a number below another, each as likely.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        let bits = u64::BITS - limit.leading_zeros();
        loop {
            let number = self.bits(bits);
            if number < limit {
                return number;
            }
        }
    }

    /// Puts items in an order by chance.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for index in (1..items.len()).rev() {
            let other = usize::try_from(self.below(index as u64 + 1)).unwrap_or(0);
            items.swap(index, other);
        }
    }
}

fn text_seed(bytes: &[u8]) -> BigUint {
    let mut with_digest = bytes.to_vec();
    with_digest.extend_from_slice(&Sha512::digest(bytes));
    BigUint::from_bytes_be(&with_digest)
}
