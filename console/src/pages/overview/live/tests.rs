//! What the live part shows.

use domain::{Lane, Pause, PauseKind, Window, WindowUnit};
use operations::overview::{ChannelNow, DeadNow, LaneNow, Minute, ProviderNow, ScheduledNow, Span};
use store::LimitUse;

use super::*;

fn now() -> Timestamp {
    Timestamp::from_seconds(1_800_000_000)
}

fn ago(seconds: i64) -> Option<Timestamp> {
    Some(Timestamp::from_seconds(1_800_000_000 - seconds))
}

fn overview() -> Overview {
    let lane = |lane| LaneNow {
        lane,
        depth: Some(12_345),
        consumers: Some(2),
        rate_in: 1.5,
        rate_out: 0.0,
        in_flight: 3,
        waiting: 0,
        oldest: ago(120),
    };
    let channel = ChannelNow {
        channel: "<sms>".into(),
        accepted: 100,
        sent: 90,
        dead: 10,
        waiting_by_tier: [1, 2, 3],
        p50_ms: Some(250),
        ..ChannelNow::default()
    };
    let provider = ProviderNow {
        provider: "twilio".into(),
        medium: Some("sms".into()),
        state: Some("open".into()),
        open_until: Some(now().plus(std::time::Duration::from_secs(60))),
        noted_at: ago(1),
        limits: Vec::new(),
    };
    Overview {
        at: now(),
        tenant: None,
        broker: Known { at: ago(60), problem: Some("connection refused to broker.internal".into()) },
        ledger: Known { at: ago(0), problem: None },
        span: Span { since: now(), is_cut: true },
        lanes: Lane::ALL.map(lane).to_vec(),
        channels: vec![channel],
        retry_depths: [Some(1), None, Some(3)],
        dead: DeadNow { depth: Some(7), open_groups: Some(2) },
        scheduled: ScheduledNow::default(),
        inbound_depth: None,
        callbacks_depth: Some(0),
        providers: vec![provider],
        pauses: Vec::new(),
        faults: Vec::new(),
        history: vec![Minute { began: now(), accepted: 5, sent: 4, retried: 0, dead: 1 }],
    }
}

#[test]
fn the_overview_tells_its_figures_in_both_languages() {
    for (lang, parts) in [
        (
            Lang::En,
            ["twilio/sms", "gets nothing", "2 min ago", "12\u{202f}345", "90.0\u{202f}%", "1 · – · 3", "Success"],
        ),
        (
            Lang::Es,
            ["twilio/sms", "no recibe nada", "hace 2 min", "12\u{202f}345", "90,0\u{202f}%", "1 · 2 · 3", "Éxito"],
        ),
    ] {
        let page = live(&overview(), &[], lang, now()).into_string();
        for part in parts {
            assert!(page.contains(part), "{part}: {page}");
        }
    }
}

#[test]
fn one_group_is_told_as_one() {
    for (lang, open, told) in [
        (Lang::En, 1, "1 group that nobody looks after"),
        (Lang::En, 2, "2 groups that nobody looks after"),
        (Lang::Es, 1, "1 grupo que nadie atiende"),
        (Lang::Es, 2, "2 grupos que nadie atiende"),
    ] {
        let dead = DeadNow { depth: Some(7), open_groups: Some(open) };
        let page = live(&Overview { dead, ..overview() }, &[], lang, now()).into_string();
        assert!(page.contains(told), "{told}: {page}");
    }
}

#[test]
fn a_figure_that_cannot_be_known_says_why() {
    let page = live(&overview(), &[], Lang::En, now()).into_string();
    assert_eq!(page.matches("<span title=\"The ledger knows of none of them").count(), 1, "{page}");
    let nothing_sent = ChannelNow { channel: "sms".into(), in_flight: 1, ..ChannelNow::default() };
    let page = live(&Overview { channels: vec![nothing_sent], ..overview() }, &[], Lang::Es, now()).into_string();
    assert!(!page.contains("El libro no sabe de ninguno"), "{page}");
}

#[test]
fn what_is_lost_is_told_with_its_time_and_without_its_reason() {
    let page = live(&overview(), &[], Lang::En, now()).into_string();
    assert!(page.contains("The broker does not answer.") && page.contains("07:59:00 UTC"), "{page}");
    assert!(!page.contains("broker.internal") && !page.contains("The ledger does not answer"), "{page}");
}

#[test]
fn what_is_paused_is_said_to_those_who_hear_the_page_and_stands_in_the_strip() {
    let pause = |kind, name: &str| Pause {
        id: name.to_owned(),
        kind,
        name: name.to_owned(),
        tenant: None,
        why: "an outage".to_owned(),
        by: "ada".to_owned(),
        by_platform: false,
        since: now(),
        until: None,
    };
    let pauses = vec![pause(PauseKind::Channel, "<sms>"), pause(PauseKind::Provider, "twilio")];
    let paused = Overview { pauses, ..overview() };
    for (lang, told) in [
        (Lang::En, "Dead letters: 7. Paused: channel &lt;sms&gt;, provider twilio. Providers that get nothing"),
        (Lang::Es, "Cartas muertas: 7. En pausa: canal &lt;sms&gt;, proveedor twilio. Proveedores que no reciben"),
    ] {
        let page = live(&paused, &[], lang, now()).into_string();
        assert!(page.contains(told), "{told}: {page}");
        let (_, after) = page.split_once("<div class=\"over\">").unwrap();
        let (strip, _) = after.split_once("</div>").unwrap();
        assert_eq!(strip.matches("an outage").count(), 2, "{page}");
    }
    let page = live(&overview(), &[], Lang::En, now()).into_string();
    assert!(!page.contains("Paused"), "{page}");
    let well = Overview { broker: Known { at: ago(0), problem: None }, ..overview() };
    let page = live(&well, &[], Lang::En, now()).into_string();
    assert!(page.contains("<div class=\"over\"></div>"), "a place for what comes: {page}");
}

