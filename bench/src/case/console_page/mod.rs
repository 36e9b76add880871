//! The console over a ledger of 1,000,000 deliveries and 100,000 dead letters: how long each of its pages takes, how much
//! memory it costs the API, and what 50 open streams of its overview cost.

mod browser;
mod ledger;
mod pages;
mod streams;
mod times;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result};
use e2e::Process;

use self::browser::Browser;
use self::pages::Page;
use self::streams::{STREAMS, Shares, Streams};
use self::times::Times;
use super::notify_http::post_until;
use crate::bench::Bench;
use crate::deployment::{Deployment, LANE, Ledger, end};
use crate::figures::{Figure, Goal};
use crate::memory::Memory;
use crate::options::Size;
use crate::report::CaseReport;
use crate::sql;

const ROWS: u64 = 1_000_000;
const SETTINGS: [(&str, &str); 2] = [("NOTIFY_OPEN", "true"), ("SANDBOX", "true")];
const GOAL_MS: Goal = Goal::AtMost(50.0);

/// How much is measured in a turn.
struct Extent {
    warm_up: u64,
    /// How often each page is asked for.
    rounds: u64,
    /// How often the plan of all letters is.
    of_all: u64,
    /// How long the API is left alone before its memory is looked at, so that what it has freed goes back to the system.
    rest: Duration,
    /// How long processor time is looked at.
    watched: Duration,
}

/// What was measured in each turn.
#[derive(Default)]
struct Measured {
    times: BTreeMap<&'static str, Times>,
    all: Times,
    plan_of_all: Times,
    before: Vec<Memory>,
    after: Vec<Memory>,
    rested: Vec<Memory>,
    streams: Vec<Shares>,
}

/// What all turns share.
struct Site<'a> {
    bench: &'a Bench<'a>,
    deployment: &'a Deployment,
    pages: Vec<Page>,
    plan_of_all: Page,
    extent: Extent,
}

pub(crate) async fn run(bench: &Bench<'_>) -> Result<CaseReport> {
    let deployment = bench.deploy(Ledger::Postgres).await?;
    deployment.command(&["migrate"]).await?;
    ledger::fill(&deployment.database_url, bench.options.size.or_few(ROWS)).await.context("filling the ledger")?;
    browser::add_user(&deployment).await?;
    let site = Site::open(bench, &deployment).await?;
    let mut measured = Measured::default();
    for pair in 1..=bench.options.pairs {
        let api = deployment.start("api", &SETTINGS).await;
        let said = measured.once(&site, &api).await;
        let said = said.with_context(|| format!("the API said:\n{}", api.output()))?;
        end(api).await?;
        bench.progress(pair, &said);
    }
    let count = async |table: &str| sql::count(&deployment.database_url, table).await;
    let (rows, letters) = (count("deliveries").await?, count("letters").await?);
    Ok(measured
        .report()
        .given("deliveries", rows as f64)
        .given("letters", letters as f64)
        .given("pages", site.pages.len() as f64)
        .given("requests_a_page", site.extent.rounds as f64)
        .given("streams", STREAMS as f64))
}

impl Extent {
    fn of(size: Size) -> Self {
        match size {
            Size::Seconds(_) => Self {
                warm_up: 10,
                rounds: 200,
                of_all: 20,
                rest: Duration::from_secs(12),
                watched: Duration::from_secs(10),
            },
            Size::Messages(_) => {
                Self { warm_up: 1, rounds: 2, of_all: 1, rest: Duration::ZERO, watched: Duration::from_secs(1) }
            }
        }
    }
}

impl<'a> Site<'a> {
    /// Makes the plans that are shown, and finds the addresses of all pages.
    async fn open(bench: &'a Bench<'a>, deployment: &'a Deployment) -> Result<Self> {
        let api = deployment.start("api", &SETTINGS).await;
        let database = &deployment.database_url;
        let found = async {
            let browser = Browser::log_in(&api).await?;
            let mut pages = pages::all(&browser, database).await?;
            pages.push(pages::plan_of_a_group(&browser, database).await?);
            Ok::<_, anyhow::Error>((pages, pages::plan_of_all(&browser).await?))
        };
        let (pages, plan_of_all) = found.await.with_context(|| format!("the API said:\n{}", api.output()))?;
        end(api).await?;
        ledger::tidy(database).await?;
        Ok(Self { bench, deployment, pages, plan_of_all, extent: Extent::of(bench.options.size) })
    }

