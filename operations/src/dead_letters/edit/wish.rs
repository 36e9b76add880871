//! What somebody makes of a dead letter, as it was written: everything that is wrong is named at once.

use domain::{FIELDS, FieldError, nearest, parse_object, pointer_step};
use serde_json::{Map, Value, json};

use crate::checked::{Refused, field};
use crate::dead_letters::impersonal::{impersonal, is_impersonal};
use crate::reader;

/// The fields of an edit, as its client writes them.
pub const EDIT_FIELDS: [&str; 4] = ["set", "body", "why", "copy"];

/// So many equal letters may be corrected in the same way.
const MAX_COPIES: u32 = 1_000;

/// The most steps of a pointer. A body with many more levels cannot be read, and would be too deep to be dropped.
const MAX_STEPS: usize = 100;

/// What somebody makes of a letter, as [`Wish::read`] makes one.
#[derive(Clone, PartialEq, Debug)]
pub struct Wish {
    changes: Changes,
    why: String,
    /// Which of equal letters it is for: 1 where nobody has said so.
    copy: u32,
}

/// A field that an edit changes. It may be personal: only whoever may edit sees it.
#[derive(Clone, PartialEq, Debug)]
pub struct Changed {
    /// Its JSON pointer.
    pub field: String,
    pub from: Option<Value>,
    pub to: Option<Value>,
}

#[derive(Clone, PartialEq, Debug)]
enum Changes {
    /// Values by their JSON pointers; `null` takes the field away.
    Set(Map<String, Value>),
    /// Another body.
    Body(Map<String, Value>),
}

/// The fields of a body.
type Object = Map<String, Value>;

impl Wish {
    /// # Errors
    /// [`Refused::Text`] for anything but a JSON object, else [`Refused::Fields`] with every bad field.
    pub fn read(text: &str) -> Result<Self, Refused> {
        let object = parse_object(text.as_bytes()).map_err(|error| Refused::Text(error.fields))?;
        Self::of(object).map_err(Refused::Fields)
    }

    /// # Errors
    /// Every field that is wrong.
    pub fn of(mut object: Map<String, Value>) -> Result<Self, Vec<FieldError>> {
        let mut errors = Vec::new();
        let changes = asked_changes(&mut object, &mut errors);
        let why = why(&mut object, &mut errors);
        let copy = copy(&mut object, &mut errors);
        for name in object.keys() {
            errors.push(reader::unknown(name, nearest(name, EDIT_FIELDS)));
        }
        match (changes, why, copy) {
            (Some(changes), Some(why), Some(copy)) if errors.is_empty() => Ok(Self { changes, why, copy }),
            _ => Err(errors),
        }
    }

    pub(super) fn why(&self) -> &str {
        &self.why
    }

    pub(super) const fn copy(&self) -> u32 {
        self.copy
    }

    /// Where the changes stand in what its client has written.
    pub(super) const fn pointer(&self) -> &'static str {
        match self.changes {
            Changes::Set(_) => "/set",
            Changes::Body(_) => "/body",
        }
    }

    /// The body of a letter with what was changed, and its own one, both without what names the delivery.
    ///
    /// # Errors
    /// What of the changes does not fit the letter.
    pub(super) fn on(&self, body: &[u8]) -> Result<(Object, Object), Vec<FieldError>> {
        let own = parse_object(body).map(nameless);
        match &self.changes {
            Changes::Body(body) => Ok((nameless(body.clone()), own.unwrap_or_default())),
            Changes::Set(set) => {
                let Ok(own) = own else {
                    let detail = "does not fit a letter whose body cannot be read: give the whole body instead";
                    return Err(vec![field("/set", detail)]);
                };
                let mut edited = Value::Object(own.clone());
                let misfit = |(pointer, value): (&String, &Value)| {
                    let detail = put_well(&mut edited, pointer, value).err()?;
                    Some(field(format!("/set/{}", pointer_step(pointer)), detail))
                };
                let misfits: Vec<FieldError> = set.iter().filter_map(misfit).collect();
                match edited {
                    Value::Object(edited) if misfits.is_empty() => Ok((edited, own)),
                    _ => Err(misfits),
                }
            }
        }
    }
}

