//! Takes from this process all that a decoder does not need, for ever.
//!
//! Several walls behind each other: limits of the system, no more rights by any program, no files and no network by
//! landlock, and no system calls but the few that computing takes (`syscalls`). Kernels without landlock or seccomp leave
//! those two out: `probe` finds what is possible then, and the server logs it.

use std::io;

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetError, Scope,
};
use rustix::process::{
    DumpableBehavior, Resource, Rlimit, Signal, getrlimit, set_dumpable_behavior,
    set_parent_process_death_signal, setrlimit,
};
use rustix::thread::{CapabilitySet, CapabilitySets, set_capabilities, set_no_new_privs};

use super::{Allowance, syscalls};

/// Room for the program's own stack and for mappings that are no data.
const OVERHEAD_BYTES: u64 = 64 << 20;

/// Files open at once: stdio, the line, and the two of a job, with some room.
const FILES: u64 = 16;

/// Takes everything away.
pub(super) fn confine(allowance: Allowance) -> io::Result<()> {
    // Should memory run out, a decoder is to go first, never the server. Containers may forbid to say so.
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    set_parent_process_death_signal(Some(Signal::KILL))?;
    limit(allowance)?;
    set_no_new_privs(true)?;
    // A server that runs as root gives its decoders none of root's rights.
    let none = CapabilitySet::empty();
    set_capabilities(None, CapabilitySets { effective: none, permitted: none, inheritable: none })?;
    // Nobody of the same user may look into the memory that holds visitors' pictures.
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    lock_files_and_network().map_err(io::Error::other)?;
    syscalls::restrict()
}

fn limit(Allowance { memory_bytes, cpu_seconds }: Allowance) -> io::Result<()> {
    let [size, data] = own_bytes()?;
    for (resource, most) in [
        (Resource::Data, data.saturating_add(memory_bytes)),
        (Resource::As, size.saturating_add(memory_bytes).saturating_add(OVERHEAD_BYTES)),
        // What is made is written to a file in memory.
        (Resource::Fsize, memory_bytes),
        (Resource::Cpu, cpu_seconds),
        (Resource::Nofile, FILES),
        (Resource::Nproc, 0),
        (Resource::Core, 0),
        (Resource::Memlock, 0),
        (Resource::Msgqueue, 0),
    ] {
        // What the service itself is held to may be less, and cannot be raised without a privilege.
        let most = getrlimit(resource).maximum.map_or(most, |inherited| inherited.min(most));
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?;
    }
    Ok(())
}

/// How much the program itself takes: all its mappings, and its data with its stack. `man 5 proc_pid_statm`.
fn own_bytes() -> io::Result<[u64; 2]> {
    let statm = std::fs::read_to_string("/proc/self/statm")?;
    let pages: Vec<u64> = statm.split_whitespace().filter_map(|field| field.parse().ok()).collect();
    let page = rustix::param::page_size() as u64;
    match pages[..] {
        [size, _, _, _, _, data, ..] => Ok([size.saturating_mul(page), data.saturating_mul(page)]),
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, "/proc/self/statm is not as documented")),
    }
}

/// No file may be opened, made or run, no port used, no process outside signalled: rights without a rule that gives them.
fn lock_files_and_network() -> Result<(), RulesetError> {
    Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(ABI::V7))?
        .handle_access(AccessNet::from_all(ABI::V7))?
        .scope(Scope::from_all(ABI::V7))?
        .create()?
        .restrict_self()?;
    Ok(())
}
