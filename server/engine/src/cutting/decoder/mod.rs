//! What happens in a decoder: a process that gives up all it could do but compute, then takes one job after the other.
//!
//! It is the same program, started with another command. Everything that it was born with is closed or taken away before
//! the first byte of a picture is read (`confine`); from then on it has its memory, the line to the server, and the two
//! files that come with each job.

mod arriving;
mod confine;
mod inheritance;
mod probe;
mod syscalls;

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;

use cutline_crop::{CropError, CropLimits, Source};

use self::arriving::Arriving;
use super::job::{Answer, Job};
use super::processes::wire::{self, FromDecoder, ToDecoder};

/// What a decoder may use in its life.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    /// Most memory beyond what the program itself takes, in bytes.
    pub memory_bytes: u64,
    /// Most computing, in seconds, over all jobs.
    pub cpu_seconds: u64,
}

/// Decodes for the server that started this process, on the line that is stdin, until the server hangs up.
///
/// # Errors
/// When this is no such process, or cannot be confined.
pub fn run(allowance: Allowance) -> io::Result<()> {
    let line = inheritance::keep_the_line()?;
    confine::confine(allowance)?;
    loop {
        let (message, files) = match wire::receive(&line) {
            Ok(received) => received,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            Err(error) => return Err(error),
        };
        let answer = match message {
            ToDecoder::Begin { job, limits } => {
                let [source, made] = <[OwnedFd; 2]>::try_from(files)
                    .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "a job without its files"))?;
                work(&line, &job, &limits, source.into(), &made.into())
            }
            ToDecoder::Probe => FromDecoder::Probed { possible: probe::possible(allowance) },
            // What was on its way while a job ended.
            ToDecoder::There { .. } | ToDecoder::Gone => continue,
        };
        wire::send(&line, &answer, &[])?;
    }
}

/// Does one job; what it makes is written to `made`.
fn work(line: &OwnedFd, job: &Job, limits: &CropLimits, source: File, made: &File) -> FromDecoder {
    let source = Source::arriving(Arriving::new(line, source));
    let result = job.perform(source, limits).and_then(|mut answer| {
        let file_bytes = hand_over(&mut answer, made).map_err(|_| CropError::DecoderFailed)?;
        Ok((answer, file_bytes))
    });
    match result {
        Ok((answer, file_bytes)) => FromDecoder::Done { result: Ok(answer), file_bytes },
        Err(error) => FromDecoder::Done { result: Err(error), file_bytes: 0 },
    }
}

/// Moves what was made out of the answer into the file, and says how long it is.
fn hand_over(answer: &mut Answer, made: &File) -> io::Result<u64> {
    let bytes = answer.file().map(std::mem::take).unwrap_or_default();
    made.write_all_at(&bytes, 0)?;
    Ok(bytes.len() as u64)
}
