//! A place on the board: after which share the next page begins.
//!
//! By time and id rather than by number, so that shares which arrive while somebody reads move nothing.

use jiff::Timestamp;

use super::{ShareId, ShareRecord};

/// The last share of a page; the next page holds what is older.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardCursor {
    /// When that share was accepted.
    pub created_at: Timestamp,
    /// Which of those accepted in that millisecond.
    pub id: ShareId,
}

/// A text is not a place on the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a place on the board is written milliseconds-id, as the link to the next page has it")]
pub struct BoardCursorError;

impl BoardCursor {
    /// The place right after `share`.
    #[must_use]
    pub fn after(share: &ShareRecord) -> Self {
        Self { created_at: share.created_at, id: share.id.clone() }
    }

    /// Reads what [`Display`](std::fmt::Display) writes.
    pub fn parse(text: &str) -> Result<Self, BoardCursorError> {
        let (milliseconds, id) = text.rsplit_once('-').ok_or(BoardCursorError)?;
        let milliseconds = milliseconds.parse().map_err(|_| BoardCursorError)?;
        let created_at = Timestamp::from_millisecond(milliseconds).map_err(|_| BoardCursorError)?;
        Ok(Self { created_at, id: ShareId::parse(id).map_err(|_| BoardCursorError)? })
    }
}

impl std::fmt::Display for BoardCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.created_at.as_millisecond(), self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_travels_in_an_address_and_back() {
        for text in ["1763923200123-0123456789abcdef", "-5-0123456789abcdef"] {
            assert_eq!(BoardCursor::parse(text).map(|cursor| cursor.to_string()).as_deref(), Ok(text));
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "-",
            "12",
            "x-0123456789abcdef",
            "12-0123",
            "99999999999999999-0123456789abcdef",
            "1e3-0123456789abcdef",
        ] {
            assert_eq!(BoardCursor::parse(text), Err(BoardCursorError), "{text}");
        }
    }
}
