//! Decimal numbers, as CSS and fragments write them.
//!
//! What the standard library reads numbers with is right to the last bit for every text there is, by tables that would be a
//! twentieth of all that a page with the overlay loads. This is right to the last bit for up to 15 digits, and beyond those off
//! by less than a thousandth of a millionth of a pixel.

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

#[cfg(test)]
mod tests {
    use super::*;

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
