//! Visitors connect accounts of their own and share with them; nobody else can.

use http::Method;
use serde_json::{Value, json};

use crate::app::{Answer, TestApp, quarter_of};
use crate::cross_site::FOREIGN;
use crate::origin::Origin;
use crate::pictures::{coordinates, png};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// A server of the Mastodon family, as far as it is needed.
async fn mastodon() -> Origin {
    let origin = Origin::start().await;
    origin.put("/a.png", "image/png", png(&coordinates(60, 40)));
    for (path, body) in [
        ("/api/v1/apps", r#"{"client_id":"our-id","client_secret":"our-secret"}"#),
        ("/oauth/token", r#"{"access_token":"the-token","token_type":"Bearer"}"#),
        ("/api/v1/accounts/verify_credentials", r#"{"id":"7","acct":"alice"}"#),
        ("/api/v2/media", r#"{"id":"1"}"#),
        ("/api/v1/statuses", r#"{"id":"2","url":"https://example.social/@alice/2"}"#),
        ("/oauth/revoke", "{}"),
    ] {
        origin.put(path, "application/json", body);
    }
    origin
}

/// A site whose visitors can connect accounts at `origin`.
async fn start(origin: &Origin) -> (tempfile::NamedTempFile, TestApp) {
    let key = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(key.path(), [7; 32]).expect("written");
    let config = format!("secret_key_file = {:?}\n[fetch]\nallow = [{:?}]", key.path(), origin.host);
    let app = TestApp::with_config(&config).await;
    (key, app)
}

/// A browser with its cookie.
struct Browser<'a> {
    app: &'a TestApp,
    cookie: String,
}

impl<'a> Browser<'a> {
    fn new(app: &'a TestApp) -> Self {
        Self { app, cookie: String::new() }
    }

    async fn send(&mut self, method: Method, path: &str, headers: &[(&str, &str)], body: String) -> Answer {
        let cookie = [("cookie", self.cookie.clone())];
        let cookie = cookie.iter().map(|(name, value)| (*name, value.as_str()));
        let headers: Vec<_> =
            cookie.chain(headers.iter().copied()).filter(|(_, value)| !value.is_empty()).collect();
        let answer = self.app.send(method, path, &headers, body).await;
        if let Some(set) = answer.headers.get("set-cookie") {
            let set = set.to_str().expect("text");
            assert!(set.contains("; Path=/; HttpOnly; SameSite=Lax; Max-Age="), "{set}");
            self.cookie = set.split(';').next().expect("a cookie").to_owned();
        }
        answer
    }

    async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], String::new()).await
    }

    async fn post(&mut self, path: &str, form: &str) -> Answer {
        self.send(Method::POST, path, &[FORM, ("sec-fetch-site", "same-origin")], form.to_owned()).await
    }

    /// Begins at `origin`: the path that its server sends the visitor back to.
    async fn begin(&mut self, origin: &Origin) -> String {
        let answer = self.post("/accounts/connect", &format!("way=mastodon&server={}", origin.url)).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        let address = url::Url::parse(answer.header("location")).expect("an address");
        let pair =
            |name: &str| address.query_pairs().find(|(one, _)| one == name).expect("there").1.into_owned();
        let back = pair("redirect_uri");
        let back = back.strip_prefix(&self.app.url).expect("our own address").to_owned();
        format!("{back}?code=the-code&state={}", pair("state"))
    }

    async fn connect(&mut self, origin: &Origin) {
        let back = self.begin(origin).await;
        let before = self.cookie.clone();
        let answer = self.get(&back).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/accounts?done=connected"));
        assert!(!before.is_empty() && before != self.cookie, "the session is renewed");
    }

    /// The target of the one account, as the gallery's page has it.
    async fn target(&mut self) -> String {
        let page = self.get("/g/demo").await;
        assert_eq!(page.header("cache-control"), "private, no-store");
        let text = page.text();
        let start = text.find("mastodon:~").expect("a target of the visitor's");
        text[start..start + "mastodon:~".len() + 16].to_owned()
    }

    /// `POST /api/share`, as the overlay does.
    async fn share(&mut self, request: &Value, key: &str) -> Answer {
        let headers = [("content-type", "application/json"), ("sec-fetch-site", "same-origin")];
        let body = json!({"request": request, "key": key}).to_string();
        self.send(Method::POST, "/api/share", &headers, body).await
    }
}

fn to(origin: &Origin, target: &str) -> Value {
    let mut request = quarter_of(&origin.at("/a.png"));
    request["targets"] = json!([target]);
    request
}

#[tokio::test]
async fn whoever_has_connected_an_account_is_known_for_thirty_days_from_their_last_visit() {
    let origin = mastodon().await;
    let (_key, app) = start(&origin).await;
    let mut ann = Browser::new(&app);
    ann.begin(&origin).await;
    assert_eq!(ann.get("/accounts").await.headers.get("set-cookie"), None, "nothing is connected yet");
    ann.connect(&origin).await;
    let cookie = ann.cookie.clone();
    for path in ["/accounts", "/", "/g/demo", "/board"] {
        let set = ann.get(path).await.header("set-cookie").to_owned();
        assert!(set.starts_with(&cookie) && set.contains("; Max-Age=2592000"), "{path}: {set}");
    }
    ann.cookie = "cutline=of-nobody".to_owned();
    assert_eq!(ann.get("/accounts").await.headers.get("set-cookie"), None);
}

#[tokio::test]
async fn a_visitor_shares_in_their_own_name_and_nobody_else_does() {
    let origin = mastodon().await;
    let (_key, app) = start(&origin).await;
    let (mut ann, mut bob) = (Browser::new(&app), Browser::new(&app));
    assert!(ann.get("/accounts").await.text().contains("No account is connected"));
    assert_eq!(ann.cookie, "", "nobody is known who has not begun to connect");
    ann.connect(&origin).await;
    bob.connect(&origin).await;
    let page = ann.get("/accounts?done=connected").await;
    assert!(page.text().contains("The account is connected.") && page.text().contains("alice@127.0.0.1"));

    let target = ann.target().await;
    let receipt = ann.share(&to(&origin, &target), "one").await.json();
    let settled = app.settled(receipt["id"].as_str().expect("an id")).await;
    assert_eq!(settled["deliveries"][0]["state"], "posted", "{settled}");
    let sent = origin.seen().into_iter().find(|(_, path, _)| path == "/api/v1/statuses").expect("a status");
    assert_eq!(sent.2["authorization"], "Bearer the-token");
    let form = format!("image_url={}&x=0&y=0&w=50&h=50&targets={target}", origin.at("/a.png"));
    assert_eq!(ann.post("/compose", &form).await.status, 303, "also without script");

    // Somebody else's account is as unknown as one that is not there.
    let unknown = |answer: Answer| answer.json()["Problem"]["code"] == "unknown_target";
    assert!(unknown(bob.share(&to(&origin, &target), "two").await));
    assert!(unknown(Browser::new(&app).share(&to(&origin, &target), "three").await));
    assert!(unknown(bob.share(&to(&origin, "mastodon:~0000000000000000"), "four").await));
    // The API for programs knows no cookies.
    let cookie = [("cookie", ann.cookie.as_str())];
    let answer = app.share_with(&to(&origin, &target), &cookie).await;
    assert_eq!(answer.problem().1, "unknown_target");
    let account = target.trim_start_matches("mastodon:~");
    assert_eq!(bob.post("/accounts/disconnect", &format!("id={account}")).await.status, 404);

    let export = ann.get("/accounts/export").await;
    assert_eq!(export.header("cache-control"), "private, no-store");
    let exported = export.json();
    assert_eq!(exported["accounts"][0]["shares"].as_array().map(Vec::len), Some(2), "{exported}");
    assert!(!export.text().contains("the-token"));
    let delete_url = exported["accounts"][0]["shares"][0]["delete_url"].as_str().expect("a link").to_owned();
    assert_eq!(app.get(delete_url.strip_prefix(&app.url).expect("ours")).await.status, 200);
    assert_eq!(app.get("/accounts/export").await.status, 404);

    assert_eq!(ann.post("/accounts/disconnect", &format!("id={account}")).await.status, 303);
    let revocations = || origin.calls().iter().filter(|call| *call == "POST /oauth/revoke").count();
    assert_eq!(revocations(), 0, "the other browser has been given the same token");
    assert!(unknown(ann.share(&to(&origin, &target), "five").await));
    let again = ann.share(&to(&origin, &target), "one").await.json();
    assert_eq!(again["id"], receipt["id"], "what was accepted stays so: {again}");
    let forgotten = bob.post("/accounts/forget", "").await;
    assert_eq!((forgotten.status.as_u16(), forgotten.header("location")), (303, "/accounts?done=forgotten"));
    assert_eq!(revocations(), 1);
    assert!(forgotten.header("set-cookie").contains("Max-Age=0"));
    app.stop().await;
}

#[tokio::test]
async fn a_visitors_defaults_are_chosen_and_hold_nothing_that_is_not_theirs() {
    let origin = mastodon().await;
    let (_key, app) = start(&origin).await;
    let (mut ann, mut bob) = (Browser::new(&app), Browser::new(&app));
    assert_eq!(bob.post("/accounts/defaults", "targets=board").await.status, 404, "nobody knows bob");
    ann.connect(&origin).await;
    bob.connect(&origin).await;
    let (hers, his) = (ann.target().await, bob.target().await);
    let form = format!("targets={his}&targets={hers}&targets=myspace&other=board");
    let answer = ann.post("/accounts/defaults", &form).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/accounts?done=chosen"));
    assert_eq!(ann.get("/accounts/export").await.json()["chosen_targets"], json!([hers]));
    assert_eq!(bob.get("/accounts/export").await.json()["chosen_targets"], json!([]));
    let chosen = format!("value=\"{hers}\" checked");
    let compose = format!("/compose?image_url={}", origin.at("/a.png"));
    assert!(ann.get("/accounts").await.text().contains(&chosen));
    assert!(ann.get(&compose).await.text().contains(&chosen));
    assert!(!bob.get(&compose).await.text().contains("checked"));
    app.stop().await;
}

#[tokio::test]
async fn a_token_that_is_refused_asks_to_connect_again() {
    let origin = mastodon().await;
    let (_key, app) = start(&origin).await;
    let mut ann = Browser::new(&app);
    ann.connect(&origin).await;
    let target = ann.target().await;
    origin.put_status(
        "/api/v2/media",
        401,
        "application/json",
        r#"{"error":"The access token was revoked"}"#,
    );
    let receipt = ann.share(&to(&origin, &target), "one").await.json();
    let id = receipt["id"].as_str().expect("an id");
    let delivery = app.settled(id).await["deliveries"][0].clone();
    assert_eq!(
        (&delivery["state"], &delivery["connect_again"]),
        (&json!("failed"), &json!(true)),
        "{delivery}"
    );
    assert!(app.get(&format!("/s/{id}")).await.text().contains("href=\"/accounts\">Connect again"));
    assert!(ann.get("/accounts").await.text().contains("no longer takes"));
    origin.put("/api/v2/media", "application/json", r#"{"id":"1"}"#);
    ann.connect(&origin).await;
    assert_eq!(ann.target().await, target, "it is the same account");
    app.retry(id).await;
    assert_eq!(app.settled(id).await["deliveries"][0]["state"], "posted");
    app.stop().await;
}

#[tokio::test]
async fn what_goes_wrong_is_told_on_the_page_and_in_the_visitors_language() {
    let origin = mastodon().await;
    let (_key, app) = start(&origin).await;
    let mut ann = Browser::new(&app);
    for (form, status, words) in [
        ("way=mastodon&server=two+words", 422, "There is no server of that name"),
        ("way=mastodon&server=127.0.0.1", 422, "There is no server of that name"),
        ("way=myspace", 404, "Nothing is here"),
        ("", 404, "Nothing is here"),
    ] {
        let answer = ann.post("/accounts/connect", form).await;
        assert_eq!(answer.status, status, "{form}");
        assert!(answer.text().contains(words), "{form}: {}", answer.text());
    }
    let answer = ann.post("/accounts/connect?lang=zh-Hans", "way=mastodon&server=127.0.0.1").await;
    assert!(answer.text().contains("没有可访问的此名称的服务器"));
    let back = ann.begin(&origin).await;
    let path = back.split('?').next().expect("a path").to_owned();
    let state = back.rsplit_once("state=").expect("a state").1.to_owned();
    let denied = ann.get(&format!("{path}?error=access_denied&state={state}")).await;
    assert_eq!(denied.status, 403);
    assert!(denied.text().contains("said no"));
    for query in ["", "?code=a", "?code=a&state=b", &format!("?code=a&state={state}")] {
        assert_eq!(ann.get(&format!("{path}{query}")).await.status, 400, "{query}");
    }
    assert_eq!(Browser::new(&app).get(&back).await.status, 400, "another browser");
    app.stop().await;
}

#[tokio::test]
async fn another_site_connects_disconnects_and_forgets_nothing() {
    let origin = mastodon().await;
    let (_key, app) = start(&origin).await;
    let mut ann = Browser::new(&app);
    ann.connect(&origin).await;
    let account = ann.target().await.trim_start_matches("mastodon:~").to_owned();
    let forms = [
        ("/accounts/connect", format!("way=mastodon&server={}", origin.url)),
        ("/accounts/bluesky", "handle=alice.example&password=abcd-ef12-gh34-ij56".to_owned()),
        ("/accounts/token", "platform=matrix&account=%23a:example.org&token=secret".to_owned()),
        ("/accounts/defaults", "targets=board".to_owned()),
        ("/accounts/disconnect", format!("id={account}")),
        ("/accounts/forget", String::new()),
    ];
    for (path, form) in forms {
        for foreign in FOREIGN {
            let headers = [&[FORM], foreign].concat();
            let answer = ann.send(Method::POST, path, &headers, form.clone()).await;
            assert_eq!(answer.problem(), (403, "cross_site".to_owned(), None), "{path} {foreign:?}");
        }
        assert_eq!(ann.get(path).await.status, 405, "{path}");
    }
    assert!(ann.get("/accounts").await.text().contains("alice@127.0.0.1"));
    app.stop().await;
}

#[tokio::test]
async fn a_site_without_a_key_has_no_accounts() {
    let app = TestApp::start(&[]).await;
    assert_eq!(app.get("/accounts").await.status, 404);
    assert!(!app.get("/").await.text().contains("/accounts"));
    assert!(app.get("/").await.headers.get("set-cookie").is_none());
    app.stop().await;
}
