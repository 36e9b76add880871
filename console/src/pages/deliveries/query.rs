//! The filter of the list: how it is read from the address, and the form that writes it there.

use domain::{Actor, ChannelName, Reason, State};
use maud::Markup;
use operations::deliveries::Wanted;
use operations::deliveries::written::{
    CODE, CURSOR, ID_PREFIX, LATER_THAN_FROM, RECIPIENT, TEMPLATE, TYPED_TIME, state,
};
use store::MAX_PAGE;
use web::problem::Problem;
use web::query::Parameters;

use super::words::Words;
use crate::console::Settings;
use crate::fields::Fields;
use crate::pieces::badge::word;
use crate::pieces::filter::{Field, Input, filter};
use crate::section::Section;
use crate::words::Lang;

/// The rows of a page where nobody says.
const USUAL: u32 = 50;
const NAMES: [&str; 14] = [
    "recipient",
    "state",
    "channel",
    "provider",
    "template",
    "reason",
    "code",
    "id",
    "from",
    "to",
    "ambiguous",
    "tenant",
    "limit",
    "after",
];

/// What was asked for, as it was written.
pub(super) struct Asked(Fields);

impl Asked {
    pub(super) fn of(query: &str) -> Self {
        Self(Fields::parse(query.as_bytes()))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.text(name).is_some()
    }

    /// Whether nothing is asked for but a page.
    pub(super) fn is_for_all(&self) -> bool {
        NAMES.iter().all(|name| matches!(*name, "tenant" | "limit" | "after") || !self.has(name))
    }

    /// What was asked for, but for the page.
    pub(super) fn pairs(&self) -> Vec<(&'static str, &str)> {
        NAMES.iter().filter(|name| **name != "after").map(|name| (*name, self.value(name))).collect()
    }

    fn value(&self, name: &str) -> &str {
        self.0.raw(name).filter(|text| !text.trim().is_empty()).unwrap_or_default()
    }
}

/// # Errors
/// 422 that names every part that is wrong.
pub(super) fn read(query: Parameters, settings: &Settings, actor: &Actor) -> Result<Wanted, Problem> {
    let mut query = query.filled();
    let channel = query.one_of("channel", operations::every_channel_name(), |name| name);
    let provider = query.one_of("provider", &settings.answerers, |name| name);
    let wanted = Wanted {
        state: query.text("state").and_then(|text| state(&text).map_err(|detail| query.refuse("state", detail)).ok()),
        ambiguous: query.flag("ambiguous"),
        recipient: query.parsed("recipient", RECIPIENT.must, RECIPIENT.read),
        channel: channel.and_then(|name| ChannelName::parse(name).ok()),
        provider: provider.map(str::to_owned),
        template: query.parsed("template", TEMPLATE.must, TEMPLATE.read),
        reason: query.one_of("reason", &Reason::ALL, Reason::as_str),
        code: query.parsed("code", CODE.must, CODE.read),
        from: query.parsed("from", TYPED_TIME.must, TYPED_TIME.read),
        until: query.parsed("to", TYPED_TIME.must, TYPED_TIME.read),
        id_prefix: query.parsed("id", ID_PREFIX.must, ID_PREFIX.read),
        after: query.parsed("after", CURSOR.must, CURSOR.read),
        limit: query.limit(USUAL, MAX_PAGE),
    };
    if wanted.from.zip(wanted.until).is_some_and(|(from, until)| from >= until) {
        query.refuse("to", LATER_THAN_FROM);
    }
    if query.text("tenant").is_some_and(|tenant| tenant != actor.tenant.as_str()) {
        query.refuse("tenant", "must be your own, and may be left out");
    }
    query.finish(&NAMES)?;
    Ok(wanted)
}

/// `problems` are what is wrong with what was asked for.
pub(super) fn form(lang: Lang, asked: &Asked, settings: &Settings, problems: &[(String, String)]) -> Markup {
    let words = Words::of(lang);
    let states: Vec<(&str, &str)> = State::ALL.iter().map(|state| (state.as_str(), word(*state, lang))).collect();
    let channels: Vec<(&str, &str)> = operations::every_channel_name().iter().map(|name| (*name, *name)).collect();
    let answerers: Vec<(&str, &str)> = settings.answerers.iter().map(|name| (*name, *name)).collect();
    let reasons: Vec<(&str, &str)> = Reason::ALL.iter().map(|reason| (reason.as_str(), reason.as_str())).collect();
    let yes_or_no = [("true", lang.words().lists.yes), ("false", lang.words().lists.no)];
    let field = |name: &'static str, label: &'static str, input| Field { name, label, value: asked.value(name), input };
    let fields = [
        field("recipient", words.recipient, Input::Search),
        field("state", words.state, Input::Choice(&states)),
        field("channel", words.channel, Input::Choice(&channels)),
        field("provider", words.provider, Input::Choice(&answerers)),
        field("template", words.template, Input::Text("order-shipped")),
        field("reason", words.reason, Input::Choice(&reasons)),
        field("code", words.code, Input::Text("21610")),
        field("id", words.id_begins, Input::Text("order-")),
        field("from", words.from, Input::Instant("2026-03-01T09:00:00Z")),
        field("to", words.to, Input::Instant("2026-03-02T09:00:00Z")),
        field("ambiguous", words.ambiguous, Input::Choice(&yes_or_no)),
        field("tenant", words.tenant, Input::Text("")),
    ];
    filter(lang, Section::Deliveries.path(), &fields, problems)
}
