//! Answers where there is no route, with the nearest one that there is, and where a route does not know the method.

use std::future::ready;
use std::sync::{Arc, LazyLock};
use std::time::Instant;

use axum::Router;
use axum::http::{Method, StatusCode, Uri};
use runtime::LogLimiter;
use strsim::osa_distance;
use utoipa::openapi::OpenApi;

use crate::problem::Problem;

/// The longest path that may be a slip of a route: an id has 255 bytes, each of three characters when it is escaped.
const MAX_PATH_BYTES: usize = 1_024;

/// The routes that a path may have been meant to be.
pub struct Known {
    routes: Vec<Route>,
    instead: Instead,
}

/// Names the request that does what a method was meant to do on a route. None where no request does.
pub type Instead = fn(&Method, &str) -> Option<&'static str>;

struct Route {
    path: String,
    /// The methods of the route, at least one. The first is named where that of the request is none of them.
    methods: Vec<Method>,
    /// Whether its callers are programs that show nobody what they are answered.
    is_unseen: bool,
}

/// What was logged of slips in the paths of such routes.
static SLIPS: LazyLock<LogLimiter> = LazyLock::new(LogLimiter::default);

/// Adds the answers for unknown routes and unknown methods to a router.
pub fn with_fallbacks(router: Router, known: Known) -> Router {
    let known = Arc::new(known);
    let known_too = Arc::clone(&known);
    let nowhere = move |method: Method, uri: Uri| ready(known.refusal(&method, uri.path()));
    let wrong_method = move |method: Method, uri: Uri| ready(known_too.wrong_method(&method, uri.path()));
    router.fallback(nowhere).method_not_allowed_fallback(wrong_method)
}

/// The answer to an unknown path below a route that serves files.
pub async fn unknown_route() -> Problem {
    refusal("")
}

impl Known {
    /// The routes of a document's operations, and those of pages that are in no document.
    pub fn of(document: &OpenApi, pages: &[&str], instead: Instead) -> Self {
        let routes = document.paths.paths.iter().map(|(path, item)| {
            let operations = [
                (Method::GET, &item.get),
                (Method::POST, &item.post),
                (Method::PUT, &item.put),
                (Method::DELETE, &item.delete),
            ];
            let methods = operations.into_iter().filter(|(_, operation)| operation.is_some());
            Route { path: path.clone(), methods: methods.map(|(method, _)| method).collect(), is_unseen: false }
        });
        Self { routes: routes.chain(Self::pages(pages).routes).collect(), instead }
    }

    /// Adds a route that is in no document, and whose callers are programs that show nobody what they are answered. A
    /// slip in its path is told in the log as well.
    pub fn with_unseen(mut self, path: &str, methods: &[Method]) -> Self {
        self.routes.push(Route { path: path.to_owned(), methods: methods.to_vec(), is_unseen: true });
        self
    }

    /// The routes of pages alone.
    pub fn pages(pages: &[&str]) -> Self {
        let page = |path: &&str| Route { path: (*path).to_owned(), methods: vec![Method::GET], is_unseen: false };
        Self { routes: pages.iter().map(page).collect(), instead: |_, _| None }
    }

    /// The answer to an unknown path. It repeats nothing of that path, which may hold a recipient.
    fn refusal(&self, method: &Method, path: &str) -> Problem {
        let hint = self.nearest(method, path).map(|near| format!("No route has this path: did you mean {near}? "));
        refusal(&hint.unwrap_or_default())
    }

    /// The answer to a path whose route does not know the method.
    fn wrong_method(&self, method: &Method, path: &str) -> Problem {
        let given: Vec<&str> = steps_behind_a_version(path).collect();
        let route = self.routes.iter().find(|route| edits(&given, &route.path) == Some(0));
        let known = route.map(|route| route.methods.iter().map(Method::as_str).collect::<Vec<_>>().join(" and "));
        let known = known.unwrap_or_else(|| "what the Allow header names".to_owned());
        let instead = route.and_then(|route| (self.instead)(method, &route.path));
        let instead = instead.map(|instead| format!("; {instead}")).unwrap_or_default();
        Problem::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "wrong-method",
            "The route does not know this method",
            format!("It knows {known}{instead}. GET /docs shows what each route does."),
        )
    }

    /// Finds the route with the fewest edits in its steps, and names it with the method of the request where the route
    /// knows that one.
    fn nearest(&self, method: &Method, path: &str) -> Option<String> {
        if path.len() > MAX_PATH_BYTES {
            return None;
        }
        let given: Vec<&str> = steps_behind_a_version(path).collect();
        let method = if method == Method::HEAD { &Method::GET } else { method };
        let near = self.routes.iter().filter_map(|route| {
            let edits = edits(&given, &route.path)?;
            Some((edits, !route.methods.contains(method), route))
        });
        let (_, other_method, route) = near.min_by_key(|(edits, other_method, _)| (*edits, *other_method))?;
        let method = if other_method { route.methods.first()? } else { method };
        if route.is_unseen && SLIPS.is_due(&route.path, Instant::now()) {
            let path = route.path.as_str();
            tracing::warn!(path, "nearly this path was called, and answered 404; not told again for an hour");
        }
        Some(format!("{method} {}", route.path))
    }
}

