//! Those who share: many at once, each sending the same request again until it is accepted, as a browser does.

use std::time::{Duration, Instant};

use cutline_engine::deliver::platform_client;
use futures_util::{StreamExt, stream};
use serde_json::json;

use crate::network::Network;

/// How long a visitor waits before sending a request again.
const PACE: Duration = Duration::from_millis(200);

/// Shares `jobs` to the sites at `urls` in turn, so many at once; how long each took from the first try to its 201, in
/// milliseconds.
pub(crate) async fn share(
    urls: &[String],
    network: &Network,
    jobs: std::ops::Range<usize>,
    at_once: usize,
) -> Vec<f64> {
    let client = platform_client("a visitor", Duration::from_secs(60)).expect("a client");
    stream::iter(jobs)
        .map(|job| {
            let (client, picture, target) = (client.clone(), network.picture(), network.target(job));
            async move {
                let started = Instant::now();
                let name = format!("job-{job:06}");
                // Parts of one picture that are all different: each is a clipping of its own.
                #[expect(clippy::cast_precision_loss, reason = "less than 200")]
                let (x, y) = ((job % 200) as f64 / 250.0, (job / 200 % 200) as f64 / 250.0);
                let request = json!({
                    "source": {"image_url": picture}, "region": {"x": x, "y": y, "w": 0.1, "h": 0.1},
                    "description": name, "alt": name, "targets": [target]
                });
                for url in urls.iter().cycle().skip(job % urls.len()) {
                    let sent = client.post(format!("{url}/api/v1/shares")).header("idempotency-key", &name);
                    match sent.json(&request).send().await {
                        Ok(answer) if answer.status() == 201 => break,
                        Ok(answer) if answer.status() != 503 => {
                            panic!("{job}: {} {}", answer.status(), answer.text().await.unwrap_or_default())
                        }
                        Ok(_) | Err(_) => tokio::time::sleep(PACE).await,
                    }
                    assert!(started.elapsed() < Duration::from_secs(120), "{job} is not accepted");
                }
                started.elapsed().as_secs_f64() * 1_000.0
            }
        })
        .buffer_unordered(at_once)
        .collect()
        .await
}
