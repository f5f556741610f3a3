//! `listen` and `connect` as two processes.
#![expect(clippy::unwrap_used, reason = "a test fails loudly")]

mod common;

use std::{
    io::{BufRead as _, Read as _, Write as _},
    net::TcpListener,
    process::Stdio,
    thread,
    time::Duration,
};

use common::{Sandbox, failed, feed};

/// Bytes that no other seed gives.
fn bytes(seed: u64, len: usize) -> Vec<u8> {
    let step = |state: &u64| Some(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(seed));
    std::iter::successors(Some(seed), step).map(|state| state.to_be_bytes()[0]).take(len).collect()
}

fn ten_mebibytes_cross(more: &[&str]) {
    let sandbox = Sandbox::new();
    let (to_there, to_here) = (bytes(3, 10 << 20), bytes(5, 10 << 20));
    let (mut listener, address) = sandbox.listen(more);
    let mut connector = sandbox.connect(&address, &[]).stdin(Stdio::piped()).spawn().unwrap();
    feed(&mut connector, to_there.clone());
    let mut listener_stdin = listener.child.stdin.take().unwrap();
    let content = to_here.clone();
    let feeder = thread::spawn(move || listener_stdin.write_all(&content).unwrap());
    let waiting = thread::spawn(move || listener.end());
    let here = connector.wait_with_output().unwrap();
    feeder.join().unwrap();
    let (code, there, words) = waiting.join().unwrap();
    assert_eq!((code, here.status.code()), (Some(0), Some(0)), "{words}");
    assert!(there == to_there && here.stdout == to_here, "the bytes differ");
    assert!(words.contains("peer desk-7 (") && words.contains("service default, suite XWING-"), "{words}");
}

#[test]
fn ten_mebibytes_cross_over_tcp() {
    ten_mebibytes_cross(&[]);
}

#[test]
fn ten_mebibytes_cross_over_a_unix_socket() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("socket");
    ten_mebibytes_cross(&["--listen", &format!("unix:{}", socket.display())]);
    assert!(!socket.exists(), "the socket is left behind");
}

#[test]
fn a_direction_that_ends_leaves_the_other_open() {
    let sandbox = Sandbox::new();
    let (mut listener, address) = sandbox.listen(&[]);
    let connector = sandbox.connect(&address, &[]).spawn().unwrap(); // its stdin has ended already
    let mut line = String::new();
    listener.words.read_line(&mut line).unwrap();
    thread::sleep(Duration::from_millis(200)); // so that the close is there first; the test holds either way
    let late = bytes(7, 1 << 20);
    feed(&mut listener.child, late.clone());
    let here = connector.wait_with_output().unwrap();
    assert!(here.status.success() && here.stdout == late, "{}", String::from_utf8_lossy(&here.stderr));
    assert_eq!(listener.end().0, Some(0));
}

#[test]
fn an_unknown_peer_is_refused_on_both_sides() {
    let sandbox = Sandbox::new();
    let (listener, address) = sandbox.listen(&[]);
    let id = sandbox.ok(&["key", "show", "stranger.pub"]);
    let id = id.lines().find_map(|line| line.strip_prefix("key id  ")).unwrap().trim();
    let args = ["connect", "--identity", "stranger.pem", "--to", &address, "--peer", "there.pub"];
    let words = sandbox.fails(1, &args);
    assert!(words.contains("error: refused by the peer\nhint: "), "{words}");
    let (code, data, words) = listener.end();
    assert_eq!((code, data), (Some(1), Vec::new()));
    assert!(words.starts_with("error: connection from 127.0.0.1:"), "{words}");
    assert!(words.ends_with(&format!(": unknown peer {id}\n")), "{words}");
}

#[test]
fn a_known_peer_is_refused_a_service_that_is_not_its() {
    let sandbox = Sandbox::new();
    let (listener, address) = sandbox.listen(&["--service", "orders"]);
    failed(1, &sandbox.connect(&address, &["--service", "orders"]).output().unwrap());
    let (code, _, words) = listener.end();
    assert_eq!(code, Some(1));
    assert!(words.contains("peer desk-7 (") && words.ends_with(") may not use service orders\n"), "{words}");
}

#[test]
fn another_responder_than_the_expected_is_refused() {
    let sandbox = Sandbox::new();
    let (listener, address) = sandbox.listen(&[]);
    let words = failed(1, &sandbox.connect(&address, &["--peer", "stranger.pub"]).output().unwrap());
    assert!(words.contains(": the responder is SHA256:") && words.contains(", expected SHA256:"), "{words}");
    let (code, data, _) = listener.end();
    assert_eq!((code, data), (Some(1), Vec::new()));
}

#[test]
fn a_key_id_suffices_to_name_the_peer() {
    let sandbox = Sandbox::new();
    let json: serde_json::Value = serde_json::from_str(&sandbox.ok(&["key", "show", "--json", "there.pub"])).unwrap();
    let (mut listener, address) = sandbox.listen(&[]);
    drop(listener.child.stdin.take());
    let output = sandbox.connect(&address, &["--peer", json["key_id"].as_str().unwrap()]).output().unwrap();
    assert!(output.status.success());
    assert_eq!(listener.end().0, Some(0));
}

#[test]
fn nobody_listens() {
    let sandbox = Sandbox::new();
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap(); // closed again at once
    let words = failed(2, &sandbox.connect(&address.to_string(), &[]).output().unwrap());
    assert!(words.starts_with(&format!("error: connect to {address}: connection refused\nhint: ")), "{words}");
}

#[test]
fn the_port_is_taken() {
    let sandbox = Sandbox::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let args = ["listen", "--identity", "there.pem", "--allow", "allow.yaml", "--listen", &address];
    assert_eq!(sandbox.fails(2, &args), format!("error: listen on {address}: address already in use\n"));
}

#[test]
fn another_protocol_answers() {
    let sandbox = Sandbox::new();
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    let answering = thread::spawn(move || {
        let (mut stream, _) = other.accept().unwrap();
        stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n").unwrap();
        let _ = stream.read_to_end(&mut Vec::new()); // a reset is as good as an end
    });
    let words = failed(2, &sandbox.connect(&address, &[]).output().unwrap());
    assert!(words.contains("unknown frame type 0x53: the peer does not speak Twinlock/1"), "{words}");
    answering.join().unwrap();
}

#[test]
fn a_peer_that_is_killed_is_a_cut_stream() {
    let sandbox = Sandbox::new();
    let (mut listener, address) = sandbox.listen(&[]);
    let mut connector = sandbox.connect(&address, &[]).stdin(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    listener.words.read_line(&mut line).unwrap(); // both are connected
    assert!(line.contains("peer desk-7"), "{line}");
    listener.child.kill().unwrap();
    let stdin = connector.stdin.take(); // still open: the end comes from the channel
    let words = failed(2, &connector.wait_with_output().unwrap());
    assert!(words.contains("the stream was cut"), "{words}");
    drop(stdin);
}

#[test]
fn whoever_reads_stdout_may_leave() {
    let sandbox = Sandbox::empty();
    let mut child = sandbox.command(&["man"]).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    // The page may fit into the pipe before it closes; there must be no words either way.
    assert!(matches!(output.status.code(), Some(0 | 2)), "{:?}", output.status);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
