//! The door to libwebp: the one place of this crate that calls C, with the reasons why each call is sound.
//!
//! What comes in is bytes and numbers that were checked before; what goes out is owned by Rust. No pointer of libwebp's
//! leaves this folder. It runs on one thread, and so it calls nothing of ours back.

#![expect(unsafe_code, reason = "libwebp is a library in C")]

mod decoder;
mod encoder;

pub(crate) use self::decoder::{Decoder, Progress};
pub(crate) use self::encoder::{AnimationEncoder, Kind, Pixels, Settings, encode};
