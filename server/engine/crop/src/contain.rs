//! The one place where a panic of a decoder ends.
//!
//! Decoders read hostile bytes, and a bug in one of them panics. That must cost one picture, not the thread or the
//! request's caller: the panic becomes [`CropError::DecoderFailed`]. It does not help against stack overflow or
//! running out of memory, which abort the program: those are kept away by the checks in `header`.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::CropError;

/// Runs `work`, turning a panic into an error.
///
/// Unwind safety: the closures given here borrow only immutable bytes and plain values, and everything they build is
/// dropped with the panic; no state of ours can be seen half changed.
pub(super) fn contain<T>(work: impl FnOnce() -> Result<T, CropError>) -> Result<T, CropError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(CropError::DecoderFailed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error() {
        let index = std::hint::black_box(3);
        assert_eq!(contain(|| Ok([1, 2][index])), Err(CropError::DecoderFailed));
        assert_eq!(contain(|| Ok(5)), Ok(5));
    }
}
