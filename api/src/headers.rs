//! Which headers are read by what changes anything, and what is said of names that are slips of theirs.

use std::ops::RangeInclusive;

use axum::http::Method;
use domain::pointer_step;
use web::headers::Headers;

/// What is read, as it is told to people.
const READ: [&str; 2] = ["Idempotency-Key", "Authorization"];
/// Lengths that a slip of one of them may have, without `x-`: the shortest and the longest, two edits away.
const SLIP_BYTES: RangeInclusive<usize> = 11..=17;
/// What begins so is a header of a message in the broker.
const OF_A_MESSAGE: &str = "notify";
/// The headers of a message that people set. A slip in their first word is one of these all the same.
const SET_BY_PEOPLE: [&str; 3] = ["notify-again", "notify-epoch", "notify-lane"];
/// Where others name a tenant, and where they send a token: without `x-` and hyphens.
const OF_A_TENANT: [&str; 3] = ["tenant", "tenantid", "tenantname"];
const OF_A_TOKEN: [&str; 5] = ["auth", "authentication", "authtoken", "accesstoken", "apikey"];

/// Names of these lengths that browsers and proxies send with every other request: they need no closer look.
const USUAL: [&str; 9] = [
    "authorization",
    "idempotency-key",
    "content-type",
    "content-length",
    "accept-encoding",
    "accept-language",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
];

/// The routes that publish, or change for whom and to whom, look at every name.
pub(crate) const OF_CHANGES: Headers = Headers { are_looked_at: changes, refusal };

fn changes(method: &Method, route: &str) -> bool {
    match *method {
        Method::POST => matches!(
            route,
            "/notify"
                | "/notify-auth"
                | "/schedules"
                | "/schedules/{id}/pause"
                | "/schedules/{id}/run"
                | "/asks"
                | "/v1/messages/send"
                | "/contacts/{id}/link"
                | "/v1/commands/dispatch"
                | "/endpoints"
                | "/endpoints/{id}/rotate"
                | "/suppressions"
                | "/pauses"
                | "/sandbox/faults"
                | "/v1/verification/start"
                | "/v1/verification/{id}/confirm"
                | "/v1/verification/{id}/resend"
                | "/dead-letters/plans"
                | "/dead-letters/{id}/edit"
        ),
        Method::PUT => route == "/contacts/{id}",
        Method::DELETE => {
            matches!(route, "/asks/{id}" | "/contacts/{id}" | "/endpoints/{id}" | "/suppressions/{id}" | "/pauses/{id}")
        }
        _ => false,
    }
}

/// What is said of a name, which HTTP has in lower case.
fn refusal(name: &str) -> Option<String> {
    let bare = name.strip_prefix("x-").unwrap_or(name);
    if let Some(instead) = of_a_message(bare) {
        return Some(format!("The header {} belongs to messages in the broker: {instead}.", pointer_step(name)));
    }
    if OF_A_TENANT.iter().any(|known| is_plainly(bare, known)) {
        return Some(format!("The header {name} is not read: the tenant is that of the token in Authorization."));
    }
    if OF_A_TOKEN.iter().any(|known| is_plainly(bare, known)) {
        return Some(format!("The header {name} is not read: send the token as Authorization: Bearer <token>."));
    }
    let meant = meant(name, bare)?;
    Some(format!("The header {} is not known: did you mean {meant}?", pointer_step(name)))
}

/// Whether a name is the known one but for its separators.
fn is_plainly(name: &str, known: &str) -> bool {
    name.bytes().filter(|byte| !b"-_".contains(byte)).eq(known.bytes())
}

/// What does over HTTP what a header of a message does in the broker, also when its name has a slip or no hyphen.
fn of_a_message(bare: &str) -> Option<&'static str> {
    const SECOND_WORDS: [&str; 6] = ["lane", "priority", "due", "tenant", "again", "epoch"];
    if let Some(rest) = bare.strip_prefix(OF_A_MESSAGE) {
        let word = |rest| domain::nearest(rest, SECOND_WORDS);
        return match rest.strip_prefix(['-', '_']) {
            Some(rest) => Some(instead_of(word(rest))),
            None => word(rest).map(|word| instead_of(Some(word))),
        };
    }
    let word = SECOND_WORDS.into_iter().find(|word| bare.ends_with(*word))?;
    (bare == "again" || domain::nearest(bare, SET_BY_PEOPLE).is_some()).then(|| instead_of(Some(word)))
}

