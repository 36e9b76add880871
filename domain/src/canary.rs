//! Whether a job over dead letters goes on once its first letters have been tried again.

/// What became of the first letters of a job.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Canary {
    pub tried: u32,
    /// They ended otherwise than dead or held.
    pub well: u32,
    /// They are dead or held again.
    pub failed: u32,
}

/// What the job does next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Some have not ended yet, and the others do not decide it.
    Wait,
    GoOn,
    /// More than half of them have failed again: the rest would as well.
    Pause,
}

impl Canary {
    pub const fn verdict(self) -> Verdict {
        let Self { tried, well, failed } = self;
        if failed > tried / 2 {
            Verdict::Pause
        } else if well.saturating_add(failed) >= tried {
            Verdict::GoOn
        } else {
            Verdict::Wait
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_pauses_when_most_fail_again_and_goes_on_when_all_have_ended() {
        for (tried, well, failed, expected) in [
            (20, 0, 0, Verdict::Wait),
            (20, 9, 10, Verdict::Wait),
            (20, 0, 11, Verdict::Pause),
            (20, 10, 10, Verdict::GoOn),
            (20, 20, 0, Verdict::GoOn),
            (1, 0, 1, Verdict::Pause),
            (1, 1, 0, Verdict::GoOn),
            (0, 0, 0, Verdict::GoOn),
        ] {
            assert_eq!(Canary { tried, well, failed }.verdict(), expected, "{tried} {well} {failed}");
        }
    }
}
