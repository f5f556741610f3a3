//! The allow-list: who may connect, and to what.
//!
//! ```yaml
//! peers:
//!   - name: desk-7
//!     key-file: desk-7.pub # relative to this file; or `key: SHA256:…`
//!     services: [orders, postgres]
//! ```

use std::{
    fmt::Display,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::Deserialize;
use serde_saphyr::{Location, Spanned, UserMessageFormatter};
use twinlock::{
    channel::HandshakeFailure,
    handshake::{self, Peer, Peers, Pin},
    provider::Provider,
};

use crate::{args::service_name, error::Error, files};

/// More than any list of people who trade with each other; a file beyond it is not a list.
const MAX_LEN: usize = 4 << 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    peers: Vec<Spanned<Entry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Entry {
    name: Spanned<String>,
    key: Option<Spanned<String>>,
    key_file: Option<Spanned<PathBuf>>,
    services: Spanned<Vec<Spanned<String>>>,
}

/// Reads an allow-list with all its key files.
pub(crate) fn load(path: &Path, provider: &'static Provider) -> Result<Arc<Peers>, Error> {
    let bytes = files::read(path, files::open(path)?, MAX_LEN)?;
    if bytes.len() > MAX_LEN {
        return Err(Error::file(path, format_args!("is more than the {MAX_LEN} bytes an allow-list may have")));
    }
    let options = serde_saphyr::options! { strict_booleans: true, with_snippet: false };
    let list: List = serde_saphyr::from_slice_with_options(&bytes, options)
        .map_err(|error| Error::file(path, error.render_with_formatter(&UserMessageFormatter).replace('\n', " ")))?;
    let at = |location: Location, message: &dyn Display| {
        Error::file(path, format_args!("{message}, at line {} column {}", location.line(), location.column()))
    };
    let mut peers = Peers::default();
    for entry in list.peers {
        let place = entry.referenced;
        let Entry { name, key, key_file, services } = entry.value;
        if name.value.is_empty() || name.value.chars().any(char::is_control) {
            return Err(at(name.referenced, &"a name has at least one character and no control characters"));
        }
        if services.value.is_empty() {
            return Err(at(services.referenced, &format_args!("peer {} has no services", name.value)));
        }
        for service in &services.value {
            service_name(&service.value).map_err(|error| at(service.referenced, &error))?;
        }
        let pin = match (key, key_file) {
            (Some(key), None) => Pin::id(key.value.parse().map_err(|error| at(key.referenced, &error))?),
            (None, Some(file)) => files::pin(&path.parent().unwrap_or(path).join(file.value), provider)
                .map_err(|error| error.about(format_args!("{} line {}", path.display(), file.referenced.line())))?,
            _ => return Err(at(place, &format_args!("peer {} needs one of key and key-file", name.value))),
        };
        let services = services.value.into_iter().map(|service| service.value).collect();
        let peer = Peer { name: name.value, pin, services };
        if let Err(peer) = peers.add(peer) {
            let words = match peers.get(peer.pin.key_id()) {
                Some(other) if other.name != peer.name => {
                    format!("peer {} has the key of peer {}", peer.name, other.name)
                }
                _ => format!("peer {} is listed twice", peer.name),
            };
            return Err(at(place, &words));
        }
    }
    Ok(Arc::new(peers))
}

/// Why whoever came `from` there got no channel, with the peer's name if the list has it.
pub(crate) fn refused(failure: HandshakeFailure, from: impl Display, peers: &Peers, service: &str) -> Error {
    let error = match failure {
        HandshakeFailure::Handshake(error) => match refusal(&error, peers, service) {
            Some(words) => Error::no(words),
            None => HandshakeFailure::Handshake(error).into(),
        },
        other => other.into(),
    };
    error.about(format_args!("connection from {from}"))
}

/// Why a peer on the list is refused, by its name.
pub(crate) fn refusal(error: &handshake::Error, peers: &Peers, service: &str) -> Option<String> {
    let (id, words) = match error {
        handshake::Error::NotAllowed(id) => (id, "may not use service"),
        handshake::Error::OtherService(id) => (id, "asked for another service than"),
        _ => return None,
    };
    let name = peers.get(id).map_or("", |peer| &peer.name);
    Some(format!("peer {name} ({}) {words} {service}", id.short()))
}
