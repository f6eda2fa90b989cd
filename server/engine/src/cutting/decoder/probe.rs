//! Tries what a decoder must not be able to do, in the decoder itself: what holds is what was tried.

use std::fs::File;
use std::io;
use std::net::{TcpListener, UdpSocket};
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::CommandExt;
use std::process::Command;

use super::Allowance;

/// What is tried, and whether it succeeds.
type Attempt = (&'static str, fn() -> bool);

/// What is possible although it must not be.
pub(super) fn possible(Allowance { memory_bytes, .. }: Allowance) -> Vec<String> {
    let attempts: [Attempt; 9] = [
        ("to open a file", || File::open("/dev/null").is_ok()),
        ("to list a folder", || std::fs::read_dir("/").is_ok()),
        ("to listen at a port", || TcpListener::bind("127.0.0.1:0").is_ok()),
        ("to send packets", || UdpSocket::bind("127.0.0.1:0").is_ok()),
        ("to make a socket", || UnixDatagram::unbound().is_ok()),
        ("to start a thread", || std::thread::Builder::new().spawn(|| ()).is_ok()),
        ("to start a program", || Command::new("/proc/self/exe").arg("--version").spawn().is_ok()),
        // Of a program that does not exist: were one named that does, this process would be gone. The refusal must come
        // from the filter, before anything looks for the file.
        ("to become a program", || {
            Command::new("/nonexistent").exec().kind() != io::ErrorKind::PermissionDenied
        }),
        ("to signal the server", || {
            rustix::process::getppid()
                .is_some_and(|server| rustix::process::test_kill_process(server).is_ok())
        }),
    ];
    let mut possible: Vec<String> =
        attempts.into_iter().filter(|(_, attempt)| attempt()).map(|(what, _)| what.to_owned()).collect();
    let too_much = usize::try_from(memory_bytes).unwrap_or(usize::MAX).saturating_add(1);
    if Vec::<u8>::new().try_reserve_exact(too_much).is_ok() {
        possible.push("to have more memory than allowed".to_owned());
    }
    possible
}
