//! Asks ClamAV whether it finds something in a file, by the command INSTREAM of its daemon.
//!
//! Source: <https://docs.clamav.net/manual/Usage/Scanning.html> and `man clamd`.

use std::time::Duration;

use domain::printable;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How much goes in one piece.
const PIECE: usize = 32 * 1024;
/// How long the daemon may take to let us in.
const CONNECT: Duration = Duration::from_secs(5);
/// How long the whole of a scan may take: the daemon's own limit is 120 s.
const SCAN: Duration = Duration::from_secs(60);
/// The most bytes of an answer.
const MAX_ANSWER: usize = 4 * 1024;
/// The one answer that means that nothing was found.
const CLEAN: &str = "stream: OK";

/// Where the daemon is.
#[derive(Clone, Debug)]
pub(crate) struct Scanner {
    host: String,
    port: u16,
    /// How long the whole of a scan may take.
    patience: Duration,
}

/// What the daemon has said of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    Clean,
    /// The name of what it found.
    Found(String),
    /// It did not say anything that is either of both: nobody knows.
    Unknown(String),
}

impl Scanner {
    pub(crate) fn new(host: String, port: u16) -> Self {
        Self { host, port, patience: SCAN }
    }

    /// Has the daemon look at all that can be read.
    pub(crate) async fn scan(&self, file: impl AsyncRead + Unpin) -> Verdict {
        match timeout(self.patience, self.ask(file)).await {
            Ok(Ok(answer)) => verdict(&answer),
            Ok(Err(why)) => Verdict::Unknown(why),
            Err(_) => Verdict::Unknown(format!("it has not answered within {} s", self.patience.as_secs())),
        }
    }

    /// Whether the daemon takes files of so many bytes.
    ///
    /// # Errors
    /// Why it does not, or why nobody knows.
    pub(crate) async fn takes(&self, bytes: u64) -> Result<(), String> {
        match self.scan(tokio::io::repeat(0).take(bytes)).await {
            Verdict::Clean => Ok(()),
            Verdict::Found(name) => Err(format!("it finds {name} in zeros")),
            Verdict::Unknown(why) => Err(why),
        }
    }

    /// Whether the daemon answers.
    ///
    /// # Errors
    /// Why it does not.
    pub(crate) async fn ping(&self) -> Result<(), String> {
        let pinging = async {
            let mut socket = self.connect().await?;
            socket.write_all(b"zPING\0").await.map_err(broke)?;
            answer(&mut socket).await
        };
        match timeout(CONNECT, pinging).await {
            Ok(Ok(answer)) if answer == "PONG" => Ok(()),
            Ok(Ok(_)) => Err("it answers something else than PONG".into()),
            Ok(Err(why)) => Err(why),
            Err(_) => Err(format!("it has not answered within {} s", CONNECT.as_secs())),
        }
    }

    async fn ask(&self, mut file: impl AsyncRead + Unpin) -> Result<String, String> {
        let mut socket = self.connect().await?;
        socket.write_all(b"zINSTREAM\0").await.map_err(broke)?;
        let mut piece = vec![0; PIECE];
        let has_all = loop {
            let read = file.read(&mut piece).await.map_err(|error| format!("the file cannot be read: {error}"))?;
            let length = u32::try_from(read).unwrap_or_default().to_be_bytes();
            let sent = async {
                socket.write_all(&length).await?;
                socket.write_all(&piece[..read]).await
            };
            // A daemon that has had enough says so and closes: what it said may still be read.
            if sent.await.is_err() {
                break false;
            }
            if read == 0 {
                break true;
            }
        };
        match answer(&mut socket).await? {
            said if said == CLEAN && !has_all => Err("it has answered before it had all of the file".into()),
            said => Ok(said),
        }
    }

    async fn connect(&self) -> Result<TcpStream, String> {
        match timeout(CONNECT, TcpStream::connect((self.host.as_str(), self.port))).await {
            Ok(Ok(socket)) => Ok(socket),
            Ok(Err(error)) => Err(format!("it cannot be reached: {error}")),
            Err(_) => Err(format!("it cannot be reached within {} s", CONNECT.as_secs())),
        }
    }
}

fn broke(error: std::io::Error) -> String {
    format!("the connection broke: {error}")
}

/// What it says up to the byte zero, or to its end.
async fn answer(socket: &mut TcpStream) -> Result<String, String> {
    let mut said = Vec::new();
    while said.len() < MAX_ANSWER && !said.contains(&0) && socket.read_buf(&mut said).await.map_err(broke)? > 0 {}
    let text = said.split(|&byte| byte == 0).next().unwrap_or_default();
    if text.is_empty() {
        return Err("it has closed the connection without an answer".into());
    }
    Ok(String::from_utf8_lossy(text).trim().to_owned())
}

