//! The attempts of a delivery and what its provider reported later, a row for each.

use domain::{Attempt, AttemptOutcome, Timestamp};
use maud::{Markup, html};
use operations::deliveries::Taken;
use store::Receipt;

use super::words::Words;
use crate::pieces::badge::{Tone, badge};
use crate::pieces::figure::{UNKNOWN, took};
use crate::pieces::table::{Row, number, table, text};
use crate::pieces::time::time;
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
            badge(tone(attempt.outcome), attempt.outcome.as_str()),
            html! { (attempt.provider) },
            html! { span.mono { (attempt.code.as_deref().unwrap_or(UNKNOWN)) } },
            html! { (took(after, lang)) },
            time(attempt.at, now, lang),
            html! { (attempt.detail) },
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
            html! { (receipt.said) @if let Some(class) = &receipt.class { " (" (class) ")" } },
            html! { (receipt.provider) },
            html! { (receipt.attempt) },
            html! { span.mono { (receipt.code.as_deref().unwrap_or(UNKNOWN)) } },
            html! { @if let Some(at) = receipt.happened_at { (time(at, now, lang)) } @else { (UNKNOWN) } },
            time(receipt.received_at, now, lang),
            html! { (receipt.detail) },
        ];
        Row { id: format!("receipt-{place}"), cells }
    };
    let rows: Vec<Row> = receipts.iter().enumerate().map(row).collect();
    table(lang, words.receipts, &columns, &rows)
}

const fn tone(outcome: AttemptOutcome) -> Tone {
    match outcome {
        AttemptOutcome::Sent | AttemptOutcome::Captured => Tone::Good,
        AttemptOutcome::Throttled | AttemptOutcome::Retriable => Tone::Waiting,
        AttemptOutcome::MaybeSent | AttemptOutcome::Ambiguous | AttemptOutcome::Late => Tone::Warning,
        AttemptOutcome::Permanent => Tone::Bad,
    }
}
