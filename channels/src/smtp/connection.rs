//! One connection to a mail server, and the dialogue on it: one command at a time, or MAIL and RCPT together where the
//! server offers that (RFC 5321, RFC 2920).

use std::io;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::reply::{Reading, Reply};

/// Of one answer with all its lines.
const MAX_REPLY_BYTES: usize = 64 * 1024;

/// How far the dialogue came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Step {
    Connect,
    Greeting,
    Hello,
    StartTls,
    Auth,
    Reset,
    From,
    To,
    Data,
    /// The mail was written, at least in part.
    Message,
}

/// Why a step did not succeed.
#[derive(Debug)]
pub(super) enum Trouble {
    /// A complete answer that says no.
    Refused(Reply),
    /// No answer, or none that can be read.
    Lost(String),
    /// What is set here does not fit this server: it stays so until somebody acts.
    Unfit(String),
    /// The server takes mails of this many bytes at most.
    TooLarge(u64),
}

/// A step, and why it did not succeed.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) step: Step,
    pub(super) trouble: Trouble,
}

/// Who sends what to whom.
#[derive(Clone, Copy)]
pub(crate) struct Envelope<'a> {
    pub(crate) from: &'a lettre::Address,
    pub(crate) to: &'a lettre::Address,
    pub(crate) mail: &'a [u8],
}

/// `SMTP_USER` and `SMTP_PASSWORD`.
pub(super) struct Login {
    pub(super) user: String,
    pub(super) password: SecretString,
}

pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// What the server offers, as it said last.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Offers {
    starttls: bool,
    pipelining: bool,
    plain: bool,
    login: bool,
    max_bytes: Option<u64>,
}

pub(super) struct Connection {
    stream: Stream,
    /// Read, but not yet part of an answer.
    unread: Vec<u8>,
    offers: Offers,
    /// An answer did not come, or could not be read.
    lost: bool,
}

impl Step {
    /// For people: "the server refused …" is not always true, so it only says where.
    pub(super) fn what(self) -> &'static str {
        match self {
            Self::Connect => "connecting",
            Self::Greeting => "waiting to be greeted",
            Self::Hello => "greeting (SMTP_HELLO)",
            Self::StartTls => "STARTTLS",
            Self::Auth => "logging in (SMTP_USER, SMTP_PASSWORD)",
            Self::Reset => "beginning a mail",
            Self::From => "naming the sender (FROM_EMAIL)",
            Self::To => "naming the recipient",
            Self::Data => "announcing the mail",
            Self::Message => "handing over the mail",
        }
    }
}

impl Stream {
    async fn read(&mut self, buffer: &mut Vec<u8>) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read_buf(buffer).await,
            Self::Tls(stream) => stream.read_buf(buffer).await,
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.write_all(bytes).await,
            Self::Tls(stream) => {
                stream.write_all(bytes).await?;
                stream.flush().await
            }
        }
    }
}

impl Connection {
    fn on(stream: Stream) -> Self {
        Self { stream, unread: Vec::with_capacity(1024), offers: Offers::default(), lost: false }
    }

    /// Every command has its answer, and there is none without a command.
    pub(super) fn is_in_step(&self) -> bool {
        !self.lost && self.unread.is_empty()
    }

    /// Reads the server's greeting, and greets it.
    pub(super) async fn open(stream: Stream, hello: &str) -> Result<Self, Failed> {
        let mut connection = Self::on(stream);
        success(Step::Greeting, connection.reply(Step::Greeting).await?)?;
        connection.hello(hello).await?;
        Ok(connection)
    }

    /// Asks for encryption, and gives the stream back for it. What comes between the answer and the encryption can be
    /// anybody's, so nothing may (RFC 3207 section 6).
    pub(super) async fn starttls(mut self) -> Result<TcpStream, Failed> {
        let unfit = |what: &str| Err(Step::StartTls.failed(Trouble::Unfit(what.into())));
        if !self.offers.starttls {
            return unfit(
                "the server offers none: SMTP_TLS=implicit (usually port 465) encrypts from the first byte, and \
                 SMTP_TLS=none is for a relay on this machine or in a trusted network",
            );
        }
        self.command(Step::StartTls, "STARTTLS\r\n").await?;
        match self.stream {
            Stream::Plain(stream) if self.unread.is_empty() => Ok(stream),
            _ => unfit("something was said between the answer and the encryption: is somebody in between?"),
        }
    }

