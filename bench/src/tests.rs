//! Every case runs, from the real binary to the report. How fast says nothing here.

use crate::{CASES, Options, Services};
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
async fn every_case_reaches_everybody_and_reports_its_figures() {
    let dir = tempfile::tempdir().expect("a folder");
    let options = Options::smoke(dir.path().join("bench/report.json"));
    let services = Services::find().await.expect("services");
    let report = crate::run(&options, &services).await.expect("measured");
    let table = report.to_string();
    let text = std::fs::read_to_string(&options.report).expect("written");
    let written: Value = serde_json::from_str(&text).expect("JSON");
    for case in CASES {
        let (aims, beside): (&[&str], &[&str]) = match case {
            "latency_half_load_ms" => {
                let beside: &[&str] = &["p50_at_a_quarter", "p99_at_a_quarter", "p50_at_a_tenth", "p99_at_a_tenth"];
                (&["p50", "p99"], beside)
            }
            "latency_ordinary_ms" => (&["p50_at_100", "p99_at_100", "p50_at_1000", "p99_at_1000"], &[]),
            "inbound_texts" | "inbound_answers" => (&["per_second"], &["ratio", "baseline_per_second"]),
            "button_to_service_ms" => (&["p99"], &["p50"]),
            "asks_expire_ms" => (&["last"], &[]),
            "notify_to_socket" => (&["p99_ms"], &["p50_ms"]),
            "fan_out_room" => (&["last_ms"], &["last_ratio", "bare_last_ms", "slowest_ms"]),
            "socket_memory" => (&["kib_at_1000", "kib_at_5000"], &["at_10000_mib", "idle_mib"]),
            "schedule_lateness_ms" => (&["p50", "p99"], &[]),
            "dead_letters_100k" => {
                (&["read_s", "plan_s", "of_its_rate", "p99_ratio"], &["ratio", "p99_meanwhile_ms", "p99_before_ms"])
            }
            "console_page_ms" => {
                let beside: &[&str] = &["p50", "p95", "p50_overview", "p95_plan", "p99_plan_of_all", "api_after_mib"];
                (&["p99", "p99_overview", "p99_by_recipient", "p99_letters", "p99_plan"], beside)
            }
            "rss_mib" => (&["idle", "full_load"], &["idle_anonymous", "full_load_anonymous"]),
            "notify_http" => (&["ratio"], &["ratio_to_64_under_way", "publishing_64_under_way_per_second"]),
            "deliver_http_postgres" | "deliver_http_sqlite" => {
                (&["ratio"], &["ratio_to_a_loop_with_reqwest", "loop_with_reqwest_per_second"])
            }
            _ => (&["ratio"], &["fleet_per_second", "baseline_per_second"]),
        };
        for (figure, aims) in
            aims.iter().map(|figure| (figure, true)).chain(beside.iter().map(|figure| (figure, false)))
        {
            let found = &written["cases"][case][figure];
            for part in ["median", "min", "max"] {
                let value = found[part].as_f64().unwrap_or_else(|| panic!("{case} has no {figure}: {text}"));
                assert!(value.is_finite() && value > 0.0, "{case} {figure} {part} is {value}");
            }
            assert_eq!(found["holds"].is_boolean(), aims, "{case} {figure}");
        }
        assert!(table.contains(case), "{case} is not in the table:\n{table}");
    }
    assert!(table.lines().all(|line| line.chars().count() <= 100), "{table}");
}
