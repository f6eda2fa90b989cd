//! TEMP
#![allow(missing_docs, unused, clippy::all)]
use std::{path::PathBuf, sync::Arc};
use bytes::Bytes;
use cutline_model::{Gallery, Picture};
use url::Url;
use crate::{crop::Permits, limits::CropLimits};
pub enum PictureFiles { Folder(PathBuf), Inside(Vec<(String, std::borrow::Cow<'static,[u8]>)>), Urls(Vec<Url>) }
pub struct GallerySettings { pub slug: String, pub title: Option<String>, pub files: PictureFiles }
pub struct StoredPicture { pub bytes: Bytes, pub media_type: &'static str }
#[derive(Debug, thiserror::Error)] #[error("x")] pub struct GalleryError;
pub struct Galleries;
impl Galleries {
  pub async fn open(settings: Vec<GallerySettings>, thumbnails_dir: PathBuf, public_url: &Url, permits: Permits, limits: CropLimits) -> Result<Self, GalleryError> { Ok(Self) }
  pub fn all(&self) -> Vec<Arc<Gallery>> { vec![] }
  pub fn get(&self, slug: &str) -> Option<Arc<Gallery>> { None }
  pub async fn original(&self, slug: &str, file: &str) -> Result<Option<StoredPicture>, GalleryError> { Ok(None) }
  pub async fn thumbnail(&self, slug: &str, width: u32, file: &str) -> Result<Option<StoredPicture>, GalleryError> { Ok(None) }
  pub fn find(&self, url: &Url) -> Option<(String, String)> { None }
  pub fn find_on_page(&self, page: &Url, index: Option<u32>, src: Option<&str>) -> Option<(String,String)> { None }
  pub fn picture(&self, slug: &str, file: &str) -> Option<Picture> { None }
  pub async fn learn_sizes<F, Fut, E>(&self, fetch: F) where F: Fn(Url) -> Fut, Fut: Future<Output = Result<Bytes, E>>, E: std::fmt::Display {}
}
