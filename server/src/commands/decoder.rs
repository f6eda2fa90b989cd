//! `cutline decoder`: one of the processes in which the server decodes. It is started by the server alone.

use std::io;

use crate::cli::DecoderArgs;

/// Decodes until the server hangs up.
#[cfg(target_os = "linux")]
pub fn run(args: DecoderArgs) -> io::Result<()> {
    use cutline_engine::cutting::decoder::{self, Allowance};

    decoder::run(Allowance { memory_bytes: args.memory_bytes, cpu_seconds: args.cpu_seconds })
}

/// There is none on this system.
#[cfg(not(target_os = "linux"))]
pub fn run(_: DecoderArgs) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
