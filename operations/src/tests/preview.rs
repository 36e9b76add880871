//! What a template says with some data, before anybody publishes it.

use domain::ChannelName;

use crate::Preview;
use crate::tests::check::SHIPPED;

fn preview(channel: &str, template: &str, locale: Option<&str>, data: &str) -> Preview {
    SHIPPED.preview(&ChannelName::parse(channel).unwrap(), template, locale, data)
}

fn told(preview: &Preview) -> Vec<String> {
    preview.errors.iter().map(ToString::to_string).collect()
}

#[test]
fn a_mail_is_shown_with_its_subject_its_text_and_its_html() {
    let sample = SHIPPED.templates().describe().into_iter().find(|one| one.template == "receipt").unwrap().sample;
    let shown = preview("email", "receipt", Some("es"), &serde_json::Value::Object(sample).to_string());
    assert_eq!(told(&shown), [""; 0]);
    let words = shown.rendered.unwrap();
    assert!(words.subject.is_some() && words.text.contains("A-1042") && words.html.is_some());
    assert_eq!(shown.segments, None);
}

#[test]
fn an_sms_is_counted_in_segments() {
    let shown = preview("sms", "otp", None, r#"{"code": "481 930", "product": "Tambo", "minutes": 10}"#);
    assert_eq!((told(&shown).len(), shown.segments.map(|segments| segments.count)), (0, Some(1)));
}

#[test]
fn everything_that_is_missing_is_named_and_nothing_is_rendered() {
    let shown = preview("sms", "otp", None, r#"{"product": "Tambo"}"#);
    let told = told(&shown);
    assert!(told.iter().any(|one| one.starts_with("/data/code is missing")), "{told:?}");
    assert_eq!(shown.rendered, None);
}

#[test]
fn data_that_cannot_be_read_and_a_template_that_there_is_not_are_told_by_their_fields() {
    for (data, field) in [("[]", "/data must be a JSON object"), ("{", "/data is not JSON"), ("", "/data is empty")] {
        let told = told(&preview("sms", "otp", None, data));
        assert!(told.len() == 1 && told[0].starts_with(field), "{data}: {told:?}");
    }
    let told = told(&preview("sms", "opt", None, "{}"));
    assert!(told.len() == 1 && told[0].starts_with("/template"), "{told:?}");
}

#[test]
fn a_locale_without_words_is_a_warning() {
    let data = r#"{"code": "481 930", "product": "Tambo", "minutes": 10}"#;
    let shown = preview("sms", "otp", Some("qu"), data);
    assert!(shown.rendered.is_some() && shown.warnings.iter().any(|one| one.pointer == "/locale"), "{shown:?}");
}
