//! A mail server of a test, which takes every mail and says to whom it was to go (RFC 5321).

use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

pub(crate) struct Mailbox {
    pub(crate) address: SocketAddr,
    mails: UnboundedReceiver<Vec<String>>,
}

impl Mailbox {
    pub(crate) async fn open() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, mails) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, sender.clone()));
            }
        });
        Self { address, mails }
    }

    /// The recipients of each mail since the last call. A mail is there before its client has its answer.
    pub(crate) fn recipients(&mut self) -> Vec<Vec<String>> {
        std::iter::from_fn(|| self.mails.try_recv().ok()).collect()
    }
}

/// Takes mails until the client leaves.
async fn serve(stream: TcpStream, mails: UnboundedSender<Vec<String>>) {
    let mut stream = BufReader::new(stream);
    let (mut recipients, mut is_in_a_mail) = (Vec::new(), false);
    let mut answer = "220 mailbox\r\n";
    loop {
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
        let mut line = String::new();
        let Ok(1..) = stream.read_line(&mut line).await else { return };
        answer = match (is_in_a_mail, line.trim_end()) {
            (true, ".") => {
                is_in_a_mail = false;
                let _ = mails.send(std::mem::take(&mut recipients));
                "250 taken\r\n"
            }
            (true, _) => "",
            (false, "DATA") => {
                is_in_a_mail = true;
                "354 go on\r\n"
            }
            (false, command) => {
                let to = command.strip_prefix("RCPT TO:<").and_then(|rest| rest.split_once('>'));
                recipients.extend(to.map(|(to, _)| to.to_owned()));
                "250 yes\r\n"
            }
        };
    }
}
