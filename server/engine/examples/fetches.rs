//! `fetches cutline|reqwest whole|pieces URL`: fetches a picture for each line on its input, some times one after the other, and answers
//! each with the bytes that came, so that `make bench` can hold the guarded fetcher against a plain client.

use std::error::Error;
use std::io::{BufRead, Write, stdin, stdout};

use cutline_engine::fetch::{FetchSettings, Fetcher};
use url::{Position, Url};

/// Fetches for one line: the work of one is too little to measure.
const TIMES: usize = 10;

enum Client {
    Cutline(Box<Fetcher>),
    Reqwest(reqwest::Client),
}

impl Client {
    fn new(name: &str, url: &Url) -> Result<Self, Box<dyn Error>> {
        if name == "cutline" {
            let allow = vec![url[Position::BeforeHost..Position::AfterPort].parse()?];
            let fetcher = Fetcher::new(FetchSettings { allow, ..FetchSettings::default() })?;
            return Ok(Self::Cutline(Box::new(fetcher)));
        }
        #[expect(clippy::disallowed_methods, reason = "what the fetcher is held against")]
        let client = reqwest::Client::new();
        Ok(Self::Reqwest(client))
    }

    /// The bytes of the picture: all in one piece, or taken as they come and dropped.
    async fn fetch(&self, url: &Url, is_whole: bool) -> Result<usize, Box<dyn Error>> {
        let mut bytes = 0;
        match self {
            Self::Cutline(fetcher) if is_whole => bytes = fetcher.picture(url).await?.whole().await?.len(),
            Self::Reqwest(client) if is_whole => {
                bytes = client.get(url.clone()).send().await?.error_for_status()?.bytes().await?.len();
            }
            Self::Cutline(fetcher) => {
                let mut picture = fetcher.picture(url).await?;
                while let Some(piece) = picture.next().await? {
                    bytes += piece.len();
                }
            }
            Self::Reqwest(client) => {
                let mut response = client.get(url.clone()).send().await?.error_for_status()?;
                while let Some(piece) = response.chunk().await? {
                    bytes += piece.len();
                }
            }
        }
        Ok(bytes)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [name @ ("cutline" | "reqwest"), how @ ("whole" | "pieces"), url] =
        &args.iter().map(String::as_str).collect::<Vec<_>>()[..]
    else {
        return Err("usage: fetches cutline|reqwest whole|pieces URL".into());
    };
    // Without a provider of TLS chosen, reqwest makes no client.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut url = Url::parse(url)?;
    let mut count = 0_u64;
    let is_whole = *how == "whole";
    let client = Client::new(name, &url)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    for line in stdin().lock().lines() {
        line?;
        let mut bytes = 0;
        for _ in 0..TIMES {
            // Another address each time: who asks again while the last answer is being put away would get that one.
            count += 1;
            url.set_query(Some(&count.to_string()));
            bytes += runtime.block_on(client.fetch(&url, is_whole))?;
        }
        writeln!(stdout(), "{bytes}")?;
    }
    Ok(())
}