    /// Publishes as a service does, and leaves the API alone for a while.
    async fn warm(&self, api: &Process) -> Result<()> {
        let limit = Duration::from_secs_f64(self.bench.options.size.seconds());
        let address: SocketAddr = api.url("").trim_start_matches("http://").parse()?;
        post_until(address, limit).await?;
        tokio::time::sleep(self.extent.rest).await;
        // What was freed goes back when something is allocated.
        post_until(address, limit.mul_f64(0.1)).await?;
        self.deployment.purge(LANE).await
    }
}

impl Measured {
    /// Nobody looks at the overview before the processor time without a stream was looked at: its numbers are read for
    /// half a minute after the last look.
    async fn once(&mut self, site: &Site<'_>, api: &Process) -> Result<String> {
        let (database, watched) = (&site.deployment.database_url, site.extent.watched);
        site.warm(api).await?;
        let before = Memory::counted_anew(api).await?;
        let without = Shares::look(api, database, watched).await?;
        let browser = Browser::log_in(api).await?;
        let times = self.ask(site, &browser).await?;
        let after = Memory::counted_anew(api).await?;
        // What the last pages have had read goes on for some seconds, and is nothing that streams cost.
        tokio::time::sleep(site.extent.rest).await;
        let mut streams = Streams::open(&browser).await?;
        let shares = Shares::look(api, database, watched).await?.beyond(without);
        streams.are_open()?;
        drop(streams);
        site.warm(api).await?;
        self.before.push(before);
        self.after.push(after);
        self.rested.push(Memory::counted_anew(api).await?);
        self.streams.push(shares);
        let grown = after.resident - before.resident;
        let Shares { api, database } = shares;
        Ok(format!("{times}; {grown:+.1} MiB; {STREAMS} streams {api:.1} % and {database:.1} % of the database"))
    }

    /// Asks for all pages, and says which were the slowest.
    async fn ask(&mut self, site: &Site<'_>, browser: &Browser) -> Result<String> {
        let Extent { warm_up, rounds, of_all, .. } = site.extent;
        let asked = times::ask(browser, &site.pages, warm_up, rounds).await?;
        self.all.add(asked.concat());
        let mut slowest = Vec::new();
        for (page, times) in site.pages.iter().zip(asked) {
            let of_page = self.times.entry(page.name).or_default();
            of_page.add(times);
            slowest.push((of_page.p99.last().copied().unwrap_or_default(), page.name));
        }
        let asked = times::ask(browser, std::slice::from_ref(&site.plan_of_all), 1, of_all).await?;
        self.plan_of_all.add(asked.concat());
        slowest.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        let slowest: Vec<String> = slowest.iter().take(5).map(|(p99, name)| format!("{name} {p99:.0}")).collect();
        let p99 = self.all.p99.last().copied().unwrap_or_default();
        Ok(format!("p99 {p99:.1} ms ({})", slowest.join(", ")))
    }

    fn report(self) -> CaseReport {
        let of = |memories: &[Memory], part: fn(&Memory) -> f64| memories.iter().map(part).collect::<Vec<_>>();
        let grown = |memories: &[Memory], part: fn(&Memory) -> f64| {
            memories.iter().zip(&self.before).map(|(after, before)| part(after) - part(before)).collect::<Vec<_>>()
        };
        let shares = |part: fn(&Shares) -> f64| self.streams.iter().map(part).collect::<Vec<_>>();
        let report = CaseReport::default()
            .with("memory_mib", Figure::new(grown(&self.after, |memory| memory.resident), Some(Goal::AtMost(10.0))))
            .with("memory_anonymous_mib", Figure::new(grown(&self.after, |memory| memory.anonymous), None))
            .with("memory_rested_mib", Figure::new(grown(&self.rested, |memory| memory.resident), None))
            .with("api_before_mib", Figure::new(of(&self.before, |memory| memory.resident), None))
            .with("api_after_mib", Figure::new(of(&self.after, |memory| memory.resident), None))
            .with("streams_percent", Figure::new(shares(|one| one.api + one.database), Some(Goal::AtMost(3.0))))
            .with("streams_api_percent", Figure::new(shares(|one| one.api), None))
            .with("streams_database_percent", Figure::new(shares(|one| one.database), None));
        let report = self.all.of(None, Some(GOAL_MS), report);
        let report = self.plan_of_all.of(Some("plan_of_all"), None, report);
        self.times.into_iter().fold(report, |report, (name, times)| times.of(Some(name), Some(GOAL_MS), report))
    }
}
