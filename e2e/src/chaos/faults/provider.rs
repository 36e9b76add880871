//! The provider fails, throttles, is slow, hangs, or takes a message and never says so.

use std::time::Duration;

use anyhow::Result;

use super::{AWAY, Fault, Scope, fault};
use crate::chaos::world::{World, refusal};
use crate::provider::{Answer, INTERNAL_ERROR};

/// Within the worker's time limit, and beyond it.
const SLOW: Duration = Duration::from_millis(1200);
const TOO_SLOW: Duration = Duration::from_secs(4);

#[derive(Clone, Copy, Debug)]
pub(in crate::chaos) enum Action {
    Fails,
    MayHaveSent,
    Throttles,
    IsSlow,
    IsTooSlow,
    Hangs,
    Vanishes,
    Resets,
    TalksGarbage,
}

impl Action {
    /// Says every how many requests get which answer, and for how long.
    fn plan(self) -> (usize, Answer, Duration) {
        match self {
            Self::Fails => (1, refusal(500, None), AWAY),
            Self::MayHaveSent => (2, Answer::Refuse { status: 500, code: INTERNAL_ERROR, retry_after: None }, AWAY),
            Self::Throttles => (1, refusal(429, Some("1")), AWAY),
            Self::IsSlow => (1, Answer::Slow(SLOW), AWAY),
            Self::IsTooSlow => (2, Answer::Slow(TOO_SLOW), AWAY),
            Self::Hangs => (2, Answer::Hang, AWAY),
            Self::Vanishes => (2, Answer::Vanish, AWAY),
            Self::Resets => (2, Answer::Reset, AWAY),
            Self::TalksGarbage => (2, Answer::Garbage, AWAY),
        }
    }

    pub(super) async fn inject(self, world: &World) -> Result<()> {
        let (every, answer, time) = self.plan();
        world.provider.answer_sometimes(every, answer);
        tokio::time::sleep(time).await;
        world.reset_provider();
        Ok(())
    }
}

pub(super) fn faults() -> Vec<Fault> {
    use Scope::{Full, Short};
    let provider = |scope, name, action, description| fault(scope, name, super::Action::Provider(action), description);
    vec![
        provider(Short, "provider fails", Action::Fails, "500 to everything for 5 s"),
        provider(Short, "provider throttles", Action::Throttles, "429 with Retry-After to everything for 5 s"),
        provider(Short, "provider hangs", Action::Hangs, "no answer to half of the requests"),
        provider(Short, "provider resets", Action::Resets, "takes half of the requests, then resets the connection"),
        provider(Full, "provider vanishes", Action::Vanishes, "takes half of the requests, then closes without a word"),
        provider(
            Full,
            "provider may have sent",
            Action::MayHaveSent,
            "half get a 500 after which Twilio may have sent",
        ),
        provider(Full, "provider slow", Action::IsSlow, "answers after 1.2 s"),
        provider(Full, "provider too slow", Action::IsTooSlow, "half are accepted long after the time limit"),
        provider(Full, "provider talks garbage", Action::TalksGarbage, "201 with a body that is not JSON to half"),
    ]
}
