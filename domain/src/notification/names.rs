//! Fields that are not known: what their names look like, and what their publisher should write instead.
//!
//! Names are shown, values never. A name is shown escaped and cut, and not at all when it looks like a recipient.

use serde_json::{Map, Value};
use text::{FieldError, MAX_COMPARED_BYTES, is_one_edit, nearest, plain, pointer_step};

/// Every field of a body, in the order in which bad ones are named.
pub const FIELDS: [&str; 24] = [
    "version",
    "id",
    "tenant",
    "channel",
    "destination",
    "subject",
    "message",
    "template",
    "locale",
    "data",
    "reply_to",
    "cc",
    "bcc",
    "headers",
    "attachments",
    "list",
    "priority",
    "provider",
    "send_at",
    "expires_at",
    "ttl_seconds",
    "max_lateness_seconds",
    "fallback",
    "metadata",
];
/// The fields that an item of a fallback may have. The id, the tenant and the expiry stay its parent's.
pub const OF_AN_ITEM: [&str; 16] = [
    "channel",
    "destination",
    "subject",
    "message",
    "template",
    "locale",
    "data",
    "reply_to",
    "cc",
    "bcc",
    "headers",
    "attachments",
    "list",
    "when",
    "until",
    "after_seconds",
];
/// The fields of [`OF_AN_ITEM`] that say when it is tried, and that no delivery has.
pub(crate) const OF_AN_ITEM_ALONE: [&str; 3] = ["when", "until", "after_seconds"];
/// The fields that the fleet alone writes, into a body and into an item of its fallback: none of those of publishers. An
/// item has its own, and never its parent's.
pub(crate) const OF_THE_FLEET: [&str; 1] = ["interactive"];
/// The fields that a mail alone has. An item of a fallback has its own, and never its parent's.
pub(crate) const OF_A_MAIL: [&str; 6] = ["reply_to", "cc", "bcc", "headers", "attachments", "list"];

/// What is said of a field that an item of a fallback has and that belongs to its notification.
const NOT_OF_AN_ITEM: &str = "belongs to the notification, not to an item of fallback: give it beside fallback";

/// From this many letters on, a name that is one edit from another system's name counts as misspelt; a shorter one is
/// often another word.
const LONG: usize = 9;

/// A field of a body, or a header or property of its message, that is not read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnknownField {
    /// A JSON pointer for a field, `header:name` for a header, `property:name` for a property of AMQP.
    pub pointer: String,
    pub meant: Meant,
}