/// A body without what names its delivery: what is made of it is another one, of the same tenant.
pub(super) fn nameless(mut object: Map<String, Value>) -> Map<String, Value> {
    object.retain(|name, _| name != "id" && name != "tenant");
    object
}

fn asked_changes(object: &mut Map<String, Value>, errors: &mut Vec<FieldError>) -> Option<Changes> {
    let (set, body) = (object.remove("set"), object.remove("body"));
    match (set.filter(|set| !set.is_null()), body.filter(|body| !body.is_null())) {
        (Some(Value::Object(set)), None) if !set.is_empty() => {
            let bad = set.keys().filter(|pointer| !is_pointer(pointer));
            let detail = format!("must be a JSON pointer of at most {MAX_STEPS} steps, such as /destination");
            errors.extend(bad.map(|pointer| field(format!("/set/{}", pointer_step(pointer)), detail.as_str())));
            Some(Changes::Set(set))
        }
        (None, Some(Value::Object(body))) => Some(Changes::Body(body)),
        (Some(_), None) => {
            errors
                .push(field("/set", "must be an object of values by JSON pointers, such as {\"/destination\": \"…\"}"));
            None
        }
        (None, Some(_)) => {
            errors.push(field("/body", "must be an object: the whole notification"));
            None
        }
        (Some(_), Some(_)) => {
            errors.push(field("/body", "is given together with set: leave one of them out"));
            None
        }
        (None, None) => {
            errors.push(field("/set", "is missing: what is to be changed, by JSON pointers; or the whole body"));
            None
        }
    }
}

/// RFC 6901: each step begins with `/`, and `~` stands only in `~0` and `~1`.
fn is_pointer(text: &str) -> bool {
    let is_escaped = text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
    text.starts_with('/') && is_escaped && text.matches('/').count() <= MAX_STEPS
}

fn why(object: &mut Map<String, Value>, errors: &mut Vec<FieldError>) -> Option<String> {
    let why = match object.remove("why") {
        None | Some(Value::Null) => reader::why(""),
        Some(Value::String(text)) => reader::why(&text),
        Some(_) => Err("must be a string".to_owned()),
    };
    why.map_err(|detail| errors.push(field("/why", detail))).ok()
}

fn copy(object: &mut Map<String, Value>, errors: &mut Vec<FieldError>) -> Option<u32> {
    let Some(given) = object.remove("copy").filter(|copy| !copy.is_null()) else { return Some(1) };
    let number = given.as_u64().and_then(|copy| u32::try_from(copy).ok());
    let copy = number.filter(|copy| (1..=MAX_COPIES).contains(copy));
    if copy.is_none() {
        errors.push(field("/copy", format!("must be a whole number from 1 to {MAX_COPIES}")));
    }
    copy
}

/// Puts a value where a pointer leads to, if that is a field of a notification and the value is another one.
fn put_well(body: &mut Value, pointer: &str, value: &Value) -> Result<(), String> {
    let first = pointer.split('/').nth(1).unwrap_or_default();
    let is_there = body.pointer(pointer);
    let changes_nothing = if value.is_null() { is_there.is_none() } else { is_there == Some(value) };
    let is_taken_away = value.is_null() && is_there.is_some();
    if !FIELDS.contains(&first) && !is_taken_away {
        let hint = nearest(first, FIELDS).map(|known| format!(": did you mean /{known}?")).unwrap_or_default();
        return Err(format!("is no field of a notification{hint}"));
    }
    if changes_nothing && first != "id" && first != "tenant" {
        let detail = if value.is_null() { "there is nothing to be taken away" } else { "it is that already" };
        return Err(format!("changes nothing: {detail}"));
    }
    if put(body, pointer, value) {
        return Ok(());
    }
    Err("leads nowhere in the body of the letter, or to what an edit does not change".to_owned())
}

