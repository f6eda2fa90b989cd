//! The server: the site's own pages, and Cutline for every other address (`/api/…`, `/pkg/components.css`, `/s/…`), in one program.
//!
//! Cutline is configured as `cutline serve` is, by `cutline.toml` or `CUTLINE_…` variables. A site that would rather run
//! `cutline serve` by itself passes those addresses on to it.

use std::error::Error;
use std::path::Path;

use axum::Router;
use axum::extract::Path as Name;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use cutline_example_islands::Document;
use cutline_server::application::Application;
use cutline_server::config::{Config, Typed, environment};
use cutline_server::serve::Listening;
use leptos::prelude::*;

/// Where `make example` puts what the browser loads.
const BUILT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/examples/islands");

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // Decoders of their own want `cutline` itself to be run for them; here pictures are decoded in this process.
    let typed = Typed { in_process: true, ..Typed::gather(None, None, environment())? };
    let config = Config::read(&typed)?;
    let listening = Listening::bind(config.server.listen).await?;
    let public_url = config.server.public_url_at(listening.addr());
    let cutline = Application::build(&config, &public_url, Path::new("")).await?;
    let site = Router::new()
        .route("/", get(leptos_axum::render_app_to_stream(|| view! { <Document /> })))
        .route("/own/{name}", get(built))
        .fallback_service(cutline.router());
    let background = cutline.start_background();
    println!("{}", listening.announcement(None));
    let stop = async {
        // Without signals it ends when it is killed.
        let _ = tokio::signal::ctrl_c().await;
    };
    listening.serve(site, stop).await;
    background.stop().await;
    Ok(())
}

/// What the browser loads of this site.
async fn built(Name(name): Name<String>) -> Result<impl IntoResponse, StatusCode> {
    let media_type = match name.as_str() {
        "example.js" => "text/javascript",
        "example.wasm" => "application/wasm",
        _ => return Err(StatusCode::NOT_FOUND),
    };
    let bytes = tokio::fs::read(Path::new(BUILT).join(&name)).await.map_err(|_| StatusCode::NOT_FOUND)?;
    Ok(([(CONTENT_TYPE, media_type)], bytes))
}
