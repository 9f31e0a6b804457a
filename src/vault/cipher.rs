//! The cipher of vaults: keys of a password by PBKDF2, AES-256 in counter mode, HMAC-SHA256 over the result.

use aes::cipher::{KeyIvInit as _, StreamCipher as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::{DEFAULT_ID, derive::derive, envelope};

type Ctr = ctr::Ctr128BE<aes::Aes256>;

const ROUNDS: u32 = 10_000;
const BLOCK: usize = 16;

/// What a vault holds.
#[derive(Debug)]
pub(super) struct Sealed {
    pub(super) salt: Vec<u8>,
    pub(super) mac: Vec<u8>,
    pub(super) cipher: Vec<u8>,
}

/// What makes the keys of two vaults with one password differ.
#[derive(Clone, Debug)]
pub struct Salt(pub Vec<u8>);

impl Salt {
    /// Returns 32 bytes that nobody knows.
    pub fn random() -> Result<Salt, String> {
        use std::io::Read as _;
        let mut bytes = vec![0; 32];
        std::fs::File::open("/dev/urandom")
            .and_then(|mut source| source.read_exact(&mut bytes))
            .map_err(|error| format!("no random numbers: {error}"))?;
        Ok(Salt(bytes))
    }
}

/// Keys of one password and salt.
pub(super) struct Keys {
    cipher: [u8; 32],
    mac: [u8; 32],
    counter: [u8; BLOCK],
}

impl Keys {
    pub(super) fn derive(password: &[u8], salt: &[u8]) -> Keys {
        let mut bytes = [0; 80];
        derive(password, salt, ROUNDS, &mut bytes);
        let mut keys = Keys { cipher: [0; 32], mac: [0; 32], counter: [0; BLOCK] };
        keys.cipher.copy_from_slice(&bytes[..32]);
        keys.mac.copy_from_slice(&bytes[32..64]);
        keys.counter.copy_from_slice(&bytes[64..]);
        keys
    }

    fn authenticator(&self) -> Hmac<Sha256> {
        Hmac::new_from_slice(&self.mac).expect("a MAC takes keys of any length")
    }

    fn apply(&self, bytes: &mut [u8]) {
        Ctr::new((&self.cipher).into(), (&self.counter).into()).apply_keystream(bytes);
    }

    /// Returns what is in it; nothing where these are not its keys, or where it was changed.
    pub(super) fn open(&self, sealed: &Sealed) -> Option<Vec<u8>> {
        let mut authenticator = self.authenticator();
        authenticator.update(&sealed.cipher);
        authenticator.verify_slice(&sealed.mac).ok()?;
        let mut plain = sealed.cipher.clone();
        self.apply(&mut plain);
        // The padding of PKCS 7 says how long it is.
        let padding = usize::from(*plain.last()?);
        let is_padding = (1..=BLOCK).contains(&padding) && padding <= plain.len();
        is_padding.then(|| {
            plain.truncate(plain.len() - padding);
            plain
        })
    }

    pub(super) fn seal(&self, plain: &[u8], salt: &[u8]) -> Sealed {
        let padding = BLOCK - plain.len() % BLOCK;
        let mut cipher = plain.to_vec();
        cipher.resize(plain.len() + padding, u8::try_from(padding).unwrap_or(0));
        self.apply(&mut cipher);
        let mut authenticator = self.authenticator();
        authenticator.update(&cipher);
        let mac = authenticator.finalize().into_bytes().to_vec();
        Sealed { salt: salt.to_vec(), mac, cipher }
    }
}

/// Returns a text as a vault of this password and id.
pub fn encrypt(plain: &[u8], password: &[u8], id: &str, salt: &Salt) -> String {
    let sealed = Keys::derive(password, &salt.0).seal(plain, &salt.0);
    envelope::wrap(&sealed, (id != DEFAULT_ID).then_some(id))
}
