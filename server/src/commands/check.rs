//! `cutline check`: reads the configuration and says what it means, or everything that is wrong with it; a Postgres server
//! and a bucket that it names are asked whether they would do. Nothing is made or changed.

use std::io::{self, Write};

use cutline_engine::store::{ClippingError, Clippings, DatabaseUrl, PostgresStore, StoreError};

use crate::cli::CheckArgs;
use crate::config::{
    BlobsUrl, Config, ConfigError, FetchConfig, GalleryPictures, Typed, environment, show_bytes, show_time,
};

/// Why the server would not run.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The database would not do.
    #[error("the database cannot be used: {0}")]
    Database(#[from] StoreError),
    /// The bucket would not do.
    #[error("the clippings cannot be kept: {0}")]
    Clippings(#[from] ClippingError),
    /// The system refuses what connecting takes.
    #[error("nothing can be asked: {0}")]
    System(#[from] io::Error),
}

/// Reads the configuration, asks database and bucket, and prints what the server would do.
pub fn run(args: &CheckArgs) -> Result<(), CheckError> {
    let config = Config::read(&Typed::gather(args.config.as_deref(), None, environment())?)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let stores = runtime.block_on(stores(&config))?;
    // Whoever closed stdout does not want to know.
    let _ = io::stdout().write_all(summary(&config, stores).as_bytes());
    Ok(())
}

/// What the database is and where the clippings are, without secrets.
async fn stores(config: &Config) -> Result<[String; 2], CheckError> {
    let database = match &config.server.database_url {
        DatabaseUrl::Sqlite(file) => format!("SQLite in {}", file.display()),
        DatabaseUrl::Postgres(url) => format!("Postgres {} at {url}", PostgresStore::examine(url).await?),
    };
    let clippings = match &config.server.blobs_url {
        BlobsUrl::Folder(folder) => format!("files in {}", folder.display()),
        BlobsUrl::Bucket { bucket, prefix } => {
            let settings = config.s3.bucket(bucket, prefix);
            Clippings::examine(&settings).await?;
            settings.to_string()
        }
    };
    Ok([format!("database   {database}"), format!("clippings  {clippings}")])
}

/// What the server would do, one line for each thing; holds no secret.
fn summary(config: &Config, stores: [String; 2]) -> String {
    let server = &config.server;
    let mut lines = vec![
        "The configuration is fine.".to_owned(),
        format!("address    {}", server.public_url_at(server.listen)),
        format!("listens on {}", server.listen),
        format!("data       {}", server.data_dir.display()),
    ];
    lines.extend(stores);
    lines.extend([
        format!("decodes    {}", decoding(config)),
        format!("cache      {}", caching(&config.fetch)),
    ]);
    if config.galleries.is_empty() {
        lines.push("gallery    the demo gallery (none is configured)".to_owned());
    }
    lines.extend(config.galleries.iter().map(|gallery| {
        let pictures = match &gallery.pictures {
            GalleryPictures::Folder(folder) => format!("the pictures in {}", folder.display()),
            GalleryPictures::Addresses(addresses) if addresses.len() == 1 => "1 address".to_owned(),
            GalleryPictures::Addresses(addresses) => format!("{} addresses", addresses.len()),
        };
        format!("gallery    /g/{}: {pictures}", gallery.slug)
    }));
    lines.push("target     board".to_owned());
    lines.extend(config.accounts.iter().map(|account| {
        let visibility = account.visibility.as_str();
        format!(
            "target     {} at {} ({visibility})",
            account.target,
            account.server.origin().ascii_serialization()
        )
    }));
    lines.extend(config.sites.iter().map(|site| format!("site       {}", site.origin)));
    if config.embed.open {
        lines.push("site       any, to the board".to_owned());
    }
    if (config.embed.open || !config.sites.is_empty()) && config.embed.trusted_proxies.is_empty() {
        lines.push(format!(
            "           behind a proxy all their visitors count as one, with {} shares an hour: name it in embed.trusted_proxies",
            config.embed.shares_per_visitor
        ));
    }
    lines.extend(config.fetch.allow.iter().map(|host| format!("may fetch  {host}, private or not")));
    lines.push(String::new());
    lines.join("\n")
}

fn decoding(config: &Config) -> String {
    if config.server.in_process || !cfg!(target_os = "linux") {
        return "in the server's process".to_owned();
    }
    let count = config.limits.permits.max_concurrent;
    format!("in {count} {} of their own", if count == 1 { "process" } else { "processes" })
}

fn caching(fetch: &FetchConfig) -> String {
    match fetch.cache_bytes {
        0 => "none of the fetched pictures".to_owned(),
        bytes => {
            format!("{} of fetched pictures, each for {}", show_bytes(bytes), show_time(fetch.cache_age))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn summary_of(typed: &Typed) -> String {
        let config = Config::read(typed).expect("a configuration");
        let stores = stores(&config).await.expect("files");
        summary(&config, stores)
    }

    #[tokio::test]
    async fn the_summary_says_what_the_server_would_do() {
        let file = r#"
            public_url = "https://share.example.org"
            [fetch]
            allow = ["127.0.0.1:9000"]
            cache_bytes = 0
            [[galleries]]
            slug = "harbour"
            pictures = ["https://a.example/1.jpg", "https://a.example/2.jpg"]
            [[targets]]
            platform = "mastodon"
            server = "https://example.social"
            account = "alice@example.social"
            token = "s3cret-token"
            visibility = "unlisted"
            [embed]
            open = true
            [[sites]]
            origin = "https://blog.example.org"
            key = "blog-4f1c9a"
        "#;
        let typed = Typed { file: Some(("cutline.toml".to_owned(), file.to_owned())), ..Typed::default() };
        let configured = summary_of(&typed).await;
        insta::assert_snapshot!("configured", configured);
        assert!(!configured.contains("s3cret"));
        insta::assert_snapshot!("nothing_configured", summary_of(&Typed::default()).await);
    }
}
