//! What a decoder was born with: one line to the server, and whatever else was open by accident.
//!
//! The two calls into the C library that no safe crate offers stand here.

use std::fs::OpenOptions;
use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::stdio::{dup2_stderr, dup2_stdin, dup2_stdout};

/// Takes the line from stdin, puts nothing in the place of stdin, stdout and stderr, and closes all else.
pub(super) fn keep_the_line() -> io::Result<OwnedFd> {
    close_all_but_stdio()?;
    ignore_requests_to_end();
    let line = io::stdin().as_fd().try_clone_to_owned()?;
    let nothing = OpenOptions::new().read(true).write(true).open("/dev/null")?;
    dup2_stdin(&nothing)?;
    dup2_stdout(&nothing)?;
    dup2_stderr(&nothing)?;
    Ok(line)
}

/// Closes what the server, or who started it, left open without meaning to.
#[expect(unsafe_code, reason = "rustix has no close_range; the call takes three numbers")]
fn close_all_but_stdio() -> io::Result<()> {
    // SAFETY: the process has just begun and this is its one thread: no object owns a file descriptor above stderr yet,
    // so none is closed behind its owner's back.
    let closed = unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, 0) };
    if closed == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// A service manager sends SIGTERM to every process of a service. The server then lets requests finish and ends its
/// decoders; those that ended at once would spoil what is under way.
#[expect(unsafe_code, reason = "to ignore a signal is a call of the C library")]
fn ignore_requests_to_end() {
    for signal in [libc::SIGTERM, libc::SIGINT, libc::SIGHUP] {
        // SAFETY: SIG_IGN runs no code of ours, and no other thread is there to be surprised.
        unsafe { libc::signal(signal, libc::SIG_IGN) };
    }
}
