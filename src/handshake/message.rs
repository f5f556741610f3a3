//! The bytes of M1, M2 and M3 (`docs/spec/channel.md` §4). Every parser takes the one canonical form and
//! nothing after it.

use alloc::{string::String, vec::Vec};

use crate::{
    codec::{self, Reader, put_u24, put_vec8, put_vec16},
    handshake::{error::Error, schedule::header},
    ids::{
        Kem,
        protocol::{
            DEFAULT_RECORD_LEN, FRAME_HEADER_LEN, FrameType, IdentityForm, MAX_RECORD_LEN, MAX_SERVICE_LEN, message,
        },
    },
    keys::KeyId,
};

/// A checked frame header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHeader {
    /// What follows.
    pub frame: FrameType,
    /// Its length in bytes, within the limit of its type.
    pub body_len: usize,
}

impl FrameHeader {
    /// Reads a header before anything is allocated for its body.
    ///
    /// # Errors
    /// An unknown type, flags, a length over the type's limit.
    pub fn parse(header: &[u8; FRAME_HEADER_LEN]) -> Result<Self, Error> {
        let [frame, flags, a, b, c] = *header;
        let frame = FrameType::from_code_point(frame).ok_or(Error::UnknownFrame(frame))?;
        if flags != 0 {
            return Err(Error::Reserved);
        }
        let body_len = u32::from_be_bytes([0, a, b, c]);
        let body_len = usize::try_from(body_len).map_err(|_| Error::TooLarge { frame, limit: frame.max_body() })?;
        if body_len > frame.max_body() {
            return Err(Error::TooLarge { frame, limit: frame.max_body() });
        }
        Ok(Self { frame, body_len })
    }

    /// Splits a whole frame, which must be of type `expected`, into its header and body.
    pub(super) fn split(frame: &[u8], expected: FrameType) -> Result<(&[u8; FRAME_HEADER_LEN], &[u8]), Error> {
        let (header, body) = frame.split_first_chunk().ok_or(codec::Error::Truncated)?;
        let parsed = Self::parse(header)?;
        if parsed.frame != expected {
            return Err(Error::UnexpectedFrame { expected, found: parsed.frame });
        }
        match body.len().cmp(&parsed.body_len) {
            core::cmp::Ordering::Less => Err(codec::Error::Truncated.into()),
            core::cmp::Ordering::Greater => Err(codec::Error::Trailing.into()),
            core::cmp::Ordering::Equal => Ok((header, body)),
        }
    }
}

/// A set of [`IdentityForm`]s. Unknown bits are kept out: they mean forms that this version cannot send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Forms(u8);

impl Forms {
    pub(super) const KEY_ID_OR_SPKI: Self = Self(IdentityForm::KeyId as u8 | IdentityForm::Spki as u8);
    pub(super) const SPKI: Self = Self(IdentityForm::Spki as u8);

    /// The shortest form that the set allows.
    pub(super) fn shortest(self) -> Result<IdentityForm, Error> {
        [IdentityForm::KeyId, IdentityForm::Spki]
            .into_iter()
            .find(|form| self.0 & *form as u8 != 0)
            .ok_or(Error::NoCommonIdentityForm)
    }
}

/// The body of M1.
#[derive(Debug)]
pub(super) struct InitiatorHello<'a> {
    pub(super) versions: Vec<u16>,
    pub(super) suites: Vec<u16>,
    pub(super) forms: Forms,
    pub(super) random: &'a [u8; 32],
    pub(super) kem: u16,
    pub(super) encapsulation_key: &'a [u8],
}

impl<'a> InitiatorHello<'a> {
    pub(super) fn to_frame(&self) -> Result<Vec<u8>, codec::Error> {
        let mut body = Vec::with_capacity(self.encapsulation_key.len().saturating_add(128));
        put_list(&mut body, &self.versions)?;
        put_list(&mut body, &self.suites)?;
        body.push(self.forms.0);
        body.extend_from_slice(self.random);
        body.extend_from_slice(&self.kem.to_be_bytes());
        put_vec16(&mut body, self.encapsulation_key)?;
        put_vec16(&mut body, &[])?; // sealed service hint
        put_vec16(&mut body, &[])?; // ticket and binder
        put_vec8(&mut body, &[])?; // probe MAC
        Ok([&header(FrameType::InitiatorHello, body.len())?[..], &body].concat())
    }

