//! Real servers for tests, each on this machine with a folder of its own, ended with the test program.
//!
//! A fake says what we believe; these say what is. A server that is not installed fails the test with what to install.

mod postgres;
pub mod preload;
mod programs;
mod s3;

pub use postgres::Postgres;
pub use s3::S3;
