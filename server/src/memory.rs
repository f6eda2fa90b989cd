//! Gives memory back after a burst: what pictures took while hundreds of them were fetched is the system's again.
//!
//! glibc takes large allocations from the system one by one, and hands them back when they are freed; but with the first
//! large one that is freed it calls that size small, and keeps the next ones in its heaps, where one small piece in between
//! holds all before it. Held to a fixed size, it does not: 120 pictures of 38 MiB at once leave 70 MiB instead of 1 GiB.

/// Allocations of this size and more come from the system: what a connection reads into is as large.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const LARGE_BYTES: libc::c_int = 64 << 10;

/// To be called before there are threads. Other allocators than glibc's give memory back as they are.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "a setting of the C library")]
pub fn give_back_what_was_large() {
    // SAFETY: mallopt takes two numbers and touches no memory of ours; no other thread allocates meanwhile.
    let is_set = unsafe { libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE_BYTES) } == 1;
    if !is_set {
        tracing::warn!("memory will not be given back after bursts: the C library does not take the setting");
    }
}

/// Does nothing here.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn give_back_what_was_large() {}

#[cfg(all(test, target_os = "linux", target_env = "gnu"))]
mod tests {
    use std::fs;
    use std::process::Command;

    use super::*;

    /// Tells the second run of the test that it is one: in a process of its own, nothing else takes memory.
    const CHILD: &str = "CUTLINE_TEST_MEMORY";

    fn resident_bytes() -> u64 {
        let statm = fs::read_to_string("/proc/self/statm").expect("Linux");
        let pages: u64 = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok()).expect("a number");
        pages * rustix::param::page_size() as u64
    }

    #[test]
    fn a_burst_leaves_nothing_behind_although_something_small_stays_in_between() {
        if std::env::var_os(CHILD).is_none() {
            let name =
                "memory::tests::a_burst_leaves_nothing_behind_although_something_small_stays_in_between";
            let program = std::env::current_exe().expect("this program");
            let output =
                Command::new(program).args(["--exact", name]).env(CHILD, "1").output().expect("it starts");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
            return;
        }
        give_back_what_was_large();
        // What would make glibc take the sizes below for small.
        drop(vec![1_u8; 16 << 20]);
        let before = resident_bytes();
        let burst: Vec<_> = (0..2_000).map(|_| (vec![1_u8; 64 << 10], vec![1_u8; 100])).collect();
        assert!(resident_bytes() - before > 100 << 20);
        let small: Vec<_> = burst.into_iter().map(|(_, small)| small).collect();
        let left = resident_bytes().saturating_sub(before);
        assert!(left < 10 << 20, "{left} bytes are left beside {}", small.len());
    }
}
