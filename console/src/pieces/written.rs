//! A form in which somebody writes what is to be done. What is wrong with a field stands beside it.

use domain::FieldError;
use maud::{Markup, html};

use crate::pieces::filter::known;

/// One field of a form.
#[derive(Clone, Copy)]
pub(crate) struct Line<'a> {
    name: &'a str,
    label: &'a str,
    /// What to write; empty where the label says it.
    hint: &'a str,
    /// What was written.
    value: &'a str,
    input: Input<'a>,
    is_required: bool,
}

/// How a field is filled in.
#[derive(Clone, Copy)]
enum Input<'a> {
    /// A name, a number or a time; what stands here is an example of it.
    Text(&'a str),
    /// A name, with those that are most likely meant: another one is taken too.
    Known(&'a [&'a str]),
    /// What somebody says.
    Words,
    /// What a browser may fill in by itself stands here.
    Password(&'a str),
    /// Several lines.
    Area,
    /// One of these, each with what it is called.
    Choice(&'a [(&'a str, &'a str)]),
}

impl<'a> Line<'a> {
    /// A name, a number or a time that nobody keeps for the next time.
    pub(crate) fn text(name: &'a str, label: &'a str, value: &'a str) -> Self {
        Self { name, label, hint: "", value, input: Input::Text(""), is_required: false }
    }

    /// The same with an example of what is written.
    pub(crate) fn such_as(name: &'a str, label: &'a str, value: &'a str, example: &'a str) -> Self {
        Self { input: Input::Text(example), ..Self::text(name, label, value) }
    }

    /// A name, with those that are most likely meant.
    pub(crate) fn known(name: &'a str, label: &'a str, value: &'a str, names: &'a [&'a str]) -> Self {
        Self { input: Input::Known(names), ..Self::text(name, label, value) }
    }

    /// What somebody says in one line.
    pub(crate) fn words(name: &'a str, label: &'a str, value: &'a str) -> Self {
        Self { input: Input::Words, ..Self::text(name, label, value) }
    }

    /// Several lines.
    pub(crate) fn area(name: &'a str, label: &'a str, value: &'a str) -> Self {
        Self { input: Input::Area, ..Self::text(name, label, value) }
    }

    /// One of these values, each with what it is called.
    pub(crate) fn choice(name: &'a str, label: &'a str, value: &'a str, of: &'a [(&'a str, &'a str)]) -> Self {
        Self { input: Input::Choice(of), ..Self::text(name, label, value) }
    }

    /// A password, which is never shown again.
    pub(crate) fn password(name: &'a str, label: &'a str, autocomplete: &'a str) -> Self {
        Self { input: Input::Password(autocomplete), is_required: true, ..Self::text(name, label, "") }
    }

    pub(crate) fn required(self) -> Self {
        Self { is_required: true, ..self }
    }

    pub(crate) fn hint(self, hint: &'a str) -> Self {
        Self { hint, ..self }
    }

    /// The field with what is wrong with it.
    pub(crate) fn with(&self, errors: &[FieldError]) -> Markup {
        let (id, said) = (format!("field-{}", self.name), format!("said-{}", self.name));
        let is_wrong = errors.iter().any(|error| is_of(error, self.name));
        let described = (is_wrong || !self.hint.is_empty()).then_some(said.as_str());
        html! {
            div.field {
                label for=(id) { (self.label) }
                (self.input(&id, is_wrong.then_some("true"), described))
                (beside(&said, self.name, self.hint, errors))
            }
        }
    }

    fn input(&self, id: &str, wrong: Option<&str>, described: Option<&str>) -> Markup {
        let value = Some(self.value).filter(|value| !value.is_empty());
        html! {
            @match self.input {
                Input::Text(example) => {
                    input id=(id) type="text" name=(self.name) value=[value]
                        placeholder=[(!example.is_empty()).then_some(example)] autocomplete="off" autocapitalize="none"
                        spellcheck="false" required[self.is_required] aria-invalid=[wrong] aria-describedby=[described];
                }
                Input::Known(names) => {
                    input id=(id) type="text" name=(self.name) value=[value] autocomplete="off" autocapitalize="none"
                        spellcheck="false" list={ (id) "-known" } required[self.is_required] aria-invalid=[wrong]
                        aria-describedby=[described];
                    (known(id, names))
                }
                Input::Words => {
                    input id=(id) type="text" name=(self.name) value=[value] autocomplete="off"
                        required[self.is_required] aria-invalid=[wrong] aria-describedby=[described];
                }
                Input::Password(autocomplete) => {
                    input id=(id) type="password" name=(self.name) autocomplete=(autocomplete) autocapitalize="none"
                        spellcheck="false" required[self.is_required] aria-invalid=[wrong] aria-describedby=[described];
                }
                Input::Area => {
                    // The first line feed behind the tag is not part of the text.
                    textarea id=(id) name=(self.name) rows="10" spellcheck="false" required[self.is_required]
                        aria-invalid=[wrong] aria-describedby=[described] { "\n" (self.value) }
                }
                Input::Choice(options) => {
                    select id=(id) name=(self.name) aria-invalid=[wrong] aria-describedby=[described] {
                        @for (value, label) in options {
                            option value=(value) selected[*value == self.value] { (label) }
                        }
                    }
                }
            }
        }
    }
}

/// What stands under a field: what is wrong with it, and how it is filled in.
pub(crate) fn beside(id: &str, name: &str, hint: &str, errors: &[FieldError]) -> Markup {
    let wrong: Vec<&FieldError> = errors.iter().filter(|error| is_of(error, name)).collect();
    html! {
        @if !wrong.is_empty() || !hint.is_empty() {
            div id=(id) {
                @for error in wrong { p.wrong { (within(error, name)) (error.detail) } }
                @if !hint.is_empty() { small.soft { (hint) } }
            }
        }
    }
}

/// What is wrong and belongs beside none of these fields.
pub(crate) fn unplaced(errors: &[FieldError], names: &[&str]) -> Markup {
    let others: Vec<&FieldError> = errors.iter().filter(|error| !names.iter().any(|name| is_of(error, name))).collect();
    html! {
        @if !others.is_empty() {
            div.refused role="alert" {
                ul {
                    @for error in others {
                        li { @if !error.pointer.is_empty() { code { (error.pointer) } " " } (error.detail) }
                    }
                }
            }
        }
    }
}

/// Whether an error is of this field, or of something in it.
pub(crate) fn is_of(error: &FieldError, name: &str) -> bool {
    error.pointer.strip_prefix('/').and_then(|rest| rest.split('/').next()) == Some(name)
}

/// The place within the field, where it is not the whole of it.
fn within(error: &FieldError, name: &str) -> Markup {
    let place = error.pointer.get(name.len() + 2..).unwrap_or_default();
    html! { @if !place.is_empty() { code { (place) } " " } }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(pointer: &str) -> FieldError {
        FieldError { pointer: pointer.into(), detail: "must be <one>".into() }
    }

    #[test]
    fn what_is_wrong_stands_beside_its_field_and_is_escaped() {
        let errors = [error("/name"), error("/name/x"), error("/names"), error("")];
        let page = Line::text("name", "Name", "\"a\"").required().with(&errors).into_string();
        assert_eq!(page.matches("must be &lt;one&gt;").count(), 2, "{page}");
        assert!(page.contains("<code>x</code>") && page.contains("value=\"&quot;a&quot;\""), "{page}");
        assert!(page.contains("aria-invalid=\"true\" aria-describedby=\"said-name\""), "{page}");
        let page = unplaced(&errors, &["name"]).into_string();
        assert!(page.contains("<code>/names</code>") && page.matches("<li>").count() == 2, "{page}");
    }

    #[test]
    fn a_password_is_never_shown_again_and_what_was_chosen_is() {
        let page = Line::password("password", "Password", "new-password").with(&[]).into_string();
        assert!(!page.contains("value=") && !page.contains("aria-describedby"), "{page}");
        let page = Line::choice("kind", "Kind", "b", &[("a", "A"), ("b", "B")]).with(&[]).into_string();
        assert!(page.contains("<option value=\"b\" selected>B</option>"), "{page}");
    }
}
