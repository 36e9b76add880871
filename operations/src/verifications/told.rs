//! Who hears of a verification: subscribers by events, operators by metrics, and the channels of its ladder that still wait.

use domain::{Key, SubjectEvent, Verification, VerificationState, verification_send_id};
use store::StoreError;
use topology::Publication;

use super::{NotVerified, Verifying};
use crate::cancel::call_off;

/// The country of a number in metrics, where the settings do not name it: strangers choose numbers, and not how many series
/// there are.
const OTHER: &str = "other";

impl Verifying<'_> {
    /// Publishes something of a verification.
    pub(super) async fn publish(&self, of: &Verification, publication: Publication) -> Result<(), NotVerified> {
        let published = self.publisher.publish(publication).await;
        published.map_err(|error| NotVerified::Unconfirmed { id: of.key.id.clone(), error })
    }

    /// Publishes an event of a verification, where such events are told.
    pub(super) async fn tell(&self, of: &Verification, event: &SubjectEvent) -> Result<(), NotVerified> {
        if !self.telling.tells_of_subject(event) {
            return Ok(());
        }
        self.publish(of, Publication::of_subject(event, None)).await
    }

    /// Does what follows from an end: calls off what still waits, tells it, counts. The end itself stands in the row by now,
    /// so that nothing that fails here is an error of whoever asked: the row stays untold, and a dialog does both.
    pub(super) async fn has_ended(&self, ended: &Verification) {
        let called_off = self.call_off(ended).await;
        let told = match called_off {
            Ok(()) => self.tell_end(ended).await,
            Err(error) => Err(error.to_string()),
        };
        if let Err(error) = told {
            tracing::warn!(%error, "the end of a verification is told later");
        }
        self.count(ended, ended.state.as_str());
        if ended.state == VerificationState::Approved {
            self.count_of_country(ended, "approved");
        }
    }

    async fn tell_end(&self, ended: &Verification) -> Result<(), String> {
        let Some(event) = ended.ended() else { return Ok(()) };
        if self.telling.tells_of_subject(&event) {
            let published = self.publisher.publish(Publication::of_subject(&event, None)).await;
            published.map_err(|error| error.to_string())?;
        }
        let told = self.store.verifications_told(std::slice::from_ref(&ended.key)).await;
        told.map_err(|error| error.to_string())
    }

    /// Cancels the last message, or whichever of the channels behind it can still be stopped.
    pub(super) async fn call_off(&self, of: &Verification) -> Result<(), StoreError> {
        if of.sends == 0 {
            return Ok(());
        }
        let key = Key { tenant: of.key.tenant.clone(), id: verification_send_id(&of.key, of.sends) };
        call_off(self.store, key, self.defaults, self.recipients, self.clock.now()).await.map(drop)
    }

    pub(super) fn count_sent(&self, sent: &Verification) {
        self.count(sent, "sent");
        self.count_of_country(sent, "sent");
    }

    fn count(&self, of: &Verification, result: &'static str) {
        let channel = of.channel.as_str().to_owned();
        metrics::counter!("chasqui_verifications_total", "channel" => channel, "result" => result).increment(1);
    }

    fn count_of_country(&self, of: &Verification, result: &'static str) {
        let Some(code) = of.dial_code.as_ref() else { return };
        let named = self.limits.countries.iter().find(|country| *country == code);
        let country = named.map_or(OTHER, String::as_str).to_owned();
        metrics::counter!("chasqui_verification_codes_total", "dial_code" => country, "result" => result).increment(1);
    }
}
