//! Reads the services as an operator has written them, all that is wrong with them at once.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value};
use text::{FieldError, is_plain_name, nearest_of_few, pointer_step};

use super::registry::{Action, Confirm, Registry, Service};
use super::schema::Schema;
use crate::Tenant;

/// The most services, the most actions of one, and the most names in a list: as many as somebody reads.
const MAX_SERVICES: usize = 200;
const MAX_ACTIONS: usize = 200;
const MAX_NAMES: usize = 100;
/// The longest name of a service, of an action, and of whoever may.
const MAX_NAME_BYTES: usize = 64;
const MAX_ACTION_BYTES: usize = 100;
const MAX_URL_BYTES: usize = 2_000;
const MAX_KEY_BYTES: usize = 16 * 1024;
/// How long a command may take, confirmation included.
const MAX_TIMEOUT_SECONDS: u64 = 7 * 24 * 60 * 60;
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(300);

const OF_SERVICE: [&str; 11] = [
    "base_url",
    "amqp",
    "audience",
    "confirm",
    "may",
    "tenants",
    "approvers",
    "four_eyes",
    "timeout_seconds",
    "public_key",
    "actions",
];
const OF_ACTION: [&str; 3] = ["schema", "confirm", "may"];

impl Registry {
    /// Reads services by their names.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub fn read(written: &Map<String, Value>) -> Result<Self, Vec<FieldError>> {
        let mut faults = Vec::new();
        if written.len() > MAX_SERVICES {
            faults.push(fault("", format!("has more than {MAX_SERVICES} services")));
        }
        let services: Vec<Service> =
            written.iter().take(MAX_SERVICES).filter_map(|(name, value)| service(name, value, &mut faults)).collect();
        if faults.is_empty() { Ok(services.into_iter().collect()) } else { Err(faults) }
    }
}

fn service(name: &str, written: &Value, faults: &mut Vec<FieldError>) -> Option<Service> {
    let at = format!("/{}", pointer_step(name));
    if !is_name(name, MAX_NAME_BYTES) {
        faults.push(fault(&at, format!("must be a name of A-Z, a-z, 0-9, _ and -, at most {MAX_NAME_BYTES} bytes")));
    }
    let mut fields = Fields::of(&at, written, &OF_SERVICE, faults)?;
    let audience = fields.text("audience", MAX_NAME_BYTES * 4);
    let service = Service {
        name: name.to_owned(),
        base_url: fields.base_url(),
        audience: audience.unwrap_or_else(|| name.to_owned()),
        confirm: fields.confirm(),
        may: fields.names("may").unwrap_or_default(),
        tenants: fields.tenants(),
        approvers: fields.names("approvers").unwrap_or_default(),
        four_eyes: fields.flag("four_eyes", false),
        timeout: fields.timeout(),
        public_key: fields.text("public_key", MAX_KEY_BYTES),
        actions: actions(&mut fields),
    };
    Some(service)
}

fn actions(fields: &mut Fields<'_>) -> BTreeMap<String, Action> {
    let at = format!("{}/actions", fields.at);
    let Some(Value::Object(written)) = fields.table.get("actions") else {
        fields
            .faults
            .push(fault(&at, "must be a table of actions, such as [trading.actions.\"strategy.pause\"]".into()));
        return BTreeMap::new();
    };
    if !(1..=MAX_ACTIONS).contains(&written.len()) {
        fields.faults.push(fault(&at, format!("must have 1 to {MAX_ACTIONS} actions")));
    }
    let faults = &mut *fields.faults;
    let read = written.iter().take(MAX_ACTIONS).filter_map(|(name, value)| {
        let at = format!("{at}/{}", pointer_step(name));
        if !name.split('.').all(|part| is_name(part, MAX_ACTION_BYTES)) || name.len() > MAX_ACTION_BYTES {
            faults.push(fault(&at, "must be names of A-Z, a-z, 0-9, _ and - with dots between them".into()));
        }
        let mut fields = Fields::of(&at, value, &OF_ACTION, faults)?;
        let action =
            Action { schema: fields.schema()?, confirm: fields.flag("confirm", true), may: fields.names("may") };
        Some((name.clone(), action))
    });
    read.collect()
}

/// The fields of a table, and where what is wrong with them is told.
struct Fields<'a> {
    at: String,
    table: &'a Map<String, Value>,
    faults: &'a mut Vec<FieldError>,
}

impl<'a> Fields<'a> {
    fn of(at: &str, written: &'a Value, known: &[&str], faults: &'a mut Vec<FieldError>) -> Option<Self> {
        let Some(table) = written.as_object() else {
            faults.push(fault(at, "must be a table".into()));
            return None;
        };
        for name in table.keys().filter(|name| !known.contains(&name.as_str())) {
            let meant = nearest_of_few(name, known.iter().copied());
            let hint = meant.map(|meant| format!("; do you mean {meant}?")).unwrap_or_default();
            faults.push(fault(&format!("{at}/{}", pointer_step(name)), format!("is not known{hint}")));
        }
        Some(Self { at: at.to_owned(), table, faults })
    }