#[test]
fn names_are_escaped_and_nothing_is_inline() {
    let page = live(&overview(), &[], Lang::En, now()).into_string();
    assert!(page.contains("&lt;sms&gt;") && !page.contains("<sms>"), "{page}");
    assert!(page.contains("channel=%3Csms%3E&amp;state=dead"), "{page}");
    assert!(!page.contains("style=") && !page.contains("onclick"), "{page}");
}

#[test]
fn a_provider_is_told_as_on_the_page_of_providers() {
    let leased =
        LimitUse { provider: "twilio".into(), medium: "sms".into(), window_seconds: 60, began: now(), used: 60 };
    let sms = ProviderNow {
        provider: "twilio".into(),
        medium: Some("sms".into()),
        state: None,
        open_until: None,
        noted_at: None,
        limits: vec![leased],
    };
    let limits = vec![Window { unit: WindowUnit::Minute, messages: 3_000 }];
    let carriers = [Carrier { medium: "sms", provider: "twilio", is_captured: false, limits }];
    let whole = |state: &str| {
        let state = Some(state.to_owned());
        ProviderNow { medium: None, state, limits: Vec::new(), ..sms.clone() }
    };
    for (providers, part) in [
        (vec![sms.clone()], "works, as far as is known"),
        (vec![sms.clone()], "60 of 3\u{202f}000 per min"),
        (vec![whole("credentials_refused"), sms.clone()], "refuses our credentials"),
    ] {
        let page = live(&Overview { providers, ..overview() }, &carriers, Lang::En, now()).into_string();
        let (_, row) = page.split_once("id=\"provider-twilio-sms\"").unwrap();
        assert!(row.contains(part), "{part}: {page}");
    }
}

#[test]
fn what_comes_and_goes_has_its_column_while_it_is_not_there() {
    let lane = LaneNow { oldest: None, ..overview().lanes.remove(0) };
    let channel = ChannelNow { channel: "sms".into(), waiting_otherwise: 4, ..ChannelNow::default() };
    let provider = ProviderNow { open_until: None, ..overview().providers.remove(0) };
    let rest = Overview { lanes: vec![lane], channels: vec![channel], providers: vec![provider], ..overview() };
    let page = live(&rest, &[], Lang::En, now()).into_string();
    for (class, label, cells) in [("number age", "Oldest", 2), ("when", "Until", 1), ("number lasting", "p50", 1)] {
        let cell = format!("<td data-label=\"{label}\" class=\"{class}\" data-none>–</td>");
        assert_eq!(page.matches(&cell).count(), cells, "{cell}: {page}");
    }
    let waiting = "<td data-label=\"Waiting 1 · 2 · 3 · otherwise\" class=\"number several\">0 · 0 · 0 · 4</td>";
    assert!(page.contains(waiting), "{page}");
    let page = live(&overview(), &[], Lang::En, now()).into_string();
    for cell in
        ["<td data-label=\"Oldest\" class=\"number age\"><time", "<td data-label=\"Until\" class=\"when\"><time"]
    {
        assert!(page.contains(cell), "{cell}: {page}");
    }
}

#[test]
fn the_tenant_whose_overview_it_is_is_not_named_in_the_strip() {
    let tenant = domain::Tenant::default();
    let pause = Pause {
        id: "sms".to_owned(),
        kind: PauseKind::Channel,
        name: "sms".to_owned(),
        tenant: Some(tenant.clone()),
        why: "an outage".to_owned(),
        by: "ada".to_owned(),
        by_platform: false,
        since: now(),
        until: None,
    };
    for (tenant, told) in
        [(None, "channel sms</a> for default: an outage"), (Some(tenant), "channel sms</a>: an outage")]
    {
        let page = live(&Overview { tenant, pauses: vec![pause.clone()], ..overview() }, &[], Lang::En, now());
        assert!(page.0.contains(told), "{told}: {}", page.0);
        // The broker does not answer either: there is more than the pause.
        let counts = "<div class=\"over\"><p class=\"banner counts\"><a href=\"/console/pauses\">1 paused</a></p>";
        assert!(page.0.contains(counts), "{}", page.0);
    }
}

#[test]
fn a_channel_of_which_much_dies_looks_like_it() {
    for (sent, dead, part) in [
        (0, 25, "<span class=\"badge bad\"><span class=\"shape\" aria-hidden=\"true\">✖</span> 0.0"),
        (80, 20, "<span class=\"badge warning\"><span class=\"shape\" aria-hidden=\"true\">▲</span> 80.0"),
        (90, 10, "class=\"number\">90.0"),
        (0, 0, "class=\"number\" data-none>–"),
    ] {
        let channel = ChannelNow { channel: "sms".into(), sent, dead, ..ChannelNow::default() };
        let page = live(&Overview { channels: vec![channel], ..overview() }, &[], Lang::En, now()).into_string();
        assert!(page.contains(part), "{part}: {page}");
    }
}
