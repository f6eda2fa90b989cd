//! A picture that is written into its page (`data:` URL), decoded in place as the Fetch standard says.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use url::{Position, Url};

use super::error::{FetchError, Kind, NotFound};

/// "Forgiving base64": with or without padding, whatever the last bits are.
const FORGIVING: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The bytes of a `data:` URL, at most `limit` of them.
pub(super) fn decode(url: &Url, limit: u64) -> Result<Bytes, FetchError> {
    let text = &url[Position::AfterScheme..Position::AfterQuery];
    let (kind, content) =
        text.strip_prefix(':').and_then(|text| text.split_once(',')).ok_or(NotFound::DamagedInline)?;
    let bytes = percent_decode(content.as_bytes());
    let bytes = if is_base64(kind) { from_base64(bytes)? } else { bytes };
    if bytes.len() as u64 > limit {
        return Err(FetchError::TooLarge { what: Kind::Picture, limit });
    }
    Ok(bytes.into())
}

fn is_base64(kind: &str) -> bool {
    kind.rsplit_once(';').is_some_and(|(_, last)| last.trim().eq_ignore_ascii_case("base64"))
}

fn from_base64(mut text: Vec<u8>) -> Result<Vec<u8>, FetchError> {
    text.retain(|byte| !byte.is_ascii_whitespace());
    FORGIVING.decode(text).map_err(|_| NotFound::DamagedInline.into())
}

fn percent_decode(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        let pair = (first == b'%').then(|| after.split_at_checked(2)).flatten();
        if let Some((digits, after)) = pair
            && let [Some(high), Some(low)] = [hex(digits[0]), hex(digits[1])]
        {
            bytes.push(high << 4 | low);
            rest = after;
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    bytes
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(url: &str) -> Result<Bytes, FetchError> {
        decode(&Url::parse(url).expect(url), 100)
    }

    #[test]
    fn data_addresses_decode_as_browsers_decode_them() {
        for (url, bytes) in [
            ("data:image/gif;base64,R0lGODlh", "GIF89a"),
            ("data:image/gif;base64,R0lG%4FDlh#fragment", "GIF89a"),
            ("data:image/gif; BASE64 ,R0lG ODlh", "GIF89a"),
            ("data:;base64,YQ==", "a"),
            ("data:;base64,YQ", "a"),
            ("data:;base64,YR", "a"),
            ("data:,a%20b%2", "a b%2"),
            ("data:text/plain;charset=utf-8,a?b=c,d", "a?b=c,d"),
            ("data:,", ""),
        ] {
            assert_eq!(decoded(url).as_deref(), Ok(bytes.as_bytes()), "{url}");
        }
    }

    #[test]
    fn damaged_or_large_ones_are_refused() {
        assert_eq!(decoded("data:image/gif;base64"), Err(NotFound::DamagedInline.into()));
        assert_eq!(decoded("data:image/gif;base64,R0lG!"), Err(NotFound::DamagedInline.into()));
        assert_eq!(decoded(&format!("data:,{}", "a".repeat(100))).map(|bytes| bytes.len()), Ok(100));
        assert_eq!(
            decoded(&format!("data:,{}", "a".repeat(101))),
            Err(FetchError::TooLarge { what: Kind::Picture, limit: 100 })
        );
    }
}
