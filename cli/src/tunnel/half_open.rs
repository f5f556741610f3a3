//! A bound on the handshakes that strangers may leave half-open.
//!
//! Over the bound the oldest of whoever holds the most is dropped, and the newest is not made to wait: a flood
//! from one address drops its own. One from many addresses can still crowd an honest peer out.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use tokio::sync::oneshot;

/// Handshakes at once.
const MOST: usize = 256;

/// The handshakes that are under way, the oldest first.
#[derive(Debug)]
pub(super) struct HalfOpen(Mutex<VecDeque<Entry>>);

/// A handshake under way; dropping it is how its task hears that it must end.
#[derive(Debug)]
struct Entry {
    number: u64,
    source: String,
    _alive: oneshot::Sender<()>,
}

impl HalfOpen {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(VecDeque::new()))
    }

    /// Runs a handshake; `None` if it was dropped for newer ones.
    pub(super) async fn run<T>(&self, number: u64, source: &str, handshake: impl Future<Output = T>) -> Option<T> {
        let (alive, dropped) = oneshot::channel();
        self.change(|list| {
            list.push_back(Entry { number, source: source.into(), _alive: alive });
            if list.len() > MOST {
                let most = |entry: &&Entry| list.iter().filter(|other| other.source == entry.source).count();
                // Of equals `max_by_key` takes the last, so the list is walked from its young end.
                let victim = list.iter().rev().max_by_key(most).map(|entry| entry.number);
                list.retain(|entry| Some(entry.number) != victim);
            }
        });
        let result = tokio::select! {
            result = handshake => Some(result),
            _ = dropped => None,
        };
        self.change(|list| list.retain(|entry| entry.number != number));
        result
    }

    fn change(&self, change: impl FnOnce(&mut VecDeque<Entry>)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    #[test]
    fn over_the_bound_the_oldest_of_the_greediest_is_dropped() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let half_open = std::rc::Rc::new(HalfOpen::new());
            let local = tokio::task::LocalSet::new();
            let hold = |number, source: &'static str| {
                let half_open = half_open.clone();
                local.spawn_local(async move { half_open.run(number, source, pending::<()>()).await })
            };
            // The honest one is the oldest of all, and yet the flood's first is dropped.
            let honest = hold(0, "honest");
            let flood: Vec<_> = (1..=256).map(|number| hold(number, "flood")).collect();
            let mut flood = flood.into_iter();
            assert_eq!(local.run_until(flood.next().unwrap()).await.unwrap(), None);
            assert_eq!(local.run_until(half_open.run(999, "another", async { 5 })).await, Some(5));
            let numbers: Vec<u64> = half_open.0.lock().unwrap().iter().map(|entry| entry.number).collect();
            assert_eq!((numbers.len(), numbers[0], numbers[1]), (255, 0, 3));
            assert!(!honest.is_finished());
        });
    }
}
