//! The machine's own name resolution and sockets, behind a trait: the connector decides, this does.
//!
//! It knows no rules. It is a trait so that a test can be a hostile zone, one whose name is public at one look-up and
//! loopback at the next, and see which addresses are called, without asking or calling anybody outside.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use tokio::net::{TcpStream, lookup_host};
use tokio::sync::Semaphore;

/// Look-ups at once. One that takes too long is given up, but its thread stays in the system's resolver for up to half a
/// minute; this keeps a zone that never answers from taking the threads that crops run on (tokio has 512).
const MAX_LOOKUPS: usize = 128;

/// A network shared by whoever connects.
pub type SharedNetwork = Arc<dyn Network>;

/// Finds the addresses of names, and connects to addresses. The caller judges them and sets the time limits: a call may
/// be given up at any time.
#[async_trait]
pub trait Network: fmt::Debug + Send + Sync {
    /// All addresses of `name`, in the order to try them in.
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>>;

    /// Opens a connection to exactly this address.
    async fn connect(&self, address: SocketAddr) -> io::Result<TcpStream>;
}

/// The operating system's resolver and sockets.
#[derive(Debug)]
pub struct SystemNetwork {
    lookups: Arc<Semaphore>,
}

impl Default for SystemNetwork {
    fn default() -> Self {
        Self { lookups: Arc::new(Semaphore::new(MAX_LOOKUPS)) }
    }
}

#[async_trait]
impl Network for SystemNetwork {
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        let permit = Arc::clone(&self.lookups).acquire_owned().await.map_err(io::Error::other)?;
        let name = name.to_owned();
        // A task of its own keeps the permit until the system's resolver comes back, even when nobody waits any more.
        let lookup = tokio::spawn(async move {
            let answers = lookup_host((name, 0)).await;
            drop(permit);
            answers.map(|answers| answers.map(|address| address.ip()).collect())
        });
        lookup.await.map_err(io::Error::other)?
    }

    async fn connect(&self, address: SocketAddr) -> io::Result<TcpStream> {
        TcpStream::connect(address).await
    }
}
