//! What is taken and has not the effect that its publisher may think.

use super::*;

#[test]
fn a_field_that_looks_like_ours_is_refused_and_a_foreign_one_is_a_warning() {
    let found = findings_by(&SHIPPED, &email(json!({"sendAt": "2099-01-01T00:00:00Z", "html": "x", "order": 7})));
    let said = |fields: &[domain::FieldError]| fields.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(
        said(&found.errors),
        [
            "/html is not known: HTML comes from templates: give template and data, or plain text as message",
            "/sendAt is not known: did you mean send_at?",
        ]
    );
    assert_eq!(
        said(&found.warnings),
        ["/order is not known and was not read: fields of your own belong into metadata"]
    );
    let both = findings_by(&SHIPPED, &email(json!({"sendAt": "x", "priority": "asap"})));
    assert_eq!(both.errors.len(), 2, "each is named once: {both:?}");
}

#[test]
fn what_has_passed_is_taken_with_a_warning() {
    let warned = |fields: Value| {
        let found = findings_by(&SHIPPED, &email(fields));
        assert_eq!(found.errors, []);
        found.warnings.into_iter().map(|warning| warning.pointer).collect::<Vec<_>>()
    };
    assert_eq!(warned(json!({"expires_at": "2026-03-01T11:59:59Z"})), ["/expires_at"]);
    assert_eq!(warned(json!({"ttl_seconds": 60, "send_at": "2026-03-01T11:00:00Z"})), ["/ttl_seconds"]);
    let late = json!({"max_lateness_seconds": 60, "send_at": "2026-03-01T11:00:00Z"});
    assert_eq!(warned(late), ["/max_lateness_seconds"]);
    assert_eq!(warned(json!({"ttl_seconds": 60, "expires_at": null, "send_at": "2026-03-01T11:59:30Z"})), [""; 0]);
}

#[test]
fn what_has_no_effect_is_taken_with_a_warning() {
    let warned = |fields: Value| {
        let found = findings_by(&SHIPPED, &email(fields));
        assert_eq!(found.errors, []);
        found.warnings.into_iter().map(|warning| warning.pointer).collect::<Vec<_>>()
    };
    let otp = |fields: Value| {
        with(json!({"message": null, "template": "otp", "data": {"code": "1", "product": "p", "minutes": 10}}), fields)
    };
    assert_eq!(warned(otp(json!({"locale": "xx-YY"}))), ["/locale"]);
    assert_eq!(warned(otp(json!({"locale": "en-GB"}))), [""; 0]);
    assert_eq!(warned(otp(json!({"message": "m"}))), ["/message"]);
    assert_eq!(warned(otp(json!({"message": ""}))), [""; 0]);
    assert_eq!(warned(json!({"locale": "es"})), ["/locale"]);
    assert_eq!(warned(json!({"max_lateness_seconds": 60})), ["/max_lateness_seconds"]);
    assert_eq!(warned(json!({"max_lateness_seconds": 60, "send_at": "2026-03-01T13:00:00Z"})), [""; 0]);
    assert_eq!(warned(json!({"send_at": "2026-03-01T11:00:00Z"})), ["/send_at"]);
    let item = |fields: Value| with(json!({"channel": "sms", "destination": "+12025550143"}), fields);
    assert_eq!(warned(json!({"fallback": [item(json!({"locale": "es"}))]})), ["/fallback/0/locale"]);
    assert_eq!(warned(json!({"locale": "en", "fallback": [otp(item(json!({})))]})), [""; 0]);
}

#[test]
fn a_subject_that_no_message_has_is_taken_with_a_warning() {
    let warned = |fields: Value| {
        let found = findings_by(&SHIPPED, &email(with(json!({"subject": "Hi"}), fields)));
        assert_eq!(found.errors, []);
        found.warnings.into_iter().map(|warning| warning.pointer).collect::<Vec<_>>()
    };
    let to = |channel: &str| json!({"channel": channel, "destination": "+12025550143"});
    for channel in ["sms", "whatsapp"] {
        assert_eq!(warned(to(channel)), ["/subject"], "{channel}");
        assert_eq!(warned(with(to(channel), json!({"subject": ""}))), [""; 0], "{channel}");
    }
    assert_eq!(warned(json!({})), [""; 0], "a mail has one");
    let mail = json!({"channel": "email", "destination": "bo@example.org"});
    assert_eq!(warned(with(to("sms"), json!({"fallback": [mail]}))), [""; 0], "the mail takes it over");
    let item = with(to("sms"), json!({"subject": "Hi", "message": "m"}));
    assert_eq!(warned(json!({"fallback": [item]})), ["/fallback/0/subject"]);
}