    /// The greeting, from which we learn what the server offers.
    async fn hello(&mut self, name: &str) -> Result<(), Failed> {
        self.write(Step::Hello, format!("EHLO {name}\r\n").as_bytes()).await?;
        let reply = self.reply(Step::Hello).await?;
        if matches!(reply.code(), 500 | 502) {
            // A server from before extensions (RFC 5321 section 3.2).
            self.command(Step::Hello, &format!("HELO {name}\r\n")).await?;
            return Ok(());
        }
        self.offers = Offers::of(&success(Step::Hello, reply)?);
        Ok(())
    }

    /// As [`Connection::open`], on a stream that STARTTLS has encrypted: the server does not greet again.
    pub(super) async fn resume(stream: Stream, hello: &str) -> Result<Self, Failed> {
        let mut connection = Self::on(stream);
        connection.hello(hello).await?;
        Ok(connection)
    }

    /// RFC 4954 and RFC 4616; LOGIN is older than both and still the only one that some servers know.
    pub(super) async fn login(&mut self, login: &Login) -> Result<(), Failed> {
        let (user, password) = (login.user.as_str(), login.password.expose_secret());
        let (first, answers) = if self.offers.plain {
            let both = STANDARD.encode(format!("\0{user}\0{password}"));
            (format!("AUTH PLAIN {both}\r\n"), vec![both])
        } else if self.offers.login {
            ("AUTH LOGIN\r\n".to_owned(), vec![STANDARD.encode(user), STANDARD.encode(password)])
        } else {
            return Err(Step::Auth.failed(Trouble::Unfit(
                "the server offers no login by PLAIN or LOGIN here: leave SMTP_USER and SMTP_PASSWORD empty, or look \
                 whether SMTP_PORT and SMTP_TLS are those of its submission service"
                    .into(),
            )));
        };
        self.write(Step::Auth, first.as_bytes()).await?;
        let mut reply = self.reply(Step::Auth).await?;
        for answer in answers {
            if reply.code() == 334 {
                self.write(Step::Auth, format!("{answer}\r\n").as_bytes()).await?;
                reply = self.reply(Step::Auth).await?;
            }
        }
        success(Step::Auth, reply).map(drop)
    }

    /// Names sender and recipient; `again` after another mail on this connection. Every answer is read, also when one
    /// before it said no.
    pub(super) async fn address(&mut self, envelope: &Envelope<'_>, again: bool) -> Result<(), Failed> {
        let Envelope { from, to, mail } = envelope;
        let bytes = mail.len() as u64;
        let from = match self.offers.max_bytes {
            // Zero: there is a limit, but none that it could tell (RFC 1870 section 3).
            Some(max) if max > 0 && bytes > max => return Err(Step::From.failed(Trouble::TooLarge(max))),
            Some(_) => format!("MAIL FROM:<{from}> SIZE={bytes}\r\n"),
            None => format!("MAIL FROM:<{from}>\r\n"),
        };
        let commands =
            [(Step::Reset, "RSET\r\n"), (Step::From, from.as_str()), (Step::To, &format!("RCPT TO:<{to}>\r\n"))];
        let commands = if again { &commands[..] } else { &commands[1..] };
        if !self.offers.pipelining {
            for (step, command) in commands {
                self.command(*step, command).await?;
            }
            return Ok(());
        }
        let together = commands.iter().map(|(_, command)| *command).collect::<String>();
        self.write(commands[0].0, together.as_bytes()).await?;
        let mut result = Ok(());
        for (step, _) in commands {
            match self.reply(*step).await {
                Ok(reply) => result = result.and(success(*step, reply).map(drop)),
                Err(lost) => return result.and(Err(lost)),
            }
        }
        result
    }

    /// Brings the dialogue to the point where the mail itself comes next.
    pub(super) async fn announce(&mut self) -> Result<(), Failed> {
        self.write(Step::Data, b"DATA\r\n").await?;
        match self.reply(Step::Data).await? {
            reply if reply.code() == 354 => Ok(()),
            reply => Err(Step::Data.failed(Trouble::Refused(reply))),
        }
    }

    /// Writes the mail, and reads what became of it.
    pub(super) async fn hand_over(&mut self, mail: &[u8]) -> Result<Reply, Failed> {
        self.write(Step::Message, &stuffed(mail)).await?;
        self.reply(Step::Message).await
    }

    /// Says goodbye, without waiting for an answer.
    pub(super) async fn leave(mut self) {
        // Whoever is not there any more has no need of it.
        drop(self.stream.write(b"QUIT\r\n").await);
    }

    async fn command(&mut self, step: Step, command: &str) -> Result<Reply, Failed> {
        self.write(step, command.as_bytes()).await?;
        success(step, self.reply(step).await?)
    }

