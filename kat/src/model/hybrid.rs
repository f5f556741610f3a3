//! Hybrids of ML-KEM and a curve, with one switch for each [`Bug`]:
//!
//! | hybrid | key and ciphertext | shared secret |
//! |---|---|---|
//! | X-Wing, MLKEM768-P256, MLKEM1024-P384 | ML-KEM ‖ curve | SHA3-256(ML-KEM ‖ curve ‖ the curve's ciphertext ‖ its key ‖ label) |
//! | X25519MLKEM768 | ML-KEM ‖ X25519 | ML-KEM ‖ X25519 |
//! | SecP256r1MLKEM768, SecP384r1MLKEM1024 | curve ‖ ML-KEM | curve ‖ ML-KEM |
//! | mlkem768x25519-sha256 | ML-KEM ‖ X25519 | SHA-256(ML-KEM ‖ X25519) |
//!
//! Sources: draft-connolly-cfrg-xwing-kem-10 §5, draft-irtf-cfrg-concrete-hybrid-kems-03 §4 (over
//! draft-irtf-cfrg-hybrid-kems, framework CG), RFC 10024, draft-ietf-sshm-mlkem-hybrid-kex §2.

use sha2::Sha256;
use sha3::Sha3_256;

use super::{
    Wrong,
    curve::{self, Curve, is_zero},
    digest,
    mlkem::{self, MlKem},
    shake256,
};
use crate::{Alg, Answer, Field, Lack, Op, Question, Reason};

bugs! {
    /// What a hybrid can get wrong beside its halves.
    Bug {
        SharesSwapped = "hybrid-shares-swapped", "the halves of keys and ciphertexts change places", "RFC 10024 §4.1; draft-connolly-cfrg-xwing-kem-10 §5.2";
        SecretsSwapped = "hybrid-secrets-swapped", "the halves of the shared secret change places", "RFC 10024 §4.3; draft-connolly-cfrg-xwing-kem-10 §5.3";
        HalfStripped = "hybrid-classical-zeros-stripped", "leading zero bytes of the classical secret are dropped", "RFC 10024 §4.3; RFC 8446 §7.4.2";
        Stripped = "hybrid-zeros-stripped", "leading zero bytes of the shared secret are dropped", "RFC 10024 §4.3; RFC 8446 §7.4.2";
        TailStripped = "hybrid-trailing-zeros-stripped", "trailing zero bytes of the shared secret are dropped", "RFC 10024 §4.3";
        LabelMissing = "hybrid-label-missing", "the label is not hashed", "draft-connolly-cfrg-xwing-kem-10 §5.3";
        LabelFirst = "hybrid-label-first", "the label is hashed first, as in earlier drafts", "draft-connolly-cfrg-xwing-kem-10 §5.3";
        PkMissing = "hybrid-pk-missing", "the curve's public key is not hashed", "draft-connolly-cfrg-xwing-kem-10 §5.3";
        CtMissing = "hybrid-ct-missing", "the curve's ciphertext is not hashed", "draft-connolly-cfrg-xwing-kem-10 §5.3";
        CtPkSwapped = "hybrid-ct-pk-swapped", "the curve's public key is hashed before its ciphertext", "draft-connolly-cfrg-xwing-kem-10 §5.3";
        ExpansionSwapped = "hybrid-expansion-swapped", "the expanded seed is cut with the curve's half first", "draft-connolly-cfrg-xwing-kem-10 §5.2";
        NotHashed = "hybrid-ssh-not-hashed", "the secrets are concatenated and not hashed", "draft-ietf-sshm-mlkem-hybrid-kex §2.4";
        EkUnchecked = "hybrid-no-modulus-check", "ML-KEM's half of the key is not checked against the modulus", "RFC 10024 §4.1; FIPS 203 §7.2";
        ZeroAccepted = "hybrid-zero-accepted", "an all-zero result of X25519 is accepted", "RFC 10024 §4.3; RFC 8731 §3";
        ZeroRefused = "hybrid-xwing-zero-refused", "an all-zero result of X25519 is refused, where X-Wing hashes it", "draft-connolly-cfrg-xwing-kem-10 §5.4";
        YIgnored = "hybrid-y-ignored", "the y-coordinate of the peer's point is not checked against the curve", "RFC 8446 §4.2.8.2";
        LongShareCut = "hybrid-long-share-cut", "bytes after the end of a key or a ciphertext are ignored", "RFC 10024 §4.1";
    }
}

/// How the two secrets become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Combiner {
    /// One after the other.
    Concatenate,
    /// SHA-256 of one after the other.
    Sha256,
    /// SHA3-256 with the curve's transcript and this label; keys come from one seed of 32 bytes.
    Sha3(&'static [u8]),
}

