//! Takes an answer in words: a choice and the code of the message that asked, as in `SI 482193`.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::{GivenAnswer, Key, Purpose, Timestamp};
use serde_json::json;
use store::{AskedPerson, StoreError};

use super::{id_of, is_private, reply_to, tell};
use crate::asks;
use crate::choice::choice_of;
use crate::disposition::Disposition;
use crate::outgoing;
use crate::said::Said;
use crate::shared::Shared;

/// How many digits a code has.
const CODE_DIGITS: usize = 6;
/// The longest text that may be an answer: the longest label, four bytes for each of its characters, and a code with what
/// people write between its digits.
const MAX_BYTES: usize = 64 * 4 + 64;
/// How often codes that are wrong are tried with one ask. Each counts for every ask of the same person, which are told apart by
/// their codes.
pub(super) const MAX_ATTEMPTS: u32 = 20;
/// How long after its end an ask is still found, so that whoever comes late is told.
const LATE_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// What somebody has typed.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Typed<'a> {
    word: &'a str,
    pub(super) code: String,
}

impl<'a> Typed<'a> {
    /// None for what has no code at its end. That is the last six digits, which may have spaces and hyphens between them, so
    /// that the word before them may have digits, too; six digits of a longer number are none.
    pub(super) fn of(text: &'a str) -> Option<Self> {
        let text = text.trim().trim_end_matches(['.', ',', '!']);
        if text.len() > MAX_BYTES {
            return None;
        }
        let mut code = Vec::with_capacity(CODE_DIGITS);
        for (at, c) in text.char_indices().rev() {
            match c {
                '0'..='9' => code.push(c),
                ' ' | '-' | '\u{a0}' => continue,
                _ => return None,
            }
            if code.len() == CODE_DIGITS {
                let word = &text[..at];
                let is_of_more = word.ends_with(|c: char| c.is_ascii_digit());
                let code = code.into_iter().rev().collect();
                return (!is_of_more).then_some(Self { word: word.trim(), code });
            }
        }
        None
    }
}

/// Answers the ask whose code it is. False where nobody has asked whoever has written it, and where the word before the digits
/// means no choice of what they were asked: people write numbers of orders too.
///
/// # Errors
/// What follows where not everything could be done.
pub(super) async fn answer(shared: &Shared, one: &Said, typed: &Typed<'_>, at: Timestamp) -> Result<bool, Disposition> {
    let intake = &shared.intake;
    let asked = intake.breaker.retry_until_taken(|| may_mean(shared, one, at)).await?;
    // Whose code it may be is not looked up, and nobody is answered who was not asked: each answer would cost money.
    if asked.is_empty() {
        super::count("not_asked");
    }
    let means_one = |asked: &AskedPerson| typed.word.is_empty() || choice_of(&asked.ask, typed.word).is_some();
    let Some(first) = asked.iter().find(|asked| means_one(asked)) else { return Ok(false) };
    match fitting(shared, one, &asked, typed).await? {
        Tried::Fits(asked) => {
            give(shared, one, asked, typed, at).await?;
            return Ok(true);
        }
        // They were told so at the last attempt, and each word more would cost money.
        Tried::TooOften => {
            super::count("too_many_codes");
            return Ok(true);
        }
        Tried::Wrong => super::count("wrong_code"),
    }
    let AskedPerson { ask, locale, .. } = first;
    let event = ask.mistyped(&id_of(one), one.channel.as_str(), at);
    outgoing::tell(shared, &event, ask.correlation_id.as_deref(), None).await?;
    tell(shared, one, &ask.key.tenant, "unknown_code", locale.clone()).await?;
    Ok(true)
}

/// The asks that somebody may mean who has written this, in a chat of theirs alone.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn may_mean(shared: &Shared, one: &Said, at: Timestamp) -> Result<Vec<AskedPerson>, StoreError> {
    let Some(person) = one.person.as_deref().filter(|_| is_private(one)) else { return Ok(Vec::new()) };
    let hashes = operations::every_recipient(&one.channel, person, &shared.intake.hasher);
    shared.intake.store.asks_of_recipient(&one.channel, &hashes, at.minus(LATE_FOR)).await
}

/// What a code is found to be.
enum Tried<'a> {
    Fits(&'a AskedPerson),
    Wrong,
    /// More attempts were made before it than are looked at, with every ask that it may be about.
    TooOften,
}

/// The ask whose code it is, the first of several. That a code is tried is counted with all of them before it is looked at with
/// any, so that of many guesses at once no more are looked at; it is taken back where the code is right, or whoever answers all
/// that they are asked would have none left.
async fn fitting<'a>(
    shared: &Shared,
    one: &Said,
    asked: &'a [AskedPerson],
    typed: &Typed<'_>,
) -> Result<Tried<'a>, Disposition> {
    let intake = &shared.intake;
    let keys: BTreeSet<Key> = asked.iter().map(|asked| asked.ask.key.clone()).collect();
    let keys: Vec<Key> = keys.into_iter().collect();
    let counted = intake.breaker.retry_until_taken(|| intake.store.count_ask_attempts(&keys)).await?;
    let mut found = None;
    // It is looked at with each: how long that takes says nothing of which it is.
    for asked in asked {
        let fits = match counted.get(&asked.ask.key) {
            None => false,
            Some(attempts) if *attempts > MAX_ATTEMPTS => is_kept(shared, one, asked).await?,
            Some(_) => shared.secrets.is_code(&asked.ask.seed(), Purpose::Answer, asked.place, &typed.code),
        };
        found = found.or(fits.then_some(asked));
    }
    let Some(found) = found else {
        let is_told = counted.values().all(|attempts| *attempts > MAX_ATTEMPTS + 1);
        return Ok(if is_told { Tried::TooOften } else { Tried::Wrong });
    };
    intake.breaker.retry_until_taken(|| intake.store.return_ask_attempts(&keys)).await?;
    Ok(Tried::Fits(found))
}

/// Whether this very answer is kept already: whoever had it in hand may have died before it was told. Beyond the last attempt
/// nothing else is known.
async fn is_kept(shared: &Shared, one: &Said, asked: &AskedPerson) -> Result<bool, Disposition> {
    let (intake, ask) = (&shared.intake, &asked.ask);
    let answers = intake.breaker.retry_until_taken(|| intake.store.answers(&ask.key)).await?;
    let (id, approver) = (id_of(one), ask.approver(asked.place));
    Ok(answers.iter().any(|kept| kept.given.id == id && Some(kept.given.approver.as_str()) == approver))
}

async fn give(
    shared: &Shared,
    one: &Said,
    asked: &AskedPerson,
    typed: &Typed<'_>,
    at: Timestamp,
) -> Result<(), Disposition> {
    let AskedPerson { ask, place, locale } = asked;
    let given = GivenAnswer {
        id: id_of(one),
        approver: ask.approver(*place).unwrap_or_default().to_owned(),
        choice: choice_of(ask, typed.word).map(|choice| choice.id.clone()).unwrap_or_default(),
        via: one.channel.to_string(),
        at,
        evidence: json!({ "provider": one.report.provider, "event": one.report.event_id }).to_string(),
    };
    let Some(answered) = asks::answer(shared, &ask.key, &given).await? else { return Ok(()) };
    match reply_to(one, locale.clone()) {
        Some(to) => asks::tell_verdict(shared, &answered, &given, &to).await,
        None => Ok(()),
    }
}
