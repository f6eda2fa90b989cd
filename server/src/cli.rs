//! The command line: what was typed after `cutline`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use url::Url;

use crate::commands::crop::CropArgs;
use crate::config::Role;

/// Share a part of a picture, from any web page, without a screenshot.
#[derive(Debug, Parser)]
#[command(name = "cutline", version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServeArgs,
}

impl Cli {
    /// The command asked for; `serve` if none is named.
    #[must_use]
    pub fn command(self) -> Command {
        self.command.unwrap_or(Command::Serve(self.serve))
    }
}

/// What `cutline` can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve galleries, take share requests and post clippings (what happens without a command)
    Serve(ServeArgs),
    /// Cut a region out of a picture
    Crop(CropArgs),
    /// List the pictures of a web page as the server sees them, as JSON
    Pictures(PicturesArgs),
    /// Bring the database's tables up to date, and say what that took (a server does the same when it starts)
    Migrate(MigrateArgs),
    /// Seal visitors' tokens under the key in secret_key_file, where previous_secret_key_file has sealed them
    Reseal(ResealArgs),
    /// Write the record and all clippings into a new folder, to bring them elsewhere; stop the servers first
    Export(TransferArgs),
    /// Bring what `export` wrote to an empty database and a place for clippings
    Import(TransferArgs),
    /// Read the configuration, and say what is wrong with it or what it means
    Check(CheckArgs),
    /// Decode pictures for the server that starts this
    #[command(hide = true)]
    Decoder(DecoderArgs),
}

/// What `serve` takes.
#[derive(Args, Debug)]
pub struct ServeArgs {
    /// The configuration file [default: cutline.toml, if it exists]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Address and port to listen on, instead of the configured ones; port 0 takes a free one
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// What this process does, where several share a Postgres database, instead of the configured
    #[arg(long)]
    pub role: Option<Role>,
    /// Decode pictures in the server's own process, where processes of their own cannot be had
    #[arg(long)]
    pub in_process: bool,
    /// Be there to be tested against: fake targets, a clock that begins at 2026-01-01T12:00:00Z, shares named 1, 2, 3, …
    #[arg(long)]
    pub test_mode: bool,
}

/// What `decoder` takes; the server gives it.
#[derive(Args, Clone, Copy, Debug)]
pub struct DecoderArgs {
    /// Most memory, in bytes
    #[arg(long, value_name = "N")]
    pub memory_bytes: u64,
    /// Most computing, in seconds
    #[arg(long, value_name = "N")]
    pub cpu_seconds: u64,
}

/// What `pictures` takes.
#[derive(Args, Debug)]
pub struct PicturesArgs {
    /// The page's address; private networks are refused as the server refuses them
    #[arg(value_name = "URL")]
    pub url: Url,
    /// The configuration file [default: cutline.toml, if it exists]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// What `export` and `import` take.
#[derive(Args, Debug)]
pub struct TransferArgs {
    /// The folder of the export
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// The configuration file, which names the database and the place for clippings [default: cutline.toml, if it exists]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// What `migrate` takes.
#[derive(Args, Debug)]
pub struct MigrateArgs {
    /// The configuration file [default: cutline.toml, if it exists]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// What `reseal` takes.
#[derive(Args, Debug)]
pub struct ResealArgs {
    /// The configuration file [default: cutline.toml, if it exists]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// What `check` takes.
#[derive(Args, Debug)]
pub struct CheckArgs {
    /// The configuration file [default: cutline.toml, if it exists]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Command, clap::Error> {
        Cli::try_parse_from(line.split(' ')).map(Cli::command)
    }

    #[test]
    fn the_command_line_has_no_contradictions() {
        <Cli as clap::CommandFactory>::command().debug_assert();
    }

    #[test]
    fn serving_needs_no_word() {
        for line in [
            "cutline --listen 127.0.0.1:0 --config a.toml",
            "cutline serve --config a.toml --listen 127.0.0.1:0",
        ] {
            let Ok(Command::Serve(args)) = parse(line) else { panic!("{line} serves") };
            assert_eq!(args.listen, Some(([127, 0, 0, 1], 0).into()));
            assert_eq!(args.config, Some("a.toml".into()));
        }
        assert!(matches!(
            parse("cutline"),
            Ok(Command::Serve(ServeArgs {
                config: None,
                listen: None,
                role: None,
                in_process: false,
                test_mode: false
            }))
        ));
    }

    #[test]
    fn what_makes_no_sense_is_a_usage_error() {
        for line in [
            "cutline sevre",
            "cutline --listen here",
            "cutline --port 3000",
            "cutline serve --role cook",
            "cutline crop in.jpg",
            "cutline pictures gallery.html",
            "cutline crop in.jpg 10,10,20,20 out.jpg",
            "cutline crop in.jpg pct:90,0,20,20 out.jpg",
            "cutline crop in.jpg pct:0,0,20,20 out.jpg --quality 0",
            "cutline crop in.jpg pct:0,0,20,20 out.jpg --format tiff",
            "cutline --config a.toml check",
        ] {
            assert_eq!(parse(line).expect_err(line).exit_code(), 2, "{line}");
        }
    }
}
