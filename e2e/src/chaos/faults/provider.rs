//! The provider fails, throttles, is slow, hangs, or takes a message and never says so.

use std::time::Duration;

use anyhow::Result;

use super::{AWAY, Fault, Scope, fault};
use crate::chaos::scene::{Scene, refusal};
use crate::provider::{Answer, INTERNAL_ERROR};

/// Within the worker's time limit, and beyond it.
const SLOW: Duration = Duration::from_millis(1200);
const TOO_SLOW: Duration = Duration::from_secs(4);

#[derive(Clone, Copy, Debug)]
pub(in crate::chaos) enum Act {
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

impl Act {
    /// Half of the requests, or all of them, and for how long.
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

    pub(super) async fn strike(self, scene: &Scene) -> Result<()> {
        let (every, answer, time) = self.plan();
        scene.provider.answer_sometimes(every, answer);
        tokio::time::sleep(time).await;
        scene.calm();
        Ok(())
    }
}

pub(super) fn faults() -> Vec<Fault> {
    use Scope::{Full, Short};
    let provider = |scope, name, act, says| fault(scope, name, super::Act::Provider(act), says);
    vec![
        provider(Short, "provider fails", Act::Fails, "500 to everything for 5 s"),
        provider(Short, "provider throttles", Act::Throttles, "429 with Retry-After to everything for 5 s"),
        provider(Short, "provider hangs", Act::Hangs, "no answer to half of the requests"),
        provider(Short, "provider resets", Act::Resets, "takes half of the requests, then resets the connection"),
        provider(Full, "provider vanishes", Act::Vanishes, "takes half of the requests, then closes without a word"),
        provider(Full, "provider may have sent", Act::MayHaveSent, "half get a 500 after which Twilio may have sent"),
        provider(Full, "provider slow", Act::IsSlow, "answers after 1.2 s"),
        provider(Full, "provider too slow", Act::IsTooSlow, "half are accepted long after the time limit"),
        provider(Full, "provider talks garbage", Act::TalksGarbage, "201 with a body that is not JSON to half"),
    ]
}
