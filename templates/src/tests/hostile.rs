//! Templates and data that would never end, or never stop growing, end with an error and use little memory.

use std::time::Duration;

use serde_json::{Value, json};

use super::{load, load_with, name, render, render_text, wording};
use crate::{Limits, Options, TemplateError, Templates};

fn is_bounded(text: &str, data: Value) {
    // the sample takes the harmless branch, so that the files load
    let text = format!(".{{% if go %}}{text}{{% endif %}}");
    match render_text(&text, json!({}), data) {
        Err(TemplateError::TooMuchWork { .. } | TemplateError::TooLarge { .. } | TemplateError::Failed { .. }) => {}
        other => panic!("{text}: {:?}", other.map(|text| text.len())),
    }
}

#[test]
fn loops_without_end_are_ended() {
    let numbers: Vec<u32> = (0..100_000).collect();
    let data = json!({ "go": true, "items": numbers, "long": "x".repeat(200_000) });
    for text in [
        "{% for a in range(end=1000) %}{% for b in range(end=1000) %}{% for c in range(end=1000) %}{% endfor %}{% endfor %}{% endfor %}",
        "{% for a in items %}{% for b in items %}{% endfor %}{% endfor %}",
        "{% for a in long %}{% for b in long %}{% if false %}x{% endif %}{% endfor %}{% endfor %}",
        "{% for a in items %}{% for b in items %}{% break %}{% endfor %}{% endfor %}",
        "{% for a in items -%} {% for b in items -%} {% continue %}{% endfor %}{% endfor %}",
        "{% for a in range(end=1000000) %}{% endfor %}",
    ] {
        is_bounded(text, data.clone());
    }
}

#[test]
fn large_output_is_refused() {
    let data = json!({ "go": true, "long": "x".repeat(200_000), "many": vec!["<"; 1000] });
    for text in [
        "{% for a in range(end=1000) %}{{ long }}{% endfor %}",
        "{% for a in range(end=1000) %}{{ many }}{% endfor %}",
        "{{ long | replace(from='x', to=long) }}",
        "{{ many | join(sep=long) }}",
        "{{ long | split(pat='') | length }}",
        "{{ range(end=99999999999999) | length }}",
    ] {
        is_bounded(text, data.clone());
    }
}

#[test]
fn values_that_grow_by_being_set_are_refused() {
    let doubling = "{% set a = [a, a] %}".repeat(60);
    let printed = "{% set a = [a, a] | str %}".repeat(60);
    let data = json!({ "go": true, "long": "x".repeat(1000) });
    is_bounded(&format!("{{% set a = long %}}{doubling}"), data.clone());
    is_bounded(&format!("{{% set a = long %}}{printed}"), data.clone());
    let deep = "{% set a = 1 %}{% for i in range(end=1000) %}{% set_global a = [a] %}{% endfor %}{{ a }}";
    is_bounded(deep, data);
}

#[test]
fn files_that_include_each_other_many_times_are_ended() {
    let mut files = vec![("t/sample.json".to_owned(), "{}".to_owned())];
    files.push(("t/en/sms.txt".to_owned(), ".{% if go %}{% include '_a/0.txt' %}{% endif %}".to_owned()));
    for level in 0..12 {
        let next = format!("{{% include '_a/{}.txt' %}}", level + 1);
        files.push((format!("_a/{level}.txt"), next.repeat(10)));
    }
    files.push(("_a/12.txt".to_owned(), String::new()));
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let error = render(&load(&files).unwrap(), "sms", "t", None, json!({ "go": true })).unwrap_err();
    assert!(matches!(error, TemplateError::TooMuchWork { .. }), "{error}");
}

#[test]
fn what_cannot_be_bounded_is_refused_when_loading_with_its_place() {
    for (text, place) in [
        ("{% component a() %}x{% endcomponent a %}", "1:1"),
        ("{% set a %}x{% endset %}", "1:1"),
        ("{% filter upper %}x{% endfilter %}", "1:1"),
        ("\n {{ [x for x in range(end=9)] }}", "2:8"),
        ("{{ a ~ b }}", "1:6"),
        ("{{ [...a] }}", "1:7"),
        ("{% block a %}{{ super() }}{% endblock %}", "1:17"),
        ("{{ __tera_context }}", "1:4"),
        ("{{ __step() }}", "1:4"),
        (&format!("{{% if a %}}{}{{% endif %}}", "{% elif b %}".repeat(33)), "1:395"),
        ("{{ get_env(name='HOME') }}", "1:4"),
        ("{% include 'nowhere.txt' %}", "1:12"),
        ("{% include 't/en/sms.txt' %}", "1:12"),
    ] {
        let error = load(&[("t/sample.json", "{}"), ("t/en/sms.txt", text)]).unwrap_err();
        assert!(
            error.problems.iter().any(|problem| problem.to_string().starts_with(&format!("t/en/sms.txt:{place}: "))),
            "{text}: {error}"
        );
    }
}

