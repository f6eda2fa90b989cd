//! The limits of `--fit` as they are typed: `bytes=2MB,side=4096,formats=jpeg+png,aspect=4:5..1.91:1`.

use cutline_engine::crop::{AspectRange, BadAspect, Fit, Format, UnknownFormat};

use crate::config::units::{parse_bytes, parse_pixels};

/// Why a text is not a list of limits.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadFit {
    /// A piece without a name or a value.
    #[error("{0:?} is no limit: write name=value, with commas between, for example bytes=2MB,side=4096")]
    NoLimit(String),
    /// A name that is not known.
    #[error("{0:?} cannot be limited: choose bytes, side, pixels, formats, aspect or motion")]
    UnknownName(String),
    /// The same name twice.
    #[error("{0} is given twice")]
    Twice(String),
    /// A number that is none, or zero, or too large.
    #[error("{name}={value}: write a whole number above 0; bytes may be written 2MB, pixels 16MP")]
    BadNumber {
        /// The limit's name.
        name: String,
        /// What was typed.
        value: String,
    },
    /// Neither yes nor no.
    #[error("motion={0}: write yes, or no for the first frame of what moves")]
    NoAnswer(String),
    /// A format that is not known.
    #[error(transparent)]
    Format(#[from] UnknownFormat),
    /// A range of shapes that is none.
    #[error(transparent)]
    Aspect(#[from] BadAspect),
}

/// Reads the limits.
pub(super) fn parse(text: &str) -> Result<Fit, BadFit> {
    let mut fit = Fit::default();
    let mut seen = Vec::new();
    for piece in text.split(',') {
        let (name, value) = piece.split_once('=').ok_or_else(|| BadFit::NoLimit(piece.to_owned()))?;
        let (name, value) = (name.trim(), value.trim());
        if seen.contains(&name) {
            return Err(BadFit::Twice(name.to_owned()));
        }
        seen.push(name);
        match name {
            "bytes" => fit.max_bytes = Some(above_0(parse_bytes(value), name, value)?),
            "pixels" => fit.max_pixels = Some(above_0(parse_pixels(value), name, value)?),
            "side" => fit.max_side = Some(above_0(side(value), name, value)?),
            "formats" => fit.formats = value.split('+').map(Format::parse).collect::<Result<_, _>>()?,
            "aspect" => fit.aspect = Some(AspectRange::parse(value)?),
            "motion" => fit.is_still = is_no(value)?,
            name => return Err(BadFit::UnknownName(name.to_owned())),
        }
    }
    Ok(fit)
}

/// A whole number; no picture reaches the largest of the type, which stands for all above it.
fn side(value: &str) -> Option<u32> {
    value.parse::<u64>().ok().map(|side| u32::try_from(side).unwrap_or(u32::MAX))
}

fn is_no(value: &str) -> Result<bool, BadFit> {
    match value {
        "yes" => Ok(false),
        "no" => Ok(true),
        _ => Err(BadFit::NoAnswer(value.to_owned())),
    }
}

fn above_0<T: Default + PartialEq>(number: Option<T>, name: &str, value: &str) -> Result<T, BadFit> {
    let number = number.filter(|number| *number != T::default());
    number.ok_or_else(|| BadFit::BadNumber { name: name.to_owned(), value: value.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_is_read() {
        let fit =
            parse("bytes=2000000,side=4096, pixels=16000000,formats=jpeg+PNG,aspect=4:5..1.91:1,motion=no");
        let expected = Fit {
            formats: vec![Format::Jpeg, Format::Png],
            max_bytes: Some(2_000_000),
            max_pixels: Some(16_000_000),
            max_side: Some(4096),
            aspect: AspectRange::new(0.8, 1.91).ok(),
            is_still: true,
        };
        assert_eq!(fit, Ok(expected));
        let with_units = parse("bytes=2MB,pixels=16MP").expect("limits");
        assert_eq!((with_units.max_bytes, with_units.max_pixels), (Some(2_000_000), Some(16_000_000)));
        assert_eq!(parse("side=99999999999"), Ok(Fit { max_side: Some(u32::MAX), ..Fit::default() }));
        assert_eq!(parse("side=10"), Ok(Fit { max_side: Some(10), ..Fit::default() }));
    }

    #[test]
    fn what_is_no_limit_is_said() {
        for (text, said) in [
            ("", "write name=value"),
            ("bytes", "write name=value"),
            ("bytes=1,", "write name=value"),
            ("size=1", "choose bytes, side, pixels, formats, aspect or motion"),
            ("bytes=1,bytes=2", "given twice"),
            ("bytes=0", "bytes=0: write a whole number above 0"),
            ("bytes=-1", "whole number"),
            ("side=1.5", "whole number"),
            ("pixels=1.5", "whole number"),
            ("bytes=2 parsecs", "bytes may be written 2MB"),
            ("formats=jpeg,png", "write name=value"),
            ("formats=doc", "is not a picture format"),
            ("aspect=2", "written width:height..width:height"),
        ] {
            let error = parse(text).expect_err(text).to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}
