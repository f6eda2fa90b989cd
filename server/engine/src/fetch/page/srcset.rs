//! Reads a `srcset`: several addresses of one picture, each with its width or its pixel density.
//!
//! As the HTML standard has it ("parse a srcset attribute",
//! <https://html.spec.whatwg.org/multipage/images.html#parsing-a-srcset-attribute>), with its care for commas: one may
//! be part of an address, end it, or stand in brackets. What is wrong with one candidate loses that candidate only.

/// How large a candidate is, as its page says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Descriptor {
    /// Its width in pixels (`800w`).
    Width(u32),
    /// Its pixels for each CSS pixel (`2x`); 1 where nothing is said.
    Density(f64),
}

/// The candidates of `text` in its order, as they are asked for: whoever needs a few pays for a few.
pub(super) fn candidates(text: &str) -> impl Iterator<Item = (&str, Descriptor)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            rest = rest.trim_start_matches(|c: char| is_space(c) || c == ',');
            if rest.is_empty() {
                return None;
            }
            let (address, after) = rest.split_at(rest.find(is_space).unwrap_or(rest.len()));
            let bare = address.trim_end_matches(',');
            let descriptors;
            (descriptors, rest) = if bare.len() < address.len() { ("", after) } else { until_comma(after) };
            if let Some(descriptor) = describe(descriptors) {
                return Some((bare, descriptor));
            }
        }
    })
}

/// The text before the first comma that is not in brackets, and what follows the comma. Brackets do not nest.
fn until_comma(text: &str) -> (&str, &str) {
    let mut is_inside = false;
    for (at, c) in text.char_indices() {
        match c {
            '(' => is_inside = true,
            ')' => is_inside = false,
            ',' if !is_inside => return (&text[..at], &text[at + 1..]),
            _ => {}
        }
    }
    (text, "")
}

/// What a candidate's descriptors say together; nothing if they make no sense, which loses the candidate.
fn describe(descriptors: &str) -> Option<Descriptor> {
    let (mut width, mut density, mut height) = (None, None, None);
    for descriptor in split_outside_brackets(descriptors) {
        // Only the height, which browsers read and do not use, may stand beside the width.
        match (descriptor.char_indices().next_back()?, width, density, height) {
            ((end, 'w'), None, None, _) => width = Some(whole_number(&descriptor[..end]).filter(|&w| w > 0)?),
            ((end, 'x'), None, None, None) => density = Some(number(&descriptor[..end])?),
            ((end, 'h'), _, None, None) => {
                height = Some(whole_number(&descriptor[..end]).filter(|&h| h > 0)?);
            }
            _ => return None,
        }
    }
    match (width, density, height) {
        (Some(width), ..) => Some(Descriptor::Width(width)),
        (None, density, None) => Some(Descriptor::Density(density.unwrap_or(1.0))),
        (None, _, Some(_)) => None,
    }
}

fn split_outside_brackets(text: &str) -> impl Iterator<Item = &str> {
    let mut is_inside = false;
    let ends_word = move |c: char| {
        match c {
            '(' => is_inside = true,
            ')' => is_inside = false,
            _ => {}
        }
        !is_inside && is_space(c)
    };
    text.split(ends_word).filter(|word| !word.is_empty())
}

/// A "valid non-negative integer": digits only. One that 31 bits do not hold is no number to Chromium either.
fn whole_number(text: &str) -> Option<u32> {
    let is_valid = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse::<i32>().ok().filter(|_| is_valid).map(i32::unsigned_abs)
}

/// A "valid floating-point number" that is not negative. Rust would also take `+1`, `1.`, `inf` and `nan`.
fn number(text: &str) -> Option<f64> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.strip_prefix(['+', '-']).unwrap_or(exponent)),
        None => (text, "0"),
    };
    let mantissa = mantissa.strip_prefix('-').unwrap_or(mantissa);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_valid = [whole, fraction, exponent].into_iter().all(is_digits)
        && !fraction.is_empty()
        && !exponent.is_empty();
    let is_valid = is_valid && !mantissa.is_empty();
    text.parse().ok().filter(|number: &f64| is_valid && number.is_finite() && *number >= 0.0)
}

