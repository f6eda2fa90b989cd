//! Numbers as they stand in addresses: digits, and for percentages and degrees one point (section 4.7).
//!
//! Rust's own `parse` takes more (signs, exponents, `inf`), which would make one picture of many addresses.

/// Longest number read; more digits say nothing about pixels.
const MAX_DIGITS: usize = 20;

/// A whole number of pixels. One too large to count is as good as the largest: it is compared with sizes alone.
pub(super) fn pixels(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

/// A number that is not negative, with or without a fraction.
pub(super) fn decimal(text: &str) -> Option<f64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_number = !(whole.is_empty() && fraction.is_empty()) && is_digits(whole) && is_digits(fraction);
    (is_number && text.len() <= MAX_DIGITS).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_read_and_nothing_else() {
        for (text, value) in
            [("0", Some(0)), ("007", Some(7)), ("99999999999999999999999", Some(u64::MAX)), ("", None)]
        {
            assert_eq!(pixels(text), value, "{text:?}");
        }
        for text in ["-1", "+1", "1.0", "1e3", " 1", "0x1", "١"] {
            assert_eq!(pixels(text), None, "{text:?}");
        }
    }

    #[test]
    fn decimals_have_digits_and_one_point() {
        for (text, value) in [("0", 0.0), ("12.5", 12.5), (".9", 0.9), ("5.", 5.0), ("0.90", 0.9)] {
            assert_eq!(decimal(text), Some(value), "{text:?}");
        }
        for text in
            ["", ".", "-1", "+0.9", "1e3", "inf", "nan", "1.2.3", "1,5", " 1", "0.00000000000000000001"]
        {
            assert_eq!(decimal(text), None, "{text:?}");
        }
    }
}
