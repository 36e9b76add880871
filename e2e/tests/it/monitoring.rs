//! The catalogue of metrics in `docs/operations.md` against the code, and the alarms and dashboards of `deploy/`
//! against the catalogue: a name that is slightly wrong finds nothing, and says nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use chasqui::config::REFERENCE;
use domain::State;
use e2e::provider::Provider;
use e2e::{Database, Process, TestFleet};
use serde_json::{Value, json};

/// How a metric of ours begins, and one of the broker's.
const OURS: &str = "chasqui_";
const BROKERS: &str = "rabbitmq_";
/// What Prometheus adds to a series.
const ADDED: [&str; 3] = ["instance", "job", "le"];
/// Labels of the broker's metrics.
const OF_THE_BROKER: [&str; 2] = ["queue", "vhost"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every file below a folder of this kind.
fn files(folder: &Path, kind: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path, kind));
        } else if path.extension().is_some_and(|extension| extension == kind) {
            found.push(path);
        }
    }
    found
}

/// The metrics of the page's table, with the labels of each.
fn catalogue() -> BTreeMap<String, BTreeSet<String>> {
    let page = read(&root().join("docs/operations.md"));
    let mut metrics = BTreeMap::new();
    for row in page.lines().filter(|line| line.starts_with("| `chasqui_")) {
        let mut cells = row.split('|').skip(1).map(in_backticks);
        let (names, labels) = (cells.next().unwrap_or_default(), cells.next().unwrap_or_default());
        let labels: BTreeSet<String> = labels.into_iter().map(str::to_owned).collect();
        metrics.extend(names.into_iter().map(|name| (name.to_owned(), labels.clone())));
    }
    assert!(metrics.len() > 30, "the table was found");
    metrics
}

fn in_backticks(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// The names of the metrics in the code that is shipped.
fn measured() -> BTreeSet<String> {
    let members = std::fs::read_dir(root()).expect("the workspace").flatten().map(|entry| entry.path().join("src"));
    let sources = members
        .filter(|source| !["bench", "e2e", "testkit"].iter().any(|name| source.ends_with(format!("{name}/src"))));
    let texts: Vec<String> = sources.flat_map(|source| files(&source, "rs")).map(|path| read(&path)).collect();
    let names = texts.iter().flat_map(|text| {
        ["counter!(\"", "gauge!(\"", "histogram!(\""].into_iter().flat_map(move |call| text.split(call).skip(1))
    });
    let names = names.filter_map(|rest| rest.split('"').next()).filter(|name| name.starts_with(OURS));
    names.map(str::to_owned).collect()
}

#[test]
fn every_metric_is_in_the_catalogue_and_everything_in_the_catalogue_is_measured() {
    let known: BTreeSet<String> = catalogue().into_keys().collect();
    assert_eq!(measured(), known);
}

/// One metric in a query: its name, and the labels that are asked for beside it.
#[derive(Debug)]
struct Asked<'a> {
    name: &'a str,
    labels: Vec<&'a str>,
}

fn is_of_a_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == ':'
}

/// What a query asks of us or of the broker.
fn asked(query: &str) -> Vec<Asked<'_>> {
    let mut found = Vec::new();
    let mut rest = query;
    while let Some(at) = rest.find(is_of_a_name) {
        let name = rest[at..].split(|c: char| !is_of_a_name(c)).next().unwrap_or_default();
        rest = &rest[at + name.len()..];
        if name.starts_with(OURS) || name.starts_with(BROKERS) {
            let selector = rest.strip_prefix('{').and_then(|rest| rest.split('}').next()).unwrap_or_default();
            let labels = selector.split('"').step_by(2).filter_map(|part| {
                let label = part.trim_start_matches(',').trim_end_matches(['=', '~', '!']).trim();
                (!label.is_empty()).then_some(label)
            });
            found.push(Asked { name, labels: labels.collect() });
        }
    }
    found
}

/// The labels by which a query groups.
fn grouped(query: &str) -> Vec<&str> {
    let lists = query.split("by (").skip(1).filter_map(|rest| rest.split(')').next());
    lists.flat_map(|list| list.split(',')).map(str::trim).collect()
}

/// The queries of the dashboards and of the rules, each with where it stands.
fn queries() -> Vec<(String, String)> {
    let mut queries = Vec::new();
    for path in files(&root().join("deploy/grafana"), "json") {
        let dashboard: Value = serde_json::from_str(&read(&path)).expect("a dashboard is JSON");
        for panel in dashboard["panels"].as_array().expect("panels") {
            for target in panel["targets"].as_array().expect("targets") {
                let place = format!("{}: {}", path.display(), panel["title"]);
                queries.push((place, target["expr"].as_str().expect("a query").to_owned()));
            }
        }
    }
    let rules = read(&root().join("deploy/prometheus/rules/alerts.yml"));
    for rule in rules.split("\n      - ").skip(1) {
        let query = rule.split("expr:").nth(1).expect("a rule has a query");
        let query = query.split("\n        for:").next().and_then(|query| query.split("\n        labels:").next());
        queries.push((rule.lines().next().unwrap_or_default().to_owned(), query.unwrap_or_default().to_owned()));
    }
    assert!(queries.len() > 50, "{}", queries.len());
    queries
}