/// The standard's whitespace, which is less than Unicode's.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\x0c' | '\r')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Descriptor::{Density, Width};
    use super::*;

    fn check(text: &str, expected: &[(&str, Descriptor)]) {
        assert_eq!(candidates(text).collect::<Vec<_>>(), expected, "{text:?}");
    }

    #[test]
    fn widths_and_densities_are_read() {
        check("a.jpg", &[("a.jpg", Density(1.0))]);
        check("a.jpg 320w, b.jpg 640w", &[("a.jpg", Width(320)), ("b.jpg", Width(640))]);
        check("a 1x,b 2x , c 1.5x", &[("a", Density(1.0)), ("b", Density(2.0)), ("c", Density(1.5))]);
        check("\n\ta   320w\n,\n b\t2e0x\n", &[("a", Width(320)), ("b", Density(2.0))]);
        check("a 320w 200h, b 200h 320w", &[("a", Width(320)), ("b", Width(320))]);
        check(
            "a .5x, b -0x, c 2147483647w",
            &[("a", Density(0.5)), ("b", Density(0.0)), ("c", Width(2_147_483_647))],
        );
    }

    #[test]
    fn a_comma_may_be_part_of_an_address_or_end_it() {
        check("a,b 1x, c,d 2x", &[("a,b", Density(1.0)), ("c,d", Density(2.0))]);
        check("a, b,, c", &[("a", Density(1.0)), ("b", Density(1.0)), ("c", Density(1.0))]);
        check(",, a 2x,", &[("a", Density(2.0))]);
        check("data:,a ( , ) 1x, b 1x", &[("b", Density(1.0))]);
        check("a,b", &[("a,b", Density(1.0))]);
    }

    #[test]
    fn a_candidate_that_makes_no_sense_is_left_out_alone() {
        for wrong in [
            "0w",
            "2147483648w",
            "-1w",
            "+1w",
            "1.5w",
            "1W",
            "w",
            "x",
            "1.x",
            "+1x",
            "-1x",
            "infx",
            "nanx",
            "1ex",
            "1e999x",
            "1x 1x",
            "1w 1w",
            "1w 1x",
            "1x 1w",
            "1h",
            "1h 1h 1w",
            "1x 1h",
            "1h 1x",
            "0h 1w",
            "1q",
            "1w q",
            "(1w)",
            "é",
        ] {
            check(&format!("a {wrong}, b 2x"), &[("b", Density(2.0))]);
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            written in prop::collection::vec(
                ("[a-z/:.]([a-z,/:.?=&]{0,20}[a-z])?", prop_oneof![(1..9_999_u32).prop_map(Width), (1..40_u32).prop_map(|n| Density(f64::from(n) / 8.0))]),
                0..12,
            ),
            comma in "[ \t\n]{0,2},[ \t\n,]{0,3}",
        ) {
            let texts = written.iter().map(|(address, descriptor)| match descriptor {
                Width(width) => format!("{address} {width}w"),
                Density(density) => format!("{address} {density}x"),
            });
            let text = texts.collect::<Vec<_>>().join(&comma);
            let read: Vec<_> = candidates(&text).map(|(address, descriptor)| (address.to_owned(), descriptor)).collect();
            prop_assert_eq!(read, written);
        }

        #[test]
        fn an_address_is_never_empty_and_holds_no_space(text in "[ab ,()0-9.xwhe\n-]{0,80}") {
            for (address, descriptor) in candidates(&text) {
                prop_assert!(!address.is_empty() && !address.contains(is_space) && !address.ends_with(','));
                match descriptor {
                    Width(width) => prop_assert!(width > 0),
                    Density(density) => prop_assert!(density >= 0.0 && density.is_finite()),
                }
            }
        }
    }
}
