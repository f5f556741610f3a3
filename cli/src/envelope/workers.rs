//! Chunks on all processors, back in order.

use std::{
    collections::VecDeque,
    num::NonZero,
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread::{self, Builder, Scope},
};

use twinlock::envelope::{self, Done, Job};

use super::{Coder, Input, READ_LEN};
use crate::{error::Error, terminal::io_words};

/// More would wait for the disk.
const MAX_WORKERS: usize = 8;
/// Batches that one worker has at the same time: one in work, the other so that it need not wait.
const BATCHES_PER_WORKER: usize = 2;

/// All jobs of one read: to wake a thread for each of them costs more than a tenth of the time.
type Batch<T> = Vec<T>;

/// A thread that does one batch after the other.
struct Worker {
    jobs: SyncSender<Batch<Job>>,
    results: Receiver<Batch<Result<Done, envelope::Error>>>,
}

impl Worker {
    fn new<'scope>(scope: &'scope Scope<'scope, '_>) -> Result<Self, Error> {
        let (jobs, work) = sync_channel::<Batch<Job>>(BATCHES_PER_WORKER);
        let (ready, results) = sync_channel(BATCHES_PER_WORKER);
        // It ends when nobody has work for it or waits for it any more.
        let work = move || work.into_iter().all(|batch| ready.send(batch.into_iter().map(Job::run).collect()).is_ok());
        let started = Builder::new().spawn_scoped(scope, work);
        started.map_err(|error| Error::failed(format_args!("cannot start a thread: {}", io_words(&error))))?;
        Ok(Self { jobs, results })
    }
}

/// Sends all of `input` through `coder`, and gives what comes out, in order, to `write`.
pub(super) fn run(
    coder: &mut impl Coder,
    input: &mut Input<'_>,
    mut write: impl FnMut(&[u8]) -> Result<(), Error>,
) -> Result<(), Error> {
    let count = thread::available_parallelism().map_or(1, NonZero::get).min(MAX_WORKERS);
    let most = count.saturating_mul(BATCHES_PER_WORKER);
    let gone = || Error::failed("a thread ended");
    thread::scope(|scope| {
        let workers = (0..count).map(|_| Worker::new(scope)).collect::<Result<Vec<_>, _>>()?;
        let mut turns = workers.iter().cycle();
        // Who works on what was given out, the oldest first.
        let mut busy: VecDeque<&Worker> = VecDeque::with_capacity(most);
        let mut buffer = vec![0; READ_LEN];
        loop {
            let mut read = input.read(&mut buffer)?;
            let ended = read.is_empty();
            let mut batch = Vec::new();
            while let Some(job) = coder.push(&mut read).map_err(|error| input.failed(error))? {
                batch.push(job);
            }
            if !batch.is_empty() {
                let worker = turns.next().ok_or_else(gone)?;
                worker.jobs.send(batch).map_err(|_| gone())?;
                busy.push_back(worker);
                if busy.len() >= most {
                    take_back(&mut busy, coder, input, &mut write)?;
                }
            }
            if ended {
                while !busy.is_empty() {
                    take_back(&mut busy, coder, input, &mut write)?;
                }
                return Ok(());
            }
        }
    })
}

/// Waits for the oldest batch.
fn take_back(
    busy: &mut VecDeque<&Worker>,
    coder: &mut impl Coder,
    input: &Input<'_>,
    write: &mut impl FnMut(&[u8]) -> Result<(), Error>,
) -> Result<(), Error> {
    let Some(worker) = busy.pop_front() else { return Ok(()) };
    for done in worker.results.recv().map_err(|_| Error::failed("a thread ended"))? {
        let bytes = done.and_then(|done| coder.done(done)).map_err(|error| input.failed(error))?;
        write(bytes)?;
    }
    Ok(())
}
