//! Reads what is wanted of dead letters as it was written: everything that is wrong is named at once.

mod recipient;
mod redirect;

use std::ops::RangeInclusive;

use domain::{FieldError, KnownProviders, Lane, RecipientHasher, nearest, parse_object};
use serde_json::{Map, Value};
use store::{LetterAction, LetterFilter, ReplayRule};

use self::recipient::{hash_recipient, hashes};
use self::redirect::redirect;
use super::{Asked, FIELDS};
use crate::checked::Refused;
use crate::deliveries::written::{ID, LATER_THAN_FROM};
use crate::reader::{Reader, no_such};

/// The most letters that are named one by one.
const MAX_NAMED: usize = 1_000;
const RATES: RangeInclusive<u64> = 1..=1_000;
const USUAL_RATE: u32 = 50;
const CANARIES: RangeInclusive<u64> = 0..=1_000;
const USUAL_CANARY: u32 = 20;
const MOVES: RangeInclusive<u64> = 1..=1_000;
const USUAL_MOVES: u32 = 3;

impl Asked {
    /// `providers` are those to which letters may be redirected.
    ///
    /// # Errors
    /// [`Refused::Text`] for anything but a JSON object, else [`Refused::Fields`] with every bad field.
    pub fn read(text: &str, providers: &KnownProviders, recipients: &RecipientHasher) -> Result<Self, Refused> {
        let object = parse_object(text.as_bytes()).map_err(|error| Refused::Text(error.fields))?;
        Self::of(object, providers, recipients).map_err(Refused::Fields)
    }

    /// As [`Self::read`] does of a text.
    ///
    /// # Errors
    /// Every field that is wrong.
    pub fn of(
        mut object: Map<String, Value>,
        providers: &KnownProviders,
        recipients: &RecipientHasher,
    ) -> Result<Self, Vec<FieldError>> {
        let errors = hash_recipient(&mut object, recipients);
        Self::hashed(object, errors, providers)
    }

    /// Reads what a plan keeps. None for what only a newer version can read.
    pub(super) fn kept(wanted: &str) -> Option<Self> {
        Self::hashed(parse_object(wanted.as_bytes()).ok()?, Vec::new(), &KnownProviders::default()).ok()
    }

    /// Reads what names a recipient by its hashes alone. `errors` are known already.
    fn hashed(
        object: Map<String, Value>,
        errors: Vec<FieldError>,
        providers: &KnownProviders,
    ) -> Result<Self, Vec<FieldError>> {
        let wanted = Value::Object(object.clone()).to_string();
        let mut reader = Reader::after(errors, object);
        let action = action(&mut reader);
        let filter = filter(&mut reader);
        let of_job = reader.line("job");
        let all = reader.flag("all");
        let why = reader.line("why");
        let rate = number(&mut reader, "rate", RATES).unwrap_or(USUAL_RATE);
        let canary = number(&mut reader, "canary", CANARIES).unwrap_or(USUAL_CANARY);
        let max_moves = number(&mut reader, "max_moves", MOVES).unwrap_or(USUAL_MOVES);
        let rule = ReplayRule { max_moves, even_waiting: reader.flag("even_waiting") };
        let redirect = redirect(&mut reader, action, providers);
        reader.refuse_unknown(|name| nearest(name, FIELDS));
        let names_some = of_job.is_some() || filter != LetterFilter::default();
        if reader.errors.is_empty() && names_some == all {
            let detail = if all {
                "stands for every letter: leave it out, or all that narrows them down"
            } else {
                "is missing: say which letters by group, letters, channel or another field, or \"all\": true for every one"
            };
            reader.refuse("all", detail);
        }
        if let Some(action) = action
            && reader.errors.is_empty()
        {
            narrow(&mut reader, action, &filter, of_job.is_some());
        }
        if why.is_none() && reader.errors.is_empty() {
            reader.refuse("why", "is missing: say why, for whoever asks later");
        }
        match (action, why) {
            (Some(action), Some(why)) if reader.errors.is_empty() => {
                Ok(Self { action, filter, of_job, why, rate, canary, rule, redirect, wanted })
            }
            _ => Err(reader.errors),
        }
    }
}

