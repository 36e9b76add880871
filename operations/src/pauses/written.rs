//! Reads what is to be paused as it was written: everything that is wrong is named at once.

use domain::{FieldError, PauseKind, Tenant, Timestamp, parse_object};
use serde_json::{Map, Value};

use super::{Asked, EVERYBODY, FIELDS};
use crate::checked::Refused;
use crate::reader::{MUST_BE_A_TENANT, Reader, field_meant, no_such, why, words_in_a_line};

/// The longest name of a template.
const MAX_NAME_BYTES: usize = 255;
const NAME: &str = "the name of the channel, provider, template or tenant";

impl Asked {
    /// Reads it for a caller whose tenant is `own`, which stands where none is named; None for everybody's deliveries.
    /// `providers` are those that there are.
    ///
    /// # Errors
    /// [`Refused::Text`] for anything but a JSON object, else [`Refused::Fields`] with every bad field.
    pub fn read(text: &str, own: Option<&Tenant>, providers: &[&str], now: Timestamp) -> Result<Self, Refused> {
        let object = parse_object(text.as_bytes()).map_err(|error| Refused::Text(error.fields))?;
        Self::of(object, own, providers, now).map_err(Refused::Fields)
    }

    /// # Errors
    /// Every field that is wrong.
    pub fn of(
        object: Map<String, Value>,
        own: Option<&Tenant>,
        providers: &[&str],
        now: Timestamp,
    ) -> Result<Self, Vec<FieldError>> {
        let mut reader = Reader::of(object);
        let kind = kind(&mut reader);
        let name = name(&mut reader, kind, providers);
        let tenant = tenant(&mut reader, kind, name.as_deref(), own);
        let why = reason(&mut reader);
        let until = reader.time_ahead("until", now, "a pause that lasts until it is resumed");
        reader.refuse_unknown(meant);
        match (kind, name, why) {
            (Some(kind), Some(name), Some(why)) if reader.errors.is_empty() => {
                Ok(Self { kind, name, tenant, why, until })
            }
            _ => Err(reader.errors),
        }
    }
}

fn kind(reader: &mut Reader) -> Option<PauseKind> {
    let words = PauseKind::ALL.map(PauseKind::as_str);
    let text = reader.required("kind", &format!("one of {}", words.join(", ")))?;
    let kind = PauseKind::parse(&text);
    if kind.is_none() {
        reader.refuse("kind", no_such(&text, &words));
    }
    kind
}

fn name(reader: &mut Reader, kind: Option<PauseKind>, providers: &[&str]) -> Option<String> {
    let name = reader.required("name", NAME)?;
    let refused = match kind? {
        PauseKind::Channel => refusal_of_one_of(&name, media::known()),
        PauseKind::Provider => refusal_of_one_of(&name, providers),
        PauseKind::Template => refusal_of_template(&name),
        PauseKind::Tenant => Tenant::parse(&name).is_none().then(|| MUST_BE_A_TENANT.to_owned()),
    };
    match refused {
        None => Some(name),
        Some(why) => {
            reader.refuse("name", why);
            None
        }
    }
}

fn refusal_of_one_of(name: &str, known: &[&str]) -> Option<String> {
    (!known.contains(&name)).then(|| no_such(name, known))
}

fn refusal_of_template(name: &str) -> Option<String> {
    if name.len() > MAX_NAME_BYTES {
        return Some(format!("must have at most {MAX_NAME_BYTES} bytes"));
    }
    words_in_a_line(name).err()
}

/// Whose deliveries are to wait. Where a tenant is paused, its name says so.
fn tenant(reader: &mut Reader, kind: Option<PauseKind>, name: Option<&str>, own: Option<&Tenant>) -> Option<Tenant> {
    let given = reader.text("tenant");
    if kind == Some(PauseKind::Tenant) {
        if given.is_some_and(|given| Some(given.as_str()) != name) {
            reader.refuse("tenant", "is not for a tenant, of which name says which: leave it out");
        }
        return name.and_then(Tenant::parse);
    }
    match given.as_deref() {
        None => own.cloned(),
        Some(EVERYBODY) => None,
        Some(text) => {
            let tenant = Tenant::parse(text);
            if tenant.is_none() {
                reader.refuse("tenant", format!("{MUST_BE_A_TENANT}, or {EVERYBODY} for all tenants"));
            }
            tenant
        }
    }
}

fn reason(reader: &mut Reader) -> Option<String> {
    let text = reader.required("why", "the reason, in one line, for whoever asks later")?;
    match why(&text) {
        Ok(words) => Some(words),
        Err(refused) => {
            reader.refuse("why", refused);
            None
        }
    }
}

/// Finds the field of a pause that a name stands for.
fn meant(name: &str) -> Option<&'static str> {
    const OTHERS: [(&str, &[&str]); 4] = [
        ("kind", &["type", "what", "scope"]),
        ("name", &["channel", "provider", "template", "id"]),
        ("why", &["reason", "note", "comment", "because"]),
        ("until", &["expires_at", "ends_at", "expiry", "for"]),
    ];
    field_meant(name, FIELDS, &OTHERS)
}
