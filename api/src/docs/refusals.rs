//! The refusals that many operations share, as the OpenAPI document tells of them.

use std::collections::BTreeMap;

use utoipa::IntoResponses;
use utoipa::openapi::{RefOr, Response, ResponseBuilder};

/// A body that cannot be read.
pub(crate) struct Unreadable;

impl IntoResponses for Unreadable {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[
            (
                "400",
                "The body is not JSON that we read, or a header is not valid or nearly one of ours (`unknown-header`).",
            ),
            ("408", "The body did not arrive in time."),
            ("413", "The body is too large, or the list too long."),
            ("415", "The body has a type or encoding that we do not read."),
        ])
    }
}

/// A header that is nearly one of ours, where there is no body.
pub(crate) struct UnknownHeader;

impl IntoResponses for UnknownHeader {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[("400", "A header is not valid, or nearly one of ours (`unknown-header`).")])
    }
}

/// A body that can be read and is not valid.
pub(crate) struct InvalidFields;

impl IntoResponses for InvalidFields {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[("422", "Some fields are not valid; `errors` names every one.")])
    }
}

/// A parameter that is not read; where an operation says more of its 422, that stands.
pub(crate) struct UnreadParameter;

impl IntoResponses for UnreadParameter {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[("422", "A parameter is not known here, or not valid; `errors` names every one.")])
    }
}

/// What is wrong with a token.
pub(crate) struct Unauthorised;

impl IntoResponses for Unauthorised {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[
            ("401", "No valid token was sent where one is needed."),
            ("403", "The token has not the scope, or belongs to another tenant."),
        ])
    }
}

/// The ledger does not answer.
pub(crate) struct LedgerAway;

impl IntoResponses for LedgerAway {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[("503", "The ledger cannot be reached: repeat the request as Retry-After says.")])
    }
}

/// Their content is the same for all: the document gets it when it is complete.
fn problems(list: &[(&str, &str)]) -> BTreeMap<String, RefOr<Response>> {
    let problem = |&(status, description): &(&str, &str)| {
        (status.to_owned(), RefOr::T(ResponseBuilder::new().description(description).build()))
    };
    list.iter().map(problem).collect()
}
