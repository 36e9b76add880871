//! `chasqui contract lint`: everything that is wrong with bodies, by the checker that the API goes by, before anything
//! is published. It opens no socket.

use std::fmt;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use api::{BATCH_LIMIT, BODY_LIMIT};
use clap::Subcommand;
use domain::{Defaults, Draft, FieldError, MAX_BODY_BYTES, Timestamp, json_fault, parse_object, printable};
use operations::asks::faults_of_message;
use operations::{Checker, Findings};
use runtime::read_file;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::config::{Config, Role, Sources};
use crate::exit::Usage;
use crate::output::{self, say};
use crate::{exit, logs, parts};

/// The most bytes that are read at once.
const MAX_BYTES: usize = 64 * 1024 * 1024;

#[derive(Subcommand, Debug)]
pub enum ContractCommand {
    /// Say everything that is wrong with bodies, as the API would, and publish nothing: exit code 1 when something is
    Lint(Lint),
}

#[derive(clap::Args, Debug)]
pub struct Lint {
    /// One body, also one with `ask`, a list of them as POST /notify takes it, or one on each line; - is standard input
    file: PathBuf,
    /// One JSON object for each body, on a line of its own
    #[arg(long)]
    json: bool,
}

/// One body of a file.
struct Body<'a> {
    place: Place,
    text: &'a [u8],
}

/// Where a body stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Place {
    Whole,
    /// Lines are counted from 1.
    Line(usize),
    /// Items are counted from 0, as in a JSON pointer.
    Item(usize),
}

pub(crate) fn run(sources: Sources, command: ContractCommand) -> Result<ExitCode> {
    let ContractCommand::Lint(what) = command;
    let config = Config::read(sources, Role::Lint)?;
    logs::start(&config)?;
    let checker = parts::checker(&config)?.calling(parts::calls(&config));
    let text = read(&what.file)?;
    let now = parts::clock().now();
    let bodies = match bodies(&text) {
        Ok(bodies) => bodies,
        Err(wrong) => {
            tell_of_all(vec![wrong], what.json);
            if !what.json {
                say!("{}", summary(1, 1, false));
            }
            return Ok(exit::answer(false));
        }
    };
    let too_large = of_the_list(&text, &bodies);
    let is_too_large = !too_large.is_empty();
    if is_too_large {
        tell_of_all(too_large, what.json);
    }
    let mut refused = 0_usize;
    for body in &bodies {
        let findings = look(&checker, body, &config.defaults, now);
        refused += usize::from(!findings.errors.is_empty());
        tell(body.place, &findings, what.json);
    }
    if !what.json {
        say!("{}", summary(refused, bodies.len(), is_too_large));
    }
    Ok(exit::answer(refused == 0 && !is_too_large))
}

/// Reads a file, or standard input where it is called `-`.
pub(crate) fn read(file: &Path) -> Result<Vec<u8>> {
    if file.as_os_str() == "-" {
        let mut text = Vec::new();
        let read = std::io::stdin().take(MAX_BYTES as u64 + 1).read_to_end(&mut text);
        read.context("standard input could not be read")?;
        if text.len() > MAX_BYTES {
            bail!(Usage(format!("standard input has more than {MAX_BYTES} bytes: give it in parts")));
        }
        return Ok(text);
    }
    read_file(file, MAX_BYTES).map_err(|error| {
        let pipe = if error.kind() == std::io::ErrorKind::InvalidInput { ": for a pipe, give -" } else { "" };
        Usage(format!("{} cannot be read: {error}{pipe}", file.display())).into()
    })
}

/// Finds the bodies of a text. A text of several lines is one body each if its first line is JSON by itself, or its
/// second begins another object: no body that is written over several lines has either.
///
/// # Errors
/// What is wrong with a list.
fn bodies(text: &[u8]) -> Result<Vec<Body<'_>>, FieldError> {
    let whole = || vec![Body { place: Place::Whole, text }];
    if text.trim_ascii_start().starts_with(b"[") {
        return match std::str::from_utf8(text) {
            Ok(list) => items(list),
            Err(_) => Ok(whole()),
        };
    }
    let lines = text.split(|byte| *byte == b'\n').enumerate();
    let lines: Vec<(usize, &[u8])> = lines.filter(|(_, line)| !line.trim_ascii().is_empty()).collect();
    let is_one_each = match lines.as_slice() {
        [(_, first), (_, second), ..] => {
            serde_json::from_slice::<IgnoredAny>(first).is_ok() || second.trim_ascii_start().starts_with(b"{")
        }
        _ => false,
    };
    if !is_one_each {
        return Ok(whole());
    }
    Ok(lines.into_iter().map(|(at, text)| Body { place: Place::Line(at + 1), text }).collect())
}

