//! Templates from a grammar of tera's tags, and pieces of such templates, with any data: each ends within its limits,
//! nothing panics, and data is never run as a template.
//!
//! `CHASQUI_FUZZ_CASES=1000000` tries more.

use std::cell::Cell;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use testkit::fuzz_cases;

use super::{load_with, render};
use crate::Limits;

/// How many renderings are tried; each template is rendered with several data.
const CASES: u32 = 50_000;
const DATA: usize = 10;

const LIMITS: Limits = Limits { max_output_bytes: 16 * 1024, max_steps: 1_000, max_time: Duration::from_secs(1) };

/// The text that data would print if it were run as a template.
const RUN: &str = "62615533";

const FILTERS: [&str; 44] = [
    "upper",
    "lower",
    "length",
    "trim",
    "safe",
    "escape",
    "reverse",
    "first",
    "last",
    "sort",
    "unique",
    "str",
    "int",
    "float",
    "abs",
    "round",
    "keys",
    "values",
    "pairs",
    "title",
    "capitalize",
    "wordcount",
    "newlines_to_br",
    "pluralize",
    "replace(from='x', to=a)",
    "replace(from='', to=b)",
    "join(sep=a)",
    "join",
    "split(pat=b)",
    "split(pat='')",
    "default(value=b)",
    "nth(n=1)",
    "nth(n=-1)",
    "get(key='x')",
    "get(key=a, default=1)",
    "truncate(length=2)",
    "truncate(length=99999999999)",
    "indent(width=9)",
    "indent(width=99999999999)",
    "group_by(attribute='x')",
    "sort(attribute='x')",
    "round(method='ceil', precision=400)",
    "int(base=99)",
    "nowhere",
];

const OPERATORS: [&str; 16] =
    ["+", "-", "*", "/", "//", "%", "**", "==", "!=", "<", ">=", "and", "or", "in", "not in", "~"];

const TESTS: [&str; 9] =
    ["defined", "undefined", "string", "number", "odd", "even", "divisible_by(divisor=a)", "containing(pat=b)", "none"];

const PIECES: [&str; 16] = [
    "{{",
    "}}",
    "{%",
    "%}",
    "{% if a",
    "{% for",
    "{% endfor %}",
    "{#",
    "'",
    "{{ \"",
    "{% raw %}",
    "{% else %}",
    "-%}",
    "{% extends 't/en/sms.txt' %}",
    "{% set a %}",
    "\u{0}",
];

/// An expression, mostly a plain one, so that part of the templates render to their end.
fn expression() -> impl Strategy<Value = String> {
    let plain = ["a", "b", "1", "'x'", "a | str", "b | str | upper", "a | default(value='x')", "a == b", "[a, b]"];
    prop_oneof![3 => select(plain.to_vec()).prop_map(str::to_owned), 1 => any_expression()]
}

fn any_expression() -> impl Strategy<Value = String> {
    let leaves = [
        "a",
        "b",
        "x",
        "loop.index",
        "loop",
        "missing",
        "a.x",
        "a[0]",
        "b[a]",
        "b['x']",
        "b[-1]",
        "b[1:9]",
        "b[::-1]",
        "b[9:1:0]",
        "1",
        "0",
        "-1",
        "1.5",
        "9223372036854775807",
        "1e308",
        "'x'",
        "'ñ'",
        "true",
        "none",
        "[]",
        "[a, b]",
        "{'x': a}",
        "range(end=3)",
        "range(end=a)",
        "range(end=9, step_by=0)",
        "throw(message=a)",
    ];
    let leaf = select(leaves.to_vec()).prop_map(str::to_owned);
    leaf.prop_recursive(3, 6, 2, |inner| {
        let pair = (inner.clone(), select(OPERATORS.to_vec()), inner.clone());
        prop_oneof![
            (inner.clone(), select(FILTERS.to_vec())).prop_map(|(value, filter)| format!("{value} | {filter}")),
            pair.prop_map(|(left, operator, right)| format!("({left} {operator} {right})")),
            (inner.clone(), select(TESTS.to_vec())).prop_map(|(value, test)| format!("{value} is {test}")),
            inner.prop_map(|value| format!("not {value}")),
        ]
    })
}