impl Bug {
    const fn concerns(self, hybrid: &Hybrid) -> bool {
        let hashes_transcript = matches!(hybrid.combiner, Combiner::Sha3(_));
        let is_xwing = hashes_transcript && matches!(hybrid.curve, Curve::X25519);
        match self {
            Self::SharesSwapped | Self::SecretsSwapped | Self::EkUnchecked | Self::LongShareCut => true,
            Self::HalfStripped | Self::Stripped | Self::TailStripped => !hashes_transcript,
            Self::LabelMissing
            | Self::LabelFirst
            | Self::PkMissing
            | Self::CtMissing
            | Self::CtPkSwapped
            | Self::ExpansionSwapped => hashes_transcript,
            Self::NotHashed => matches!(hybrid.combiner, Combiner::Sha256),
            Self::ZeroAccepted => !hashes_transcript && matches!(hybrid.curve, Curve::X25519),
            Self::ZeroRefused => is_xwing,
            Self::YIgnored => !matches!(hybrid.curve, Curve::X25519),
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Hybrid {
    lattice: MlKem,
    curve: Curve,
    lattice_first: bool,
    combiner: Combiner,
    bug: Option<Bug>,
}

/// A private key, and the public key that it makes.
struct Key {
    dk: Vec<u8>,
    private: Vec<u8>,
    ek: Vec<u8>,
    public: Vec<u8>,
}

impl Hybrid {
    fn new(alg: Alg, bug: Option<Bug>) -> Option<Self> {
        use Combiner::{Concatenate, Sha3, Sha256};
        let (lattice, curve, lattice_first, combiner) = match alg {
            Alg::XWing => (Alg::MlKem768, Curve::X25519, true, Sha3(br"\.//^\")),
            Alg::MlKem768P256 => (Alg::MlKem768, Curve::P256, true, Sha3(b"MLKEM768-P256")),
            Alg::MlKem1024P384 => (Alg::MlKem1024, Curve::P384, true, Sha3(b"MLKEM1024-P384")),
            Alg::X25519MlKem768 => (Alg::MlKem768, Curve::X25519, true, Concatenate),
            Alg::SecP256r1MlKem768 => (Alg::MlKem768, Curve::P256, false, Concatenate),
            Alg::SecP384r1MlKem1024 => (Alg::MlKem1024, Curve::P384, false, Concatenate),
            Alg::SshMlKem768X25519 => (Alg::MlKem768, Curve::X25519, true, Sha256),
            _ => return None,
        };
        let unchecked = (bug == Some(Bug::EkUnchecked)).then_some(mlkem::Bug::NoModulusCheck);
        let lattice = MlKem::new(lattice, unchecked)?;
        Some(Self { lattice, curve, lattice_first, combiner, bug })
    }

    fn has(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    fn has_one_seed(&self) -> bool {
        matches!(self.combiner, Combiner::Sha3(_))
    }

    fn key(&self, seed: &[u8]) -> Result<Key, Wrong> {
        let expanded = match (self.has_one_seed(), seed.len()) {
            (false, _) => seed.to_vec(),
            (true, 32) => shake256(&[seed], self.classical_seed_len().saturating_add(64)),
            (true, _) => return Err(Reason::Length.into()),
        };
        let (lattice, classical) = if self.has(Bug::ExpansionSwapped) {
            let (classical, lattice) = split(&expanded, self.classical_seed_len())?;
            (lattice, classical)
        } else {
            split(&expanded, 64)?
        };
        let (ek, dk) = self.lattice.keygen(lattice)?;
        let private = self.private(classical)?;
        let public = self.curve.public(None, &private)?;
        Ok(Key { dk, private, ek, public })
    }

    /// The CFRG's Nseed of the curve: as many bytes as rejection sampling may need.
    const fn classical_seed_len(&self) -> usize {
        if matches!(self.curve, Curve::P256) { 128 } else { self.curve.private_len() }
    }

    /// The curve's private key from its share of seed or randomness. With one seed it is the first piece in
    /// range (RandomScalar); how many pieces the randomness of encapsulation has is not looked at, since drafts
    /// differ and the first nearly always does.
    fn private(&self, bytes: &[u8]) -> Result<Vec<u8>, Wrong> {
        let len = self.curve.private_len();
        if !self.has_one_seed() || self.curve == Curve::X25519 {
            return if bytes.len() == len { Ok(bytes.to_vec()) } else { Err(Reason::Length.into()) };
        }
        let in_range = |piece: &&[u8]| self.curve.public(None, piece).is_ok();
        bytes.chunks_exact(len).find(in_range).map(<[u8]>::to_vec).ok_or(Wrong::Input(Reason::Length))
    }

    fn encaps(&self, ek: &[u8], m: &[u8]) -> Result<(Vec<u8>, Vec<u8>), Wrong> {
        let (ek, public) = self.halves(ek, self.lattice.ek_len())?;
        let (m, ephemeral) = split(m, 32)?;
        let ephemeral = self.private(ephemeral)?;
        let (c, lattice) = self.lattice.encaps(ek, m)?;
        let share = self.curve.public(None, &ephemeral)?;
        let classical = self.agree(&ephemeral, public)?;
        Ok((self.joined(&c, &share), self.combine(&lattice, &classical, &share, public)))
    }

    fn decaps(&self, key: &Key, c: &[u8]) -> Result<Vec<u8>, Wrong> {
        let (c, share) = self.halves(c, self.lattice.c_len())?;
        let classical = self.agree(&key.private, share)?;
        let lattice = self.lattice.decaps(&key.dk, c)?;
        Ok(self.combine(&lattice, &classical, share, &key.public))
    }

    fn agree(&self, private: &[u8], public: &[u8]) -> Result<Vec<u8>, Wrong> {
        let ignored = self.has(Bug::YIgnored).then_some(curve::Bug::YIgnored);
        let shared = self.curve.agree(ignored, private, public)?;
        // X-Wing hashes zeros; RFC 10024 and SSH refuse them.
        let refuses = if self.has_one_seed() { self.has(Bug::ZeroRefused) } else { !self.has(Bug::ZeroAccepted) };
        if refuses && is_zero(&shared) {
            return Err(Reason::Zero.into());
        }
        Ok(shared)
    }

    fn combine(&self, lattice: &[u8], classical: &[u8], share: &[u8], public: &[u8]) -> Vec<u8> {
        let kept = if self.has(Bug::HalfStripped) { without_leading_zeros(classical) } else { classical };
        let lattice_first = self.lattice_first != self.has(Bug::SecretsSwapped);
        let secrets = if lattice_first { [lattice, kept] } else { [kept, lattice] };
        let combined = match self.combiner {
            Combiner::Concatenate => secrets.concat(),
            Combiner::Sha256 if self.has(Bug::NotHashed) => secrets.concat(),
            Combiner::Sha256 => digest::<Sha256>(&secrets),
            Combiner::Sha3(label) => {
                let [first, second] = secrets;
                digest::<Sha3_256>(&match self.bug {
                    Some(Bug::LabelMissing) => [first, second, share, public, &[]],
                    Some(Bug::LabelFirst) => [label, first, second, share, public],
                    Some(Bug::PkMissing) => [first, second, share, &[], label],
                    Some(Bug::CtMissing) => [first, second, &[], public, label],
                    Some(Bug::CtPkSwapped) => [first, second, public, share, label],
                    _ => [first, second, share, public, label],
                })
            }
        };
        match self.bug {
            Some(Bug::Stripped) => without_leading_zeros(&combined).to_vec(),
            Some(Bug::TailStripped) => {
                let zeros = combined.iter().rev().take_while(|byte| **byte == 0).count();
                combined.get(..combined.len().saturating_sub(zeros)).unwrap_or_default().to_vec()
            }
            _ => combined,
        }
    }

    /// Whether ML-KEM's half comes first in what is sent.
    fn sends_lattice_first(&self) -> bool {
        self.lattice_first != self.has(Bug::SharesSwapped)
    }

    fn joined(&self, lattice: &[u8], classical: &[u8]) -> Vec<u8> {
        if self.sends_lattice_first() { [lattice, classical].concat() } else { [classical, lattice].concat() }
    }

    /// ML-KEM's half, of this length, and the curve's.
    fn halves<'a>(&self, bytes: &'a [u8], lattice_len: usize) -> Result<(&'a [u8], &'a [u8]), Wrong> {
        let classical_len = self.curve.public_len();
        let len = lattice_len.saturating_add(classical_len);
        let bytes = match bytes.get(..len) {
            Some(front) if bytes.len() == len || self.has(Bug::LongShareCut) => front,
            _ => return Err(Reason::Length.into()),
        };
        if self.sends_lattice_first() {
            split(bytes, lattice_len)
        } else {
            split(bytes, classical_len).map(|(classical, lattice)| (lattice, classical))
        }
    }
}

fn split(bytes: &[u8], at: usize) -> Result<(&[u8], &[u8]), Wrong> {
    bytes.split_at_checked(at).ok_or(Wrong::Input(Reason::Length))
}

fn without_leading_zeros(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.get(zeros..).unwrap_or_default()
}

/// What the model, broken or not, says to a question. A private key is a seed only.
pub(crate) fn answer(bug: Option<Bug>, question: &Question) -> Answer {
    let Question { alg, op, input } = question;
    let Some(hybrid) = Hybrid::new(*alg, bug).filter(|hybrid| bug.is_none_or(|bug| bug.concerns(hybrid))) else {
        return Answer::Unsupported(Lack::Alg);
    };
    let outputs = || {
        Ok(match op {
            Op::Keygen => {
                let Key { ek, public, .. } = hybrid.key(input.bytes(Field::Seed))?;
                vec![(Field::Ek, hybrid.joined(&ek, &public))]
            }
            Op::Encaps => {
                let (c, shared) = hybrid.encaps(input.bytes(Field::Ek), input.bytes(Field::M))?;
                vec![(Field::C, c), (Field::K, shared)]
            }
            Op::Decaps => {
                let seed = input.get(Field::Seed).ok_or(Wrong::Lacks(Lack::Key))?;
                let key = hybrid.key(seed)?;
                let shared = hybrid.decaps(&key, input.bytes(Field::C))?;
                vec![(Field::Ek, hybrid.joined(&key.ek, &key.public)), (Field::K, shared)]
            }
            _ => return Err(Wrong::Lacks(Lack::Op)),
        })
    };
    super::answered(outputs())
}
