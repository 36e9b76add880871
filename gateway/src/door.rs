//! What every request passes: whose page has sent it, whether there is a seat for another client, and where a token stands.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE,
    AUTHORIZATION, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use web::problem::Problem;

use crate::limits::Seats;
use crate::origins::Sender;
use crate::shared::Shared;

/// Where clients of Socket.IO look for a server.
pub(crate) const SOCKETS: &str = "/socket.io/";
/// How long a client waits that has found no seat, in seconds.
const AGAIN_AFTER: u64 = 5;
/// What a page of another origin may ask with: the body of a polling client has no type that must be allowed.
const METHODS: HeaderValue = HeaderValue::from_static("GET, POST");
const HEADERS: HeaderValue = HeaderValue::from_static("authorization, content-type, last-event-id");
/// For so long a browser remembers that, in seconds.
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");

/// Lets a request in, or says why not.
pub(crate) async fn pass(State(shared): State<Arc<Shared>>, mut request: Request, next: Next) -> Response {
    let sender = shared.settings.origins.sender(request.headers());
    let page = match sender {
        Sender::Nobody => None,
        Sender::Page(origin) => HeaderValue::from_str(&origin).ok(),
        Sender::Foreign => {
            metrics::counter!("chasqui_gateway_refused_total", "why" => "origin").increment(1);
            return foreign().into_response();
        }
    };
    let mut response = match page.as_ref().filter(|_| *request.method() == Method::OPTIONS) {
        Some(_) => preflight(),
        None => match seated(&shared.seats, &mut request) {
            Ok(()) => next.run(request).await,
            Err(full) => full.into_response(),
        },
    };
    if let Some(page) = page {
        response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, page);
        response.headers_mut().append(VARY, HeaderValue::from_static("Origin"));
    }
    response
}

/// Gives a request that opens a session of Socket.IO a seat, which the session keeps.
fn seated(seats: &Seats, request: &mut Request) -> Result<(), Problem> {
    if opens_a_session(request.uri()) {
        let seat = seats.take().ok_or_else(full)?;
        request.extensions_mut().insert(seat);
    }
    Ok(())
}

/// Whether a request is the first of a session: the others say which session they are of.
fn opens_a_session(uri: &Uri) -> bool {
    let is_of_a_session = || uri.query().unwrap_or_default().split('&').any(|pair| pair.starts_with("sid="));
    uri.path() == SOCKETS && !is_of_a_session()
}

fn preflight() -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
    headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
    response
}

/// The answer where all seats are taken.
pub(crate) fn full() -> Problem {
    metrics::counter!("chasqui_gateway_refused_total", "why" => "full").increment(1);
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "too-many-connections",
        "All seats are taken",
        "Connect again in some seconds; another gateway may have a seat. The operator sets their number in \
         WS_MAX_CONNECTIONS.",
    )
    .with_retry_after(AGAIN_AFTER)
}

fn foreign() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "foreign-origin",
        "This page may not connect",
        "The operator names the origins of pages that may in WS_ORIGINS.",
    )
}

/// The token of a header `Authorization`.
fn bearer(header: Option<&HeaderValue>) -> Option<&str> {
    let (scheme, token) = header?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The token of a query. A token has no character that would have to be escaped.
fn token_in(query: Option<&str>) -> Option<String> {
    let found = query?.split('&').find_map(|pair| pair.strip_prefix("token="))?;
    (!found.is_empty()).then(|| found.to_owned())
}

/// The token that a request shows where there is no other place for it.
pub(crate) fn token_of(shared: &Shared, headers: &HeaderMap, uri: &Uri) -> Option<String> {
    let in_query = || shared.settings.token_in_query.then(|| token_in(uri.query())).flatten();
    bearer(headers.get(AUTHORIZATION)).map(str::to_owned).or_else(in_query)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_request_of_a_session_takes_a_seat() {
        for (uri, opens) in [
            ("/socket.io/?EIO=4&transport=polling", true),
            ("/socket.io/?EIO=4&transport=websocket", true),
            ("/socket.io/", true),
            ("/socket.io/?EIO=4&transport=polling&sid=abc", false),
            ("/realtime/events", false),
            ("/socket.io/x", false),
        ] {
            assert_eq!(opens_a_session(&uri.parse().unwrap()), opens, "{uri}");
        }
    }

    #[test]
    fn a_token_is_read_where_it_stands_and_nowhere_else() {
        let header = HeaderValue::from_static("Bearer a.b.c");
        assert_eq!(bearer(Some(&header)), Some("a.b.c"));
        assert_eq!(bearer(Some(&HeaderValue::from_static("Basic a"))), None);
        assert_eq!(bearer(None), None);
        assert_eq!(token_in(Some("EIO=4&token=a.b.c")).as_deref(), Some("a.b.c"));
        assert_eq!(token_in(Some("EIO=4&token=")), None);
        assert_eq!(token_in(Some("xtoken=a")), None);
    }
}