    async fn write(&mut self, step: Step, bytes: &[u8]) -> Result<(), Failed> {
        self.stream.write(bytes).await.map_err(|error| step.failed(Trouble::Lost(error.to_string())))
    }

    async fn reply(&mut self, step: Step) -> Result<Reply, Failed> {
        let reply = self.read_reply().await;
        self.lost |= reply.is_err();
        reply.map_err(|why| step.failed(Trouble::Lost(why)))
    }

    async fn read_reply(&mut self) -> Result<Reply, String> {
        let (mut reading, mut seen, mut bytes) = (Reading::default(), 0, 0);
        loop {
            if let Some(at) = self.unread[seen..].iter().position(|&byte| byte == b'\n') {
                let end = seen + at;
                let reply = reading.line(self.unread[..end].trim_ascii_end());
                self.unread.drain(..=end);
                (seen, bytes) = (0, bytes + end);
                match reply {
                    Ok(Some(reply)) => return Ok(reply),
                    Ok(None) => continue,
                    Err(_) => return Err("an answer that is not SMTP".into()),
                }
            }
            seen = self.unread.len();
            if bytes + seen > MAX_REPLY_BYTES {
                return Err("an answer of more than 64 KiB".into());
            }
            match self.stream.read(&mut self.unread).await {
                Ok(0) => return Err("the server closed the connection".into()),
                Ok(_) => {}
                Err(error) => return Err(error.to_string()),
            }
        }
    }
}

impl Step {
    pub(super) fn failed(self, trouble: Trouble) -> Failed {
        Failed { step: self, trouble }
    }
}

impl Offers {
    /// From the answer to EHLO: a keyword and its parameters on each line but the first.
    fn of(reply: &Reply) -> Self {
        let mut offers = Self::default();
        for line in reply.lines().skip(1) {
            let line = line.to_ascii_uppercase();
            // Some servers of old write `AUTH=LOGIN`, and some write both.
            let mut words = line.split([' ', '=']).filter(|word| !word.is_empty());
            match words.next() {
                Some("STARTTLS") => offers.starttls = true,
                Some("PIPELINING") => offers.pipelining = true,
                Some("SIZE") => offers.max_bytes = Some(words.next().and_then(|size| size.parse().ok()).unwrap_or(0)),
                Some("AUTH") => words.for_each(|mechanism| {
                    offers.plain |= mechanism == "PLAIN";
                    offers.login |= mechanism == "LOGIN";
                }),
                _ => {}
            }
        }
        offers
    }
}

fn success(step: Step, reply: Reply) -> Result<Reply, Failed> {
    if reply.is_success() { Ok(reply) } else { Err(step.failed(Trouble::Refused(reply))) }
}

/// The mail with its end, and each dot that begins a line doubled (RFC 5321 section 4.5.2). All its lines end in CRLF.
fn stuffed(mail: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(mail.len() + 64);
    for line in mail.split_inclusive(|&byte| byte == b'\n') {
        if line.first() == Some(&b'.') {
            out.push(b'.');
        }
        out.extend_from_slice(line);
    }
    if !out.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b".\r\n");
    out
}

#[cfg(test)]
mod tests {
    use super::super::reply::tests::reply;
    use super::*;

    #[test]
    fn what_a_server_offers_is_read_from_its_greeting() {
        let offers = Offers::of(&reply(
            "250-mail.example at your service\r\n250-PIPELINING\r\n250-size 35882577\r\n250-STARTTLS\r\n\
             250-AUTH=LOGIN PLAIN\r\n250-8BITMIME\r\n250",
        ));
        let all = Offers { starttls: true, pipelining: true, plain: true, login: true, max_bytes: Some(35_882_577) };
        assert_eq!(offers, all);
        assert_eq!(Offers::of(&reply("250-SIZE 5\r\n250-AUTH XOAUTH2\r\n250 SIZE")).max_bytes, Some(0));
        assert_eq!(Offers::of(&reply("250 STARTTLS")), Offers::default(), "the first line is the server's name");
    }

    #[test]
    fn dots_that_begin_a_line_are_doubled() {
        for (mail, wire) in [
            ("", "\r\n.\r\n"),
            ("a\r\n", "a\r\n.\r\n"),
            ("a", "a\r\n.\r\n"),
            (".\r\n..\r\na.\r\n", "..\r\n...\r\na.\r\n.\r\n"),
        ] {
            assert_eq!(stuffed(mail.as_bytes()), wire.as_bytes(), "{mail:?}");
        }
    }
}
