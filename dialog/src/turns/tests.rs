//! Who is heard after whom.

use std::future::ready;

use domain::Ticket;
use serde_json::json;

use super::*;
use crate::testing::{names, parts, press, words};

fn of(speakers: &[&str]) -> BTreeSet<String> {
    speakers.iter().map(|one| (*one).to_owned()).collect()
}

#[tokio::test]
async fn turns_of_one_speaker_follow_one_another_and_those_of_others_go_on() {
    let turns = Turns::default();
    let [first, second, other] = [of(&["ana"]), of(&["ana", "ben"]), of(&["caro"])].map(|who| turns.queue(who));
    let third = turns.queue(of(&["ben"]));
    let first = turns.turn(first).await;
    drop(turns.turn(other).await);
    let mut second = Box::pin(turns.turn(second));
    let mut third = Box::pin(turns.turn(third));
    tokio::select! {
        biased;
        _ = &mut second => panic!("the first is being heard"),
        _ = &mut third => panic!("the second is not heard yet"),
        _ = ready(()) => {}
    }
    drop(first);
    let second = second.await;
    tokio::select! {
        biased;
        _ = &mut third => panic!("the second is being heard"),
        _ = ready(()) => {}
    }
    drop(second);
    drop(third.await);
    assert!(turns.queued().last.is_empty(), "nothing is kept of who has been heard");
}

#[tokio::test]
async fn whoever_gives_up_waiting_keeps_nobody_waiting() {
    let turns = Turns::default();
    let [first, second, third] = [(); 3].map(|()| turns.queue(of(&["ana"])));
    let first = turns.turn(first).await;
    let mut second = Box::pin(turns.turn(second));
    tokio::select! {
        biased;
        _ = &mut second => panic!("the first is being heard"),
        _ = ready(()) => {}
    }
    drop(second);
    drop(first);
    drop(turns.turn(third).await);
}

#[tokio::test]
async fn of_two_presses_the_second_waits_for_the_first_and_nobody_else_does() {
    let mut parts = parts().await;
    for (id, number) in [("ana", "1"), ("ben", "2")] {
        parts.knows(id, &[], &[("telegram", number)]).await;
    }
    let to = [json!({ "contact": "ana" }), json!({ "contact": "ben" })];
    parts.asks(json!({ "id": "a-1", "question": "Deploy?", "quorum": 2, "to": to })).await;
    let (of_ana, of_ben) = (parts.button(1, 0).await, parts.button(0, 1).await);
    let ticket = Ticket::parse(&of_ana).unwrap();
    // What she has pressed before is in hand of the dialog still.
    let place = parts.shared.turns.queue(of(&[&format!("{} {}", ticket.handle, ticket.approver)]));
    let first = parts.shared.turns.turn(place).await;
    let mut second = Box::pin(parts.says("telegram", press("2/received", "1", &of_ana)));
    let others = async {
        for n in 3..9 {
            parts.says("telegram", press(&format!("{n}/received"), "2", &of_ben)).await;
        }
    };
    tokio::select! {
        biased;
        () = &mut second => panic!("it was heard before the first"),
        () = others => drop(first),
    }
    second.await;
    let published = parts.published();
    assert_eq!(names(&published), "ask.counted ask.counted ask.answered");
    assert_eq!(
        (&published.events[0].1["approver"], &published.events[1].1["approver"]),
        (&json!("ben"), &json!("ana"))
    );
}

#[tokio::test]
async fn of_two_texts_with_one_code_the_second_waits_and_whatever_else_they_write_does_not() {
    let parts = parts().await;
    parts.knows("ana", &[], &[("telegram", "1")]).await;
    let place = parts.shared.turns.queue(of(&["telegram 1 482193"]));
    let first = parts.shared.turns.turn(place).await;
    let mut second = Box::pin(parts.says("telegram", words("1/received", "1", "SI 482 193.")));
    let others = async {
        for (id, text) in [("2/received", "When do you open?"), ("3/received", "SI 482194"), ("4/received", "/help")] {
            parts.says("telegram", words(id, "1", text)).await;
        }
        parts.says("telegram", words("5/received", "2", "SI 482193")).await;
    };
    tokio::select! {
        biased;
        () = &mut second => panic!("it was heard before the first"),
        () = others => drop(first),
    }
    second.await;
}
