//! The fields of forms, each with what is wrong with it beside it.

use domain::{FieldError, Role};
use maud::{Markup, html};
use serde_json::{Map, Value};

use super::words::Words;
use crate::fields::Fields;
use crate::words::Lang;

/// One line to fill in.
pub(super) struct Line<'a> {
    pub(super) name: &'a str,
    pub(super) label: &'a str,
    /// `text` or `password`.
    pub(super) kind: &'a str,
    pub(super) value: &'a str,
    /// What stands beside it.
    pub(super) hint: &'a str,
    /// What a browser may fill in by itself.
    pub(super) autocomplete: &'a str,
    pub(super) is_required: bool,
}

impl<'a> Line<'a> {
    /// A text that nobody keeps for the next time.
    pub(super) fn text(name: &'a str, label: &'a str, value: &'a str) -> Self {
        Self { name, label, kind: "text", value, hint: "", autocomplete: "off", is_required: false }
    }

    /// A password, which is never shown again.
    pub(super) fn password(name: &'a str, label: &'a str, autocomplete: &'a str) -> Self {
        Self { name, label, kind: "password", value: "", hint: "", autocomplete, is_required: true }
    }

    pub(super) fn required(self) -> Self {
        Self { is_required: true, ..self }
    }

    pub(super) fn hint(self, hint: &'a str) -> Self {
        Self { hint, ..self }
    }

    pub(super) fn with(&self, errors: &[FieldError]) -> Markup {
        let (id, said) = (format!("field-{}", self.name), format!("said-{}", self.name));
        let is_wrong = errors.iter().any(|error| is_of(error, self.name));
        let described = (is_wrong || !self.hint.is_empty()).then_some(said.as_str());
        html! {
            div.field {
                label for=(id) { (self.label) }
                input id=(id) type=(self.kind) name=(self.name) value=[(!self.value.is_empty()).then_some(self.value)]
                    autocomplete=(self.autocomplete) autocapitalize="none" spellcheck="false"
                    required[self.is_required] aria-invalid=[is_wrong.then_some("true")] aria-describedby=[described];
                (beside(&said, self.name, self.hint, errors))
            }
        }
    }
}

/// What stands under a field: what is wrong with it, and how it is filled in.
fn beside(id: &str, name: &str, hint: &str, errors: &[FieldError]) -> Markup {
    let wrong: Vec<&FieldError> = errors.iter().filter(|error| is_of(error, name)).collect();
    html! {
        @if !wrong.is_empty() || !hint.is_empty() {
            div id=(id) {
                @for error in wrong { p.refused { (error.detail) } }
                @if !hint.is_empty() { span.soft { (hint) } }
            }
        }
    }
}

/// The choice of a role, or of single words; `chosen` are what stands there now.
pub(super) fn rights(lang: Lang, (role, scope): (&str, &str), hint: &str, errors: &[FieldError]) -> Markup {
    let words = Words::of(lang);
    let is_wrong = errors.iter().any(|error| is_of(error, "role"));
    html! {
        div.field {
            label for="field-role" { (words.role) }
            select #field-role name="role" aria-invalid=[is_wrong.then_some("true")] aria-describedby="said-role" {
                option value="" { (words.no_role) }
                @for one in Role::ALL {
                    option value=(one.as_str()) selected[one.as_str() == role] { (one.as_str()) }
                }
            }
            (beside("said-role", "role", words.roles, errors))
        }
        (Line::text("scope", words.scope, scope).hint(hint).with(errors))
    }
}

/// What is wrong and belongs beside none of these fields.
pub(super) fn unplaced(errors: &[FieldError], names: &[&str]) -> Markup {
    let others: Vec<&FieldError> = errors.iter().filter(|error| !names.iter().any(|name| is_of(error, name))).collect();
    html! {
        @if !others.is_empty() {
            div.refused role="alert" { ul { @for error in others { li { (error) } } } }
        }
    }
}

fn is_of(error: &FieldError, name: &str) -> bool {
    error.pointer.strip_prefix('/') == Some(name)
}

/// The fields of these names as a program would send them. A password is taken as it was typed.
pub(super) fn object(fields: &Fields, names: &[&str]) -> Map<String, Value> {
    let value = |name: &str| if name.ends_with("password") { fields.raw(name) } else { fields.text(name) };
    names.iter().filter_map(|name| Some(((*name).to_owned(), Value::from(value(name)?)))).collect()
}

/// The text that a field had, to be shown again.
pub(super) fn kept<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields.text(name).unwrap_or_default()
}

#[test]
fn what_is_wrong_stands_beside_its_field_and_is_escaped() {
    let errors = [("/name", "must be <short>"), ("", "is beyond you")];
    let errors = errors.map(|(pointer, detail)| FieldError { pointer: pointer.into(), detail: detail.into() });
    let line = Line::text("name", "Name", "\"x\"").required().with(&errors).into_string();
    assert!(line.contains("aria-invalid=\"true\" aria-describedby=\"said-name\""), "{line}");
    assert!(line.contains("must be &lt;short&gt;") && line.contains("value=\"&quot;x&quot;\""), "{line}");
    assert!(!line.contains("beyond") && unplaced(&errors, &["name"]).into_string().contains("is beyond you"));
    let read = object(&Fields::parse(b"name=+a+&password=+b+&other=c"), &["name", "password", "scope"]);
    assert_eq!(Value::Object(read), serde_json::json!({"name": "a", "password": " b "}));
}
