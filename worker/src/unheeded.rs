//! What a message has that is taken and has not the effect that its publisher may think. Over HTTP its publisher is
//! told of that in the answer; over AMQP it is kept beside the delivery.

use domain::{FieldError, Notification, Priority, Target, Worded};
use templates::{Links, TemplateError, Templates, no_template};
use topology::Incoming;

use crate::render::SMALL_BODY;
use crate::shared::Shared;

/// Looks at a message that was seen for the first time. Nothing is rendered again but for a mail in which a link is
/// none.
pub(crate) fn unheeded(shared: &Shared, notification: &Notification, incoming: &Incoming) -> Vec<FieldError> {
    // A fallback has fields of its parent, which were told of with the parent.
    if incoming.headers.parent.is_some() {
        return Vec::new();
    }
    // The fleet has written it itself, and what its template reads is there only once it is rendered.
    if notification.interactive.is_some() {
        return Vec::new();
    }
    let templates = &shared.setup.templates;
    // A large body may take longer than others can wait for here.
    let links = if incoming.body.len() <= SMALL_BODY { Links::NotEmpty } else { Links::None };
    let look = |message: &Worded<'_>| {
        let mut found = templates.unheeded(message, links);
        found.extend(media::unheeded(message, |name| templates.any_takes(message, name)));
        found
    };
    let asked = notification.asked();
    let mut warnings = asked.unheeded(media::sends_data, media::has_subject, look);
    let items = notification.fallback.iter().enumerate();
    warnings.extend(items.flat_map(|(at, item)| doomed(templates, at, item)));
    // What the scheduler releases is past its `send_at`, and is released to the lane of its priority.
    if !incoming.headers.released {
        let seen = incoming.timestamp.unwrap_or_else(|| shared.intake.clock.now());
        warnings.extend(asked.passed(seen));
        warnings.extend(another_lane(notification.priority, incoming));
    }
    warnings
}

/// Warns of an item of the fallback that fails for certain when its turn comes, which may be long after. Over HTTP it is
/// refused, in the same words.
fn doomed(templates: &Templates, at: usize, item: &Target) -> Vec<FieldError> {
    let of_field = |name: &str, detail: String| FieldError { pointer: format!("/fallback/{at}/{name}"), detail };
    let wrong_target = item.channel.as_ref().and_then(|channel| {
        if media::find(channel).is_none() {
            return Some(of_field("channel", format!("is an {}", media::unknown(channel))));
        }
        let refused = media::check_destination(channel, item.destination.as_deref()?).err()?;
        Some(of_field("destination", refused.to_string()))
    });
    let unknown = item.wording.template.as_deref().and_then(|name| match templates.find(name) {
        Err(TemplateError::Unknown { nearest, known, .. }) => {
            Some(of_field("template", no_template(&known, nearest.as_deref())))
        }
        _ => None,
    });
    wrong_target.into_iter().chain(unknown).collect()
}

/// Warns of a priority that would have chosen another lane over HTTP. The fleet's own copies name their lane.
fn another_lane(priority: Priority, incoming: &Incoming) -> Option<FieldError> {
    let (wanted, lane) = (priority.lane(), incoming.lane);
    let is_another = priority != Priority::default() && wanted != lane && incoming.headers.lane.is_none();
    is_another.then(|| FieldError {
        pointer: "/priority".into(),
        detail: format!("does not choose the lane over AMQP: it is {lane}, by its routing key, and not {wanted}"),
    })
}

#[cfg(test)]
mod tests {
    use domain::{ChannelName, Key, Lane, Timestamp};
    use serde_json::{Value, json};
    use topology::Settlement;

    use crate::testing::{Copy, parts};

    /// What is kept beside the delivery of a message to a phone with these fields.
    async fn kept(fields: Value, changed: impl FnOnce(&mut Copy)) -> Vec<String> {
        let mut body = json!({"channel": "sms", "destination": "+12025550143", "message": "Hola"});
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        let mut copy = Copy::published(Some("d-1"), &body.to_string());
        changed(&mut copy);
        let parts = parts().await;
        assert_eq!(parts.consume(copy).await, Settlement::Ack, "{body}");
        let key: Key = testkit::key("d-1");
        assert!(parts.row(&key.id).await.is_some(), "{body}");
        // The writer commits in order: what is kept was written before the end of the attempt.
        let kept = parts.shared.intake.store.warnings(&key).await.unwrap();
        kept.iter().map(ToString::to_string).collect()
    }

    fn by_template(template: &str, data: Value) -> Value {
        json!({"message": null, "template": template, "data": data})
    }

    fn with(mut fields: Value, more: Value) -> Value {
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        fields
    }

    fn otp() -> Value {
        by_template("otp", json!({"code": "1", "product": "p", "minutes": 10}))
    }

    fn alert(more: Value) -> Value {
        let data = json!({"severity": "critical", "service": "payments", "summary": "s", "occurred_at": "2026-03-01"});
        by_template("alert", with(data, more))
    }

