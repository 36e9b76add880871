//! What goes with a mail beside its words: checked before it is published, and refused on every other channel.

use super::*;

fn file() -> Value {
    json!({"filename": "invoice.pdf", "content_type": "application/pdf", "content": "aGk="})
}

#[test]
fn copies_headers_and_files_go_with_a_mail_and_leave_its_fallback_alone() {
    let carried = json!({
        "reply_to": ["help@example.org"], "cc": ["b@example.org"], "bcc": ["c@example.org"],
        "headers": {"X-Order": "4711"}, "attachments": [file()],
        "fallback": [{"channel": "sms", "destination": "+12025550143"}],
    });
    assert_eq!(findings_by(&SHIPPED, &email(carried.clone())), Findings::default());
    let otp = json!({"message": null, "template": "otp", "data": {"code": "1", "product": "p", "minutes": 10}});
    assert_eq!(findings_by(&SHIPPED, &with(email(carried), otp)), Findings::default());
}

#[test]
fn all_that_cannot_go_with_a_mail_is_named_at_once() {
    let wrong = json!({
        "cc": ["nobody"], "headers": {"Bcc": "c@example.org"},
        "attachments": [{"filename": "a.pdf", "url": "ftp://example.org/a.pdf"}],
    });
    let told = [
        "/cc/0 must be an email address such as ana@example.org",
        "/headers/Bcc is the field bcc of the notification: give it beside headers",
        "/attachments/0/url must be an https URL as it is called, without a user, a password and a fragment, at most 2048 bytes",
    ];
    check(email(wrong.clone()), &told);
    let otp = json!({"message": null, "template": "otp", "data": {"code": "1", "product": "p", "minutes": 10}});
    check(with(email(wrong), otp), &told);
}

#[test]
fn another_channel_has_no_copies_headers_or_files() {
    let why = "is of a mail alone, and not sent by sms";
    let fields = json!({"cc": ["b@example.org"], "attachments": [file()]});
    check(sms(fields.clone()), &[&format!("/attachments {why}"), &format!("/cc {why}")]);
    check(sms(json!({"cc": [], "headers": {}, "attachments": null})), &[]);
    let item = with(json!({"channel": "sms", "destination": "+12025550143"}), fields);
    check(
        email(json!({"fallback": [item]})),
        &[&format!("/fallback/0/attachments {why}"), &format!("/fallback/0/cc {why}")],
    );
    check(sms(json!({"cc": "b@example.org"})), &["/cc must be a list, not a string"]);
}