fn action(reader: &mut Reader) -> Option<LetterAction> {
    const KNOWN: [&str; 5] = ["replay", "drop", "restore", "redirect", "close"];
    let Some(text) = reader.line("action") else {
        if !reader.has_refused("action") {
            reader.refuse("action", format!("is missing: one of {}", KNOWN.join(", ")));
        }
        return None;
    };
    let action = LetterAction::parse(&text).filter(|_| KNOWN.contains(&text.as_str()));
    if action.is_none() {
        reader.refuse("action", no_such(&text, &KNOWN));
    }
    action
}

fn filter(reader: &mut Reader) -> LetterFilter {
    let lane = reader.line("lane");
    let parsed = lane.as_deref().and_then(Lane::parse);
    if lane.is_some() && parsed.is_none() {
        reader.refuse("lane", format!("must be one of {}", Lane::ALL.map(Lane::as_str).join(", ")));
    }
    let (from, until) = (reader.time("from"), reader.time("until"));
    if from.zip(until).is_some_and(|(from, until)| from >= until) {
        reader.refuse("until", LATER_THAN_FROM);
    }
    LetterFilter {
        letters: letters(reader),
        group: reader.line("group"),
        id: reader.ruled("id", ID),
        from,
        until,
        recipient: hashes(reader),
        channel: reader.line("channel"),
        provider: reader.line("provider"),
        reason: reader.line("reason"),
        code: reader.line("code"),
        template: reader.line("template"),
        lane: parsed,
        ..LetterFilter::default()
    }
}

/// What a restore cannot go by: dropped letters are known by their names and by the job that dropped them.
fn narrow(reader: &mut Reader, action: LetterAction, filter: &LetterFilter, has_job: bool) {
    let named = LetterFilter { letters: filter.letters.clone(), ..LetterFilter::default() };
    match action {
        LetterAction::Restore if *filter != named => {
            reader.refuse("action", "restore goes by letters, by job, or all: leave the other fields out");
        }
        LetterAction::Close if has_job || *filter != LetterFilter::default() => {
            reader.refuse("action", "close goes by all: it ends every row whose letter is not in the queue any more");
        }
        LetterAction::Replay | LetterAction::Drop | LetterAction::Redirect if has_job => {
            reader.refuse("job", "is for restore: the job whose letters are put back");
        }
        _ => {}
    }
}

fn letters(reader: &mut Reader) -> Vec<String> {
    let items = match reader.value("letters") {
        None => return Vec::new(),
        Some(Value::Array(items)) if (1..=MAX_NAMED).contains(&items.len()) => items,
        Some(_) => {
            reader.refuse("letters", format!("must be a list of 1 to {MAX_NAMED} names of letters"));
            return Vec::new();
        }
    };
    let mut letters = Vec::with_capacity(items.len());
    for (at, item) in items.into_iter().enumerate() {
        let name = item.as_str().filter(|name| !name.is_empty() && name.bytes().all(|b| b.is_ascii_hexdigit()));
        match name {
            Some(name) => letters.push(name.to_ascii_lowercase()),
            None => reader.refuse(&format!("letters/{at}"), "must be the name of a letter: its hexadecimal digits"),
        }
    }
    letters
}

fn number(reader: &mut Reader, name: &str, range: RangeInclusive<u64>) -> Option<u32> {
    reader.number(name, range).and_then(|number| u32::try_from(number).ok())
}

#[cfg(test)]
mod tests {
    use domain::RedirectTo;
    use serde_json::json;
    use store::Redirect;

    use super::*;

    fn providers() -> KnownProviders {
        KnownProviders::new(vec![("smtp", vec!["email"]), ("twilio", vec!["sms", "whatsapp"])])
    }

    fn read(body: Value) -> Result<Asked, Vec<FieldError>> {
        let Value::Object(object) = body else { panic!("an object") };
        Asked::of(object, &providers(), &RecipientHasher::new(b"a secret"))
    }

