//! A mail server that takes every mail and delivers none: SMTP without TLS, on a listener of its own.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::message::Message;
use crate::providers::smtp::PROVIDER;
use crate::site::new_id;
use crate::world::World;

const MAX_LINE_BYTES: u64 = 64 * 1024;
const MAX_MAIL_BYTES: usize = 32 * 1024 * 1024;
const MAX_RECIPIENTS: usize = 1000;
/// How long nobody is let in after somebody could not be.
const PAUSE: Duration = Duration::from_millis(100);

const HELLO: &str =
    "250-fake.example.com\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-SIZE 33554432\r\n250 ENHANCEDSTATUSCODES";

pub(crate) async fn serve(listener: TcpListener, world: Arc<World>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let world = Arc::clone(&world);
                tokio::spawn(async move {
                    let _ = converse(stream, &world).await;
                });
            }
            // As when there are too many open files: others end meanwhile.
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

/// A mail of which the envelope is known.
#[derive(Default)]
struct Envelope {
    from: String,
    to: Vec<String>,
}

async fn converse(stream: TcpStream, world: &World) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut envelope = Envelope::default();
    say(&mut stream, "220 fake.example.com takes mails and delivers none").await?;
    while let Some(line) = line(&mut stream).await? {
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        let verb = line.split(' ').next().unwrap_or_default().to_ascii_uppercase();
        let answer = match verb.as_str() {
            "EHLO" => HELLO.to_owned(),
            "HELO" => "250 fake.example.com".to_owned(),
            "MAIL" => {
                envelope = Envelope { from: address(&line), to: Vec::new() };
                "250 2.1.0 from whom".to_owned()
            }
            "RCPT" if envelope.to.len() >= MAX_RECIPIENTS => "452 4.5.3 too many recipients".to_owned(),
            "RCPT" => {
                envelope.to.push(address(&line));
                "250 2.1.5 to whom".to_owned()
            }
            "DATA" if envelope.to.is_empty() => "503 5.5.1 nobody is to get it".to_owned(),
            "DATA" => match taken(&mut stream, world, std::mem::take(&mut envelope)).await? {
                Some(answer) => answer,
                None => return Ok(()),
            },
            "RSET" => {
                envelope = Envelope::default();
                "250 2.0.0 forgotten".to_owned()
            }
            "NOOP" => "250 2.0.0 still here".to_owned(),
            "QUIT" => return say(&mut stream, "221 2.0.0 goodbye").await,
            _ => "502 5.5.1 not known here".to_owned(),
        };
        say(&mut stream, &answer).await?;
    }
    Ok(())
}

/// Reads the mail itself, and answers; none where the connection is to be cut.
async fn taken(stream: &mut BufReader<TcpStream>, world: &World, envelope: Envelope) -> io::Result<Option<String>> {
    say(stream, "354 end with a dot").await?;
    let mut mail = Vec::new();
    loop {
        let Some(line) = line(stream).await? else { return Ok(None) };
        match line.as_slice() {
            b".\r\n" | b".\n" => break,
            // A dot at the beginning was doubled by whoever sends it.
            [b'.', rest @ ..] => mail.extend_from_slice(rest),
            line => mail.extend_from_slice(line),
        }
        if mail.len() > MAX_MAIL_BYTES {
            say(stream, "552 5.3.4 too large").await?;
            return Ok(None);
        }
    }
    let message = Message {
        id: new_id(),
        to: envelope.to.first().cloned().unwrap_or_default(),
        text: String::from_utf8_lossy(&mail).into_owned(),
        fields: json!({ "from": envelope.from, "to": envelope.to }),
        reports_to: None,
        is_delivered: true,
    };
    let reply = world.carry(&PROVIDER, Ok(message)).await;
    Ok(reply.map(|reply| format!("{} {}", reply.status, reply.body.replace(['\r', '\n'], " "))))
}

/// One line with its end; none where the connection has ended.
async fn line(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let read = stream.take(MAX_LINE_BYTES).read_until(b'\n', &mut line).await?;
    Ok((read > 0).then_some(line))
}

async fn say(stream: &mut BufReader<TcpStream>, answer: &str) -> io::Result<()> {
    stream.get_mut().write_all(format!("{answer}\r\n").as_bytes()).await
}

/// What stands between the brackets.
fn address(line: &str) -> String {
    let inside = line.split_once('<').and_then(|(_, rest)| rest.rsplit_once('>'));
    inside.map(|(address, _)| address.to_owned()).unwrap_or_default()
}
