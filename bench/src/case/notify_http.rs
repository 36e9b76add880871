//! `POST /notify` on 64 kept connections, against raw confirmed publishing of the same body: as fast as it goes, and
//! with no more than 64 messages under way.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use futures_util::future::try_join_all;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::baseline::publishing::{Depth, Publishing};
use crate::bench::Bench;
use crate::deployment::{BARE, Deployment, LANE, Ledger, end};
use crate::http1;
use crate::message::Kind;
use crate::report::CaseReport;

const CONNECTIONS: usize = 64;
/// There are as many messages under way as connections. No other way to divide them was measured to be faster.
const AS_DEEP: Depth = Depth { channels: 8, round: 8 };
/// More messages than can be published in any run.
const NO_END: u64 = 90_000_000;

pub(crate) async fn run(bench: &Bench<'_>) -> Result<CaseReport> {
    let deployment = bench.deploy(Ledger::Postgres).await?;
    let limit = Duration::from_secs_f64(bench.options.size.seconds());
    let mut as_deep = Vec::new();
    let measured = bench
        .alternate(
            0.5,
            async || by_api(&deployment, limit).await,
            async || {
                as_deep.push(by_publishing(&deployment, AS_DEEP, limit).await?);
                by_publishing(&deployment, Depth::FULL, limit).await
            },
        )
        .await?;
    Ok(measured
        .beside("ratio_to_64_under_way", "publishing_64_under_way_per_second", as_deep)
        .given("connections", CONNECTIONS as f64))
}

pub(super) async fn by_api(deployment: &Deployment, limit: Duration) -> Result<f64> {
    let api = deployment.start("api", &[("NOTIFY_OPEN", "true")]).await;
    let address: SocketAddr = api.url("").trim_start_matches("http://").parse()?;
    // The first requests open connections on both sides.
    post_until(address, limit.mul_f64(0.1)).await?;
    let rate = post_until(address, limit).await.with_context(|| format!("the API said:\n{}", api.output()))?;
    end(api).await?;
    deployment.purge(LANE).await?;
    Ok(rate)
}

/// Gives how many answers all connections together got in a second.
pub(super) async fn post_until(address: SocketAddr, limit: Duration) -> Result<f64> {
    let body = Kind::Sms.body(0);
    let request = format!(
        "POST /notify HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    ask_until(address, &request, "HTTP/1.1 202", limit).await
}

/// The same for another request, whose answers begin so.
pub(super) async fn ask_until(
    address: SocketAddr,
    request: &str,
    answered: &'static str,
    limit: Duration,
) -> Result<f64> {
    let begun = Instant::now();
    let posting = (0..CONNECTIONS).map(|_| tokio::spawn(post(address, request.to_owned(), answered, begun + limit)));
    let mut accepted = 0;
    for posted in try_join_all(posting).await? {
        accepted += posted?;
    }
    Ok(accepted as f64 / begun.elapsed().as_secs_f64())
}

async fn post(address: SocketAddr, request: String, answered: &'static str, until: Instant) -> Result<u64> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (mut answer, mut accepted) = (Vec::with_capacity(1024), 0);
    while Instant::now() < until {
        stream.write_all(request.as_bytes()).await?;
        answer.clear();
        while http1::body(&answer).is_none() {
            ensure!(stream.read_buf(&mut answer).await? > 0, "the API closed the connection");
        }
        ensure!(answer.starts_with(answered.as_bytes()), "{}", String::from_utf8_lossy(&answer));
        accepted += 1;
    }
    Ok(accepted)
}

/// The body as the API publishes it: with an id and a tenant.
async fn by_publishing(deployment: &Deployment, depth: Depth, limit: Duration) -> Result<f64> {
    let mut body: serde_json::Value = serde_json::from_str(&Kind::Sms.body(0))?;
    body["id"] = "01933f5e-7c1a-7cc3-9a52-0c2f4d1b8a10".into();
    body["tenant"] = "default".into();
    let body = body.to_string();
    let raw = Publishing { exchange: "", key: BARE, body: Box::new(move |_| body.clone()) };
    let published = raw.run_at(depth, deployment.connection(), 0..NO_END, Some(limit)).await?;
    deployment.purge(BARE).await?;
    Ok(published.per_second())
}