#[test]
fn a_link_that_html_leaves_out_is_taken_with_a_warning_that_says_where_it_stays() {
    let why = "makes no link in the HTML of the mail: only http, https and mailto do; plain text shows it as it is";
    let warned = |fields: Value| {
        let found = findings_by(&SHIPPED, &email(with(json!({"message": null, "template": "welcome"}), fields)));
        assert_eq!(found.errors, []);
        found.warnings.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let data = |url: &str| json!({"name": "Ana", "product": "Tambo", "action_url": url});
    for url in ["javascript:alert(1)", "//evil", "", "http://a b", "https://x.example/\u{202e}"] {
        assert_eq!(warned(json!({"data": data(url)})), [format!("/data/action_url {why}")], "{url}");
    }
    assert_eq!(warned(json!({"data": data("https://x.example/start")})), [""; 0]);
    let item = |fields: Value| with(json!({"channel": "email", "destination": "bo@example.org"}), fields);
    let both = json!({"data": data("x"), "fallback": [item(json!({})), item(json!({"data": data("y")}))]});
    assert_eq!(warned(both), ["", "/fallback/1"].map(|place| format!("{place}/data/action_url {why}")));
    let text = json!({"channel": "sms", "destination": "+12025550143", "data": data("x")});
    assert_eq!(warned(text), [""; 0], "a text shows it as it is");
}

#[test]
fn data_that_no_template_reads_is_told_unless_it_is_sent_itself() {
    let warned = |body: Value| {
        let found = findings_by(&SHIPPED, &body);
        assert_eq!(found.errors, [], "{body}");
        found.warnings.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let told = |prefix: &str| {
        format!("{prefix}/data has no effect without a template: what is only your own belongs into metadata")
    };
    let data = json!({"message": "Hi {{ name }}", "data": {"name": "Ana"}});
    assert_eq!(warned(email(data.clone())), [told("")]);
    assert_eq!(warned(sms(data.clone())), [told("")]);
    assert_eq!(warned(sms(with(json!({"channel": "whatsapp"}), data.clone()))), [told("")]);
    assert_eq!(warned(push(data.clone())), [""; 0]);
    assert_eq!(warned(email(json!({"data": {}, "metadata": {"order": 7}}))), [""; 0]);
    let by_push = json!({"channel": "push", "destination": "token"});
    assert_eq!(warned(email(with(data.clone(), json!({"fallback": [by_push]})))), [""; 0], "the push sends it");
    let picture = json!({"message": "Look", "data": {"media_urls": ["https://example.org/a.jpg"]}});
    assert_eq!(warned(sms(picture)), [""; 0], "Twilio is sent it");
    let by_sms = with(json!({"channel": "sms", "destination": "+12025550143"}), data);
    assert_eq!(warned(email(json!({"fallback": [by_sms]}))), [told("/fallback/0")]);
}

#[test]
fn a_name_that_the_channel_would_read_is_told_where_it_stands_also_in_a_fallback() {
    let warned = |body: Value| {
        let found = findings_by(&SHIPPED, &body);
        assert_eq!(found.errors, [], "{body}");
        found.warnings.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let told = |prefix: &str, written: &str, meant: &str| {
        format!("{prefix}/data/{written} is not read: did you mean {meant}?")
    };
    let otp = |more: Value| with(json!({"code": "1", "product": "p", "minutes": 10}), more);
    let by = |channel: &str, more: Value| {
        sms(json!({"channel": channel, "message": null, "template": "otp", "data": otp(more)}))
    };
    let url = "https://example.org/a.jpg";
    assert_eq!(warned(by("sms", json!({"mediaUrls": [url]}))), [told("", "mediaUrls", "media_urls")]);
    let variables = json!({"content_sid": format!("HX{}", "0a".repeat(16)), "content_varables": {"1": "Ana"}});
    assert_eq!(warned(by("whatsapp", variables)), [told("", "content_varables", "content_variables")]);
    let options = json!({"data": {"google_fcm": {"android": {"ttl": "9s"}}}});
    assert_eq!(warned(push(options.clone())), [told("", "google_fcm", "google.fcm")]);
    let by_push = with(json!({"channel": "push", "destination": "token"}), options);
    assert_eq!(warned(email(json!({"fallback": [by_push]}))), [told("/fallback/0", "google_fcm", "google.fcm")]);
    let by_sms = json!({"channel": "sms", "destination": "+12025550143"});
    let inherited = with(by("whatsapp", json!({"media_url": url})), json!({"fallback": [by_sms]}));
    assert_eq!(warned(inherited), [told("", "media_url", "media_urls")], "the same data is told of once");
    assert_eq!(warned(by("whatsapp", json!({"order": 7}))), [""; 0]);
}

#[test]
fn an_optional_variable_under_another_name_is_told_with_the_name_that_was_meant() {
    let alert = |more: Value| {
        let data = with(
            json!({"severity": "critical", "service": "payments", "summary": "s", "occurred_at": "2026-03-01"}),
            more,
        );
        json!({"channel": "email", "destination": "ana@example.org", "template": "alert", "data": data})
    };
    let warned = |body: Value| {
        let found = findings_by(&SHIPPED, &body);
        assert_eq!(found.errors, [], "{body}");
        found.warnings.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let told = "/data/details_ulr is not used by the template: did you mean details_url?";
    let link = "https://status.example/i/42";
    assert_eq!(warned(alert(json!({"details_ulr": link}))), [told]);
    let camel = told.replace("details_ulr", "detailsUrl");
    assert_eq!(warned(alert(json!({"detailsUrl": link}))), [camel]);
    for silent in
        [json!({}), json!({"details_url": link}), json!({"order": 7}), json!({"details_url": link, "details_ulr": 1})]
    {
        assert_eq!(warned(alert(silent)), [""; 0]);
    }
    let item = json!({"channel": "email", "destination": "bo@example.org"});
    let twice = with(alert(json!({"details_ulr": link})), json!({"fallback": [item]}));
    assert_eq!(warned(twice), [told], "the same data is told of once");
}

#[test]
fn a_name_in_the_data_that_is_nearly_the_channels_is_told_beside_what_is_missing_without_it() {
    let whatsapp = |fields: Value| with(sms(json!({"channel": "whatsapp", "message": ""})), fields);
    let slip = "/data/whatsap_template is not read: did you mean whatsapp_template?";
    check(whatsapp(json!({"data": {"whatsap_template": {}}})), &["/message must not be empty", slip]);
    let elsewhere = whatsapp(json!({"message": "m", "priority": "asap", "data": {"whatsap_template": {}}}));
    let found = findings_by(&SHIPPED, &elsewhere).errors;
    assert!(found.len() == 2 && found[1].to_string() == slip, "{found:?}");
}
