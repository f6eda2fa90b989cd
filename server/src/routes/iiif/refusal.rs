//! What is wrong with one part of an address: 400, with the part's name and what may stand there instead.

use cutline_model::{Problem, ProblemCode};

use crate::problem::ProblemResponse;

/// Most of a wrong value that a message repeats, in characters.
const MAX_SHOWN_CHARS: usize = 60;

/// One part of an address that is refused, section 7.3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    parameter: &'static str,
    message: String,
}

impl Refusal {
    /// `message` says what is wrong and what to do.
    pub(super) fn new(parameter: &'static str, message: impl Into<String>) -> Self {
        Self { parameter, message: message.into() }
    }

    /// A text that is none of the forms of this part.
    pub(super) fn unreadable(parameter: &'static str, text: &str, forms: &str) -> Self {
        let shown: String = text.chars().take(MAX_SHOWN_CHARS).collect();
        Self::new(parameter, format!("{shown:?} is no {parameter}: write {forms}."))
    }
}

/// The answer where a sound request meets a picture of which that cannot be made, HDR as JPEG for example, or not in the
/// memory and time allowed: 501, since section 7.3 knows no 422.
pub(super) fn not_made(ProblemResponse(problem): ProblemResponse) -> ProblemResponse {
    let status = if problem.status == 422 { 501 } else { problem.status };
    Problem { status, ..problem }.into()
}

impl From<Refusal> for ProblemResponse {
    fn from(Refusal { parameter, message }: Refusal) -> Self {
        Problem::new(ProblemCode::InvalidParameter, message).in_field(parameter).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_made_of_a_picture_is_not_implemented_and_all_else_stays() {
        for (code, status) in [
            (ProblemCode::PictureUnsupported, 501),
            (ProblemCode::PictureTooLarge, 501),
            (ProblemCode::Busy, 503),
            (ProblemCode::Internal, 500),
            (ProblemCode::NotFound, 404),
        ] {
            assert_eq!(not_made(ProblemResponse::new(code, "a reason")).0.status, status, "{code:?}");
        }
    }
}
