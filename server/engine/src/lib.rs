//! The engine: fetch, crop, store and deliver together.
//!
//! It knows nothing of HTTP routes, pages or configuration files; what comes in is checked already, and what it needs
//! (limits, accounts, folders, clock) is given to it. `engine.rs` tells the whole story of one share in order.

pub mod accounts;
pub mod clock;
mod crash;
pub mod cutting;
pub mod deliver;
pub mod engine;
pub mod error;
pub mod fetch;
pub mod galleries;
pub mod limits;
pub mod links;
pub mod permits;
pub mod store;
pub mod sweeper;

pub use cutline_crop as crop;

pub use self::engine::Engine;