/// A histogram has three names in queries.
fn base<'a>(name: &'a str, known: &BTreeMap<String, BTreeSet<String>>) -> &'a str {
    let shorter = ["_bucket", "_count", "_sum"].into_iter().find_map(|end| name.strip_suffix(end));
    shorter.filter(|shorter| known.contains_key(*shorter)).unwrap_or(name)
}

#[test]
fn every_metric_and_label_that_alarms_and_dashboards_ask_for_exists() {
    let known = catalogue();
    let page = read(&root().join("docs/operations.md"));
    let of_all: BTreeSet<&str> =
        known.values().flatten().map(String::as_str).chain(ADDED).chain(OF_THE_BROKER).collect();
    for (place, query) in queries() {
        for Asked { name, labels } in asked(&query) {
            let of_it = known.get(base(name, &known));
            if name.starts_with(BROKERS) {
                assert!(page.contains(name), "{place}: {name} is not in the page");
            } else {
                assert!(of_it.is_some(), "{place}: {name} is not in the catalogue");
            }
            for label in labels {
                let has = of_it.is_some_and(|of_it| of_it.contains(label)) || ADDED.contains(&label);
                assert!(has || of_it.is_none() && OF_THE_BROKER.contains(&label), "{place}: {name} has no {label}");
            }
        }
        for label in grouped(&query) {
            assert!(of_all.contains(label), "{place}: nothing has {label}");
        }
    }
}

#[test]
fn every_recorded_series_that_an_alarm_asks_for_is_recorded() {
    let rules = read(&root().join("deploy/prometheus/rules/alerts.yml"));
    let recorded: BTreeSet<&str> = rules.split("record: ").skip(1).filter_map(|rest| rest.lines().next()).collect();
    let words =
        rules.split(|c: char| !is_of_a_name(c)).filter(|word| !word.ends_with(':') && word.contains(":chasqui_"));
    let words: BTreeSet<&str> = words.collect();
    assert!(words.len() > 10 && words == recorded, "{words:?}\n{recorded:?}");
}

#[test]
fn what_is_late_is_counted_at_the_objective() {
    let objective = REFERENCE.with([]).get("DELIVERY_OBJECTIVE_SECONDS").expect("a default");
    let whole = objective.strip_suffix(".0").unwrap_or(&objective);
    let bucket = format!(r#"le=~"{whole}([.]0)?""#);
    let mut found = 0;
    for (place, query) in queries() {
        for selector in query.split("le=").skip(1) {
            assert!(format!("le={selector}").starts_with(&bucket), "{place}: {query}");
            found += 1;
        }
    }
    assert!(found > 5, "{found}");
}

#[test]
fn what_a_query_asks_for_is_read_from_it() {
    let query =
        r#"sum by (lane, le) (rate(chasqui_x_bucket{le=~"5([.]0)?",lane!="a,b"}[5m])) > lane:chasqui_late:ratio"#;
    let found = asked(query);
    assert_eq!((found.len(), found[0].name, &found[0].labels), (1, "chasqui_x_bucket", &vec!["le", "lane"]));
    assert_eq!(grouped(query), ["lane", "le"]);
}

#[tokio::test]
async fn how_long_a_delivery_took_is_measured_by_its_lane_with_a_bucket_at_the_objective() {
    let provider = Provider::start().await;
    let settings = [provider.settings(), vec![("DELIVERY_OBJECTIVE_SECONDS", "7.5")]].concat();
    let mut fleet = TestFleet::prepare(Database::Sqlite, &settings).await.expect("a place");
    let worker = Process::ready("worker", &fleet.environment).await;
    fleet.open_store().await;
    let body = json!({"channel": "sms", "destination": "+12025550101", "message": "Hola"});
    fleet.notify("timed", &body).await;
    fleet.until("timed", State::Sent).await;
    let expected = [
        r#"chasqui_delivery_latency_seconds_bucket{lane="normal",le="7.5"} 1"#,
        r#"chasqui_delivery_latency_seconds_count{lane="normal"} 1"#,
        "chasqui_delivery_objective_seconds 7.5",
        "chasqui_build_info{version=",
    ];
    e2e::fleet::until("the latency", async || {
        let metrics = worker.metrics().await;
        expected.iter().all(|line| metrics.contains(*line)).then_some(())
    })
    .await;
    fleet.finish().await;
}
