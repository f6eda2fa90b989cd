//! As many open files and connections as the system lets this program have.
//!
//! Systems start programs with 1,024, for the sake of old ones, and let them ask for more. A fetch takes up to eight: the
//! visitor's connection, and six questions to a silent name server or, later, the origin's connection and memory for the
//! picture and for its part.

use rustix::process::{Resource, getrlimit, setrlimit};

const FILES_PER_FETCH: u64 = 8;

/// Asks for all that may be asked for, and says so in the log when that is not enough for this many fetches at once.
pub fn allow_for(max_fetches: usize) {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::warn!(%error, "the number of open files cannot be raised");
    }
    let wanted = FILES_PER_FETCH.saturating_mul(max_fetches as u64);
    if let Some(files) = getrlimit(Resource::Nofile).current.filter(|&files| files < wanted) {
        tracing::warn!(
            files,
            wanted,
            "few open files are allowed here: raise the limit (ulimit -Hn, LimitNOFILE), or lower limits.max_concurrent_fetches"
        );
    }
}
