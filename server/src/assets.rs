//! The site's files: scripts, wasm, styles and pictures, inside the program (release) or from disk (debug).
//!
//! Every answer may be kept but is asked about again (`no-cache`): names stay the same from one version to the next,
//! and the strong ETag makes the question cheap. In a release each file lies there compressed too, as far as it can be: that takes a
//! second, which is no visitor's. Nothing here is compressed when it is asked for.

use std::borrow::Cow;
use std::fmt::Write;

use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response};
use cutline_model::ProblemCode;
use http::header::{
    ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, VARY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use rust_embed::{EmbeddedFile, RustEmbed};
use sha2::{Digest, Sha256};

use crate::etag::is_current;
use crate::problem::ProblemResponse;

/// What `make site` put together. Without it the program still builds, and has no files.
#[derive(RustEmbed)]
#[folder = "../target/site"]
#[allow_missing = true]
struct Site;

/// Where the demo gallery's pictures lie in the site.
const DEMO_FOLDER: &str = "demo/";
/// Where what pages of other sites load lies.
const SCRIPT_FOLDER: &str = "embed/";
/// How `make RELEASE=1 site` compressed copies of a file, the smallest first.
const PACKINGS: [Packing; 2] =
    [Packing { coding: "br", ending: ".br" }, Packing { coding: "gzip", ending: ".gz" }];

/// Marks an answer whose body is a file, or a compressed copy of one: nothing is to be done to it any more.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Finished;

/// A way to compress.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Packing {
    /// What HTTP calls it, RFC 9110 section 8.4.1.
    coding: &'static str,
    /// What a copy's name ends with, behind the name of its file.
    pub(crate) ending: &'static str,
}

/// Answers with the site's file at the address, for GET and HEAD; the router's fallback.
pub async fn asset(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    answer::<Site>(&method, &uri, &headers).await
}

/// The files of the demo gallery, by their names within its folder, sorted; none when the site was not built.
#[must_use]
pub fn demo_pictures() -> Vec<(String, Cow<'static, [u8]>)> {
    files_below::<Site>(DEMO_FOLDER)
}

/// What pages of other sites load, as above.
pub(crate) fn scripts() -> Vec<(String, Cow<'static, [u8]>)> {
    files_below::<Site>(SCRIPT_FOLDER)
}

async fn answer<Files: RustEmbed>(method: &Method, uri: &Uri, headers: &HeaderMap) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET, HEAD")]).into_response();
    }
    let Some(file) = find::<Files>(uri.path()).await else {
        let detail = format!("there is nothing at {}", uri.path());
        return ProblemResponse::new(ProblemCode::NotFound, detail).into_response();
    };
    let media_type = media_type(file.metadata.mimetype());
    let (mut file, mut packing) = (file, None);
    for one in packings_for(headers) {
        if let Some(packed) = find::<Files>(&format!("{}{}", uri.path(), one.ending)).await {
            (file, packing) = (packed, Some(one));
            break;
        }
    }
    let etag = etag_of(&file.metadata.sha256_hash());
    respond(headers, &etag, media_type, packing, || Body::from(file.data.into_owned()))
}

/// A file of the script that pages of other sites load, of this version or another; `bytes` are compressed as `packing` says.
pub(crate) fn script(headers: &HeaderMap, name: &str, bytes: Bytes, packing: Option<Packing>) -> Response {
    let guessed = match name.rsplit('.').next() {
        Some("js") => "text/javascript",
        Some("css") => "text/css",
        Some("wasm") => "application/wasm",
        _ => "application/octet-stream",
    };
    let etag = etag_of(&Sha256::digest(&bytes).into());
    let mut response = respond(headers, &etag, media_type(guessed), packing, || Body::from(bytes));
    if packing.is_none() {
        // Of a version that kept no compressed copies.
        response.extensions_mut().remove::<Finished>();
    }
    response
}

/// The packings that who asks takes, RFC 9110 section 12.5.3, the smallest first.
pub(crate) fn packings_for(headers: &HeaderMap) -> impl Iterator<Item = Packing> {
    PACKINGS.into_iter().filter(|packing| {
        let lists = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
        lists.flat_map(|list| list.split(',')).any(|one| {
            let (coding, weight) = one.split_once(';').unwrap_or((one, "q=1"));
            let weight = weight.trim().strip_prefix("q=").and_then(|weight| weight.parse::<f32>().ok());
            coding.trim().eq_ignore_ascii_case(packing.coding) && weight.is_some_and(|weight| weight > 0.0)
        })
    })
}

