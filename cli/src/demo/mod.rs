//! `twinlock demo`: a real service behind a real channel, over TCP on loopback.
//!
//! ```text
//! client ══ channel ══► responder ──► service
//! ```
//!
//! Client and responder are threads of this process with one identity each, made here and kept in memory.

use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use twinlock::{
    channel::{
        Info,
        blocking::{self, Channel},
    },
    handshake::{Config, Identity, Peer, Peers, Pin},
    ids::{
        KeyKind,
        protocol::{MAX_RECORD_LEN, SUITE_HASH, Suite, VERSION},
    },
    keys::PrivateKey,
    provider::{Provider, SystemRng},
};

use crate::{args::Demo, error::Error, report::Report};

mod service;

use service::Pattern;

const SERVICE: &str = "demo";
/// Handshakes that are measured, each on a connection of its own; the last one's goes on to carry bytes.
const HANDSHAKES: usize = 30;
const BULK: usize = 64 << 20;
const ROUND_TRIPS: usize = 1000;
const ROUND_TRIP: usize = 200;

/// What the client measured, beside the handshakes.
struct Times {
    to_service: Duration,
    from_service: Duration,
    round_trips: Vec<Duration>,
}

pub(crate) fn run(args: &Demo) -> Result<(), Error> {
    let provider = args.provider.provider;
    let (client, client_peer) = party("client", provider)?;
    let (responder, responder_peer) = party("responder", provider)?;
    let mut peers = Peers::default();
    peers.add(client_peer.clone()).map_err(|peer| Error::failed(format_args!("peer {} is there twice", peer.name)))?;
    let (pattern, peers) = (Pattern::new(), Arc::new(peers));

    let (service_listener, service) = listen()?;
    let (listener, address) = listen()?;
    let served = {
        let pattern = pattern.clone();
        thread::spawn(move || service::serve(&service_listener, &pattern).map_err(failed))
    };
    let responded = thread::spawn(move || respond(&listener, service, &responder, &peers));

    let started = shake_hands(address, &client, &responder_peer)?;
    let (info, times) = use_service(address, &client, &responder_peer, &pattern)?;
    let (seen, ready) = join(responded)?;
    join(served)?;

    let channel_id = info.exporter.channel_id().map_err(Error::failed)?;
    let agreed = seen.exporter.channel_id() == Ok(channel_id)
        && (seen.suite, seen.message_bytes) == (info.suite, info.message_bytes)
        && (seen.peer, info.peer) == (*client_peer.pin.key_id(), *responder_peer.pin.key_id());
    if !agreed {
        return Err(Error::failed("the two sides do not agree on the channel"));
    }
    let mut handshakes: Vec<_> =
        ready.iter().zip(&started).map(|(ready, started)| ready.saturating_duration_since(*started)).collect();
    handshakes.sort_unstable();

    let mut report = Report::default();
    negotiated(&mut report, provider, &info, &seen, &channel_id);
    messages(&mut report, info.message_bytes);
    measured(&mut report, &handshakes, times);
    report.print(args.json)
}

/// A fresh identity, and the peer that it is for the other.
fn party(name: &str, provider: &'static Provider) -> Result<(Config, Peer), Error> {
    let kind = KeyKind::Signature(Suite::ALL[0].signature());
    let key = PrivateKey::generate(kind, &mut SystemRng).map_err(Error::failed)?;
    let public = key.public_key(provider).map_err(Error::failed)?;
    let identity = Identity::new(key.into_signing_key(provider).map_err(Error::failed)?).map_err(Error::failed)?;
    let pin = Pin::key(&public, provider).map_err(Error::failed)?;
    Ok((Config::new(provider, identity, SERVICE), Peer { name: name.into(), pin, services: vec![SERVICE.into()] }))
}

fn listen() -> Result<(TcpListener, SocketAddr), Error> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