/// What an unknown name was probably meant to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Meant {
    /// A field of ours, misspelt or under the name that another system has for it.
    Ours(&'static str),
    /// A field of the notification that stands in an item of its fallback, in this spelling or in another.
    OfTheWhole(&'static str),
    /// A name for something that would change what is sent or when, and that no field of ours does. The text says what
    /// to do instead.
    Instead(&'static str),
    /// A field of ours whose value was not read. The text says what the value must be. Only a header is accepted
    /// without its value.
    Misread(&'static str),
    /// Nothing of ours.
    Foreign,
}

impl UnknownField {
    /// Why the notification is refused where its sender can be answered. None for a foreign field, which only deserves
    /// a warning.
    pub fn refusal(&self) -> Option<FieldError> {
        let detail = match self.meant {
            Meant::Ours(field) => format!("is not known: did you mean {field}?"),
            Meant::OfTheWhole(field) if self.name() == field => NOT_OF_AN_ITEM.into(),
            Meant::OfTheWhole(field) => format!("is not known: did you mean {field}? It {NOT_OF_AN_ITEM}"),
            Meant::Instead(way) => format!("is not known: {way}"),
            Meant::Misread(_) | Meant::Foreign => return None,
        };
        Some(FieldError { pointer: self.pointer.clone(), detail })
    }

    /// What is said of the field when the notification is accepted all the same.
    pub fn warning(&self) -> FieldError {
        let detail = match self.meant {
            Meant::Ours(field) => format!("is not known and was not read: did you mean {field}?"),
            Meant::OfTheWhole(field) if self.name() == field => format!("was not read: it {NOT_OF_AN_ITEM}"),
            Meant::OfTheWhole(field) => {
                format!("is not known and was not read: did you mean {field}? It {NOT_OF_AN_ITEM}")
            }
            Meant::Instead(way) => format!("is not known and was not read: {way}"),
            Meant::Misread(must) => format!("was not read: it {must}"),
            Meant::Foreign => "is not known and was not read: fields of your own belong into metadata".into(),
        };
        FieldError { pointer: self.pointer.clone(), detail }
    }

    /// The name of the field, as it is shown.
    pub(super) fn name(&self) -> &str {
        self.pointer.rsplit_once('/').map_or("", |(_, name)| name)
    }
}

/// The fields of `left`, the object without its known fields. `given` are the known fields that it had.
pub(super) fn unknown(prefix: &str, left: &Map<String, Value>, given: &[&str]) -> Vec<UnknownField> {
    let item = !prefix.is_empty();
    let field = |name: &String| {
        let own = if item { meant_of_an_item(name) } else { None };
        let meant = match own.map_or_else(|| meant(name, given), Meant::Ours) {
            Meant::Ours(field) if item && !OF_AN_ITEM.contains(&field) => Meant::OfTheWhole(field),
            meant => meant,
        };
        UnknownField { pointer: format!("{prefix}/{}", pointer_step(name)), meant }
    };
    left.keys().map(field).collect()
}

/// Other systems' names for our fields, in lower case and without separators, a space between them.
const SYNONYMS: [(&str, &str); 20] = [
    (
        "destination",
        "to tos recipient recipients destinations dest sendto receiver addressee msisdn phonenumber tonumber \
         toaddress toemail emailaddress devicetoken registrationtoken fcmtoken pushtoken",
    ),
    ("message", "body text content contents msg plain plaintext textbody bodytext messagebody messagetext"),
    ("subject", "title heading headline subjectline mailsubject emailsubject notificationtitle"),
    ("template", "templateid templatename templatekey templateslug tpl tmpl"),
    (
        "data",
        "variables vars params parameters substitutions placeholders templatedata templatevariables \
         dynamictemplatedata templatemodel personalization personalizations personalisation",
    ),
    ("locale", "lang language languagecode localeid i18n"),
    (
        "send_at",
        "sendon sendtime senddate sendafter sendlater sendwhen when scheduled scheduledat scheduleat \
         scheduledfor scheduledtime scheduletime deliverat deliverytime deliveryat deliverafter notbefore \
         dueat runat publishat",
    ),
    (
        "expires_at",
        "expires expiry expiration expireat expireson expiresafter expirydate expirationdate expirytime \
         expirationtime validuntil notafter deadline discardafter endat endsat",
    ),
    (
        "ttl_seconds",
        "ttl ttls ttlsec ttlms timetolive expiresin expiresinseconds expirein maxage maxageseconds validity \
         validityperiod validfor",
    ),
    ("max_lateness_seconds", "lateness maxlateness maxdelay maxdelayseconds graceseconds"),
    ("priority", "prio urgency importance lane"),
    (
        "id",
        "messageid notificationid deliveryid idempotencykey idempotentkey idempotencyid dedupid dedupkey \
         deduplicationid deduplicationkey clientmessageid",
    ),
    ("fallback", "failover fallbackchannel fallbackchannels alternatives backup backupchannel"),
    ("tenant", "tenantid tenantname tenantkey"),
    ("reply_to", "replytos replytoemail replytoaddress replytolist"),
    ("cc", "ccs ccto"),
    ("bcc", "bccs bccto"),
    ("headers", "header customheaders mailheaders"),
    ("attachments", "attachment file files"),
    ("list", "mailinglist listname"),
];

/// Names that mean a field of ours where that field is missing, and something of the publisher's own where it is given.
const MAYBE: [(&str, &str); 4] = [
    ("channel", "type kind medium media method transport via channeltype channelname"),
    ("destination", "email mail phone mobile number address token target contact user"),
    ("message", "description note value payload"),
    ("data", "context values args arguments properties model payload"),
];

/// Other names for when an item of a fallback is tried. Beside a notification some of them mean something else.
const OF_AN_ITEM_SYNONYMS: [(&str, &str); 3] = [
    ("when", "condition trigger triggeron"),
    ("until", "unless unlessread unlessseen untilread untilseen"),
    (
        "after_seconds",
        "after afters aftersec aftersecs afterms afterminutes delay delays delayseconds delaysec delayms wait waits \
         waitseconds waitsec waitfor timeout timeouts timeoutseconds",
    ),
];

/// The field that says when an item is tried, where that is what is meant.
fn meant_of_an_item(name: &str) -> Option<&'static str> {
    let plain = plain(name);
    let by_another_name = OF_AN_ITEM_SYNONYMS.iter().find(|(_, names)| names.split(' ').any(|one| one == plain));
    by_another_name.map(|(field, _)| *field).or_else(|| nearest(name, OF_AN_ITEM_ALONE))
}

/// Whether a field is missing when `given` are the fields that are there: without a template there is no use for data.
fn is_missing(field: &str, given: &[&str]) -> bool {
    let has = |name: &str| given.contains(&name);
    match field {
        "message" => !has("message") && !has("template"),
        "data" => has("template") && !has("data"),
        _ => !has(field),
    }
}

/// Names of what would change what is sent or when and has no field here, each with what to do instead.
const INSTEAD: [(&str, &str); 11] = [
    (
        "the sender is a setting of the fleet (FROM_EMAIL, TWILIO_FROM_NUMBER, …): leave it out",
        "from sender fromemail fromname fromaddress fromnumber senders senderid sendername senderemail frm \
         returnpath onbehalfof",
    ),
    (
        "pictures of a mail stand in the HTML of its template, by their URLs, or go with it as attachments",
        "inlineimages images image imageurl",
    ),
    ("pictures of an SMS or a WhatsApp message are data.media_urls, a list of https URLs", "mediaurl mediaurls"),
    (
        "a template that Twilio keeps for WhatsApp is data.content_sid, with data.content_variables",
        "contentsid contentvariables",
    ),
    ("a template that Meta keeps for WhatsApp is data.whatsapp_template", "whatsapptemplate whatsapptemplates"),
    (
        "HTML comes from templates: give template and data, or plain text as message",
        "html htmlbody bodyhtml htmlcontent htmlmessage messagehtml htmltext amp mjml markdown ishtml \
         contenttype mimetype format parsemode",
    ),
    ("it belongs into an item of fallback, beside when", "afterseconds aftersecs escalateafter escalateafterseconds"),
    (
        "give send_at, the instant to send at",
        "delay delayms delayseconds delaysec delayuntil sendin defer deferuntil eta countdown",
    ),
    (
        "what repeats is made with POST /schedules",
        "cron timezone tz repeat recurrence recurring rrule interval schedule schedules",
    ),
    (
        "retries are a setting of the fleet (WORKER_MAX_RETRIES, WORKER_RETRY_DELAY_1 to _3): leave it out",
        "retries retry maxretries retrycount maxattempts attempts retrydelay",
    ),
    (
        "there is no trial of one notification: the setting SANDBOX captures what would be sent",
        "dryrun sandbox testmode test istest preview draft validateonly simulate",
    ),
];

/// What wraps a notification in a body that holds it instead of being it. Beside a destination it is the publisher's
/// own.
const WRAPPED: (&str, &str) =
    ("send the object itself, over HTTP also a list of them: its fields belong here", "notification notifications");

/// Words that are near a name of ours and mean something else.
const OTHER_WORDS: &str = "callback callbacks session sessions object objects passage mission date dates dated \
     reader readers leader leaders loader loaders trader traders holders tenders elders heads \
     last lost lift";

fn meant(name: &str, given: &[&str]) -> Meant {
    let plain = plain(name);
    let among = |names: &str| names.split(' ').any(|one| one == plain);
    if name.len() > MAX_COMPARED_BYTES || plain.is_empty() || among(OTHER_WORDS) {
        return Meant::Foreign;
    }
    if among(WRAPPED.1) && is_missing("destination", given) {
        return Meant::Instead(WRAPPED.0);
    }
    if let Some((way, _)) = INSTEAD.iter().find(|(_, names)| among(names)) {
        return Meant::Instead(way);
    }
    if let Some((field, _)) = SYNONYMS.iter().find(|(_, names)| among(names)) {
        return Meant::Ours(field);
    }
    if MAYBE.iter().any(|(_, names)| among(names)) {
        let missing = MAYBE.iter().find(|(field, names)| among(names) && is_missing(field, given));
        return missing.map_or(Meant::Foreign, |(field, _)| Meant::Ours(field));
    }
    let slip = |names: &str| names.split(' ').any(|one| one.len() >= LONG && is_one_edit(&plain, one));
    nearest(name, FIELDS)
        .map(Meant::Ours)
        .or_else(|| INSTEAD.iter().find(|(_, names)| slip(names)).map(|(way, _)| Meant::Instead(way)))
        .or_else(|| SYNONYMS.iter().find(|(_, names)| slip(names)).map(|(field, _)| Meant::Ours(field)))
        .unwrap_or(Meant::Foreign)
}

/// Whether a notification has this field, in this spelling or nearly so.
pub fn is_field(name: &str) -> bool {
    matches!(meant(name, &FIELDS), Meant::Ours(_))
}
