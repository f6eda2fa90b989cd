//! XMP: creator, credit, rights and licence (ISO 16684-1; IPTC Photo Metadata 2023.1; Creative Commons' `cc:license`).
//!
//! The packet is RDF in XML: a property is an element or an attribute, its value text, a list or an `rdf:resource`.
//! Read as a stream of events, with nothing expanded but the five entities of XML itself.

use std::borrow::Cow;

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::reader::NsReader;

use super::{Statement, line, link};

/// Largest packet looked at: a JPEG segment holds no more, and other formats need none larger.
const MAX_PACKET_BYTES: usize = 256 << 10;
/// Deepest nesting followed; real packets stay below ten.
const MAX_DEPTH: usize = 64;

const DC: &str = "http://purl.org/dc/elements/1.1/";
const PHOTOSHOP: &str = "http://ns.adobe.com/photoshop/1.0/";
const RIGHTS: &str = "http://ns.adobe.com/xap/1.0/rights/";
const CC: &str = "http://creativecommons.org/ns#";
const PLUS: &str = "http://ns.useplus.org/ldf/xmp/1.0/";
const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";

/// A property that says something about rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Property {
    Creator,
    CreditLine,
    Copyright,
    Terms,
    StatementUrl,
    LicenceUrl,
    LicensorUrl,
}

/// Values in the order found.
type Found = Vec<(Property, String)>;

pub(super) fn read(packet: &[u8]) -> Option<Statement> {
    if packet.len() > MAX_PACKET_BYTES {
        return None;
    }
    let packet = text(packet);
    // Padding and a processing instruction surround the XML.
    let begin = packet.find('<')?;
    let mut found = Found::new();
    // What was found before the packet breaks off still counts.
    let _ = walk(&packet[begin..], &mut found);
    let all = |wanted: Property| {
        let values = found.iter().filter(move |(property, _)| *property == wanted);
        values.map(|(_, value)| value.as_str())
    };
    let text = |wanted| all(wanted).map(line).find(|text| !text.is_empty()).unwrap_or_default();
    let url = |wanted| all(wanted).map(link).find(|url| !url.is_empty());
    let creators: Vec<&str> = all(Property::Creator).filter(|name| !name.trim().is_empty()).collect();
    Some(Statement {
        creator: line(&creators.join("; ")),
        credit_line: text(Property::CreditLine),
        copyright: text(Property::Copyright),
        terms: text(Property::Terms),
        licence_url: url(Property::LicenceUrl).unwrap_or_default(),
        statement_url: url(Property::StatementUrl).or_else(|| url(Property::LicensorUrl)).unwrap_or_default(),
    })
}

/// The packet's text: UTF-8, or UTF-16 by its mark or its first character (ISO 16684-1, section 7.1).
fn text(packet: &[u8]) -> Cow<'_, str> {
    let words = |word: fn([u8; 2]) -> u16| {
        let words = packet.chunks_exact(2).map(|bytes| word([bytes[0], bytes[1]]));
        let characters = char::decode_utf16(words).map(|found| found.unwrap_or(char::REPLACEMENT_CHARACTER));
        Cow::Owned(characters.collect())
    };
    match packet {
        [0xfe, 0xff, ..] | [0, b'<', ..] => words(u16::from_be_bytes),
        [0xff, 0xfe, ..] | [b'<', 0, ..] => words(u16::from_le_bytes),
        _ => String::from_utf8_lossy(packet),
    }
}

