//! A publisher that writes AMQP byte by byte: names in Latin-1 and headers nested without end, which no library lets
//! through.

use anyhow::{Context as _, Result, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use url::Url;

const METHOD: u8 = 1;
const HEADER: u8 = 2;
const BODY: u8 = 3;
const END: u8 = 0xce;

/// The class and the method of what the broker answers.
const START: [u16; 2] = [10, 10];
const TUNE: [u16; 2] = [10, 30];
const OPENED: [u16; 2] = [10, 41];
const CHANNEL_OPENED: [u16; 2] = [20, 11];
const CONFIRMING: [u16; 2] = [85, 11];
const ACK: [u16; 2] = [60, 80];

/// The properties of a message as bytes.
#[derive(Clone, Debug, Default)]
pub struct RawProperties {
    pub message_id: Vec<u8>,
    /// The entries of the header table, without its length.
    pub headers: Vec<u8>,
}

pub struct RawPublisher(TcpStream);

impl RawPublisher {
    /// # Errors
    /// When the broker does not answer as the protocol says.
    pub async fn connect(url: &str) -> Result<Self> {
        let url = Url::parse(url)?;
        let address = (url.host_str().context("a host")?, url.port().unwrap_or(5672));
        let mut raw = Self(TcpStream::connect(address).await?);
        raw.0.write_all(b"AMQP\x00\x00\x09\x01").await?;
        raw.until(START).await?;
        let plain = format!("\0{}\0{}", url.username(), url.password().unwrap_or_default());
        let start_ok = [&[0; 4][..], &short(b"PLAIN"), &long(plain.as_bytes()), &short(b"en_US")].concat();
        raw.method(0, [10, 11], &start_ok).await?;
        raw.until(TUNE).await?;
        // The answer asks for 2047 channels, frames of 128 KiB and no heartbeat.
        raw.method(0, [10, 31], &[0x07, 0xff, 0, 2, 0, 0, 0, 0]).await?;
        let vhost = url.path().strip_prefix('/').unwrap_or_default();
        raw.method(0, [10, 40], &[&short(vhost.as_bytes())[..], &[0, 0]].concat()).await?;
        raw.until(OPENED).await?;
        raw.method(1, [20, 10], &[0]).await?;
        raw.until(CHANNEL_OPENED).await?;
        raw.method(1, [85, 10], &[0]).await?;
        raw.until(CONFIRMING).await?;
        Ok(raw)
    }

    /// Publishes a persistent message, and waits for the confirm.
    ///
    /// # Errors
    /// When it is not confirmed.
    pub async fn publish(&mut self, exchange: &str, key: &str, properties: &RawProperties, body: &[u8]) -> Result<()> {
        let address = [&[0, 0][..], &short(exchange.as_bytes()), &short(key.as_bytes()), &[0]].concat();
        self.method(1, [60, 40], &address).await?;
        let flags: u16 = 1 << 13 | 1 << 12 | 1 << 7;
        let RawProperties { message_id, headers } = properties;
        let size = u64::try_from(body.len())?.to_be_bytes();
        let header =
            [&[0, 60, 0, 0][..], &size, &flags.to_be_bytes(), &long(headers), &[2], &short(message_id)].concat();
        self.frame(HEADER, 1, &header).await?;
        self.frame(BODY, 1, body).await?;
        self.until(ACK).await
    }

    async fn method(&mut self, channel: u16, [class, method]: [u16; 2], arguments: &[u8]) -> Result<()> {
        let payload = [&class.to_be_bytes()[..], &method.to_be_bytes(), arguments].concat();
        self.frame(METHOD, channel, &payload).await
    }

    async fn frame(&mut self, kind: u8, channel: u16, payload: &[u8]) -> Result<()> {
        let size = u32::try_from(payload.len())?.to_be_bytes();
        let frame = [&[kind][..], &channel.to_be_bytes(), &size, payload, &[END]].concat();
        Ok(self.0.write_all(&frame).await?)
    }

    /// Reads until this method comes.
    async fn until(&mut self, wanted: [u16; 2]) -> Result<()> {
        loop {
            let mut head = [0; 7];
            self.0.read_exact(&mut head).await?;
            let [kind, _, _, size @ ..] = head;
            let mut payload = vec![0; u32::from_be_bytes(size) as usize + 1];
            self.0.read_exact(&mut payload).await?;
            ensure!(payload.pop() == Some(END), "a frame without its end");
            if kind != METHOD {
                continue;
            }
            let &[a, b, c, d, ..] = &payload[..] else { bail!("a method without a name") };
            match [u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])] {
                method if method == wanted => return Ok(()),
                [10, 50] | [20, 40] => bail!("the broker closes: {}", String::from_utf8_lossy(&payload[7..])),
                _ => {}
            }
        }
    }
}

/// Gives one header whose value is a list within a list, this many times.
pub fn nested_header(name: &str, levels: usize) -> Vec<u8> {
    let mut value = b"V".to_vec();
    for _ in 0..levels {
        value = [&b"A"[..], &long(&value)].concat();
    }
    [short(name.as_bytes()), value].concat()
}

/// Gives one header whose value is text.
pub fn text_header(name: &[u8], value: &[u8]) -> Vec<u8> {
    [&short(name)[..], b"S", &long(value)].concat()
}

fn short(text: &[u8]) -> Vec<u8> {
    let len = u8::try_from(text.len()).expect("a short string");
    [&[len], text].concat()
}

fn long(bytes: &[u8]) -> Vec<u8> {
    let len = u32::try_from(bytes.len()).expect("a long string");
    [&len.to_be_bytes()[..], bytes].concat()
}
