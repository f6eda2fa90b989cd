//! Renditions of the pictures that this site hosts: what can be asked of one, and a part of it at any size.
//!
//! Only what lies here: a viewer asks for hundreds of parts of one picture, which must not become hundreds of fetches
//! from elsewhere. Nothing is kept; the content's hash lets clients and proxies keep what they were given. Each request
//! holds a whole file in memory, so few have their turn at once and the others wait before they read.

use bytes::Bytes;
use cutline_model::{Credit, Size};

use super::{Engine, OwnPicture};
use crate::crop::{Cut, RenditionOptions};
use crate::error::EngineError;
use crate::limits::RenditionLimits;
use crate::permits::Permit;

/// A picture that this site hosts, ready for renditions. Whoever holds one lets others wait for their turn.
#[derive(Debug)]
pub struct HostedPicture {
    /// Its size as displayed.
    pub size: Size,
    /// Tells its content from any other: hexadecimal digits.
    pub hash: String,
    /// Who made it and what one may do with it, as far as it is known.
    pub credit: Credit,
    bytes: Bytes,
    _turn: Permit,
}

impl Engine {
    /// Looks a picture up and measures it, when its turn comes.
    pub async fn hosted(&self, which: &OwnPicture) -> Result<HostedPicture, EngineError> {
        let turn = self.0.rendition_turns.take().await?;
        let (bytes, hash, credit) = match which {
            OwnPicture::OfGallery { slug, file } => {
                let galleries = &self.0.galleries;
                let hash = galleries.content_hash(slug, file).await?.ok_or(EngineError::NotFound)?;
                let stored = galleries.original(slug, file).await?.ok_or(EngineError::NotFound)?;
                let credit = galleries.picture(slug, file).map(|picture| picture.credit).unwrap_or_default();
                (stored.bytes, hash, credit)
            }
            OwnPicture::Clipping(name) => {
                let bytes = self.0.clippings.get(name).await?.ok_or(EngineError::NotFound)?;
                // Credits belong to shares, and one clipping can be in several.
                (bytes, name.hash().to_owned(), Credit::default())
            }
        };
        let (_, size) = self.0.cutter.measure(bytes.clone()).await?;
        Ok(HostedPicture { size, hash, credit, bytes, _turn: turn })
    }

    /// Makes a rendition.
    pub async fn rendition(
        &self,
        picture: &HostedPicture,
        options: RenditionOptions,
    ) -> Result<Cut, EngineError> {
        Ok(self.0.cutter.rendition(picture.bytes.clone(), options).await?)
    }

    /// How large renditions may become.
    #[must_use]
    pub fn rendition_limits(&self) -> RenditionLimits {
        self.0.rendition_limits
    }
}