/// Collects the properties of a packet up to its end or to where it breaks off.
fn walk(packet: &str, found: &mut Found) -> Result<(), quick_xml::Error> {
    let mut reader = NsReader::from_str(packet);
    // For each open element the property that it belongs to.
    let mut open: Vec<Option<Property>> = Vec::new();
    let mut text = String::new();
    loop {
        let event = reader.read_event()?;
        match &event {
            Event::Start(element) | Event::Empty(element) => {
                let property = property_of(reader.resolver().resolve_element(element.name()))
                    .or_else(|| open.last().copied().flatten());
                attributes(&reader, element, property, found)?;
                text.clear();
                if matches!(event, Event::Start(_)) {
                    open.push(property);
                    if open.len() > MAX_DEPTH {
                        return Ok(());
                    }
                }
            }
            Event::Text(part) => text.push_str(&part.xml10_content()),
            Event::CData(part) => text.push_str(&part.xml10_content()),
            Event::GeneralRef(entity) => match entity.resolve_char_ref()? {
                Some(character) => text.push(character),
                None => text.push_str(
                    quick_xml::escape::resolve_predefined_entity(&entity.xml10_content()).unwrap_or_default(),
                ),
            },
            Event::End(_) => {
                if let Some(Some(property)) = open.pop() {
                    keep(found, property, &text);
                }
                text.clear();
            }
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

fn attributes(
    reader: &NsReader<&[u8]>,
    element: &BytesStart<'_>,
    property: Option<Property>,
    found: &mut Found,
) -> Result<(), quick_xml::Error> {
    for attribute in element.attributes() {
        let attribute = attribute?;
        let (namespace, name) = reader.resolver().resolve_attribute(attribute.key);
        let is_resource = namespace == ResolveResult::Bound(Namespace(RDF)) && name.as_ref() == "resource";
        let named = if is_resource { property } else { property_of((namespace, name)) };
        if let Some(property) = named {
            keep(found, property, &attribute.normalized_value(XmlVersion::Implicit1_0)?);
        }
    }
    Ok(())
}

fn keep(found: &mut Found, property: Property, value: &str) {
    // A packet that says more has its reasons, none of them good.
    if found.len() < 64 && !value.trim().is_empty() {
        found.push((property, value.trim().to_owned()));
    }
}

fn property_of((namespace, name): (ResolveResult<'_>, quick_xml::name::LocalName<'_>)) -> Option<Property> {
    let ResolveResult::Bound(Namespace(namespace)) = namespace else { return None };
    match (namespace, name.as_ref()) {
        (DC, "creator") => Some(Property::Creator),
        (DC, "rights") => Some(Property::Copyright),
        (PHOTOSHOP, "Credit") => Some(Property::CreditLine),
        (RIGHTS, "UsageTerms") => Some(Property::Terms),
        (RIGHTS, "WebStatement") => Some(Property::StatementUrl),
        (CC, "license") => Some(Property::LicenceUrl),
        (PLUS, "LicensorURL") => Some(Property::LicensorUrl),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(description: &str) -> String {
        format!(
            r#"<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>
            <x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}">
            <rdf:Description xmlns:dc="{DC}" xmlns:p="{PHOTOSHOP}" xmlns:r="{RIGHTS}" xmlns:cc="{CC}" xmlns:plus="{PLUS}"
            {description}
            </rdf:RDF></x:xmpmeta><?xpacket end="w"?>"#
        )
    }

    fn said(description: &str) -> Statement {
        read(packet(description).as_bytes()).expect("a packet")
    }

    #[test]
    fn lists_elements_and_resources_are_read() {
        let said = said(
            r#"><dc:creator><rdf:Seq><rdf:li>Ada &amp; Co</rdf:li><rdf:li>Zo&#xEB;</rdf:li></rdf:Seq></dc:creator>
            <dc:rights><rdf:Alt><rdf:li xml:lang="x-default">© Ada</rdf:li><rdf:li xml:lang="de">© Ada, dt.</rdf:li></rdf:Alt></dc:rights>
            <p:Credit>Agency</p:Credit>
            <r:UsageTerms><rdf:Alt><rdf:li xml:lang="x-default">Ask first</rdf:li></rdf:Alt></r:UsageTerms>
            <r:WebStatement>https://a.example/rights</r:WebStatement>
            <cc:license rdf:resource="https://creativecommons.org/licenses/by/4.0/"/>
            </rdf:Description>"#,
        );
        assert_eq!(said.creator, "Ada & Co; Zoë");
        assert_eq!(said.copyright, "© Ada");
        assert_eq!(said.credit_line, "Agency");
        assert_eq!(said.terms, "Ask first");
        assert_eq!(said.statement_url, "https://a.example/rights");
        assert_eq!(said.licence_url, "https://creativecommons.org/licenses/by/4.0/");
    }

    #[test]
    fn properties_as_attributes_and_whatever_prefix_are_read() {
        let said = said(
            r#"p:Credit="Agency" r:WebStatement="https://a.example/1">
            <plus:Licensor><rdf:Seq><rdf:li rdf:parseType="Resource"><plus:LicensorURL>https://a.example/buy</plus:LicensorURL>
            </rdf:li></rdf:Seq></plus:Licensor></rdf:Description>"#,
        );
        assert_eq!(
            (said.credit_line.as_str(), said.statement_url.as_str()),
            ("Agency", "https://a.example/1")
        );
        assert_eq!(said.creator, "");
    }

    #[test]
    fn a_packet_in_words_of_16_bits_is_read() {
        let packet =
            packet("><dc:creator><rdf:Seq><rdf:li>Zoë Ada</rdf:li></rdf:Seq></dc:creator></rdf:Description>");
        for (mark, bytes) in [
            ("\u{feff}", u16::to_be_bytes as fn(u16) -> [u8; 2]),
            ("\u{feff}", u16::to_le_bytes),
            ("", u16::to_be_bytes),
            ("", u16::to_le_bytes),
        ] {
            let words = format!("{mark}{packet}");
            let words: Vec<u8> = words.encode_utf16().flat_map(bytes).collect();
            assert_eq!(read(&words).expect("a packet").creator, "Zoë Ada", "{mark:?}");
        }
    }

    #[test]
    fn an_address_that_is_none_says_nothing() {
        assert_eq!(said(r#"r:WebStatement="javascript:alert(1)"/>"#).statement_url, "");
    }

    #[test]
    fn hostile_packets_say_nothing_and_cost_little() {
        let entities = format!(
            r#"<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>{}"#,
            packet("><p:Credit>&b;&b;</p:Credit></rdf:Description>")
        );
        assert_eq!(read(entities.as_bytes()).expect("a packet").credit_line, "");
        let deep = "<a>".repeat(80_000);
        assert_eq!(read(deep.as_bytes()), Some(Statement::default()));
        let many = packet(&format!(">{}</rdf:Description>", "<p:Credit>x</p:Credit>".repeat(10_000)));
        assert_eq!(read(many.as_bytes()).expect("a packet").credit_line, "x");
        assert_eq!(read(&vec![b'<'; MAX_PACKET_BYTES + 1]), None);
        assert_eq!(read(b"\xff\xfe\0"), None);
    }

    #[test]
    fn what_stands_before_the_packet_breaks_off_counts() {
        let whole = packet("><p:Credit>Agency</p:Credit><dc:creator>Ada</dc:creator></rdf:Description>");
        let cut = &whole[..whole.find("<dc:creator>").expect("there") + 14];
        assert_eq!(read(cut.as_bytes()).expect("a packet").credit_line, "Agency");
    }
}
