//! Marked steps at which a test may have the process killed, to show that nothing is lost and nothing posted twice.
//!
//! In debug builds, `CRASH_AT` names the step; the process then ends there as if somebody had pulled the plug: no
//! destructor runs, and no answer goes out. In release builds nothing of this is compiled.

/// A step of a share from its source to its post, and of its deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The source is on its way.
    Fetched,
    /// The part is cut out.
    Cut,
    /// The clipping is durable.
    Stored,
    /// The share is committed, and its visitor not told.
    Accepted,
    /// A worker has it.
    Claimed,
    /// The platform has not got the picture.
    Uploading,
    /// It has, and that is not written.
    Uploaded,
    /// It is written.
    Kept,
    /// That the post is sent is written, and it is not.
    Publishing,
    /// It was sent and answered, and that is not written.
    Published,
    /// It is written.
    Recorded,
    /// A visitor's token has ended, and its server is not asked for another.
    Refreshing,
    /// It gave another, and that is not written.
    Refreshed,
    /// The share is deleted in the record, and all else of it is there.
    Deleted,
    /// Its clipping is held to be removed.
    Held,
    /// It is removed, and that is not written.
    Removed,
    /// The post is to be removed from its platform.
    Erasing,
    /// It is removed there, and that is not written.
    Erased,
}

impl Step {
    #[cfg(debug_assertions)]
    fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }
}

/// Ends the process if a test wants it to end here.
#[cfg(debug_assertions)]
pub(crate) fn at(step: Step) {
    static WANTED: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    #[expect(clippy::disallowed_methods, reason = "it is no setting: a site must not be able to have it")]
    let wanted = WANTED.get_or_init(|| std::env::var("CRASH_AT").ok());
    if wanted.as_deref() == Some(&step.name()) {
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    }
}

/// Nothing.
#[cfg(not(debug_assertions))]
pub(crate) fn at(_: Step) {}
