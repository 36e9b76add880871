//! Whom an answer is about, what is said of no answer, and what a base URL is.

use super::*;

#[test]
fn a_base_url_is_http_and_loses_its_last_slash() {
    let base = |text| base_url("X_BASE_URL", text, "https://x.example");
    assert_eq!(base("http://127.0.0.1:4010/"), Ok("http://127.0.0.1:4010".into()));
    for bad in ["", "x.example", "ftp://x.example", "file:///etc", "https://"] {
        assert_eq!(base(bad).unwrap_err(), "X_BASE_URL must be an http or https URL such as https://x.example");
    }
}

#[tokio::test]
async fn a_request_that_cannot_be_made_says_nothing_about_the_provider() {
    let client = client(Duration::from_secs(10)).unwrap();
    let request = client.get("https://x.example").header("x-name", "no\nheader");
    let Err(no_answer) = exchange(request, Timestamp::from_seconds(0)).await else { panic!("an answer") };
    let Outcome::Retriable { failure, alarm: false, maybe_sent: false } = no_answer.outcome("x") else {
        panic!("not retriable")
    };
    assert_eq!((failure.about, failure.code), (About::Message, None));
    assert!(failure.detail.starts_with("no request could be made of it: "), "{}", failure.detail);
}

/// Each case: status, whether the provider has said a code that nobody knows, and whom the answer is about.
#[test]
fn what_the_account_or_the_url_meets_shuts_out_every_message() {
    for (status, is_coded, expected) in [
        (301, false, About::Credentials),
        (401, false, About::Credentials),
        (401, true, About::Credentials),
        (402, false, About::Credentials),
        (402, true, About::Message),
        (403, true, About::Credentials),
        (404, false, About::Credentials),
        (404, true, About::Message),
        (405, false, About::Credentials),
        (400, false, About::Message),
        (413, false, About::Message),
        (429, true, About::Provider),
        (503, false, About::Provider),
    ] {
        let code = is_coded.then(|| "x-1".to_owned());
        let outcome = judged(status, Said { code, ..Said::default() });
        assert_eq!(about(&outcome), expected, "{status} {is_coded}: {outcome:?}");
    }
}

#[test]
fn a_verdict_says_whom_it_is_about_whatever_the_status() {
    for status in [400, 401, 403, 404, 500] {
        for (verdict, expected) in [
            (Verdict::OurAccount("the account"), About::Credentials),
            (Verdict::Ours("the sender"), About::Message),
            (Verdict::Refused("no such number"), About::Message),
            (Verdict::Outage, About::Provider),
        ] {
            let outcome = judged(status, Said { verdict: Some(verdict), ..Said::default() });
            assert_eq!(about(&outcome), expected, "{status} {verdict:?}: {outcome:?}");
        }
    }
    let account = Said { verdict: Some(Verdict::OurAccount("the account")), ..Said::default() };
    let Outcome::Retriable { failure, alarm: true, maybe_sent: false } = judged(403, account) else { panic!("alarm") };
    assert_eq!(failure.detail, "HTTP 403, every message is refused until this is mended: look at the account");
}

fn judged(status: u16, said: Said) -> Outcome {
    let status = StatusCode::from_u16(status).unwrap();
    let headers = HeaderMap::new();
    let answer = Answer { status, retry_after: None, date: None, headers, body: Vec::new(), broken_off: false };
    judge("x", &answer, said)
}

fn about(outcome: &Outcome) -> About {
    match outcome {
        Outcome::Throttled { failure, .. }
        | Outcome::Retriable { failure, .. }
        | Outcome::Permanent { failure, .. } => failure.about,
        other => panic!("{other:?}"),
    }
}
