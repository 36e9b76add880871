//! Whoever asks leaves it to another dialog where that may help, and where another would meet the same, to nobody.

use std::pin::pin;
use std::sync::Arc;

use tokio::sync::Notify;

use super::*;
use crate::testing::parts;
use crate::updates::Later;

/// Asks somebody who always answers so, with a sign of each question.
fn poller(answer: NotTold) -> (Poller, Arc<Notify>) {
    let asked = Arc::new(Notify::new());
    let sign = Arc::clone(&asked);
    let ask = move |_: Option<i64>| -> Later<Result<Vec<Update>, NotTold>> {
        sign.notify_one();
        let answer = answer.clone();
        Box::pin(async move { Err(answer) })
    };
    let no_answer = |_: String| -> Later<Result<(), String>> { Box::pin(async { Ok(()) }) };
    let polling =
        Polling { provider: "telegram", target: "/webhook/telegram", ask: Arc::new(ask), answer: Arc::new(no_answer) };
    (Poller::new(polling), asked)
}

#[tokio::test]
async fn what_every_dialog_would_meet_makes_one_unready_and_the_others_never_ask() {
    let why = "a webhook is set".to_owned();
    for (answer, expected) in
        [(NotTold::Elsewhere(why.clone()), false), (NotTold::Now { why: why.clone(), wait: None }, true)]
    {
        let parts = parts().await;
        let (poller, asked) = poller(answer);
        let (store, another) = (&parts.shared.intake.store, Uuid::now_v7());
        let gets_it = async {
            while !store.hold_lease(&poller.lease, another, LEASE).await.unwrap() {
                tokio::task::yield_now().await;
            }
        };
        let mut keeping = pin!(poller.keep(&parts.shared));
        tokio::select! {
            () = &mut keeping => unreachable!("it asks for ever"),
            () = asked.notified() => {}
        }
        let has_got_it = tokio::select! {
            () = &mut keeping => unreachable!("it asks for ever"),
            () = gets_it => true,
            () = asked.notified() => false,
        };
        assert_eq!(has_got_it, expected);
    }
}
