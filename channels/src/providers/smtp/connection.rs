//! One connection to a mail server, and the dialogue on it: one command at a time, or MAIL and RCPT together where the
//! server offers that (RFC 5321, RFC 2920).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use media::email::Address;
use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpStream;

use super::offers::Offers;
use super::reply::Reply;
use super::step::{Failed, Step, Trouble};
use super::wire::{Stream, Wire, success};

/// The sender and the recipients of one mail.
#[derive(Clone, Copy)]
pub(super) struct Envelope<'a> {
    pub(super) from: &'a Address,
    pub(super) to: &'a Address,
    /// Who else gets the mail. One who is refused is a refusal of the whole: what counts as sent has gone to all.
    pub(super) copies: &'a [Address],
    pub(super) mail: &'a [u8],
}

/// The name and password of `SMTP_USER` and `SMTP_PASSWORD`.
pub(super) struct Login {
    pub(super) user: String,
    pub(super) password: SecretString,
}

pub(super) struct Connection {
    wire: Wire,
    offers: Offers,
}

impl Connection {
    fn on(stream: Stream) -> Self {
        Self { wire: Wire::on(stream), offers: Offers::default() }
    }

    /// Whether every command has its answer, and there is no answer without a command.
    pub(super) fn is_in_step(&self) -> bool {
        self.wire.is_in_step()
    }

    /// Reads the server's greeting, and sends ours.
    pub(super) async fn open(stream: Stream, hello: &str) -> Result<Self, Failed> {
        let mut connection = Self::on(stream);
        success(Step::Greeting, connection.wire.reply(Step::Greeting).await?)?;
        connection.hello(hello).await?;
        Ok(connection)
    }

    /// Asks for encryption, and returns the stream for it. Anybody could have written what arrives between the answer
    /// and the encryption, so nothing may arrive (RFC 3207 section 6).
    pub(super) async fn starttls(mut self) -> Result<TcpStream, Failed> {
        let unfit = |what: &str| Err(Step::StartTls.failed(Trouble::Unfit(what.into())));
        if !self.offers.starttls {
            return unfit(
                "the server offers none: SMTP_TLS=implicit (usually port 465) encrypts from the first byte, and \
                 SMTP_TLS=none is for a relay on this machine or in a trusted network",
            );
        }
        self.wire.command(Step::StartTls, "STARTTLS\r\n").await?;
        match self.wire.into_plain() {
            Some(stream) => Ok(stream),
            None => unfit("something was said between the answer and the encryption: is somebody in between?"),
        }
    }

    /// Sends our greeting, to which the server answers with what it offers.
    async fn hello(&mut self, name: &str) -> Result<(), Failed> {
        self.wire.write(Step::Hello, format!("EHLO {name}\r\n").as_bytes()).await?;
        let reply = self.wire.reply(Step::Hello).await?;
        if matches!(reply.code(), 500 | 502) {
            // A server that is older than extensions (RFC 5321 section 3.2).
            self.wire.command(Step::Hello, &format!("HELO {name}\r\n")).await?;
            return Ok(());
        }
        self.offers = Offers::of(&success(Step::Hello, reply)?);
        Ok(())
    }

    /// The same as [`Connection::open`] on a stream that STARTTLS has encrypted: the server does not greet again.
    pub(super) async fn resume(stream: Stream, hello: &str) -> Result<Self, Failed> {
        let mut connection = Self::on(stream);
        connection.hello(hello).await?;
        Ok(connection)
    }

    /// Logs in by RFC 4954 and RFC 4616. LOGIN is older than both, and still the only way that some servers know.
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
        self.wire.write(Step::Auth, first.as_bytes()).await?;
        let mut reply = self.wire.reply(Step::Auth).await?;
        for answer in answers {
            if reply.code() == 334 {
                self.wire.write(Step::Auth, format!("{answer}\r\n").as_bytes()).await?;
                reply = self.wire.reply(Step::Auth).await?;
            }
        }
        success(Step::Auth, reply).map(drop)
    }

    /// Names sender and recipients; `again` says that another mail came before on this connection. Every answer is read,
    /// also after one that said no.
    pub(super) async fn address(&mut self, envelope: &Envelope<'_>, again: bool) -> Result<(), Failed> {
        let Envelope { from, to, copies, mail } = envelope;
        let bytes = mail.len() as u64;
        let from = match self.offers.max_bytes {
            Some(max) if max > 0 && bytes > max => return Err(Step::From.failed(Trouble::TooLarge(max))),
            Some(_) => format!("MAIL FROM:<{from}> SIZE={bytes}\r\n"),
            None => format!("MAIL FROM:<{from}>\r\n"),
        };
        let mut commands = Vec::with_capacity(3 + copies.len());
        if again {
            commands.push((Step::Reset, "RSET\r\n".to_owned()));
        }
        commands.push((Step::From, from));
        commands.push((Step::To, format!("RCPT TO:<{to}>\r\n")));
        commands.extend(copies.iter().map(|copy| (Step::Copy, format!("RCPT TO:<{copy}>\r\n"))));
        if !self.offers.pipelining {
            for (step, command) in &commands {
                self.wire.command(*step, command).await?;
            }
            return Ok(());
        }
        let together = commands.iter().map(|(_, command)| command.as_str()).collect::<String>();
        self.wire.write(commands[0].0, together.as_bytes()).await?;
        let mut result = Ok(());
        for (step, _) in commands {
            match self.wire.reply(step).await {
                Ok(reply) => result = result.and(success(step, reply).map(drop)),
                Err(lost) => return result.and(Err(lost)),
            }
        }
        result
    }

    /// Brings the dialogue to the point at which the mail itself is next.
    pub(super) async fn announce(&mut self) -> Result<(), Failed> {
        self.wire.write(Step::Data, b"DATA\r\n").await?;
        match self.wire.reply(Step::Data).await? {
            reply if reply.code() == 354 => Ok(()),
            reply => Err(Step::Data.failed(Trouble::Refused(reply))),
        }
    }

    /// Writes the mail, and reads the answer to it.
    pub(super) async fn hand_over(&mut self, mail: &[u8]) -> Result<Reply, Failed> {
        self.wire.write(Step::Message, &stuffed(mail)).await?;
        self.wire.reply(Step::Message).await
    }

    /// Says goodbye, without waiting for an answer.
    pub(super) async fn quit(self) {
        self.wire.end_with(b"QUIT\r\n").await;
    }
}

/// The mail with its end, in which each dot that begins a line is doubled (RFC 5321 section 4.5.2). All lines of the
/// mail end in CRLF.
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
    use super::*;

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
