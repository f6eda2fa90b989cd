//! `cutline serve`: configuration, log, listening, then pages and API until a signal.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

use crate::application::{Application, BuildError};
use crate::cli::ServeArgs;
use crate::config::{Config, ConfigError, Typed, environment};
use crate::logs::{self, LogError};
use crate::serve::Listening;
use crate::{memory, open_files};

/// How long work off the async threads may still take after the last answer.
const LAST_WORK: Duration = Duration::from_secs(1);

/// The program that runs, even after another one was put in its place on disk.
const THIS_PROGRAM: &str = "/proc/self/exe";

/// Why the server does not run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The log cannot be started.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The address is taken, or not this machine's.
    #[error(
        "cannot listen on {addr}: {cause}; name another one with --listen or CUTLINE_LISTEN, for example 127.0.0.1:0"
    )]
    Listen {
        /// The address.
        addr: SocketAddr,
        /// What the system says.
        cause: io::Error,
    },
    /// A part of the program cannot be made.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The system refuses threads or signals.
    #[error("the server cannot start: {0}")]
    System(#[from] io::Error),
}

/// Serves until SIGINT or SIGTERM, and until what was in flight then is done; a second signal ends it at once.
pub fn run(args: &ServeArgs) -> Result<(), ServeError> {
    let typed = Typed::gather(args.config.as_deref(), args.listen, environment())?;
    let ServeArgs { role, in_process, test_mode, .. } = *args;
    let config = Config::read(&Typed { role, in_process, test_mode, ..typed })?;
    logs::start(&config.server.log)?;
    open_files::allow_for(config.limits.fetch.max_concurrent);
    memory::give_back_what_was_large();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let served = runtime.block_on(serve(&config));
    runtime.shutdown_timeout(LAST_WORK);
    served
}

async fn serve(config: &Config) -> Result<(), ServeError> {
    let mut signals = Signals::catch()?;
    let addr = config.server.listen;
    let listening = Listening::bind(addr).await.map_err(|cause| ServeError::Listen { addr, cause })?;
    let public_url = config.server.public_url_at(listening.addr());
    let application = tokio::select! {
        built = Application::build(config, &public_url, Path::new(THIS_PROGRAM)) => built?,
        // A migration may wait for others, and a bucket for its network.
        () = signals.next() => return Ok(()),
    };
    let router = application.router();
    let background = application.start_background();

    // Whoever closed stdout does not want to know.
    let announcement = if config.server.role.serves() {
        listening.announcement(config.server.public_url.as_deref())
    } else {
        listening.workers_announcement()
    };
    let _ = writeln!(io::stdout(), "{announcement}");
    let (stop, stopped) = oneshot::channel();
    let begin_to_stop = background.begin_to_stop();
    let stopped = async {
        // An error would mean that the sender is gone, and with it this function.
        let _ = stopped.await;
        begin_to_stop();
    };
    let served = async {
        listening.serve(router, stopped).await;
        background.stop().await;
    };
    let signalled = async {
        signals.next().await;
        let _ = stop.send(());
        signals.next().await;
    };
    tokio::select! {
        () = served => {}
        () = signalled => tracing::warn!("a second signal: requests and deliveries in flight are dropped"),
    }
    Ok(())
}

/// SIGINT (Ctrl-C) and SIGTERM (from systemd, Docker, kill).
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn catch() -> io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
