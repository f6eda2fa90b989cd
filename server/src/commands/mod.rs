//! What the program does, one file per command; each gives an error whose text says what to do.

pub mod check;
pub mod crop;
pub mod decoder;
pub mod migrate;
pub mod pictures;
pub mod reseal;
pub mod serve;
pub mod transfer;
