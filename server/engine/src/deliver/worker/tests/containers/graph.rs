//! A server that keeps containers and posts as the Graph API does, written from the examples in its documentation and not from
//! the connector. Where the documentation leaves open what happens, it does the worst: a container that is published again is a second post.
//!
//! <https://developers.facebook.com/docs/instagram-platform/content-publishing/>,
//! <https://developers.facebook.com/docs/threads/posts/> and <https://developers.facebook.com/docs/threads/troubleshooting/>,
//! read on 2026-11-23.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::super::FakeClock;
use crate::clock::Clock;
use crate::deliver::fake_server::{FakeServer, Reply, Seen};

pub(super) const TOKEN: &str = "THAA1";

/// What one of the two platforms calls things.
#[derive(Debug)]
pub(super) struct Names {
    pub(super) platform: &'static str,
    pub(super) account: &'static str,
    pub(super) version: &'static str,
    pub(super) edge: &'static str,
    pub(super) words: &'static str,
    pub(super) publish: &'static str,
    pub(super) state: &'static str,
}

pub(super) static INSTAGRAM: Names = Names {
    platform: "instagram",
    account: "17841405822304914",
    version: "v25.0",
    edge: "media",
    words: "caption",
    publish: "media_publish",
    state: "status_code",
};

pub(super) static THREADS: Names = Names {
    platform: "threads",
    account: "25949072001396400",
    version: "v1.0",
    edge: "threads",
    words: "text",
    publish: "threads_publish",
    state: "status",
};

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Make,
    State,
    Publish,
    List,
    Read,
    Remove,
    Account,
}

/// How one request goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is not done, and the connection ends.
    Unheard,
    /// It is done, and the connection ends.
    Lost,
    /// It is done, and nothing is said: whoever waits can be killed meanwhile.
    Silent,
    /// It is not done, and nothing is said.
    Deaf,
    /// It is done, and answered as trouble.
    DoneInTrouble,
    /// It is not done, and answered with this status and number.
    Refused(u16, i64),
}

#[derive(Clone, Debug)]
pub(super) struct Container {
    pub(super) id: String,
    pub(super) words: String,
    pub(super) image_url: String,
    pub(super) state: &'static str,
    /// When it was asked for.
    pub(super) asked: Vec<Timestamp>,
}

#[derive(Clone, Debug)]
pub(super) struct Published {
    pub(super) id: String,
    pub(super) words: String,
    at: Timestamp,
}

/// What is there.
#[derive(Default)]
pub(super) struct Kept {
    pub(super) containers: Vec<Container>,
    pub(super) posts: Vec<Published>,
    /// How often a container is not ready yet when it is asked for.
    pub(super) slowness: usize,
    /// What the next request of a kind meets.
    pub(super) faults: VecDeque<(Step, Fault)>,
    count: u64,
}

pub(super) struct Graph {
    names: &'static Names,
    clock: Arc<FakeClock>,
    pub(super) kept: Mutex<Kept>,
}

impl Graph {
    pub(super) async fn start(names: &'static Names, clock: Arc<FakeClock>) -> (Arc<Self>, FakeServer) {
        let graph = Arc::new(Self { names, clock, kept: Mutex::default() });
        let acting = graph.clone();
        let server = FakeServer::acting(move |seen| acting.answer(seen)).await;
        (graph, server)
    }

    /// The path of a step that is always at the same place.
    pub(super) fn path(&self, step: Step) -> String {
        let Names { version, account, edge, publish, .. } = self.names;
        match step {
            Step::Publish => format!("/{version}/{account}/{publish}"),
            _ => format!("/{version}/{account}/{edge}"),
        }
    }

    fn answer(&self, seen: &Seen) -> Reply {
        let query: Vec<_> = form_urlencoded::parse(seen.query.as_bytes()).into_owned().collect();
        let asked =
            |name: &str| query.iter().find(|(field, _)| field == name).map(|(_, value)| value.clone());
        if seen.field("access_token").or(asked("access_token")).as_deref() != Some(TOKEN) {
            return refused(400, 190, "Error validating access token");
        }
        let Some(step) = self.step(seen) else { return nowhere() };
        let mut kept = self.kept.lock().expect("no panic");
        let is_next = kept.faults.front().is_some_and(|(at, _)| *at == step);
        let fault = if is_next { kept.faults.pop_front().map(|(_, fault)| fault) } else { None };
        match fault {
            Some(Fault::Unheard) => return Reply::Drop,
            Some(Fault::Deaf) => return Reply::Hang,
            Some(Fault::Refused(status, code)) => return refused(status, code, "As the test wants it"),
            _ => {}
        }
        let reply = self.act(&mut kept, step, seen, asked("after").is_some());
        match fault {
            Some(Fault::Lost) => Reply::Drop,
            Some(Fault::Silent) => Reply::Hang,
            Some(Fault::DoneInTrouble) => refused(500, 2, "Service temporarily unavailable"),
            _ => reply,
        }
    }

