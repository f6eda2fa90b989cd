//! Where Postgres' programs are on this machine.

use std::{fs, path::PathBuf};

/// Debian, Ubuntu and what is made of them keep each version in a folder of its own, out of the way of `PATH`.
const DEBIAN: &str = "/usr/lib/postgresql";

/// `initdb`, `postgres` and `createdb` of the newest version here, or of `PATH`.
pub(crate) fn program(name: &str) -> PathBuf {
    let versions = fs::read_dir(DEBIAN).into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = versions
        .filter_map(|version| {
            let number = version.file_name().to_str()?.parse().ok()?;
            let program = version.path().join("bin").join(name);
            program.is_file().then_some((number, program))
        })
        .collect();
    found.sort();
    found.pop().map_or_else(|| name.into(), |(_, program)| program)
}