/// Puts a value where a pointer leads to. What is missing on the way is made an object; `null` takes away. False where the
/// pointer leads through something else, or to what names the delivery.
fn put(body: &mut Value, pointer: &str, value: &Value) -> bool {
    let steps: Vec<String> =
        pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~")).collect();
    let Some((last, way)) = steps.split_last() else { return false };
    if way.is_empty() && (last.is_empty() || last == "id" || last == "tenant") {
        return false;
    }
    let mut place = body;
    for step in way {
        let next = match place {
            Value::Object(fields) => Some(fields.entry(step.as_str()).or_insert_with(|| Value::Object(Map::new()))),
            Value::Array(items) => step.parse::<usize>().ok().and_then(|at| items.get_mut(at)),
            _ => None,
        };
        let Some(next) = next else { return false };
        place = next;
    }
    match place {
        Value::Object(fields) if value.is_null() => drop(fields.remove(last.as_str())),
        Value::Object(fields) => drop(fields.insert(last.clone(), value.clone())),
        Value::Array(items) => match last.parse::<usize>().ok().and_then(|at| items.get_mut(at)) {
            Some(item) => *item = value.clone(),
            None => return false,
        },
        _ => return false,
    }
    true
}

/// Which fields differ, and what those were and are that say nothing of a person.
pub(super) fn difference(own: &Map<String, Value>, edited: &Map<String, Value>) -> Vec<Value> {
    let (was, is) = (impersonal(own), impersonal(edited));
    let told = |name: &String| {
        let place = format!("/{}", pointer_step(name));
        if is_impersonal(name) {
            json!({"field": place, "from": was.get(name), "to": is.get(name)})
        } else {
            json!({"field": place})
        }
    };
    differing(own, edited).into_iter().map(told).collect()
}

/// Which fields differ, with all that they were and are.
pub(super) fn changes(own: &Map<String, Value>, edited: &Map<String, Value>) -> Vec<Changed> {
    let changed = |name: &String| Changed {
        field: format!("/{}", pointer_step(name)),
        from: own.get(name).cloned(),
        to: edited.get(name).cloned(),
    };
    differing(own, edited).into_iter().map(changed).collect()
}

/// Whether another delivery comes of it: a field that nobody reads changes none.
pub(super) fn changes_something(own: &Map<String, Value>, edited: &Map<String, Value>) -> bool {
    differing(own, edited).into_iter().any(|name| FIELDS.contains(&name.as_str()))
}

