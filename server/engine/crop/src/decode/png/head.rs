//! What stands before a PNG's pixels and decides how they are read.
//!
//! Colour profiles, texts and orientation were read or refused with the header and are passed over here. Source: PNG,
//! third edition, sections 5.6 and 11.

use super::animation::Control;
use super::broken;
use super::chunks::Chunks;
use super::data::check_sequence;
use super::layout::{Colour, Layout};
use crate::CropError;
use crate::header::animation_control;

/// What stands before the pixels.
pub(super) struct Head {
    pub(super) layout: Layout,
    /// Payload of PLTE, three bytes for each colour.
    pub(super) palette: Option<Vec<u8>>,
    /// Payload of tRNS.
    pub(super) transparency: Option<Vec<u8>>,
    /// How many frames are promised and how often they are played.
    pub(super) animation: Option<(u32, u32)>,
    /// The frame whose pixels come first; none when the picture that every program shows is no frame.
    pub(super) first: Option<Control>,
    /// The number that the next fcTL or fdAT must have.
    pub(super) next_sequence: u32,
}

impl Head {
    /// Reads up to the pixels, whose first chunk has begun then.
    pub(super) fn read(chunks: &mut Chunks<'_, '_>) -> Result<Self, CropError> {
        if &chunks.begin()? != b"IHDR" {
            return Err(broken("it does not begin with a header"));
        }
        let layout = Layout::read(chunks.payload()?)?;
        chunks.finish()?;
        let (palette, transparency, animation, first) = (None, None, None, None);
        let mut head = Self { layout, palette, transparency, animation, first, next_sequence: 0 };
        loop {
            match &chunks.begin()? {
                b"IDAT" => return Ok(head),
                b"IEND" => return Err(broken("it holds no picture")),
                b"IHDR" => return Err(broken("it has two headers")),
                b"PLTE" if head.palette.is_some() => return Err(broken("it has two palettes")),
                b"PLTE" => head.palette = Some(palette_of(chunks.whole()?)?),
                b"tRNS" if head.is_transparency_in_place() => head.transparency = Some(chunks.whole()?),
                b"acTL" if head.animation.is_some() => return Err(broken("it is two animations")),
                b"acTL" => head.animation = animation_control(&chunks.whole()?),
                b"fcTL" if head.animation.is_some() => head.first = Some(head.control(chunks)?),
                // A chunk that a reader must know to show the picture begins with a capital (section 5.4).
                [b'A'..=b'Z', ..] => return Err(broken("it needs a reader of another kind")),
                _ => chunks.skip()?,
            }
        }
    }

    /// Whether a tRNS chunk counts here: one, behind the palette if there is one, and not beside an alpha channel.
    fn is_transparency_in_place(&self) -> bool {
        self.transparency.is_none()
            && match self.layout.colour {
                Colour::Palette => self.palette.is_some(),
                Colour::Grey | Colour::Rgb => true,
                Colour::GreyAlpha | Colour::Rgba => false,
            }
    }

    /// The fcTL chunk that has begun: of the picture that every program shows, whose frame is all of it.
    fn control(&mut self, chunks: &mut Chunks<'_, '_>) -> Result<Control, CropError> {
        if self.first.is_some() {
            return Err(broken("a frame has no pixels"));
        }
        check_sequence(chunks, &mut self.next_sequence)?;
        let control = Control::read(chunks, self.layout.size)?;
        let is_all =
            (control.place.left, control.place.top) == (0, 0) && control.place.size() == self.layout.size;
        if is_all { Ok(control) } else { Err(broken("its first frame is not as large as the picture")) }
    }
}

fn palette_of(payload: Vec<u8>) -> Result<Vec<u8>, CropError> {
    let is_sound = !payload.is_empty() && payload.len().is_multiple_of(3);
    if is_sound { Ok(payload) } else { Err(broken("its palette is damaged")) }
}
