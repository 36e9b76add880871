//! Reads a key to make as it was written: everything that is wrong is named at once.

use domain::{FieldError, Tenant, Timestamp, parse_object};
use serde_json::{Map, Value};

use super::super::grants::scopes_in;
use super::{Asked, FIELDS};
use crate::checked::Refused;
use crate::reader::{Reader, field_meant, words_in_a_line};

impl Asked {
    /// Reads it for somebody whose tenant is `own`, which stands where none is named.
    ///
    /// # Errors
    /// [`Refused::Text`] for anything but a JSON object, else [`Refused::Fields`] with every bad field.
    pub fn read(text: &str, own: &Tenant, now: Timestamp) -> Result<Self, Refused> {
        let object = parse_object(text.as_bytes()).map_err(|error| Refused::Text(error.fields))?;
        Self::of(object, own, now).map_err(Refused::Fields)
    }

    /// # Errors
    /// Every field that is wrong.
    pub fn of(object: Map<String, Value>, own: &Tenant, now: Timestamp) -> Result<Self, Vec<FieldError>> {
        let mut reader = Reader::of(object);
        let name = name(&mut reader);
        let (role, scope) = (reader.text("role"), reader.text("scope"));
        let scopes = scopes_in(role.as_deref(), scope.as_deref());
        let scopes = scopes.map_err(|errors| reader.errors.extend(errors)).ok().flatten();
        let told = ["role", "scope"].iter().any(|name| reader.has_refused(name));
        if scopes.is_none() && !told {
            reader.refuse("scope", "is missing: what the key may do, such as notify; or give role");
        }
        let tenant = reader.tenant(own);
        let expires_at = reader.time_ahead("expires_at", now, "a key that stays until it is revoked");
        reader.refuse_unknown(meant);
        match (name, scopes) {
            (Some(name), Some(scopes)) if reader.errors.is_empty() => Ok(Self { name, scopes, tenant, expires_at }),
            _ => Err(reader.errors),
        }
    }
}

fn name(reader: &mut Reader) -> Option<String> {
    let text = reader.required("name", "what the key is called, such as the service that has it")?;
    let name = text.trim().to_owned();
    if name.is_empty() {
        reader.refuse("name", "is empty: what the key is called, such as the service that has it");
    } else if let Err(why) = words_in_a_line(&name) {
        reader.refuse("name", why);
    }
    Some(name)
}

/// Finds the field of a key that a name stands for.
fn meant(name: &str) -> Option<&'static str> {
    const OTHERS: [(&str, &[&str]); 3] = [
        ("name", &["label", "title", "description", "service"]),
        ("scope", &["permission", "right"]),
        ("expires_at", &["until", "expiry", "expires", "ends_at"]),
    ];
    field_meant(name, FIELDS, &OTHERS)
}
