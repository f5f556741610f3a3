//! Expanded keys in files: made from a seed, and checked as far as they can be.
//!
//! All of it is computed by [`RUST`], so that what a file is does not depend on the provider.

use alloc::vec::Vec;

use super::{Error, t0};
use crate::{
    ids::{self, Kem, KeyKind, LATTICE_SEED_LEN, ML_KEM_SHARED_SECRET_LEN, Signature},
    kem::are_reduced,
    provider::{RUST, expand_ml_dsa, expand_ml_kem},
    secret::{Seed, SharedSecret},
};

/// Where `tr`, the hash of the public key, stands in an expanded ML-DSA key, behind ρ and K (FIPS 204
/// algorithm 24).
const TR: core::ops::Range<usize> = 64..128;

/// The expanded key of a seed.
pub(super) fn expand(kind: KeyKind, seed: &Seed) -> Result<Seed, Error> {
    let bytes = seed.secret_bytes();
    let seed_len = || Error::WrongSeedLength { kind, found: bytes.len() };
    match kind {
        KeyKind::Kem(Kem::MlKem(params)) => {
            let seed = bytes.try_into().map_err(|_| seed_len())?;
            Ok(Seed::build(params.expanded_len(), |out| expand_ml_kem(params, seed, out))?)
        }
        KeyKind::Signature(Signature::MlDsa(params)) => {
            let seed = bytes.try_into().map_err(|_| seed_len())?;
            Ok(Seed::build(params.expanded_len(), |out| expand_ml_dsa(params, seed, out))?)
        }
        _ => Err(Error::SeedForm(kind)),
    }
}

/// The public key of an expanded key, if that agrees with itself.
pub(super) fn public_key(kind: KeyKind, expanded: &Seed) -> Result<Vec<u8>, Error> {
    let found = match kind {
        KeyKind::Kem(Kem::MlKem(params)) => ml_kem(params, expanded.secret_bytes()),
        KeyKind::Signature(Signature::MlDsa(params)) => ml_dsa(params, expanded.secret_bytes()),
        _ => None,
    };
    found.ok_or(Error::ExpandedKey(kind))
}

/// The hash check of FIPS 203 §7.3, and one secret sent to itself: that check alone does not see a secret
/// vector that is not of the encapsulation key. Nor does either see one that is not reduced: one key has one form.
fn ml_kem(params: ids::MlKem, expanded: &[u8]) -> Option<Vec<u8>> {
    let key = RUST.ml_kem.key_from_expanded(params, expanded).ok()?;
    let public = key.encapsulation_key();
    // The secret vector is as long as the public one, which has ρ behind it (FIPS 203 algorithm 13).
    let secret_vector = expanded.get(..public.len().checked_sub(32)?)?;
    if !are_reduced(secret_vector) {
        return None;
    }
    let mut ciphertext = alloc::vec![0; params.ciphertext_len()];
    let message = &[0; LATTICE_SEED_LEN];
    let secret = |fill: &mut dyn FnMut(&mut [u8]) -> Result<(), crate::Error>| {
        SharedSecret::build(ML_KEM_SHARED_SECRET_LEN, fill)
    };
    let sent =
        secret(&mut |out| RUST.ml_kem.encapsulate_derand(params, &public, message, &mut ciphertext, out)).ok()?;
    let received = secret(&mut |out| key.decapsulate(&ciphertext, out)).ok()?;
    sent.ct_eq(&received).then_some(public)
}

/// The range of s1 and s2 (FIPS 204 algorithm 25), whether the hash in the key is that of the public key which they
/// give, and t0. Nothing depends on K but the nonces of signatures.
fn ml_dsa(params: ids::MlDsa, expanded: &[u8]) -> Option<Vec<u8>> {
    let public = RUST.ml_dsa.key_from_expanded(params, expanded).ok()?.verifying_key().ok()?;
    let mut tr = [0; 64];
    RUST.hash.shake256(&public, &mut tr);
    (expanded.get(TR) == Some(&tr) && t0::is_right(params, expanded, &public)).then_some(public)
}
