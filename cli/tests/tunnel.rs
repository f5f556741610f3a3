//! `twinlock tunnel` in front of services that this test plays itself.

#![expect(clippy::arithmetic_side_effects, clippy::panic, clippy::unwrap_used, reason = "a test fails loudly")]

use std::{
    fs,
    io::{ErrorKind, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    os::unix::net::{UnixListener, UnixStream},
    process::Command,
};

mod tunnels;
use tunnels::{Keys, PATIENCE, Process};

const ANY: &str = "127.0.0.1:0";

/// A service that the test plays, and both sides of a tunnel to it.
struct Scene {
    service: TcpListener,
    server: Process,
    client: Process,
    _keys: Keys,
}

impl Scene {
    fn new(client: &str) -> Self {
        let keys = Keys::new();
        let service = TcpListener::bind(ANY).unwrap();
        let server = keys.server(ANY, &service.local_addr().unwrap().to_string());
        let client = keys.client(client, ANY, &server.address);
        Self { service, server, client, _keys: keys }
    }

    /// A connection from end to end.
    fn connect(&self) -> (TcpStream, TcpStream) {
        let near = patient(TcpStream::connect(&self.client.address).unwrap());
        (near, patient(self.service.accept().unwrap().0))
    }
}

fn patient(stream: TcpStream) -> TcpStream {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

fn pass(from: &mut impl Write, to: &mut impl Read, content: &[u8]) {
    from.write_all(content).unwrap();
    let mut came = vec![0; content.len()];
    to.read_exact(&mut came).unwrap();
    assert!(came == content);
}

/// A read that must end in a reset, whatever came before it.
fn assert_reset(stream: &mut TcpStream) {
    let end = stream.read_to_end(&mut Vec::new());
    assert_eq!(end.map_err(|error| error.kind()), Err(ErrorKind::ConnectionReset));
}

#[test]
fn bytes_pass_both_ways_and_each_way_ends_by_itself() {
    let scene = Scene::new("desk-7");
    let (mut near, mut far) = scene.connect();
    pass(&mut near, &mut far, b"question");
    pass(&mut far, &mut near, b"answer");
    near.shutdown(Shutdown::Write).unwrap();
    assert_eq!(far.read(&mut [0]).unwrap(), 0);
    // The other way goes on.
    pass(&mut far, &mut near, b"after the end");
    far.shutdown(Shutdown::Write).unwrap();
    assert_eq!(near.read(&mut [0]).unwrap(), 0);
    let begin = scene.server.said("session 1 begins");
    for part in ["peer desk-7 ", "service orders", "XWING-MLDSA65ED25519-AES256GCM-SHA384", "handshake 1"] {
        assert!(begin.contains(part), "{begin}");
    }
    scene.server.said("session 1 ends: 8 bytes received, 19 sent, closed by both sides");
    scene.client.said("session 1 ends: 19 bytes received, 8 sent, closed by both sides");
}

#[test]
fn megabytes_pass_whole_in_both_directions_at_once() {
    let scene = Scene::new("desk-7");
    let content: Vec<u8> = (0..5_000_000u32).flat_map(u32::to_le_bytes).collect();
    let (near, far) = scene.connect();
    std::thread::scope(|scope| {
        for stream in [&near, &far] {
            scope.spawn(|| {
                (&*stream).write_all(&content).unwrap();
                stream.shutdown(Shutdown::Write).unwrap();
            });
            scope.spawn(|| {
                let mut came = Vec::new();
                (&*stream).read_to_end(&mut came).unwrap();
                assert!(came == content);
            });
        }
    });
}

#[test]
fn a_killed_server_resets_the_client_and_the_service() {
    let mut scene = Scene::new("desk-7");
    let (mut near, mut far) = scene.connect();
    pass(&mut near, &mut far, b"question");
    scene.server.kill();
    assert_reset(&mut near);
    assert_reset(&mut far);
    scene.client.said("channel: the stream was cut");
}

#[test]
fn a_killed_client_resets_the_application_and_the_service() {
    let mut scene = Scene::new("desk-7");
    let (mut near, mut far) = scene.connect();
    pass(&mut near, &mut far, b"question");
    scene.client.kill();
    assert_reset(&mut near);
    assert_reset(&mut far);
    scene.server.said("channel: the stream was cut");
}

#[test]
fn a_reset_on_the_plain_side_is_a_reset_at_the_far_end() {
    let scene = Scene::new("desk-7");
    let (mut near, mut far) = scene.connect();
    pass(&mut near, &mut far, b"question");
    // What closes with unread bytes is reset by the system.
    near.write_all(b"unread").unwrap();
    let mut seen = [0];
    far.peek(&mut seen).unwrap();
    drop(far);
    assert_reset(&mut near);
    scene.server.said("plain side: connection reset by peer");
}

#[test]
fn a_stranger_is_refused_and_the_log_says_who_and_why() {
    let scene = Scene::new("stranger");
    let mut near = patient(TcpStream::connect(&scene.client.address).unwrap());
    assert_reset(&mut near);
    let own = scene.client.said("listening on");
    let id = own.split("our key is ").nth(1).unwrap();
    let refused = scene.server.said("refused 127.0.0.1:");
    assert!(refused.ends_with(&format!("unknown peer {id}")), "{refused}");
    scene.client.said("channel: refused by the responder");
    // The service heard nothing.
    scene.service.set_nonblocking(true).unwrap();
    assert_eq!(scene.service.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
}

#[test]
fn a_service_that_is_down_is_an_error_and_not_an_empty_answer() {
    let Scene { service, server, client, _keys } = Scene::new("desk-7");
    let address = service.local_addr().unwrap();
    drop(service);
    assert_reset(&mut patient(TcpStream::connect(&client.address).unwrap()));
    server.said(&format!("service at {address}: connection refused"));
}

#[test]
fn a_server_that_is_down_is_an_error_and_not_an_empty_answer() {
    let mut scene = Scene::new("desk-7");
    scene.server.kill();
    assert_reset(&mut patient(TcpStream::connect(&scene.client.address).unwrap()));
    scene.client.said(&format!("server at {}: connection refused", scene.server.address));
}

#[test]
fn what_does_not_speak_the_protocol_is_refused() {
    let scene = Scene::new("desk-7");
    let mut stream = patient(TcpStream::connect(&scene.server.address).unwrap());
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    // An alert, and the end; the system may make a reset of it.
    let _ = stream.read_to_end(&mut Vec::new());
    scene.server.said("the peer does not speak Twinlock/1");
}

#[test]
fn half_open_floods() {
    // 400 strangers say half of a header and then nothing; the server keeps 256 of them and stays open.
    let scene = Scene::new("desk-7");
    let silent: Vec<TcpStream> = (0..400)
        .map(|_| {
            let mut stream = patient(TcpStream::connect(&scene.server.address).unwrap());
            stream.write_all(&[1, 0]).unwrap();
            stream
        })
        .collect();
    scene.server.said("dropped 127.0.0.1");
    let (mut near, mut far) = scene.connect();
    pass(&mut near, &mut far, b"an honest peer comes through all the same");
    drop(silent);
}

#[test]
fn unix_sockets_work_on_every_side_and_their_files_go_with_them() {
    let keys = Keys::new();
    let [service, channel, plain] = ["service", "channel", "plain"].map(|name| keys.folder().join(name));
    let [to, through, from] = [&service, &channel, &plain].map(|path| format!("unix:{}", path.display()));
    let listener = UnixListener::bind(&service).unwrap();
    // A file that a killed process left behind is no obstacle.
    drop(UnixListener::bind(&channel).unwrap());
    let mut server = keys.server(&through, &to);
    let mut client = keys.client("desk-7", &from, &through);
    let mut near = UnixStream::connect(&plain).unwrap();
    let (mut far, _) = listener.accept().unwrap();
    pass(&mut near, &mut far, b"question");
    pass(&mut far, &mut near, b"answer");
    drop(near);
    assert_eq!(far.read(&mut [0]).unwrap(), 0);
    drop(far);
    for process in [&mut client, &mut server] {
        assert_eq!(process.terminate().code(), Some(0));
    }
    assert!(!channel.exists() && !plain.exists());
}

#[test]
fn a_signal_ends_it_with_0_after_its_sessions() {
    let mut scene = Scene::new("desk-7");
    let (mut near, mut far) = scene.connect();
    tunnels::signal("TERM", scene.server.id());
    scene.server.said("stopping, 1 connections open");
    pass(&mut near, &mut far, b"still here");
    drop((near, far));
    assert_eq!(scene.server.terminate().code(), Some(0));
    scene.server.said("session 1 ends: 10 bytes received, 0 sent, closed by both sides");
}

#[test]
fn what_cannot_start_exits_with_2() {
    let Scene { server, _keys: keys, .. } = Scene::new("desk-7");
    let path = |name| keys.folder().join(name).to_str().unwrap().to_owned();
    let (key, allow, not_a_list) = (path("server.key"), path("allow.yaml"), path("server.pub"));
    fs::write(path("file"), "in the way").unwrap();
    let in_the_way = format!("unix:{}", path("file"));
    for (listen, key, allow, words) in [
        (server.address.as_str(), key.as_str(), allow.as_str(), "address already in use"),
        (&in_the_way, &key, &allow, "address already in use"),
        ("203.0.113.1:1", &key, &allow, "cannot listen"),
        (ANY, &path("absent"), &allow, "no such file"),
        (ANY, &key, &not_a_list, "server.pub"),
    ] {
        let words_typed = ["--listen", listen, "--to", ANY, "--identity", key, "--allow", allow, "--service", "x"];
        let output =
            Command::new(env!("CARGO_BIN_EXE_twinlock")).args(["tunnel", "server"]).args(words_typed).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(words), "{said}");
    }
    assert_eq!(fs::read_to_string(path("file")).unwrap(), "in the way");
}
