//! The rows of the list: where each delivery stands, and what went wrong last.

use domain::{Attempt, Order, Timestamp};
use maud::{Markup, html};
use store::DeliveryView;

use super::words::Words;
use crate::pages::delivery::address;
use crate::pieces::badge::of_state;
use crate::pieces::breakable::breakable;
use crate::pieces::carried::by;
use crate::pieces::figure::whole;
use crate::pieces::outcome;
use crate::pieces::table::{Row, number, table, text};
use crate::pieces::time::time;
use crate::section::Section;
use crate::words::Lang;

pub(super) fn table_of(deliveries: &[DeliveryView], lang: Lang, now: Timestamp) -> Markup {
    let words = Words::of(lang);
    let columns = [
        text(words.delivery),
        text(words.state),
        text(words.channel),
        text(words.recipient),
        text(words.template),
        number(words.attempts),
        text(words.last_trouble),
        text(words.seen_and_changed),
    ];
    let rows: Vec<Row> = deliveries.iter().map(|view| row(view, lang, now)).collect();
    table(lang, Section::Deliveries.label(lang), &columns, &rows)
}

fn row(view: &DeliveryView, lang: Lang, now: Timestamp) -> Row {
    let row = &view.row;
    let words = Words::of(lang);
    let cells = vec![
        address::link(&row.key.id),
        html! {
            (of_state(row.state, lang))
            @if row.ambiguous { " " span.soft title=(words.ambiguous) { "?" } }
        },
        by(row.channel.as_str(), row.provider.as_deref()),
        html! { span.most { (breakable(&row.recipient_mask)) } },
        html! { (row.origin.template.as_deref().unwrap_or_default()) },
        html! { (whole(view.attempts.len() as u64)) },
        trouble(view, lang),
        html! { (time(row.created_at, now, lang)) ", " (time(row.updated_at, now, lang)) },
    ];
    Row { id: address::row_id(&row.key.id), cells }
}

/// That it is paused; why it is in the dead-letter queue; or else what the last attempt was answered that did not go.
fn trouble(view: &DeliveryView, lang: Lang) -> Markup {
    if let Some(why) = view.row.paused_for(view.attempts.last()) {
        return html! { span.most title=(why) { (Words::of(lang).paused) } };
    }
    match &view.row.order {
        Order::DeadLetter { reason, error } if view.row.state.is_dead_lettered() => {
            html! { span.most title=(error) { (breakable(reason.as_str())) (code(view.row.code.as_deref())) } }
        }
        _ => html! {
            @if let Some(failed) = view.attempts.last().filter(|attempt| is_failed(attempt)) {
                span.most title=(failed.detail) {
                    (outcome::word(failed.outcome, lang)) (code(failed.code.as_deref()))
                }
            }
        },
    }
}

fn code(code: Option<&str>) -> Markup {
    html! { @if let Some(code) = code { " " span.mono { (breakable(code)) } } }
}

fn is_failed(attempt: &Attempt) -> bool {
    !matches!(attempt.outcome, domain::AttemptOutcome::Sent | domain::AttemptOutcome::Captured)
}
