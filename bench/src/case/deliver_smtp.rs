//! Email with HTML and text by SMTP, ledger in Postgres, against lettre's pool alone.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use domain::{ChannelName, Defaults, Notification};
use templates::Templates;

use crate::baseline::lettre_pool::{self, Words};
use crate::bench::Bench;
use crate::deployment::Ledger;
use crate::drain;
use crate::message::Kind;
use crate::report::CaseReport;

pub(crate) async fn run(bench: &Bench<'_>) -> Result<CaseReport> {
    let deployment = bench.deploy(Ledger::Postgres).await?;
    let fleet = async |count| drain::by_worker(bench, &deployment, &bench.mail, (Kind::Mail, count), &[]).await;
    let count = bench.size(fleet).await?;
    let words = Arc::new(words()?);
    let baseline = async || {
        let numbers = bench.numbers(count);
        let arrivals = bench.mail.expect(numbers.clone());
        lettre_pool::send(&bench.mail, Arc::clone(&words), numbers).await?;
        arrivals.complete().await?;
        Ok(arrivals.per_second())
    };
    let measured = bench.alternate(0.7, async || fleet(count).await, baseline).await?;
    Ok(measured.given("messages", count as f64))
}

/// What the fleet's mails say, rendered beforehand.
fn words() -> Result<Words> {
    let email = ChannelName::parse("email")?;
    let notification = Notification::decode(Kind::Mail.body(0).as_bytes(), &Defaults { channel: None })?;
    let rendered = Templates::embedded("en")?.render(&email, &notification.wording)?;
    Ok(Words { text: rendered.text, html: rendered.html.context("the template has no HTML")? })
}
