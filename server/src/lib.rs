//! The server: configuration, command line, serving; what stands between the web and the engine.

pub mod assets;
pub mod config;
pub mod problem;
