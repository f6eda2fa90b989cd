//! Logs: one line for each event, on stderr, so that stdout stays for what a program may read.
//!
//! Which events is the site owner's choice (`log` in the configuration). No secret gets here: tokens are `Secret`s,
//! which print as nothing, and no event carries a request's headers or body.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;
use tracing_subscriber::util::TryInitError;

/// Why there can be no log.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The filter's text has no sense.
    #[error("log must be a filter, for example info or warn,cutline_engine=debug: {0}")]
    Filter(#[from] ParseError),
    /// Something in this process logs already.
    #[error("the log is set up twice: {0}")]
    Twice(#[from] TryInitError),
}

/// Starts logging what `filter` lets through, for example `info` or `warn,cutline_engine=debug`; once in a process.
pub fn start(filter: &str) -> Result<(), LogError> {
    use tracing_subscriber::util::SubscriberInitExt;

    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::builder().parse(filter)?)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .finish()
        .try_init()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_without_sense_is_refused() {
        let error = start("info,=,").expect_err("not a filter").to_string();
        assert!(error.starts_with("log must be a filter"), "{error}");
    }
}
