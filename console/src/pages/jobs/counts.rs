//! How many letters of a plan or job are alike, as a table.

use maud::{Markup, html};
use store::{Counted, JobState};

use super::words::Words;
use crate::pages::dead_letters::names;
use crate::pieces::breakable::foreign;
use crate::pieces::figure::whole;
use crate::pieces::table::{Row, number, table, text};
use crate::words::Lang;

/// By lane, channel, provider, and what became of them in a job of this state.
pub(crate) fn counts(counted: &[Counted], job: JobState, lang: Lang) -> Markup {
    let words = Words::of(lang);
    let columns = [
        text(words.outcome),
        text(words.reason),
        text(words.lane),
        text(words.channel),
        text(words.provider),
        number(words.letters),
    ];
    let row = |(at, one): (usize, &Counted)| Row {
        id: format!("count-{at}"),
        cells: vec![
            html! { (names::outcome(&one.state, job, lang)) },
            html! { (names::why(&one.why, lang)) },
            html! { (one.lane) },
            html! { (one.channel) },
            foreign(&one.provider),
            html! { (whole(one.letters.into())) },
        ],
    };
    let rows: Vec<Row> = counted.iter().enumerate().map(row).collect();
    table(lang, words.split, &columns, &rows)
}
