//! A time as the fraction of a second that APNG holds.

use std::time::Duration;

const NANOS: u64 = 1_000_000_000;

/// Numerator and denominator of the simplest fraction that is the time to the nanosecond, or the nearest there is: what
/// was 1/30 s comes out as 1/30. Longer than 65,535 s is 65,535 s.
///
/// By the time's continued fraction, whose convergents are the best there are with so small denominators.
pub(super) fn delay(duration: Duration) -> (u16, u16) {
    let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
    if nanos >= u64::from(u16::MAX) * NANOS {
        return (u16::MAX, 1);
    }
    let (mut numerator, mut denominator) = (nanos, NANOS);
    let (mut before, mut best) = ((0, 1), (1, 0));
    while denominator > 0 {
        let whole = numerator / denominator;
        let next = (whole * best.0 + before.0, whole * best.1 + before.1);
        if next.0 > u64::from(u16::MAX) || next.1 > u64::from(u16::MAX) {
            break;
        }
        (before, best) = (best, next);
        (numerator, denominator) = (denominator, numerator % denominator);
        if (best.0 * NANOS / best.1).abs_diff(nanos) == 0 {
            break;
        }
    }
    (u16::try_from(best.0).unwrap_or(u16::MAX), u16::try_from(best.1).unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn nanos(numerator: u16, denominator: u16) -> u64 {
        u64::from(numerator) * NANOS / u64::from(denominator)
    }

    proptest! {
        // A fraction with a denominator below 22,361 differs from its own time, cut to nanoseconds, by less than half the
        // inverse of its square, and is then one of that time's convergents (Legendre).
        #[test]
        fn a_fraction_of_a_second_comes_back_to_the_nanosecond(numerator: u16, denominator in 1_u16..22_361) {
            let time = nanos(numerator, denominator);
            let (n, d) = delay(Duration::from_nanos(time));
            prop_assert_eq!(nanos(n, d), time, "{}/{}", n, d);
        }
    }

    #[test]
    fn times_are_simple_fractions() {
        for (time, fraction) in [
            (Duration::ZERO, (0, 1)),
            (Duration::from_nanos(33_333_333), (1, 30)),
            (Duration::from_millis(100), (1, 10)),
            (Duration::from_secs(3), (3, 1)),
            (Duration::from_secs(100_000), (u16::MAX, 1)),
            (Duration::from_nanos(1), (0, 1)),
        ] {
            assert_eq!(delay(time), fraction, "{time:?}");
        }
    }
}