    fn refused(body: Value) -> Vec<(String, String)> {
        let errors = read(body).expect_err("refused");
        errors.into_iter().map(|error| (error.pointer, error.detail)).collect()
    }

    #[test]
    fn a_plan_says_what_which_and_why() {
        let body = json!({"action": "replay", "group": "1-ab", "why": "provider is back"});
        let asked = read(body).expect("a plan");
        assert_eq!((asked.action, asked.rate, asked.canary, asked.rule.max_moves), (LetterAction::Replay, 50, 20, 3));
        assert_eq!(asked.filter.group.as_deref(), Some("1-ab"));
    }

    #[test]
    fn every_letter_is_meant_only_where_that_is_said() {
        let said = refused(json!({"action": "drop", "why": "old"}));
        assert!(said[0].0 == "/all" && said[0].1.starts_with("is missing"), "{said:?}");
        let said = refused(json!({"action": "drop", "all": true, "channel": "sms", "why": "old"}));
        assert!(said[0].0 == "/all" && said[0].1.starts_with("stands for"), "{said:?}");
    }

    #[test]
    fn all_that_is_wrong_is_named_at_once() {
        let said = refused(json!({
            "action": "replai", "letters": ["zz"], "lane": "slow", "rate": 0, "chanel": "sms", "why": "a\nb",
        }));
        let pointers: Vec<&str> = said.iter().map(|(pointer, _)| pointer.as_str()).collect();
        assert_eq!(pointers, ["/action", "/lane", "/letters/0", "/why", "/rate", "/chanel"]);
        assert!(
            said[0].1.ends_with("did you mean replay?") && said[5].1.ends_with("did you mean channel?"),
            "{said:?}"
        );
    }

    #[test]
    fn what_only_letters_have_can_be_planned_for() {
        let body = json!({"action": "drop", "channel": "smss", "reason": "broker", "why": "never ours"});
        let asked =
            read(body).expect("letters of no channel of ours are there, and the broker has a reason of its own");
        assert_eq!((asked.filter.channel.as_deref(), asked.filter.reason.as_deref()), (Some("smss"), Some("broker")));
    }

    #[test]
    fn a_redirect_names_a_channel_that_reaches_the_same_people() {
        let redirect = |to: Value| json!({"action": "redirect", "all": true, "why": "SMS is down", "to": to});
        let expected = RedirectTo::parse("whatsapp").map(|to| Redirect { from: vec!["sms".into()], to });
        assert_eq!(read(redirect(json!("whatsapp"))).expect("a plan").redirect, expected);
        for (to, said) in
            [(json!("email"), "must be sms or whatsapp"), (json!(null), "is missing"), (json!(7), "must be a")]
        {
            let refused = refused(redirect(to));
            assert!(refused.len() == 1 && refused[0].0 == "/to" && refused[0].1.starts_with(said), "{refused:?}");
        }
        let said = refused(json!({"action": "drop", "all": true, "why": "old", "to": "sms"}));
        assert_eq!(said[0].0, "/to");
    }

    #[test]
    fn a_redirect_to_a_provider_has_the_letters_of_the_channels_that_it_carries() {
        let redirect = |fields: Value| {
            let mut body = json!({"action": "redirect", "all": true, "why": "SMTP is down"});
            body.as_object_mut().expect("an object").extend(fields.as_object().expect("an object").clone());
            body
        };
        let body = redirect(json!({"to_provider": "Twilio"}));
        let expected =
            Redirect { from: vec!["sms".into(), "whatsapp".into()], to: RedirectTo::Provider("twilio".into()) };
        assert_eq!(read(body).expect("a plan").redirect, Some(expected));
        for (fields, said) in [
            (json!({"to_provider": "twillio"}), "is an unknown provider; known are smtp, twilio: did you mean twilio?"),
            (json!({"to_provider": 7}), "must be a string"),
            (json!({"to_provider": "smtp", "to": "sms"}), "must not be given together with to"),
        ] {
            let refused = refused(redirect(fields));
            assert!(
                refused.len() == 1 && refused[0].0 == "/to_provider" && refused[0].1.starts_with(said),
                "{refused:?}"
            );
        }
        let said = refused(json!({"action": "replay", "all": true, "why": "again", "to_provider": "smtp"}));
        assert_eq!(said[0].0, "/to_provider");
    }

