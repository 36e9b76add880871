//! The tables of the overview.

use domain::Timestamp;
use maud::{Markup, html};
use operations::overview::{ChannelNow, LaneNow, Overview, ProviderNow};
use operations::providers::{Carrier, limited};

use crate::pages::overview::words::Words;
use crate::pages::providers::found::{leased, leased_label, state};
use crate::pieces::badge::{Tone, badge};
use crate::pieces::figure::{UNKNOWN, known, percent, rate, took, whole};
use crate::pieces::pager::address;
use crate::pieces::table::{self, Row, lasting, number, several, table, text, when};
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
        table::age(words.oldest),
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
        several(words.wait_by_tier),
        table::age(words.oldest),
        lasting(words.median),
        lasting(words.p99),
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
        success(now_of.sent, ended, lang),
        html! {
            @if now_of.dead == 0 { "0" } @else { a href=(list("dead")) { (whole(now_of.dead)) } }
        },
        html! { (whole(now_of.retried)) },
        html! { (whole(now_of.in_flight)) },
        html! { (first) " · " (second) " · " (third) " · " (whole(now_of.waiting_otherwise)) },
        age(now_of.oldest, lang, now),
        millis(now_of.p50_ms),
        millis(now_of.p99_ms),
    ];
    Row { id: format!("channel-{}", now_of.channel), cells }
}

/// Of what has ended, how much went. Where that is less than half, or less than nine tenths, it looks like what it is.
fn success(sent: u64, ended: u64, lang: Lang) -> Markup {
    let told = percent(sent, ended, lang);
    if sent < ended.div_ceil(2) {
        badge(Tone::Bad, &told)
    } else if sent < ended - ended / 10 {
        badge(Tone::Warning, &told)
    } else {
        html! { (told) }
    }
}

pub(super) fn providers(overview: &Overview, carriers: &[Carrier], lang: Lang, now: Timestamp) -> Markup {
    let words = Words::of(lang);
    if overview.providers.is_empty() {
        return html! { p.nothing { (words.no_providers) } };
    }
    let columns = [text(words.provider), text(words.state), when(words.until), text(leased_label(lang))];
    let of = |provider| provider_row(provider, as_found(provider, &overview.providers), carriers, lang, now);
    let rows: Vec<Row> = overview.providers.iter().map(of).collect();
    table(lang, words.providers, &columns, &rows)
}

/// As on the page of providers: what keeps all media of a provider back goes before what was found of this one, and what was
/// found of all is told where nothing was found of this one.
fn as_found<'a>(provider: &'a ProviderNow, all: &'a [ProviderNow]) -> &'a ProviderNow {
    let every_medium = all.iter().find(|one| one.medium.is_none() && one.provider == provider.provider);
    let keeps_back = every_medium.filter(|one| one.state.as_deref() != Some("closed"));
    let own = Some(provider).filter(|provider| provider.state.is_some());
    keeps_back.or(own).or(every_medium).unwrap_or(provider)
}

fn provider_row(provider: &ProviderNow, found: &ProviderNow, carriers: &[Carrier], lang: Lang, now: Timestamp) -> Row {
    let limits = provider.limits.iter().filter_map(|one| limited(one, carriers));
    let cells = vec![
        html! { a href=(Section::Providers.path()) { (provider.name()) } },
        state(found.state.as_deref(), found.is_given_nothing(now), lang),
        age(found.open_until.filter(|until| *until > now), lang, now),
        leased(limits, lang),
    ];
    Row { id: format!("provider-{}", provider.name().replace('/', "-")), cells }
}

fn age(at: Option<Timestamp>, lang: Lang, now: Timestamp) -> Markup {
    html! { @match at { Some(at) => { (time(at, now, lang)) } None => { (UNKNOWN) } } }
}
