//! The map of addresses, made so that nothing that changes something can be put on it without saying who may ask for it.
//!
//! Axum's own `Router::route` takes a method and a handler; here what changes also takes a [`Policy`], and stands in a list
//! by which the tests try each such address with forged requests. A test looks that no other file takes axum's own way.

use axum::Router;
use axum::handler::Handler;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, delete, get, post};
use http::Method;

use crate::routes::foreign::admit;
use crate::state::AppState;

/// Who may ask for a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// This site's own pages, and programs that are no browsers.
    OwnPages,
    /// These, and pages of sites of others that may share, with what `proof` says.
    SitesOfOthers {
        /// What such a page must bring beside being one.
        proof: Proof,
    },
}

/// What a page of another site must bring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The key of its site, in the body: here it gets its tokens.
    SiteKey,
    /// The token that it got for this share.
    Token,
    /// The key that the maker of the share has, as bearer token or in the query.
    MakersKey,
}

/// An address under which something is changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The method.
    pub method: Method,
    /// The address, with `{…}` for what is named in it.
    pub path: &'static str,
    /// Who may ask.
    pub policy: Policy,
}

impl Change {
    /// Whether a request for this is one for `method` and `path`.
    #[must_use]
    pub fn is(&self, method: &Method, path: &str) -> bool {
        let (mut pattern, mut path) = (self.path.split('/'), path.split('/'));
        let all_fit =
            pattern.by_ref().all(|part| path.next().is_some_and(|one| part.starts_with('{') || part == one));
        *method == self.method && all_fit && path.next().is_none()
    }
}

/// Addresses with what answers there.
pub struct Map {
    router: Router<AppState>,
    changes: Vec<Change>,
    state: AppState,
}

impl Map {
    /// One without any.
    #[must_use]
    pub fn new(state: &AppState) -> Self {
        Self { router: Router::new(), changes: Vec::new(), state: state.clone() }
    }

    /// Something to read; it changes nothing.
    #[must_use]
    pub fn get<H: Handler<T, AppState>, T: 'static>(self, path: &'static str, handler: H) -> Self {
        self.on(path, get(handler))
    }

    /// Something that is changed by POST.
    #[must_use]
    pub fn post<H: Handler<T, AppState>, T: 'static>(
        self,
        path: &'static str,
        policy: Policy,
        handler: H,
    ) -> Self {
        self.change(Method::POST, path, policy, post(handler))
    }

    /// Something that is taken away by DELETE.
    #[must_use]
    pub fn delete<H: Handler<T, AppState>, T: 'static>(
        self,
        path: &'static str,
        policy: Policy,
        handler: H,
    ) -> Self {
        self.change(Method::DELETE, path, policy, delete(handler))
    }

    /// The same as axum takes it, and what changes something there.
    pub fn into_parts(self) -> (Router<AppState>, Vec<Change>) {
        (self.router, self.changes)
    }

    fn change(
        mut self,
        method: Method,
        path: &'static str,
        policy: Policy,
        methods: MethodRouter<AppState>,
    ) -> Self {
        let methods = match policy {
            Policy::OwnPages => methods,
            Policy::SitesOfOthers { proof } => {
                methods.layer(from_fn_with_state((self.state.clone(), proof), admit))
            }
        };
        self.changes.push(Change { method, path, policy });
        self.on(path, methods)
    }

    fn on(self, path: &'static str, methods: MethodRouter<AppState>) -> Self {
        Self { router: self.router.route(path, methods), ..self }
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;

    /// All source files of the server below `folder`.
    fn sources(folder: &Path) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
    }

    #[test]
    fn only_this_file_puts_addresses_on_axums_router() {
        let ways = [".route(", ".route_service(", ".nest_service(", ".method_not_allowed_fallback("];
        for path in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
            let name = path.file_name().unwrap().to_str().unwrap();
            if name == "map.rs" || name == "tests.rs" {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            // What a process that only delivers says is its own short list, and nothing is changed there.
            let text = text.split("pub fn workers_router").next().unwrap();
            assert_eq!(ways.iter().find(|way| text.contains(*way)), None, "{}", path.display());
        }
    }

    #[test]
    fn a_change_is_known_by_method_and_path() {
        let path = "/api/v1/shares/{id}/retry";
        let change = Change { method: Method::POST, path, policy: Policy::OwnPages };
        assert!(change.is(&Method::POST, "/api/v1/shares/abc/retry"));
        for path in ["/api/v1/shares/abc", "/api/v1/shares/abc/retry/", "/api/v1/shares/a/b/retry", "/"] {
            assert!(!change.is(&Method::POST, path), "{path}");
        }
        assert!(!change.is(&Method::DELETE, "/api/v1/shares/abc/retry"));
    }
}
