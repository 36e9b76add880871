//! Which letters a list shows, as its address says.

use domain::{Lane, RecipientHasher, Tenant, Timestamp};
use operations::deliveries::hashes_of;
use operations::deliveries::written::{ID, LATER_THAN_FROM, RECIPIENT, TYPED_TIME};
use store::{LetterCursor, LetterFilter};
use web::problem::Problem;
use web::query::Parameters;

use super::words::Words;
use crate::asked::problems;
use crate::pieces::filter::{Field, Input};

/// What narrows letters down, as plans are asked for it, too.
const FIELDS: [&str; 7] = ["group", "channel", "provider", "reason", "code", "template", "lane"];
const AFTER: &str = "after";
const NAMES: [&str; 12] =
    ["recipient", "id", "from", "until", "channel", "provider", "reason", "code", "template", "lane", "group", AFTER];
const LANES: [(&str, &str); 3] = [("urgent", "urgent"), ("normal", "normal"), ("bulk", "bulk")];

/// What letters may have in a field, as far as this process knows: they may have been written by another one.
pub(super) struct Known<'a> {
    pub(super) channels: &'a [&'a str],
    pub(super) providers: &'a [&'a str],
    pub(super) reasons: &'a [&'a str],
    pub(super) templates: &'a [&'a str],
}

/// What was asked for, and what is wrong with it.
#[derive(Default)]
pub(super) struct Wanted {
    /// The fields with their texts, empty where nothing was asked for.
    texts: Vec<(&'static str, String)>,
    lane: Option<Lane>,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    pub(super) after: Option<LetterCursor>,
    pub(super) problems: Vec<(String, String)>,
}

impl Wanted {
    pub(super) fn read(query: Result<Parameters, Problem>) -> Self {
        let mut wanted = Self::default();
        if let Err(problem) = query.and_then(|query| wanted.take(query)) {
            wanted.problems = problems(&problem);
        }
        wanted
    }

    fn take(&mut self, query: Parameters) -> Result<(), Problem> {
        let mut query = query.filled();
        self.take_ruled(&mut query);
        for name in FIELDS {
            let text = query.text(name).unwrap_or_default().trim().to_owned();
            if text.contains('\0') {
                query.refuse(name, "must be what the letters have");
            }
            self.texts.push((name, text));
        }
        self.lane = Lane::parse(self.text("lane"));
        if self.lane.is_none() && !self.text("lane").is_empty() {
            query.refuse("lane", "must be one of urgent, normal, bulk");
        }
        self.after = query.parsed(
            AFTER,
            "must be that of a link to the next page, or be left out to begin anew",
            LetterCursor::parse,
        );
        query.finish(&NAMES)
    }

    /// Takes what has a rule of its own, as the search of deliveries reads it.
    fn take_ruled(&mut self, query: &mut Parameters) {
        for name in ["from", "until", "id", "recipient"] {
            let Some(text) = query.text(name) else { continue };
            // As it is read: of a recipient the sign that the address has lost is there again.
            let (read, must) = match name {
                "from" => {
                    self.from = (TYPED_TIME.read)(&text);
                    (self.from.map(|_| text.clone()), TYPED_TIME.must)
                }
                "until" => {
                    self.until = (TYPED_TIME.read)(&text);
                    (self.until.map(|_| text.clone()), TYPED_TIME.must)
                }
                "id" => ((ID.read)(&text), ID.must),
                _ => ((RECIPIENT.read)(&text), RECIPIENT.must),
            };
            if read.is_none() {
                query.refuse(name, must);
            }
            self.texts.push((name, read.unwrap_or(text)));
        }
        if self.from.zip(self.until).is_some_and(|(from, until)| from >= until) {
            query.refuse("until", LATER_THAN_FROM);
        }
    }

    fn text(&self, name: &str) -> &str {
        self.texts.iter().find(|(given, _)| *given == name).map_or("", |(_, text)| text)
    }

    pub(super) fn filter(&self, tenant: Tenant, recipients: &RecipientHasher) -> LetterFilter {
        let text = |name| Some(self.text(name).to_owned()).filter(|text| !text.is_empty());
        LetterFilter {
            tenant,
            letters: Vec::new(),
            group: text("group"),
            id: text("id"),
            from: self.from,
            until: self.until,
            recipient: text("recipient").map(|written| hashes_of(&written, recipients)).unwrap_or_default(),
            channel: text("channel"),
            provider: text("provider"),
            reason: text("reason"),
            code: text("code"),
            template: text("template"),
            lane: self.lane,
        }
    }

    /// What was asked for, for an address.
    pub(super) fn pairs(&self) -> Vec<(&str, &str)> {
        self.texts.iter().filter(|(_, text)| !text.is_empty()).map(|(name, text)| (*name, text.as_str())).collect()
    }

    /// The fields of the form that narrows the list.
    pub(super) fn fields<'a>(&'a self, words: &'static Words, known: &Known<'a>) -> Vec<Field<'a>> {
        let field =
            |name: &'static str, label: &'static str, input| Field { name, label, value: self.text(name), input };
        vec![
            field("recipient", words.recipient, Input::Text("")),
            field("id", words.id, Input::Text("")),
            field("from", words.died_from, Input::Instant("2026-03-01T02:00:00Z")),
            field("until", words.died_until, Input::Instant("2026-03-01T03:00:00Z")),
            field("channel", words.channel, Input::Known(known.channels)),
            field("provider", words.provider, Input::Known(known.providers)),
            field("reason", words.reason, Input::Known(known.reasons)),
            field("code", words.code, Input::Text("21211")),
            field("template", words.template, Input::Known(known.templates)),
            field("lane", words.lane, Input::Choice(&LANES)),
            field("group", words.group, Input::Text("")),
        ]
    }
}
