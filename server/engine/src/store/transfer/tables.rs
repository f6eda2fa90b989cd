//! What a record consists of: every table with every column, in an order in which each row finds those it refers to.
//!
//! A column that is forgotten here would be lost on the way, so the tests compare this list with both databases.

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A text.
    Text,
    /// A whole number.
    Whole,
    /// A fraction.
    Real,
    /// Bytes.
    Bytes,
}

/// A table, or a list made of one.
#[derive(Debug)]
pub(super) struct Table {
    /// Its name, also of its file.
    pub(super) name: &'static str,
    /// What is read; the table itself, but for lists.
    pub(super) source: &'static str,
    /// Its columns; those of its key come first.
    pub(super) columns: &'static [(&'static str, Kind)],
    /// How many of the columns are its key, by which rows are ordered.
    pub(super) key: usize,
}

use Kind::{Bytes, Real, Text, Whole};

/// All tables.
pub(super) static TABLES: [Table; 16] = [
    Table {
        name: "share",
        source: "share",
        key: 1,
        columns: &[
            ("id", Text),
            ("created_at", Whole),
            ("image_url", Text),
            ("page_url", Text),
            ("page_title", Text),
            ("site_name", Text),
            ("source_width", Whole),
            ("source_height", Whole),
            ("region_x", Real),
            ("region_y", Real),
            ("region_w", Real),
            ("region_h", Real),
            ("description", Text),
            ("alt", Text),
            ("credit_author", Text),
            ("credit_licence", Text),
            ("credit_link", Text),
            ("clipping_hash", Text),
            ("clipping_extension", Text),
            ("clipping_media_type", Text),
            ("clipping_width", Whole),
            ("clipping_height", Whole),
            ("clipping_bytes", Whole),
        ],
    },
    Table {
        name: "delivery",
        source: "delivery",
        key: 2,
        columns: &[
            ("share_id", Text),
            ("target", Text),
            ("place", Whole),
            ("state", Text),
            ("url", Text),
            ("reason", Text),
            ("attempts", Whole),
            ("due_at", Whole),
            ("asked_at", Whole),
            ("attempt_id", Whole),
            ("upload", Text),
            ("published_at", Whole),
            ("sent_at", Whole),
            ("taken_at", Whole),
            ("leased_until", Whole),
            ("post_id", Text),
            ("broken_off", Whole),
        ],
    },
    Table {
        name: "attempt",
        source: "attempt",
        key: 1,
        columns: &[
            ("id", Whole),
            ("share_id", Text),
            ("target", Text),
            ("started_at", Whole),
            ("ended_at", Whole),
            ("outcome", Text),
            ("reason", Text),
        ],
    },
    Table {
        name: "idempotency",
        source: "idempotency",
        key: 1,
        columns: &[("key", Text), ("request_hash", Text), ("share_id", Text), ("created_at", Whole)],
    },
    Table {
        name: "deleted_share",
        source: "deleted_share",
        key: 1,
        columns: &[("id", Text), ("deleted_at", Whole), ("clipping", Text), ("clipping_due_at", Whole)],
    },
    Table {
        name: "deleted_key",
        source: "deleted_key",
        key: 1,
        columns: &[("key", Text), ("request_hash", Text), ("share_id", Text), ("created_at", Whole)],
    },
    Table {
        name: "removal",
        source: "removal",
        key: 2,
        columns: &[
            ("share_id", Text),
            ("target", Text),
            ("post_id", Text),
            ("sent_at", Whole),
            ("sent_until", Whole),
            ("state", Text),
            ("reason", Text),
            ("attempts", Whole),
            ("due_at", Whole),
            ("asked_at", Whole),
        ],
    },
    Table {
        name: "discard",
        source: "discard",
        key: 3,
        columns: &[
            ("share_id", Text),
            ("target", Text),
            ("number", Whole),
            ("upload", Text),
            ("state", Text),
            ("reason", Text),
            ("attempts", Whole),
            ("asked_at", Whole),
            ("due_at", Whole),
        ],
    },
    Table {
        name: "clipping_removal",
        source: "clipping_removal",
        key: 1,
        columns: &[("clipping", Text), ("removals", Whole), ("held_until", Whole)],
    },
    Table {
        name: "rest",
        source: "rest",
        key: 2,
        columns: &[("kind", Text), ("name", Text), ("until_at", Whole), ("failures", Whole)],
    },
    Table {
        name: "visitor",
        source: "visitor",
        key: 1,
        columns: &[("id", Text), ("created_at", Whole), ("expires_at", Whole), ("chosen", Text)],
    },
    Table { name: "session", source: "session", key: 1, columns: &[("hash", Text), ("visitor_id", Text)] },
    Table {
        name: "sign_in",
        source: "sign_in",
        key: 1,
        columns: &[
            ("hash", Text),
            ("session_hash", Text),
            ("connection", Text),
            ("key_id", Text),
            ("sealed", Bytes),
            ("expires_at", Whole),
        ],
    },
    Table {
        name: "registration",
        source: "registration",
        key: 3,
        columns: &[
            ("platform", Text),
            ("server", Text),
            ("redirect_uri", Text),
            ("client_id", Text),
            ("key_id", Text),
            ("sealed", Bytes),
        ],
    },
    Table {
        name: "account",
        source: "account",
        key: 1,
        columns: &[
            ("id", Text),
            ("visitor_id", Text),
            ("platform", Text),
            ("server", Text),
            ("remote_id", Text),
            ("name", Text),
            ("state", Text),
            ("connected_at", Whole),
            ("key_id", Text),
            ("sealed", Bytes),
            ("refreshing_until", Whole),
        ],
    },
    Table { name: "secret", source: "secret", key: 1, columns: &[("name", Text), ("value", Bytes)] },
];

/// The clippings that shares have, each once.
pub(super) static CLIPPINGS: Table = Table {
    name: "clippings",
    source: "(SELECT DISTINCT clipping_hash AS hash, clipping_extension AS extension FROM share) AS clippings",
    key: 2,
    columns: &[("hash", Text), ("extension", Text)],
};
