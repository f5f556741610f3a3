//! age's text of keys: Bech32 (BIP 173) without its limit of length.

use alloc::{string::String, vec::Vec};

use bech32::{Bech32, Checksum, Fe1024, Hrp, primitives::decode::CheckedHrpstring};
use zeroize::Zeroizing;

use super::KIND;
use crate::{
    envelope::Error,
    ids::envelope::age::{IDENTITY_HRP, RECIPIENT_HRP},
    keys::{PrivateKey, PublicKey},
    secret::Seed,
};

/// Bech32 of any length: 1,216 bytes are more than the checksum was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum LongBech32 {}

impl Checksum for LongBech32 {
    type MidstateRepr = u32;
    type CorrectionField = Fe1024;

    const ROOT_GENERATOR: Self::CorrectionField = Bech32::ROOT_GENERATOR;
    const ROOT_EXPONENTS: core::ops::RangeInclusive<usize> = Bech32::ROOT_EXPONENTS;
    const CODE_LENGTH: usize = usize::MAX;
    const CHECKSUM_LENGTH: usize = Bech32::CHECKSUM_LENGTH;
    const GENERATOR_SH: [u32; 5] = Bech32::GENERATOR_SH;
    const TARGET_RESIDUE: u32 = Bech32::TARGET_RESIDUE;
}

/// The text of an X-Wing public key: `age1pq1…`.
///
/// # Errors
/// [`Error::RecipientKind`].
pub fn recipient_to_text(key: &PublicKey) -> Result<String, Error> {
    if key.kind() != KIND {
        return Err(Error::RecipientKind(key.kind()));
    }
    let hrp = Hrp::parse(RECIPIENT_HRP).map_err(|_| Error::AgeKey)?;
    bech32::encode_lower::<LongBech32>(hrp, key.as_bytes()).map_err(|_| Error::AgeKey)
}

/// Reads what [`recipient_to_text`] writes.
///
/// # Errors
/// [`Error::AgeKey`] for any other text.
pub fn recipient_from_text(text: &str) -> Result<PublicKey, Error> {
    let decoded = decode(text, RECIPIENT_HRP)?;
    let bytes: Vec<u8> = decoded.byte_iter().collect();
    let key = PublicKey::from_raw(KIND, &bytes).map_err(|_| Error::AgeKey)?;
    // Upper case, and other bits at the end, would be other texts of the same key.
    if recipient_to_text(&key)? == text { Ok(key) } else { Err(Error::AgeKey) }
}

/// The text of an X-Wing private key: `AGE-SECRET-KEY-PQ-1…`.
///
/// # Errors
/// [`Error::RecipientKind`].
pub fn identity_to_text(key: &PrivateKey) -> Result<Zeroizing<String>, Error> {
    if key.kind() != KIND {
        return Err(Error::RecipientKind(key.kind()));
    }
    let hrp = Hrp::parse(IDENTITY_HRP).map_err(|_| Error::AgeKey)?;
    let seed = key.seed().ok_or(Error::RecipientKind(key.kind()))?.secret_bytes();
    let len = bech32::encoded_length::<LongBech32>(hrp, seed).map_err(|_| Error::AgeKey)?;
    // Room for all from the start: a text that grows leaves copies behind.
    let mut text = Zeroizing::new(String::with_capacity(len));
    bech32::encode_upper_to_fmt::<LongBech32, String>(&mut text, hrp, seed).map_err(|_| Error::AgeKey)?;
    Ok(text)
}

/// Reads what [`identity_to_text`] writes.
///
/// # Errors
/// [`Error::AgeKey`] for any other text.
pub fn identity_from_text(text: &str) -> Result<PrivateKey, Error> {
    let decoded = decode(text, IDENTITY_HRP)?;
    if decoded.byte_iter().len() != KIND.seed_len() {
        return Err(Error::AgeKey);
    }
    let seed = Seed::build(KIND.seed_len(), |out| {
        out.iter_mut().zip(decoded.byte_iter()).for_each(|(to, from)| *to = from);
        Ok::<_, Error>(())
    })?;
    let key = PrivateKey::from_seed(KIND, seed).map_err(|_| Error::AgeKey)?;
    if *identity_to_text(&key)? == text { Ok(key) } else { Err(Error::AgeKey) }
}

fn decode<'a>(text: &'a str, hrp: &str) -> Result<CheckedHrpstring<'a>, Error> {
    let decoded = CheckedHrpstring::new::<LongBech32>(text).map_err(|_| Error::AgeKey)?;
    let is_it = Hrp::parse(hrp).is_ok_and(|hrp| decoded.hrp() == hrp);
    if is_it { Ok(decoded) } else { Err(Error::AgeKey) }
}
