//! What can be asked of a decoder, and its answers: plain data, since they cross to another process and back.

use cutline_crop::{
    self as crop, CropError, CropLimits, CropOptions, Cut, Format, RenditionOptions, Source, Thumbnail,
};
#[cfg(target_os = "linux")]
use cutline_model::PixelRegion;
use cutline_model::{Region, Size};
use serde::{Deserialize, Serialize};

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
            }
            (Self::Cut(cut), Job::Rendition { options }) => {
                crop::sniff(&cut.bytes) == Ok(options.format) && cut.format == options.format
            }
            (Self::Thumbnail(thumbnail), Job::Thumbnail { .. }) => {
                crop::sniff(&thumbnail.bytes) == Ok(thumbnail.format)
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

    fn crop_to(format: Option<Format>) -> Job {
        let corner = Region::new(0.78, 0.78, 0.2, 0.2).expect("inside");
        Job::Crop { region: corner, options: CropOptions { format, ..CropOptions::default() } }
    }

    #[test]
    fn an_honest_answer_passes_as_it_is() {
        for job in [crop_to(None), crop_to(Some(Format::Jpeg))] {
            assert_eq!(checked(Answer::Cut(cut()), &job), Ok(cut()));
            let wider = Cut { region: PixelRegion { left: 5, top: 6, width: 4, height: 3 }, ..cut() };
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
        ] {
            assert_eq!(checked(answer, &job), Err(CropError::DecoderFailed));
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
