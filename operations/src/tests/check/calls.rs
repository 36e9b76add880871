//! A URL that the fleet never calls is refused where it stands, on the channel that would call it.

use super::*;
use crate::Calls;

#[test]
fn a_url_that_is_never_called_is_refused_by_its_field() {
    let calls = Calls::new(|url| url.starts_with("http://").then(|| "must begin with https://".to_owned()));
    let checker = SHIPPED.clone().calling(calls);
    let told =
        |body: &Value| -> Vec<String> { findings_by(&checker, body).errors.iter().map(ToString::to_string).collect() };
    let webhook = |url: &str| json!({"channel": "webhook", "destination": url, "message": "m"});
    let closed = "http://10.0.0.1/hooks";
    assert_eq!(told(&webhook(closed)), ["/destination must begin with https://"]);
    assert_eq!(told(&webhook("https://hooks.example.org/a")), [""; 0]);
    assert!(told(&webhook("nowhere"))[0].starts_with("/destination must be an https URL"), "{:?}", told(&webhook("x")));
    let browser = |endpoint: &str| {
        let destination =
            media::webpush::MEDIUM.example.replace("https://push.example.org/send/example-only", endpoint);
        webpush(json!({ "destination": destination }))
    };
    let wrong = "must be a push subscription whose endpoint is called: endpoint must begin with https://";
    assert_eq!(told(&browser("http://127.0.0.1/send/a")), [format!("/destination {wrong}")]);
    assert_eq!(told(&browser("https://push.example.org/send/a")), [""; 0]);
    let list = with(sms(json!({})), json!({"fallback": [browser("http://127.0.0.1/send/a")]}));
    assert_eq!(told(&list), [format!("/fallback/0/destination {wrong}")]);
    let file = |url: &str| json!({"filename": "a.pdf", "content_type": "application/pdf", "url": url});
    let mail = email(json!({"attachments": [file("https://files.example.org/a"), file(closed)]}));
    assert_eq!(told(&mail), ["/attachments/1/url must begin with https://"]);
    let item = email(json!({"attachments": [file(closed)]}));
    let both = with(sms(json!({})), json!({"fallback": [webhook(closed), item]}));
    assert_eq!(
        told(&both),
        ["/fallback/0/destination must begin with https://", "/fallback/1/attachments/0/url must begin with https://"]
    );
    assert_eq!(findings_by(&SHIPPED, &webhook(closed)).errors, [], "a checker that is told nothing takes all");
}
