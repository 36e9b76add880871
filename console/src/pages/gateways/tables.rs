//! How the gateways are, and which of their rooms are the largest.

use domain::Timestamp;
use maud::{Markup, html};
use store::{Gateway, LargeRoom};

use super::words::Words;
use crate::pages::delivery::address::{anchor, short};
use crate::pieces::badge::{Tone, badge};
use crate::pieces::breakable::breakable;
use crate::pieces::figure::whole;
use crate::pieces::table::{Column, Row, number, several, table, text};
use crate::pieces::time::time;
use crate::words::Lang;

pub(super) fn of_gateways(gateways: &[Gateway], lang: Lang, now: Timestamp) -> Markup {
    let words = Words::of(lang);
    let rows: Vec<Row> = gateways.iter().map(|gateway| row(gateway, lang, now)).collect();
    html! {
        @if rows.is_empty() {
            p.nothing { (words.no_gateway) }
        } @else {
            (table(lang, words.gateways, &columns(words), &rows))
        }
    }
}

pub(super) fn of_rooms(rooms: &[LargeRoom], tenant: &str, lang: Lang) -> Markup {
    let words = Words::of(lang);
    let rows: Vec<Row> = rooms.iter().map(room).collect();
    let columns = [text(words.room), number(words.sockets), number(words.at_gateways)];
    html! {
        h2 { (words.rooms) }
        p.soft { ((words.rooms_of)(tenant)) }
        @if rows.is_empty() {
            p.nothing { (words.no_room) }
        } @else {
            (table(lang, words.rooms, &columns, &rows))
        }
    }
}

fn columns(words: &Words) -> [Column; 9] {
    [
        text(words.gateway),
        text(words.state),
        text(words.since),
        several(words.sockets),
        number(words.people),
        number(words.rooms_count),
        number(words.max_per_user),
        number(words.max_rooms),
        text(words.noted),
    ]
}

fn row(gateway: &Gateway, lang: Lang, now: Timestamp) -> Row {
    let (words, node, figures) = (Words::of(lang), gateway.node.to_string(), gateway.figures);
    let counted = |number: u32| html! { (whole(number.into())) };
    let is_full = figures.sockets >= figures.max_sockets;
    let cells = vec![
        html! { span.mono.id title=(node) { (short(&node)) } },
        html! {
            @match gateway.leaving_since {
                Some(since) => { (badge(Tone::Waiting, words.is_leaving)) " " (time(since, now, lang)) }
                None if is_full => { (badge(Tone::Warning, words.is_full)) }
                None => { (badge(Tone::Good, words.serves)) }
            }
        },
        time(gateway.since, now, lang),
        html! { ((words.of_most)(&whole(figures.sockets.into()), &whole(figures.max_sockets.into()))) },
        counted(figures.people),
        counted(figures.rooms),
        counted(figures.max_per_user),
        counted(figures.max_rooms),
        time(gateway.noted_at, now, lang),
    ];
    Row { id: anchor("gateway", &node), cells }
}

fn room(one: &LargeRoom) -> Row {
    let cells = vec![
        html! { span.most { (breakable(&one.room)) } },
        html! { (whole(one.sockets.into())) },
        html! { (whole(one.gateways.into())) },
    ];
    Row { id: anchor("room", &one.room), cells }
}
