//! Why the engine did not do what it was asked, and what the visitor is told about it.
//!
//! Two messages per error: `Display` and its sources are for the log, the [`Problem`] is for the visitor and says whose
//! fault it was. This is the one place where one becomes the other.

use cutline_model::{Attribution, Problem, ProblemCode, Size, TargetId};

use crate::crop::CropError;
use crate::cutting::CuttingError;
use crate::fetch::{FetchError, Kind};
use crate::galleries::GalleryError;
use crate::permits::Busy;
use crate::store::{ClippingError, StoreError};

/// Why a request to the engine failed.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// A field of the request is over a limit or makes no sense.
    #[error("{field}: {message}")]
    Field {
        /// Which field.
        field: String,
        /// What is wrong with it and what to do.
        message: String,
    },
    /// The site has no such target.
    #[error("{target} is not a target of this site")]
    UnknownTarget {
        /// Its place in the request.
        field: String,
        /// What was asked for.
        target: TargetId,
    },
    /// The idempotency key was used for another request.
    #[error("the idempotency key was used for another request")]
    IdempotencyConflict,
    /// There is no such share or clipping.
    #[error("nothing of that name is here")]
    NotFound,
    /// The share was deleted.
    #[error("the share was deleted")]
    Deleted,
    /// The request was sent before, and the share that it made was deleted since.
    #[error("the share that this key stands for was deleted")]
    DeletedBefore,
    /// What may be posted already is sent again for its maker only.
    #[error("what may be posted is sent again by its maker only")]
    MakersAlone,
    /// The key is not the one of the share.
    #[error("the key is not the one of the share")]
    WrongKey,
    /// The site's own page has no such picture.
    #[error("this site's page has no such picture")]
    NoSuchPicture,
    /// The picture has another shape than the visitor saw.
    #[error("the visitor saw a picture of {seen} pixels, but it has {found}")]
    PictureChanged {
        /// What the browser said.
        seen: Size,
        /// What is there.
        found: Size,
    },
    /// The source could not be fetched.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The owner reserves the picture.
    #[error("the owner of the picture reserves it ({wish})")]
    Reserved {
        /// The name of the reservation.
        wish: &'static str,
        /// What may be passed on of it.
        attribution: Attribution,
    },
    /// The part could not be cut out.
    #[error(transparent)]
    Crop(#[from] CropError),
    /// Too many pictures are being worked on.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// A picture of this site could not be read.
    #[error(transparent)]
    Gallery(#[from] GalleryError),
    /// The clipping could not be written or read.
    #[error(transparent)]
    Clipping(#[from] ClippingError),
    /// The record could not be written or read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<CuttingError> for EngineError {
    fn from(error: CuttingError) -> Self {
        match error {
            CuttingError::Crop(error) => error.into(),
            CuttingError::Fetch(error) => error.into(),
            CuttingError::Busy(error) => error.into(),
        }
    }
}

impl EngineError {
    pub(crate) fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Field { field: field.into(), message: message.into() }
    }

    /// What the visitor is told. What is our own fault is logged here and told without its details.
    #[must_use]
    pub fn into_problem(self) -> Problem {
        use ProblemCode as Code;
        match self {
            Self::Field { field, message } => Problem::new(Code::InvalidField, message).in_field(field),
            Self::UnknownTarget { field, target } => {
                let detail =
                    format!("{target} is not a target of this site. GET /api/v1/targets lists them.");
                Problem::new(Code::UnknownTarget, detail).in_field(field)
            }
            Self::IdempotencyConflict => {
                let detail = "This Idempotency-Key was used for another request within the last 24 hours. Use a new key for a new share.";
                Problem::new(Code::IdempotencyConflict, detail).in_field("Idempotency-Key")
            }
            Self::Deleted => Problem::new(
                Code::Gone,
                "Whoever shared this has deleted it. Posts of it on other sites are being removed as far as those let us.",
            ),
            Self::DeletedBefore => Problem::new(
                Code::Gone,
                "This was shared before, and that share has been deleted since. Share it once more to make a new one; programs do that under a new Idempotency-Key.",
            )
            .in_field("Idempotency-Key"),
            Self::MakersAlone => Problem::new(
                Code::WrongKey,
                "It may have been posted already, so only its maker can send it again: by the delete link that was shown after sharing, or its key.",
            ),
            Self::WrongKey => Problem::new(
                Code::WrongKey,
                "This needs the link that was shown to the maker after sharing. Copy it again, and whole.",
            ),
            Self::NotFound => Problem::new(
                Code::NotFound,
                "Nothing is here. The address may be mistyped, or what was here is gone.",
            ),
            Self::NoSuchPicture => Problem::new(
                Code::PictureNotFound,
                "This site has no such picture any more. Reload the page and select again.",
            ),
            Self::PictureChanged { seen, found } => {
                let detail = format!(
                    "You saw a picture of {seen} pixels, but the one at its address has {found}, another shape. Reload the page and select again."
                );
                Problem::new(Code::PictureChanged, detail).in_field("source.natural")
            }
            Self::Fetch(error) => fetch_problem(&error),
            Self::Reserved { wish, attribution } => {
                let detail = format!(
                    "The owner of this picture reserves it ({wish}), so no part of it is shared. Its link and credit can be."
                );
                Problem { attribution: Some(Box::new(attribution)), ..Problem::new(Code::Reserved, detail) }
            }
            Self::Crop(error) => Problem::new(crop_code(&error), sentence(&error.to_string())),
            Self::Busy(error) | Self::Gallery(GalleryError::Busy(error)) => {
                Problem::new(Code::Busy, sentence(&error.to_string()))
            }
            Self::Store(StoreError::ClippingHeld) => {
                Problem::new(Code::Busy, "An equal picture is being removed here. Try again in a minute.")
            }
            Self::Store(StoreError::Busy(error)) => {
                tracing::warn!(%error, "the database is busy");
                Problem::new(Code::Busy, "Too much is going on here. Try again in a few seconds.")
            }
            Self::Store(StoreError::Full(_)) | Self::Clipping(ClippingError::Full(_)) => {
                tracing::error!(
                    error = with_causes(&self),
                    "there is no room left: nothing is accepted until there is"
                );
                Problem::new(Code::Busy, "This server has no room left at the moment. Try again later.")
            }
            Self::Clipping(ClippingError::Away(error)) => {
                tracing::warn!(%error, "S3 is away");
                Problem::new(Code::Busy, "The storage is away at the moment. Try again in a few seconds.")
            }
            Self::Gallery(error) => internal(&error),
            Self::Clipping(error) => internal(&error),
            Self::Store(error) => internal(&error),
        }
    }
}

fn fetch_problem(error: &FetchError) -> Problem {
    use ProblemCode as Code;
    // The details tell apart what the visitor must not be able to tell apart: which addresses exist inside.
    tracing::info!(?error, "a source could not be fetched");
    let code = match error {
        FetchError::NotAnAddress { .. } => Code::InvalidField,
        FetchError::Unreachable { .. } => Code::OriginUnreachable,
        FetchError::Timeout => Code::OriginTimeout,
        FetchError::TooLarge { what: Kind::Picture, .. } => Code::PictureTooLarge,
        FetchError::KeptOut { .. } => Code::KeptOut,
        FetchError::Reserved { .. } => Code::Reserved,
        FetchError::Refused { .. }
        | FetchError::Encoded { .. }
        | FetchError::TooManyRedirects { .. }
        | FetchError::BadRedirect { .. }
        | FetchError::Broken { .. } => Code::OriginRefused,
        FetchError::TooLarge { what: Kind::Page, .. }
        | FetchError::NotAPage { .. }
        | FetchError::PictureNotFound { .. } => Code::PictureNotFound,
        FetchError::Busy => Code::Busy,
        FetchError::Setup { .. } => return internal(error),
    };
    let problem = Problem::new(code, sentence(&error.to_string()));
    match error {
        FetchError::NotAnAddress { field, .. } => problem.in_field(format!("source.{field}")),
        FetchError::NotAPage { .. } | FetchError::TooLarge { what: Kind::Page, .. } => {
            problem.in_field("source.page_url")
        }
        FetchError::Refused { status: 429 | 503, retry_after: Some(wait) } => problem.after(*wait),
        _ => problem,
    }
}

fn crop_code(error: &CropError) -> ProblemCode {
    match error {
        CropError::TooLarge { .. }
        | CropError::TooMuchMemory { .. }
        | CropError::TooManyFrames { .. }
        | CropError::AnimationTooLong { .. }
        | CropError::AnimationTooBig { .. }
        | CropError::ResultTooLarge { .. }
        | CropError::TooSlow { .. } => ProblemCode::PictureTooLarge,
        _ => ProblemCode::PictureUnsupported,
    }
}

/// An error with all its causes in one line, for logs and consoles.
#[must_use]
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn internal(error: &dyn std::error::Error) -> Problem {
    tracing::error!(error = with_causes(error), "a request failed by our own fault");
    Problem::new(ProblemCode::Internal, "Something went wrong here, and nothing was shared. Try again later.")
}

/// An error's text as a sentence. The name of a field stays as the request has it.
fn sentence(text: &str) -> String {
    if text.split(' ').next().is_some_and(|word| word.contains('_')) {
        return if text.ends_with('.') { text.to_owned() } else { format!("{text}.") };
    }
    let mut chars = text.chars();
    let first = chars.next().map(char::to_uppercase).into_iter().flatten();
    let end = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{}{}{end}", first.collect::<String>(), chars.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_inside_and_one_that_does_not_exist_look_the_same() {
        let problem = |detail: &str| {
            EngineError::from(FetchError::Unreachable { detail: detail.to_owned() }).into_problem()
        };
        assert_eq!(problem("127.0.0.1 is refused"), problem("no such host"));
    }

    #[test]
    fn our_own_faults_are_told_without_their_details() {
        let error = StoreError::Damaged { what: "share 5: secret path".to_owned() };
        let problem = EngineError::from(error).into_problem();
        assert_eq!(problem.status, 500);
        assert!(!problem.detail.contains("secret"), "{problem}");
    }

    #[test]
    fn an_owners_no_is_told_as_such_and_not_as_a_failure() {
        let attribution = Attribution { url: "https://a.example/".to_owned(), text: "a".to_owned() };
        for (error, code) in [
            (FetchError::KeptOut { wish: "nopin" }.into(), ProblemCode::KeptOut),
            (FetchError::Reserved { wish: "noimageindex", page: None }.into(), ProblemCode::Reserved),
            (
                EngineError::Reserved { wish: "noimageindex", attribution: attribution.clone() },
                ProblemCode::Reserved,
            ),
        ] {
            let problem = error.into_problem();
            assert_eq!((problem.code, problem.status), (code, 403));
            assert!(problem.title.contains("owner") && problem.detail.contains("owner"), "{problem:?}");
            assert!(problem.attribution.is_none_or(|said| *said == attribution));
        }
    }

    #[test]
    fn a_picture_that_costs_too_much_is_told_as_too_large_and_one_that_is_broken_as_unsupported() {
        let size = Size::new(9, 9).expect("not zero");
        let too_large = [
            CropError::TooLarge { size, limit: 80 },
            CropError::TooMuchMemory { size, needed: 90, limit: 80, is_of_part: true },
            CropError::TooManyFrames { limit: 8 },
            CropError::AnimationTooLong { limit: 8 },
            CropError::AnimationTooBig { frames: 9, limit: 80 },
        ];
        for error in too_large {
            assert_eq!(EngineError::from(error).into_problem().code, ProblemCode::PictureTooLarge);
        }
        let broken = EngineError::from(CropError::NotAPicture).into_problem();
        assert_eq!(broken.code, ProblemCode::PictureUnsupported);
    }

    #[test]
    fn an_error_becomes_a_sentence() {
        assert_eq!(sentence("the picture is gone"), "The picture is gone.");
        assert_eq!(sentence("Ärger."), "Ärger.");
        assert_eq!(sentence("image_url is too long"), "image_url is too long.");
        assert_eq!(sentence(""), ".");
    }
}
