//! What can be asked of a decoder, and its answers: plain data, since they cross to another process and back.

use cutline_crop::{
    self as crop, CropError, CropLimits, CropOptions, Cut, Format, RenditionOptions, Source, Thumbnail,
};
#[cfg(target_os = "linux")]
use cutline_model::PixelRegion;
use cutline_model::{Region, Size};
use serde::{Deserialize, Serialize};

/// As much as an error has to say of a picture, in bytes.
#[cfg(target_os = "linux")]
const MAX_WORDS_BYTES: usize = 200;

/// One piece of work on one picture.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Job {
    /// Cut a region out.
    Crop { region: Region, options: CropOptions },
    /// Make a part of any size, turned and toned.
    Rendition { options: RenditionOptions },
    /// Say what it is and how large.
    Measure,
    /// Make a smaller copy.
    Thumbnail { width: u32 },
}

/// What a job gives.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Answer {
    Cut(Cut),
    Measured(Format, Size),
    Thumbnail(Thumbnail),
}

impl Job {
    /// Does the work, here and now.
    pub(super) fn perform(&self, source: Source<'_>, limits: &CropLimits) -> Result<Answer, CropError> {
        match self {
            Self::Crop { region, options } => crop::crop(source, *region, options, limits).map(Answer::Cut),
            Self::Rendition { options } => crop::rendition(source, options, limits).map(Answer::Cut),
            Self::Measure => {
                crop::measure(source, limits).map(|(format, size)| Answer::Measured(format, size))
            }
            Self::Thumbnail { width } => crop::thumbnail(source, *width, limits).map(Answer::Thumbnail),
        }
    }
}

#[cfg(target_os = "linux")]
impl Answer {
    /// Where the file lies that was made; it travels beside the answer.
    pub(super) fn file(&mut self) -> Option<&mut Vec<u8>> {
        match self {
            Self::Cut(cut) => Some(&mut cut.bytes),
            Self::Measured(..) => None,
            Self::Thumbnail(thumbnail) => Some(&mut thumbnail.bytes),
        }
    }

    /// The answer to `job` of a decoder that a picture may have taken over: the file is what it is said to be and what was
    /// asked for, words and addresses are fit for a page. [`CropError::DecoderFailed`] otherwise.
    pub(super) fn checked(self, job: &Job) -> Result<Self, CropError> {
        let is_sound = match (&self, job) {
            (Self::Cut(cut), Job::Crop { region, options }) => {
                crop::sniff(&cut.bytes) == Ok(cut.format)
                    && options.format.is_none_or(|format| format == cut.format)
                    && cut.region.is_inside(cut.source_size)
                    // It may be wider than asked for, and is never less.
                    && covers(cut.region, region.to_pixels(cut.source_size))
                    && options.fit.as_ref().map_or(cut.size == cut.region.size(), |fit| fit.holds(cut))
            }
            (Self::Cut(cut), Job::Rendition { options }) => {
                crop::sniff(&cut.bytes) == Ok(options.format)
                    && cut.format == options.format
                    && cut.size == options.turned_size()
            }
            (Self::Thumbnail(thumbnail), Job::Thumbnail { width }) => {
                crop::sniff(&thumbnail.bytes) == Ok(thumbnail.format) && thumbnail.size.width() <= *width
            }
            (Self::Measured(..), Job::Measure) => true,
            _ => false,
        };
        if !is_sound {
            return Err(CropError::DecoderFailed);
        }
        Ok(match self {
            Self::Cut(cut) => Self::Cut(Cut { credit: crop::clean_credit(&cut.credit), ..cut }),
            answer => answer,
        })
    }
}

/// The same error with words fit for a page: a decoder that a picture may have taken over does not speak to visitors.
#[cfg(target_os = "linux")]
pub(super) fn checked_error(error: CropError) -> CropError {
    let is_plain = match &error {
        CropError::Unsupported { what, instead } => is_plain(what) && is_plain(instead),
        CropError::Broken { reason, .. } | CropError::Unreadable { reason } => is_plain(reason),
        _ => true,
    };
    if is_plain { error } else { CropError::DecoderFailed }
}

/// Whether it is a few words without an address in them.
#[cfg(target_os = "linux")]
fn is_plain(text: &str) -> bool {
    let is_of_words = |c: char| c == ' ' || c.is_ascii_graphic() && !matches!(c, '<' | '>' | '@' | '\\');
    text.len() <= MAX_WORDS_BYTES
        && text.chars().all(is_of_words)
        && !["//", "www."].into_iter().any(|mark| text.to_ascii_lowercase().contains(mark))
}

