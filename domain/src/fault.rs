//! What goes wrong on demand with messages that the sandbox carries, in the words in which providers are faked.

use std::fmt;
use std::time::Duration;

/// What becomes of a message in the place of being captured. One that says nothing captures it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Fault {
    /// The status of the answer, from 400 on.
    pub status: Option<u16>,
    /// What the answer says in `Retry-After`.
    pub retry_after: Option<Duration>,
    /// How long the answer is held back.
    pub latency: Duration,
    /// There is no answer, and nobody knows whether the message was taken.
    pub cut: bool,
}

/// The fields that say something, as whoever asked for it wrote them.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.status.map(|status| format!("status {status}"));
        let retry_after = self.retry_after.map(|wait| format!("retry_after {}", wait.as_secs()));
        let latency = (!self.latency.is_zero()).then(|| format!("latency_ms {}", self.latency.as_millis()));
        let cut = self.cut.then(|| "cut".to_owned());
        f.write_str(&[status, retry_after, latency, cut].into_iter().flatten().collect::<Vec<_>>().join(", "))
    }
}

#[test]
fn a_fault_is_told_by_what_it_does() {
    let slow_down = Fault { status: Some(429), retry_after: Some(Duration::from_secs(5)), ..Fault::default() };
    assert_eq!(slow_down.to_string(), "status 429, retry_after 5");
    let lost = Fault { latency: Duration::from_millis(250), cut: true, ..Fault::default() };
    assert_eq!(lost.to_string(), "latency_ms 250, cut");
}
