//! The name of a template, and the variables that it needs.

use super::*;

#[test]
fn every_variable_that_is_missing_is_named_at_once() {
    let missing = |body: Value| {
        let errors = findings_by(&SHIPPED, &body).errors;
        assert!(errors.iter().all(|error| error.detail == "is missing: the template needs it"), "{errors:?}");
        errors.into_iter().map(|error| error.pointer).collect::<Vec<_>>()
    };
    assert_eq!(missing(sms(json!({"template": "otp"}))), ["/data/code", "/data/product", "/data/minutes"]);
    assert_eq!(
        missing(sms(json!({"template": "otp", "data": {"code": 1, "product": null}}))),
        ["/data/product", "/data/minutes"]
    );
    let mut all = missing(email(json!({"template": "receipt", "data": []})));
    all.sort();
    assert_eq!(
        all,
        [
            "/data/date",
            "/data/items",
            "/data/name",
            "/data/number",
            "/data/product",
            "/data/receipt_url",
            "/data/total"
        ]
    );
}

#[test]
fn a_template_that_there_is_not_is_named_with_the_one_that_is_near() {
    check(
        email(json!({"template": "wellcome"})),
        &[
            "/template is no template of this fleet; known are alert, ask, ask_ended, ask_reply, command_ended, otp, receipt, verify, welcome: did you mean welcome?",
        ],
    );
    check(
        email(json!({"template": "invoice"})),
        &[
            "/template is no template of this fleet; known are alert, ask, ask_ended, ask_reply, command_ended, otp, receipt, verify, welcome",
        ],
    );
}

#[test]
fn three_letters_of_a_template_are_enough_to_know_it() {
    for written in ["otpp", "opt", "ottp"] {
        check(
            email(json!({"template": written})),
            &[
                "/template is no template of this fleet; known are alert, ask, ask_ended, ask_reply, command_ended, otp, receipt, verify, welcome: did you mean otp?",
            ],
        );
    }
}

#[test]
fn a_missing_variable_is_found_under_the_name_that_it_was_given() {
    let told = |data: Value| {
        let errors = findings_by(&SHIPPED, &sms(json!({"template": "otp", "data": data}))).errors;
        errors
            .into_iter()
            .map(|error| error.detail.split_once("; ").map(|(_, hint)| hint.to_owned()))
            .collect::<Vec<_>>()
    };
    let written = |name: &str| Some(format!("is it what you wrote as {name}?"));
    assert_eq!(
        told(json!({"cod": 1, "Product": "p", "minuts": 3, "other": 4})),
        [written("cod"), written("Product"), written("minuts")]
    );
    assert_eq!(told(json!({"code": 1, "product": "p", "minute\u{202e}": 3})), [None]);
    assert_eq!(told(json!({"code": null, "product": "p", "minutes": 3})), [None]);
    let many: Map<String, Value> = (0..5_000).map(|n| (format!("a{n}"), json!(n))).collect();
    assert_eq!(told(Value::Object(many)), [None, None, None]);
}