fn instead_of(word: Option<&str>) -> &'static str {
    match word {
        Some("lane" | "priority") => "give priority in the body",
        Some("due") => "give send_at in the body",
        Some("tenant") => "the tenant is that of the token in Authorization",
        Some("again" | "epoch") => "over HTTP a notification is sent again under an id of its own, in the body",
        _ => "over HTTP everything is said in the body, in Idempotency-Key and in Authorization",
    }
}

fn meant(name: &str, bare: &str) -> Option<&'static str> {
    // Its own name with something more or less behind it is no slip by two letters, and means nothing else.
    let begins = bare.starts_with("idem");
    if USUAL.contains(&name) || !(begins || SLIP_BYTES.contains(&bare.len())) {
        return None;
    }
    domain::nearest(bare, READ).or_else(|| begins.then_some(READ[0]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_a_header_is_told_with_the_one_that_was_meant() {
        for (name, meant) in [
            ("idempotency-kye", "did you mean Idempotency-Key?"),
            ("idempotencykey", "did you mean Idempotency-Key?"),
            ("idempotency_key", "did you mean Idempotency-Key?"),
            ("x-idempotency-key", "did you mean Idempotency-Key?"),
            ("idempotent-key", "did you mean Idempotency-Key?"),
            ("idempotency", "did you mean Idempotency-Key?"),
            ("authorisation", "did you mean Authorization?"),
            ("autorization", "did you mean Authorization?"),
            ("x-authorization", "did you mean Authorization?"),
            ("x-tenant", "the tenant is that of the token"),
            ("notify-tenant", "the tenant is that of the token"),
            ("notify-again", "under an id of its own"),
            ("notifyagain", "under an id of its own"),
            ("notifiy-again", "under an id of its own"),
            ("again", "under an id of its own"),
            ("notfy-lane", "give priority in the body"),
            ("x-tenant-id", "the tenant is that of the token"),
            ("tenant-id", "the tenant is that of the token"),
            ("tenant_id", "the tenant is that of the token"),
            ("x-tenant-name", "the tenant is that of the token"),
            ("auth", "send the token as Authorization: Bearer"),
            ("authentication", "send the token as Authorization: Bearer"),
            ("x-auth-token", "send the token as Authorization: Bearer"),
            ("x-api-key", "send the token as Authorization: Bearer"),
            ("idem-key", "did you mean Idempotency-Key?"),
            ("x-notify-lane", "give priority in the body"),
            ("notify-foo", "over HTTP everything is said in the body"),
        ] {
            let said = refusal(name).unwrap_or_else(|| panic!("{name} is taken"));
            assert!(said.contains(meant), "{name}: {said}");
        }
    }

    #[test]
    fn what_browsers_and_proxies_send_is_taken() {
        for name in USUAL.into_iter().chain([
            "accept",
            "access-control-request-headers",
            "cache-control",
            "cf-connecting-ip",
            "connection",
            "cookie",
            "forwarded",
            "host",
            "if-none-match",
            "last-event-id",
            "notifications",
            "notify",
            "notifyurl",
            "origin",
            "proxy-authorization",
            "referer",
            "sec-ch-ua-platform",
            "sec-fetch-mode",
            "traceparent",
            "tracestate",
            "transfer-encoding",
            "upgrade-insecure-requests",
            "user-agent",
            "www-authenticate",
            "x-amzn-trace-id",
            "x-b3-traceid",
            "x-bootstrap-token",
            "x-correlation-id",
            "x-envoy-attempt-count",
            "x-forwarded-client-cert",
            "x-forwarded-port",
            "x-forwarded-prefix",
            "x-forwarded-server",
            "x-real-ip",
            "x-request-id",
            "x-requested-with",
        ]) {
            assert_eq!(refusal(name), None, "{name}");
        }
    }
}
