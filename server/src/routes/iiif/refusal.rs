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

impl From<Refusal> for ProblemResponse {
    fn from(Refusal { parameter, message }: Refusal) -> Self {
        Problem::new(ProblemCode::InvalidParameter, message).in_field(parameter).into()
    }
}
