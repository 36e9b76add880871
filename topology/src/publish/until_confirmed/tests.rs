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
