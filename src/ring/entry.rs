//! An entry of a ring and its generations: who may still do what with which key.

use alloc::{borrow::ToOwned as _, format, string::String, vec::Vec};
use core::fmt;

use super::Error;
use crate::{
    certificate::{Time, Validity},
    ids::{
        KeyKind,
        ring::{MAX_GENERATIONS, MAX_REASON_LEN, Purpose, Role},
    },
    keys::KeyId,
};

/// What a private key is wanted for; opening is apart, since old keys do it too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Use {
    /// To be one end of a channel.
    Channel,
    /// To sign a file, an envelope, or as a CA.
    Sign,
    /// To be certified: it signs a request, or a certificate of itself.
    Certificate,
    /// To open what others sealed.
    Open,
}

impl Use {
    const fn fits(self, purpose: Purpose) -> bool {
        match self {
            Self::Channel => matches!(purpose, Purpose::Channel | Purpose::Identity),
            Self::Sign => matches!(purpose, Purpose::Signing | Purpose::Identity),
            Self::Certificate => !matches!(purpose, Purpose::Opening),
            Self::Open => matches!(purpose, Purpose::Opening | Purpose::Identity),
        }
    }

    const fn role(self) -> Role {
        match self {
            Self::Channel | Self::Sign | Self::Certificate => Role::Signing,
            Self::Open => Role::Opening,
        }
    }
}

impl fmt::Display for Use {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Channel => "channels",
            Self::Sign => "signing",
            Self::Certificate => "certificates",
            Self::Open => "opening",
        })
    }
}

/// A key as the manifest names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    kind: KeyKind,
    id: KeyId,
    role: Role,
}

impl Key {
    /// A key of that kind and id.
    ///
    /// # Errors
    /// [`Error::Kind`] for a kind that no ring holds.
    pub fn new(purpose: Purpose, kind: KeyKind, id: KeyId) -> Result<Self, Error> {
        let role = Role::of(kind).filter(|role| purpose.kinds(*role).contains(&kind));
        Ok(Self { kind, id, role: role.ok_or(Error::Kind { purpose, kind })? })
    }

    /// What it is a key of.
    pub const fn kind(&self) -> KeyKind {
        self.kind
    }

    /// Its key id.
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// What it does.
    pub const fn role(&self) -> Role {
        self.role
    }
}

/// What became of a generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It is the one in use.
    Current,
    /// It opens what was sealed to it, and does nothing else.
    Superseded {
        /// The number of the next.
        by: u32,
    },
    /// It is not to be used.
    Revoked {
        /// When.
        since: Time,
        /// Why: 1 to 200 bytes without control characters.
        reason: String,
    },
}

/// The keys of an entry that were made together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generation {
    number: u32,
    validity: Validity,
    keys: Vec<Key>,
    state: State,
}

impl Generation {
    pub(super) fn new(
        purpose: Purpose,
        number: u32,
        validity: Validity,
        keys: Vec<Key>,
        state: State,
    ) -> Result<Self, Error> {
        if number == 0 || number > MAX_GENERATIONS {
            return Err(Error::TooManyGenerations);
        }
        if !keys.iter().map(|key| &key.role).eq(purpose.roles()) {
            return Err(Error::Keys(purpose));
        }
        if let Some(key) = keys.iter().find(|key| !purpose.kinds(key.role).contains(&key.kind)) {
            return Err(Error::Kind { purpose, kind: key.kind });
        }
        Ok(Self { number, validity, keys, state })
    }

    /// From 1.
    pub const fn number(&self) -> u32 {
        self.number
    }

    /// When it may sign and be one end of channels.
    pub const fn validity(&self) -> Validity {
        self.validity
    }

    /// Its keys, one for each role.
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// What became of it.
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// Whether it is revoked.
    pub const fn is_revoked(&self) -> bool {
        matches!(self.state, State::Revoked { .. })
    }

    fn key(&self, role: Role) -> Option<&Key> {
        self.keys.iter().find(|key| key.role == role)
    }
}

/// The name of the files of a key in the folder of its entry, without the extension.
pub fn file_stem(number: u32, role: Role) -> String {
    format!("{number}.{}", role.name())
}

/// All generations under one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    purpose: Purpose,
    generations: Vec<Generation>,
}

impl Entry {
    /// Takes generations that were read. Numbers count from 1; all but the last are superseded by the next, or revoked.
    pub(super) fn new(purpose: Purpose, generations: Vec<Generation>) -> Result<Self, Error> {
        let mut rest = generations.iter().zip(1..).peekable();
        while let Some((generation, number)) = rest.next() {
            let next = rest.peek().map(|(_, next)| *next);
            let is_in_order = match &generation.state {
                State::Current => next.is_none(),
                State::Superseded { by } => Some(*by) == next,
                State::Revoked { reason, .. } => check_reason(reason).is_ok(),
            };
            if generation.number != number || !is_in_order {
                return Err(Error::Content("generations that do not follow each other"));
            }
        }
        if generations.is_empty() {
            return Err(Error::Content("an entry without a generation"));
        }
        Ok(Self { purpose, generations })
    }

