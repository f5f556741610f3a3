//! The channel from outside: honest runs, exporter, sizes on the wire.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails loudly")]

mod common;

use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    thread,
};

use common::{End, Pair, Party, peers};
use twinlock::{
    channel::{self, Opened, blocking},
    ids::{
        Signature,
        protocol::{IdentityForm, Suite},
    },
};

#[test]
fn every_suite_carries_data_both_ways() {
    for suite in Suite::ALL {
        let pair = Pair::of_suite(suite);
        let (initiator, responder, _) = pair.run();
        assert_eq!((initiator.suite(), responder.suite()), (suite, suite));
        assert_eq!(initiator.peer(), pair.responder.identity.id());
        assert_eq!(responder.peer(), pair.initiator.identity.id());
        assert_eq!((responder.peer_name(), responder.service()), ("initiator", common::SERVICE));
        let (mut a, mut b) = (End::of(initiator), End::of(responder));
        for content in [&b""[..], b"x", &[7; 16 << 10], &[9; 64 << 10]] {
            if content.is_empty() {
                continue;
            }
            assert_eq!(b.open.open(&mut a.sealed(content)), Ok(Opened::Data(&mut content.to_vec())));
            assert_eq!(a.open.open(&mut b.sealed(content)), Ok(Opened::Data(&mut content.to_vec())));
        }
    }
}
