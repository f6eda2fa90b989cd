//! The program: reads the command line, does what it says, and turns what went wrong into an exit code.
//!
//! 0: done, 1: it failed (the reason is on stderr), 2: the command line has no sense (clap's own answer).

use std::process::ExitCode;

use clap::Parser;
use cutline_server::cli::{Cli, Command};
use cutline_server::commands;

fn main() -> ExitCode {
    let done = match Cli::parse().command() {
        Command::Serve(args) => commands::serve::run(&args).map_err(|error| error.to_string()),
        Command::Check(args) => commands::check::run(&args).map_err(|error| error.to_string()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("cutline: {message}");
            ExitCode::FAILURE
        }
    }
}
