//! Questions in the words of whoever reads them: names of people, and yes and no in their language.

use serde_json::{Value, json};
use store::Contact;

use crate::testing::{ADMIN, Parts, parts, press};

/// Somebody who is known by a name, and by their language.
async fn knows(parts: &Parts, id: &str, name: &str, locale: Option<&str>, number: &str) {
    let contact = parts.knows(id, &[], &[("telegram", number)]).await;
    let contact = Contact { name: name.to_owned(), locale: locale.map(str::to_owned), ..contact };
    parts.shared.intake.store.put_contact(&contact, &testkit::told()).await.unwrap();
}

/// What the buttons of a message say.
fn labels(body: &Value) -> &Value {
    &body["data"]["choices"]
}

#[tokio::test]
async fn people_read_names_where_rows_and_events_have_ids() {
    let mut parts = parts().await;
    knows(&parts, "u-1", "Ana María", None, "1").await;
    knows(&parts, "u-2", "Ben", None, "2").await;
    let body = json!({ "id": "a-1", "question": "Deploy?", "requested_by": "u-2", "to": [{ "contact": "u-1" },
        { "contact": "u-2" }, { "channel": "email", "destination": "eve@example.com", "name": "Eve" },
        { "channel": "email", "destination": "mallory@example.com" }, { "group": "admins" }] });
    let asked = parts.asks(body).await;
    assert!(asked.deliveries.iter().all(|body| body["data"]["requested_by"] == "Ben"), "{:?}", asked.deliveries);
    let ask = parts.shared.intake.store.ask(&testkit::key("a-1")).await.unwrap().unwrap();
    let names: Vec<&str> = ask.audience.iter().map(|id| ask.names.get(id).unwrap_or(id).as_str()).collect();
    let admin = format!("telegram:{ADMIN}");
    assert_eq!(
        names,
        ["Ana María", "Ben", "Eve", "***@example.com", admin.as_str()],
        "of a short number no mask is left"
    );
    assert_eq!(ask.audience[0], "u-1");
    let button = parts.button(0, 0).await;
    parts.says("telegram", press("7/received", "1", &button)).await;
    let ended = parts.published();
    let told = ended.events.iter().find(|(name, _)| name == "ask.answered").unwrap();
    assert_eq!(told.1["by"], "u-1", "subscribers are told ids");
    let button = parts.button(1, 1).await;
    parts.says("telegram", press("8/received", "2", &button)).await;
    let late = parts.published();
    let data = &late.deliveries[0]["data"];
    assert_eq!((&data["verdict"], &data["by"], &data["decided"]), (&json!("late"), &json!("Ana María"), &json!("Yes")));
}

#[tokio::test]
async fn whoever_asks_from_the_command_line_is_an_operator() {
    let mut parts = parts().await;
    knows(&parts, "ana", "Ana", Some("es-AR"), "1").await;
    for (n, (by, expected)) in
        [("command line:uid 0", "un operador"), ("command line:ada", "ada"), ("shop", "shop")].into_iter().enumerate()
    {
        let body = json!({ "id": format!("n-{n}"), "question": "Deploy?", "to": [{ "contact": "ana" }],
            "requested_by": by });
        let asked = parts.asks(body).await;
        assert_eq!(asked.deliveries[0]["data"]["requested_by"], expected, "{by}");
    }
}

#[tokio::test]
async fn each_reads_yes_and_no_in_their_own_language() {
    let mut parts = parts().await;
    knows(&parts, "ana", "Ana", Some("es"), "1").await;
    knows(&parts, "ben", "Ben", Some("en"), "2").await;
    knows(&parts, "caro", "Caro", None, "3").await;
    let to = json!([{ "contact": "ana" }, { "contact": "ben" }, { "contact": "caro" }]);
    let asked = parts.asks(json!({ "id": "a-1", "question": "Deploy?", "to": to })).await;
    let [ana, ben, caro] = asked.deliveries.as_slice() else { panic!("{:?}", asked.deliveries) };
    let (spanish, english) = (json!(["Sí", "No"]), json!(["Yes", "No"]));
    assert_eq!((labels(ana), labels(ben), labels(caro)), (&spanish, &english, &english), "the fleet speaks English");
    let own = json!({ "id": "a-2", "question": "Now?", "choices": ["Now", "Later"], "to": to });
    let asked = parts.asks(own).await;
    assert!(asked.deliveries.iter().all(|body| *labels(body) == json!(["Now", "Later"])), "{:?}", asked.deliveries);
    let button = parts.button(0, 0).await;
    parts.says("telegram", press("7/received", "1", &button)).await;
    assert_eq!(parts.published().deliveries[0]["data"]["choice"], "Sí");
}

#[tokio::test]
async fn whoever_has_answered_is_not_told_that_they_come_too_late() {
    let mut parts = parts().await;
    knows(&parts, "ana", "Ana", Some("es"), "1").await;
    knows(&parts, "ben", "Ben", None, "2").await;
    let to = json!([{ "contact": "ana" }, { "contact": "ben" }]);
    parts.asks(json!({ "id": "a-1", "question": "Deploy?", "to": to })).await;
    let (yes, no) = (parts.button(0, 0).await, parts.button(1, 1).await);
    parts.says("telegram", press("7/received", "1", &yes)).await;
    assert_eq!(parts.published().deliveries[0]["data"]["verdict"], "ends");
    parts.says("telegram", press("8/received", "1", &yes)).await;
    let again = parts.published();
    assert_eq!(again.deliveries[0]["data"], json!({ "verdict": "answered", "choice": "Sí" }));
    parts.says("telegram", press("9/received", "2", &no)).await;
    let late = parts.published();
    assert_eq!(late.deliveries[0]["data"], json!({ "verdict": "late", "by": "Ana", "decided": "Yes" }));
}
