//! IPTC-IIM inside Photoshop's image resources: by-line, credit and copyright notice (IIM 4.2, application record).

use super::exif::decoded;
use super::{Statement, line};

/// The resource that holds IPTC-IIM (Adobe Photoshop file format, image resource IDs).
const IPTC_RESOURCE: u16 = 0x0404;
const BY_LINE: u8 = 80;
const CREDIT: u8 = 110;
const COPYRIGHT_NOTICE: u8 = 116;

/// Reads what follows `Photoshop 3.0` and a zero in an APP13 segment.
pub(super) fn read(resources: &[u8]) -> Option<Statement> {
    let mut records = resource(resources, IPTC_RESOURCE)?;
    let mut creators: Vec<String> = Vec::new();
    let mut said = Statement::default();
    // Tag marker, record, dataset, length: one of two bytes, since a longer text is none of these.
    while let [0x1c, record, dataset, high @ 0..=0x7f, low, rest @ ..] = records {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let (value, rest) = rest.split_at_checked(length)?;
        records = rest;
        let text = || line(&decoded(value));
        match (record, *dataset) {
            (2, BY_LINE) => creators.push(text()),
            (2, CREDIT) => said.credit_line = text(),
            (2, COPYRIGHT_NOTICE) => said.copyright = text(),
            _ => {}
        }
    }
    creators.retain(|creator| !creator.is_empty());
    said.creator = line(&creators.join("; "));
    Some(said)
}

/// The payload of the first resource of this number.
fn resource(mut resources: &[u8], wanted: u16) -> Option<&[u8]> {
    // Signature, number, name with its length padded to an even count, length, payload padded likewise.
    while let [b'8', b'B', b'I', b'M', high, low, name_length, rest @ ..] = resources {
        let name_bytes = (usize::from(*name_length) + 1).next_multiple_of(2) - 1;
        let (length, rest) = rest.get(name_bytes..)?.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let payload = rest.get(..length)?;
        if u16::from_be_bytes([*high, *low]) == wanted {
            return Some(payload);
        }
        resources = rest.get(length.checked_next_multiple_of(2)?..)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dataset(dataset: u8, value: &[u8]) -> Vec<u8> {
        [&[0x1c, 2, dataset][..], &(value.len() as u16).to_be_bytes(), value].concat()
    }

    fn resources(records: &[u8]) -> Vec<u8> {
        let mut resources = b"8BIM\x04\x25\0\0\0\0\0\x03abc\0".to_vec();
        resources.extend(b"8BIM\x04\x04\x04name\0");
        resources.extend((records.len() as u32).to_be_bytes());
        resources.extend(records);
        resources
    }

    #[test]
    fn by_line_credit_and_copyright_are_read() {
        let records = [
            dataset(0, &[0, 4]),
            dataset(BY_LINE, b"Ada"),
            dataset(BY_LINE, "Zoë".as_bytes()),
            dataset(CREDIT, b"Agency"),
            dataset(COPYRIGHT_NOTICE, b"\xa9 Ada"),
        ]
        .concat();
        let said = read(&resources(&records)).expect("records");
        assert_eq!(said.creator, "Ada; Zoë");
        assert_eq!(said.credit_line, "Agency");
        assert_eq!(said.copyright, "© Ada");
    }

    #[test]
    fn broken_resources_say_nothing_or_less() {
        let sound = resources(&dataset(BY_LINE, b"Ada"));
        for length in 0..sound.len() {
            assert_eq!(read(&sound[..length]).map(|said| said.creator), None, "{length}");
        }
        let lying = resources(&[0x1c, 2, BY_LINE, 0x7f, 0xff, b'A']);
        assert_eq!(read(&lying), None);
    }
}
