//! An S3 server: s3s, which checks signatures and conditions as S3 does, over a folder, on a thread of its own.
//!
//! It can be told to fail: refusing a request, or doing what it asks and losing the answer.

use std::{
    error::Error,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    thread::JoinHandle,
};

use hyper::{Method, Request, Response, StatusCode, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use s3s::{Body, auth::SimpleAuth, service::S3Service, service::S3ServiceBuilder};
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::sync::oneshot;

/// How many of the next requests fail, and how.
#[derive(Debug, Default)]
struct Faults {
    refused: AtomicU32,
    lost: AtomicU32,
    seen: AtomicU32,
    is_full: AtomicBool,
}

/// An S3 server; ends when it is dropped.
pub struct S3 {
    folder: TempDir,
    address: SocketAddr,
    faults: Arc<Faults>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl S3 {
    /// The id of the one pair of keys that it knows.
    pub const KEY: &str = "cutline";
    /// The secret of that pair; must appear in no log and no message.
    pub const SECRET: &str = "s3cret/key+of=cutline";

    /// A server without buckets.
    ///
    /// # Panics
    ///
    /// If it does not start; so do all functions here.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        listener.set_nonblocking(true).expect("a listener for tokio");
        let address = listener.local_addr().expect("an address");
        let faults = Arc::new(Faults::default());
        let mut builder = S3ServiceBuilder::new(FileSystem::new(folder.path()).expect("a storage"));
        builder.set_auth(SimpleAuth::from_single(Self::KEY, Self::SECRET));
        let service = builder.build();
        let (stop, stopped) = oneshot::channel();
        let serving = serve(listener, service, Arc::clone(&faults));
        let thread = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                tokio::select! {
                    () = serving => {}
                    _ = stopped => {}
                }
            });
        });
        Self { folder, address, faults, stop: Some(stop), thread: Some(thread) }
    }

    /// A new bucket of this name; gives the folder in which its objects are files.
    pub fn bucket(&self, name: &str) -> PathBuf {
        let folder = self.folder.path().join(name);
        std::fs::create_dir(&folder).expect("a new bucket");
        folder
    }

    /// Where it is: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Answers the next requests with 503, and does not do what they ask.
    pub fn refuse(&self, count: u32) {
        self.faults.refused.store(count, Ordering::SeqCst);
    }

    /// Does what the next requests ask, and closes their connections instead of answering.
    pub fn lose_answers(&self, count: u32) {
        self.faults.lost.store(count, Ordering::SeqCst);
    }

    /// Has no room for another object, as MinIO says it, or room again; what is there can be read.
    pub fn fill(&self, is_full: bool) {
        self.faults.is_full.store(is_full, Ordering::SeqCst);
    }

    /// How many requests there were.
    pub fn requests(&self) -> u32 {
        self.faults.seen.load(Ordering::SeqCst)
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        // The thread is gone already if it has panicked.
        let _ = self.stop.take().map(|stop| stop.send(()));
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

async fn serve(listener: TcpListener, service: S3Service, faults: Arc<Faults>) {
    let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
    while let Ok((socket, _)) = listener.accept().await {
        let (service, faults) = (service.clone(), Arc::clone(&faults));
        tokio::spawn(async move {
            let answer = service_fn(move |request| answer(service.clone(), Arc::clone(&faults), request));
            // A client that hangs up is not the server's trouble.
            let _ =
                auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(socket), answer).await;
        });
    }
}

async fn answer(
    service: S3Service,
    faults: Arc<Faults>,
    request: Request<Incoming>,
) -> Result<Response<Body>, Box<dyn Error + Send + Sync>> {
    faults.seen.fetch_add(1, Ordering::SeqCst);
    if takes_one(&faults.refused) {
        return refusal(StatusCode::SERVICE_UNAVAILABLE, "");
    }
    if faults.is_full.load(Ordering::SeqCst) && request.method() == Method::PUT {
        return refusal(StatusCode::INSUFFICIENT_STORAGE, "<Error><Code>XMinioStorageFull</Code></Error>");
    }
    let answer = service.call(request.map(Body::from)).await.map_err(|error| format!("{error:?}"))?;
    if takes_one(&faults.lost) { Err("the answer is lost".into()) } else { Ok(answer) }
}

fn refusal(status: StatusCode, text: &'static str) -> Result<Response<Body>, Box<dyn Error + Send + Sync>> {
    Ok(Response::builder().status(status).body(Body::from(text.to_owned()))?)
}

fn takes_one(count: &AtomicU32) -> bool {
    count.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
}
