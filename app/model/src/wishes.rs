//! How the owner of a page says that its pictures are not to be shared: names that the overlay and the server both obey.
//!
//! The `nopin` family is Pinterest's, and the one that pages have had for years; `data-cutline` and `cutline` are ours.

/// Keeps an element and all that is in it out, when the attribute has this value.
pub const KEPT_OUT_INSIDE: (&str, &str) = ("data-cutline", "off");

/// Attributes that keep one picture out, whatever their value.
pub const KEPT_OUT_ATTRIBUTES: [&str; 3] = ["data-pin-nopin", "data-nopin", "nopin"];

/// Names of `<meta>`s that keep all pictures of a page out, each with the word in its content that does.
pub const KEPT_OUT_PAGES: [(&str, &str); 2] = [("cutline", "off"), ("pinterest", "nopin")];
