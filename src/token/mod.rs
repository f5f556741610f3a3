//! Keys in PKCS#11 tokens: smart cards, HSMs, software tokens. The private key stays there.
//!
//! A [`Key`] of a token becomes a [`SigningKey`](crate::sign::SigningKey) or a
//! [`DecapsulationKey`](crate::kem::DecapsulationKey) that works wherever one from a file does. What the standards compose
//! of two algorithms is two objects with one id and one label: a composite of ML-DSA and Ed25519, X-Wing of ML-KEM-768 and
//! X25519. It needs mechanisms of PKCS#11 3.2: `CKM_ML_DSA` with context and hedging, `CKM_ML_KEM`, `CKM_EDDSA`, and
//! `CKM_ECDH1_DERIVE` on X25519.
//!
//! A module is native code that runs in this process and can do whatever the process can: load none that you do not trust
//! as you trust this program. What it answers is checked all the same: lengths, public keys, and each signature before it
//! is given out. A module is loaded once and stays loaded.
//!
//! A shared secret leaves the token, since what is sealed is opened here: as a session object that is deleted at once.
//!
//! ```no_run
//! use twinlock::{ids::KeyKind, ids::Signature, provider, token::Token};
//! # fn main() -> Result<(), twinlock::token::Error> {
//! # let pin = b"";
//! let uri = "pkcs11:token=ops;object=gate?module-path=/usr/lib/hsm.so".parse()?;
//! let mut token = Token::find(&uri)?;
//! token.login(Some(pin))?;
//! let key = token.key(&uri)?.into_signing_key(provider::RUST)?;
//! let signature = key.sign(b"message", b"", &mut provider::SystemRng)?;
//! # Ok(()) }
//! ```

use alloc::{
    boxed::Box,
    string::{String, ToString as _},
    sync::Arc,
    vec::Vec,
};
use core::fmt;
use std::{
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use cryptoki::{
    context::{CInitializeArgs, CInitializeFlags, Pkcs11},
    error::{Error as Call, RvError},
    mechanism::MechanismType,
    session::{Session, UserType},
    slot::{Slot, TokenInfo},
    types::RawAuthPin,
};

mod error;
mod find;
mod generate;
mod key;
mod uri;

pub use error::Error;
pub use key::Key;
pub use uri::Uri;

/// The modules of this process, each initialised once. None is unloaded: its threads would run on in memory that is gone.
static MODULES: Mutex<Vec<(PathBuf, Pkcs11)>> = Mutex::new(Vec::new());

/// What a token asks of its user before it lets private keys be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Login {
    /// Nothing.
    None,
    /// A PIN, for [`Token::login`].
    Pin,
    /// A PIN that is typed on the device itself.
    OnDevice,
}

/// A token that is there, with a session.
pub struct Token {
    shared: Arc<Shared>,
    info: TokenInfo,
}

/// What a token's keys hold of it.
struct Shared {
    session: Mutex<Session>,
    module: Pkcs11,
    path: PathBuf,
    slot: Slot,
}

impl Token {
    /// The one token that the URI names. Loads its module.
    ///
    /// # Errors
    /// [`Error::NoModule`], [`Error::Module`]; [`Error::NoToken`], [`Error::ManyTokens`]; a failing call.
    pub fn find(uri: &Uri) -> Result<Self, Error> {
        let path = uri.module_path.as_deref().ok_or(Error::NoModule)?;
        let module = load(path)?;
        let mut found = Vec::new();
        for slot in module.get_slots_with_initialized_token().map_err(Error::of)? {
            let info = module.get_token_info(slot).map_err(Error::of)?;
            let is = |wanted: &Option<String>, found: &str| wanted.as_ref().is_none_or(|wanted| wanted == found);
            if is(&uri.token, info.label())
                && is(&uri.manufacturer, info.manufacturer_id())
                && is(&uri.model, info.model())
                && is(&uri.serial, info.serial_number())
            {
                found.push((slot, info));
            }
        }
        let count = found.len();
        let (slot, info) = found.pop().ok_or(Error::NoToken)?;
        if count > 1 {
            return Err(Error::ManyTokens(count));
        }
        let session = Mutex::new(module.open_ro_session(slot).map_err(Error::of)?);
        Ok(Self { shared: Arc::new(Shared { session, module, path: path.into(), slot }), info })
    }

    /// What it asks for before private keys can be used.
    pub fn login_needed(&self) -> Login {
        match (self.info.login_required(), self.info.protected_authentication_path()) {
            (false, _) => Login::None,
            (true, false) => Login::Pin,
            (true, true) => Login::OnDevice,
        }
    }

    /// Logs in: with a PIN, or without for one that is typed on the device. A wrong PIN is told, and never tried again.
    ///
    /// # Errors
    /// [`Error::WrongPin`], [`Error::Locked`], [`Error::NotReady`]; [`Error::LastTry`], if a wrong PIN would lock the
    /// token; a failing call.
    pub fn login(&mut self, pin: Option<&[u8]>) -> Result<(), Error> {
        // As it is now: another process may have used up a try.
        self.info = self.shared.module.get_token_info(self.shared.slot).map_err(Error::of)?;
        if self.info.user_pin_locked() {
            return Err(Error::Locked);
        }
        if !self.info.user_pin_initialized() {
            return Err(Error::NotReady);
        }
        if self.info.user_pin_final_try() {
            return Err(Error::LastTry);
        }
        let session = self.shared.session();
        let done = match pin {
            Some(pin) => session.login_with_raw(UserType::User, &RawAuthPin::new(Box::new(pin.to_vec()))),
            None => session.login(UserType::User, None),
        };
        match done {
            // A login is of the process and not of a session.
            Err(Call::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(()),
            done => done.map_err(Error::of),
        }
    }

    /// The label that it was given.
    pub fn label(&self) -> &str {
        self.info.label()
    }

    /// Who made it.
    pub fn manufacturer(&self) -> &str {
        self.info.manufacturer_id()
    }

    /// Its model.
    pub fn model(&self) -> &str {
        self.info.model()
    }

    /// Its serial number.
    pub fn serial(&self) -> &str {
        self.info.serial_number()
    }

    /// The URI of the token itself.
    fn uri(&self) -> Uri {
        Uri {
            token: Some(self.label().to_string()).filter(|label| !label.is_empty()),
            module_path: Some(self.shared.path.clone()),
            ..Uri::default()
        }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("label", &self.label()).finish_non_exhaustive()
    }
}

impl Shared {
    fn session(&self) -> MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the token has those mechanisms.
    fn require(&self, wanted: &[MechanismType]) -> Result<(), Error> {
        let found = self.module.get_mechanism_list(self.slot).map_err(Error::of)?;
        match wanted.iter().find(|mechanism| !found.contains(mechanism)) {
            Some(missing) => Err(Error::Mechanism(missing.to_string())),
            None => Ok(()),
        }
    }
}

/// Loads a module, or finds it loaded.
fn load(path: &Path) -> Result<Pkcs11, Error> {
    let mut modules = MODULES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, module)) = modules.iter().find(|(loaded, _)| loaded == path) {
        return Ok(module.clone());
    }
    let module = Pkcs11::new(path).map_err(|error| match error {
        Call::LibraryLoading(error) => Error::Module(error.to_string()),
        Call::MissingSymbol(_) => Error::Module("it is no PKCS#11 module".into()),
        error => Error::of(error),
    })?;
    match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        // By another part of this process.
        Ok(()) | Err(Call::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
        Err(error) => return Err(Error::Module(Error::of(error).to_string())),
    }
    modules.push((path.into(), module.clone()));
    Ok(module)
}