#[test]
fn deep_nesting_is_refused_when_loading() {
    for text in [
        format!("{{{{ {}1{} }}}}", "(".repeat(10_000), ")".repeat(10_000)),
        format!("{}x{}", "{% if a %}".repeat(3_000), "{% endif %}".repeat(3_000)),
        format!("{{{{ {}1{} }}}}", "[".repeat(10_000), "]".repeat(10_000)),
    ] {
        assert!(load(&[("t/sample.json", "{}"), ("t/en/sms.txt", &text)]).is_err());
    }
}

#[test]
fn long_files_without_loops_are_ended() {
    let slow = "{% if long | upper | lower | title == 'x' %}{% endif %}{{ long | title == 'x' }}";
    let limits = Limits { max_steps: 100, ..Limits::default() };
    let text = format!(".{{% if go %}}{}{{% endif %}}", slow.repeat(300));
    let templates = load_with(&[("t/en/sms.txt", &text), ("t/sample.json", "{}")], limits).unwrap();
    let error = render(&templates, "sms", "t", None, json!({ "go": true, "long": "1" })).unwrap_err();
    assert!(matches!(error, TemplateError::TooMuchWork { .. }), "{error}");
}

#[test]
fn time_ends_what_steps_would_allow() {
    let limits = Limits { max_steps: u32::MAX, max_time: Duration::ZERO, ..Limits::default() };
    let options = Options { limits, ..Options::new("en") };
    // With so few steps the clock is never read: the shipped templates load and render.
    let templates = Templates::with_directory(None, options).unwrap();
    let sample = |name: &str| templates.describe().into_iter().find(|t| t.template == name).unwrap().sample;
    let mut data = sample("receipt");
    assert!(render(&templates, "email", "receipt", None, Value::Object(data.clone())).is_ok());
    let items = vec![data["items"][0].clone(); 100];
    data.insert("items".to_owned(), Value::Array(items));
    let error = render(&templates, "email", "receipt", None, Value::Object(data)).unwrap_err();
    assert!(matches!(error, TemplateError::TooMuchWork { .. }), "{error}");
}

#[test]
fn a_quick_rendering_is_the_whole_one_or_none() {
    let text = "{% for n in numbers %}{{ n }},{% endfor %}{% if unknown %}{{ unknown.x.y }}{% endif %}";
    let templates = load(&[("t/en/sms.txt", text), ("t/sample.json", r#"{"numbers": [1]}"#)]).unwrap();
    let both = |data: Value| {
        let (channel, wording) = (name("sms"), wording("t", None, data));
        (templates.render_quickly(&channel, &wording), templates.render(&channel, &wording))
    };
    let (quick, whole) = both(json!({ "numbers": [1, 2] }));
    assert_eq!((quick.unwrap().unwrap(), "1,2,"), (whole.clone().unwrap(), whole.unwrap().text.as_str()));
    let (quick, whole) = both(json!({ "numbers": [1], "unknown": 1 }));
    assert_eq!(quick.unwrap().unwrap_err(), whole.unwrap_err());
    let (quick, whole) = both(json!({ "numbers": vec![1; 2_000] }));
    assert!(quick.is_none() && whole.is_ok());
    let (quick, whole) = both(json!({ "numbers": ["x".repeat(70_000)] }));
    assert!(quick.is_none() && whole.is_ok());
    let limits = Limits { max_output_bytes: 3, ..Limits::default() };
    let strict = load_with(&[("t/en/sms.txt", text), ("t/sample.json", r#"{"numbers": [1]}"#)], limits).unwrap();
    let (channel, wording) = (name("sms"), wording("t", None, json!({ "numbers": [1, 2] })));
    assert!(strict.render_quickly(&channel, &wording).is_none(), "the operator's lower limit holds too");
}
