//! Where Postgres' programs are on this machine; where they are not, what to install.

use std::{env, fs, path::PathBuf};

/// Debian, Ubuntu and what is made of them keep each version in a folder of its own, out of the way of `PATH`.
const DEBIAN: &str = "/usr/lib/postgresql";
/// What is to be done where Postgres is missing.
const MISSING: &str = "Postgres is not installed, and this test needs a real one: on Debian or Ubuntu run \
                       apt-get install postgresql, elsewhere put initdb, postgres and createdb on the PATH";

/// `initdb`, `postgres` or `createdb` of the newest version here, or of `PATH`.
pub(crate) fn program(name: &str) -> PathBuf {
    let versions = fs::read_dir(DEBIAN).into_iter().flatten().flatten();
    let newest = versions
        .filter_map(|version| {
            let number: u32 = version.file_name().to_str()?.parse().ok()?;
            let program = version.path().join("bin").join(name);
            program.is_file().then_some((number, program))
        })
        .max();
    let on_path = || {
        let path = env::var_os("PATH")?;
        env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.is_file())
    };
    newest.map(|(_, program)| program).or_else(on_path).expect(MISSING)
}
