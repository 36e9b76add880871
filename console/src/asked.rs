//! What a page is asked for in its address. A parameter without a value counts as absent, as a form that is sent by GET
//! has it, and every one that is wrong is named at once.

use domain::nearest;
use operations::deliveries::written::OF_ANOTHER_SEARCH;
use url::form_urlencoded;
use web::problem::Problem;

/// The most characters that are told of a name that is not known.
const MAX_NAME_CHARS: usize = 64;
/// The most names that are told: a page must not be many times as long as its address.
const MOST_NAMED: usize = 20;

/// The parameters that nobody has read yet, and what is wrong with the others.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    given: Vec<(String, String)>,
    /// The name of each parameter that is wrong, and what it must be.
    pub(crate) problems: Vec<(String, String)>,
}

impl Asked {
    pub(crate) fn of(query: Option<&str>) -> Self {
        let pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned();
        Self { given: pairs.filter(|(_, value)| !value.trim().is_empty()).collect(), problems: Vec::new() }
    }

    /// Takes the text of a parameter, without the space around it.
    pub(crate) fn text(&mut self, name: &str) -> Option<String> {
        let mut values = self.given.extract_if(.., |(given, _)| given == name).map(|(_, value)| value);
        let value = values.next().map(|text| text.trim().to_owned());
        if values.count() > 0 {
            self.refuse(name, "is given more than once");
        }
        value
    }

    pub(crate) fn refuse(&mut self, name: &str, detail: impl Into<String>) {
        self.problems.push((name.to_owned(), detail.into()));
    }

    /// What `parse` makes of a parameter; `rule` is told where it makes nothing of it.
    pub(crate) fn parsed<T>(&mut self, name: &str, rule: &str, parse: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let text = self.text(name)?;
        let value = parse(&text);
        if value.is_none() {
            self.refuse(name, rule);
        }
        value
    }

    /// The one of these words that a parameter has.
    pub(crate) fn one_of(&mut self, name: &str, words: &[&'static str]) -> Option<&'static str> {
        let rule = format!("must be one of {}", words.join(", "));
        self.parsed(name, &rule, |text| words.iter().copied().find(|word| *word == text))
    }

    /// Names what is left over: no page that has only parameters of these names reads it.
    pub(crate) fn finish(&mut self, known: &[&str]) {
        for (name, _) in std::mem::take(&mut self.given).into_iter().take(MOST_NAMED) {
            let hint = nearest(&name, known.iter().copied()).map(|near| format!(": did you mean {near}?"));
            let shown: String = name.chars().take(MAX_NAME_CHARS).collect();
            self.refuse(&shown, format!("is not known here{}", hint.unwrap_or_default()));
        }
    }
}

/// What is wrong with the place of a page where one of another list has ended.
pub(crate) fn of_another_search() -> (String, String) {
    ("after".to_owned(), OF_ANOTHER_SEARCH.to_owned())
}

/// What a refusal says of each parameter.
pub(crate) fn problems(refused: &Problem) -> Vec<(String, String)> {
    refused.bad().map(|(name, detail)| (name.to_owned(), detail.to_owned())).collect()
}

#[test]
fn what_is_empty_is_absent_and_what_is_wrong_is_named_at_once() {
    let mut asked = Asked::of(Some("channel=&kind=on&destination=+ana%2B1+&lifted=perhaps&chanel=sms&kind=off"));
    assert_eq!((asked.text("channel"), asked.text("destination")), (None, Some("ana+1".to_owned())));
    assert_eq!(asked.one_of("lifted", &["true"]), None);
    assert_eq!(asked.text("kind"), Some("on".to_owned()));
    asked.finish(&["channel"]);
    let told: Vec<String> = asked.problems.iter().map(|(name, detail)| format!("{name} {detail}")).collect();
    let expected = [
        "lifted must be one of true",
        "kind is given more than once",
        "chanel is not known here: did you mean channel?",
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_long_address_gets_no_endless_answer() {
    let mut asked = Asked::of(Some(&"a=b&".repeat(1_000)));
    asked.finish(&["channel"]);
    assert_eq!(asked.problems.len(), MOST_NAMED);
}
