//! `twinlock-ring/1`: names, labels and limits of key rings. `docs/spec/ring.md` gives them their meaning.

use super::{Kem, KeyKind, MlDsa, Signature};

/// What the format of a manifest of any version begins with.
pub const NAME: &str = "twinlock-ring/";
/// The format of a manifest.
pub const FORMAT: &str = "twinlock-ring/1";
/// The format of the note of a change that has begun.
pub const CHANGE_FORMAT: &str = "twinlock-ring-change/1";
/// What signs manifests.
pub const SIGNATURE: Signature = Signature::MlDsa65Ed25519;

/// Labels.
pub mod label {
    /// What begins the message that a manifest's signature covers.
    pub const SIGNED: &[u8] = b"twinlock-ring/1 manifest\0";
    /// The context of that signature.
    pub const CONTEXT: &[u8] = b"twinlock-ring/1";
}

/// The longest name of an entry.
pub const MAX_NAME_LEN: usize = 64;
/// What names of entries do not begin with: the ring's own files do.
pub const RESERVED: &str = "manifest.";
/// The longest reason of a revocation, in bytes.
pub const MAX_REASON_LEN: usize = 200;
/// The most entries.
pub const MAX_ENTRIES: usize = 100_000;
/// The most generations of an entry.
pub const MAX_GENERATIONS: u32 = 1000;
/// The longest manifest that is read or written: that of 100,000 entries with two keys and two generations is shorter.
pub const MAX_MANIFEST_LEN: usize = 128 << 20;

/// What the keys of an entry are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Purpose {
    /// To be one end of a channel.
    Channel,
    /// To sign files, envelopes and certificates.
    Signing,
    /// To open what others sealed.
    Opening,
    /// All of it, for a party that has one name: a signing key and an opening key.
    Identity,
}

impl Purpose {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Channel, Self::Signing, Self::Opening, Self::Identity];

    /// The name in manifests and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Channel => "channel",
            Self::Signing => "signing",
            Self::Opening => "opening",
            Self::Identity => "identity",
        }
    }

    /// The roles of its keys, in the order of the manifest.
    pub const fn roles(self) -> &'static [Role] {
        match self {
            Self::Channel | Self::Signing => &[Role::Signing],
            Self::Opening => &[Role::Opening],
            Self::Identity => &[Role::Signing, Role::Opening],
        }
    }

    /// What a key of that role can be, the default first.
    pub const fn kinds(self, role: Role) -> &'static [KeyKind] {
        const COMPOSITE: &[KeyKind] =
            &[KeyKind::Signature(Signature::MlDsa65Ed25519), KeyKind::Signature(Signature::MlDsa44Ed25519)];
        const ANY: &[KeyKind] = &[
            KeyKind::Signature(Signature::MlDsa65Ed25519),
            KeyKind::Signature(Signature::MlDsa44Ed25519),
            KeyKind::Signature(Signature::MlDsa(MlDsa::MlDsa44)),
            KeyKind::Signature(Signature::MlDsa(MlDsa::MlDsa65)),
            KeyKind::Signature(Signature::MlDsa(MlDsa::MlDsa87)),
            KeyKind::Signature(Signature::Ed25519),
        ];
        match (self, role) {
            (Self::Channel | Self::Identity, Role::Signing) => COMPOSITE,
            (Self::Signing, Role::Signing) => ANY,
            (Self::Opening | Self::Identity, Role::Opening) => &[KeyKind::Kem(Kem::XWing)],
            (Self::Channel | Self::Signing, Role::Opening) | (Self::Opening, Role::Signing) => &[],
        }
    }
}

/// What one key of an entry does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// It signs.
    Signing,
    /// It opens what was sealed to it.
    Opening,
}

impl Role {
    /// The role of a kind; `None` for what no ring holds.
    pub const fn of(kind: KeyKind) -> Option<Self> {
        match kind {
            KeyKind::Signature(_) => Some(Self::Signing),
            KeyKind::Kem(Kem::XWing) => Some(Self::Opening),
            _ => None,
        }
    }

    /// The name in file names.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Signing => "signing",
            Self::Opening => "opening",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_the_role_that_it_is_listed_for() {
        for purpose in Purpose::ALL {
            for role in [Role::Signing, Role::Opening] {
                let kinds = purpose.kinds(role);
                assert_eq!(kinds.is_empty(), !purpose.roles().contains(&role), "{purpose:?}");
                assert!(kinds.iter().all(|kind| Role::of(*kind) == Some(role)));
            }
        }
        assert!(
            KeyKind::ALL
                .iter()
                .all(|kind| matches!(kind, KeyKind::Signature(_)) == (Role::of(*kind) == Some(Role::Signing)))
        );
    }
}