/// The name of the file that one of this name is, or is a compressed copy of.
pub(crate) fn unpacked(name: &str) -> &str {
    PACKINGS.iter().find_map(|packing| name.strip_suffix(packing.ending)).unwrap_or(name)
}

/// The answer with a file, or that the copy which is there is current.
fn respond(
    headers: &HeaderMap,
    etag: &HeaderValue,
    media_type: HeaderValue,
    packing: Option<Packing>,
    body: impl FnOnce() -> Body,
) -> Response {
    let mut response = if is_current(headers, etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut response = Response::new(body());
        response.headers_mut().insert(CONTENT_TYPE, media_type);
        if let Some(Packing { coding, .. }) = packing {
            response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(coding));
        }
        response
    };
    response.extensions_mut().insert(Finished);
    let headers = response.headers_mut();
    headers.insert(ETAG, etag.clone());
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// The file at an address's path. Names are compared as they stand, without decoding: `%2e%2e` is no file's name.
async fn find<Files: RustEmbed>(path: &str) -> Option<EmbeddedFile> {
    let name = path.strip_prefix('/')?.to_owned();
    let is_plain =
        |part: &str| !part.is_empty() && !part.starts_with('.') && !part.contains(['\\', ':', '\0']);
    if !name.split('/').all(is_plain) {
        return None;
    }
    // Debug builds read and hash the file here.
    tokio::task::spawn_blocking(move || Files::get(&name)).await.ok().flatten()
}

fn files_below<Files: RustEmbed>(folder: &str) -> Vec<(String, Cow<'static, [u8]>)> {
    let mut files: Vec<_> = Files::iter()
        .filter_map(|path| Some((path.strip_prefix(folder)?.to_owned(), Files::get(&path)?.data)))
        .collect();
    files.sort_by(|(a, _), (b, _)| a.cmp(b));
    files
}

/// The SHA-256 of the file's bytes, quoted: the same bytes have the same tag in every version and on every machine.
fn etag_of(sha256: &[u8; 32]) -> HeaderValue {
    let mut tag = String::with_capacity(66);
    tag.push('"');
    for byte in sha256 {
        write!(tag, "{byte:02x}").expect("writing to a string cannot fail");
    }
    tag.push('"');
    HeaderValue::from_str(&tag).expect("hexadecimal digits and quotes are fit for a header")
}

