//! The form that narrows a list. It is asked by GET, so that the address of a page says all that the page shows.

use maud::{Markup, html};

use crate::words::Lang;

/// One field of a filter.
pub(crate) struct Field<'a> {
    pub(crate) name: &'a str,
    pub(crate) label: &'a str,
    /// What was asked for; empty for anything.
    pub(crate) value: &'a str,
    pub(crate) input: Input<'a>,
}

/// How a field is filled in.
pub(crate) enum Input<'a> {
    /// The text that a search begins with: the key `/` leads there.
    Search,
    /// A text; what stands here is an example of it.
    Text(&'a str),
    /// A date and time; what stands here is an example of it. It needs more room than most.
    Instant(&'a str),
    /// A text, with what is most likely meant: another one is taken too.
    Known(&'a [&'a str]),
    /// One of these, each with what it is called.
    Choice(&'a [(&'a str, &'a str)]),
}

/// `problems` are what is wrong with what was asked for: the name of a field, and what it must be.
pub(crate) fn filter(lang: Lang, action: &str, fields: &[Field<'_>], problems: &[(String, String)]) -> Markup {
    let words = &lang.words().lists;
    let is_set = fields.iter().any(|field| !field.value.is_empty());
    html! {
        form.filter method="get" action=(action) role="search" aria-label=(words.filter) {
            @if !problems.is_empty() {
                div.refused role="alert" {
                    p { (words.bad_filter) }
                    ul {
                        @for (name, detail) in problems {
                            li { (called(name, fields)) code { (name) } " " (detail) }
                        }
                    }
                }
            }
            @for field in fields {
                @let id = format!("filter-{}", field.name);
                @let is_wrong = problems.iter().any(|(name, _)| name == field.name);
                div.field.instant[matches!(field.input, Input::Instant(_))] {
                    label for=(id) { (field.label) }
                    (input(lang, field, &id, is_wrong))
                }
            }
            div.field.actions {
                button type="submit" { (words.apply) }
                @if is_set { a href=(action) { (words.clear) } }
            }
        }
    }
}

/// What the field of a parameter is called, before its name. What is no field has its name alone.
fn called(name: &str, fields: &[Field<'_>]) -> Markup {
    let label = fields.iter().find(|field| field.name == name).map(|field| field.label);
    html! { @if let Some(label) = label { (label) ": " } }
}

/// What a browser offers beside a field, as its `list` names it.
pub(crate) fn known(id: &str, names: &[&str]) -> Markup {
    html! { datalist id={ (id) "-known" } { @for name in names { option value=(name) {} } } }
}

fn input(lang: Lang, field: &Field<'_>, id: &str, is_wrong: bool) -> Markup {
    let wrong = is_wrong.then_some("true");
    html! {
        @match field.input {
            Input::Search => {
                input id=(id) type="search" name=(field.name) value=(field.value) data-search aria-invalid=[wrong]
                    aria-keyshortcuts="/";
            }
            Input::Text(example) | Input::Instant(example) => {
                input id=(id) type="text" name=(field.name) value=(field.value) placeholder=(example)
                    aria-invalid=[wrong];
            }
            Input::Known(names) => {
                input id=(id) type="text" name=(field.name) value=(field.value) autocomplete="off" list={ (id) "-known" }
                    aria-invalid=[wrong];
                (known(id, names))
            }
            Input::Choice(options) => {
                select id=(id) name=(field.name) aria-invalid=[wrong] {
                    option value="" { (lang.words().lists.any) }
                    @for (value, label) in options {
                        option value=(value) selected[*value == field.value] { (label) }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_shows_what_was_asked_for_and_what_is_wrong_with_it() {
        let fields = [
            Field { name: "state", label: "State", value: "dead", input: Input::Choice(&[("dead", "dead")]) },
            Field { name: "provider", label: "Provider", value: "<x>", input: Input::Known(&["smtp"]) },
            Field { name: "from", label: "From", value: "\"soon\"", input: Input::Instant("2026-03-01") },
        ];
        let wrong = [("from", "must be a <date>"), ("fron", "is not known")];
        let problems = wrong.map(|(name, detail)| (name.to_owned(), detail.to_owned()));
        let page = filter(Lang::Es, "/console/x", &fields, &problems).into_string();
        assert!(page.contains(r#"<option value="dead" selected>dead</option>"#), "{page}");
        assert!(page.contains("value=\"&lt;x&gt;\" autocomplete=\"off\" list=\"filter-provider-known\""), "{page}");
        assert!(page.contains("<datalist id=\"filter-provider-known\"><option value=\"smtp\">"), "{page}");
        assert!(page.contains("value=\"&quot;soon&quot;\""), "{page}");
        for told in ["From: <code>from</code> must be a &lt;date&gt;</li>", "<li><code>fron</code> is not known</li>"] {
            assert!(page.contains(told), "{told}: {page}");
        }
        assert!(page.contains(r#"aria-invalid="true""#) && page.contains("Quitar"), "{page}");
        assert_eq!(
            page.matches("<div class=\"field instant\">").count(),
            1,
            "an instant has a line of its own: {page}"
        );
        assert!(page.contains("<div class=\"field instant\"><label for=\"filter-from\">"), "{page}");
    }
}
