//! What a hostile publisher writes into an id or an error must not act on the terminal on which somebody reads the log.

use domain::acts;
use testkit::Kept;

use super::*;

const HOSTILE: &str = "a\r\nb\u{1b}[2J\u{202e}\u{85}\u{7f}é";

fn told() {
    tracing::warn!(delivery = %HOSTILE, error = HOSTILE, debug = ?HOSTILE, "a message {HOSTILE}");
}

#[test]
fn a_line_for_people_stays_one_line_and_shows_what_would_act() {
    let kept = Kept::default();
    let writer = kept.clone();
    let logs = tracing_subscriber::fmt().with_ansi(false).fmt_fields(fields()).with_writer(move || writer.clone());
    tracing::subscriber::with_default(logs.finish(), told);
    let text = kept.text();
    assert_eq!(text.matches('\n').count(), 1, "{text}");
    assert!(!text.trim_end().chars().any(acts), "{text:?}");
    let shown = r"a\r\nb\u{1b}[2J\u{202e}\u{85}\u{7f}é";
    assert!(text.contains(&format!("a message {shown} delivery={shown} error=\"{shown}\"")), "{text}");
}

#[test]
fn a_line_of_json_escapes_what_json_itself_lets_through() {
    let kept = Kept::default();
    let writer = kept.clone();
    let logs = tracing_subscriber::fmt().json().with_writer(move || Escaped(writer.clone()));
    tracing::subscriber::with_default(logs.finish(), told);
    let text = kept.text();
    assert!(!text.trim_end().chars().any(acts), "{text:?}");
    let line: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(line["fields"]["delivery"], HOSTILE);
}