fn template() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        12 => expression().prop_map(|value| format!("{{{{ {value} }}}}")),
        4 => expression().prop_map(|value| format!("{{% set a = {value} %}}")),
        1 => expression().prop_map(|value| format!("{{% set_global b = {value} %}}")),
        1 => select(vec!["x ", "\n", "<b>", "{% break %}", "{% continue %}", "{# no #}", "{% raw %}{{ a }}{% endraw %}"])
            .prop_map(str::to_owned),
        1 => select(PIECES.to_vec()).prop_map(str::to_owned),
    ];
    let nodes = leaf.prop_recursive(3, 12, 3, |inner| {
        let body = vec(inner, 0..3).prop_map(|nodes| nodes.concat());
        prop_oneof![
            (expression(), body.clone(), body.clone())
                .prop_map(|(test, then, or)| format!("{{% if {test} %}}{then}{{% else %}}{or}{{% endif %}}")),
            (expression(), body.clone())
                .prop_map(|(items, turn)| format!("{{% for x in {items} %}}{turn}{{% endfor %}}")),
            (expression(), body).prop_map(|(items, turn)| format!("{{% for k, x in {items} %}}{turn}{{% endfor %}}")),
        ]
    });
    vec(nodes, 1..4).prop_map(|nodes| nodes.concat())
}

fn value() -> impl Strategy<Value = Value> {
    let texts = [
        "{{ 7919 * 7907 }}",
        "{% for x in range(end=7919) %}{{ 7919 * 7907 }}{% endfor %}",
        "{% include 't/en/sms.txt' %}",
        "",
        "x",
        "ñ\u{202e}\u{0}",
        "<script>",
        "'",
        "}}",
        "-1",
        "1e999",
    ];
    let leaf = prop_oneof![
        6 => select(texts.to_vec()).prop_map(Value::from),
        1 => Just(Value::from("x".repeat(3_000))),
        2 => select(vec![json!(i64::MIN), json!(i64::MAX), json!(u64::MAX), json!(-1), json!(0), json!(2), json!(1e308)]),
        1 => any::<f64>().prop_map(Value::from),
        1 => select(vec![json!(null), json!(true), json!(false)]),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        let key = select(vec!["x", "a", "", "{{ 7919 * 7907 }}"]).prop_map(str::to_owned);
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::from),
            vec((key, inner), 0..4).prop_map(|entries| entries.into_iter().collect()),
        ]
    })
}

#[test]
fn any_template_with_any_data_ends_within_its_limits_and_data_is_never_run() {
    let cases = fuzz_cases(CASES);
    let config = Config { cases: cases / DATA as u32, failure_persistence: None, ..Config::default() };
    let rendered = Cell::new(0);
    let ran = TestRunner::new(config).run(&(template(), vec((value(), value()), DATA)), |(text, data)| {
        // The sample takes the harmless branch, so that every template that compiles is loaded.
        let text = format!(".{{% if go %}}{text}{{% endif %}}");
        let Ok(templates) = load_with(&[("t/en/sms.txt", &text), ("t/sample.json", "{}")], LIMITS) else {
            return Ok(());
        };
        for (a, b) in data {
            let data = json!({ "go": true, "a": a, "b": b });
            let Ok(words) = render(&templates, "sms", "t", None, data) else { continue };
            rendered.set(rendered.get() + 1);
            prop_assert!(words.text.len() <= LIMITS.max_output_bytes);
            prop_assert!(!words.text.contains(RUN), "{}", words.text);
        }
        Ok(())
    });
    ran.unwrap();
    println!("{} renderings of {} gave words", rendered.get(), cases);
    assert!(rendered.get() > cases / 20, "the grammar gives too little that renders: {}", rendered.get());
}
