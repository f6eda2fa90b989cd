//! Sizes, times and pixel counts as people write them, read and written.

use std::time::Duration;

const BYTE_UNITS: [(&str, u64); 8] = [
    ("", 1),
    ("b", 1),
    ("kb", 1_000),
    ("kib", 1 << 10),
    ("mb", 1_000_000),
    ("mib", 1 << 20),
    ("gb", 1_000_000_000),
    ("gib", 1 << 30),
];
const PIXEL_UNITS: [(&str, u64); 2] = [("", 1), ("mp", 1_000_000)];
const MILLISECOND_UNITS: [(&str, u64); 4] = [("ms", 1), ("s", 1_000), ("min", 60_000), ("h", 3_600_000)];

/// Reads bytes: `40 MiB`, `1.5 GB` or a plain number.
pub(crate) fn parse_bytes(text: &str) -> Option<u64> {
    parse_with(&BYTE_UNITS, text)
}

/// Reads pixels: `50 MP` (million pixels) or a plain number.
pub(crate) fn parse_pixels(text: &str) -> Option<u64> {
    parse_with(&PIXEL_UNITS, text)
}

/// Reads a time: `300ms`, `15s`, `2min`, `1h`; a plain number is none, because nobody could tell its unit.
pub(super) fn parse_time(text: &str) -> Option<Duration> {
    parse_with(&MILLISECOND_UNITS, text).map(Duration::from_millis)
}

/// Reads a whole number, with or without `_` between its digits.
pub(super) fn parse_whole(text: &str) -> Option<u64> {
    parse_with(&[("", 1)], text)
}

/// Writes bytes in the largest binary unit that leaves no rest.
pub(crate) fn show_bytes(bytes: u64) -> String {
    for (unit, size) in [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)] {
        if bytes >= size && bytes.is_multiple_of(size) {
            return format!("{} {unit}", bytes / size);
        }
    }
    format!("{bytes} B")
}

/// Writes a time in hours when it is some, else in seconds, or in milliseconds when there is a rest.
pub(crate) fn show_time(time: Duration) -> String {
    match (time.as_secs(), time.subsec_millis()) {
        (seconds, 0) if seconds > 0 && seconds.is_multiple_of(3_600) => format!("{}h", seconds / 3_600),
        (seconds, 0) => format!("{seconds}s"),
        _ => format!("{}ms", time.as_millis()),
    }
}

/// Reads digits, an optional decimal part and one of `units`; nothing when a part of the unit would be left over.
fn parse_with(units: &[(&str, u64)], text: &str) -> Option<u64> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_').unwrap_or(text.len());
    let (number, unit) = (text[..end].replace('_', ""), text[end..].trim());
    let (_, scale) = units.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit))?;
    let (whole, decimals) = number.split_once('.').unwrap_or((&number, ""));
    // Decimals beyond nine are less than any unit here can tell apart.
    if whole.is_empty() || number.ends_with('.') || decimals.len() > 9 || decimals.contains('.') {
        return None;
    }
    let numerator = format!("{whole}{decimals}").parse::<u128>().ok()?.checked_mul(u128::from(*scale))?;
    let denominator = 10u128.pow(u32::try_from(decimals.len()).ok()?);
    // Half a byte is a slip of the pen; a third of a gibibyte is not.
    if *scale == 1 && !numerator.is_multiple_of(denominator) {
        return None;
    }
    u64::try_from(numerator / denominator).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_their_unit() {
        for (text, bytes) in [
            ("40 MiB", Some(40 << 20)),
            ("40mib", Some(40 << 20)),
            ("1.5 KiB", Some(1536)),
            ("2 MB", Some(2_000_000)),
            ("1_000", Some(1000)),
            ("7", Some(7)),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("99999999999 GiB", None),
            ("40 M", None),
            ("40 MiB of memory", None),
            ("1.5", None),
            ("-1", None),
            ("", None),
            ("MiB", None),
            ("1.2.3 MiB", None),
            (".5 MiB", None),
        ] {
            assert_eq!(parse_bytes(text), bytes, "{text}");
        }
    }

    #[test]
    fn times_need_their_unit() {
        for (text, millis) in [
            ("300ms", Some(300)),
            ("15s", Some(15_000)),
            ("1.5 s", Some(1500)),
            ("2min", Some(120_000)),
            ("15", None),
            ("1d", None),
        ] {
            assert_eq!(parse_time(text), millis.map(Duration::from_millis), "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for bytes in [1, 1000, 1024, 40 << 20, 3 << 30, (40 << 20) + 1] {
            assert_eq!(parse_bytes(&show_bytes(bytes)), Some(bytes));
        }
        for millis in [1, 300, 1000, 15_000, 15_001, 3_600_000, 3_601_000, 86_400_000] {
            let time = Duration::from_millis(millis);
            assert_eq!(parse_time(&show_time(time)), Some(time));
        }
    }

    #[test]
    fn pixels_are_counted_in_millions_too() {
        assert_eq!(parse_pixels("50 MP"), Some(50_000_000));
        assert_eq!(parse_pixels("0.5MP"), Some(500_000));
        assert_eq!(parse_pixels("50 million"), None);
    }
}