/// Texts are UTF-8 and say so; the rest is sent as it is known.
fn media_type(guessed: &str) -> HeaderValue {
    let is_text = guessed.starts_with("text/") || guessed == "image/svg+xml" || guessed.ends_with("/json");
    let text = if is_text { format!("{guessed}; charset=utf-8") } else { guessed.to_owned() };
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("application/octet-stream"))
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use http::header::IF_NONE_MATCH;

    use super::*;

    #[derive(RustEmbed)]
    #[folder = "tests/site"]
    struct Sample;

    async fn get_with(path: &str, asked: &[(http::HeaderName, &str)]) -> Response {
        let headers = asked.iter().map(|(name, value)| (name.clone(), value.parse().expect("a header")));
        answer::<Sample>(&Method::GET, &path.parse().expect("an address"), &headers.collect()).await
    }

    async fn get(path: &str, if_none_match: Option<&str>) -> Response {
        let asked = if_none_match.map(|tag| (IF_NONE_MATCH, tag));
        get_with(path, asked.as_slice()).await
    }

    fn header(response: &Response, name: http::HeaderName) -> &str {
        response.headers().get(name).map_or("", |value| value.to_str().expect("text"))
    }

    async fn body(response: Response) -> Vec<u8> {
        response.into_body().collect().await.expect("a body").to_bytes().to_vec()
    }

    #[tokio::test]
    async fn a_file_comes_with_its_type_and_its_tag() {
        for (path, media_type) in [
            ("/pkg/cutline.js", "text/javascript; charset=utf-8"),
            ("/pkg/cutline.wasm", "application/wasm"),
            ("/pkg/cutline.css", "text/css; charset=utf-8"),
            ("/demo/lighthouse.svg", "image/svg+xml; charset=utf-8"),
        ] {
            let response = get(path, None).await;
            assert_eq!(response.status(), StatusCode::OK, "{path}");
            assert_eq!(header(&response, CONTENT_TYPE), media_type, "{path}");
            assert_eq!(header(&response, CACHE_CONTROL), "no-cache");
            assert_eq!(header(&response, X_CONTENT_TYPE_OPTIONS), "nosniff");
            assert_eq!(header(&response, ETAG).len(), 66, "sha256 in quotes");
        }
        let response = get("/pkg/cutline.wasm", None).await;
        // The hash of the eight bytes of an empty module.
        assert_eq!(
            header(&response, ETAG),
            "\"93a44bbb96c751218e4c00d479e4c14358122a389acca16205b1e4d0dc5f9476\""
        );
        assert_eq!(body(response).await, b"\0asm\x01\0\0\0");
    }

    #[tokio::test]
    async fn a_copy_that_is_current_is_not_sent_again() {
        let response = get("/pkg/cutline.css", None).await;
        let tag = header(&response, ETAG).to_owned();
        for current in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}")] {
            let response = get("/pkg/cutline.css", Some(&current)).await;
            assert_eq!(response.status(), StatusCode::NOT_MODIFIED, "{current}");
            assert_eq!(header(&response, ETAG), tag);
            assert_eq!(body(response).await, b"");
        }
        assert_eq!(get("/pkg/cutline.css", Some("\"other\"")).await.status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn what_was_compressed_before_is_sent_so_to_who_takes_it() {
        let path = "/pkg/packed.js";
        for (takes, coding) in [
            ("br", "br"),
            ("gzip, deflate, br, zstd", "br"),
            ("gzip, BR;q=0.5", "br"),
            ("gzip", "gzip"),
            ("br;q=0, gzip", "gzip"),
            ("brotli", ""),
            ("identity;q=1, *;q=0", ""),
            ("", ""),
        ] {
            let response = get_with(path, &[(ACCEPT_ENCODING, takes)]).await;
            assert_eq!(header(&response, CONTENT_ENCODING), coding, "{takes}");
            assert_eq!(header(&response, CONTENT_TYPE), "text/javascript; charset=utf-8");
            assert_eq!(header(&response, VARY), "accept-encoding");
            let tag = header(&response, ETAG).to_owned();
            let bytes = body(response).await;
            let ending = PACKINGS.iter().find(|packing| packing.coding == coding);
            let file = format!("tests/site{path}{}", ending.map_or("", |packing| packing.ending));
            assert_eq!(bytes, std::fs::read(file).expect("a file"), "{takes}");
            // Each form has a tag of its own, and each is known again.
            assert_eq!(tag, etag_of(&Sha256::digest(&bytes).into()).to_str().expect("text"));
            let again = get_with(path, &[(ACCEPT_ENCODING, takes), (IF_NONE_MATCH, &tag)]).await;
            assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{takes}");
        }
        // Where nothing was compressed before, the file as it is.
        let response = get_with("/pkg/cutline.js", &[(ACCEPT_ENCODING, "br")]).await;
        assert_eq!((response.status(), header(&response, CONTENT_ENCODING)), (StatusCode::OK, ""));
    }

    #[test]
    fn a_file_of_a_version_that_compressed_none_is_compressed_on_its_way() {
        let is_finished = |packing| {
            let response = script(&HeaderMap::new(), "v1-34793e11ea61c2b5.js", Bytes::new(), packing);
            response.extensions().get::<Finished>().is_some()
        };
        assert!(!is_finished(None));
        assert!(PACKINGS.into_iter().all(|packing| is_finished(Some(packing))));
    }

    #[tokio::test]
    async fn nothing_outside_the_folder_is_reached() {
        for path in [
            "/",
            "/pkg",
            "/pkg/",
            "/pkg/missing.js",
            "/../../Cargo.toml",
            "/pkg/../../../Cargo.toml",
            "/pkg/./cutline.css",
            "//etc/passwd",
            "/%2e%2e/%2e%2e/Cargo.toml",
            "/..%2f..%2fCargo.toml",
            "/pkg/cutline.css/",
            "/.hidden",
        ] {
            assert_eq!(get(path, None).await.status(), StatusCode::NOT_FOUND, "{path}");
        }
    }

    #[tokio::test]
    async fn files_are_read_and_not_written() {
        let uri: Uri = "/pkg/cutline.css".parse().expect("an address");
        let response = answer::<Sample>(&Method::POST, &uri, &HeaderMap::new()).await;
        assert_eq!(
            (response.status(), header(&response, ALLOW)),
            (StatusCode::METHOD_NOT_ALLOWED, "GET, HEAD")
        );
        assert_eq!(answer::<Sample>(&Method::HEAD, &uri, &HeaderMap::new()).await.status(), StatusCode::OK);
    }

    #[test]
    fn the_demo_gallery_is_what_lies_in_its_folder() {
        let files = files_below::<Sample>(DEMO_FOLDER);
        let names: Vec<_> = files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["credits.toml", "lighthouse.svg"]);
        assert!(files[1].1.starts_with(b"<svg"));
    }
}
