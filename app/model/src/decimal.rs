//! Decimal numbers, read and written as CSS and fragments have them.
//!
//! What the standard library reads and writes numbers with is right to the last bit for every number there is, by tables that
//! would be a tenth of all that a page with the overlay loads. Here reading is right to the last bit for up to 15 digits, and
//! beyond those off by less than a thousandth of a millionth of a pixel; nine decimals are written, and no more.

use std::fmt;

/// The number that `text` is: digits with or without a point, a sign, an exponent. Nothing else is one: no spaces, no
/// `inf`, no `NaN`.
#[must_use]
pub fn decimal(text: &str) -> Option<f64> {
    let digits = text.trim_start_matches(['+', '-']);
    let sign = match &text[..text.len() - digits.len()] {
        "" | "+" => 1.0,
        "-" => -1.0,
        _ => return None,
    };
    let (digits, exponent) = match digits.split_once(['e', 'E']) {
        Some((digits, exponent)) => (digits, exponent.parse().ok()?),
        None => (digits, 0_i32),
    };
    let (whole, rest) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && rest.is_empty() {
        return None;
    }
    let mut value = 0.0;
    for digit in whole.chars().chain(rest.chars()) {
        value = value * 10.0 + f64::from(digit.to_digit(10)?);
    }
    // Divided and not multiplied by a fraction: powers of ten are exact up to the 22nd, their inverses are not.
    let scale = exponent.saturating_sub(i32::try_from(rest.len()).ok()?);
    let power = 10_f64.powi(scale.saturating_abs());
    Some(sign * if scale < 0 { value / power } else { value * power })
}

/// A number as it is written: `{}` with as many decimals as it needs, up to nine, `{:.2}` with exactly two. Halves are rounded
/// away from zero; what is no number is written as 0, and what is beyond all that can be drawn as 18446744073709551615.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Written(pub f64);

/// Most decimals that are written.
const DECIMALS: usize = 9;

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut decimals = f.precision().unwrap_or(DECIMALS).min(DECIMALS);
        let power = 10_u64.pow(decimals as u32);
        let size = self.0.abs();
        // Apart: in one number, what is large would leave too little room for the decimals.
        let (mut whole, mut rest) = (size as u64, (size.fract() * power as f64).round() as u64);
        if rest == power {
            (whole, rest) = (whole.saturating_add(1), 0);
        }
        if self.0 < 0.0 && (whole, rest) != (0, 0) {
            f.write_str("-")?;
        }
        write!(f, "{whole}")?;
        while f.precision().is_none() && decimals > 0 && rest % 10 == 0 {
            (decimals, rest) = (decimals - 1, rest / 10);
        }
        if decimals > 0 { write!(f, ".{rest:0decimals$}") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_they_are() {
        for (number, expected) in [
            (0.0, "0"),
            (-0.0, "0"),
            (12.0, "12"),
            (-0.5, "-0.5"),
            (0.1 + 0.2, "0.3"),
            (100.0, "100"),
            (1_200.05, "1200.05"),
            (0.000_000_001, "0.000000001"),
            (-0.000_000_000_1, "0"),
            (0.999_999_999_9, "1"),
            (16_666_666_666.666_668, "16666666666.666667938"),
            (f64::NAN, "0"),
            (f64::INFINITY, "18446744073709551615"),
        ] {
            assert_eq!(Written(number).to_string(), expected);
        }
    }

    #[test]
    fn numbers_are_written_with_the_decimals_asked_for() {
        for (number, expected) in [(0.0, "0.00"), (33.333, "33.33"), (-0.005, "-0.01"), (9.999, "10.00")] {
            assert_eq!(format!("{:.2}", Written(number)), expected);
        }
        assert_eq!(format!("{:.0}", Written(12.5)), "13");
        assert_eq!(format!("{:.0}", Written(0.4)), "0");
    }

    #[test]
    fn what_is_written_is_read_as_the_same_up_to_nine_decimals() {
        for bits in mixed() {
            let number = (bits as i64) as f64 / 1e13;
            let is = decimal(&Written(number).to_string()).expect("a number");
            assert!((is - number).abs() <= 1e-9, "{is} is not {number}");
        }
    }

    #[test]
    fn numbers_are_read_as_they_are_written() {
        for (text, expected) in [
            ("0", 0.0),
            ("12", 12.0),
            ("-0.5", -0.5),
            ("+.25", 0.25),
            ("3.", 3.0),
            ("1e-7", 1e-7),
            ("-2.5E+3", -2500.0),
            ("0.0001", 1e-4),
            ("33.333333", 33.333_333),
        ] {
            assert_eq!(decimal(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_none() {
        for text in [
            "",
            "-",
            ".",
            "+-1",
            "1 ",
            "1px",
            "1e",
            "1e5.5",
            "e5",
            "inf",
            "NaN",
            "1_000",
            "1e99999999999",
            "٣",
        ] {
            assert_eq!(decimal(text), None, "{text}");
        }
    }

    #[test]
    fn exponents_out_of_all_bounds_are_no_panic() {
        assert_eq!(decimal("1e400"), Some(f64::INFINITY));
        assert_eq!(decimal("1.5e-2147483648"), Some(0.0));
    }

    /// Half a million numbers of 64 bits with no order in them, the same in every run.
    fn mixed() -> impl Iterator<Item = u64> {
        (1..=500_000_u64).map(|step| {
            let mixed = step.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9)
        })
    }

    #[test]
    fn up_to_fifteen_digits_are_right_to_the_last_bit() {
        for bits in mixed() {
            let text = format!("{:016}", bits % 1_000_000_000_000_000);
            let (whole, rest) = text.split_at(1 + (bits >> 60) as usize);
            let text = format!("{whole}.{rest}");
            assert_eq!(decimal(&text), text.parse().ok(), "{text}");
        }
    }

    #[test]
    fn any_number_is_as_near_as_it_need_be() {
        for bits in mixed() {
            let number = (bits as i64) as f64 / 1e7;
            let is = decimal(&number.to_string()).expect("a number");
            assert!((is - number).abs() <= number.abs() * 1e-15, "{is} is not {number}");
        }
    }
}
