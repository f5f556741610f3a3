//! Loads a tunnel: a plain service, bulk transfers to it, and round trips with it.
//!
//! ```text
//! tunnel_load serve ADDRESS                        prints the address once it listens
//! tunnel_load bulk ADDRESS CONNECTIONS MEBIBYTES   prints MB/s over all connections
//! tunnel_load echo ADDRESS BYTES COUNT             prints p50 and p99 of the round trip in µs
//! ```
//!
//! The first byte of a connection says what the service does: `s` swallows to the end and then tells how
//! many bytes came, in 8 bytes, big endian; `e` echoes.

use std::{
    env, error,
    io::{self, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    thread,
    time::{Duration, Instant},
};

type Result<T> = std::result::Result<T, Box<dyn error::Error + Send + Sync>>;

const CHUNK: usize = 256 << 10;

fn main() -> Result<()> {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["serve", address] => serve(address),
        ["bulk", address, connections, mebibytes] => bulk(address, connections.parse()?, mebibytes.parse()?),
        ["echo", address, bytes, count] => echo(address, bytes.parse()?, count.parse()?),
        _ => Err("usage: serve ADDRESS | bulk ADDRESS CONNECTIONS MEBIBYTES | echo ADDRESS BYTES COUNT".into()),
    }
}

fn serve(address: &str) -> Result<()> {
    let listener = TcpListener::bind(address)?;
    println!("{}", listener.local_addr()?);
    for stream in listener.incoming() {
        let stream = stream?;
        thread::spawn(move || {
            if let Err(error) = attend(stream) {
                eprintln!("service: {error}");
            }
        });
    }
    Ok(())
}

fn attend(mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut kind = [0];
    stream.read_exact(&mut kind)?;
    let mut buffer = vec![0; CHUNK];
    let mut total = 0u64;
    loop {
        let len = stream.read(&mut buffer)?;
        let content = buffer.get(..len).unwrap_or_default();
        if content.is_empty() {
            break;
        }
        if kind == *b"e" {
            stream.write_all(content)?;
        }
        total = total.saturating_add(u64::try_from(len).unwrap_or(u64::MAX));
    }
    if kind == *b"s" {
        stream.write_all(&total.to_be_bytes())?;
    }
    Ok(())
}

fn connect(address: &str, kind: u8) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.write_all(&[kind])?;
    Ok(stream)
}

fn bulk(address: &str, connections: usize, mebibytes: u64) -> Result<()> {
    let total = mebibytes.saturating_mul(1 << 20);
    let begin = Instant::now();
    thread::scope(|scope| -> Result<()> {
        let senders: Vec<_> = (0..connections).map(|_| scope.spawn(|| send(address, total))).collect();
        senders.into_iter().try_for_each(|sender| sender.join().map_err(|_| "a sender panicked")?)
    })?;
    let bytes = Duration::from_micros(total).as_secs_f64() * f64::from(u32::try_from(connections)?);
    println!("{:.1}", bytes / begin.elapsed().as_secs_f64());
    Ok(())
}

/// Sends `total` bytes and has the far end count them.
fn send(address: &str, total: u64) -> Result<()> {
    let mut stream = connect(address, b's')?;
    let chunk = vec![0x5a; CHUNK];
    let mut left = total;
    while left > 0 {
        let len = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
        stream.write_all(chunk.get(..len).unwrap_or_default())?;
        left = left.saturating_sub(u64::try_from(len)?);
    }
    stream.shutdown(Shutdown::Write)?;
    let mut count = [0; 8];
    stream.read_exact(&mut count)?;
    if u64::from_be_bytes(count) == total { Ok(()) } else { Err("the far end counted other bytes".into()) }
}

fn echo(address: &str, bytes: usize, count: usize) -> Result<()> {
    let mut stream = connect(address, b'e')?;
    let (sent, mut came) = (vec![0xa5; bytes], vec![0; bytes]);
    let mut times = Vec::with_capacity(count);
    let warm_up = count / 10;
    for round in 0..count.saturating_add(warm_up) {
        let begin = Instant::now();
        stream.write_all(&sent)?;
        stream.read_exact(&mut came)?;
        if round >= warm_up {
            times.push(begin.elapsed());
        }
        if came != sent {
            return Err("the echo differs".into());
        }
    }
    times.sort_unstable();
    let at = |share: usize| times.get(times.len().saturating_mul(share) / 100).copied().unwrap_or_default();
    println!("{:.1} {:.1}", at(50).as_secs_f64() * 1e6, at(99).as_secs_f64() * 1e6);
    Ok(())
}
