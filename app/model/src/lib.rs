//! The types that travel between Cutline's browser half and its server half.
//!
//! They hold only valid values: each is parsed once, on entry, and deserialising runs the same checks. The crate
//! knows serde and nothing else: no Leptos, no browser, no clock, no files, so that both halves can depend on it.

mod decimal;
mod gallery;
mod problem;
mod receipt;
mod region;
mod request;
mod settings;
mod size;
mod source;
mod target;
pub mod wishes;
mod within;

pub use decimal::{Written, decimal};
pub use gallery::{Credit, Gallery, Picture};
pub use problem::{Attribution, Problem, ProblemCode};
pub use receipt::{
    AcceptanceStep, Clipping, Deletion, Delivery, DeliveryState, DeliveryStep, InOtherLanguages, Removal,
    RemovalState, ShareReceipt,
};
pub use region::{Fragment, PixelRegion, Region, RegionError};
pub use request::ShareRequest;
pub use settings::{Loupe, OverlaySettings, TargetStyle};
pub use size::Size;
pub use source::{Source, SourceError};
pub use target::{Target, TargetId, TargetIdError, TargetLimits};
pub use within::within;
