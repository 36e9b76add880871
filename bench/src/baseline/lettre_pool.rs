//! lettre's own pool, alone in a loop: HTML and text, on as many connections as the fleet has by default.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Result;
use futures_util::future::try_join_all;
use lettre::message::MultiPart;
use lettre::transport::smtp::PoolConfig;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};

use crate::message;
use crate::sink::Sink;

/// The default of `SMTP_MAX_CONNECTIONS` in config.default.toml.
const CONNECTIONS: u32 = 20;

/// The words of template `welcome` for the measured data.
pub(crate) struct Words {
    pub(crate) text: String,
    pub(crate) html: String,
}

/// Sends one mail to each of these numbers.
pub(crate) async fn send(sink: &Sink, words: Arc<Words>, numbers: std::ops::Range<u64>) -> Result<()> {
    let transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(sink.address.ip().to_string())
        .port(sink.address.port())
        .pool_config(PoolConfig::new().max_size(CONNECTIONS))
        .build();
    let next = Arc::new(AtomicU64::new(numbers.start));
    let tasks = (0..CONNECTIONS).map(|_| {
        let (transport, words, next, end) = (transport.clone(), Arc::clone(&words), Arc::clone(&next), numbers.end);
        tokio::spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= end {
                    return Ok::<_, anyhow::Error>(());
                }
                transport.send(mail(&words, number)?).await?;
            }
        })
    });
    try_join_all(tasks).await?.into_iter().collect()
}

fn mail(words: &Words, number: u64) -> Result<Message> {
    let builder = Message::builder().from("notices@example.org".parse()?).to(message::mailbox(number).parse()?);
    let both = MultiPart::alternative_plain_html(words.text.clone(), words.html.clone());
    Ok(builder.subject("Welcome to Tambo").message_id(Some(format!("<{number}@example.org>"))).multipart(both)?)
}
