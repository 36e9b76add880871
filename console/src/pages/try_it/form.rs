//! What the form has in it, and the body of the notification that it stands for.

use domain::{FieldError, Timestamp, json_fault};
use serde_json::Value;
use serde_json::value::RawValue;
use web::problem::Problem;
use web::query::Parameters;

use crate::fields::Fields;

/// The fields of the notification that are texts, in the order of the form.
pub(super) const TEXTS: [&str; 8] =
    ["channel", "destination", "subject", "message", "template", "locale", "priority", "send_at"];
pub(super) const DATA: &str = "data";
/// When the form was begun: by it a form that is sent twice is known.
pub(super) const BEGUN: &str = "begun";
/// Which of the two buttons was pressed.
pub(super) const DO: &str = "do";
pub(super) const CHECK: &str = "check";
pub(super) const SEND: &str = "send";

/// The form as somebody has filled it in.
#[derive(Clone, Default)]
pub(super) struct Form {
    texts: [String; TEXTS.len()],
    pub(super) data: String,
    pub(super) begun: Option<String>,
    pub(super) only_checks: bool,
}

impl Form {
    /// # Errors
    /// 422 for a field that the form has not.
    pub(super) fn of_query(mut query: Parameters) -> Result<Self, Problem> {
        let texts = TEXTS.map(|name| query.text(name).unwrap_or_default());
        let data = query.text(DATA).unwrap_or_default();
        let known: Vec<&str> = TEXTS.into_iter().chain([DATA]).collect();
        query.finish(&known)?;
        Ok(Self { texts, data, ..Self::default() })
    }

    pub(super) fn of_fields(fields: &Fields) -> Self {
        // Browsers end the lines of a form as mail does.
        let text = |name: &str| fields.raw(name).unwrap_or_default().replace("\r\n", "\n");
        Self {
            texts: TEXTS.map(text),
            data: text(DATA),
            begun: fields.text(BEGUN).map(str::to_owned),
            only_checks: fields.text(DO) == Some(CHECK),
        }
    }

    pub(super) fn begun_at(self, now: Timestamp) -> Self {
        Self { begun: Some(now.as_micros().to_string()), ..self }
    }

    pub(super) fn text(&self, name: &str) -> &str {
        let place = TEXTS.iter().position(|text| *text == name);
        place.map(|place| self.texts[place].as_str()).unwrap_or_default()
    }

    /// The body, with the data as they were written: who reads it finds names that are there twice.
    ///
    /// # Errors
    /// What is wrong with data that are no JSON.
    pub(super) fn body(&self) -> Result<String, FieldError> {
        let given = TEXTS.iter().zip(&self.texts).filter(|(_, text)| !text.trim().is_empty());
        let mut fields: Vec<String> = given.map(|(name, text)| member(name, as_sent(name, text))).collect();
        if !self.data.trim().is_empty() {
            let data: &RawValue = serde_json::from_str(&self.data)
                .map_err(|error| FieldError { pointer: format!("/{DATA}"), detail: json_fault(&error) })?;
            fields.push(format!("{}:{}", Value::from(DATA), data.get()));
        }
        Ok(format!("{{{}}}", fields.join(",")))
    }
}

/// Words are sent as they were written; what is around a name or a number was not meant.
fn as_sent<'t>(name: &str, text: &'t str) -> &'t str {
    if matches!(name, "message" | "subject") { text } else { text.trim() }
}

fn member(name: &str, text: &str) -> String {
    format!("{}:{}", Value::from(name), Value::from(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(text: &str) -> Form {
        Form::of_fields(&Fields::parse(text.as_bytes()))
    }

    #[test]
    fn a_form_stands_for_a_body_and_its_data_stay_as_they_were_written() {
        let sent =
            form("channel=sms&destination=+%2B12025550143+&message=a%0D%0A%22b%22&data=%7B%22n%22%3A+1.50%7D&do=send");
        let body = sent.body().unwrap();
        assert_eq!(body, r#"{"channel":"sms","destination":"+12025550143","message":"a\n\"b\"","data":{"n": 1.50}}"#);
        assert!(!sent.only_checks && form("do=check").only_checks);
    }

    #[test]
    fn data_bring_no_other_field() {
        let error = form("data=1%7D%2C%22tenant%22%3A%22other%22%2C%22x%22%3A%7B").body().unwrap_err();
        assert_eq!(error.pointer, "/data");
        assert!(error.detail.starts_with("is not JSON"), "{error}");
    }
}
