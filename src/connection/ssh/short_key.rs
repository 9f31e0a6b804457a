//! Keys of the curve P-256 that the library refuses: OpenSSH leaves out the leading zeros of a secret number, as one key in 256 has them.
//!
//! To be removed once `ssh-key` reads them (0.7.0-rc.12 does not).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use russh::keys::{
    PrivateKey, PublicKey,
    ssh_encoding::Decode,
    ssh_key::{
        private::{EcdsaKeypair, KeypairData},
        public::{EcdsaPublicKey, KeyData},
    },
};

use crate::connection::Secret;

/// What stands in front of the base64, and what its bytes begin with.
const BEGIN: &str = "-----BEGIN OPENSSH PRIVATE KEY-----";
const END: &str = "-----END OPENSSH PRIVATE KEY-----";
const MAGIC: &[u8] = b"openssh-key-v1\0";

/// Reads such a key that is not encrypted.
pub(super) fn plain(text: &str) -> Option<PrivateKey> {
    let (_, rest) = text.split_once(BEGIN)?;
    let (body, _) = rest.split_once(END)?;
    let bytes = STANDARD.decode(body.split_whitespace().collect::<String>()).ok()?;
    let mut rest = bytes.strip_prefix(MAGIC)?;
    let mut string = || Vec::<u8>::decode(&mut rest).ok();
    let is_plain = string()? == b"none";
    let (_how, _settings) = (string()?, string()?);
    let keys = u32::decode(&mut rest).ok()?;
    let public = Vec::<u8>::decode(&mut rest).ok()?;
    let section = Vec::<u8>::decode(&mut rest).ok()?;
    let public = PublicKey::from_bytes(&public).ok()?;
    if is_plain && keys == 1 { assembled(public.key_data(), &section) } else { None }
}

/// Reads such a key that is encrypted.
pub(super) fn unlocked(text: &str, passphrase: &Secret) -> Option<PrivateKey> {
    let locked = PrivateKey::from_openssh(text).ok()?;
    let public = locked.public_key().key_data();
    if !matches!(public, KeyData::Ecdsa(EcdsaPublicKey::NistP256(_))) {
        return None;
    }
    let cipher = locked.cipher();
    let (key, iv) = locked.kdf().derive_key_and_iv(cipher, passphrase.expose()).ok()?;
    let mut section = locked.key_data().encrypted()?.to_vec();
    let whole = locked.to_bytes().ok()?;
    let tag = whole.last_chunk().copied().filter(|_| cipher.has_tag());
    cipher.decrypt(&key, &iv, &mut section, tag.map(<[u8; 16]>::into)).ok()?;
    assembled(public, &section)
}

/// Puts the key together from its public half and the section that is secret.
fn assembled(public: &KeyData, mut section: &[u8]) -> Option<PrivateKey> {
    let KeyData::Ecdsa(EcdsaPublicKey::NistP256(public)) = public else { return None };
    let checks = [u32::decode(&mut section).ok()?, u32::decode(&mut section).ok()?];
    if checks[0] != checks[1] {
        return None;
    }
    let mut string = || Vec::<u8>::decode(&mut section).ok();
    let (_kind, _curve, _point) = (string()?, string()?, string()?);
    let number = string()?;
    let mut whole = [0; 32];
    whole[32_usize.checked_sub(number.len())?..].copy_from_slice(&number);
    let pair = EcdsaKeypair::NistP256 { public: *public, private: whole.into() };
    PrivateKey::new(KeypairData::Ecdsa(pair), "").ok()
}