    pub(super) fn parse(frame: &'a [u8]) -> Result<Self, Error> {
        let (_, body) = FrameHeader::split(frame, FrameType::InitiatorHello)?;
        let mut reader = Reader::new(body);
        let hello = Self {
            versions: take_list(&mut reader)?,
            suites: take_list(&mut reader)?,
            forms: Forms(reader.u8()?),
            random: reader.array()?,
            kem: reader.u16()?,
            encapsulation_key: reader.vec16()?,
        };
        for reserved in [reader.vec16()?, reader.vec16()?, reader.vec8()?] {
            if !reserved.is_empty() {
                return Err(Error::Reserved);
            }
        }
        reader.finish()?;
        Ok(hello)
    }
}

/// The clear part of M2.
#[derive(Debug)]
pub(super) struct ResponderHello<'a> {
    pub(super) version: u16,
    pub(super) suite: u16,
    pub(super) random: &'a [u8; 32],
    pub(super) ciphertext: &'a [u8],
}

impl<'a> ResponderHello<'a> {
    /// The header, telling `sealed_len` bytes more, and the clear part.
    pub(super) fn to_clear(&self, sealed_len: usize) -> Result<Vec<u8>, codec::Error> {
        let mut body = Vec::with_capacity(self.ciphertext.len().saturating_add(64));
        body.extend_from_slice(&self.version.to_be_bytes());
        body.extend_from_slice(&self.suite.to_be_bytes());
        body.extend_from_slice(self.random);
        put_vec16(&mut body, self.ciphertext)?;
        let header = header(FrameType::ResponderHello, body.len().saturating_add(sealed_len))?;
        Ok([&header[..], &body].concat())
    }

    /// The hello, and the length of the frame up to its sealed part.
    pub(super) fn parse(frame: &'a [u8]) -> Result<(Self, usize), Error> {
        let (_, body) = FrameHeader::split(frame, FrameType::ResponderHello)?;
        let mut reader = Reader::new(body);
        let hello =
            Self { version: reader.u16()?, suite: reader.u16()?, random: reader.array()?, ciphertext: reader.vec16()? };
        let clear_len = frame.len().checked_sub(reader.rest().len()).ok_or(codec::Error::Truncated)?;
        Ok((hello, clear_len))
    }
}

/// The Parameters message of either side.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parameters {
    /// The forms of identity that the sender accepts; zero from the initiator, who told it in M1.
    pub(super) forms: Forms,
    /// The largest record plaintext that the sender accepts.
    pub(super) max_record: usize,
    /// The service that the initiator asks for; empty from the responder.
    pub(super) service: String,
}

impl Parameters {
    pub(super) const NO_FORMS: Forms = Forms(0);

    /// Bytes of the body.
    pub(super) fn encoded_len(&self) -> usize {
        self.service.len().saturating_add(5)
    }

    pub(super) fn put(&self, out: &mut Vec<u8>) -> Result<(), codec::Error> {
        let mut body = Vec::with_capacity(self.encoded_len());
        body.push(self.forms.0);
        put_u24(&mut body, self.max_record)?;
        put_vec8(&mut body, self.service.as_bytes())?;
        put_message(out, message::PARAMETERS, &body)
    }

    pub(super) fn parse(body: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(body);
        let forms = Forms(reader.u8()?);
        let max_record = usize::try_from(reader.u24()?).map_err(|_| Error::Parameters)?;
        let service = reader.vec8()?;
        reader.finish()?;
        if !(DEFAULT_RECORD_LEN..=MAX_RECORD_LEN).contains(&max_record) || service.len() > MAX_SERVICE_LEN {
            return Err(Error::Parameters);
        }
        let service = core::str::from_utf8(service).map_err(|_| Error::Parameters)?.into();
        Ok(Self { forms, max_record, service })
    }
}

