//! The system calls that a decoder may make; all others fail with EPERM.
//!
//! It computes, so it needs memory, the line to the server and the files it was lent. It can open nothing, connect to
//! nothing, start nothing and make no memory executable. They fail rather than kill, so that a library that asks for
//! something needless (how many processors there are, say) goes on without it.

use std::collections::BTreeMap;
use std::io;

use seccompiler::{
    BpfProgram, Error, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, apply_filter,
};

const ALLOWED: [i64; 28] = [
    // Files that it was lent, and the line.
    libc::SYS_read,
    libc::SYS_pread64,
    libc::SYS_write,
    libc::SYS_pwrite64,
    libc::SYS_sendmsg,
    libc::SYS_recvmsg,
    libc::SYS_close,
    // Memory; `mmap` and `mprotect` have a condition of their own.
    libc::SYS_brk,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    // Locks, times, random numbers (the seeds of hash maps).
    libc::SYS_futex,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_sched_yield,
    libc::SYS_getrandom,
    libc::SYS_restart_syscall,
    // Signals of its own: a stack that overflows, a panic.
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_getpid,
    libc::SYS_getppid,
    libc::SYS_gettid,
    libc::SYS_getrusage,
    libc::SYS_membarrier,
    // The end.
    libc::SYS_exit,
    libc::SYS_exit_group,
];

/// Where `mmap` and `mprotect` have their protection, counted from 0.
const PROTECTION: u8 = 2;

/// Leaves this thread, which is the only one, the calls above. Without seccomp in the kernel nothing happens.
pub(super) fn restrict() -> io::Result<()> {
    let Ok(arch) = TargetArch::try_from(std::env::consts::ARCH) else { return Ok(()) };
    match apply_filter(&program(arch).map_err(io::Error::other)?) {
        Err(Error::Prctl(_) | Error::Seccomp(_)) => Ok(()),
        applied => applied.map_err(io::Error::other),
    }
}

fn program(arch: TargetArch) -> Result<BpfProgram, seccompiler::BackendError> {
    let executable = u64::from(libc::PROT_EXEC.unsigned_abs());
    let not_executable = || {
        let condition = SeccompCondition::new(
            PROTECTION,
            SeccompCmpArgLen::Dword,
            SeccompCmpOp::MaskedEq(executable),
            0,
        )?;
        SeccompRule::new(vec![condition])
    };
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = ALLOWED.map(|call| (call, Vec::new())).into();
    rules.insert(libc::SYS_mmap, vec![not_executable()?]);
    rules.insert(libc::SYS_mprotect, vec![not_executable()?]);
    let refusal = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    SeccompFilter::new(rules, refusal, SeccompAction::Allow, arch)?.try_into()
}
