//! A publication that must be confirmed, and a broker that answers as the test says.

use amqp::PublisherSettings;
use bytes::Bytes;
use domain::{Headers, Lane};
use tokio::task::JoinHandle;

use super::super::To;
use super::*;
use crate::{Names, PublisherProperties};

fn publication(body: usize) -> Publication {
    Publication {
        to: To::Lane(Lane::Normal),
        message_id: "m".into(),
        body: Bytes::from(vec![b' '; body]),
        headers: Headers::default(),
        publisher_properties: PublisherProperties::default(),
    }
}

/// A publisher, and a broker that gives these answers and then repeats the last of them. The task returns how often was
/// published.
fn broker(answers: Vec<Result<(), PublishError>>) -> (Publisher, JoinHandle<usize>) {
    let settings = PublisherSettings::new(Duration::from_secs(5));
    let (publisher, mut queue) = amqp::Publisher::answered_by_test(settings);
    let publisher = Publisher::over(publisher, Names::of("notifications"));
    let published = tokio::spawn(async move {
        let mut published = 0;
        let expected = publication(1).into_amqp(&Names::of("notifications")).unwrap();
        while let Some(pending) = queue.recv().await {
            assert_eq!(pending.publication(), &expected);
            pending.answer(answers[published.min(answers.len() - 1)].clone());
            published += 1;
        }
        published
    });
    (publisher, published)
}

fn stopped() -> CancellationToken {
    let stop = CancellationToken::new();
    stop.cancel();
    stop
}

#[tokio::test(start_paused = true)]
async fn whatever_the_broker_refuses_is_published_again_until_it_is_confirmed() {
    let refusals = [
        PublishError::Refused,
        PublishError::Unroutable,
        PublishError::Unknown("no confirm".into()),
        PublishError::Unavailable("an alarm".into()),
    ];
    let mut answers: Vec<_> = (0..5).flat_map(|_| refusals.clone()).map(Err).collect();
    answers.push(Ok(()));
    let (publisher, published) = broker(answers);
    assert_eq!(
        publisher.publish_until_confirmed(publication(1), &CancellationToken::new()).await,
        ConfirmOutcome::Confirmed
    );
    drop(publisher);
    assert_eq!(published.await.unwrap(), 21);
}

#[tokio::test(start_paused = true)]
async fn what_can_never_be_published_is_not_tried_again() {
    let (publisher, published) = broker(vec![Ok(())]);
    let too_large = publication(domain::MAX_BODY_BYTES + 1);
    assert_eq!(
        publisher.publish_until_confirmed(too_large, &CancellationToken::new()).await,
        ConfirmOutcome::Impossible
    );
    drop(publisher);
    assert_eq!(published.await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_stop_waits_for_a_broker_that_refuses_for_a_moment_and_for_no_other() {
    let (publisher, _) = broker(vec![Err(PublishError::Refused), Err(PublishError::Refused), Ok(())]);
    assert_eq!(publisher.publish_until_confirmed(publication(1), &stopped()).await, ConfirmOutcome::Confirmed);
    let (publisher, _) = broker(vec![Err(PublishError::Refused)]);
    assert_eq!(publisher.publish_until_confirmed(publication(1), &stopped()).await, ConfirmOutcome::Interrupted);
}

#[tokio::test(start_paused = true)]
async fn what_only_subscribers_wait_for_is_given_up_when_it_is_refused_for_too_long() {
    let limit = Duration::from_secs(30);
    let stop = CancellationToken::new();
    let (publisher, _) = broker(vec![Err(PublishError::Refused)]);
    let given_up = Err(GivenUp::Refused);
    assert_eq!(publisher.publish_unless_refused(publication(1), limit, &stop).await, given_up);
    let (publisher, published) = broker(vec![Err(PublishError::Refused)]);
    assert_eq!(publisher.publish_unless_refused(publication(1), Duration::ZERO, &stop).await, given_up);
    drop(publisher);
    assert_eq!(published.await.unwrap(), 1, "tried once");
    // A broker that is away refuses nothing, however long that lasts.
    let away = Err(PublishError::Unavailable("no connection".into()));
    let (publisher, _) = broker([vec![away; 50], vec![Err(PublishError::Refused), Ok(())]].concat());
    let told = publisher.publish_unless_refused(publication(1), limit, &stop).await;
    assert_eq!(told, Ok(ConfirmOutcome::Confirmed));
}

#[tokio::test(start_paused = true)]
async fn where_our_user_may_not_write_nothing_is_told_and_everything_else_goes_on() {
    let denied = |exchange: &str| {
        let why = format!("ACCESS_REFUSED - access to exchange '{exchange}' in vhost 'foro' refused for user 'fleet'");
        Err(PublishError::Unknown(why))
    };
    let stop = CancellationToken::new();
    // A lane shares the round of what was denied, and is published again.
    let (publisher, published) = broker(vec![denied("notifications.events"), Ok(())]);
    assert_eq!(publisher.publish_until_confirmed(publication(1), &stop).await, ConfirmOutcome::Confirmed);
    for (to, exchange, is_denied) in [
        (To::Event("acme.sms.sent".into()), "notifications.events", true),
        (To::Event("acme.sms.sent".into()), "amq.default", false),
        (To::Reply("orders.replies".into()), "amq.default", true),
        (To::Reply("orders.replies".into()), "notifications.events", false),
        (To::Lane(Lane::Normal), "notifications.exchange", false),
    ] {
        let error = denied(exchange).expect_err("denied");
        assert_eq!(publisher.is_denied(&to, &error), is_denied, "{to:?} {exchange}");
    }
    drop(publisher);
    assert_eq!(published.await.unwrap(), 2);
}
