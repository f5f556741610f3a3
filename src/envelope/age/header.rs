//! The header of an age file: a version line, stanzas, and a MAC, all text.

use alloc::{
    string::{String, ToString as _},
    vec::Vec,
};

use base64ct::{Base64Unpadded, Encoding as _};
use rand_core::TryCryptoRng;

use super::{KIND, hkdf};
use crate::{
    envelope::Error,
    hpke::{self, OpenContext, SealContext},
    ids::{
        AEAD_TAG_LEN,
        envelope::{
            KEM, MAX_RECIPIENTS,
            age::{
                AEAD, COLUMNS, FILE_KEY_LEN, HASH, HEADER_LABEL, MAC, MAC_LEN, MAC_TEXT_LEN, STANZA, VERSION_LINE,
                XWING, XWING_INFO,
            },
        },
    },
    kem::DecapsulationKey,
    keys::{KeyId, PublicKey},
    provider::Provider,
    secret::{ChainSecret, ct_eq},
};

const SUITE: hpke::Suite = hpke::Suite { kdf: HASH, aead: AEAD };

/// A header for these recipients.
pub(super) fn seal<R: TryCryptoRng + ?Sized>(
    provider: &'static Provider,
    file_key: &ChainSecret,
    recipients: &[PublicKey],
    rng: &mut R,
) -> Result<String, Error> {
    if !(1..=MAX_RECIPIENTS).contains(&recipients.len()) {
        return Err(Error::Recipients(recipients.len()));
    }
    let mut header = VERSION_LINE.to_string();
    for recipient in recipients {
        let wrong_kind = Error::RecipientKind(recipient.kind());
        if recipient.kind() != KIND {
            return Err(wrong_kind);
        }
        let key = recipient.to_encapsulation_key(provider).map_err(|_| wrong_kind)?;
        let (encapsulation, mut context) = SealContext::new(&key, SUITE, XWING_INFO, rng)?;
        let mut tag = [0; AEAD_TAG_LEN];
        let wrapped = ChainSecret::build(FILE_KEY_LEN, |out| {
            out.copy_from_slice(file_key.secret_bytes());
            tag = context.seal(&[], out)?;
            Ok::<_, crate::Error>(())
        })?;
        let body = [wrapped.secret_bytes(), &tag].concat();
        for part in [STANZA, XWING, " ", &Base64Unpadded::encode_string(&encapsulation), "\n"] {
            header.push_str(part);
        }
        header.push_str(&Base64Unpadded::encode_string(&body));
        header.push('\n');
    }
    header.push_str(MAC);
    let mac = mac(provider, file_key, header.as_bytes())?;
    for part in [" ", &Base64Unpadded::encode_string(&mac), "\n"] {
        header.push_str(part);
    }
    Ok(header)
}

fn mac(provider: &Provider, file_key: &ChainSecret, header: &[u8]) -> Result<[u8; MAC_LEN], crate::Error> {
    let key = hkdf(provider, file_key, &[], HEADER_LABEL, HASH.output_len())?;
    let mut mac = [0; MAC_LEN];
    provider.kdf.hmac(HASH, key.secret_bytes(), header, &mut mac)?;
    Ok(mac)
}

/// The file key in a whole header.
pub(super) fn open(header: &[u8], key: &DecapsulationKey, id: &KeyId) -> Result<ChainSecret, Error> {
    let text = str::from_utf8(header).map_err(|_| Error::AgeHeader)?;
    let (stanzas, found) = parse(text)?;
    let mut file_key = None;
    for stanza in stanzas.iter().filter(|stanza| stanza.arguments.first() == Some(&XWING)) {
        let wrapped = Wrapped::new(stanza)?;
        if file_key.is_none() {
            file_key = wrapped.open(key)?;
        }
    }
    let file_key = file_key.ok_or(Error::NotForThisKey(*id))?;
    let covered = header.get(..header.len().saturating_sub(MAC_TEXT_LEN)).ok_or(Error::AgeHeader)?;
    let expected = mac(key.encapsulation_key().provider(), &file_key, covered)?;
    if ct_eq(&expected, &found) { Ok(file_key) } else { Err(Error::Header) }
}

/// One recipient, of whatever kind.
struct Stanza<'a> {
    arguments: Vec<&'a str>,
    body: Vec<u8>,
}

/// All stanzas, and the MAC.
fn parse(text: &str) -> Result<(Vec<Stanza<'_>>, Vec<u8>), Error> {
    let mut lines = text.strip_prefix(VERSION_LINE).ok_or(Error::UnknownVersion)?.split('\n');
    let mut stanzas = Vec::new();
    loop {
        let line = lines.next().ok_or(Error::AgeHeader)?;
        let Some(arguments) = line.strip_prefix(STANZA) else {
            let mac = line.strip_prefix(MAC).and_then(|line| line.strip_prefix(' ')).ok_or(Error::AgeHeader)?;
            let mac = Base64Unpadded::decode_vec(mac).map_err(|_| Error::AgeHeader)?;
            let is_end = lines.next() == Some("") && lines.next().is_none();
            return match is_end && mac.len() == MAC_LEN && !stanzas.is_empty() {
                true => Ok((stanzas, mac)),
                false => Err(Error::AgeHeader),
            };
        };
        let arguments: Vec<&str> = arguments.split(' ').collect();
        let is_argument = |text: &&str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        if !arguments.iter().all(is_argument) {
            return Err(Error::AgeHeader);
        }
        let mut body = String::new();
        loop {
            let line = lines.next().filter(|line| line.len() <= COLUMNS).ok_or(Error::AgeHeader)?;
            body.push_str(line);
            // Whatever is shorter is the last.
            if line.len() < COLUMNS {
                break;
            }
        }
        let body = Base64Unpadded::decode_vec(&body).map_err(|_| Error::AgeHeader)?;
        stanzas.push(Stanza { arguments, body });
    }
}

/// The file key for an X-Wing key.
struct Wrapped<'a> {
    encapsulation: Vec<u8>,
    sealed: &'a [u8; FILE_KEY_LEN],
    tag: &'a [u8; AEAD_TAG_LEN],
}

impl<'a> Wrapped<'a> {
    /// Lengths are checked before anything is opened, so that no stanza has several meanings.
    fn new(stanza: &'a Stanza<'_>) -> Result<Self, Error> {
        let [_, encapsulation] = stanza.arguments.as_slice() else { return Err(Error::AgeHeader) };
        let encapsulation = Base64Unpadded::decode_vec(encapsulation).map_err(|_| Error::AgeHeader)?;
        let (sealed, tag) = stanza.body.split_last_chunk().ok_or(Error::AgeHeader)?;
        let sealed = sealed.try_into().map_err(|_| Error::AgeHeader)?;
        match encapsulation.len() == KEM.ciphertext_len() {
            true => Ok(Self { encapsulation, sealed, tag }),
            false => Err(Error::AgeHeader),
        }
    }

    /// None if it is for another key.
    fn open(&self, key: &DecapsulationKey) -> Result<Option<ChainSecret>, Error> {
        let mut context = OpenContext::new(key, SUITE, XWING_INFO, &self.encapsulation)?;
        let opened = ChainSecret::build(FILE_KEY_LEN, |out| {
            out.copy_from_slice(self.sealed);
            context.open(&[], out, self.tag)
        });
        Ok(opened.ok())
    }
}
