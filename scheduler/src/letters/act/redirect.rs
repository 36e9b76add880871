//! Sends letters by another channel or by one provider, each as a delivery of its own, and keeps them as a drop does.
//!
//! The delivery has the same id and body however often it is published, so that one whose process died in between is one.

use domain::{RedirectTo, is_plain_name};
use futures_util::future::join_all;
use runtime::failpoint;
use serde_json::json;
use store::{Archived, Item, Redirected};
use topology::{Letters, Publication, PublishError};

use super::{archived, note, take_out};
use crate::letters::Trouble;
use crate::letters::in_hand::InHand;
use crate::shared::Shared;

pub(super) async fn letters(shared: &Shared, letters: &Letters<'_>, chunk: Vec<InHand>) -> Result<(), Trouble> {
    let (mut sent, mut impossible) = (Vec::new(), Vec::new());
    for in_hand in chunk {
        match planned(shared, &in_hand) {
            Some((redirected, publication)) => sent.push((in_hand, redirected, publication)),
            None => impossible.push(in_hand.item),
        }
    }
    let (store, publisher) = (&shared.intake.store, &shared.intake.publisher);
    store.fail_letters(&impossible, "cannot_be_redirected", shared.intake.clock.now()).await?;
    let publishing = sent.iter().map(|(_, _, publication)| publisher.publish(publication.clone()));
    let published = join_all(publishing).await;
    let (mut confirmed, mut redirects, mut too_large, mut trouble) = (Vec::new(), Vec::new(), Vec::new(), None);
    for ((in_hand, redirected, _), published) in sent.into_iter().zip(published) {
        match published {
            Ok(()) => {
                confirmed.push(in_hand);
                redirects.push(redirected);
            }
            Err(PublishError::TooLarge { .. }) => too_large.push(in_hand.item),
            Err(error) => trouble = Some(Trouble::NotPublished(error.to_string())),
        }
    }
    failpoint("letters.redirected_before_ack");
    store.fail_letters(&too_large, "too_large", shared.intake.clock.now()).await?;
    let kept: Vec<Archived> = confirmed.iter().map(|one| archived(shared, one)).collect();
    store.keep_redirected(&kept, &redirects, shared.intake.clock.now()).await?;
    let out = take_out(letters, confirmed).await?;
    metrics::counter!("chasqui_redirected_letters_total").increment(out.items.len() as u64);
    note(shared, out).await?;
    trouble.map_or(Ok(()), Err)
}

/// What is published for a letter, and what is noted of it. None where nothing can be.
fn planned(shared: &Shared, in_hand: &InHand) -> Option<(Redirected, Publication)> {
    let (to, letter) = (in_hand.target.as_ref()?, &in_hand.letter);
    let before = letter.notification(&shared.intake.defaults)?;
    let (of, publication) = letter.redirect(to, &shared.intake.defaults)?;
    let difference = match to {
        RedirectTo::Channel(to) => {
            json!([{"field": "/channel", "from": before.channel.as_str(), "to": to.as_str()}])
        }
        RedirectTo::Provider(to) => {
            // Any word is read as a name, and nobody knows what its publisher has put there.
            let from = before.provider.filter(|name| is_plain_name(name));
            json!([{"field": "/provider", "from": from, "to": to}])
        }
    };
    let difference = difference.to_string();
    let item: Item = in_hand.item.clone();
    Some((Redirected { item, of, id: publication.message_id.clone(), difference }, publication))
}