/// Nothing but one answer is clean: an error, too, begins with `stream: ` or without it.
fn verdict(answer: &str) -> Verdict {
    if answer == CLEAN {
        return Verdict::Clean;
    }
    match answer.strip_prefix("stream: ").and_then(|rest| rest.strip_suffix(" FOUND")) {
        Some(found) => Verdict::Found(printable(found).chars().take(100).collect()),
        None => Verdict::Unknown(format!("it says: {}", printable(answer).chars().take(200).collect::<String>())),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use tokio::net::TcpListener;
    use tokio::task::JoinHandle;

    use super::*;

    #[test]
    fn nothing_but_ok_is_clean() {
        assert_eq!(verdict("stream: OK"), Verdict::Clean);
        assert_eq!(verdict("stream: Eicar-Test FOUND"), Verdict::Found("Eicar-Test".into()));
        for other in [
            "INSTREAM size limit exceeded. ERROR",
            "stream: OK OK",
            "stream: Can't allocate memory ERROR",
            "OK",
            "PONG",
            "stream: ok",
            "\u{1b}[2J",
        ] {
            assert!(matches!(verdict(other), Verdict::Unknown(why) if !why.contains('\u{1b}')), "{other}");
        }
    }

    /// A daemon that reads one stream, as far as `until`, and says this. It returns what it has read.
    pub(crate) async fn daemon(says: &'static [u8], until: usize) -> (Scanner, JoinHandle<Vec<u8>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let scanner = Scanner::new("127.0.0.1".into(), listener.local_addr().unwrap().port());
        let reading = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut command = [0; 10];
            socket.read_exact(&mut command).await.unwrap();
            assert_eq!(&command, b"zINSTREAM\0");
            let mut read = Vec::new();
            while read.len() < until {
                let length = socket.read_u32().await.unwrap() as usize;
                if length == 0 {
                    break;
                }
                let mut piece = vec![0; length];
                socket.read_exact(&mut piece).await.unwrap();
                read.extend(piece);
            }
            socket.write_all(says).await.unwrap();
            read
        });
        (scanner, reading)
    }

    #[tokio::test]
    async fn a_file_goes_in_pieces_and_the_answer_is_believed() {
        let file = vec![7; 3 * PIECE + 5];
        let (scanner, reading) = daemon(b"stream: OK\0", usize::MAX).await;
        assert_eq!(scanner.scan(file.as_slice()).await, Verdict::Clean);
        assert_eq!(reading.await.unwrap(), file);
        let (scanner, _reading) = daemon(b"stream: Eicar FOUND\0", usize::MAX).await;
        assert_eq!(scanner.scan(b"x".as_slice()).await, Verdict::Found("Eicar".into()));
    }

    #[tokio::test]
    async fn a_daemon_that_has_had_enough_away_or_silent_says_nothing_of_the_file() {
        let (scanner, _reading) = daemon(b"INSTREAM size limit exceeded. ERROR\0", PIECE).await;
        assert!(matches!(scanner.scan(tokio::io::repeat(0).take(1 << 20)).await, Verdict::Unknown(_)));
        let (scanner, _reading) = daemon(b"stream: OK\0", PIECE).await;
        assert!(matches!(scanner.scan(tokio::io::repeat(0).take(1 << 30)).await, Verdict::Unknown(_)), "it has a part");
        let (scanner, _reading) = daemon(b"", usize::MAX).await;
        assert!(matches!(scanner.scan(b"x".as_slice()).await, Verdict::Unknown(_)));
        let away = Scanner::new("127.0.0.1".into(), testkit::nobody().port());
        assert!(matches!(away.scan(b"x".as_slice()).await, Verdict::Unknown(_)));
        assert!(away.ping().await.is_err());
    }

    #[tokio::test]
    async fn a_daemon_that_is_slow_or_talks_nonsense_says_nothing_of_the_file() {
        // It lets us in, and neither reads nor answers.
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let slow = Scanner { patience: Duration::from_millis(50), ..Scanner::new("127.0.0.1".into(), port) };
        for bytes in [1, 64 << 20] {
            let verdict = slow.scan(tokio::io::repeat(0).take(bytes)).await;
            assert!(matches!(&verdict, Verdict::Unknown(why) if why.contains("has not answered")), "{verdict:?}");
        }
        let long: &'static [u8] = &[b'x'; 64 * 1024];
        for nonsense in [b"HTTP/1.1 400 Bad Request\r\n\r\n".as_slice(), b"\xff\xfe\0stream: OK\0", b"\0", long] {
            let (scanner, _reading) = daemon(nonsense, usize::MAX).await;
            let verdict = scanner.scan(b"x".as_slice()).await;
            assert!(matches!(&verdict, Verdict::Unknown(why) if why.len() < 1_000), "{verdict:?}");
        }
    }
}
