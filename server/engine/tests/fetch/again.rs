//! A test run once more in a process of its own, where another environment holds or its harm stays.

use std::process::Command;

/// Tells the second run of a test that it is the second, and what it needs to know.
pub(crate) const CHILD: &str = "CUTLINE_TEST_FETCH";

/// Runs the test `name` of this program once more with another environment, and fails when that fails or runs nothing.
pub(crate) async fn run_again(name: &'static str, environment: Vec<(&'static str, String)>) {
    let program = std::env::current_exe().expect("this program");
    let run = move || Command::new(program).args(["--exact", name]).envs(environment).output();
    let output = tokio::task::spawn_blocking(run).await.expect("no panic").expect("it starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains(" 1 passed"), "{said}");
}
