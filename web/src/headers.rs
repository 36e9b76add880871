//! Refuses headers that a listener does not read although whoever sends them counts on it: what they were to bring
//! about would not happen, and nobody would hear of it.

use axum::extract::Request;
use axum::http::{Method, StatusCode};

use crate::problem::Problem;

/// Which headers are refused, and where.
#[derive(Clone, Copy, Debug)]
pub struct Headers {
    /// Whether the names of the headers are looked at for this method and route.
    pub are_looked_at: fn(&Method, &str) -> bool,
    /// Says what is wrong with the name of a header, which HTTP has in lower case. None for a header that does no harm.
    pub refusal: fn(&str) -> Option<String>,
}

impl Headers {
    /// # Errors
    /// 400 that says of each header what is wrong with it.
    pub(crate) fn check(&self, route: &str, request: &Request) -> Result<(), Problem> {
        if !(self.are_looked_at)(request.method(), route) {
            return Ok(());
        }
        let wrong: Vec<String> = request.headers().keys().filter_map(|name| (self.refusal)(name.as_str())).collect();
        if wrong.is_empty() {
            return Ok(());
        }
        let detail = format!("{} Nothing was done.", wrong.join(" "));
        Err(Problem::new(StatusCode::BAD_REQUEST, "unknown-header", "A header is not one that this API reads", detail))
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[test]
    fn names_are_refused_where_they_are_looked_at_and_nowhere_else() {
        let headers = Headers {
            are_looked_at: |method, route| *method == Method::POST && route == "/looked-at",
            refusal: |name| (name == "x-slip").then(|| format!("{name} is not read.")),
        };
        let check = |method: Method, route: &str, name: &str| {
            let request =
                axum::http::Request::builder().method(method).uri(route).header(name, "s3cr3t").body(Body::empty());
            headers.check(route, &request.unwrap()).is_ok()
        };
        assert!(!check(Method::POST, "/looked-at", "X-Slip"));
        assert!(check(Method::POST, "/looked-at", "x-other"));
        assert!(check(Method::GET, "/looked-at", "x-slip"));
        assert!(check(Method::POST, "/other", "x-slip"));
    }
}
