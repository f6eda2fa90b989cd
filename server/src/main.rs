//! The program: reads the command line, does what it says, and turns what went wrong into an exit code.

use std::error::Error;
use std::process::ExitCode;

use clap::Parser;
use cutline_server::cli::{Cli, Command};
use cutline_server::commands;

/// It failed; the reason is on stderr.
const FAILED: u8 = 1;
/// The command line has no sense; what clap itself ends with.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    match Cli::parse().command() {
        Command::Serve(args) => end(commands::serve::run(&args), |_| FAILED),
        Command::Decoder(args) => end(commands::decoder::run(args), |_| FAILED),
        Command::Pictures(args) => end(commands::pictures::run(&args), |_| FAILED),
        Command::Export(args) => end(commands::transfer::export(&args), |_| FAILED),
        Command::Import(args) => end(commands::transfer::import(&args), |_| FAILED),
        Command::Migrate(args) => end(commands::migrate::run(&args), |_| FAILED),
        Command::Reseal(args) => end(commands::reseal::run(&args), |_| FAILED),
        Command::Check(args) => end(commands::check::run(&args), |_| FAILED),
        Command::Crop(args) => {
            end(commands::crop::run(&args), |error| if error.is_usage() { USAGE } else { FAILED })
        }
    }
}

fn end<E: Error>(done: Result<(), E>, code: impl FnOnce(&E) -> u8) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cutline: {error}");
            ExitCode::from(code(&error))
        }
    }
}
