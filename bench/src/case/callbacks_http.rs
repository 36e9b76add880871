//! `POST /webhook/twilio` on 64 kept connections, each call signed and confirmed, against `POST /notify` on as many.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::notify_http::{self, ask_until};
use crate::bench::Bench;
use crate::deployment::{Deployment, INBOUND, Ledger, end};
use crate::report::CaseReport;

/// One call, and its signature for this URL and token, made with npm's twilio 6.3.1.
const PUBLIC_URL: &str = "https://n.example.org";
const TOKEN: &str = "12345";
const TARGET: &str = "/webhook/twilio?tenant=default&id=n-1&epoch=0&attempt=1&mac=00112233445566778899aabbccddeeff";
const BODY: &str = "MessageSid=SM0123456789abcdef0123456789abcdef&MessageStatus=delivered&To=%2B14155550100&\
                    From=%2B14155550101&AccountSid=AC00000000000000000000000000000000&ApiVersion=2010-04-01";
const SIGNATURE: &str = "v8iv/6LRgE6AfhJEJZG3tjAdNBw=";

pub(crate) async fn run(bench: &Bench<'_>) -> Result<CaseReport> {
    let deployment = bench.deploy(Ledger::Postgres).await?;
    let limit = Duration::from_secs_f64(bench.options.size.seconds());
    bench
        .alternate(
            0.9,
            async || by_webhook(&deployment, limit).await,
            async || notify_http::by_api(&deployment, limit).await,
        )
        .await
}

async fn by_webhook(deployment: &Deployment, limit: Duration) -> Result<f64> {
    let api = deployment.start("api", &[("PUBLIC_URL", PUBLIC_URL), ("TWILIO_AUTH_TOKEN", TOKEN)]).await;
    let address: SocketAddr = api.url("").trim_start_matches("http://").parse()?;
    let request = format!(
        "POST {TARGET} HTTP/1.1\r\nHost: {address}\r\nX-Twilio-Signature: {SIGNATURE}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{BODY}",
        BODY.len()
    );
    ask_until(address, &request, "HTTP/1.1 200", limit.mul_f64(0.1)).await?;
    let rate = ask_until(address, &request, "HTTP/1.1 200", limit).await;
    let rate = rate.with_context(|| format!("the API said:\n{}", api.output()))?;
    end(api).await?;
    deployment.purge(INBOUND).await?;
    Ok(rate)
}