fn dial(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// The responder: short handshakes first, then one that carries bytes between its peer and the service.
/// Gives what it negotiated, and when each short handshake was done.
fn respond(
    listener: &TcpListener,
    service: SocketAddr,
    config: &Config,
    peers: &Arc<Peers>,
) -> Result<(Info, Vec<Instant>), Error> {
    let accept = || -> Result<Channel<TcpStream>, Error> {
        let (stream, _) = listener.accept().map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        Ok(blocking::accept(stream, config, peers.clone())?)
    };
    let mut ready = Vec::with_capacity(HANDSHAKES);
    for _ in 0..HANDSHAKES {
        let mut channel = accept()?;
        ready.push(Instant::now());
        channel.close().map_err(failed)?;
    }
    let (info, mut reader, mut writer) = accept()?.split();
    let mut to_service = dial(service).map_err(failed)?;
    let mut from_service = to_service.try_clone().map_err(failed)?;
    let back =
        thread::spawn(move || relay(&mut from_service, &mut writer).and_then(|()| writer.close()).map_err(failed));
    relay(&mut reader, &mut to_service).and_then(|()| to_service.shutdown(Shutdown::Write)).map_err(failed)?;
    join(back)?;
    Ok((info, ready))
}

fn relay(from: &mut impl Read, to: &mut impl Write) -> io::Result<()> {
    let mut buffer = vec![0; MAX_RECORD_LEN];
    loop {
        match from.read(&mut buffer)? {
            0 => return Ok(()),
            len => to.write_all(buffer.get(..len).unwrap_or_default())?,
        }
    }
}

/// The client's short handshakes, one after the other: when each began.
fn shake_hands(address: SocketAddr, config: &Config, peer: &Peer) -> Result<Vec<Instant>, Error> {
    let mut started = Vec::with_capacity(HANDSHAKES);
    for _ in 0..HANDSHAKES {
        let stream = dial(address).map_err(failed)?;
        started.push(Instant::now());
        let mut channel = blocking::connect(stream, config, peer)?;
        // The responder closes when it has verified us.
        expect_end(&mut channel)?;
    }
    Ok(started)
}

/// The client's use of the service through one channel: bulk both ways, then round trips.
fn use_service(address: SocketAddr, config: &Config, peer: &Peer, pattern: &Pattern) -> Result<(Info, Times), Error> {
    let stream = dial(address).map_err(failed)?;
    let mut channel = blocking::connect(stream, config, peer)?;
    let times = move_bytes(&mut channel, pattern).map_err(failed)?;
    channel.close().map_err(failed)?;
    expect_end(&mut channel)?;
    Ok((channel.split().0, times))
}

fn move_bytes(channel: &mut Channel<TcpStream>, pattern: &Pattern) -> io::Result<Times> {
    let start = Instant::now();
    channel.write_all(format!("take {BULK}\n").as_bytes())?;
    pattern.give(channel, BULK)?;
    let mut answer = [0; 3];
    channel.read_exact(&mut answer)?;
    if &answer != b"ok\n" {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the service did not answer ok"));
    }
    let to_service = start.elapsed();

    let start = Instant::now();
    channel.write_all(format!("give {BULK}\n").as_bytes())?;
    pattern.take(channel, BULK)?;
    let from_service = start.elapsed();

    let mut request = format!("echo {ROUND_TRIP}\n").into_bytes();
    pattern.give(&mut request, ROUND_TRIP)?;
    let mut round_trips = Vec::with_capacity(ROUND_TRIPS);
    for _ in 0..ROUND_TRIPS {
        let start = Instant::now();
        channel.write_all(&request)?;
        pattern.take(channel, ROUND_TRIP)?;
        round_trips.push(start.elapsed());
    }
    round_trips.sort_unstable();
    Ok(Times { to_service, from_service, round_trips })
}

/// The peer must end its direction, and with an authenticated close.
fn expect_end(channel: &mut Channel<TcpStream>) -> Result<(), Error> {
    match channel.read(&mut [0]) {
        Ok(0) => Ok(()),
        Ok(_) => Err(Error::failed("the peer sent more than was asked for")),
        Err(error) => Err(failed(error)),
    }
}

fn negotiated(report: &mut Report, provider: &Provider, info: &Info, seen: &Info, channel_id: &[u8; 32]) {
    let mut row = |label: &str, value: String| report.row("negotiated", label, value, "");
    row("protocol", format!("Twinlock/{VERSION}"));
    row("suite", info.suite.name().into());
    row("code point", format!("0x{:04x}", info.suite.code_point()));
    row("key encapsulation", info.suite.kem().name().into());
    row("signatures, both sides", info.suite.signature().name().into());
    row("authenticated encryption", info.suite.aead().name().into());
    row("hash", SUITE_HASH.name().into());
    row("provider", provider.name().into());
    row("service", info.service.clone());
    row("client's key", seen.peer.to_string());
    row("responder's key", info.peer.to_string());
    row("channel id, both sides", channel_id.iter().map(|byte| format!("{byte:02x}")).collect());
}

fn messages(report: &mut Report, sizes: [usize; 3]) {
    let labels = ["M1, client to responder", "M2, responder to client", "M3, client to responder"];
    for (label, size) in labels.into_iter().zip(sizes) {
        report.row("handshake on the wire", label, size, "bytes");
    }
    report.row("handshake on the wire", "all three", sizes.iter().sum::<usize>(), "bytes");
}

fn measured(report: &mut Report, handshakes: &[Duration], times: Times) {
    let mut row = |label: String, value: f64, unit| report.row("times", label, (value * 10.0).round() / 10.0, unit);
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    row(format!("handshake, p50 of {HANDSHAKES}"), micros(percentile(handshakes, 50)), "µs");
    let rate = |time: Duration| BULK as f64 / f64::from(1 << 20) / time.as_secs_f64();
    row("to the service".into(), rate(times.to_service), "MiB/s");
    row("from the service".into(), rate(times.from_service), "MiB/s");
    row(format!("round trip of {ROUND_TRIP} bytes, p50"), micros(percentile(&times.round_trips, 50)), "µs");
    row(format!("round trip of {ROUND_TRIP} bytes, p99"), micros(percentile(&times.round_trips, 99)), "µs");
}

/// Of sorted times, the one that `percent` of them do not exceed.
fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let place = sorted.len().saturating_mul(percent).div_ceil(100).saturating_sub(1);
    sorted.get(place).copied().unwrap_or_default()
}

fn join<T>(thread: JoinHandle<Result<T, Error>>) -> Result<T, Error> {
    thread.join().unwrap_or_else(|_| Err(Error::failed("a thread of the demo ended early")))
}

fn failed(error: io::Error) -> Error {
    Error::channel(&error)
}