    fn step(&self, seen: &Seen) -> Option<Step> {
        let Names { version, account, edge, publish, .. } = self.names;
        let path: Vec<_> = seen.path.strip_prefix(&format!("/{version}/"))?.split('/').collect();
        match (&seen.method, path.as_slice()) {
            (&Method::POST, [me, at]) if me == account && at == edge => Some(Step::Make),
            (&Method::POST, [me, at]) if me == account && at == publish => Some(Step::Publish),
            (&Method::GET, [me, at]) if me == account && at == edge => Some(Step::List),
            (&Method::GET, [me]) if me == account => Some(Step::Account),
            (&Method::DELETE, [_]) => Some(Step::Remove),
            (&Method::GET, [id]) if id.starts_with('1') => Some(Step::Read),
            (&Method::GET, [_]) => Some(Step::State),
            _ => None,
        }
    }

    fn act(&self, kept: &mut Kept, step: Step, seen: &Seen, is_later_page: bool) -> Reply {
        let Names { edge, words, state, .. } = self.names;
        let (now, id) = (self.clock.now(), seen.path.rsplit('/').next().unwrap_or_default());
        match step {
            Step::Make => {
                let (Some(image_url), Some(text)) = (seen.field("image_url"), seen.field(words)) else {
                    return refused(400, 100, "(#100) The parameter image_url is required");
                };
                if *edge == "threads" && seen.field("media_type").as_deref() != Some("IMAGE") {
                    return refused(400, 100, "(#100) The parameter media_type is required");
                }
                // Containers' numbers begin otherwise than posts', so that a mix-up shows.
                let id = kept.next("9");
                let state = "IN_PROGRESS";
                let container =
                    Container { id: id.clone(), words: text, image_url, state, asked: Vec::new() };
                kept.containers.push(container);
                said(&json!({"id": id}))
            }
            Step::State => {
                let slowness = kept.slowness;
                let Some(container) = kept.container(id) else { return nowhere() };
                container.asked.push(now);
                if container.state == "IN_PROGRESS" && container.asked.len() > slowness {
                    container.state = "FINISHED";
                }
                said(&json!({(*state): container.state, "id": id}))
            }
            Step::Publish => {
                let creation_id = seen.field("creation_id").unwrap_or_default();
                let Some(container) = kept.container(&creation_id) else { return nowhere() };
                if !matches!(container.state, "FINISHED" | "PUBLISHED") {
                    return refused(400, 9007, "Media ID is not available");
                }
                container.state = "PUBLISHED";
                let words = container.words.clone();
                let id = kept.next("1");
                kept.posts.insert(0, Published { id: id.clone(), words, at: now });
                said(&json!({"id": id}))
            }
            Step::List if is_later_page => said(&json!({"data": []})),
            Step::List => {
                let posts = kept.posts.iter().map(|post| {
                    let time = post.at.strftime("%Y-%m-%dT%H:%M:%S+0000").to_string();
                    json!({"id": post.id, (*words): post.words, "permalink": permalink(&post.id), "timestamp": time})
                });
                // The last page has a cursor too.
                let cursors = json!({"cursors": {"before": "QVFIU", "after": "QVFIV"}});
                said(&json!({"data": posts.collect::<Vec<_>>(), "paging": cursors}))
            }
            Step::Read | Step::Remove if !kept.posts.iter().any(|post| post.id == id) => nowhere(),
            Step::Read => said(&json!({"permalink": permalink(id), "id": id})),
            Step::Remove => {
                kept.posts.retain(|post| post.id != id);
                said(&json!({"success": true, "deleted_id": id}))
            }
            Step::Account => said(&json!({"id": self.names.account})),
        }
    }
}

impl Kept {
    fn next(&mut self, first: &str) -> String {
        self.count += 1;
        format!("{first}788945556005{:04}", self.count)
    }

    fn container(&mut self, id: &str) -> Option<&mut Container> {
        self.containers.iter_mut().find(|container| container.id == id)
    }
}

/// Where visitors see a post.
pub(super) fn permalink(id: &str) -> String {
    format!("https://www.example.com/p/{id}/")
}

fn said(json: &Value) -> Reply {
    Reply::With(200, &[], json.to_string().leak())
}

fn refused(status: u16, code: i64, words: &str) -> Reply {
    let error =
        json!({"error": {"message": words, "type": "OAuthException", "code": code, "fbtrace_id": "A"}});
    Reply::With(status, &[], error.to_string().leak())
}

fn nowhere() -> Reply {
    let words = "Unsupported request. Object does not exist, cannot be loaded due to missing permissions";
    let error = json!({"error": {"message": words, "type": "GraphMethodException", "code": 100, "error_subcode": 33}});
    Reply::With(400, &[], error.to_string().leak())
}
