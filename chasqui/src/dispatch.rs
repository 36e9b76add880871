//! Publishes commands to the services that take them over AMQP, for the channel that knows no broker.

use channels::service::{Dispatch, NotPublished, Published, Publishing};
use secrecy::ExposeSecret;
use topology::{Publication, PublishError, Publisher};

/// Publishes by this publisher.
pub(crate) fn publishing(publisher: &Publisher) -> Publishing {
    let publisher = publisher.clone();
    Publishing::by(move |dispatch: Dispatch| -> Published {
        let publisher = publisher.clone();
        Box::pin(async move { publisher.publish(publication(dispatch)).await.map_err(|error| not_published(&error)) })
    })
}

fn publication(dispatch: Dispatch) -> Publication {
    let Dispatch { service, command, correlation_id, token, body } = dispatch;
    Publication::of_command(&service, command, body.into(), token.expose_secret(), correlation_id.as_deref())
}

fn not_published(error: &PublishError) -> NotPublished {
    match error {
        PublishError::Unroutable => NotPublished::Unroutable,
        PublishError::Refused => NotPublished::Refused,
        PublishError::Unknown(_) => NotPublished::Unknown,
        PublishError::Unavailable(_) => NotPublished::Unavailable,
        PublishError::TooLarge { .. } => NotPublished::TooLarge,
    }
}

#[cfg(test)]
mod tests {
    use topology::To;

    use super::*;

    #[tokio::test]
    async fn a_command_is_published_to_its_service_under_its_own_id() {
        let (publisher, mut published) = Publisher::reporting();
        let publish = publishing(&publisher);
        let dispatch = Dispatch {
            service: "trading".into(),
            command: "c-1".into(),
            correlation_id: Some("t-1".into()),
            token: "header.body.signature".into(),
            body: "{}".into(),
        };
        assert_eq!(publish.publish(dispatch).await, Ok(()));
        let one = published.try_recv().expect("published");
        assert_eq!((one.to, one.message_id.as_str()), (To::Command("trading".into()), "c-1"));
        assert_eq!(one.publisher_properties.correlation(), Some("t-1"));
    }
}
