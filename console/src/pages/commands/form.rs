//! The form by which somebody has an action done: a field for each argument of its schema.

use domain::{Argument, ArgumentKind, FieldError, Schema};
use maud::{Markup, html};
use serde_json::{Map, Value};

use super::NEW;
use super::offered::Offered;
use super::words::Words;
use crate::fields::Fields;
use crate::pieces::written::{Line, unplaced};
use crate::words::Lang;

/// What stands before the name of an argument, so that none is a field of ours.
const PREFIX: &str = "argument-";
const TRUE_OR_FALSE: [&str; 2] = ["true", "false"];

/// The arguments as they were typed, read as the schema has them.
///
/// # Errors
/// Everything that is wrong with them, by the names of the fields.
pub(super) fn read(fields: &Fields, schema: &Schema) -> Result<Map<String, Value>, Vec<FieldError>> {
    let typed = |argument: &Argument| {
        let text = fields.text(&field_of(&argument.name))?;
        Some((argument.name.clone(), text.to_owned()))
    };
    let typed: Vec<(String, String)> = schema.arguments.iter().filter_map(typed).collect();
    let of_field = |error: FieldError| FieldError {
        pointer: format!("/{}", field_of(error.pointer.trim_start_matches('/'))),
        detail: error.detail,
    };
    schema.read(&typed).map_err(|errors| errors.iter().map(|error| of_field(error.field())).collect())
}

/// `asked` is when the form was made: one that is sent twice is one command.
pub(super) fn form(offered: &Offered, fields: &Fields, asked: &str, errors: &[FieldError], lang: Lang) -> Markup {
    let words = Words::of(lang);
    let arguments = &offered.schema.arguments;
    let names: Vec<String> = arguments.iter().map(|argument| field_of(&argument.name)).collect();
    let known: Vec<&str> = names.iter().map(String::as_str).collect();
    html! {
        p { (if offered.is_confirmed { words.asks_first } else { words.asks_nobody }) }
        form.form method="post" action=(NEW) {
            input type="hidden" name="action" value=(offered.name());
            input type="hidden" name="asked" value=(asked);
            (unplaced(errors, &known))
            @for (argument, name) in arguments.iter().zip(&names) { (field(argument, name, fields, errors, lang)) }
            @if arguments.is_empty() { p.soft { (words.no_arguments) } }
            p.actions {
                button.main type="submit" { (words.dispatch) }
                a href=(NEW) { (lang.words().confirm.go_back) }
            }
        }
    }
}

fn field(argument: &Argument, name: &str, fields: &Fields, errors: &[FieldError], lang: Lang) -> Markup {
    let hint = hint(argument, Words::of(lang));
    let (value, words) = (fields.text(name).unwrap_or_default(), values(argument));
    // What may be left out may have no value.
    let nothing = (!argument.is_required).then_some(("", ""));
    let options: Vec<(&str, &str)> =
        nothing.into_iter().chain(words.iter().map(|word| (word.as_str(), word.as_str()))).collect();
    let line = match words.is_empty() {
        true => Line::such_as(name, &argument.name, value, example(argument.kind)),
        false => Line::choice(name, &argument.name, value, &options),
    };
    let line = if argument.is_required { line.required() } else { line };
    line.hint(&hint).with(errors)
}

/// What its service says of an argument, and what nobody sees in its field: that it may stay empty, and its bounds.
fn hint(argument: &Argument, words: &Words) -> String {
    let optional = (!argument.is_required).then(|| words.may_be_left_out.to_owned());
    let parts = [argument.description.clone(), optional, bounds(argument, words)];
    parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// None of an argument that has but a few values: its field shows all of them.
fn bounds(argument: &Argument, words: &Words) -> Option<String> {
    if !values(argument).is_empty() {
        return None;
    }
    let range = match (argument.least, argument.greatest) {
        (None, None) => return None,
        (Some(least), Some(greatest)) => (words.from_to)(least, greatest),
        (Some(least), None) => (words.at_least)(least),
        (None, Some(greatest)) => (words.at_most)(greatest),
    };
    let of = if argument.kind == ArgumentKind::Text { words.characters } else { words.value };
    Some(format!("{of}: {range}"))
}

/// The only values that an argument may have; none for any.
fn values(argument: &Argument) -> Vec<String> {
    if argument.one_of.is_empty() && argument.kind == ArgumentKind::Boolean {
        return TRUE_OR_FALSE.map(str::to_owned).to_vec();
    }
    let shown = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    argument.one_of.iter().map(shown).collect()
}

fn example(kind: ArgumentKind) -> &'static str {
    match kind {
        ArgumentKind::Integer => "7",
        ArgumentKind::Number => "0.5",
        ArgumentKind::Text | ArgumentKind::Boolean => "",
    }
}

