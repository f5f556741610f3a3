//! Keys whose halves are held elsewhere: they work as those with a seed, and a device that lies is found out.

#![expect(clippy::unwrap_used, reason = "a test fails loudly")]

use twinlock::{
    Error,
    error::Field,
    ids::{Curve, Kem, MlKem, Signature},
    kem::DecapsulationKey,
    provider::{DhKey, Ed25519Key, LIBCRUX, MlDsaKey, MlKemKey, RUST, SystemRng},
    sign::SigningKey,
};

fn lattice(algorithm: Signature, seed: u8) -> Option<Box<dyn MlDsaKey>> {
    algorithm.lattice().map(|params| RUST.hazmat().ml_dsa.key(params, &[seed; 32]).unwrap())
}

fn classical(algorithm: Signature, seed: u8) -> Option<Box<dyn Ed25519Key>> {
    let wanted = algorithm == Signature::Ed25519 || algorithm.composite_label().is_some();
    wanted.then(|| RUST.hazmat().ed25519.key(&[seed; 32]).unwrap())
}

/// A device that says it holds one key, and uses another.
struct Liar {
    said: Box<dyn Ed25519Key>,
    used: Box<dyn Ed25519Key>,
}

impl Ed25519Key for Liar {
    fn verifying_key(&self) -> [u8; 32] {
        self.said.verifying_key()
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], Error> {
        self.used.sign(message)
    }
}

/// X25519 in a device.
struct Device {
    private: [u8; 32],
    public: Vec<u8>,
}

impl Device {
    fn new(private: [u8; 32]) -> Self {
        let mut public = vec![0; 32];
        RUST.hazmat().dh.public_key(Curve::X25519, &private, &mut public).unwrap();
        Self { private, public }
    }
}

impl DhKey for Device {
    fn public_key(&self) -> &[u8] {
        &self.public
    }

    fn agree(&self, peer: &[u8], shared: &mut [u8]) -> Result<(), Error> {
        RUST.hazmat().dh.agree(Curve::X25519, &self.private, peer, shared)
    }
}

#[test]
fn halves_sign_as_one_key() {
    for algorithm in Signature::ALL {
        let halves = (lattice(algorithm, 1), classical(algorithm, 2));
        let key = SigningKey::from_halves(LIBCRUX, algorithm, halves.0, halves.1).unwrap();
        assert!(key.seed().is_none());
        let context: &[u8] = if algorithm == Signature::Ed25519 { b"" } else { b"context" };
        let signature = key.sign(b"message", context, &mut SystemRng).unwrap();
        assert_eq!(key.verifying_key().verify(b"message", context, &signature), Ok(()));
        match key.signer(context) {
            Ok(mut signer) => {
                assert!(algorithm.composite_label().is_some());
                signer.update(b"message");
                let signature = signer.sign(&mut SystemRng).unwrap();
                assert_eq!(key.verifying_key().verify(b"message", context, &signature), Ok(()));
            }
            Err(error) => assert!(matches!(error, Error::Unsupported { .. } | Error::TwoPass)),
        }
    }
}

#[test]
fn a_half_too_few_or_too_many_is_refused() {
    for algorithm in Signature::ALL {
        let composite = Signature::MlDsa65Ed25519;
        for halves in [
            (None, None),
            (lattice(composite, 1).filter(|_| classical(algorithm, 1).is_some()), None),
            (None, classical(composite, 1).filter(|_| lattice(algorithm, 1).is_some())),
        ] {
            let is_right = halves.0.is_some() == lattice(algorithm, 1).is_some()
                && halves.1.is_some() == classical(algorithm, 1).is_some();
            let made = SigningKey::from_halves(RUST, algorithm, halves.0, halves.1);
            assert!(is_right || made.unwrap_err() == Error::Algorithm, "{algorithm:?}");
        }
    }
    // The wrong size of the right kind.
    let (of_44, ed25519) = (lattice(Signature::MlDsa44Ed25519, 1), classical(Signature::Ed25519, 1));
    let error = SigningKey::from_halves(RUST, Signature::MlDsa65Ed25519, of_44, ed25519).unwrap_err();
    assert!(matches!(error, Error::WrongLength { field: Field::VerifyingKey, expected: 1952, found: 1312 }));
}

#[test]
fn a_wrong_signature_is_not_given_out() {
    for algorithm in [Signature::Ed25519, Signature::MlDsa65Ed25519] {
        let liar = Liar { said: classical(algorithm, 1).unwrap(), used: classical(algorithm, 2).unwrap() };
        let key = SigningKey::from_halves(RUST, algorithm, lattice(algorithm, 1), Some(Box::new(liar))).unwrap();
        assert!(matches!(key.sign(b"message", b"", &mut SystemRng), Err(Error::Device(_))));
    }
}

#[test]
fn halves_decapsulate_as_one_key() {
    let ml_kem = |params| -> Box<dyn MlKemKey> { RUST.hazmat().ml_kem.key(params, &[3; 64]).unwrap() };
    let device = || Some(Box::new(Device::new([4; 32])) as Box<dyn DhKey>);
    for (kem, classical) in
        [(Kem::XWing, device()), (Kem::X25519MlKem768, device()), (Kem::MlKem(MlKem::MlKem512), None)]
    {
        let key = DecapsulationKey::from_halves(LIBCRUX, kem, ml_kem(kem.lattice()), classical).unwrap();
        let (ciphertext, sent) = key.encapsulation_key().encapsulate(&mut SystemRng).unwrap();
        assert!(key.decapsulate(&ciphertext).unwrap().ct_eq(&sent));
    }
    let refused =
        |kem, params, classical| DecapsulationKey::from_halves(RUST, kem, ml_kem(params), classical).unwrap_err();
    assert_eq!(refused(Kem::XWing, MlKem::MlKem768, None), Error::Algorithm);
    assert_eq!(refused(Kem::MlKem(MlKem::MlKem768), MlKem::MlKem768, device()), Error::Algorithm);
    let field = Field::EncapsulationKey;
    let wrong = Error::WrongLength { field, expected: 1184, found: 1568 };
    assert_eq!(refused(Kem::XWing, MlKem::MlKem1024, device()), wrong);
    let short = Device { private: [4; 32], public: vec![9; 31] };
    let wrong = Error::WrongLength { field: Field::PublicKey, expected: 32, found: 31 };
    assert_eq!(refused(Kem::XWing, MlKem::MlKem768, Some(Box::new(short))), wrong);
}
