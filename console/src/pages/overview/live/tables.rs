//! The tables of the overview.

use domain::Timestamp;
use maud::{Markup, html};
use operations::overview::{ChannelNow, LaneNow, Overview, ProviderNow};

use crate::pages::overview::words::Words;
use crate::pieces::badge::{Tone, badge};
use crate::pieces::figure::{UNKNOWN, known, percent, rate, took, whole};
use crate::pieces::pager::address;
use crate::pieces::table::{Row, number, table, text};
use crate::pieces::time::time;
use crate::section::Section;
use crate::words::Lang;

pub(super) fn lanes(overview: &Overview, lang: Lang, now: Timestamp) -> Markup {
    let words = Words::of(lang);
    let columns = [
        text(words.lane),
        number(words.depth),
        number(words.workers),
        number(words.rate_in),
        number(words.rate_out),
        number(words.in_flight),
        number(words.waiting),
        number(words.oldest),
    ];
    let rows: Vec<Row> = overview.lanes.iter().map(|lane| lane_row(lane, lang, now)).collect();
    table(lang, words.lanes, &columns, &rows)
}

fn lane_row(lane: &LaneNow, lang: Lang, now: Timestamp) -> Row {
    let cells = vec![
        html! { (lane.lane.as_str()) },
        html! { (known(lane.depth)) },
        html! { (known(lane.consumers)) },
        html! { (rate(lane.rate_in, lang)) },
        html! { (rate(lane.rate_out, lang)) },
        html! { (whole(lane.in_flight)) },
        html! { (whole(lane.waiting)) },
        age(lane.oldest, lang, now),
    ];
    Row { id: format!("lane-{}", lane.lane), cells }
}

pub(super) fn channels(overview: &Overview, lang: Lang, now: Timestamp) -> Markup {
    let words = Words::of(lang);
    let columns = [
        text(words.channel),
        number(words.accepted),
        number(words.sent),
        number(words.success),
        number(words.dead),
        number(words.tries_again),
        number(words.in_flight),
        number(words.wait_by_tier),
        number(words.otherwise),
        number(words.oldest),
        number(words.median),
        number(words.p99),
    ];
    let rows: Vec<Row> = overview.channels.iter().map(|channel| channel_row(channel, lang, now)).collect();
    table(lang, words.channels, &columns, &rows)
}

fn channel_row(now_of: &ChannelNow, lang: Lang, now: Timestamp) -> Row {
    let list = |state: &str| {
        address(Section::Deliveries.path(), &[("channel", now_of.channel.as_str()), ("state", state)], None)
    };
    let [first, second, third] = now_of.waiting_by_tier.map(whole);
    let why_not = (now_of.sent > 0).then_some(Words::of(lang).no_times);
    let millis = |millis: Option<u64>| match (millis, why_not) {
        (Some(millis), _) => html! { (took(millis, lang)) },
        (None, Some(why)) => html! { span title=(why) { (UNKNOWN) } },
        (None, None) => html! { (UNKNOWN) },
    };
    let ended = now_of.sent + now_of.dead;
    let cells = vec![
        html! { a href=(list("")) { (now_of.channel) } },
        html! { (whole(now_of.accepted)) },
        html! { (whole(now_of.sent)) },
        html! { (percent(now_of.sent, ended, lang)) },
        html! {
            @if now_of.dead == 0 { "0" } @else { a href=(list("dead")) { (whole(now_of.dead)) } }
        },
        html! { (whole(now_of.retried)) },
        html! { (whole(now_of.in_flight)) },
        html! { (first) " · " (second) " · " (third) },
        html! { (whole(now_of.waiting_otherwise)) },
        age(now_of.oldest, lang, now),
        millis(now_of.p50_ms),
        millis(now_of.p99_ms),
    ];
    Row { id: format!("channel-{}", now_of.channel), cells }
}

pub(super) fn providers(overview: &Overview, lang: Lang, now: Timestamp) -> Markup {
    let words = Words::of(lang);
    if overview.providers.is_empty() {
        return html! { p.nothing { (words.no_providers) } };
    }
    let columns = [text(words.provider), text(words.state), text(words.until), number(words.limits)];
    let rows: Vec<Row> = overview.providers.iter().map(|provider| provider_row(provider, lang, now)).collect();
    table(lang, words.providers, &columns, &rows)
}

fn provider_row(provider: &ProviderNow, lang: Lang, now: Timestamp) -> Row {
    let words = Words::of(lang);
    let limits: Vec<String> =
        provider.limits.iter().map(|limit| (words.used)(limit.used, limit.window_seconds)).collect();
    let cells = vec![
        html! { a href=(Section::Providers.path()) { (provider.name()) } },
        health(provider, lang, now),
        html! { @if let Some(until) = provider.open_until.filter(|until| *until > now) { (time(until, now, lang)) } },
        html! { (limits.join(" · ")) },
    ];
    Row { id: format!("provider-{}", provider.name().replace('/', "-")), cells }
}

fn health(provider: &ProviderNow, lang: Lang, now: Timestamp) -> Markup {
    let words = Words::of(lang);
    match provider.state.as_deref() {
        Some("credentials_refused") => badge(Tone::Bad, words.refuses_us),
        _ if provider.is_given_nothing(now) => badge(Tone::Bad, words.is_open),
        Some("half_open" | "open") => badge(Tone::Warning, words.tried),
        Some(_) | None => badge(Tone::Good, words.works),
    }
}

fn age(oldest: Option<Timestamp>, lang: Lang, now: Timestamp) -> Markup {
    html! { @match oldest { Some(oldest) => { (time(oldest, now, lang)) } None => { (UNKNOWN) } } }
}
