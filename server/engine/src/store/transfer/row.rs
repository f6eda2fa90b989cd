//! A row as a line of text: a JSON list of its values, the same for the same row whatever database it comes from.
//!
//! Fractions are texts, in the shortest form that is read back as the very same number; bytes are hexadecimal digits.

use serde_json::Value as Json;

use super::TransferError;
use super::tables::Kind;

/// One value of a row.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// A text, or none.
    Text(Option<String>),
    /// A whole number, or none.
    Whole(Option<i64>),
    /// A fraction, or none.
    Real(Option<f64>),
    /// Bytes, or none.
    Bytes(Option<Vec<u8>>),
}

/// The line of a row, with its end.
pub(super) fn line_of(row: &[Value]) -> String {
    let values = row.iter().map(|value| match value {
        Value::Text(text) => Json::from(text.as_deref()),
        Value::Whole(number) => Json::from(*number),
        Value::Real(number) => Json::from(number.map(|number| number.to_string())),
        Value::Bytes(bytes) => Json::from(bytes.as_deref().map(hexadecimal)),
    });
    let mut line = Json::Array(values.collect()).to_string();
    line.push('\n');
    line
}

/// The row of a line whose columns hold `kinds`.
pub(super) fn row_of(line: &str, kinds: &[Kind]) -> Result<Vec<Value>, TransferError> {
    let damaged = || TransferError::Damaged { what: "a line is not a row of its table".to_owned() };
    let values: Vec<Json> = serde_json::from_str(line).map_err(|_| damaged())?;
    if values.len() != kinds.len() {
        return Err(damaged());
    }
    let read = |(value, kind): (Json, &Kind)| match (kind, value) {
        (Kind::Text, Json::Null) => Some(Value::Text(None)),
        (Kind::Text, Json::String(text)) => Some(Value::Text(Some(text))),
        (Kind::Whole, Json::Null) => Some(Value::Whole(None)),
        (Kind::Whole, value) => value.as_i64().map(|number| Value::Whole(Some(number))),
        (Kind::Real, Json::Null) => Some(Value::Real(None)),
        (Kind::Real, value) => value.as_str()?.parse().ok().map(|number| Value::Real(Some(number))),
        (Kind::Bytes, Json::Null) => Some(Value::Bytes(None)),
        (Kind::Bytes, value) => bytes_of(value.as_str()?).map(|bytes| Value::Bytes(Some(bytes))),
        (Kind::Text, _) => None,
    };
    values.into_iter().zip(kinds).map(read).collect::<Option<_>>().ok_or_else(damaged)
}

/// Two digits for each byte.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes_of(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).ok());
    let is_whole = digits.len().is_multiple_of(2) && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_whole.then(|| pairs.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_read_back_as_it_was_to_the_last_bit() {
        let row = [
            Value::Text(Some("“dawn”\n\u{1f305}\\".to_owned())),
            Value::Whole(Some(i64::MIN)),
            Value::Real(Some(1.0 / 3.0)),
            Value::Real(Some(f64::MIN_POSITIVE)),
            Value::Bytes(Some(vec![0, 255, 16])),
            Value::Text(None),
            Value::Whole(None),
            Value::Real(None),
            Value::Bytes(None),
        ];
        let kinds = [Kind::Text, Kind::Whole, Kind::Real, Kind::Real, Kind::Bytes, Kind::Text, Kind::Whole]
            .into_iter()
            .chain([Kind::Real, Kind::Bytes]);
        let line = line_of(&row);
        assert_eq!(line.lines().count(), 1, "{line}");
        assert_eq!(row_of(&line, &kinds.collect::<Vec<_>>()).expect("a row"), row);
    }

    #[test]
    fn other_lines_are_refused() {
        for (line, kind) in [
            ("", Kind::Text),
            ("{}", Kind::Text),
            ("[]", Kind::Text),
            ("[\"a\",\"b\"]", Kind::Text),
            ("[1]", Kind::Text),
            ("[\"1\"]", Kind::Whole),
            ("[1.5]", Kind::Whole),
            ("[99999999999999999999]", Kind::Whole),
            ("[\"x\"]", Kind::Real),
            ("[\"abc\"]", Kind::Bytes),
            ("[\"é1\"]", Kind::Bytes),
            ("[\"+1\"]", Kind::Bytes),
        ] {
            assert!(row_of(line, &[kind]).is_err(), "{line} {kind:?}");
        }
    }
}
