//! How the parts of a search are written in a query, and what is said of one that cannot be read: alike for every entrance
//! that is asked by a query.

use domain::{MAX_ID_BYTES, State, Timestamp, is_unsafe_in_a_line, nearest};
use store::Cursor;

/// No destination of a body is longer.
const MAX_RECIPIENT_BYTES: usize = 4096;
/// No code of a provider is longer.
const MAX_CODE_BYTES: usize = 128;

/// What the answer about one delivery says of what is due later.
const SCHEDULED: &str = "scheduled";

/// How one part is written.
#[derive(Clone, Copy, Debug)]
pub struct Rule<T: 'static> {
    /// What is told of a text that is not written so.
    pub must: &'static str,
    pub read: fn(&str) -> Option<T>,
}

pub const RECIPIENT: Rule<String> =
    Rule { must: "must be a recipient as it was published, or be left out", read: recipient };
pub const TEMPLATE: Rule<String> = Rule { must: "must be 1 to 64 letters, digits, '_' or '-'", read: word };
pub const CODE: Rule<String> =
    Rule { must: "must be a code of a provider, of 1 to 128 bytes", read: |text| line(text, MAX_CODE_BYTES) };
pub const ID_PREFIX: Rule<String> =
    Rule { must: "must be how an id may begin, of 1 to 255 bytes", read: |text| line(text, MAX_ID_BYTES) };
pub const ID: Rule<String> =
    Rule { must: "must be the id of a delivery, of 1 to 255 bytes", read: |text| line(text, MAX_ID_BYTES) };
pub const TIME: Rule<Timestamp> = Rule {
    must: "must be a date and time with an offset (RFC 3339), such as 2026-03-01T09:00:00Z; write a + as %2B",
    read: |text| Timestamp::parse_rfc3339(text).ok(),
};
/// The same where a form writes the query: a browser escapes what is typed there, so nobody has to.
pub const TYPED_TIME: Rule<Timestamp> =
    Rule { must: "must be a date and time with an offset (RFC 3339), such as 2026-03-01T09:00:00Z", read: TIME.read };
pub const CURSOR: Rule<Cursor> = Rule { must: NO_CURSOR, read: |text| Cursor::parse(text) };
/// What is told of a text that is no cursor, as those of older versions are none.
pub const NO_CURSOR: &str = "must be `next` of the page before, or be left out to begin anew";
/// What is told of an end that is not behind its beginning.
pub const LATER_THAN_FROM: &str = "must be later than from";
/// What is told of a cursor of another search.
pub const OF_ANOTHER_SEARCH: &str = "is `next` of a list of something else: ask for what that list has asked for, or \
                                     leave the cursor out to begin anew";

/// Reads a state. `scheduled` is none, although the answer about one delivery has it: what is due later has no row yet, and
/// no search finds it.
///
/// # Errors
/// What is told of another text.
pub fn state(text: &str) -> Result<State, String> {
    if let Some(state) = State::parse(text) {
        return Ok(state);
    }
    let known = State::ALL.map(State::as_str);
    let meant = match nearest(text, known.into_iter().chain([SCHEDULED])) {
        Some(SCHEDULED) => {
            "; what is scheduled is found by no search of deliveries before it is due: `chasqui schedule list`, \
             GET /schedules and the page Schedules of the console list it"
                .to_owned()
        }
        Some(near) => format!(": did you mean {near}?"),
        None => String::new(),
    };
    Err(format!("must be one of {}{meant}", known.join(", ")))
}

fn recipient(text: &str) -> Option<String> {
    // A plus sign that was not escaped is a blank by now, and no recipient begins with one.
    let written = || text.strip_prefix(' ').map_or(text.to_owned(), |rest| format!("+{rest}"));
    (1..=MAX_RECIPIENT_BYTES).contains(&text.len()).then(written)
}

fn word(text: &str) -> Option<String> {
    let is_of_it = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    ((1..=64).contains(&text.len()) && text.bytes().all(is_of_it)).then(|| text.to_owned())
}

fn line(text: &str, most: usize) -> Option<String> {
    ((1..=most).contains(&text.len()) && !text.chars().any(is_unsafe_in_a_line)).then(|| text.to_owned())
}

#[test]
fn a_state_that_no_row_has_is_told_with_where_to_look() {
    assert_eq!(state("dead"), Ok(State::Dead));
    for text in ["scheduled", "shceduled"] {
        let said = state(text).expect_err("it is none");
        assert!(said.starts_with("must be one of sending,") && said.contains("`chasqui schedule list`"), "{said}");
    }
    let said = state("ded").expect_err("it is none");
    assert!(said.ends_with(": did you mean dead?") && !said.contains("schedule"), "{said}");
}
