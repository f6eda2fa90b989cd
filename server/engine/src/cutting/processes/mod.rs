//! Decoding in child processes, the server's side: [`Processes::run`] tells what becomes of one job.
//!
//! Decoders are started before they are needed, as many as may work at once, and take one job after the other. One that
//! dies, takes too long or has grown is replaced. A decoder's place is precious, an origin may be slow: while a job waits
//! for bytes and others wait for a place, it gives its place up and begins anew once its picture is there.

mod budget;
mod keeper;
mod line;
mod memory;
mod stash;
pub(super) mod wire;

use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::time::Duration;

use cutline_crop::{CropError, CropLimits};
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;

use self::budget::Budget;
use self::keeper::{Keeper, Ready};
use self::line::Line;
use self::memory::MemoryFile;
use self::stash::Stash;
use self::wire::{FromDecoder, ToDecoder};
use super::job::{Answer, Job, checked_error};
use super::{CuttingError, Incoming};
use crate::fetch::FetchError;
use crate::permits::{Admission, Busy, Permit, Permits};

/// What must be there, or all of it, before a job takes a place: small pictures never wait in one.
const FIRST_BYTES: u64 = 256 << 10;

/// How far ahead of its decoder a source is taken in: enough that neither waits for the other, no more than can be
/// wasted when the decoder has enough.
const AHEAD_BYTES: u64 = 512 << 10;

/// How often a job is begun: once more when its bytes were late, and when decoders die at rest.
const MAX_ATTEMPTS: usize = 5;

/// How many decoders may fall over one picture: the first may have been the system's victim, the second was the picture's.
const MAX_FALLS: usize = 2;

/// Jobs that a decoder does before another takes its place, so that nothing adds up in it, and one that a picture has taken
/// over has few others to spoil.
const JOBS: u32 = 100;

/// A decoder that keeps more memory than this between two jobs is replaced.
const MAX_IDLE_BYTES: u64 = 96 << 20;

/// Longest wait for a decoder to be started, and to say what it can do.
const START_TIMEOUT: Duration = Duration::from_secs(10);

/// How decoders are started, and what one may cost.
#[derive(Clone, Debug)]
pub struct ProcessSettings {
    /// The program that runs [`super::decoder::run`] when it is called with `arguments`.
    pub program: PathBuf,
    /// What makes it do so.
    pub arguments: Vec<String>,
    /// Most memory a decoder can have, in bytes: what the header of a picture promises is held against the limits of a
    /// crop before, so only lies and faults get as far as this.
    pub memory_bytes: u64,
    /// Longest time a decoder may compute at one picture; waiting for its bytes does not count.
    pub deadline: Duration,
}