fn items(list: &str) -> Result<Vec<Body<'_>>, FieldError> {
    let wrong = |detail: String| FieldError { pointer: String::new(), detail };
    let items: Vec<&RawValue> =
        serde_json::from_str(list).map_err(|error| wrong(format!("the list {}", json_fault(&error))))?;
    if items.is_empty() {
        return Err(wrong("the list is empty".into()));
    }
    let items = items.into_iter().enumerate();
    Ok(items.map(|(at, item)| Body { place: Place::Item(at), text: item.get().as_bytes() }).collect())
}

/// Why the API takes no such list, whatever is in it.
fn of_the_list(text: &[u8], bodies: &[Body<'_>]) -> Vec<FieldError> {
    if !matches!(bodies, [Body { place: Place::Item(_), .. }, ..]) {
        return Vec::new();
    }
    let too_many = |has: usize, what: &str, limit: usize| {
        let detail = format!(
            "the list has {has} {what}: the API answers 413 to more than {limit}, so split it into several requests; \
             over AMQP each body is a message of its own"
        );
        (has > limit).then(|| FieldError { pointer: String::new(), detail })
    };
    let found = [too_many(text.len(), "bytes", BODY_LIMIT), too_many(bodies.len(), "items", BATCH_LIMIT)];
    found.into_iter().flatten().collect()
}

/// Why the API takes no such body, although AMQP may carry it. What is too large for both is told by the reader.
fn too_large(body: &Body<'_>) -> Option<FieldError> {
    let size = body.text.len();
    let is_of_a_list = matches!(body.place, Place::Item(_));
    (!is_of_a_list && size > BODY_LIMIT).then(|| FieldError {
        pointer: String::new(),
        detail: format!(
            "the body has {size} bytes: the API answers 413 to more than {BODY_LIMIT}; over AMQP it may have \
             {MAX_BODY_BYTES}"
        ),
    })
}

fn look(checker: &Checker, body: &Body<'_>, defaults: &Defaults, now: Timestamp) -> Findings {
    match parse_object(body.text) {
        Ok(object) => {
            let mut findings = match faults_of_message(&object, checker) {
                Some(errors) => Findings { errors, ..Findings::default() },
                None => checker.check(&Draft::of(object, defaults), now),
            };
            findings.errors.extend(too_large(body));
            findings
        }
        Err(error) => {
            let errors = error.fields.into_iter().map(|error| in_its_line(body.place, error));
            Findings { errors: errors.collect(), ..Findings::default() }
        }
    }
}

/// An error of a body that is a line of the file: which line that is, is told before it.
fn in_its_line(place: Place, error: FieldError) -> FieldError {
    match place {
        Place::Line(_) => FieldError { detail: error.detail.replace("(line 1, column ", "(column "), ..error },
        Place::Whole | Place::Item(_) => error,
    }
}

fn tell_of_all(errors: Vec<FieldError>, as_json: bool) {
    tell(Place::Whole, &Findings { errors, ..Findings::default() }, as_json);
}

fn tell(place: Place, findings: &Findings, as_json: bool) {
    if as_json {
        return output::json(&json_of(place, findings));
    }
    for error in &findings.errors {
        say!("{place}{}", printable(&error.to_string()));
    }
    for warning in &findings.warnings {
        say!("{place}warning: {}", printable(&warning.to_string()));
    }
}

fn json_of(place: Place, findings: &Findings) -> Value {
    let list = |found: &[FieldError]| -> Value {
        found.iter().map(|found| json!({"pointer": found.pointer, "detail": found.detail})).collect()
    };
    let mut told = json!({"errors": list(&findings.errors), "warnings": list(&findings.warnings)});
    match place {
        Place::Whole => {}
        Place::Line(line) => told["line"] = line.into(),
        Place::Item(item) => told["item"] = item.into(),
    }
    told
}

fn summary(refused: usize, all: usize, is_too_large: bool) -> String {
    match (refused, all) {
        (0, _) if is_too_large => "the API would refuse the list as a whole".into(),
        (refused, all) if is_too_large => {
            format!("the API would refuse the list as a whole, and {refused} of {all} by themselves")
        }
        (0, 1) => "nothing is wrong: the API would take it".into(),
        (0, all) => format!("nothing is wrong: the API would take all {all}"),
        (_, 1) => "the API would refuse it".into(),
        (refused, all) => format!("the API would refuse {refused} of {all}"),
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => Ok(()),
            Self::Line(line) => write!(f, "line {line}: "),
            Self::Item(item) => write!(f, "item {item}: "),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use templates::Templates;

    use super::*;

    #[test]
    fn a_body_that_wants_people_to_be_asked_is_looked_at_as_one() {
        let checker = Checker::new(Arc::new(Templates::embedded("en").expect("the shipped ones")));
        let told = |text: &str| {
            let body = Body { place: Place::Whole, text: text.as_bytes() };
            let findings = look(&checker, &body, &Defaults { channel: None }, Timestamp::from_micros(0));
            findings.errors.iter().map(|error| error.pointer.clone()).collect::<Vec<_>>()
        };
        let good = r#"{"ask": {"question": "Deploy?", "to": [{"contact": "ana"}]}, "tenant": "acme"}"#;
        assert_eq!(told(good), Vec::<String>::new());
        let bad =
            r#"{"ask": {"to": [{"channel": "email", "destination": "nobody"}], "reply_to": "q"}, "question": "?"}"#;
        let mut pointers = told(bad);
        pointers.sort();
        assert_eq!(pointers, ["/ask/question", "/ask/reply_to", "/ask/to/0/destination", "/question"]);
    }

    #[test]
    fn a_body_that_is_a_line_of_the_file_is_told_with_one_line() {
        let detail = parse_object(b"{\"channel\": ").unwrap_err().fields.remove(0).detail;
        let error = FieldError { pointer: String::new(), detail };
        assert!(error.detail.contains("(line 1, column "), "{error}");
        assert!(in_its_line(Place::Line(2), error.clone()).detail.contains(" (column "));
        assert_eq!(in_its_line(Place::Whole, error.clone()), error);
    }

    #[test]
    fn what_is_larger_than_the_api_takes_is_told_once_with_what_amqp_takes() {
        let told = |text: &str| {
            let bodies = bodies(text.as_bytes()).unwrap_or_else(|wrong| panic!("{wrong}"));
            let all = of_the_list(text.as_bytes(), &bodies).into_iter().chain(bodies.iter().filter_map(too_large));
            all.map(|error| error.detail).collect::<Vec<_>>()
        };
        let body = |bytes: usize| format!("{{\"a\": \"{}\"}}", "x".repeat(bytes - 9));
        assert_eq!(body(100).len(), 100);
        assert_eq!(told(&body(BODY_LIMIT)), Vec::<String>::new());
        let of_one = told(&body(BODY_LIMIT + 1));
        let [said] = of_one.as_slice() else { panic!("{of_one:?}") };
        assert!(said.contains("262145 bytes") && said.contains("413") && said.contains("1048576"), "{said}");
        let lines = format!("{}\n{}\n{}", body(100), body(BODY_LIMIT + 1), body(100));
        assert_eq!(told(&lines), of_one, "a line of the file alone counts");

        let list = |items: usize, bytes: usize| format!("[{}]", vec![body(bytes); items].join(","));
        assert_eq!(told(&list(BATCH_LIMIT, 100)), Vec::<String>::new());
        let many = told(&list(BATCH_LIMIT + 1, 100));
        assert!(matches!(many.as_slice(), [said] if said.starts_with("the list has 1001 items")), "{many:?}");
        for (items, bytes) in [(120, 3_000), (1, BODY_LIMIT + 1)] {
            let large = told(&list(items, bytes));
            assert!(matches!(large.as_slice(), [said] if said.contains(" bytes: the API answers 413")), "{large:?}");
        }
    }

    #[test]
    fn a_text_is_one_body_or_a_list_or_one_body_on_each_line() {
        use Place::{Item, Line, Whole};
        for (text, places) in [
            ("{\"a\": 1}\n", vec![Whole]),
            ("{\n  \"a\": 1\n}\n", vec![Whole]),
            ("{\"a\": 1,\n \"b\": 2}", vec![Whole]),
            ("", vec![Whole]),
            ("nonsense", vec![Whole]),
            ("{\"a\": 1}\n\n{\"b\": 1}\n", vec![Line(1), Line(3)]),
            ("{\"a\": 1}\nnonsense\n", vec![Line(1), Line(2)]),
            ("{\"a\": \n{\"b\": 1}\r\n", vec![Line(1), Line(2)]),
            (" [{\"a\": 1}, 7]", vec![Item(0), Item(1)]),
        ] {
            let found = bodies(text.as_bytes()).unwrap_or_else(|wrong| panic!("{text}: {wrong}"));
            assert_eq!(found.iter().map(|body| body.place).collect::<Vec<_>>(), places, "{text}");
        }
        for (text, told) in [("[]", "the list is empty"), ("[{]", "the list is not JSON")] {
            let wrong = bodies(text.as_bytes()).err().unwrap_or_else(|| panic!("{text} is refused"));
            assert!(wrong.detail.starts_with(told), "{text}: {wrong}");
        }
    }
}