fn field_of(argument: &str) -> String {
    format!("{PREFIX}{argument}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn offered() -> Offered {
        let schema = json!({
            "type": "object", "required": ["id"],
            "properties": {
                "id": {"type": "string", "description": "Which <one>"}, "hard": {"type": "boolean"},
                "mode": {"type": "string", "enum": ["soft", "hard"]}, "count": {"type": "integer"},
            },
        });
        let schema = Schema::parse(&schema.to_string()).unwrap();
        Offered { service: "trading".into(), action: "stop".into(), is_confirmed: true, schema }
    }

    #[test]
    fn a_form_has_a_field_for_each_argument_and_nothing_of_it_is_markup() {
        let fields = Fields::parse(b"argument-id=%22x%22&argument-mode=hard");
        let page = form(&offered(), &fields, "7", &[], Lang::En).into_string();
        for part in [
            r#"name="action" value="trading.stop""#,
            r#"name="asked" value="7""#,
            r#"name="argument-id" value="&quot;x&quot;""#,
            "Which &lt;one&gt;",
            r#"<option value="hard" selected>hard</option>"#,
            r#"<option value="true">true</option>"#,
            r#"placeholder="7""#,
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
    }

    #[test]
    fn an_argument_says_that_it_may_be_left_out_and_between_what_it_lies() {
        let schema = json!({
            "type": "object", "required": ["id"],
            "properties": {
                "id": {"type": "string", "minLength": 1}, "name": {"type": "string", "maxLength": 64},
                "limit": {"type": "number", "description": "So <much>", "minimum": 0.5, "maximum": 500},
                "mode": {"type": "string", "enum": ["soft"], "maxLength": 4},
            },
        });
        let schema = Schema::parse(&schema.to_string()).unwrap();
        for (lang, expected) in [
            (
                Lang::En,
                ["Characters: at least 1", "May be left out · Characters: at most 64", "Value: from 0.5 to 500"],
            ),
            (
                Lang::Es,
                ["Caracteres: al menos 1", "Se puede omitir · Caracteres: 64 como máximo", "Valor: de 0.5 a 500"],
            ),
        ] {
            let offered = Offered { schema: schema.clone(), ..offered() };
            let page = form(&offered, &Fields::default(), "7", &[], lang).into_string();
            let [id, name, limit] = expected;
            let optional = Words::of(lang).may_be_left_out;
            let limit = format!("So &lt;much&gt; · {optional} · {limit}");
            for part in [id, name, &limit, optional] {
                assert!(page.contains(&format!(">{part}</small>")), "{part}: {page}");
            }
        }
    }

    #[test]
    fn arguments_are_read_by_their_schema_and_what_is_wrong_stands_beside_its_field() {
        let read = |text: &str| read(&Fields::parse(text.as_bytes()), &offered().schema);
        let expected = json!({"id": "1", "hard": true, "count": 7});
        let given = read("argument-id=1&argument-hard=true&argument-count=7&argument-mode=").unwrap();
        assert_eq!(Value::Object(given), expected);
        let wrong = read("argument-count=many").unwrap_err();
        let told: Vec<&str> = wrong.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(told, ["/argument-count", "/argument-id"]);
        let page = form(&offered(), &Fields::default(), "7", &wrong, Lang::Es).into_string();
        assert_eq!(page.matches("aria-invalid=\"true\"").count(), 2, "{page}");
    }
}
