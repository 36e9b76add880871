//! The steps that are inserted into a template change nothing that it prints.

use tera::{Context, Tera};

use super::as_files;
use crate::compile::compile;

/// The pieces of which templates are made, whole and in parts, so that about half of the texts are templates.
const PIECES: [&str; 48] = [
    "{{",
    "}}",
    "{%",
    "%}",
    "{#",
    "#}",
    "-",
    " ",
    "for",
    " a ",
    "in",
    "b",
    "endfor",
    "if",
    "endif",
    "set",
    "=",
    "'",
    "\"",
    "`",
    "\\",
    "raw",
    "endraw",
    "1",
    ".",
    "[",
    "]",
    "{",
    "}",
    "ñ",
    "\n",
    "{{ b }}",
    "{% for a in b %}",
    "{% endfor %}",
    "{% raw %}",
    "{%- endraw -%}",
    "{% set a = b -%}",
    "'%}'",
    "{{ '}}' }}",
    "{% if b %}",
    "{% endif -%}",
    "{# {% #}",
    "block x",
    "endblock",
    "(",
    ")",
    "{{ b | first -}}",
    "1.5",
];

#[test]
fn what_tera_accepts_is_read_and_prints_the_same_with_steps() {
    let mut state: u64 = 42;
    let mut dice = |sides: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % sides
    };
    let mut context = Context::new();
    context.insert("b", &["u", "v"]);
    let mut accepted = 0;
    for _ in 0..5_000 {
        let text: String = (0..=dice(9)).map(|_| PIECES[dice(PIECES.len())]).collect();
        let mut plain = Tera::new();
        let is_template = plain.add_raw_template("plain", &text).is_ok();
        match compile(&as_files(&[("x.txt", &text)])) {
            Ok(compiled) => {
                let with_steps = compiled.tera.render("x.txt", &context).ok();
                assert_eq!(with_steps, plain.render("plain", &context).ok(), "{text}");
                accepted += 1;
            }
            Err(problems) => {
                assert!(problems.iter().all(|problem| problem.file == "x.txt"), "{text}: {problems:?}");
                let unread = problems.iter().any(|problem| problem.message.contains("cannot be read"));
                assert!(!(is_template && unread), "{text}");
            }
        }
    }
    assert!(accepted > 1_000, "{accepted}");
}