/// The Identity message: a key id, or a key.
#[derive(Debug)]
pub(super) enum IdentityMessage<'a> {
    KeyId(KeyId),
    Spki(&'a [u8]),
}

impl<'a> IdentityMessage<'a> {
    pub(super) fn put(form: IdentityForm, id: &KeyId, spki: &[u8], out: &mut Vec<u8>) -> Result<(), codec::Error> {
        let bytes = match form {
            IdentityForm::KeyId => id.as_bytes(),
            IdentityForm::Spki => spki,
        };
        put_message(out, message::IDENTITY, &[&[form as u8], bytes].concat())
    }

    pub(super) fn parse(body: &'a [u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(body);
        match reader.u8()? {
            form if form == IdentityForm::KeyId as u8 => {
                let id = *reader.array()?;
                reader.finish()?;
                Ok(Self::KeyId(KeyId::from_digest(id)))
            }
            form if form == IdentityForm::Spki as u8 => Ok(Self::Spki(reader.rest())),
            _ => Err(Error::NoCommonIdentityForm),
        }
    }
}

/// An inner message: type, three bytes of length, body.
pub(super) fn put_message(out: &mut Vec<u8>, kind: u8, body: &[u8]) -> Result<(), codec::Error> {
    out.push(kind);
    put_u24(out, body.len())?;
    out.extend_from_slice(body);
    Ok(())
}

/// The opened flight of M2 or M3: four messages in their order, each whole (for the transcript) and as body.
pub(super) struct Flight<'a> {
    pub(super) parameters: (&'a [u8], Parameters),
    pub(super) identity: (&'a [u8], IdentityMessage<'a>),
    pub(super) auth: (&'a [u8], &'a [u8]),
    pub(super) finished: (&'a [u8], &'a [u8]),
}

impl<'a> Flight<'a> {
    pub(super) fn parse(plaintext: &'a [u8]) -> Result<Self, Error> {
        let mut rest = plaintext;
        let mut next = |kind| -> Result<(&'a [u8], &'a [u8]), Error> {
            let mut reader = Reader::new(rest);
            if reader.u8()? != kind {
                return Err(Error::UnexpectedMessage { expected: kind });
            }
            let len = usize::try_from(reader.u24()?).map_err(|_| codec::Error::Truncated)?;
            let body = reader.take(len)?;
            let after = reader.rest();
            let whole = rest.len().checked_sub(after.len()).and_then(|len| rest.get(..len));
            rest = after;
            Ok((whole.ok_or(codec::Error::Truncated)?, body))
        };
        let parameters = next(message::PARAMETERS)?;
        let identity = next(message::IDENTITY)?;
        let flight = Self {
            parameters: (parameters.0, Parameters::parse(parameters.1)?),
            identity: (identity.0, IdentityMessage::parse(identity.1)?),
            auth: next(message::AUTH)?,
            finished: next(message::FINISHED)?,
        };
        if rest.is_empty() { Ok(flight) } else { Err(codec::Error::Trailing.into()) }
    }
}

/// The KEM of a code point of M1.
pub(super) fn kem_of(code_point: u16) -> Option<Kem> {
    Kem::ALL.into_iter().find(|kem| kem.code_point() == code_point)
}

fn put_list(out: &mut Vec<u8>, values: &[u16]) -> Result<(), codec::Error> {
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_be_bytes()).collect();
    put_vec8(out, &bytes)
}

/// A list of two-byte values: at least one, none twice.
fn take_list(reader: &mut Reader<'_>) -> Result<Vec<u16>, Error> {
    let (pairs, odd) = reader.vec8()?.as_chunks::<2>();
    let values: Vec<u16> = pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
    let twice = values.iter().enumerate().any(|(at, value)| values.iter().skip(at).skip(1).any(|other| other == value));
    if values.is_empty() || !odd.is_empty() || twice {
        return Err(Error::List);
    }
    Ok(values)
}
