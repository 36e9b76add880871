//! What somebody asks for who wants people to be asked, as it is written: read once, every bad field named at once.

mod choices;
mod people;
mod reader;

use std::time::Duration;

use serde_json::{Map, Value, json};
use text::FieldError;

pub use self::people::{refusal_as_a_name, refusal_as_a_persons};

use self::choices::read_choices;
use self::people::{read_people, read_steps};
use self::reader::Reader;
use super::{AskChoice, MAX_APPROVERS};
use crate::limits::MAX_ID_BYTES;
use crate::{ChannelName, Tenant};

/// How long a question stands that says nothing of it.
const LASTS: Duration = Duration::from_secs(3_600);
/// From ten seconds, in which a person can just read it, to 30 days.
const LASTS_SECONDS: (u64, u64) = (10, 2_592_000);
/// How long one channel of a person is waited for before the next one is tried, where nothing is said of it.
const NEXT_CHANNEL_AFTER: Duration = Duration::from_secs(120);

/// What is said of a time at which nothing would happen.
const TOO_LATE: &str = "must be less than expires_in: the question has ended by then";

/// Other names for the fields, in lower case and without separators.
const SYNONYMS: [(&str, &str); 7] = [
    ("question", "ask text message body prompt title"),
    ("choices", "choice options answers buttons"),
    ("to", "recipient recipients approvers audience destination channel contact group"),
    ("expires_in", "ttl ttlseconds timeout timeoutseconds expires expiresat expiresinseconds"),
    ("remind_after", "reminder remind"),
    ("escalate", "escalation escalations steps"),
    ("metadata", "data meta"),
];

/// A question to be asked, and whom.
#[derive(Clone, PartialEq, Debug)]
pub struct AskRequest {
    pub id: Option<String>,
    pub tenant: Tenant,
    pub question: String,
    /// Empty for yes and no: [`AskRequest::offered`].
    pub choices: Vec<AskChoice>,
    pub to: Vec<Addressee>,
    pub quorum: u32,
    pub four_eyes: bool,
    pub may_change: bool,
    pub expires_in: Duration,
    pub correlation_id: Option<String>,
    /// The queue of AMQP that is told the end.
    pub reply_to: Option<String>,
    pub requested_by: Option<String>,
    pub locale: Option<String>,
    pub next_channel_after: Duration,
    pub remind_after: Option<Duration>,
    /// Whom else to ask when nothing is decided, each step later than the one before it.
    pub escalate: Vec<AskStep>,
    pub metadata: Map<String, Value>,
}

/// Who is asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Addressee {
    /// Somebody who is known, by these channels of theirs in this order; by all of them where there are none.
    Contact { id: String, channels: Vec<ChannelName> },
    /// Everybody who is known in a group.
    Group { name: String, channels: Vec<ChannelName> },
    /// Whoever reads what comes to an address.
    Address { channel: ChannelName, destination: String, name: Option<String>, locale: Option<String> },
}

/// Whom else to ask, and when.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AskStep {
    /// Since the question was asked.
    pub after: Duration,
    pub to: Vec<Addressee>,
}

impl AskRequest {
    /// Every field of a request, in the order in which bad ones are named.
    pub const FIELDS: [&'static str; 18] = [
        "id",
        "tenant",
        "question",
        "choices",
        "to",
        "quorum",
        "four_eyes",
        "may_change",
        "expires_in",
        "correlation_id",
        "reply_to",
        "requested_by",
        "locale",
        "next_channel_after",
        "remind_after",
        "escalate",
        "metadata",
        "version",
    ];