/// Why pictures cannot be decoded in child processes.
#[derive(Debug, thiserror::Error)]
#[error(
    "decoders cannot be started as processes of their own ({0}): set in_process = true, or start with --in-process, to \
     decode in the server's process"
)]
pub struct StartError(#[from] io::Error);

/// Decoders and the way to them.
#[derive(Debug)]
pub(super) struct Processes {
    permits: Permits,
    limits: CropLimits,
    settings: ProcessSettings,
    keeper: Keeper,
    ready: UnboundedSender<Ready>,
    idle: Mutex<UnboundedReceiver<Ready>>,
    gaps: Vec<String>,
}

/// How a job in a decoder ends, if not in an answer.
enum Attempt {
    Answered(Answer),
    /// The bytes it needs have not come yet, and others wait.
    Displaced,
    /// The decoder was gone before it had read anything: the picture had no part in it.
    NotBegun,
    /// The decoder fell in the middle of the picture: by its doing, or because the system was short of memory.
    Fell,
}

impl ProcessSettings {
    /// What a decoder may compute in its life.
    fn cpu_seconds(&self) -> u64 {
        (self.deadline.as_secs() + 1).saturating_mul(JOBS.into())
    }

    fn too_slow(&self) -> CropError {
        CropError::TooSlow { limit_ms: u64::try_from(self.deadline.as_millis()).unwrap_or(u64::MAX) }
    }
}

impl Processes {
    /// Starts the decoders and looks whether one works.
    pub(super) async fn start(
        permits: Permits,
        limits: CropLimits,
        settings: ProcessSettings,
    ) -> Result<Self, StartError> {
        let (ready, idle) = unbounded_channel();
        let keeper = Keeper::start(settings.clone(), permits.max_concurrent(), ready.clone())?;
        let idle = Mutex::new(idle);
        let mut this = Self { permits, limits, settings, keeper, ready, idle, gaps: Vec::new() };
        this.gaps = this.probe().await?;
        if !this.gaps.is_empty() {
            tracing::warn!(possible = ?this.gaps, "this system does not keep decoders from what they should not do");
        }
        Ok(this)
    }

    /// What a decoder can do although it must not.
    pub(super) fn gaps(&self) -> &[String] {
        &self.gaps
    }

    /// Does `job` on `picture`.
    pub(super) async fn run(&self, job: &Job, picture: Incoming) -> Result<Answer, CuttingError> {
        let mut stash = Stash::new(picture).map_err(no_decoder)?;
        stash.arrive(FIRST_BYTES).await;
        let mut admission = self.permits.admit()?;
        let (mut falls, mut was_displaced) = (0, false);
        for _ in 0..MAX_ATTEMPTS {
            let permit = self.place(admission, &mut stash).await;
            if was_displaced {
                // It has arrived: nobody else's wait can displace the job again.
                stash.gather(u64::MAX).await;
            }
            let attempt = self.attempt(job, &mut stash).await?;
            admission = permit.step_aside();
            match attempt {
                Attempt::Answered(answer) => return Ok(answer),
                Attempt::Displaced => {
                    was_displaced = true;
                    stash.release();
                    stash.arrive(u64::MAX).await;
                }
                Attempt::NotBegun => {}
                Attempt::Fell => {
                    falls += 1;
                    if falls == MAX_FALLS {
                        return Err(CropError::DecoderFailed.into());
                    }
                }
            }
        }
        Err(no_decoder("one after the other dies before it begins"))
    }

    /// Ends all decoders.
    pub(super) async fn stop(&self) {
        self.keeper.stop().await;
    }

    /// Waits for a place; bytes go on arriving meanwhile, or their origin would give up.
    async fn place(&self, admission: Admission, stash: &mut Stash) -> Permit {
        let mut permit = std::pin::pin!(self.permits.turn(admission));
        loop {
            tokio::select! {
                biased;
                permit = &mut permit => return permit,
                () = stash.arrive(u64::MAX), if !stash.has_arrived() => {}
            }
        }
    }

    /// Gives the job to a decoder, and the bytes as far as it wants them.
    async fn attempt(&self, job: &Job, stash: &mut Stash) -> Result<Attempt, CuttingError> {
        let decoder = self.lease().await.map_err(no_decoder)?;
        let made = MemoryFile::bounded("cutline-made", self.settings.memory_bytes).map_err(no_decoder)?;
        let begin = ToDecoder::Begin { job: job.clone(), limits: self.limits };
        if decoder.send(&begin, &[stash.as_fd(), made.as_fd()]).is_err() {
            return Ok(Attempt::NotBegun);
        }
        let mut budget = Budget::of(decoder.line().pid, self.settings.deadline);
        let mut reached = 0;
        loop {
            let message = budget.within(async {
                loop {
                    let is_ahead = stash.there() >= AHEAD_BYTES.saturating_add(reached);
                    tokio::select! {
                        biased;
                        message = decoder.receive() => break message,
                        () = stash.more(), if !is_ahead && !stash.is_settled() => {}
                    }
                }
            });
            // Without the lease's return, what happens now is its end.
            let message = message.await.ok_or_else(|| self.settings.too_slow())?;
            let message = match message {
                Err(_) if reached == 0 => return Ok(Attempt::NotBegun),
                Err(_) => return Ok(decoder.fell()),
                Ok(message) => message,
            };
            match message {
                FromDecoder::Wanted { bytes } => reached = bytes,
                FromDecoder::Done { result, file_bytes } => {
                    let answer = match result {
                        Ok(answer) => self.collect(job, answer, &made, file_bytes).await,
                        Err(error) => Err(checked_error(error).into()),
                    };
                    decoder.finish(matches!(answer, Err(CuttingError::Crop(CropError::DecoderFailed))));
                    return Ok(Attempt::Answered(answer?));
                }
                FromDecoder::Probed { .. } => return Err(CropError::DecoderFailed.into()),
            }
            let is_there = match self.wait_for(reached, stash, &decoder).await {
                Some(is_there) => is_there,
                None => return Ok(decoder.fell()),
            };
            if !is_there {
                if decoder.send(&ToDecoder::Gone, &[]).is_err() {
                    return Ok(decoder.fell());
                }
                let failure = stash.failure().cloned();
                return self.dismiss(decoder, failure).await;
            }
            let there = ToDecoder::There { bytes: stash.there(), is_whole: stash.is_whole() };
            if decoder.send(&there, &[]).is_err() {
                return Ok(decoder.fell());
            }
        }
    }

    /// Waits until `bytes` are there, or all of them; not when they will never be, nor while others wait for a place.
    /// Nothing when the decoder fell meanwhile.
    async fn wait_for(&self, bytes: u64, stash: &mut Stash, decoder: &Lease<'_>) -> Option<bool> {
        while stash.there() < bytes && !stash.is_settled() {
            tokio::select! {
                biased;
                () = stash.more() => {}
                () = self.permits.crowded(), if !stash.has_rest() => return Some(false),
                // It waits for an answer: whatever it says now, or its end, is a fault.
                _ = decoder.receive() => return None,
            }
        }
        Some(stash.there() >= bytes || stash.failure().is_none())
    }

    /// Waits until a decoder that was told that its bytes are gone has given up its job.
    async fn dismiss(
        &self,
        decoder: Lease<'_>,
        failure: Option<FetchError>,
    ) -> Result<Attempt, CuttingError> {
        if let Ok(Ok(FromDecoder::Done { result, .. })) =
            timeout(self.settings.deadline, decoder.receive()).await
        {
            decoder.finish(matches!(result, Err(CropError::DecoderFailed)));
        }
        failure.map_or(Ok(Attempt::Displaced), |error| Err(error.into()))
    }

    /// Takes the file that was made over from memory that the decoder can still write to, and believes the rest only as
    /// far as it must.
    async fn collect(
        &self,
        job: &Job,
        mut answer: Answer,
        made: &MemoryFile,
        file_bytes: u64,
    ) -> Result<Answer, CuttingError> {
        let Some(file) = answer.file() else { return Ok(answer.checked(job)?) };
        let length = usize::try_from(file_bytes).ok().filter(|_| file_bytes <= self.settings.memory_bytes);
        let length = length.ok_or(CropError::DecoderFailed)?;
        let made = made.try_clone().map_err(no_decoder)?;
        let read = move || {
            let mut bytes = vec![0; length];
            made.read_exact_at(&mut bytes, 0).map(|()| bytes)
        };
        let read = tokio::task::spawn_blocking(read).await.map_err(io::Error::other).map_err(no_decoder)?;
        *file = read.map_err(|_| CropError::DecoderFailed)?;
        Ok(answer.checked(job)?)
    }

    /// Asks a decoder what it can do although it must not.
    async fn probe(&self) -> io::Result<Vec<String>> {
        let decoder = self.lease().await?;
        let failed = |_| io::Error::other("a decoder does not answer");
        decoder.send(&ToDecoder::Probe, &[]).map_err(failed)?;
        let answer = timeout(START_TIMEOUT, decoder.receive()).await.map_err(io::Error::other)?;
        match answer.map_err(failed)? {
            FromDecoder::Probed { possible } => {
                decoder.finish(false);
                Ok(possible)
            }
            _ => Err(io::Error::other("a decoder answers another question")),
        }
    }

    /// Takes a decoder that has nothing to do; who has a permit finds one, or waits for one that is being started.
    async fn lease(&self) -> io::Result<Lease<'_>> {
        let take = async {
            let mut idle = self.idle.lock().await;
            let mut failures = 0;
            while let Some(ready) = idle.recv().await {
                match ready {
                    Ok(line) if line.is_idle() => return Ok(Lease { line: Some(line), of: self }),
                    // It died while it had nothing to do, or says what nobody asked.
                    Ok(line) => self.keeper.replace(line.pid),
                    Err(error) => {
                        self.keeper.another();
                        failures += 1;
                        if failures > 1 {
                            return Err(error);
                        }
                    }
                }
            }
            Err(io::Error::other("the server is stopping"))
        };
        timeout(START_TIMEOUT, take)
            .await
            .unwrap_or_else(|_| Err(io::Error::other("none has started in time")))
    }
}

