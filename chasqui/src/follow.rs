//! Follows what others do until it has ended: when to look again, and when to say that nobody has taken it.

use std::time::Duration;

use tokio::time::Instant;

use crate::output;

const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Whoever is there takes what is due in far less time.
const TAKEN_WITHIN: Duration = Duration::from_secs(10);

/// Waits until it is time to look again. False where Ctrl-C was pressed meanwhile.
pub(crate) async fn again() -> bool {
    tokio::select! {
        () = tokio::time::sleep(LOOK_EVERY) => true,
        _ = tokio::signal::ctrl_c() => false,
    }
}

/// When to tell, once, that nobody has taken it, and where to look: `role` is who should have, and `dead_letters` the queue of
/// what cannot be read.
pub(crate) struct Untaken<'a> {
    role: &'static str,
    dead_letters: &'a str,
    late: Option<Instant>,
}

impl<'a> Untaken<'a> {
    /// By this role, since now.
    pub(crate) fn by(role: &'static str, dead_letters: &'a str) -> Self {
        Self { role, dead_letters, late: Some(Instant::now() + TAKEN_WITHIN) }
    }

    /// Tells it where it is time to.
    pub(crate) fn look(&mut self, is_taken: bool) {
        if self.is_to_tell(is_taken, Instant::now()) {
            self.complain();
        }
    }

    pub(crate) fn is_to_tell(&mut self, is_taken: bool, now: Instant) -> bool {
        let is_late = !is_taken && self.late.is_some_and(|late| late <= now);
        if is_taken || is_late {
            self.late = None;
        }
        is_late
    }

    pub(crate) fn complain(&self) {
        let Self { role, dead_letters, .. } = self;
        output::complain(format_args!(
            "no {role} has taken it after {} seconds, and this command waits on: look whether a {role} with this broker and \
             this ledger is ready (`chasqui health`), and whether the message is in the queue {dead_letters}, with the \
             reason in its headers",
            TAKEN_WITHIN.as_secs()
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_takes_is_told_once_and_what_was_taken_never() {
        let start = Instant::now();
        let (early, late) = (start + TAKEN_WITHIN / 2, start + TAKEN_WITHIN);
        let since = || Untaken { role: "dialog", dead_letters: "dead", late: Some(start + TAKEN_WITHIN) };
        let mut untaken = since();
        let told = [early, late, late + TAKEN_WITHIN].map(|now| untaken.is_to_tell(false, now));
        assert_eq!(told, [false, true, false]);
        let mut taken = since();
        let told = [(true, early), (true, late), (false, late)].map(|(is_taken, now)| taken.is_to_tell(is_taken, now));
        assert_eq!(told, [false; 3]);
    }
}
