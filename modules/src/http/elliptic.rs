//! P-256: agreeing on a secret, verifying and making signatures.

use p256::{
    PublicKey, SecretKey,
    ecdsa::{
        Signature, SigningKey, VerifyingKey,
        signature::hazmat::{PrehashSigner, PrehashVerifier},
    },
    elliptic_curve::sec1::ToSec1Point,
};
use rustls::{
    Error, NamedGroup, PeerMisbehaved, SignatureAlgorithm, SignatureScheme,
    crypto::{ActiveKeyExchange, SharedSecret, SupportedKxGroup},
    pki_types::{
        AlgorithmIdentifier, InvalidSignature, PrivateKeyDer, SignatureVerificationAlgorithm,
        alg_id,
    },
    sign::{Signer, SigningKey as TlsKey},
};
use sha2::{Digest, Sha256, Sha384};

use super::provider::fill_random;

/// ECDHE over P-256.
#[derive(Debug)]
pub(super) struct Exchange;

impl SupportedKxGroup for Exchange {
    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, Error> {
        loop {
            let mut bytes = [0; 32];
            fill_random(&mut bytes).map_err(|_| Error::FailedToGetRandomBytes)?;
            // All but one in four thousand million numbers are keys.
            if let Ok(secret) = SecretKey::from_slice(&bytes) {
                let public = secret.public_key().to_sec1_point(false).as_bytes().to_vec();
                return Ok(Box::new(Begun { secret, public }));
            }
        }
    }

    fn name(&self) -> NamedGroup {
        NamedGroup::secp256r1
    }
}

struct Begun {
    secret: SecretKey,
    public: Vec<u8>,
}

impl ActiveKeyExchange for Begun {
    fn complete(self: Box<Self>, peer: &[u8]) -> Result<SharedSecret, Error> {
        // Only whole points, as TLS demands.
        let peer = Some(peer).filter(|peer| peer.first() == Some(&4));
        let peer = peer.and_then(|peer| PublicKey::from_sec1_bytes(peer).ok());
        let peer = peer.ok_or(Error::PeerMisbehaved(PeerMisbehaved::InvalidKeyShare))?;
        let shared = p256::ecdh::diffie_hellman(self.secret.to_nonzero_scalar(), peer.as_affine());
        Ok(SharedSecret::from(shared.raw_secret_bytes().as_slice()))
    }

    fn pub_key(&self) -> &[u8] {
        &self.public
    }

    fn group(&self) -> NamedGroup {
        NamedGroup::secp256r1
    }
}

/// ECDSA over P-256 with one of two digests.
#[derive(Debug)]
pub(super) struct Verify {
    long: bool,
}

pub(super) static P256_SHA256: Verify = Verify { long: false };
pub(super) static P256_SHA384: Verify = Verify { long: true };

impl SignatureVerificationAlgorithm for Verify {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let key = VerifyingKey::from_sec1_bytes(public_key).map_err(|_| InvalidSignature)?;
        let signature = Signature::from_der(signature).map_err(|_| InvalidSignature)?;
        let verified = if self.long {
            key.verify_prehash(&Sha384::digest(message), &signature)
        } else {
            key.verify_prehash(&Sha256::digest(message), &signature)
        };
        verified.map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_P256
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        if self.long { alg_id::ECDSA_SHA384 } else { alg_id::ECDSA_SHA256 }
    }
}

/// A key of a client certificate.
#[derive(Clone, Debug)]
pub(super) struct Key(SigningKey);

impl Key {
    /// Reads a key, when it is one on P-256.
    pub(super) fn read(key: &PrivateKeyDer<'_>) -> Option<Key> {
        use p256::pkcs8::DecodePrivateKey as _;
        let key = match key {
            PrivateKeyDer::Pkcs8(pkcs8) => SecretKey::from_pkcs8_der(pkcs8.secret_pkcs8_der()).ok(),
            PrivateKeyDer::Sec1(sec1) => SecretKey::from_sec1_der(sec1.secret_sec1_der()).ok(),
            _ => None,
        };
        key.map(|key| Key(SigningKey::from(key)))
    }
}

impl TlsKey for Key {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        offered
            .contains(&SignatureScheme::ECDSA_NISTP256_SHA256)
            .then(|| Box::new(self.clone()) as Box<dyn Signer>)
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::ECDSA
    }
}

impl Signer for Key {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let signature: Signature = self
            .0
            .sign_prehash(&Sha256::digest(message))
            .map_err(|_| Error::General("cannot sign".to_owned()))?;
        Ok(signature.to_der().as_bytes().to_vec())
    }

    fn scheme(&self) -> SignatureScheme {
        SignatureScheme::ECDSA_NISTP256_SHA256
    }
}
