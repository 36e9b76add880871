//! The bare loop: consume, POST to the provider, acknowledge. 256 at once, on kept connections; it looks at nothing
//! but the status. Its requests are written by hand, or by the HTTP library of the fleet.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result, ensure};
use futures_util::StreamExt as _;
use lapin::options::{BasicConsumeOptions, BasicQosOptions, QueueDeclareOptions};
use lapin::types::FieldTable;
use lapin::{Connection, ConnectionProperties};
use serde::Deserialize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use super::acks;
use crate::deployment::BARE;
use crate::http1;

const AT_ONCE: usize = 256;
/// The broker hands out so many deliveries that the loop never waits for the next one.
const PREFETCH: u16 = 1024;
const PATH: &str = "/2010-04-01/Accounts/AC00000000000000000000000000000001/Messages.json";

#[derive(Deserialize)]
struct Sms {
    destination: String,
    message: String,
}

/// Who speaks HTTP for the loop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Http {
    /// Nobody: the bytes are written to the socket.
    ByHand,
    /// The library that the fleet uses.
    Reqwest,
}

enum Provider {
    ByHand {
        address: SocketAddr,
        /// Connections that wait for their next request.
        idle: Mutex<Vec<TcpStream>>,
    },
    Reqwest {
        url: String,
        client: reqwest::Client,
    },
}

/// Takes `count` messages out of the baselines' queue and sends each.
pub(crate) async fn drain(amqp_url: &str, provider: SocketAddr, http: Http, count: u64) -> Result<()> {
    let connection = Connection::connect(amqp_url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    channel.basic_qos(PREFETCH, BasicQosOptions::default()).await?;
    let mut deliveries = channel
        .basic_consume(BARE.into(), "bare".into(), BasicConsumeOptions::default(), FieldTable::default())
        .await?;
    let provider = Arc::new(Provider::new(provider, http)?);
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
    // The broker may lose the last acks when the connection ends right after them; not so once the queue has answered.
    let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
    channel.queue_declare(BARE.into(), passive, FieldTable::default()).await?;
    channel.close(200, "done".into()).await?;
    connection.close(200, "done".into()).await?;
    Ok(())
}

impl Provider {
    fn new(address: SocketAddr, http: Http) -> Result<Self> {
        Ok(match http {
            Http::ByHand => Self::ByHand { address, idle: Mutex::default() },
            Http::Reqwest => {
                Self::Reqwest { url: format!("http://{address}{PATH}"), client: reqwest::Client::builder().build()? }
            }
        })
    }

    async fn send(&self, body: &[u8]) -> Result<()> {
        let Sms { destination, message } = serde_json::from_slice(body)?;
        let form = [("To", destination.as_str()), ("From", "+15005550006"), ("Body", message.as_str())];
        match self {
            Self::ByHand { address, idle } => by_hand(*address, idle, &form).await,
            Self::Reqwest { url, client } => {
                let answer = client.post(url).basic_auth("AC1", Some("a token")).form(&form).send().await?;
                ensure!(answer.status() == 201, "the provider refused");
                answer.bytes().await?;
                Ok(())
            }
        }
    }
}

async fn by_hand(address: SocketAddr, idle: &Mutex<Vec<TcpStream>>, form: &[(&str, &str)]) -> Result<()> {
    let kept = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
    let mut stream = match kept {
        Some(stream) => stream,
        None => {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            stream
        }
    };
    stream.write_all(request(form).as_bytes()).await?;
    let mut answer = Vec::with_capacity(1024);
    while http1::body(&answer).is_none() {
        ensure!(stream.read_buf(&mut answer).await? > 0, "the provider closed the connection");
    }
    ensure!(answer.starts_with(b"HTTP/1.1 201"), "the provider refused");
    idle.lock().unwrap_or_else(PoisonError::into_inner).push(stream);
    Ok(())
}

fn request(form: &[(&str, &str)]) -> String {
    let form = url::form_urlencoded::Serializer::new(String::with_capacity(256)).extend_pairs(form).finish();
    format!(
        "POST {PATH} HTTP/1.1\r\nHost: sink\r\n\
         Authorization: Basic QUMwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMTphIHRva2Vu\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    )
}
