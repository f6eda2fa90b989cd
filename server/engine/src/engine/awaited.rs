//! How far requests are whose answer is awaited, told to whoever knows their key: a picture may be slow to come, and until the
//! share is accepted there is no share to follow.
//!
//! It is known in the process that has the request, as long as it has it. Whoever asks another one hears nothing, and waits for the
//! answer as before.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use cutline_model::AcceptanceStep;
use tokio::sync::{Notify, watch};

use super::Engine;

/// The requests with a key that this process has. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct AwaitedRequests(Arc<Requests>);

#[derive(Debug, Default)]
struct Requests {
    by_key: Mutex<HashMap<String, Weak<Steps>>>,
    /// Another one has come.
    comes: Notify,
}

type Steps = watch::Sender<AcceptanceStep>;

/// A request as long as its answer is awaited; several with one key are told of as one.
pub(super) struct AwaitedRequest {
    of: AwaitedRequests,
    /// Its key and its steps; a request without a key is told of to nobody.
    told: Option<(String, Arc<Steps>)>,
}

impl AwaitedRequests {
    /// Tells of a request from now on.
    pub(super) fn begin(&self, key: Option<&str>) -> AwaitedRequest {
        let told = key.map(|key| {
            let mut requests = self.lock();
            let there = requests.get(key).and_then(Weak::upgrade);
            let steps = there.unwrap_or_else(|| Arc::new(Steps::new(AcceptanceStep::Fetching)));
            requests.insert(key.to_owned(), Arc::downgrade(&steps));
            (key.to_owned(), steps)
        });
        self.0.comes.notify_waiters();
        AwaitedRequest { of: self.clone(), told }
    }

    /// Hears how far the request with this key is, from when it comes.
    async fn awaiting(&self, key: &str) -> Awaiting {
        loop {
            // Before it is looked for, so that none comes between.
            let comes = self.0.comes.notified();
            let mut comes = std::pin::pin!(comes);
            comes.as_mut().enable();
            let steps = self.lock().get(key).and_then(Weak::upgrade).map(|steps| steps.subscribe());
            if let Some(steps) = steps {
                return Awaiting { steps, is_first: true };
            }
            comes.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Weak<Steps>>> {
        self.0.by_key.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AwaitedRequest {
    /// Says what is done now. Never goes back: of several with one key the furthest counts.
    pub(super) fn comes_to(&self, step: AcceptanceStep) {
        if let Some((_, steps)) = &self.told {
            steps.send_if_modified(|now| {
                let is_further = step > *now;
                *now = step.max(*now);
                is_further
            });
        }
    }
}

impl Drop for AwaitedRequest {
    fn drop(&mut self) {
        if let Some((key, steps)) = self.told.take() {
            let mut requests = self.of.lock();
            drop(steps);
            if requests.get(&key).is_some_and(|steps| steps.strong_count() == 0) {
                requests.remove(&key);
            }
        }
    }
}

/// Somebody hears how far a request is.
pub struct Awaiting {
    steps: watch::Receiver<AcceptanceStep>,
    is_first: bool,
}

impl Engine {
    /// Hears how far the request with this key is, from when it comes to this process.
    pub async fn awaiting(&self, key: &str) -> Awaiting {
        self.1.awaiting(key).await
    }
}

impl Awaiting {
    /// What is done now, then what is done next; nothing when the request is answered.
    pub async fn next(&mut self) -> Option<AcceptanceStep> {
        if !std::mem::take(&mut self.is_first) {
            self.steps.changed().await.ok()?;
        }
        Some(*self.steps.borrow_and_update())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_request_is_told_of_from_its_beginning_to_its_end() {
        let requests = AwaitedRequests::default();
        let early = requests.clone();
        let early = tokio::spawn(async move { early.awaiting("a").await });
        let other = requests.begin(Some("b"));
        tokio::task::yield_now().await;
        assert!(!early.is_finished(), "that is another one");
        drop(other);
        let request = requests.begin(Some("a"));
        let mut one = early.await.expect("no panic");
        assert_eq!(one.next().await, Some(AcceptanceStep::Fetching));
        request.comes_to(AcceptanceStep::Cutting);
        assert_eq!(one.next().await, Some(AcceptanceStep::Cutting));
        // Who comes late hears where it is, and not where it was.
        let mut late = requests.awaiting("a").await;
        assert_eq!(late.next().await, Some(AcceptanceStep::Cutting));
        drop(request);
        assert_eq!((one.next().await, late.next().await), (None, None));
        assert!(requests.lock().is_empty(), "nothing is left of it");
    }

    #[tokio::test]
    async fn several_with_one_key_are_told_of_until_the_last_is_answered() {
        let requests = AwaitedRequests::default();
        let (first, second) = (requests.begin(Some("a")), requests.begin(Some("a")));
        let mut heard = requests.awaiting("a").await;
        first.comes_to(AcceptanceStep::Cutting);
        second.comes_to(AcceptanceStep::Fetching);
        drop(first);
        assert_eq!(heard.next().await, Some(AcceptanceStep::Cutting));
        drop(second);
        assert_eq!(heard.next().await, None);
        assert!(requests.lock().is_empty());
    }

    #[test]
    fn one_without_a_key_is_told_of_to_nobody() {
        let requests = AwaitedRequests::default();
        let request = requests.begin(None);
        request.comes_to(AcceptanceStep::Cutting);
        assert!(requests.lock().is_empty());
    }
}