/// A decoder in use; one that is not given back by [`Lease::finish`] is ended and replaced, whatever the reason.
struct Lease<'a> {
    line: Option<Line>,
    of: &'a Processes,
}

impl Lease<'_> {
    fn line(&self) -> &Line {
        self.line.as_ref().expect("a lease has its line until it is finished")
    }

    fn send(&self, message: &ToDecoder, files: &[std::os::fd::BorrowedFd<'_>]) -> Result<(), CuttingError> {
        // The keeper logs the decoder's death.
        self.line().send(message, files).map_err(|_| CropError::DecoderFailed.into())
    }

    async fn receive(&self) -> Result<FromDecoder, CuttingError> {
        self.line().receive().await.map_err(|_| CropError::DecoderFailed.into())
    }

    /// Logs that the decoder fell in the middle of a picture: the keeper cannot tell whether the system or we ended it.
    fn fell(&self) -> Attempt {
        tracing::warn!(pid = self.line().pid, "a decoder fell in the middle of a picture");
        Attempt::Fell
    }

    /// Gives the decoder back, if it is as good as new: not after a job in which it failed.
    fn finish(mut self, has_failed: bool) {
        let line = self.line.take_if(|line| {
            line.jobs += 1;
            !has_failed
                && line.jobs < JOBS
                && resident_bytes(line.pid).is_none_or(|bytes| bytes <= MAX_IDLE_BYTES)
        });
        if let Some(line) = line {
            // The receiver is there as long as `of`.
            let _ = self.of.ready.send(Ok(line));
        }
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        if let Some(line) = &self.line {
            self.of.keeper.replace(line.pid);
        }
    }
}

/// How much memory a process has in use.
fn resident_bytes(pid: u32) -> Option<u64> {
    let statm = std::fs::read_to_string(format!("/proc/{pid}/statm")).ok()?;
    let pages: u64 = statm.split(' ').nth(1)?.parse().ok()?;
    pages.checked_mul(u64::try_from(rustix::param::page_size()).ok()?)
}

/// Our fault, and one that passes: the visitor may try again.
fn no_decoder(error: impl std::fmt::Display) -> CuttingError {
    tracing::error!(%error, "a picture cannot be given to a decoder");
    Busy.into()
}
