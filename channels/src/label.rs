//! The label of an attempt as it is written for a provider, and read in what the provider reports.

use domain::{Key, Label, Labels, MAX_ID_BYTES, Tenant, is_unsafe_in_a_line};
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use crate::callback::first;
use crate::channel::Outgoing;

/// The names in JSON. They begin with our own, because they may stand beside those of a provider.
const TENANT: &str = "chasqui_tenant";
const ID: &str = "chasqui_id";
const EPOCH: &str = "chasqui_epoch";
const ATTEMPT: &str = "chasqui_attempt";

/// The label as JSON, in which every value is a text.
pub(crate) fn fields(outgoing: &Outgoing<'_>) -> Value {
    json!({
        TENANT: outgoing.key.tenant.as_str(),
        ID: outgoing.key.id,
        EPOCH: outgoing.epoch.to_string(),
        ATTEMPT: outgoing.attempt.to_string(),
    })
}

/// The label among the fields of an object, if it is one of ours.
pub(crate) fn of_fields(object: &Map<String, Value>) -> Option<Label> {
    let text = |name: &str| object.get(name).and_then(Value::as_str);
    label(text(TENANT)?, text(ID)?, text(EPOCH)?, text(ATTEMPT)?)
}

pub(crate) fn of_attempt(outgoing: &Outgoing<'_>) -> Label {
    Label { key: outgoing.key.clone(), epoch: outgoing.epoch, attempt: outgoing.attempt }
}

/// The label as the query of a URL, signed, because anybody may write a URL.
pub(crate) fn query(labels: &Labels, outgoing: &Outgoing<'_>) -> String {
    let label = of_attempt(outgoing);
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("tenant", label.key.tenant.as_str());
    query.append_pair("id", &label.key.id);
    query.append_pair("epoch", &label.epoch.to_string());
    query.append_pair("attempt", &label.attempt.to_string());
    query.append_pair("mac", &labels.sign(&label));
    query.finish()
}

/// The label in the query of a URL, if we have signed it.
pub(crate) fn of_query(labels: &Labels, pairs: &[(String, String)]) -> Option<Label> {
    let get = |name| first(pairs, name);
    let label = label(get("tenant")?, get("id")?, get("epoch")?, get("attempt")?)?;
    labels.verify(&label, get("mac")?).then_some(label)
}

fn label(tenant: &str, id: &str, epoch: &str, attempt: &str) -> Option<Label> {
    made(tenant, id, epoch.parse().ok()?, attempt.parse().ok()?)
}

/// A label of these values, if there can be one.
pub(crate) fn made(tenant: &str, id: &str, epoch: u32, attempt: u32) -> Option<Label> {
    let is_an_id = (1..=MAX_ID_BYTES).contains(&id.len()) && !id.chars().any(is_unsafe_in_a_line);
    let key = Key { tenant: Tenant::parse(tenant)?, id: id.to_owned() };
    (is_an_id && attempt > 0).then_some(Label { key, epoch, attempt })
}

#[cfg(test)]
mod tests {
    use domain::{Keyring, Rendered};

    use super::*;
    use crate::callback::pairs;
    use crate::tests::tools::outgoing;

    fn labels() -> Labels {
        Labels::new(&Keyring::new(b"0123456789abcdefghijklmnopqrstuv", None))
    }

    #[test]
    fn a_label_comes_back_as_it_was_written_whatever_is_in_the_id() {
        let rendered = Rendered { subject: None, text: "Hi".into(), html: None };
        let data = Map::new();
        for id in ["n-1", "a/b?c&d=e+f%41 'ñ' 🎉", "=&=&"] {
            let key = testkit::key(id);
            let outgoing = outgoing(&key, "+14155550100", &rendered, &data, None);
            let sent = Label { key: key.clone(), epoch: outgoing.epoch, attempt: outgoing.attempt };
            let query = query(&labels(), &outgoing);
            assert_eq!(of_query(&labels(), &pairs(query.as_bytes())), Some(sent.clone()), "{query}");
            let Value::Object(fields) = fields(&outgoing) else { panic!("{id}") };
            assert_eq!(of_fields(&fields), Some(sent), "{id}");
        }
    }

    #[test]
    fn a_query_that_we_did_not_sign_is_no_label() {
        let rendered = Rendered { subject: None, text: "Hi".into(), html: None };
        let (key, data) = (testkit::key("n-1"), Map::new());
        let query = query(&labels(), &outgoing(&key, "+14155550100", &rendered, &data, None));
        let altered = [
            query.replace("id=n-1", "id=n-2"),
            query.replace("epoch=0", "epoch=1"),
            query.replace("attempt=1", "attempt=0"),
            query.replace("tenant=default", "tenant=acme"),
            query.replace("mac=", "mac=0"),
            query.split("&mac").next().unwrap_or_default().to_owned(),
            String::new(),
        ];
        for query in altered {
            assert_eq!(of_query(&labels(), &pairs(query.as_bytes())), None, "{query}");
        }
    }

    #[test]
    fn fields_that_are_not_ours_are_no_label() {
        let right = json!({ TENANT: "default", ID: "n-1", EPOCH: "0", ATTEMPT: "1" });
        for (name, odd) in [
            (TENANT, json!("no tenant")),
            (ID, json!("")),
            (ID, json!("a\nb")),
            (ID, json!("x".repeat(256))),
            (EPOCH, json!(0)),
            (EPOCH, json!("-1")),
            (ATTEMPT, json!("0")),
            (ATTEMPT, json!("4294967296")),
        ] {
            let mut fields = right.as_object().cloned().unwrap_or_default();
            fields.insert(name.to_owned(), odd.clone());
            assert_eq!(of_fields(&fields), None, "{name}: {odd}");
        }
    }
}
