//! In which form a question or a code goes by a medium that takes words only for some time after somebody has written by it:
//! in its words while it takes them, and else by a template that was approved for it.

use domain::{FieldError, Interactive, Notification, Purpose, Row};
use media::whatsapp::{Approved, takes_words};
use store::StepError;

use crate::settings::ApprovedFor;
use crate::shared::Shared;

/// The ids of the choices of a question of yes or no, in their order.
const YES_AND_NO: [&str; 2] = ["yes", "no"];

/// How a message goes out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form<'a> {
    /// In its rendered words, with buttons where its medium has them.
    Words,
    /// By a template with the question, and the words that answer it.
    Question(&'a [Approved]),
    /// By a template with the question and two buttons of its own, yes and no.
    YesOrNo(&'a [Approved]),
    /// By a template with the code.
    Code(&'a [Approved]),
}

/// The form of this attempt. Where a template is needed and none is set, the words are tried all the same, and that is kept
/// as a warning of the delivery. Only for what somebody answers by such a medium the ledger is asked.
///
/// # Errors
/// The ledger does not say when they were heard: nothing may be sent.
pub(crate) async fn form<'a>(
    shared: &'a Shared,
    row: &Row,
    notification: &Notification,
) -> Result<Form<'a>, StepError> {
    let has_window = notification.channel.as_str() == media::whatsapp::MEDIUM.name;
    let Some(interactive) = notification.interactive.as_ref().filter(|_| has_window) else { return Ok(Form::Words) };
    let store = &shared.intake.store;
    let ask = || store.heard(&row.channel, row.recipient_hash);
    // It is rare, and its future is large.
    let heard = Box::pin(shared.intake.breaker.retry_until_taken(ask)).await?;
    if takes_words(heard, shared.intake.clock.now()) {
        return Ok(Form::Words);
    }
    let form = by_template(&shared.setup.settings.approved, interactive);
    if form == Form::Words {
        store.warn(&row.key, &[without_a_template(interactive)]);
    }
    Ok(form)
}

/// The words, where no template is set.
fn by_template<'a>(approved: &'a ApprovedFor, interactive: &Interactive) -> Form<'a> {
    let is_yes_or_no = interactive.choices.iter().map(|(id, _)| id.as_str()).eq(YES_AND_NO);
    match interactive.purpose {
        Purpose::Verify if !approved.codes.is_empty() => Form::Code(&approved.codes),
        Purpose::Answer if is_yes_or_no && !approved.yes_or_no.is_empty() => Form::YesOrNo(&approved.yes_or_no),
        Purpose::Answer if !approved.questions.is_empty() => Form::Question(&approved.questions),
        _ => Form::Words,
    }
}

fn without_a_template(interactive: &Interactive) -> FieldError {
    let setting = match interactive.purpose {
        Purpose::Verify => "WHATSAPP_VERIFY_TEMPLATE",
        Purpose::Answer | Purpose::Connect => "WHATSAPP_ASK_TEMPLATE",
    };
    let detail =
        format!("has not written to us for 24 hours: WhatsApp takes templates alone, and {setting} is not set");
    FieldError { pointer: "/destination".into(), detail }
}

#[cfg(test)]
mod tests;
