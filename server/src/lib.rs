//! The server: configuration, command line, serving; what stands between the web and the engine.

pub mod config;
