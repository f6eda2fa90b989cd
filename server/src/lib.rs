//! The server: configuration, command line, serving; what stands between the web and the engine.

pub mod application;
pub mod assets;
pub mod cli;
pub mod commands;
pub mod config;
mod cookies;
pub mod embed;
mod etag;
pub mod logs;
pub mod map;
pub mod memory;
pub mod open_files;
pub mod problem;
pub mod router;
pub mod routes;
pub mod serve;
pub mod state;
pub mod streams;
