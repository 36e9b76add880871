//! A form in which somebody writes what is to be done. What is wrong with a field stands beside it.

use domain::FieldError;
use maud::{Markup, html};

/// One field of a form.
pub(crate) struct Line<'a> {
    pub(crate) name: &'a str,
    pub(crate) label: &'a str,
    /// What to write; empty where the label says it.
    pub(crate) hint: &'a str,
    /// What was written.
    pub(crate) value: &'a str,
    pub(crate) input: Input<'a>,
    pub(crate) is_required: bool,
}

/// How a field is filled in.
pub(crate) enum Input<'a> {
    /// A text; what stands here is an example of it.
    Text(&'a str),
    /// Several lines.
    Area,
    /// One of these, each with what it is called.
    Choice(&'a [(&'a str, &'a str)]),
}

pub(crate) fn line(line: &Line<'_>, errors: &[FieldError]) -> Markup {
    let id = format!("written-{}", line.name);
    let wrong: Vec<&FieldError> = errors.iter().filter(|error| is_of(error, line.name)).collect();
    let about = format!("{id}-about");
    let describes = !wrong.is_empty() || !line.hint.is_empty();
    html! {
        div.field {
            label for=(id) { (line.label) }
            (input(line, &id, !wrong.is_empty(), describes.then_some(about.as_str())))
            @if describes {
                div id=(about) {
                    @for error in wrong { p.refused { (within(error, line.name)) (error.detail) } }
                    @if !line.hint.is_empty() { small.soft { (line.hint) } }
                }
            }
        }
    }
}

fn input(line: &Line<'_>, id: &str, is_wrong: bool, about: Option<&str>) -> Markup {
    let wrong = is_wrong.then_some("true");
    html! {
        @match line.input {
            Input::Text(example) => {
                input id=(id) type="text" name=(line.name) value=(line.value) placeholder=(example)
                    required[line.is_required] autocomplete="off" aria-invalid=[wrong] aria-describedby=[about];
            }
            Input::Area => {
                // The first line feed behind the tag is not part of the text.
                textarea id=(id) name=(line.name) rows="10" spellcheck="false" required[line.is_required]
                    aria-invalid=[wrong] aria-describedby=[about] { "\n" (line.value) }
            }
            Input::Choice(options) => {
                select id=(id) name=(line.name) aria-invalid=[wrong] aria-describedby=[about] {
                    @for (value, label) in options {
                        option value=(value) selected[*value == line.value] { (label) }
                    }
                }
            }
        }
    }
}

/// What is wrong with no field of the form.
pub(crate) fn others(names: &[&str], errors: &[FieldError]) -> Markup {
    let of_none = |error: &&FieldError| !names.iter().any(|name| is_of(error, name));
    let others: Vec<&FieldError> = errors.iter().filter(of_none).collect();
    html! {
        @if !others.is_empty() {
            div.refused role="alert" {
                ul { @for error in others { li { code { (error.pointer) } " " (error.detail) } } }
            }
        }
    }
}

/// Whether an error is of this field, or of something in it.
fn is_of(error: &FieldError, name: &str) -> bool {
    error.pointer.strip_prefix('/').and_then(|rest| rest.split('/').next()) == Some(name)
}

/// The place within the field, where it is not the whole of it.
fn within(error: &FieldError, name: &str) -> Markup {
    let place = error.pointer.get(name.len() + 2..).unwrap_or_default();
    html! { @if !place.is_empty() { code { (place) } " " } }
}

#[test]
fn what_is_wrong_stands_beside_its_field() {
    let error = |pointer: &str| FieldError { pointer: pointer.into(), detail: "must be <one>".into() };
    let name =
        Line { name: "name", label: "Name", hint: "", value: "\"a\"", input: Input::Text(""), is_required: true };
    let errors = [error("/name"), error("/name/x"), error("/names")];
    let page = line(&name, &errors).into_string();
    assert_eq!(page.matches("must be &lt;one&gt;").count(), 2, "{page}");
    assert!(page.contains("<code>x</code>") && page.contains("value=\"&quot;a&quot;\""), "{page}");
    let page = others(&["name"], &errors).into_string();
    assert!(page.contains("/names") && page.matches("<li>").count() == 1, "{page}");
}
