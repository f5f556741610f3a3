//! Secrets: each kind is its own type.
//!
//! A secret lives in one heap allocation from birth to wiping, so that moving the value moves a pointer and
//! leaves no copy on the stack. It has no `Clone`, its `Debug` tells only its kind, it compares in constant
//! time, and it is wiped on drop always. The whole list is in `secrets!` below; the redaction and wiping
//! tests run over that list.
//!
//! A secret neither prints its content nor clones:
//!
//! ```compile_fail,E0277
//! fn shown<T: core::fmt::Display>(_: T) {}
//! shown(twinlock::secret::Seed::from_slice(&[7; 32]));
//! ```
//! ```compile_fail,E0599
//! let seed = twinlock::secret::Seed::from_slice(&[7; 32]);
//! let copy = seed.clone();
//! ```

use alloc::boxed::Box;
use core::fmt;

use subtle::ConstantTimeEq as _;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

macro_rules! secrets {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        $(
            $(#[$doc])*
            pub struct $name(Zeroizing<Box<[u8]>>);

            impl $name {
                /// `len` zero bytes that `fill` then writes in place.
                ///
                /// # Errors
                /// What `fill` returns; nothing of the secret is left then.
                pub fn build<E>(len: usize, fill: impl FnOnce(&mut [u8]) -> Result<(), E>) -> Result<Self, E> {
                    let mut bytes = Zeroizing::new(alloc::vec![0; len].into_boxed_slice());
                    fill(&mut bytes)?;
                    Ok(Self(bytes))
                }

                /// A copy of `bytes`; wiping the original is the caller's matter.
                pub fn from_slice(bytes: &[u8]) -> Self {
                    Self(Zeroizing::new(bytes.into()))
                }

                /// The secret itself. Whoever copies it must wipe the copy.
                pub fn secret_bytes(&self) -> &[u8] {
                    &self.0
                }

                /// Whether both are equal, in time that depends on the lengths only.
                pub fn ct_eq(&self, other: &Self) -> bool {
                    self.0.ct_eq(&other.0).into()
                }
            }

            impl fmt::Debug for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str(concat!(stringify!($name), "([redacted])"))
                }
            }

            impl Zeroize for $name {
                fn zeroize(&mut self) {
                    self.0.zeroize();
                }
            }

            // `Zeroizing` wipes in its own `Drop`.
            impl ZeroizeOnDrop for $name {}
        )*

        /// Runs `check` over every kind of secret: its name, its `Debug`, and its bytes after wiping.
        #[cfg(test)]
        fn for_every_secret(bytes: &[u8], check: impl Fn(&str, alloc::string::String, &[u8])) {
            $(
                let mut secret = $name::from_slice(bytes);
                let shown = alloc::format!("{secret:?} {secret:#?}");
                assert_eq!(secret.secret_bytes(), bytes);
                secret.zeroize();
                check(stringify!($name), shown, secret.secret_bytes());
            )*
        }
    };
}

secrets! {
    /// What a key file stores: a classical private key, a lattice seed, or both.
    Seed,
    /// The output of a KEM or of a key agreement.
    SharedSecret,
    /// A step of a key schedule: extracted keys and traffic secrets.
    ChainSecret,
    /// Key material that an exporter hands to the caller.
    ExportedSecret,
}

/// Whether two byte strings are equal, in time that depends on the lengths only.
pub fn ct_eq(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_prints_itself_and_each_wipes() {
        let bytes: Vec<u8> = (0..64).map(|i| 0x80 | i).collect();
        let count = core::cell::Cell::new(0);
        for_every_secret(&bytes, |name, shown, after| {
            count.set(count.get() + 1);
            assert_eq!(shown, format!("{name}([redacted]) {name}([redacted])"));
            assert!(after.iter().all(|byte| *byte == 0), "{name} is not wiped");
        });
        assert_eq!(count.get(), 4);
    }

    #[test]
    fn equality_looks_at_every_byte() {
        let a = Seed::from_slice(&[1; 32]);
        for i in 0..32 {
            let mut other = [1; 32];
            other[i] ^= 0x80;
            assert!(!a.ct_eq(&Seed::from_slice(&other)));
        }
        assert!(a.ct_eq(&Seed::from_slice(&[1; 32])));
        assert!(!a.ct_eq(&Seed::from_slice(&[1; 31])));
    }

    #[test]
    fn a_failed_build_returns_its_error() {
        assert_eq!(Seed::build(4, |_| Err(5)).unwrap_err(), 5);
    }
}