fn refusal(hint: &str) -> Problem {
    let detail = format!("{hint}GET /docs shows the routes there are.");
    Problem::not_found("unknown-route", "There is no such route", detail)
}

/// The steps of a path without empty ones, because a slash at the end is a slip too.
fn steps(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|step| !step.is_empty())
}

/// The steps behind those of a version, which a path may have and its route not, or the other way round.
fn steps_behind_a_version(path: &str) -> impl Iterator<Item = &str> {
    steps(path).skip_while(|step| is_of_a_version(step))
}

/// Whether a step is one that other APIs have before their routes, such as `api` or `v1`.
fn is_of_a_version(step: &str) -> bool {
    let number = step.strip_prefix('v').unwrap_or_default();
    step == "api" || !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit())
}

/// Counts the edits between all steps of a path and those of a route, without those of a version. None when one of the steps
/// is not near.
fn edits(given: &[&str], route: &str) -> Option<usize> {
    let known: Vec<&str> = steps_behind_a_version(route).collect();
    if known.len() != given.len() {
        return None;
    }
    given.iter().zip(known).map(|(given, known)| edits_of_a_step(given, known)).sum()
}

fn edits_of_a_step(given: &str, known: &str) -> Option<usize> {
    // Every text is right in the place of an id.
    if known.starts_with('{') {
        return Some(0);
    }
    let one_of_many = given.strip_suffix('y').zip(known.strip_suffix("ies"));
    if one_of_many.is_some_and(|(given, known)| given == known) {
        return Some(1);
    }
    text::nearest_of_few(given, [known]).map(|_| osa_distance(&given.to_ascii_lowercase(), known))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As many routes as an API may have.
    fn known() -> Known {
        let routes: [(&str, &[Method]); 15] = [
            ("/notify", &[Method::POST]),
            ("/notify-auth", &[Method::POST]),
            ("/notify/{id}", &[Method::DELETE]),
            ("/deliveries", &[Method::GET]),
            ("/deliveries/{id}", &[Method::GET]),
            ("/schedules", &[Method::GET, Method::POST]),
            ("/schedules/{id}", &[Method::GET, Method::DELETE]),
            ("/login", &[Method::POST]),
            ("/register", &[Method::POST]),
            ("/sandbox/captures", &[Method::GET]),
            ("/health/live", &[Method::GET]),
            ("/health/ready", &[Method::GET]),
            ("/v1/commands", &[Method::GET]),
            ("/v1/commands/dispatch", &[Method::POST]),
            ("/v1/commands/{id}", &[Method::GET]),
        ];
        let route = |(path, methods): (&str, &[Method])| Route {
            path: path.to_owned(),
            methods: methods.to_vec(),
            is_unseen: false,
        };
        let pages = Known::pages(&["/health", "/metrics", "/docs"]).routes;
        Known { routes: routes.into_iter().map(route).chain(pages).collect(), instead: |_, _| None }
    }

    #[test]
    fn the_nearest_route_is_the_one_that_was_probably_meant() {
        let known = known();
        for (method, path, meant) in [
            ("POST", "/notfy", Some("POST /notify")),
            ("POST", "/Notify/", Some("POST /notify")),
            ("GET", "//notify", Some("POST /notify")),
            ("POST", "/notify_auth", Some("POST /notify-auth")),
            ("POST", "/api/v1/notify", Some("POST /notify")),
            ("DELETE", "/notfiy/order-7", Some("DELETE /notify/{id}")),
            ("GET", "/delivery/order-7", Some("GET /deliveries/{id}")),
            ("HEAD", "/deliveries/", Some("GET /deliveries")),
            ("GET", "/schedule", Some("GET /schedules")),
            ("POST", "/schedule", Some("POST /schedules")),
            ("PATCH", "/schedule", Some("GET /schedules")),
            ("DELETE", "/schedule/x", Some("DELETE /schedules/{id}")),
            ("GET", "/schedules/x/", Some("GET /schedules/{id}")),
            ("GET", "/healthz", Some("GET /health")),
            ("GET", "/health/redy", Some("GET /health/ready")),
            ("GET", "/doc", Some("GET /docs")),
            ("POST", "/v1/command/dispatch", Some("POST /v1/commands/dispatch")),
            ("POST", "/commands/dispatch", Some("POST /v1/commands/dispatch")),
            ("GET", "/api/v2/command/c-1", Some("GET /v1/commands/{id}")),
            ("GET", "/v1/comands", Some("GET /v1/commands")),
            ("POST", "/v1/notify", Some("POST /notify")),
            ("GET", "/", None),
            ("GET", "/nothing", None),
            ("POST", "/notify/a/b", None),
            ("POST", "/ana@example.com", None),
        ] {
            let method: Method = method.parse().unwrap();
            assert_eq!(known.nearest(&method, path).as_deref(), meant, "{method} {path}");
        }
        let long = format!("/delivery/{}", "x".repeat(64 * 1024));
        assert_eq!(known.nearest(&Method::GET, &long), None);
    }
}
