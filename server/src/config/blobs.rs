//! Where clippings are kept: a folder, or a bucket of S3 and how it is reached.
//!
//! What the section leaves out comes from the variables that Amazon's own programs read, so that a machine that is set up for
//! them needs no more than the bucket's name.

use std::collections::BTreeMap;
use std::path::PathBuf;

use cutline_engine::store::{S3Keys, S3Settings};
use url::Url;

use super::secret::Secret;
use super::section::Section;
use super::server::parse_origin;

/// What servers take that have no regions.
const DEFAULT_REGION: &str = "us-east-1";

/// `blobs_url`, `CUTLINE_BLOBS_URL`: where clippings are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlobsUrl {
    /// `file:` and a folder.
    Folder(PathBuf),
    /// `s3://bucket` or `s3://bucket/prefix`.
    Bucket {
        /// The bucket's name.
        bucket: String,
        /// What the names of all clippings begin with, without slashes around it; may be empty.
        prefix: String,
    },
}

/// `[s3]`, `CUTLINE_S3__…`: how a bucket is reached.
#[derive(Clone, Debug)]
pub struct S3Config {
    /// `endpoint`: the server, if it is not Amazon's; else `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`.
    pub endpoint: Option<Url>,
    /// `region`: the bucket's region; else `AWS_REGION`, `AWS_DEFAULT_REGION`, `us-east-1`.
    pub region: String,
    /// `access_key_id` and `secret_access_key` (or `_file`, `_env`); else `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and
    /// `AWS_SESSION_TOKEN`; else what the machine is given by Amazon.
    pub keys: Option<S3Keys>,
}

impl BlobsUrl {
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text.split_once(':')? {
            ("file", folder) if !folder.is_empty() => Some(Self::Folder(folder.into())),
            ("s3", rest) => {
                let rest = rest.strip_prefix("//").unwrap_or(rest);
                let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
                let prefix = prefix.trim_end_matches('/');
                (is_bucket(bucket) && is_prefix(prefix))
                    .then(|| Self::Bucket { bucket: bucket.to_owned(), prefix: prefix.to_owned() })
            }
            _ => None,
        }
    }
}

impl S3Config {
    pub(super) fn read(section: &mut Section<'_>, variables: &BTreeMap<String, String>) -> Self {
        let of_amazon = |names: &[&str]| {
            names.iter().find_map(|name| variables.get(*name).filter(|value| !value.is_empty())).cloned()
        };
        let endpoint = section
            .scalar(
                "endpoint",
                "an http or https address without path, for example https://s3.example.org",
                parse_origin,
            )
            .or_else(|| parse_origin(&of_amazon(&["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"])?));
        let region = section
            .scalar("region", "a region, for example eu-central-1", parse_word)
            .or_else(|| of_amazon(&["AWS_REGION", "AWS_DEFAULT_REGION"]))
            .unwrap_or_else(|| DEFAULT_REGION.to_owned());
        let has_id = section.has("access_key_id");
        let id = section.scalar("access_key_id", "an access key's id", parse_word);
        let secret = Secret::read(section, variables, "secret_access_key", "secret access key");
        if secret.given != usize::from(has_id) {
            section.mistake(
                "access_key_id needs one of secret_access_key_file, secret_access_key_env and secret_access_key beside it",
            );
        }
        let typed = id.zip(secret.text).map(|(id, secret)| S3Keys { id, secret, session_token: None });
        let from_amazon = || {
            Some(S3Keys {
                id: of_amazon(&["AWS_ACCESS_KEY_ID"])?,
                secret: of_amazon(&["AWS_SECRET_ACCESS_KEY"])?,
                session_token: of_amazon(&["AWS_SESSION_TOKEN"]),
            })
        };
        Self { endpoint, region, keys: typed.or_else(from_amazon) }
    }

    /// A bucket with this.
    #[must_use]
    pub fn bucket(&self, bucket: &str, prefix: &str) -> S3Settings {
        S3Settings {
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
            endpoint: self.endpoint.clone(),
            region: self.region.clone(),
            keys: self.keys.clone(),
        }
    }
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
fn is_bucket(name: &str) -> bool {
    (3..=63).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte))
}

/// Nothing, or words with slashes between them that no server reads in two ways.
fn is_prefix(text: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty()
            && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
            && !word.bytes().all(|byte| byte == b'.')
    };
    text.is_empty() || (text.len() <= 512 && text.split('/').all(is_word))
}

fn parse_word(text: &str) -> Option<String> {
    let fits = (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then(|| text.to_owned())
}
