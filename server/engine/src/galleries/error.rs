//! What can be wrong with the site's own pictures: mistakes of the site owner, told at the start, and failing disks.

use std::path::PathBuf;

use crate::crop::CropError;
use crate::permits::Busy;

/// Why a gallery could not be opened or one of its pictures not be read.
#[derive(Debug, thiserror::Error)]
pub enum GalleryError {
    /// Two galleries would have the same address.
    #[error("there are two galleries named {slug}: give each its own slug")]
    SameSlug {
        /// The name they share.
        slug: String,
    },
    /// A gallery's name would not be one part of an address.
    #[error("{slug:?} cannot be the slug of a gallery: use a-z, 0-9 and -")]
    BadSlug {
        /// The name given.
        slug: String,
    },
    /// A gallery's folder cannot be read.
    #[error("the folder {} of gallery {slug} cannot be read: check that it exists and may be read", folder.display())]
    Folder {
        /// The gallery.
        slug: String,
        /// Its folder.
        folder: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A side file is not right.
    #[error("{file}: {reason}")]
    SideFile {
        /// Where it is.
        file: String,
        /// What is wrong, where, and what is expected.
        reason: String,
    },
    /// The folder for thumbnails cannot be made or written to.
    #[error("the folder {} for thumbnails cannot be written: check that it may be", folder.display())]
    Thumbnails {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A picture that was there at the start cannot be read.
    #[error("{file} of gallery {slug} cannot be read")]
    Read {
        /// The gallery.
        slug: String,
        /// The picture's file name.
        file: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// A picture that was sound at the start is not any more.
    #[error("{file} of gallery {slug} cannot be made smaller")]
    Picture {
        /// The gallery.
        slug: String,
        /// The picture's file name.
        file: String,
        /// What is wrong with it.
        source: CropError,
    },
    /// Too many pictures are being worked on.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The program is stopping.
    #[error("the program is stopping")]
    Stopping,
}
