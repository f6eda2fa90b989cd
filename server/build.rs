//! Makes cargo embed the site anew when files were added to it: by itself it watches only those that it embedded.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // Debug builds read the site from disk.
    #[expect(clippy::disallowed_methods, reason = "cargo speaks to build scripts through the environment")]
    let profile = std::env::var("PROFILE");
    if profile.is_ok_and(|profile| profile == "release") {
        println!("cargo::rerun-if-changed=../target/site");
    }
}
