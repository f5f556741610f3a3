//! Thousands of idle connections: they stay up, and cost the server little. Slow: runs with TWINLOCK_SLOW=1.

#![expect(clippy::arithmetic_side_effects, clippy::panic, clippy::unwrap_used, reason = "a test fails loudly")]

use std::{
    collections::HashMap,
    env,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::Command,
    thread,
    time::Duration,
};

mod tunnels;
use tunnels::{Keys, PATIENCE};

const CONNECTIONS: usize = 5_000;
const BUNCH: usize = 50;
/// Bytes of the server's memory for each: what issue 2 asks for.
const LIMIT: u64 = 64 << 10;
/// Two for each connection in every process, and some for the rest.
const FILES: usize = 2 * CONNECTIONS + 1_000;
const ANY: &str = "127.0.0.1:0";

#[test]
fn five_thousand_idle_connections_stay_up_in_64_kib_each() {
    if env::var_os("TWINLOCK_SLOW").is_none() {
        println!("skipped: five_thousand_idle_connections_stay_up_in_64_kib_each: TWINLOCK_SLOW is not set");
        return;
    }
    // Ours, and of all that we start.
    let raised = Command::new("prlimit")
        .args(["--pid", &std::process::id().to_string(), &format!("--nofile={FILES}:")])
        .status()
        .unwrap();
    assert!(raised.success(), "cannot raise the limit of open files to {FILES}");

    let keys = Keys::new();
    let service = TcpListener::bind(ANY).unwrap();
    let server = keys.server(ANY, &service.local_addr().unwrap().to_string());
    let client = keys.client("desk-7", ANY, &server.address);
    let before = [server.resident(), client.resident()];

    // In bunches: the deadline of a handshake is no matter of this test.
    let (mut near, mut far) = (Vec::new(), Vec::new());
    while near.len() < CONNECTIONS {
        near.extend((0..BUNCH).map(|_| TcpStream::connect(&client.address).unwrap()));
        far.extend((0..BUNCH).map(|_| service.accept().unwrap().0));
    }
    server.said(&format!("session {CONNECTIONS} begins"));
    thread::sleep(Duration::from_secs(2));
    let after = [server.resident(), client.resident()];
    for (name, after, before) in [("server", after[0], before[0]), ("client", after[1], before[1])] {
        let each = after.saturating_sub(before) / u64::try_from(CONNECTIONS).unwrap();
        println!("{name}: {each} bytes for each of {CONNECTIONS} connections ({before} before, {after} after)");
        assert!(each <= LIMIT, "{name}: {each} bytes for each connection");
    }

    // Every one still carries bytes to a far end of its own.
    let mut open: HashMap<u32, TcpStream> = HashMap::new();
    for (number, mut stream) in (0..).zip(near) {
        stream.write_all(&u32::to_be_bytes(number)).unwrap();
        open.insert(number, stream);
    }
    for mut stream in far {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut number = [0; 4];
        stream.read_exact(&mut number).unwrap();
        stream.write_all(&number).unwrap();
        let mut near = open.remove(&u32::from_be_bytes(number)).unwrap();
        near.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut back = [0; 4];
        near.read_exact(&mut back).unwrap();
        assert_eq!(back, number);
    }
    assert!(open.is_empty());
}
