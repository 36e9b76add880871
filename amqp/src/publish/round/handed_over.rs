//! All messages of a round are handed over before the first of them is awaited: shown with a broker that opens channels and
//! counts what is published, and does nothing else.

use std::pin::pin;
use std::time::Duration;

use lapin::{Connection, ConnectionProperties};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::{Instant, timeout};

use super::send_all;
use super::tests::job;

const MESSAGES: usize = 100;
/// How long anything may take before the test says what is missing.
const PATIENCE: Duration = Duration::from_secs(30);

const METHOD: u8 = 1;
const END: u8 = 0xce;
/// The bytes with which a client begins.
const PROTOCOL_HEADER: usize = 8;

/// The class and the method of what is said and answered.
const START: [u16; 2] = [10, 10];
const START_OK: [u16; 2] = [10, 11];
const TUNE: [u16; 2] = [10, 30];
const OPEN: [u16; 2] = [10, 40];
const OPEN_OK: [u16; 2] = [10, 41];
const CHANNEL_OPEN: [u16; 2] = [20, 10];
const CHANNEL_OPEN_OK: [u16; 2] = [20, 11];
const PUBLISH: [u16; 2] = [60, 40];

#[tokio::test]
async fn a_round_is_handed_over_whole_before_its_first_message_is_awaited() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("amqp://127.0.0.1:{}/%2f", listener.local_addr().unwrap().port());
    let (published, mut publishes) = unbounded_channel();
    let broker = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        serve(stream, published).await
    });
    let connection = Connection::connect(&url, ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    let (jobs, _answers): (Vec<_>, Vec<_>) = (0..MESSAGES).map(|n| job(&n.to_string(), 10)).unzip();
    let mut sending = pin!(send_all(&channel, jobs, None, Instant::now() + PATIENCE));
    // It is polled once and never again: nothing that it awaits makes it hand over more.
    tokio::select! {
        biased;
        _ = &mut sending => {}
        () = std::future::ready(()) => {}
    }
    for n in 0..MESSAGES {
        let next = timeout(PATIENCE, publishes.recv()).await;
        assert_eq!(next, Ok(Some(())), "{n} of {MESSAGES} messages have arrived");
    }
    broker.abort();
}

/// Tells each publish that has arrived, until the client is gone.
async fn serve(mut stream: TcpStream, published: UnboundedSender<()>) -> std::io::Result<()> {
    stream.read_exact(&mut [0; PROTOCOL_HEADER]).await?;
    // Version 0.9 without properties, and what there is to choose from.
    let start = [&[0, 9][..], &long(b""), &long(b"PLAIN"), &long(b"en_US")].concat();
    answer(&mut stream, [0, 0], START, &start).await?;
    loop {
        let mut head = [0; 7];
        stream.read_exact(&mut head).await?;
        let [kind, channel @ .., a, b, c, d] = head;
        let mut payload = vec![0; u32::from_be_bytes([a, b, c, d]) as usize + 1];
        stream.read_exact(&mut payload).await?;
        let method = match payload[..] {
            [a, b, c, d, ..] if kind == METHOD => [u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])],
            _ => continue,
        };
        match method {
            // 2047 channels, frames of 128 KiB, no heartbeat.
            START_OK => answer(&mut stream, channel, TUNE, &[0x07, 0xff, 0, 2, 0, 0, 0, 0]).await?,
            OPEN => answer(&mut stream, channel, OPEN_OK, &[0]).await?,
            CHANNEL_OPEN => answer(&mut stream, channel, CHANNEL_OPEN_OK, &long(b"")).await?,
            PUBLISH => drop(published.send(())),
            _ => {}
        }
    }
}

async fn answer(
    stream: &mut TcpStream,
    channel: [u8; 2],
    [class, method]: [u16; 2],
    arguments: &[u8],
) -> std::io::Result<()> {
    let payload = [&class.to_be_bytes()[..], &method.to_be_bytes(), arguments].concat();
    let size = u32::try_from(payload.len()).unwrap().to_be_bytes();
    stream.write_all(&[&[METHOD][..], &channel, &size, &payload, &[END]].concat()).await
}

fn long(bytes: &[u8]) -> Vec<u8> {
    [&u32::try_from(bytes.len()).unwrap().to_be_bytes()[..], bytes].concat()
}
