//! Whether a chain of certificates leads to one that is trusted (RFC 5280 §6, without policies).
//!
//! The chain is given in its order, the end first, each signed by the next; nothing is searched for, so nothing can
//! loop. What is not understood is refused: unknown critical extensions, and name constraints, critical or not.

use alloc::vec::Vec;

use super::{
    Certificate, Grant, KeyUsage, RevocationList,
    error::{Error, Reason},
    extensions,
    names::Time,
};
use crate::{
    ids::certificate::{MAX_CHAIN_LEN, Purpose},
    provider::Provider,
};

/// What is trusted, and when.
#[derive(Clone, Copy, Debug)]
pub struct Verifier<'a> {
    /// Where the primitives come from.
    pub provider: &'static Provider,
    /// The certificates that are trusted: CAs, or the very certificate to be verified.
    pub anchors: &'a [Certificate],
    /// Revocation lists. If there is any, each certificate below the anchor needs one of its issuer.
    pub lists: &'a [RevocationList],
    /// The time to verify for.
    pub at: Time,
    /// What the certificate is to be used for.
    pub purpose: Option<Purpose>,
}

impl<'a> Verifier<'a> {
    /// Verifies a chain, and gives the path from its first certificate to the anchor. What the chain has beyond an
    /// anchor is left aside.
    ///
    /// # Errors
    /// [`Error::EmptyChain`], [`Error::ChainTooLong`], [`Error::StrayRevocationList`], and [`Error::Path`] for the
    /// rest.
    pub fn verify(&self, chain: &'a [Certificate]) -> Result<Vec<&'a Certificate>, Error> {
        let path = self.path(chain)?;
        // What needs no cryptography comes first.
        for (position, certificate) in path.iter().enumerate() {
            let below = path.get(..position).unwrap_or_default();
            self.check(certificate, below).map_err(|reason| Error::Path { position, reason })?;
        }
        for (position, pair) in path.windows(2).enumerate() {
            if let [certificate, issuer] = pair {
                self.check_signature(certificate, issuer).map_err(|reason| Error::Path { position, reason })?;
            }
        }
        if let Some((position, anchor)) = path.iter().enumerate().next_back()
            && anchor.is_self_issued()
        {
            // It is trusted as it is; this finds a damaged file.
            self.check_signature(anchor, anchor).map_err(|reason| Error::Path { position, reason })?;
        }
        self.check_revocation(&path)?;
        Ok(path)
    }

    /// Verifies the chain of a certificate for channels, and gives who may do what.
    ///
    /// # Errors
    /// As [`Verifier::verify`]; [`Error::NotForChannels`].
    pub fn verify_channel(&self, chain: &'a [Certificate]) -> Result<Grant, Error> {
        let path = self.verify(chain)?;
        path.first().ok_or(Error::EmptyChain).and_then(|certificate| Grant::of(certificate))
    }

    /// The chain up to its first anchor, or with the anchor that its last certificate names.
    fn path(&self, chain: &'a [Certificate]) -> Result<Vec<&'a Certificate>, Error> {
        let anchored = chain.iter().position(|certificate| self.anchors.contains(certificate));
        let known = anchored.map_or(chain, |end| chain.get(..=end).unwrap_or(chain));
        let below = known.len().saturating_sub(usize::from(anchored.is_some()));
        if below > MAX_CHAIN_LEN {
            return Err(Error::ChainTooLong);
        }
        let mut path: Vec<&Certificate> = known.iter().collect();
        let (position, last) = path.iter().copied().enumerate().next_back().ok_or(Error::EmptyChain)?;
        for (position, certificate) in path.iter().enumerate() {
            if path.iter().take(position).any(|before| before == certificate) {
                return Err(Error::Path { position, reason: Reason::Twice });
            }
        }
        if anchored.is_none() {
            let mut named = self.anchors.iter().filter(|anchor| last.names_as_issuer(anchor)).peekable();
            let reason = if named.peek().is_none() { Reason::NoAnchor } else { Reason::Signature };
            // A CA that changes its key may keep its name.
            let anchor = named.find(|anchor| self.check_signature(last, anchor).is_ok());
            path.push(anchor.ok_or(Error::Path { position, reason })?);
        }
        Ok(path)
    }

    /// What a certificate says by itself, and of those `below` it in the path.
    fn check(&self, certificate: &Certificate, below: &[&Certificate]) -> Result<(), Reason> {
        let (from, until) = (certificate.validity.from(), certificate.validity.until());
        if self.at < from {
            return Err(Reason::NotYetValid(from));
        }
        if self.at > until {
            return Err(Reason::Expired(until));
        }
        if let Some(obstacle) = certificate.obstacle() {
            return Err(obstacle);
        }
        if let Some(purpose) = self.purpose
            && let Some(purposes) = &certificate.extensions.purposes
            && !extensions::is_for(purposes, purpose)
        {
            return Err(Reason::Purpose(purpose));
        }
        let Some((_, authorities)) = below.split_first() else {
            // RFC 5280 §4.2.1.12: both extensions must allow it.
            return match (self.purpose, certificate.key_usage()) {
                (Some(_), Some(usage)) if !usage.handshakes() => Err(Reason::KeyUsage),
                _ => Ok(()),
            };
        };
        if !certificate.is_ca() {
            return Err(Reason::NotACa);
        }
        if !certificate.key_usage().is_some_and(KeyUsage::certificates) {
            return Err(Reason::NoCertSign);
        }
        // A CA that renews itself counts once (RFC 5280 §4.2.1.9).
        let authorities = authorities.iter().filter(|authority| !authority.is_self_issued()).count();
        match certificate.path_len() {
            Some(most) if authorities > usize::from(most) => Err(Reason::PathLength(most)),
            _ => Ok(()),
        }
    }

    fn check_signature(&self, certificate: &Certificate, issuer: &Certificate) -> Result<(), Reason> {
        certificate.check_issuer(issuer, self.provider)
    }

    fn check_revocation(&self, path: &[&Certificate]) -> Result<(), Error> {
        let issuers = path.get(1..).unwrap_or_default();
        let is_stray = |list: &RevocationList| !issuers.iter().any(|issuer| list.is_of(issuer));
        if let Some(position) = self.lists.iter().position(is_stray) {
            return Err(Error::StrayRevocationList { position });
        }
        if self.lists.is_empty() {
            return Ok(());
        }
        for (position, (certificate, issuer)) in path.iter().zip(issuers).enumerate() {
            let refused = |reason| Error::Path { position, reason };
            let mut lists = self.lists.iter().filter(|list| list.is_of(issuer)).peekable();
            if lists.peek().is_none() {
                return Err(refused(Reason::NoRevocationList));
            }
            for list in lists {
                list.check(issuer, self.at, self.provider).map_err(refused)?;
                if let Some(since) = list.revoked(&certificate.serial) {
                    return Err(refused(Reason::Revoked(since)));
                }
            }
        }
        Ok(())
    }
}
