//! Small libraries in C that stand before the system's, so that a program sees another clock or another disk.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// Compiles `source` to a library in `folder`, to be named in `LD_PRELOAD`.
///
/// # Panics
///
/// If there is no C compiler, or it does not take the source.
pub fn compile(source: &Path, folder: &Path) -> PathBuf {
    let library = folder.join(source.with_extension("so").file_name().expect("a file's name"));
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-o"]).arg(&library).arg(source);
    assert!(compiler.status().expect("a C compiler").success(), "{} cannot be compiled", source.display());
    library
}
