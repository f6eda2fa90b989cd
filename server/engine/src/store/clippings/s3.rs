//! Clippings in a bucket of S3, Amazon's or another's that speaks its protocol: how it is reached, and whether it does.
//!
//! A clipping is put only if there is none of its name (`If-None-Match: *`), so that asking again after a lost answer
//! changes nothing. Requests are tried again for a few seconds only: somebody waits for each of them.

use std::{fmt, sync::Arc, time::Duration};

use futures_util::StreamExt;
use object_store::{
    BackoffConfig, ClientOptions, Error, ObjectStore, PutMode, PutOptions, RetryConfig, aws::AmazonS3Builder,
    path::Path, prefix::PrefixStore,
};
use url::Url;

use super::ClippingError;

/// What object_store calls this storage in its errors.
pub(super) const NAME: &str = "S3";
/// Put at the start, to see that we may.
const MARK: &str = "clippings/of-cutline";
/// How long reaching the server may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long one request may take, the largest clipping included.
const TIMEOUT: Duration = Duration::from_secs(30);
/// After how long and how often a request that failed is made no more.
const RETRY_TIMEOUT: Duration = Duration::from_secs(5);
const RETRIES: usize = 4;

/// A bucket, and how it is reached; `Display` is its address.
#[derive(Clone, Debug)]
pub struct S3Settings {
    /// Its name.
    pub bucket: String,
    /// What the names of all clippings begin with, without slashes around it; may be empty.
    pub prefix: String,
    /// The server, https or http; none means Amazon's for the region.
    pub endpoint: Option<Url>,
    /// The region, for example `eu-central-1`; servers that have none take `us-east-1`.
    pub region: String,
    /// What we sign with; none means what Amazon's machine or container that we run on is given.
    pub keys: Option<S3Keys>,
}

/// A pair of keys; only the first one is ever shown.
#[derive(Clone, PartialEq, Eq)]
pub struct S3Keys {
    /// The access key's id.
    pub id: String,
    /// The secret access key.
    pub secret: String,
    /// The session token that temporary keys come with.
    pub session_token: Option<String>,
}

impl fmt::Debug for S3Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Keys").field("id", &self.id).finish_non_exhaustive()
    }
}

impl fmt::Display for S3Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}", self.bucket)?;
        if !self.prefix.is_empty() {
            write!(f, "/{}", self.prefix)?;
        }
        match &self.endpoint {
            Some(endpoint) => write!(f, " at {}", endpoint.origin().ascii_serialization()),
            None => write!(f, " in {}", self.region),
        }
    }
}

/// A client for the bucket; nothing is asked yet.
pub(super) fn open(settings: &S3Settings) -> Result<Arc<dyn ObjectStore>, ClippingError> {
    // The program may have chosen a provider already; the first one stays.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let is_plain = settings.endpoint.as_ref().is_some_and(|endpoint| endpoint.scheme() == "http");
    let client = ClientOptions::new()
        .with_allow_http(is_plain)
        .with_connect_timeout(CONNECT_TIMEOUT)
        .with_timeout(TIMEOUT);
    let backoff = BackoffConfig {
        init_backoff: Duration::from_millis(100),
        max_backoff: Duration::from_secs(2),
        base: 2.0,
    };
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&settings.bucket)
        .with_region(&settings.region)
        .with_client_options(client)
        .with_retry(RetryConfig { backoff, max_retries: RETRIES, retry_timeout: RETRY_TIMEOUT });
    if let Some(endpoint) = &settings.endpoint {
        builder = builder.with_endpoint(endpoint.as_str().trim_end_matches('/'));
    }
    if let Some(keys) = &settings.keys {
        builder = builder.with_access_key_id(&keys.id).with_secret_access_key(&keys.secret);
        if let Some(token) = &keys.session_token {
            builder = builder.with_token(token);
        }
    }
    let bucket = builder.build().map_err(|error| unfit(settings, &error))?;
    Ok(if settings.prefix.is_empty() {
        Arc::new(bucket)
    } else {
        Arc::new(PrefixStore::new(bucket, Path::from(settings.prefix.as_str())))
    })
}

/// Asks for a list, of which the first page is enough. Who may not list is told of a missing clipping that he may not
/// read it, so that right is needed anyway.
pub(super) async fn look(storage: &Arc<dyn ObjectStore>, settings: &S3Settings) -> Result<(), ClippingError> {
    let mut found = storage.list(Some(&Path::from(MARK)));
    match found.next().await {
        Some(Err(error)) => Err(unfit(settings, &error)),
        Some(Ok(_)) | None => Ok(()),
    }
}

/// Puts a mark as clippings are put.
pub(super) async fn mark(storage: &Arc<dyn ObjectStore>, settings: &S3Settings) -> Result<(), ClippingError> {
    let create = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
    match storage.put_opts(&Path::from(MARK), "Cutline keeps clippings here.\n".into(), create).await {
        Ok(_) | Err(Error::AlreadyExists { .. }) => Ok(()),
        Err(error) => Err(unfit(settings, &error)),
    }
}

fn unfit(settings: &S3Settings, error: &Error) -> ClippingError {
    // The innermost says what happened; those around it repeat each other.
    let causes = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
    let cause = causes.last().map(ToString::to_string).unwrap_or_default();
    // S3's own code, out of the document that it answers with: a list's errors have no kinds in object_store.
    let code = cause.split("<Code>").nth(1).and_then(|rest| rest.split("</Code>").next());
    let advice = match (code, error) {
        (Some("NoSuchBucket"), _) => "there is no such bucket; make it, or correct its name and endpoint",
        (
            Some(
                "AccessDenied"
                | "NotSignedUp"
                | "InvalidAccessKeyId"
                | "SignatureDoesNotMatch"
                | "ExpiredToken"
                | "InvalidToken",
            ),
            _,
        )
        | (_, Error::Unauthenticated { .. } | Error::PermissionDenied { .. }) => {
            "it does not let us in; are the keys right, and may they list, get, put and delete in it?"
        }
        (Some("NotImplemented"), _) | (_, Error::NotImplemented { .. } | Error::NotSupported { .. }) => {
            "it cannot put a thing only if there is none of its name (If-None-Match)"
        }
        _ => "it does not answer as S3 does; are endpoint and region right, and is it running?",
    };
    let cause = format!("{advice} ({})", code.unwrap_or(&cause));
    ClippingError::Bucket { bucket: settings.to_string(), cause }
}