    /// What its keys are for.
    pub const fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// All of them, the oldest first; never empty.
    pub fn generations(&self) -> &[Generation] {
        &self.generations
    }

    /// The newest, whatever became of it.
    ///
    /// # Errors
    /// None for an entry that exists.
    pub fn newest(&self) -> Result<&Generation, Error> {
        self.generations.last().ok_or(Error::Content("an entry without a generation"))
    }

    /// The key that is to be used now, which is one of the newest generation.
    ///
    /// # Errors
    /// [`Error::Purpose`], [`Error::Revoked`], [`Error::Expired`], [`Error::NotYet`].
    pub fn key_for(&self, wanted: Use, now: Time) -> Result<(&Generation, &Key), Error> {
        self.check_use(wanted)?;
        let newest = self.newest()?;
        let generation = newest.number;
        if let State::Revoked { since, reason } = &newest.state {
            return Err(Error::Revoked { generation, since: *since, reason: reason.clone() });
        }
        let (from, until) = (newest.validity.from(), newest.validity.until());
        if now < from {
            return Err(Error::NotYet { generation, from });
        }
        if now > until {
            return Err(Error::Expired { generation, until });
        }
        let key = newest.key(wanted.role()).ok_or(Error::Purpose { purpose: self.purpose, wanted })?;
        Ok((newest, key))
    }

    /// The keys that open what was sealed to the entry at any time, the newest first; expired ones too, since
    /// expiry ends what is made with a key and not what was made. Revoked ones only if `revoked` asks for them.
    ///
    /// # Errors
    /// [`Error::Purpose`]; [`Error::Revoked`] if no other is left.
    pub fn opening_keys(&self, revoked: bool) -> Result<Vec<(&Generation, &Key)>, Error> {
        self.check_use(Use::Open)?;
        let usable = self.generations.iter().rev().filter(|generation| revoked || !generation.is_revoked());
        let keys: Vec<_> = usable.filter_map(|one| Some((one, one.key(Role::Opening)?))).collect();
        match &self.newest()?.state {
            State::Revoked { since, reason } if keys.is_empty() => {
                Err(Error::Revoked { generation: self.newest()?.number, since: *since, reason: reason.clone() })
            }
            _ => Ok(keys),
        }
    }

    /// The number of the generation that comes next.
    ///
    /// # Errors
    /// [`Error::TooManyGenerations`].
    pub fn next_number(&self) -> Result<u32, Error> {
        let next = self.newest()?.number.saturating_add(1);
        if next > MAX_GENERATIONS { Err(Error::TooManyGenerations) } else { Ok(next) }
    }

    /// Makes these keys the current ones. The generation before opens only, from now on; a revoked one stays revoked.
    pub(super) fn rotate(&mut self, validity: Validity, keys: Vec<Key>) -> Result<(), Error> {
        let number = self.next_number()?;
        let next = Generation::new(self.purpose, number, validity, keys, State::Current)?;
        if let Some(last) = self.generations.last_mut().filter(|last| last.state == State::Current) {
            last.state = State::Superseded { by: number };
        }
        self.generations.push(next);
        Ok(())
    }

    /// Revokes one generation, or all that are not yet; tells which.
    pub(super) fn revoke(&mut self, number: Option<u32>, since: Time, reason: &str) -> Result<Vec<u32>, Error> {
        check_reason(reason)?;
        if let Some(number) = number.filter(|number| !self.generations.iter().any(|one| one.number == *number)) {
            return Err(Error::NoGeneration(number));
        }
        let is_meant = |one: &&mut Generation| number.is_none_or(|number| one.number == number) && !one.is_revoked();
        let mut revoked = Vec::new();
        for generation in self.generations.iter_mut().filter(is_meant) {
            generation.state = State::Revoked { since, reason: reason.to_owned() };
            revoked.push(generation.number);
        }
        if revoked.is_empty() { Err(Error::AlreadyRevoked) } else { Ok(revoked) }
    }

    fn check_use(&self, wanted: Use) -> Result<(), Error> {
        if wanted.fits(self.purpose) { Ok(()) } else { Err(Error::Purpose { purpose: self.purpose, wanted }) }
    }
}

fn check_reason(reason: &str) -> Result<(), Error> {
    let is_good = (1..=MAX_REASON_LEN).contains(&reason.len()) && !reason.chars().any(char::is_control);
    if is_good { Ok(()) } else { Err(Error::Reason) }
}
