//! The one source of randomness, given by parameter, so that tests can repeat themselves.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rand::Rng;

/// Gives random bytes that nobody can guess.
pub trait RandomSource: Send + Sync + 'static {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);

    /// A random number, every one as likely as another.
    fn next_u64(&self) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }
}

/// A source that several parts share.
pub type SharedRandom = Arc<dyn RandomSource>;

/// The thread's ChaCha generator, seeded by the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandom;

impl RandomSource for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) {
        rand::rng().fill_bytes(bytes);
    }
}

/// Counts 1, 2, 3, … in place of chance, so that what is named by it has the same name in every run: for a server under test.
#[derive(Debug, Default)]
pub struct Counting(AtomicU64);

impl RandomSource for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        let count = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        bytes.fill(0);
        for (byte, of_count) in bytes.iter_mut().rev().zip(count.to_le_bytes()) {
            *byte = of_count;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::ShareId;

    #[test]
    fn shares_are_counted_where_there_is_no_chance() {
        let counting = Counting::default();
        let ids = [(); 2].map(|()| ShareId::generate(&counting).to_string());
        assert_eq!(ids, ["0000000000000001", "0000000000000002"]);
    }
}