    fn refuse(&mut self, name: &str, why: impl Into<String>) {
        self.faults.push(fault(&format!("{}/{name}", self.at), why.into()));
    }

    fn text(&mut self, name: &str, max_bytes: usize) -> Option<String> {
        let text = self.table.get(name)?.as_str().filter(|text| !text.is_empty() && text.len() <= max_bytes);
        if text.is_none() {
            self.refuse(name, format!("must be a text of 1 to {max_bytes} bytes"));
        }
        text.map(str::to_owned)
    }

    fn flag(&mut self, name: &str, otherwise: bool) -> bool {
        let Some(value) = self.table.get(name) else { return otherwise };
        value.as_bool().unwrap_or_else(|| {
            self.refuse(name, "must be true or false");
            otherwise
        })
    }

    fn names(&mut self, name: &str) -> Option<Vec<String>> {
        let written = self.table.get(name)?.as_array().filter(|names| names.len() <= MAX_NAMES);
        let is_one = |name: &&str| !name.is_empty() && name.len() <= MAX_NAME_BYTES * 4;
        let names: Option<Vec<String>> = written
            .and_then(|names| names.iter().map(|name| name.as_str().filter(is_one).map(str::to_owned)).collect());
        if names.is_none() {
            self.refuse(name, format!("must be a list of at most {MAX_NAMES} ids of people or names of groups"));
        }
        Some(names.unwrap_or_default())
    }

    /// The tenant `default` where none is named.
    fn tenants(&mut self) -> Vec<Tenant> {
        if !self.table.contains_key("tenants") {
            return vec![Tenant::default()];
        }
        let written = self.table.get("tenants").and_then(Value::as_array).filter(|names| names.len() <= MAX_NAMES);
        let tenants: Option<Vec<Tenant>> =
            written.and_then(|names| names.iter().map(|name| name.as_str().and_then(Tenant::parse)).collect());
        if tenants.is_none() {
            self.refuse("tenants", format!("must be a list of at most {MAX_NAMES} names of tenants"));
        }
        tenants.unwrap_or_default()
    }

    /// None for a service that takes its commands over AMQP.
    fn base_url(&mut self) -> Option<String> {
        if self.flag("amqp", false) {
            if self.table.contains_key("base_url") {
                self.refuse(
                    "base_url",
                    "must not stand beside amqp = true: a service takes its commands by one of both",
                );
            }
            return None;
        }
        let text = self.table.get("base_url").and_then(Value::as_str).unwrap_or_default();
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let is_plain = |c: char| c.is_ascii_graphic() && !matches!(c, '?' | '#' | '@' | '\\');
        let is_url = rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/') && rest.chars().all(is_plain));
        if !is_url || text.len() > MAX_URL_BYTES {
            let must = "must be an http or https URL without a query, such as http://127.0.0.1:9300, or amqp = true stands in \
                        its place";
            self.refuse("base_url", must);
        }
        Some(text.trim_end_matches('/').to_owned())
    }

    fn confirm(&mut self) -> Confirm {
        let Some(value) = self.table.get("confirm") else { return Confirm::ByAction };
        value.as_str().and_then(Confirm::parse).unwrap_or_else(|| {
            self.refuse("confirm", "must be \"always\", \"never\" or \"by_action\"");
            Confirm::Always
        })
    }

    fn timeout(&mut self) -> Duration {
        let Some(value) = self.table.get("timeout_seconds") else { return DEFAULT_TIMEOUT };
        let Some(seconds) = value.as_u64().filter(|seconds| (1..=MAX_TIMEOUT_SECONDS).contains(seconds)) else {
            self.refuse(
                "timeout_seconds",
                format!("must be a whole number of seconds from 1 to {MAX_TIMEOUT_SECONDS}"),
            );
            return DEFAULT_TIMEOUT;
        };
        Duration::from_secs(seconds)
    }

    /// A schema as a text of JSON, or as a table. Without one an action takes no arguments.
    fn schema(&mut self) -> Option<Schema> {
        let text = match self.table.get("schema") {
            None => r#"{"type":"object"}"#.to_owned(),
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
        };
        match Schema::parse(&text) {
            Ok(schema) => Some(schema),
            Err(wrong) => {
                let at = format!("{}/schema", self.at);
                self.faults.extend(wrong.into_iter().map(|one| fault(&format!("{at}{}", one.pointer), one.detail)));
                None
            }
        }
    }
}

fn is_name(text: &str, max_bytes: usize) -> bool {
    !text.is_empty() && text.len() <= max_bytes && is_plain_name(text)
}

fn fault(pointer: &str, detail: String) -> FieldError {
    FieldError { pointer: pointer.to_owned(), detail }
}
