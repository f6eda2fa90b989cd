//! This process's children and open files, as the system counts them.

use std::fs;
use std::process::Command;
use std::time::Duration;

/// Process ids and states of the children, zombies too: `R`, `S`, `Z`, …
pub(crate) fn children_of(parent: u32) -> Vec<(u32, char)> {
    let processes = fs::read_dir("/proc").expect("/proc");
    let stat = |pid: u32| fs::read_to_string(format!("/proc/{pid}/stat")).ok();
    let child = |pid: u32| {
        // The name, in brackets, may hold anything.
        let stat = stat(pid)?;
        let mut fields = stat.rsplit_once(") ")?.1.split(' ');
        let state = fields.next()?.chars().next()?;
        (fields.next()?.parse() == Ok(parent)).then_some((pid, state))
    };
    processes.filter_map(|entry| child(entry.ok()?.file_name().to_str()?.parse().ok()?)).collect()
}

pub(crate) fn children() -> Vec<(u32, char)> {
    children_of(std::process::id())
}

/// The one decoder there is.
pub(crate) fn the_child() -> u32 {
    let [(pid, _)] = children()[..] else { panic!("one child, not {:?}", children()) };
    pid
}

pub(crate) fn signal(name: &str, pid: u32) {
    assert!(try_signal(name, pid), "{pid} is there");
}

/// Says whether the process was there.
pub(crate) fn try_signal(name: &str, pid: u32) -> bool {
    let kill = format!("kill -{name} {pid}");
    Command::new("sh").args(["-c", &kill]).status().expect("a shell").success()
}

/// Whether it sleeps, with so many files open.
pub(crate) fn is_waiting_with(pid: u32, files: usize) -> bool {
    let open = fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count);
    open == files && children().contains(&(pid, 'S'))
}

pub(crate) fn open_files() -> usize {
    fs::read_dir("/proc/self/fd").expect("/proc").count()
}

/// How much memory this process has in use.
pub(crate) fn resident_bytes() -> u64 {
    let statm = fs::read_to_string("/proc/self/statm").expect("/proc");
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).expect("a number") * 4096
}

/// Waits until the system says so.
pub(crate) async fn until(what: &str, is_so: impl Fn() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(crate::TOO_LONG, waiting).await.expect(what);
}