    /// Reads a request that was parsed as JSON before. `null` and an empty text count as absent.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read(object: Map<String, Value>) -> Result<Self, Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut fields = Reader::of(String::new(), object, &mut errors);
        fields.version();
        let id = fields.line("id", MAX_ID_BYTES);
        let tenant = fields.tenant();
        let question = fields.question();
        let choices = read_choices(&mut fields);
        let to = read_people(&mut fields, MAX_APPROVERS);
        let quorum = fields.number("quorum", (1, MAX_APPROVERS as u64)).unwrap_or(1);
        let four_eyes = fields.flag("four_eyes");
        let may_change = fields.flag("may_change");
        let expires_in = fields.seconds("expires_in", LASTS_SECONDS).unwrap_or(LASTS);
        let correlation_id = fields.line("correlation_id", MAX_ID_BYTES);
        let reply_to = fields.line("reply_to", MAX_ID_BYTES);
        let requested_by = fields.line("requested_by", MAX_ID_BYTES);
        let locale = fields.word("locale");
        let next_channel_after = fields.seconds("next_channel_after", (1, LASTS_SECONDS.1));
        let remind_after = fields.seconds("remind_after", LASTS_SECONDS);
        if remind_after.is_some_and(|after| after >= expires_in) {
            fields.refuse("remind_after", TOO_LATE);
        }
        let escalate = read_steps(&mut fields, expires_in);
        let metadata = fields.map("metadata");
        fields.refuse_unknown(&Self::FIELDS, &SYNONYMS);
        let request = Self {
            id,
            tenant,
            question: question.unwrap_or_default(),
            choices,
            to,
            quorum: u32::try_from(quorum).unwrap_or(u32::MAX),
            four_eyes,
            may_change,
            expires_in,
            correlation_id,
            reply_to,
            requested_by,
            locale,
            next_channel_after: next_channel_after.unwrap_or(NEXT_CHANNEL_AFTER),
            remind_after,
            escalate,
            metadata,
        };
        if errors.is_empty() {
            errors.extend(request.beyond_everybody());
        }
        if errors.is_empty() { Ok(request) } else { Err(errors) }
    }

    /// What is wrong with a quorum that all who are named could not make. Of groups nobody knows yet how many they are.
    fn beyond_everybody(&self) -> Option<FieldError> {
        let mut people = self.to.iter().chain(self.escalate.iter().flat_map(|step| &step.to));
        let many = people.clone().count();
        let is_known = people.all(|one| !matches!(one, Addressee::Group { .. }));
        let is_beyond = is_known && usize::try_from(self.quorum).is_ok_and(|quorum| quorum > many);
        let detail = format!("must be 1 to {many}: so many may answer");
        is_beyond.then(|| FieldError { pointer: "/quorum".to_owned(), detail })
    }

    /// What is asked, of whom and how, as one text: the same for the same question, whoever has it asked, wherever its end is
    /// told, and however often it is said again.
    pub fn canonical(&self) -> String {
        let seconds = |time: Duration| time.as_secs();
        let people = |people: &[Addressee]| people.iter().map(Addressee::canonical).collect::<Vec<_>>();
        let steps: Vec<Value> =
            self.escalate.iter().map(|step| json!([seconds(step.after), people(&step.to)])).collect();
        let choice = |choice: &AskChoice| json!([choice.id, choice.label, choice.refuses]);
        let choices: Vec<Value> = self.choices.iter().map(choice).collect();
        json!([
            self.question,
            choices,
            people(&self.to),
            self.quorum,
            self.four_eyes,
            self.may_change,
            seconds(self.expires_in),
            self.locale,
            steps,
        ])
        .to_string()
    }

    /// The choices that are offered: its own, or yes and no in its language, `locale` where it names none. That no is an
    /// answer like yes: whoever wants it to refuse gives the choices.
    pub fn offered(&self, locale: &str) -> Vec<AskChoice> {
        if !self.choices.is_empty() {
            return self.choices.clone();
        }
        let locale = self.locale.as_deref().unwrap_or(locale).to_ascii_lowercase();
        let language = locale.split(['-', '_']).next().unwrap_or_default();
        let yes = if language == "es" { "Sí" } else { "Yes" };
        let choice = |id: &str, label: &str| AskChoice { id: id.into(), label: label.into(), refuses: false };
        vec![choice("yes", yes), choice("no", "No")]
    }
}

impl Addressee {
    fn canonical(&self) -> Value {
        let named = |channels: &[ChannelName]| channels.iter().map(ChannelName::to_string).collect::<Vec<_>>();
        match self {
            Self::Contact { id, channels } => json!(["contact", id, named(channels)]),
            Self::Group { name, channels } => json!(["group", name, named(channels)]),
            Self::Address { channel, destination, name, locale } => {
                json!(["address", channel.as_str(), destination, name, locale])
            }
        }
    }

    /// By what one is told from another: the channels of a person do not make two of them.
    fn identity(&self) -> (&str, &str) {
        match self {
            Self::Contact { id, .. } => ("contact", id),
            Self::Group { name, .. } => ("group", name),
            Self::Address { channel, destination, .. } => (channel.as_str(), destination),
        }
    }
}

#[cfg(test)]
mod tests;
