//! The one source of randomness, given by parameter, so that tests can repeat themselves.

use std::sync::Arc;

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
