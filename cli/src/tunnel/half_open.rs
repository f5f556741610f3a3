//! A bound on the handshakes that strangers may leave half-open.
//!
//! Over the bound the oldest is dropped, not the newest made to wait: an honest peer answers within a round
//! trip, and whoever floods the listener with silent connections only drops its own.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use tokio::sync::oneshot;

/// Handshakes at once.
const MOST: usize = 256;

/// The handshakes that are under way, the oldest first.
#[derive(Debug)]
pub(super) struct HalfOpen(Mutex<VecDeque<(u64, oneshot::Sender<()>)>>);

impl HalfOpen {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(VecDeque::new()))
    }

    /// Runs a handshake; `None` if it was dropped for newer ones.
    pub(super) async fn run<T>(&self, number: u64, handshake: impl Future<Output = T>) -> Option<T> {
        let (entry, dropped) = oneshot::channel();
        self.change(|list| {
            list.push_back((number, entry));
            if list.len() > MOST {
                list.pop_front(); // its receiver hears of it
            }
        });
        let result = tokio::select! {
            result = handshake => Some(result),
            _ = dropped => None,
        };
        self.change(|list| list.retain(|(other, _)| *other != number));
        result
    }

    fn change(&self, change: impl FnOnce(&mut VecDeque<(u64, oneshot::Sender<()>)>)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    #[test]
    fn over_the_bound_the_oldest_is_dropped() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let half_open = std::rc::Rc::new(HalfOpen::new());
            let local = tokio::task::LocalSet::new();
            let first = {
                let half_open = half_open.clone();
                local.spawn_local(async move { half_open.run(0, pending::<()>()).await })
            };
            for number in 1..=256 {
                let half_open = half_open.clone();
                local.spawn_local(async move { half_open.run(number, pending::<()>()).await });
            }
            assert_eq!(local.run_until(first).await.unwrap(), None);
            // An honest one goes through all the same, and drops another.
            assert_eq!(local.run_until(half_open.run(999, async { 5 })).await, Some(5));
            assert_eq!(half_open.0.lock().unwrap().len(), 255);
        });
    }
}
