//! The JSON API, version 1. It knows no cookies; errors are problem+json.

pub mod embed;
pub mod events;
pub mod shares;
pub mod targets;
