//! What is measured, one file each. Every case gives the ratio of the fleet to a baseline of the same run, or a
//! figure with a limit.

mod asks_expire;
mod button_to_service;
mod callbacks_http;
mod console_page;
mod dead_letters;
mod deliver_events;
mod deliver_http;
mod deliver_inapp;
mod deliver_smtp;
mod deliver_template;
mod fan_out_room;
mod inbound;
mod latency;
mod ledger_growth;
mod notify_http;
mod notify_to_socket;
mod peers;
mod rss;
mod schedule_burst;
mod schedule_lateness;
mod socket_memory;

use anyhow::{Result, bail};

use self::inbound::Said;
use crate::bench::Bench;
use crate::deployment::Ledger;
use crate::report::{CaseReport, Report};

/// Measures a case of [`crate::options`] by its name.
pub(crate) async fn run(name: &str, bench: &Bench<'_>, so_far: &Report) -> Result<CaseReport> {
    match name {
        "deliver_http_postgres" => deliver_http::run(bench, Ledger::Postgres, 0.6).await,
        "deliver_http_sqlite" => deliver_http::run(bench, Ledger::Sqlite, 0.7).await,
        "deliver_events" => deliver_events::run(bench, false, 0.88).await,
        "deliver_events_bound" => deliver_events::run(bench, true, 0.7).await,
        "deliver_template" => deliver_template::run(bench).await,
        "deliver_smtp" => deliver_smtp::run(bench).await,
        "deliver_inapp" => deliver_inapp::run(bench).await,
        "notify_http" => notify_http::run(bench).await,
        "callbacks_http" => callbacks_http::run(bench).await,
        "inbound_texts" => inbound::run(bench, Said::Texts).await,
        "inbound_answers" => inbound::run(bench, Said::Answers).await,
        "button_to_service_ms" => button_to_service::run(bench).await,
        "asks_expire_ms" => asks_expire::run(bench).await,
        "notify_to_socket" => notify_to_socket::run(bench).await,
        "fan_out_room" => fan_out_room::run(bench).await,
        "latency_half_load_ms" => latency::run(bench, so_far.median("deliver_http_postgres", "fleet_per_second")).await,
        "latency_ordinary_ms" => latency::run_ordinary(bench).await,
        "schedule_lateness_ms" => schedule_lateness::run(bench).await,
        "schedule_burst" => schedule_burst::run(bench).await,
        "dead_letters_100k" => dead_letters::run(bench).await,
        "console_page_ms" => console_page::run(bench).await,
        "ledger_growth" => ledger_growth::run(bench).await,
        "rss_mib" => rss::run(bench).await,
        "socket_memory" => socket_memory::run(bench).await,
        "peers_pika" => peers::pika(bench).await,
        "peers_celery" => peers::celery(bench).await,
        "peers_fastapi" => peers::fastapi(bench).await,
        other => bail!("there is no case {other}"),
    }
}
