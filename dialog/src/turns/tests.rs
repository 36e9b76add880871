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
async fn what_one_person_answers_to_one_question_is_heard_in_order_by_whichever_way() {
    let mut parts = parts().await;
    for (id, number) in [("ana", "1"), ("ben", "2")] {
        parts.knows(id, &[], &[("telegram", number)]).await;
    }
    let to = [json!({ "contact": "ana" }), json!({ "contact": "ben" })];
    parts.asks(json!({ "id": "a-1", "question": "Deploy?", "quorum": 2, "to": to })).await;
    let ticket = Ticket::parse(&parts.button(1, 0).await).unwrap();
    let (code, code_of_ben) = (parts.code(0).await, parts.code(1).await);
    let link = json!({ "tenant": "default", "ask": "a-1", "approver": "ana", "choice": "no", "id": "link-1",
        "via": "link", "evidence": "{}" });
    // What she has pressed before is in hand of the dialog still.
    let place = parts.shared.turns.queue(of(&[&format!("{} {}", ticket.handle, ticket.approver)]));
    let first = parts.shared.turns.turn(place).await;
    let mut typed = Box::pin(parts.says("telegram", words("2/received", "1", &format!("YES {code}"))));
    let mut linked = Box::pin(parts.asked("/asks/answer", link));
    let others = async {
        parts.says("telegram", words("3/received", "1", "When do you open?")).await;
        parts.says("telegram", words("4/received", "2", &format!("YES {code_of_ben}"))).await;
    };
    tokio::select! {
        biased;
        () = &mut typed => panic!("what she has typed was heard before what she has pressed"),
        () = &mut linked => panic!("her link was heard before what she has pressed"),
        () = others => drop(first),
    }
    typed.await;
    linked.await;
}

#[tokio::test]
async fn too_many_presses_of_one_person_come_again_later_and_are_heard_then() {
    let mut parts = parts().await;
    parts.knows("ana", &[], &[("telegram", "1")]).await;
    parts.asks(json!({ "id": "a-1", "question": "Deploy?", "to": [{ "contact": "ana" }] })).await;
    let button = parts.button(0, 0).await;
    let ticket = Ticket::parse(&button).unwrap();
    let person = format!("{} {}", ticket.handle, ticket.approver);
    let mut present = Vec::new();
    while let Some(one) = parts.shared.crowd.admit(person.clone()) {
        present.push(one);
    }
    parts.says("telegram", press("1/received", "1", &button)).await;
    let put_aside = parts.published();
    assert_eq!((names(&put_aside).as_str(), put_aside.requests.len()), ("", 1));
    drop(present);
    parts.take_all(put_aside).await;
    assert_eq!(names(&parts.published()), "ask.counted ask.answered");
}
