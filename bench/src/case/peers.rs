//! The fleet, with its ledger and all its checks, in turns with what people run instead. The ratio is the factor.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::net::{TcpListener, TcpStream};

use super::notify_http;
use crate::baseline::publishing::Publishing;
use crate::bench::Bench;
use crate::deployment::{BARE, Deployment, Ledger};
use crate::drain;
use crate::message::{Kind, TEXT};
use crate::peers::Peer;
use crate::report::CaseReport;
use crate::sink::Sink;

/// The rate by which a measurement of a peer is sized: none of them does much more on a core.
const ABOUT_PER_SECOND: f64 = 1_000.0;
/// The fleet must not be slower than what it would replace.
const GOAL: f64 = 1.0;
const PROVIDER_PATH: &str = "/2010-04-01/Accounts/AC00000000000000000000000000000001/Messages.json";
/// The queue that Celery declares.
const CELERY_QUEUE: &str = "celery";
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// A pika worker with requests: one message after the other.
pub(crate) async fn pika(bench: &Bench<'_>) -> Result<CaseReport> {
    against(bench, async |deployment, count| {
        let numbers = bench.numbers(count);
        let arrivals = bench.sms.expect(numbers.clone());
        let load = Publishing { exchange: "", key: BARE, body: Box::new(|number| Kind::Sms.body(number)) };
        load.run(deployment.connection(), numbers).await.context("filling the queue")?;
        let (provider, count) = (provider_url(&bench.sms), count.to_string());
        let words = ["pika_worker.py", &deployment.amqp_url, BARE, &provider, &count];
        Peer::start("the pika worker", &words, &[])?.finish().await?;
        arrivals.complete().await?;
        Ok(arrivals.per_second())
    })
    .await
}

/// A Celery worker with four processes.
pub(crate) async fn celery(bench: &Bench<'_>) -> Result<CaseReport> {
    against(bench, async |deployment, count| {
        let numbers = bench.numbers(count);
        let arrivals = bench.sms.expect(numbers.clone());
        let provider = provider_url(&bench.sms);
        let environment = [("AMQP_URL", deployment.amqp_url.as_str()), ("PROVIDER_URL", &provider)];
        let (first, count) = (numbers.start.to_string(), count.to_string());
        Peer::start("asking for tasks", &["celery_app.py", &first, &count, TEXT], &environment)?.finish().await?;
        let words = ["-m", "celery", "-A", "celery_app", "--quiet", "worker", "--concurrency=4", "--loglevel=ERROR"];
        let quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"];
        let mut worker = Peer::start("the Celery worker", &[&words[..], &quiet].concat(), &environment)?;
        worker.while_running(arrivals.complete()).await?;
        worker.stop().await?;
        deployment.purge(CELERY_QUEUE).await?;
        Ok(arrivals.per_second())
    })
    .await
}

/// FastAPI, uvicorn and aio-pika with confirms, against `POST /notify`.
pub(crate) async fn fastapi(bench: &Bench<'_>) -> Result<CaseReport> {
    let deployment = bench.deploy(Ledger::Postgres).await?;
    let limit = Duration::from_secs_f64(bench.options.size.seconds());
    bench
        .alternate(
            GOAL,
            async || notify_http::by_api(&deployment, limit).await,
            async || by_fastapi(&deployment, limit).await,
        )
        .await
}

async fn by_fastapi(deployment: &Deployment, limit: Duration) -> Result<f64> {
    let address = free_address().await?;
    let port = address.port().to_string();
    let words = ["-m", "uvicorn", "fastapi_app:app", "--host", "127.0.0.1", "--port", &port, "--no-access-log"];
    let environment = [("AMQP_URL", deployment.amqp_url.as_str()), ("QUEUE", BARE)];
    let mut server = Peer::start("uvicorn", &[&words[..], &["--log-level", "warning"]].concat(), &environment)?;
    let measured = async {
        while TcpStream::connect(address).await.is_err() {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        notify_http::post_until(address, limit.mul_f64(0.1)).await?;
        notify_http::post_until(address, limit).await
    };
    let rate = server.while_running(measured).await?;
    server.stop().await?;
    deployment.purge(BARE).await?;
    Ok(rate)
}

/// SMS by the worker, and the same by a peer, which is given fewer of them.
async fn against(bench: &Bench<'_>, peer: impl AsyncFn(&Deployment, u64) -> Result<f64>) -> Result<CaseReport> {
    let deployment = bench.deploy(Ledger::Postgres).await?;
    let fleet = async |count| drain::by_worker(bench, &deployment, &bench.sms, (Kind::Sms, count), &[]).await;
    let count = bench.size(fleet).await?;
    let few = bench.options.size.messages(ABOUT_PER_SECOND);
    let measured = bench.alternate(GOAL, async || fleet(count).await, async || peer(&deployment, few).await).await?;
    Ok(measured.given("messages", count as f64).given("messages_of_the_peer", few as f64))
}

fn provider_url(sink: &Sink) -> String {
    format!("http://{}{PROVIDER_PATH}", sink.address)
}

async fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0").await?.local_addr()?)
}
