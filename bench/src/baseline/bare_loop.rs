//! The bare loop: consume, POST to the provider, acknowledge. 256 at once, on kept connections; it looks at nothing
//! but the status.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result, ensure};
use futures_util::StreamExt as _;
use lapin::options::{BasicConsumeOptions, BasicQosOptions};
use lapin::types::FieldTable;
use lapin::{Connection, ConnectionProperties};
use serde::Deserialize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use super::acks;
use crate::http1;
use crate::place::BARE;

const AT_ONCE: usize = 256;
/// Enough that the loop never waits for the broker's next delivery.
const PREFETCH: u16 = 1024;

#[derive(Deserialize)]
struct Sms {
    destination: String,
    message: String,
}

/// Connections to the provider that wait for their next request.
struct Provider {
    address: SocketAddr,
    idle: Mutex<Vec<TcpStream>>,
}

/// Takes `count` messages out of the baselines' queue and sends each.
pub(crate) async fn drain(amqp_url: &str, provider: SocketAddr, count: u64) -> Result<()> {
    let connection = Connection::connect(amqp_url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    channel.basic_qos(PREFETCH, BasicQosOptions::default()).await?;
    let mut deliveries = channel
        .basic_consume(BARE.into(), "bare".into(), BasicConsumeOptions::default(), FieldTable::default())
        .await?;
    let provider = Arc::new(Provider { address: provider, idle: Mutex::default() });
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let (done, tags) = mpsc::unbounded_channel();
    let acknowledging = tokio::spawn(acks::acknowledge(channel.clone(), tags));
    let mut sends = JoinSet::new();
    for _ in 0..count {
        let delivery = deliveries.next().await.context("the queue was closed")??;
        let place = Arc::clone(&places).acquire_owned().await?;
        let (provider, done) = (Arc::clone(&provider), done.clone());
        sends.spawn(async move {
            let sent = provider.send(&delivery.data).await;
            let _ = done.send(delivery.delivery_tag);
            drop(place);
            sent
        });
        while let Some(sent) = sends.try_join_next() {
            sent??;
        }
    }
    while let Some(sent) = sends.join_next().await {
        sent??;
    }
    drop(done);
    acknowledging.await??;
    channel.close(200, "done".into()).await?;
    connection.close(200, "done".into()).await?;
    Ok(())
}

impl Provider {
    async fn send(&self, body: &[u8]) -> Result<()> {
        let request = request(&serde_json::from_slice(body)?);
        let idle = self.idle().pop();
        let mut stream = match idle {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(self.address).await?;
                stream.set_nodelay(true)?;
                stream
            }
        };
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::with_capacity(1024);
        while http1::body(&answer).is_none() {
            ensure!(stream.read_buf(&mut answer).await? > 0, "the provider closed the connection");
        }
        ensure!(answer.starts_with(b"HTTP/1.1 201"), "the provider refused");
        self.idle().push(stream);
        Ok(())
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<TcpStream>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn request(sms: &Sms) -> String {
    let form = url::form_urlencoded::Serializer::new(String::with_capacity(256))
        .append_pair("To", &sms.destination)
        .append_pair("From", "+15005550006")
        .append_pair("Body", &sms.message)
        .finish();
    format!(
        "POST /2010-04-01/Accounts/AC00000000000000000000000000000001/Messages.json HTTP/1.1\r\nHost: sink\r\n\
         Authorization: Basic QUMwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMTphIHRva2Vu\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    )
}
