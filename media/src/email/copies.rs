//! Who gets a copy of a mail, and the mail without some of them.

use serde_json::{Map, Value};

use super::mail::MAX_RECIPIENTS;
use super::{compared, parse};

/// The fields that name whoever gets a copy.
const LISTS: [&str; 2] = ["cc", "bcc"];

/// One who gets a copy of a mail.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CopyTo<'m> {
    /// The field that has the address.
    list: &'static str,
    /// The place of the address in its field.
    at: usize,
    /// The address as the publisher wrote it.
    pub address: &'m str,
}

impl CopyTo<'_> {
    /// The JSON pointer of the address in the body.
    pub fn pointer(&self) -> String {
        format!("/{}/{}", self.list, self.at)
    }
}

/// Who gets a copy of a mail to `to`, which may stand there and is no copy. Nobody where one of the addresses is none, or
/// where there are too many: the medium refuses such a mail as a whole.
pub(crate) fn copies<'m>(to: &str, fields: &'m Map<String, Value>) -> Vec<CopyTo<'m>> {
    let mut copies = Vec::new();
    if !LISTS.iter().any(|list| fields.contains_key(*list)) {
        return copies;
    }
    let to = compared(to);
    for list in LISTS {
        let items = fields.get(list).and_then(Value::as_array).into_iter().flatten();
        for (at, item) in items.enumerate() {
            match item.as_str().filter(|address| parse(address).is_ok()) {
                Some(address) if compared(address) == to => {}
                Some(address) if copies.len() < MAX_RECIPIENTS => copies.push(CopyTo { list, at, address }),
                _ => return Vec::new(),
            }
        }
    }
    copies
}

/// What goes with a mail, without these of its copies.
pub fn without(fields: &Map<String, Value>, left_out: &[&CopyTo<'_>]) -> Map<String, Value> {
    let mut rest = fields.clone();
    for list in LISTS {
        let Some(Value::Array(items)) = rest.get_mut(list) else { continue };
        let mut places = 0_usize..;
        items.retain(|_| {
            let place = places.next();
            !left_out.iter().any(|copy| copy.list == list && Some(copy.at) == place)
        });
    }
    rest
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(mail: &Value) -> Vec<(String, &str)> {
        let fields = mail.as_object().unwrap();
        copies("Ana@example.org", fields).into_iter().map(|copy| (copy.pointer(), copy.address)).collect()
    }

    #[test]
    fn whoever_gets_a_copy_is_found_with_the_place_of_the_address() {
        let mail =
            json!({"reply_to": ["r@example.org"], "cc": ["ana@EXAMPLE.org", "B@example.org"], "bcc": ["c@münchen.de"]});
        let expected = [("/cc/1".to_owned(), "B@example.org"), ("/bcc/0".to_owned(), "c@münchen.de")];
        assert_eq!(of(&mail), expected);
        for refused in [
            json!({}),
            json!({"cc": "b@example.org"}),
            json!({"cc": ["b@example.org", 7]}),
            json!({"cc": ["b@example.org"], "bcc": ["nobody"]}),
            json!({"cc": (0..60).map(|n| format!("u{n}@example.org")).collect::<Vec<_>>()}),
        ] {
            assert!(of(&refused).is_empty(), "{refused}");
        }
    }

    #[test]
    fn a_mail_without_some_of_its_copies_keeps_all_else() {
        let mail = json!({"cc": ["a@example.org", "b@example.org"], "bcc": ["c@example.org"], "headers": {"X-A": "b"}});
        let fields = mail.as_object().unwrap();
        let found = copies("ana@example.org", fields);
        let rest = Value::Object(without(fields, &[&found[0], &found[2]]));
        assert_eq!(rest, json!({"cc": ["b@example.org"], "bcc": [], "headers": {"X-A": "b"}}));
        assert_eq!(&without(fields, &[]), fields);
    }
}