/// Whether all of `inner` lies in `outer`; both lie in a picture.
#[cfg(target_os = "linux")]
fn covers(outer: PixelRegion, inner: PixelRegion) -> bool {
    outer.left <= inner.left
        && outer.top <= inner.top
        && outer.left + outer.width >= inner.left + inner.width
        && outer.top + outer.height >= inner.top + inner.height
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use cutline_crop::CropStats;
    use cutline_model::Credit;

    use super::*;

    fn size(width: u32, height: u32) -> Size {
        Size::new(width, height).expect("not empty")
    }

    fn cut() -> Cut {
        let part = size(2, 2);
        Cut {
            bytes: b"\xff\xd8\xff\xe0 and so on".to_vec(),
            format: Format::Jpeg,
            size: part,
            source_size: size(9, 9),
            region: PixelRegion { left: 7, top: 7, width: 2, height: 2 },
            changes: Vec::new(),
            credit: Credit::default(),
            stats: CropStats::default(),
        }
    }

    fn checked(answer: Answer, job: &Job) -> Result<Cut, CropError> {
        answer.checked(job).map(|answer| match answer {
            Answer::Cut(cut) => cut,
            other => panic!("{other:?}"),
        })
    }

    fn rendition_of(size: Size, turn: crop::Turn) -> Job {
        let (region, format) = (cut().region, Format::Jpeg);
        let (is_mirrored, tone) = (false, crop::Tone::Full);
        Job::Rendition {
            options: RenditionOptions { region, size, is_mirrored, turn, tone, format, quality: 80 },
        }
    }

    fn fitting(max_side: u32) -> Job {
        let fit = crop::Fit { max_side: Some(max_side), ..crop::Fit::default() };
        let options = CropOptions { fit: Some(fit), ..CropOptions::default() };
        Job::Crop { region: Region::new(0.78, 0.78, 0.2, 0.2).expect("inside"), options }
    }

    fn crop_to(format: Option<Format>) -> Job {
        let corner = Region::new(0.78, 0.78, 0.2, 0.2).expect("inside");
        Job::Crop { region: corner, options: CropOptions { format, ..CropOptions::default() } }
    }

    #[test]
    fn an_honest_answer_passes_as_it_is() {
        for job in [crop_to(None), crop_to(Some(Format::Jpeg))] {
            assert_eq!(checked(Answer::Cut(cut()), &job), Ok(cut()));
            let region = PixelRegion { left: 5, top: 6, width: 4, height: 3 };
            let wider = Cut { region, size: region.size(), ..cut() };
            assert_eq!(checked(Answer::Cut(wider.clone()), &job), Ok(wider));
        }
        let measured = Answer::Measured(Format::Png, size(1, 1));
        assert!(matches!(measured.checked(&Job::Measure), Ok(Answer::Measured(Format::Png, _))));
    }

    #[test]
    fn a_page_that_calls_itself_a_picture_is_refused() {
        let page = Cut { bytes: b"<!doctype html><script>".to_vec(), ..cut() };
        assert_eq!(checked(Answer::Cut(page.clone()), &crop_to(None)), Err(CropError::DecoderFailed));
        let thumbnail = Thumbnail { bytes: page.bytes, format: Format::Png, size: size(1, 1) };
        let answer = Answer::Thumbnail(thumbnail).checked(&Job::Thumbnail { width: 1 });
        assert!(matches!(answer, Err(CropError::DecoderFailed)));
    }

    #[test]
    fn an_answer_to_another_question_is_refused() {
        let outside = PixelRegion { left: 8, top: 7, width: 2, height: 2 };
        let other = PixelRegion { left: 0, top: 7, width: 8, height: 2 };
        for (answer, job) in [
            (Answer::Cut(cut()), crop_to(Some(Format::Png))),
            (Answer::Cut(cut()), Job::Measure),
            (Answer::Cut(Cut { region: outside, ..cut() }), crop_to(None)),
            (Answer::Cut(Cut { region: other, ..cut() }), crop_to(None)),
            (Answer::Measured(Format::Jpeg, size(1, 1)), crop_to(None)),
            (Answer::Cut(Cut { size: size(2, 3), ..cut() }), crop_to(None)),
            (Answer::Cut(cut()), fitting(1)),
            (Answer::Cut(cut()), rendition_of(size(2, 4), crop::Turn::None)),
        ] {
            assert_eq!(checked(answer, &job), Err(CropError::DecoderFailed));
        }
    }

    #[test]
    fn what_was_made_smaller_or_turned_as_asked_passes() {
        assert_eq!(checked(Answer::Cut(cut()), &fitting(2)), Ok(cut()));
        let turned = Cut { size: size(4, 2), ..cut() };
        let job = rendition_of(size(2, 4), crop::Turn::Right);
        assert_eq!(checked(Answer::Cut(turned.clone()), &job), Ok(turned));
    }

    #[test]
    fn an_error_has_a_few_words_and_no_address() {
        let broken = |reason: &str| CropError::Broken { format: Format::Png, reason: reason.to_owned() };
        let plain = broken("a chunk's check sum is 0x12, not 0x34 (IDAT)");
        assert_eq!(checked_error(plain.clone()), plain);
        for said in ["go to https://a.example", "see WWW.a.example", "a\nb", "<b>", &"x".repeat(201)] {
            assert_eq!(checked_error(broken(said)), CropError::DecoderFailed, "{said}");
            let unsupported =
                CropError::Unsupported { what: "a thing".into(), instead: said.to_owned().into() };
            assert_eq!(checked_error(unsupported), CropError::DecoderFailed, "{said}");
        }
    }

    #[test]
    fn what_a_decoder_says_of_the_author_is_made_fit_for_a_page() {
        let credit = Credit {
            author: format!("Ada\n\u{7}{}", "x".repeat(60_000)),
            licence: String::new(),
            link: "javascript:alert(1)".to_owned(),
        };
        let credit = checked(Answer::Cut(Cut { credit, ..cut() }), &crop_to(None)).expect("sound").credit;
        assert!(credit.author.starts_with("Ada xxx") && credit.author.chars().count() < 300);
        assert_eq!(credit.link, "");
    }
}
