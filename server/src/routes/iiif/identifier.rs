//! The pictures' names, section 3: a clipping's file name, or `{gallery}:{file}`.
//!
//! A colon, which stands in an address as it is and in no gallery's name: proxies in front of a site are known to decode
//! or refuse the `%2F` that a slash would have to be.

use cutline_engine::engine::OwnPicture;
use cutline_engine::error::EngineError;
use cutline_engine::store::ClippingName;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::PREFIX;

/// What must be encoded: the set of section 9, and what no address may hold (RFC 3986, section 2).
const ENCODED: &AsciiSet = &CONTROLS
    .add(b'/')
    .add(b'?')
    .add(b'#')
    .add(b'[')
    .add(b']')
    .add(b'@')
    .add(b'%')
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// A picture by its name in addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identifier(OwnPicture);

impl Identifier {
    /// Reads a name out of a decoded segment; whatever is none names nothing.
    pub(super) fn parse(text: &str) -> Result<Self, EngineError> {
        match text.split_once(':') {
            Some((slug, file)) => {
                Ok(Self(OwnPicture::OfGallery { slug: slug.to_owned(), file: file.to_owned() }))
            }
            None => match ClippingName::parse(text) {
                Ok(name) => Ok(Self(OwnPicture::Clipping(name))),
                Err(_) => Err(EngineError::NotFound),
            },
        }
    }

    /// The picture.
    pub(super) fn picture(&self) -> &OwnPicture {
        &self.0
    }

    /// Its base address, section 2, on the site at `public_url`.
    pub(super) fn address(&self, public_url: &str) -> String {
        let name = match &self.0 {
            OwnPicture::OfGallery { slug, file } => format!("{slug}:{file}"),
            OwnPicture::Clipping(name) => name.to_string(),
        };
        format!("{}{PREFIX}/{}", public_url.trim_end_matches('/'), utf8_percent_encode(&name, ENCODED))
    }
}

#[cfg(test)]
mod tests {
    use percent_encoding::percent_decode_str;

    use super::*;

    #[test]
    fn names_are_encoded_in_addresses_and_read_back() {
        let clipping = format!("{}.png", "0f".repeat(32));
        for (name, encoded) in [
            ("demo:nuthatch.png", "demo:nuthatch.png"),
            ("demo:a b.jpg", "demo:a%20b.jpg"),
            ("demo:100%.png", "demo:100%25.png"),
            ("demo:a:b.png", "demo:a:b.png"),
            ("demo:what?#[@].png", "demo:what%3F%23%5B%40%5D.png"),
            ("demo:日本.webp", "demo:%E6%97%A5%E6%9C%AC.webp"),
            (&clipping, &clipping),
        ] {
            let identifier = Identifier::parse(name).expect(name);
            let address = identifier.address("https://a.example/");
            assert_eq!(address, format!("https://a.example/iiif/3/{encoded}"));
            let decoded = percent_decode_str(encoded).decode_utf8().expect("text");
            assert_eq!(Identifier::parse(&decoded).expect(encoded), identifier);
        }
    }

    #[test]
    fn other_texts_name_nothing() {
        for text in
            ["", "demo", "demo/nuthatch.png", "[frob]", "67352ccc-d1b0-11e1-89ae-279075081939", "0f.png"]
        {
            assert!(matches!(Identifier::parse(text), Err(EngineError::NotFound)), "{text}");
        }
    }
}
