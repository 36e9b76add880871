//! A message that wants people to be asked is given on to whoever asks them, under its own id, and is acknowledged once the
//! broker has confirmed that.

use std::sync::Arc;

use domain::{Addressee, AskRequest, ChannelName, DecodeError, FieldError, Reason};
use intake::InHand;
use media::DestinationError;
use runtime::failpoint;
use serde_json::Value;
use topology::{Asking, Inbound, Incoming, Publication};
use uuid::Uuid;

use crate::deliver::refuse;
use crate::shared::Shared;

/// By which a request to ask is known among the messages of the fleet's own.
const TO_ASK: &str = "/asks";

/// Gives a request to ask on, and dead-letters what is none. `error` says why the message is no notification.
pub(crate) async fn ask_or_refuse(shared: Arc<Shared>, error: DecodeError, incoming: Incoming) {
    match incoming.asking().map(|asking| asking.and_then(checked)) {
        Some(Ok(asking)) => give_on(&shared, asking, incoming).await,
        Some(Err(error)) => refuse(shared, error, incoming).await,
        None => refuse(shared, error, incoming).await,
    }
}

/// A message without an id gets a new one: if it comes again, people are asked again.
async fn give_on(shared: &Shared, asking: Asking, incoming: Incoming) {
    let id = asking.request.id.unwrap_or_else(|| Uuid::now_v7().to_string());
    let mut body = asking.body;
    body.insert("id".to_owned(), Value::from(id.as_str()));
    let inbound = Inbound::own(TO_ASK, &Value::Object(body), shared.intake.clock.now());
    let mut publication = Publication::of_inbound(id, inbound);
    if let Some(trace) = incoming.publisher_properties.trace() {
        publication.publisher_properties = publication.publisher_properties.in_trace(trace);
    }
    metrics::counter!("chasqui_asks_received_total").increment(1);
    failpoint("worker.ask_in_hand");
    InHand::new(&shared.intake).give_on(publication, incoming).await;
}

/// Refuses destinations that no provider would take, as the API does.
fn checked(asking: Asking) -> Result<Asking, DecodeError> {
    let AskRequest { to, escalate, .. } = &asking.request;
    let mut faults = faults_of(to, "/ask/to");
    for (at, step) in escalate.iter().enumerate() {
        faults.extend(faults_of(&step.to, &format!("/ask/escalate/{at}/to")));
    }
    if faults.is_empty() { Ok(asking) } else { Err(DecodeError { reason: Reason::DecodeError, fields: faults }) }
}

fn faults_of(people: &[Addressee], place: &str) -> Vec<FieldError> {
    let mut faults = Vec::new();
    for (at, one) in people.iter().enumerate() {
        match one {
            Addressee::Address { channel, destination, .. } => {
                let refusal = media::check_destination(channel, destination).err();
                faults.extend(refusal.map(|refusal| match refusal {
                    DestinationError::UnknownChannel(why) => {
                        fault(format!("{place}/{at}/channel"), format!("is an {why}"))
                    }
                    DestinationError::Bad(why) => fault(format!("{place}/{at}/destination"), why),
                }));
            }
            Addressee::Contact { channels, .. } | Addressee::Group { channels, .. } => {
                let unknown = channels.iter().enumerate().filter(|(_, channel)| !is_known(channel));
                let told = |(n, channel): (usize, &ChannelName)| {
                    fault(format!("{place}/{at}/channels/{n}"), format!("is an {}", media::unknown(channel)))
                };
                faults.extend(unknown.map(told));
            }
        }
    }
    faults
}

fn is_known(channel: &ChannelName) -> bool {
    media::known().contains(&channel.as_str())
}

fn fault(pointer: String, detail: String) -> FieldError {
    FieldError { pointer, detail }
}

#[cfg(test)]
mod tests {
    use domain::Tenant;
    use serde_json::json;
    use topology::{Settlement, To};

    use crate::testing::{Copy, parts};

    #[tokio::test]
    async fn a_request_to_ask_is_given_on_under_its_id_and_acknowledged() {
        let mut parts = parts().await;
        let body = json!({"ask": {"question": "Deploy?", "to": [{"contact": "ana"}]}, "tenant": "acme"});
        let settled = parts.consume(Copy::published(Some("m-1"), &body.to_string())).await;
        assert_eq!(settled, Settlement::Ack);
        let published = parts.published();
        let [publication] = published.as_slice() else { panic!("{published:?}") };
        assert_eq!((&publication.to, publication.message_id.as_str()), (&To::Inbound, "m-1"));
        let given: serde_json::Value = serde_json::from_slice(&publication.body).unwrap();
        assert_eq!(
            (&given["id"], &given["tenant"], &given["question"]),
            (&"m-1".into(), &"acme".into(), &"Deploy?".into())
        );
        assert_eq!(parts.row("m-1").await.map(|row| row.key.tenant), None::<Tenant>, "it is no delivery");
    }

    #[tokio::test]
    async fn a_bad_request_to_ask_is_dead_lettered_with_everything_that_is_wrong() {
        let mut parts = parts().await;
        let body = json!({"ask": {"question": "Deploy?", "to": [
            {"channel": "email", "destination": "nobody"}, {"contact": "ana", "channels": ["emial"]},
        ]}});
        parts.consume(Copy::published(Some("m-1"), &body.to_string())).await;
        let published = parts.published();
        let [letter] = published.as_slice() else { panic!("{published:?}") };
        let dead = letter.headers.dead.as_ref().expect("a letter");
        assert_eq!((&letter.to, dead.reason.as_str()), (&To::DeadLetter, "decode_error"));
        for expected in ["/ask/to/0/destination must", "/ask/to/1/channels/0 is an unknown channel"] {
            assert!(dead.error.contains(expected), "{expected} in {}", dead.error);
        }
    }
}
