//! An image request as it stands in the address, and what it means for one picture.

use cutline_engine::crop::{CropOptions, RenditionOptions};
use cutline_engine::limits::RenditionLimits;
use cutline_model::{Region, Size};

use super::file::FileParameter;
use super::refusal::Refusal;
use super::region::RegionParameter;
use super::rotation::RotationParameter;
use super::size::{self, SizeParameter};

/// The parameters of an image request, section 4.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct ImageRequest {
    region: RegionParameter,
    size: SizeParameter,
    rotation: RotationParameter,
    file: FileParameter,
}

/// An image request for one picture.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Resolved {
    /// What is to be made.
    pub(super) options: RenditionOptions,
    /// `{region}/{size}/{rotation}/{quality}.{format}` in the canonical form, section 4.8.
    pub(super) canonical: String,
}

impl ImageRequest {
    /// Reads the four last segments of an address.
    pub(super) fn parse(region: &str, size: &str, rotation: &str, file: &str) -> Result<Self, Refusal> {
        Ok(Self {
            region: RegionParameter::parse(region)?,
            size: SizeParameter::parse(size)?,
            rotation: RotationParameter::parse(rotation)?,
            file: FileParameter::parse(file)?,
        })
    }

    /// What is meant for a picture of `whole` pixels.
    pub(super) fn resolve(self, whole: Size, limits: &RenditionLimits) -> Result<Resolved, Refusal> {
        let Self { region, size, rotation, file } = self;
        let region = region.resolve(whole)?;
        let size = size.resolve(region.size(), limits)?;
        let part = if region == Region::WHOLE.to_pixels(whole) {
            "full".to_owned()
        } else {
            format!("{},{},{},{}", region.left, region.top, region.width, region.height)
        };
        let canonical = format!("{part}/{}/{rotation}/{file}", size::canonical(size, region.size(), limits));
        let options = RenditionOptions {
            region,
            size,
            is_mirrored: rotation.is_mirrored,
            turn: rotation.turn,
            tone: file.tone,
            format: file.format,
            // As a cut: a rendition may be what somebody keeps.
            quality: CropOptions::QUALITY,
        };
        Ok(Resolved { options, canonical })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_canonical_form_means_the_same_and_is_its_own() {
        let whole = Size::new(6000, 4000).expect("not zero");
        let limits = RenditionLimits { max_side: 4_096, max_pixels: 16_000_000 };
        for (request, canonical) in [
            ("full/max/0/default.jpg", "full/max/0/default.jpg"),
            ("0,0,6000,4000/max/0/color.jpg", "full/max/0/default.jpg"),
            ("pct:0,0,100,100/pct:50/0/default.jpg", "full/3000,2000/0/default.jpg"),
            ("full/^3000,/!360.0/gray.png", "full/3000,2000/!0/gray.png"),
            ("square/max/90/default.png", "1000,0,4000,4000/max/90/default.png"),
            ("5900,3900,512,512/max/0/default.jpg", "5900,3900,100,100/max/0/default.jpg"),
            ("5900,3900,100,100/^200,/0/default.jpg", "5900,3900,100,100/^200,200/0/default.jpg"),
            ("0,0,100,100/^max/0/bitonal.png", "0,0,100,100/^max/0/bitonal.png"),
            ("0,0,1024,1024/512,/0/default.jpg", "0,0,1024,1024/512,512/0/default.jpg"),
        ] {
            let resolve = |text: &str| {
                let parts: Vec<&str> = text.split('/').collect();
                let request = ImageRequest::parse(parts[0], parts[1], parts[2], parts[3]).expect(text);
                request.resolve(whole, &limits).expect(text)
            };
            let resolved = resolve(request);
            assert_eq!(resolved.canonical, canonical, "{request}");
            assert_eq!(resolve(canonical), resolved, "{canonical}");
        }
    }
}