    #[tokio::test]
    async fn what_has_no_effect_is_kept_beside_the_delivery_in_the_words_of_http() {
        let mail = json!({"channel": "email", "destination": "ana@example.com"});
        let link = by_template("welcome", json!({"name": "Ana", "product": "Tambo", "action_url": "//evil"}));
        let item = json!({"channel": "sms", "destination": "+12025550144", "locale": "es"});
        for (fields, told) in [
            (
                alert(json!({"details_ulr": "https://status.example/i/42"})),
                "/data/details_ulr is not used by the template: did you mean details_url?",
            ),
            (
                with(otp(), json!({"locale": "sp"})),
                "/locale is none in which the template has words for sms: those of the default locale are sent",
            ),
            (
                alert(json!({"mediaUrls": ["https://example.org/a.jpg"]})),
                "/data/mediaUrls is not read: did you mean media_urls?",
            ),
            (
                with(link, mail),
                "/data/action_url makes no link in the HTML of the mail: only http, https and mailto do; plain text shows it as it is",
            ),
            (json!({"cc": ["b@example.org"]}), "/cc is of a mail alone, and not sent by sms"),
            (json!({"locale": "es"}), "/locale has no effect without a template"),
            (json!({"fallback": [item]}), "/fallback/0/locale has no effect without a template"),
            (
                json!({"data": {"name": "Ana"}}),
                "/data has no effect without a template: what is only your own belongs into metadata",
            ),
            (json!({"max_lateness_seconds": 60}), "/max_lateness_seconds has no effect without send_at"),
            (json!({"send_at": "2020-01-01T00:00:00Z"}), "/send_at lies in the past: it is sent at once"),
            (
                json!({"priority": "urgent"}),
                "/priority does not choose the lane over AMQP: it is normal, by its routing key, and not urgent",
            ),
        ] {
            assert_eq!(kept(fields.clone(), |_| ()).await, [told], "{fields}");
        }
    }

    #[tokio::test]
    async fn an_item_of_the_fallback_that_cannot_be_sent_is_kept_in_the_words_with_which_http_refuses_it() {
        let channel = |name: &str| ChannelName::parse(name).unwrap();
        let refused = |name: &str, destination: &str| {
            media::check_destination(&channel(name), destination).unwrap_err().to_string()
        };
        let unknown = media::unknown(&channel("emial"));
        assert!(unknown.ends_with("did you mean email?"), "{unknown}");
        for (item, told) in [
            (
                json!({"channel": "emial", "destination": "ana@example.com"}),
                format!("/fallback/1/channel is an {unknown}"),
            ),
            (
                json!({"channel": "email", "destination": "ana@exampl"}),
                format!("/fallback/1/destination {}", refused("email", "ana@exampl")),
            ),
            (
                json!({"channel": "whatsapp", "destination": "12"}),
                format!("/fallback/1/destination {}", refused("whatsapp", "12")),
            ),
            (
                json!({"channel": "sms", "destination": "+12025550144", "template": "welcom"}),
                "/fallback/1/template is no template of this fleet; known are alert, ask, ask_ended, ask_reply, command_ended, otp, receipt, verify, welcome: did you mean \
                 welcome?"
                    .to_owned(),
            ),
        ] {
            let right = json!({"channel": "email", "destination": "ana@example.com"});
            assert_eq!(kept(json!({"fallback": [right, item]}), |_| ()).await, [told], "{item}");
        }
    }

    #[tokio::test]
    async fn a_field_that_is_not_known_is_kept_beside_one_that_has_no_effect() {
        let both = kept(json!({"order": 7, "locale": "es"}), |_| ()).await;
        let unknown = "/order is not known and was not read: fields of your own belong into metadata";
        assert_eq!(both, [unknown, "/locale has no effect without a template"]);
    }

    #[tokio::test]
    async fn what_has_its_effect_is_not_told_of() {
        let past = json!({"send_at": "2020-01-01T00:00:00Z", "priority": "urgent"});
        let at = |text: &str| Some(Timestamp::parse_rfc3339(text).unwrap());
        assert_eq!(kept(json!({}), |_| ()).await, [""; 0]);
        assert_eq!(kept(with(otp(), json!({"locale": "es"})), |_| ()).await, [""; 0]);
        assert_eq!(kept(alert(json!({"order": 7})), |_| ()).await, [""; 0]);
        let released = kept(past.clone(), |copy| copy.incoming.headers.released = true).await;
        assert_eq!(released, [""; 0], "the scheduler has released it when it was due");
        let waited = kept(past, |copy| {
            copy.incoming.timestamp = at("2019-12-31T23:59:00Z");
            copy.incoming.lane = Lane::Urgent;
        });
        assert_eq!(waited.await, [""; 0], "it lay ahead when it was published");
        let child = kept(json!({"locale": "es"}), |copy| copy.incoming.headers.parent = Some("d-0".into())).await;
        assert_eq!(child, [""; 0], "its parent was told of");
    }
}
