//! Cutting: the one way by which bytes from outside reach a decoder.
//!
//! Decoders read what anybody made, so they run in child processes that may do nothing but compute (`processes`, and
//! `decoder` for what happens in the child): whatever a picture does to its decoder costs that picture, and at worst
//! the few that the same decoder is given after it.
//! Where that cannot be had, the same jobs run in this process (`permits` keeps them off the async threads): then only
//! the limits in the crop crate stand between a picture and the server, and a picture is read to its end first.

mod incoming;
mod job;

#[cfg(target_os = "linux")]
pub mod decoder;
#[cfg(target_os = "linux")]
mod processes;

use cutline_crop::{CropError, CropLimits, CropOptions, Cut, Format, RenditionOptions, Source, Thumbnail};
use cutline_model::{Region, Size};

pub use self::incoming::Incoming;
#[cfg(target_os = "linux")]
pub use self::processes::{ProcessSettings, StartError};

use self::job::{Answer, Job};
#[cfg(target_os = "linux")]
use self::processes::Processes;
use crate::fetch::FetchError;
use crate::permits::{Busy, Permits};

/// Cuts, measures and scales pictures from outside. Cheap to clone; clones share their decoders.
#[derive(Clone, Debug)]
pub struct Cutter {
    way: Way,
    limits: CropLimits,
}

#[derive(Clone, Debug)]
enum Way {
    InProcess(Permits),
    #[cfg(target_os = "linux")]
    Processes(std::sync::Arc<Processes>),
}

/// Why there is no cut.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CuttingError {
    /// The picture.
    #[error(transparent)]
    Crop(#[from] CropError),
    /// Its bytes did not come.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// Too many pictures are being worked on, or no decoder can be started at the moment.
    #[error(transparent)]
    Busy(#[from] Busy),
}

impl Cutter {
    /// Decodes in this process.
    #[must_use]
    pub fn in_process(permits: Permits, limits: CropLimits) -> Self {
        Self { way: Way::InProcess(permits), limits }
    }

    /// Decodes in child processes, which are started here; gives an error when they cannot be.
    #[cfg(target_os = "linux")]
    pub async fn in_processes(
        permits: Permits,
        limits: CropLimits,
        settings: ProcessSettings,
    ) -> Result<Self, StartError> {
        let processes = Processes::start(permits, limits, settings).await?;
        Ok(Self { way: Way::Processes(std::sync::Arc::new(processes)), limits })
    }

    /// Cuts `region` out, as [`cutline_crop::crop`] does. A child process reads no further than it needs.
    pub async fn crop(
        &self,
        picture: impl Into<Incoming>,
        region: Region,
        options: CropOptions,
    ) -> Result<Cut, CuttingError> {
        match self.run(Job::Crop { region, options }, picture.into()).await? {
            Answer::Cut(cut) => Ok(cut),
            answer => Err(mistaken(&answer)),
        }
    }

    /// Makes a rendition, as [`cutline_crop::rendition`] does.
    pub async fn rendition(
        &self,
        picture: impl Into<Incoming>,
        options: RenditionOptions,
    ) -> Result<Cut, CuttingError> {
        match self.run(Job::Rendition { options }, picture.into()).await? {
            Answer::Cut(cut) => Ok(cut),
            answer => Err(mistaken(&answer)),
        }
    }

    /// Says what the picture is and how large, as [`cutline_crop::measure`] does. A child process reads no
    /// further than its header.
    pub async fn measure(&self, picture: impl Into<Incoming>) -> Result<(Format, Size), CuttingError> {
        match self.run(Job::Measure, picture.into()).await? {
            Answer::Measured(format, size) => Ok((format, size)),
            answer => Err(mistaken(&answer)),
        }
    }

    /// Makes a smaller copy, as [`cutline_crop::thumbnail`] does.
    pub async fn thumbnail(
        &self,
        picture: impl Into<Incoming>,
        width: u32,
    ) -> Result<Thumbnail, CuttingError> {
        match self.run(Job::Thumbnail { width }, picture.into()).await? {
            Answer::Thumbnail(thumbnail) => Ok(thumbnail),
            answer => Err(mistaken(&answer)),
        }
    }

    /// What this system lets decoders do although they should only compute; nothing where all walls stand, and nothing
    /// in this process, where there are none.
    #[must_use]
    pub fn gaps(&self) -> &[String] {
        match &self.way {
            Way::InProcess(_) => &[],
            #[cfg(target_os = "linux")]
            Way::Processes(processes) => processes.gaps(),
        }
    }

    /// Ends the child processes and waits until none is left; work that is under way fails. Dropping the last clone
    /// ends them too, without waiting.
    pub async fn stop(&self) {
        match &self.way {
            Way::InProcess(_) => {}
            #[cfg(target_os = "linux")]
            Way::Processes(processes) => processes.stop().await,
        }
    }

    async fn run(&self, job: Job, picture: Incoming) -> Result<Answer, CuttingError> {
        match &self.way {
            Way::InProcess(permits) => {
                // Put together only where it is worked on: those who wait hold one picture's pieces in common.
                let (pieces, limits) = (picture.pieces().await?, self.limits);
                let perform = move || {
                    let whole = if let [only] = &pieces[..] { only.clone() } else { pieces.concat().into() };
                    job.perform(Source::from(&whole[..]), &limits)
                };
                Ok(permits.run(perform).await??)
            }
            #[cfg(target_os = "linux")]
            Way::Processes(processes) => processes.run(&job, picture).await,
        }
    }
}

/// A decoder that answers something else than it was asked is out of its mind.
fn mistaken(answer: &Answer) -> CuttingError {
    tracing::error!(?answer, "a decoder gave the answer to another question");
    CropError::DecoderFailed.into()
}