    #[test]
    fn rows_without_letters_are_closed_all_at_once_and_an_edit_is_no_plan() {
        let body = json!({"action": "close", "all": true, "why": "purged"});
        assert_eq!(read(body).expect("a plan").action, LetterAction::Close);
        assert_eq!(refused(json!({"action": "close", "channel": "sms", "why": "purged"}))[0].0, "/action");
        assert_eq!(refused(json!({"action": "edit", "all": true, "why": "typo"}))[0].0, "/action");
    }

    #[test]
    fn a_restore_goes_by_names_and_jobs_and_nothing_else_does() {
        let said = refused(json!({"action": "restore", "channel": "sms", "why": "a mistake"}));
        assert_eq!(said[0].0, "/action");
        let said = refused(json!({"action": "replay", "job": "j-1", "why": "again"}));
        assert_eq!(said[0].0, "/job");
        let body = json!({"action": "restore", "job": "j-1", "why": "a mistake"});
        assert_eq!(read(body).expect("a plan").of_job.as_deref(), Some("j-1"));
    }

    #[test]
    fn a_time_an_id_and_a_recipient_narrow_a_plan_down_and_no_address_is_kept() {
        let mut body = json!({
            "action": "replay", "from": "2026-03-01T02:00:00Z", "until": "2026-03-01T03:00:00+01:00", "id": "order 7",
            "recipient": "Ana@Example.com", "why": "it is mended",
        });
        let said = refused(body.clone());
        assert!(said.len() == 1 && said[0].0 == "/until" && said[0].1 == LATER_THAN_FROM, "{said:?}");
        body["until"] = json!("2026-03-01T04:00:00Z");
        let asked = read(body).expect("a plan");
        let told = |at: Option<domain::Timestamp>| at.map(|at| at.to_string());
        assert_eq!(told(asked.filter.from).as_deref(), Some("2026-03-01T02:00:00Z"));
        assert_eq!(told(asked.filter.until).as_deref(), Some("2026-03-01T04:00:00Z"));
        assert_eq!(asked.filter.id.as_deref(), Some("order 7"));
        let hash = RecipientHasher::new(b"a secret").hash("ana@example.com");
        assert!(asked.filter.recipient.contains(&hash), "in any spelling that reaches the same");
        let wanted = asked.wanted.to_lowercase();
        assert!(!wanted.contains("example.com") && wanted.contains("recipient_hash"), "{wanted}");
        assert_eq!(Asked::kept(&asked.wanted), Some(asked), "what is kept tells the whole filter");
    }

    #[test]
    fn what_is_wrong_with_a_time_an_id_or_a_recipient_is_named() {
        let said = refused(json!({
            "action": "drop", "from": "02:00", "until": 3, "id": "a\nb", "recipient": ["ana"], "to": "sms", "why": "old",
        }));
        let pointers: Vec<&str> = said.iter().map(|(pointer, _)| pointer.as_str()).collect();
        assert_eq!(pointers, ["/recipient", "/from", "/until", "/id", "/to"]);
        assert!(said[4].1.ends_with("the end of a time is until"), "{said:?}");
        let said = refused(json!({"action": "drop", "recipient_hash": "x,y", "recipent": "ana", "why": "old"}));
        assert!(said[0].0 == "/recipient_hash" && said[1].1.ends_with("did you mean recipient?"), "{said:?}");
        let said = refused(json!({"action": "drop", "recipient": "ana", "recipient_hash": "x", "why": "old"}));
        assert!(said.len() == 1 && said[0].0 == "/recipient", "{said:?}");
    }
}
