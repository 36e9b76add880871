//! What is known of a delivery besides what was tried.

use domain::{Priority, Timestamp};
use maud::{Markup, html};
use operations::deliveries::{Shown, Taken};
use store::JobSummary;

use super::address::link;
use super::words::Words;
use crate::pieces::badge::of_state;
use crate::pieces::facts::fact;
use crate::pieces::figure::UNKNOWN;
use crate::pieces::time::moment;
use crate::words::Lang;

pub(super) fn of(shown: &Shown, lang: Lang, now: Timestamp) -> Markup {
    match shown {
        Shown::Taken(taken) => html! {
            dl.facts {
                (of_taken(taken, lang, now))
                (family(taken, lang))
            }
        },
        Shown::Scheduled { job, .. } => html! { dl.facts { (of_job(job, lang, now)) } },
    }
}

fn of_taken(taken: &Taken, lang: Lang, now: Timestamp) -> Markup {
    let (words, row) = (Words::of(lang), &taken.view.row);
    let lane = row.origin.lane.map(|lane| lane.as_str());
    let asked = Some(row.origin.priority).filter(|asked| *asked != Priority::Normal).map(Priority::as_str);
    html! {
        (fact(words.id, html! { code { (row.key.id) } }))
        (fact(words.tenant, html! { (row.key.tenant.as_str()) }))
        (fact(words.channel, html! { (row.channel.as_str()) }))
        (fact(words.recipient, html! { (row.recipient_mask) }))
        (fact(words.lane, html! {
            (lane.unwrap_or(UNKNOWN))
            @if let Some(asked) = asked { " (" (words.priority) " " (asked) ")" }
        }))
        @if let Some(template) = &row.origin.template {
            (fact(words.template, html! {
                (template) @if let Some(locale) = &row.origin.locale { " · " (locale) }
            }))
        }
        (fact(words.first_seen, moment(row.created_at, now, lang)))
        (fact(words.changed, moment(row.updated_at, now, lang)))
        @if let Some(due) = taken.view.due_at { (fact(words.due, moment(due, now, lang))) }
        @if let Some(expires) = row.expires_at { (fact(words.expires, moment(expires, now, lang))) }
        @if let Some(provider) = &row.provider { (fact(words.provider, html! { (provider) })) }
        @if let Some(passed_over) = &row.passed_over { (fact(words.passed_over, html! { (passed_over) })) }
        @if row.epoch > 0 { (fact(words.life, html! { (row.epoch.saturating_add(1)) })) }
        @if row.ambiguous { (fact(words.ambiguous, html! { (lang.words().lists.yes) })) }
        @if taken.view.late_answers > 0 { (fact(words.late_answers, html! { (taken.view.late_answers) })) }
    }
}

/// Whose fallback it is, and which are its own, each with its page.
fn family(taken: &Taken, lang: Lang) -> Markup {
    let words = Words::of(lang);
    html! {
        @if let Some(parent) = &taken.view.row.parent { (fact(words.parent, link(parent))) }
        @for child in &taken.fallbacks {
            (fact(words.fallback, html! {
                (link(&child.id)) " "
                @match (child.state, child.is_scheduled) {
                    (Some(state), _) => { (of_state(state, lang)) }
                    (None, true) => { span.soft { (words.scheduled) } }
                    (None, false) => { span.soft { (words.on_its_way) } }
                }
            }))
        }
    }
}

fn of_job(job: &JobSummary, lang: Lang, now: Timestamp) -> Markup {
    let words = Words::of(lang);
    html! {
        (fact(words.id, html! { code { (job.key.id) } }))
        (fact(words.tenant, html! { (job.key.tenant.as_str()) }))
        (fact(words.channel, html! { (job.channel.as_ref().map_or(UNKNOWN, |channel| channel.as_str())) }))
        (fact(words.recipient, html! { (job.recipient_mask.as_deref().unwrap_or("***")) }))
        (fact(words.lane, html! { (job.lane.as_str()) }))
        (fact(words.first_seen, moment(job.created_at, now, lang)))
        (fact(words.due, moment(job.due_at, now, lang)))
        @if let Some(expires) = job.expires_at { (fact(words.expires, moment(expires, now, lang))) }
    }
}
