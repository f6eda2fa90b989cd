//! How platforms count a text, and how one is made to fit: the visitor's words are shortened, the link never.
//!
//! One crate for both halves, so that what the overlay shows while somebody types is what the server will do. It knows no
//! platform: the rule of each comes as data, from the platform's own server where that tells it.

mod addresses;
mod letters;
mod markup;
mod parts;
mod rule;
mod shorten;
mod weighted;

pub use addresses::addresses;
pub use markup::Markup;
pub use parts::Parts;
pub use rule::{AddressCount, Rule, Unit, graphemes};
