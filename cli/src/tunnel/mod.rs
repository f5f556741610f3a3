//! `tunnel server` and `tunnel client`: any stream service through a channel.
//!
//! ```text
//! application ── plain ──► tunnel client ══ channel ══► tunnel server ── plain ──► service
//! ```
//!
//! One thread accepts. A session then lives on one of the workers, each a thread with a runtime of its own,
//! and is one task there for both directions: no session waits for a lock or moves between cores.

use std::{
    future::pending,
    io,
    sync::Arc,
    thread::{Builder as ThreadBuilder, available_parallelism},
    time::Duration,
};

use tokio::{
    runtime::{Builder, Handle, Runtime},
    select,
    signal::unix::{SignalKind, signal},
    sync::Semaphore,
    time::{sleep, timeout},
};
use twinlock::handshake::Config;

use crate::{
    address::Address,
    allow,
    args::{self, IdentityArg},
    error::Error,
    files,
    terminal::{io_words, say},
};

mod half_open;
mod relay;
mod session;
mod stream;

use session::{Incoming, Role, Tunnel};
use stream::{Listener, unreachable_words};

/// How long sessions may go on after a signal to end.
const GRACE: Duration = Duration::from_secs(5);
/// The pause after a failed accept: without file descriptors, trying at once would only burn the processor.
const PAUSE: Duration = Duration::from_millis(100);

/// Runs one side of a tunnel until a signal ends it.
pub(crate) fn run(command: args::Tunnel) -> Result<(), Error> {
    match command {
        args::Tunnel::Server(args) => {
            let config = config(&args.ours, args.service.service)?;
            let peers = allow::load(&args.allow, config.provider)?;
            forward(&args.listen, args.limit.max_connections, Tunnel::new(config, Role::Server(peers), args.to))
        }
        args::Tunnel::Client(args) => {
            let config = config(&args.ours, args.service.service)?;
            let peer = files::peer(&args.peer, &config.service, config.provider)?;
            forward(
                &args.listen,
                args.limit.max_connections,
                Tunnel::new(config, Role::Client(Box::new(peer)), args.to),
            )
        }
    }
}

fn config(args: &IdentityArg, service: String) -> Result<Config, Error> {
    let provider = args.provider.provider;
    Ok(Config::new(provider, files::identity(args)?, service))
}

fn forward(listen: &Address, max_connections: u32, tunnel: Tunnel) -> Result<(), Error> {
    let failed = |error: io::Error| Error::failed(format_args!("cannot start: {}", io_words(&error)));
    let workers = workers().map_err(failed)?;
    let runtime = runtime().map_err(failed)?;
    runtime.block_on(async {
        let cannot_listen = |error: io::Error| Error::failed(unreachable_words("cannot listen", listen, &error));
        let listener = Listener::bind(listen).await.map_err(cannot_listen)?;
        let address = listener.address().map_err(cannot_listen)?;
        let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
        say(format_args!("listening on {address}, {tunnel}"));
        let slots = Arc::new(Semaphore::new(usize::try_from(max_connections).unwrap_or(Semaphore::MAX_PERMITS)));
        select! {
            () = accept(&listener, &slots, &workers, Arc::new(tunnel)) => {}
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        drop(listener);
        let open = usize::try_from(max_connections).unwrap_or_default().saturating_sub(slots.available_permits());
        say(format_args!("stopping, {open} connections open"));
        // Whoever has not ended by then is cut, which the other sides see as such.
        let _ = timeout(GRACE, slots.acquire_many(max_connections)).await;
        Ok(())
    })
}

/// Accepts for ever and hands each connection to the next worker.
async fn accept(listener: &Listener, slots: &Arc<Semaphore>, workers: &[Handle], tunnel: Arc<Tunnel>) {
    let mut failing = false;
    for (number, worker) in (1..).zip(workers.iter().cycle()) {
        if slots.available_permits() == 0 {
            say("at the limit of --max-connections: new connections wait");
        }
        let Ok(slot) = slots.clone().acquire_owned().await else { return };
        let (accepted, from) = loop {
            match listener.accept().await {
                Ok(accepted) => break accepted,
                Err(error) => {
                    if !failing {
                        say(format_args!("cannot accept: {}; trying again", io_words(&error)));
                    }
                    failing = true;
                    sleep(PAUSE).await;
                }
            }
        };
        failing = false;
        let tunnel = tunnel.clone();
        worker.spawn(async move {
            match accepted.join() {
                Ok(stream) => tunnel.serve(Incoming { number, from, stream }).await,
                Err(error) => say(format_args!("{from}: {}", io_words(&error))),
            }
            drop(slot);
        });
    }
}

fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

/// One worker for each core.
fn workers() -> io::Result<Vec<Handle>> {
    (0..available_parallelism()?.get())
        .map(|number| {
            let runtime = runtime()?;
            let handle = runtime.handle().clone();
            ThreadBuilder::new().name(format!("worker-{number}")).spawn(move || runtime.block_on(pending::<()>()))?;
            Ok(handle)
        })
        .collect()
}
