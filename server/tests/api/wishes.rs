//! What owners say, at whatever address they say it: a share ends there, and no other address is tried.

use serde_json::json;

use crate::app::TestApp;
use crate::evil_origin::{Origin, html, said};
use crate::pictures::noise;

const PAGE: &str = "<picture><source media='(width: 2px)' srcset=second><source media='(width: 3px)' srcset=third>\
    <img src=first></picture>";

/// The page gives three addresses for its picture. The first is another crop, so the next is asked for; that one's owner
/// says no, so the last, which would fit, is not.
#[tokio::test]
async fn an_owners_no_at_one_address_ends_the_share() {
    for (no, wish) in [("X-Cutline: none", "x-cutline"), ("X-Robots-Tag: noimageindex", "noimageindex")] {
        let (square, wide) = (noise(40, 40), noise(40, 30));
        let origin = Origin::new(move |path| match path {
            "/page" => html(PAGE),
            "/first" => said("200 OK", "", &square),
            "/second" => said("200 OK", &format!("{no}\r\n"), &wide),
            _ => said("200 OK", "", &wide),
        })
        .await;
        let app = TestApp::with_config(&format!("[fetch]\nallow = [{:?}]", origin.host_port())).await;
        let request = json!({
            "source": {"page_url": origin.url("/page"), "index": 0, "natural": {"width": 400, "height": 300}},
            "targets": ["board"], "region": {"x": 0, "y": 0, "w": 1, "h": 1},
        });
        let answer = app.share(&request).await;
        assert_ne!(answer.status, 201, "{no}");
        assert!(answer.text().contains(wish), "{}", answer.text());
        let paths: Vec<_> =
            origin.requests().iter().filter_map(|head| head.split(' ').nth(1).map(str::to_owned)).collect();
        assert_eq!(paths, ["/page", "/first", "/second"], "{no}");
        app.stop().await;
    }
}

/// The overlay names the picture by its address, and the page beside it.
#[tokio::test]
async fn an_owners_no_on_the_page_beside_the_picture_ends_the_share_and_leaves_nothing() {
    for (no_page, no_larger, wish) in [
        ("<meta name=pinterest content=nopin><img src=small>", "", "pinterest"),
        ("<img src=small data-pin-nopin>", "", "data-pin-nopin"),
        ("<img src=small srcset='small 1x, larger 2x'>", "X-Cutline: none\r\n", "x-cutline"),
        ("<img src=small srcset='small 1x, larger 2x'>", "X-Robots-Tag: noimageindex\r\n", "noimageindex"),
    ] {
        let (small, larger) = (noise(40, 30), noise(80, 60));
        let origin = Origin::new(move |path| match path {
            "/page" => html(no_page),
            "/small" => said("200 OK", "", &small),
            _ => said("200 OK", no_larger, &larger),
        })
        .await;
        let app = TestApp::with_config(&format!("[fetch]\nallow = [{:?}]", origin.host_port())).await;
        let request = json!({
            "source": {"image_url": origin.url("/small"), "page_url": origin.url("/page"), "index": 0},
            "targets": ["board"], "region": {"x": 0, "y": 0, "w": 1, "h": 1},
        });
        let answer = app.share(&request).await;
        assert_eq!(answer.status, 403, "{wish}");
        assert!(answer.text().contains(wish), "{}", answer.text());
        assert_eq!((app.shares_on_board().await, app.files_of_clippings()), (0, 0), "{wish}");
        app.stop().await;
    }
}
