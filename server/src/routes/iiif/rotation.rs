//! Mirrored and turned, section 4.3: by quarters, which cost nothing of the pixels.

use cutline_engine::crop::Turn;

use super::number::decimal;
use super::refusal::Refusal;

const NAME: &str = "rotation";
const FORMS: &str = "0, 90, 180 or 270, with ! before it to mirror first";

/// The third parameter of an image request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RotationParameter {
    /// `!`: left and right are exchanged before it is turned.
    pub(super) is_mirrored: bool,
    /// How far it is turned.
    pub(super) turn: Turn,
}

impl RotationParameter {
    /// Reads degrees, clockwise.
    pub(super) fn parse(text: &str) -> Result<Self, Refusal> {
        let (is_mirrored, degrees) = match text.strip_prefix('!') {
            Some(degrees) => (true, degrees),
            None => (false, text),
        };
        let turn = match decimal(degrees) {
            Some(0.0 | 360.0) => Turn::None,
            Some(90.0) => Turn::Right,
            Some(180.0) => Turn::Around,
            Some(270.0) => Turn::Left,
            Some(degrees) if degrees < 360.0 => {
                return Err(Refusal::new(
                    NAME,
                    format!("This server turns by quarters only: write {FORMS}."),
                ));
            }
            _ => return Err(Refusal::unreadable(NAME, text, FORMS)),
        };
        Ok(Self { is_mirrored, turn })
    }
}

impl std::fmt::Display for RotationParameter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.is_mirrored { "!" } else { "" })?;
        f.write_str(match self.turn {
            Turn::None => "0",
            Turn::Right => "90",
            Turn::Around => "180",
            Turn::Left => "270",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quarters_are_read_and_written_canonically() {
        for (text, canonical) in [
            ("0", "0"),
            ("90", "90"),
            ("180.0", "180"),
            ("270", "270"),
            ("360", "0"),
            ("!0", "!0"),
            ("!90", "!90"),
            ("!360", "!0"),
            ("090", "90"),
        ] {
            assert_eq!(RotationParameter::parse(text).expect(text).to_string(), canonical, "{text}");
        }
    }

    #[test]
    fn other_angles_and_other_texts_are_refused() {
        for text in
            ["22.5", "!1", "359.9", "361", "450", "-90", "+90", "9e1", "", "!", "!!0", "0!", "left", "90 "]
        {
            assert!(RotationParameter::parse(text).is_err(), "{text:?}");
        }
    }
}
