//! The attempts of a delivery and what its provider reported later, a row for each.

use domain::{Attempt, Timestamp};
use maud::{Markup, html};
use operations::deliveries::Taken;
use store::Receipt;

use super::words::{Words, reported};
use crate::pieces::breakable::{breakable, foreign};
use crate::pieces::figure::{UNKNOWN, took};
use crate::pieces::outcome::of_attempt;
use crate::pieces::table::{Row, number, table, text};
use crate::pieces::time::moment;
use crate::words::Lang;

pub(super) fn of(taken: &Taken, lang: Lang, now: Timestamp) -> Markup {
    let words = Words::of(lang);
    html! {
        h2 { (words.attempts) }
        @if taken.view.attempts.is_empty() {
            p.nothing { (words.no_attempts) }
        } @else {
            (attempts(taken, lang, now))
        }
        @if !taken.receipts.is_empty() {
            h2 { (words.receipts) }
            (receipts(&taken.receipts, lang, now))
        }
    }
}

fn attempts(taken: &Taken, lang: Lang, now: Timestamp) -> Markup {
    let words = Words::of(lang);
    let columns = [
        number(words.life),
        number(words.attempt),
        text(words.outcome),
        text(words.provider),
        text(words.code),
        number(words.after),
        text(words.at),
        text(words.said),
    ];
    let first_seen = taken.view.row.created_at;
    let row = |(place, attempt): (usize, &Attempt)| {
        let after = u64::try_from(attempt.at.since(first_seen).as_millis()).unwrap_or(u64::MAX);
        let cells = vec![
            html! { (attempt.epoch.saturating_add(1)) },
            html! { (attempt.n) },
            of_attempt(attempt.outcome, lang),
            html! { (attempt.provider) },
            code(attempt.code.as_deref()),
            html! { (took(after, lang)) },
            moment(attempt.at, now, lang),
            foreign(&attempt.detail),
        ];
        Row { id: format!("attempt-{place}"), cells }
    };
    let rows: Vec<Row> = taken.view.attempts.iter().enumerate().map(row).collect();
    table(lang, words.attempts, &columns, &rows)
}

fn receipts(receipts: &[Receipt], lang: Lang, now: Timestamp) -> Markup {
    let words = Words::of(lang);
    let columns = [
        text(words.reported),
        text(words.provider),
        number(words.attempt),
        text(words.code),
        text(words.at),
        text(words.received),
        text(words.said),
    ];
    let row = |(place, receipt): (usize, &Receipt)| {
        let cells = vec![
            html! {
                (reported(&receipt.said, lang)) @if let Some(class) = &receipt.class { " (" (reported(class, lang)) ")" }
            },
            html! { (receipt.provider) },
            html! { (receipt.attempt) },
            code(receipt.code.as_deref()),
            html! { @if let Some(at) = receipt.happened_at { (moment(at, now, lang)) } @else { (UNKNOWN) } },
            moment(receipt.received_at, now, lang),
            foreign(&receipt.detail),
        ];
        Row { id: format!("receipt-{place}"), cells }
    };
    let rows: Vec<Row> = receipts.iter().enumerate().map(row).collect();
    table(lang, words.receipts, &columns, &rows)
}

fn code(code: Option<&str>) -> Markup {
    html! {
        @match code {
            Some(code) => { span.mono.most { (breakable(code)) } }
            None => { span.mono { (UNKNOWN) } }
        }
    }
}
