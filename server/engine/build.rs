//! Rebuilds the crate when a migration is added: `sqlx::migrate!` only sees the files that it already knows.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