fn differing<'a>(own: &'a Map<String, Value>, edited: &'a Map<String, Value>) -> Vec<&'a String> {
    let mut names: Vec<&String> = own.keys().chain(edited.keys()).collect();
    names.sort_unstable();
    names.dedup();
    names.retain(|name| own.get(*name) != edited.get(*name));
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        let Value::Object(object) = value else { panic!("an object") };
        object
    }

    fn wish(value: Value) -> Wish {
        Wish::of(object(value)).expect("a wish")
    }

    fn pointers(errors: Vec<FieldError>) -> Vec<String> {
        errors.into_iter().map(|error| error.pointer).collect()
    }

    const BODY: &[u8] = br#"{"id":"m","tenant":"acme","channel":"sms","destination":"+1202","data":{"a":1,"b":[1,2]}}"#;

    #[test]
    fn values_are_set_and_taken_away_where_their_pointers_lead() {
        let set = json!({"/destination": "+1303", "/data/a": null, "/data/b/1": 7, "/metadata/order": "x"});
        let (edited, own) = wish(json!({"set": set, "why": "typo"})).on(BODY).expect("it fits");
        let expected =
            json!({"channel": "sms", "destination": "+1303", "data": {"b": [1, 7]}, "metadata": {"order": "x"}});
        assert_eq!(Value::Object(edited.clone()), expected);
        let difference = difference(&own, &edited);
        assert_eq!(
            difference,
            [json!({"field": "/data"}), json!({"field": "/destination"}), json!({"field": "/metadata"})]
        );
    }

    #[test]
    fn what_differs_is_told_without_what_is_personal() {
        let set = json!({"/channel": "whatsapp", "/destination": "+1303"});
        let (edited, own) = wish(json!({"set": set, "why": "typo"})).on(BODY).expect("it fits");
        let told = Value::Array(difference(&own, &edited));
        assert_eq!(told[0], json!({"field": "/channel", "from": "sms", "to": "whatsapp"}));
        assert!(!told.to_string().contains("1303") && !told.to_string().contains("1202"), "{told}");
    }

    #[test]
    fn an_address_that_stood_where_a_channel_belongs_is_not_told() {
        let body = br#"{"channel":"ana@example.com","template":"+12025550143","destination":"sms"}"#;
        let set = json!({"/channel": "sms", "/template": "order_shipped", "/destination": "+12025550143"});
        let (edited, own) = wish(json!({"set": set, "why": "swapped"})).on(body).expect("it fits");
        let expected = [
            json!({"field": "/channel", "from": "***", "to": "sms"}),
            json!({"field": "/destination"}),
            json!({"field": "/template", "from": "***", "to": "order_shipped"}),
        ];
        assert_eq!(difference(&own, &edited), expected);
    }

    #[test]
    fn a_pointer_that_leads_nowhere_is_named() {
        let set = json!({
            "/channel/x": 1, "/data/b/9": 1, "/id": "other", "/tenant": "other", "/": 1, "/nope": 1, "/data/c": null,
            "/data/a": 1,
        });
        let misfits = wish(json!({"set": set, "why": "typo"})).on(BODY).expect_err("it does not fit");
        assert_eq!(
            pointers(misfits),
            [
                "/set/~1",
                "/set/~1channel~1x",
                "/set/~1data~1a",
                "/set/~1data~1b~19",
                "/set/~1data~1c",
                "/set/~1id",
                "/set/~1nope",
                "/set/~1tenant",
            ]
        );
        let slip = wish(json!({"set": {"/destinaton": "+1303"}, "why": "typo"})).on(BODY).expect_err("a slip");
        assert!(slip[0].detail.contains("did you mean /destination?"), "{slip:?}");
        let unreadable = wish(json!({"set": {"/a": 1}, "why": "typo"})).on(b"{").expect_err("nothing to set");
        assert_eq!(pointers(unreadable), ["/set"]);
        let (edited, _) =
            wish(json!({"body": {"id": "m", "channel": "sms"}, "why": "typo"})).on(b"{").expect("it fits");
        assert_eq!(Value::Object(edited), json!({"channel": "sms"}));
    }

    #[test]
    fn a_pointer_makes_no_body_too_deep_to_be_dropped() {
        let asked = |steps: usize| {
            Wish::of(object(json!({"set": {(format!("/data{}", "/a".repeat(steps - 1))): 1}, "why": "typo"})))
        };
        let body = br#"{"channel":"sms","data":{}}"#;
        assert!(asked(MAX_STEPS).expect("a wish").on(body).is_ok());
        for steps in [MAX_STEPS + 1, 100_000] {
            let errors = asked(steps).expect_err("too deep");
            assert!(errors.len() == 1 && errors[0].detail.contains("at most 100 steps"), "{errors:?}");
        }
    }

    #[test]
    fn all_that_is_wrong_with_a_wish_is_named_at_once() {
        for (body, expected) in [
            (json!({}), &["/set", "/why"][..]),
            (json!({"set": {"destination": "x"}, "why": "a\nb", "bodi": {}}), &["/set/destination", "/why", "/bodi"]),
            (json!({"set": {"/a": 1}, "body": {}, "why": "x"}), &["/body"]),
            (json!({"set": [], "why": 7}), &["/set", "/why"]),
            (json!({"body": "{}", "why": "x"}), &["/body"]),
            (json!({"set": {"/a": 1}, "why": "x", "copy": 0}), &["/copy"]),
            (json!({"set": {"/a": 1}, "why": "x", "copy": "two"}), &["/copy"]),
        ] {
            assert_eq!(pointers(Wish::of(object(body)).expect_err("refused")), expected);
        }
    }
}
