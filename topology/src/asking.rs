//! A message that wants people to be asked, on the ordinary exchange: `{"ask": {…}}` in place of a notification.

use domain::{AskRequest, DecodeError, FieldError, Reason, Tenant, nearest, parse_object, pointer_step};
use serde_json::{Map, Value};

use crate::decode::contained;
use crate::{Incoming, Owner};

/// The field that says what is to be asked, and those beside it.
const ASK: &str = "ask";
const BESIDE: [&str; 3] = ["id", "tenant", "version"];
/// What is said of an ask that is none.
const MUST_BE: &str = "must be an object with question and to";
/// By what somebody is notified: a body that has it is a notification, whatever else it has.
const OF_A_NOTIFICATION: &str = "destination";

/// A request to ask, as it came in.
#[derive(Clone, PartialEq, Debug)]
pub struct Asking {
    /// As its publisher wrote it, with its tenant, and with what its properties say.
    pub body: Map<String, Value>,
    /// The same, read.
    pub request: AskRequest,
}

/// Everything that is wrong with a body that wants people to be asked, whoever publishes it. None for one that does not.
pub fn faults_of_asking(body: &Map<String, Value>) -> Option<Vec<FieldError>> {
    let ask = body.get(ASK).filter(|_| !body.contains_key(OF_A_NOTIFICATION))?;
    let Value::Object(ask) = ask else { return Some(vec![fault("/ask", MUST_BE)]) };
    let mut faults = faults_of_fields(body, ask);
    faults.extend(AskRequest::read(ask.clone()).err().into_iter().flatten().map(within));
    Some(faults)
}

/// The tenant that a body names, whatever it is: beside an ask that it brings, or else within that. None where it names none,
/// or what cannot be one.
pub(crate) fn named_tenant(body: &Map<String, Value>) -> Option<Tenant> {
    let named = |object: &Map<String, Value>| text(object, "tenant").and_then(Tenant::parse);
    let ask = body.get(ASK).filter(|_| !body.contains_key(OF_A_NOTIFICATION)).and_then(Value::as_object);
    named(body).or_else(|| ask.and_then(named))
}

impl Incoming {
    /// The request to ask that the message brings in place of a notification. None for every other message.
    ///
    /// # Errors
    /// [`DecodeError`]: nobody can ever be asked by the message as it is.
    pub fn asking(&self) -> Option<Result<Asking, DecodeError>> {
        let mut beside = parse_object(&self.body).ok()?;
        if beside.contains_key(OF_A_NOTIFICATION) {
            return None;
        }
        let ask = beside.remove(ASK)?;
        Some(self.check_properties().and_then(|()| contained(|| self.asked(ask, &beside))))
    }

    fn asked(&self, ask: Value, beside: &Map<String, Value>) -> Result<Asking, DecodeError> {
        let Value::Object(mut body) = ask else {
            return Err(refused(vec![fault("/ask", MUST_BE)]));
        };
        let mut faults = faults_of_fields(beside, &body);
        let given = self.message_id.as_deref().or_else(|| text(beside, "id")).or_else(|| text(&body, "id"));
        let given = given.map(str::to_owned);
        match self.tenant_of(beside, &body) {
            Ok(tenant) => drop(body.insert("tenant".into(), tenant.into())),
            Err(fault) => faults.push(fault),
        }
        body.extend(given.map(|id| ("id".to_owned(), Value::from(id))));
        body.extend(self.reply_to.as_deref().map(|queue| ("reply_to".to_owned(), Value::from(queue))));
        if text(&body, "correlation_id").is_none() {
            let correlated = self.publisher_properties.correlation();
            body.extend(correlated.map(|id| ("correlation_id".to_owned(), Value::from(id))));
        }
        match AskRequest::read(body.clone()) {
            Ok(request) if faults.is_empty() => Ok(Asking { body, request }),
            Ok(_) => Err(refused(faults)),
            Err(of_the_ask) => {
                faults.extend(of_the_ask.into_iter().map(within));
                Err(refused(faults))
            }
        }
    }

    /// Whose it is: the owner's where that is told from the publisher, and else what the body names.
    fn tenant_of(&self, beside: &Map<String, Value>, ask: &Map<String, Value>) -> Result<String, FieldError> {
        // One that is no name of a tenant is told of already.
        let of_the_message = text(beside, "tenant").filter(|named| Tenant::parse(named).is_some());
        let (at, named) = match (of_the_message, text(ask, "tenant")) {
            (Some(named), _) => ("/tenant", Some(named)),
            (None, named) => ("/ask/tenant", named),
        };
        let tenant = match &self.owner {
            Owner::Body => return Ok(named.map_or_else(|| Tenant::default().to_string(), str::to_owned)),
            Owner::Nobody(why) => return Err(fault("", why)),
            Owner::Tenant(tenant) => tenant,
        };
        match named {
            Some(named) if named != tenant.as_str() => Err(fault(
                at,
                &format!(
                    "is another than {tenant}, the user_id of its publisher (AMQP_TENANT_FROM_USER_ID): leave it out, or \
                     publish as the RabbitMQ user of that tenant"
                ),
            )),
            _ => Ok(tenant.to_string()),
        }
    }
}

/// What is wrong with the fields beside an ask, and with one that the message itself has.
fn faults_of_fields(beside: &Map<String, Value>, ask: &Map<String, Value>) -> Vec<FieldError> {
    let mut faults: Vec<FieldError> = beside.keys().filter_map(|name| foreign(name)).collect();
    if text(ask, "reply_to").is_some() {
        faults.push(fault("/ask/reply_to", "is the property reply_to of the message: leave it out"));
    }
    for name in ["id", "tenant"] {
        if beside.get(name).is_some_and(|value| !value.is_null() && !value.is_string()) {
            faults.push(fault(&format!("/{name}"), "must be a string"));
        }
    }
    if text(beside, "tenant").is_some_and(|named| Tenant::parse(named).is_none()) {
        faults.push(fault("/tenant", "must be 1 to 64 letters, digits, '_' or '-'"));
    }
    faults
}

/// A fault of an ask, by where that stands.
fn within(error: FieldError) -> FieldError {
    FieldError { pointer: format!("/ask{}", error.pointer), ..error }
}

/// A text that counts as there: an empty one does not.
fn text<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    object.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// What is said of a field beside the ask that nobody reads there.
fn foreign(name: &str) -> Option<FieldError> {
    if name == ASK || BESIDE.contains(&name) {
        return None;
    }
    let detail = match nearest(name, AskRequest::FIELDS) {
        Some(known) => format!("belongs into ask: did you mean /ask/{known}?"),
        None => "is not known beside ask".to_owned(),
    };
    Some(fault(&format!("/{}", pointer_step(name)), &detail))
}

fn fault(pointer: &str, detail: &str) -> FieldError {
    FieldError { pointer: pointer.to_owned(), detail: detail.to_owned() }
}

fn refused(fields: Vec<FieldError>) -> DecodeError {
    DecodeError { reason: Reason::DecodeError, fields }
}

#[cfg(test)]
mod tests {
    use amqp::{BasicProperties, Delivery, Settle};
    use bytes::Bytes;
    use domain::Lane;

    use super::*;
    use crate::{Names, Source};

    const QUESTION: &str = r#""question": "Deploy?", "to": [{"contact": "ana"}]"#;

    fn incoming(body: &str, properties: BasicProperties, fleet_user: Option<&str>) -> Incoming {
        let (settle, _settled) = Settle::reporting();
        let body = Bytes::from(body.to_owned());
        let delivery = Delivery {
            exchange: Default::default(),
            routing_key: Default::default(),
            properties,
            body,
            redelivered: false,
            settle,
        };
        Incoming::new(Source::Lane(Lane::Normal), &Names::of("notifications"), fleet_user, delivery)
    }

    /// What is asked, as JSON; or everything that is wrong.
    fn asking(body: &str, properties: BasicProperties, fleet_user: Option<&str>) -> Option<Result<Value, String>> {
        let asking = incoming(body, properties, fleet_user).asking()?;
        Some(asking.map(|asking| Value::Object(asking.body)).map_err(|error| error.to_string()))
    }

    #[test]
    fn a_body_with_an_ask_and_no_destination_is_a_request_to_ask() {
        let plain = asking(&format!(r#"{{"ask": {{{QUESTION}}}}}"#), BasicProperties::default(), None);
        let plain = plain.expect("an ask").expect("a good one");
        assert_eq!((&plain["tenant"], &plain["question"]), (&"default".into(), &"Deploy?".into()));
        assert!(plain.get("id").is_none() && plain.get("reply_to").is_none(), "{plain}");
        for other in [
            "no JSON",
            r#"{"channel": "sms", "destination": "+12025550143", "message": "Hola"}"#,
            r#"{"channel": "sms", "destination": "+12025550143", "message": "Hola", "ask": {}}"#,
        ] {
            assert!(asking(other, BasicProperties::default(), None).is_none(), "{other}");
        }
    }

    #[test]
    fn its_properties_say_who_it_is_and_where_the_answer_goes() {
        let properties = BasicProperties::default()
            .with_message_id("m-1".into())
            .with_reply_to("orders.replies".into())
            .with_correlation_id("order-7".into());
        let body = format!(r#"{{"id": "b-1", "tenant": "acme", "ask": {{{QUESTION}, "id": "a-1"}}}}"#);
        let asked = asking(&body, properties, None).expect("an ask").expect("a good one");
        let of = |name: &str| asked[name].as_str().unwrap_or_default();
        assert_eq!(
            [of("id"), of("tenant"), of("reply_to"), of("correlation_id")],
            ["m-1", "acme", "orders.replies", "order-7"]
        );
        let own = format!(r#"{{"id": "b-1", "ask": {{{QUESTION}, "correlation_id": "own"}}}}"#);
        let asked = asking(&own, BasicProperties::default(), None).expect("an ask").expect("a good one");
        assert_eq!((&asked["id"], &asked["correlation_id"]), (&"b-1".into(), &"own".into()));
    }

    #[test]
    fn its_tenant_is_that_of_its_publisher_where_that_is_told_from_the_user() {
        let acme = || BasicProperties::default().with_user_id("acme".into());
        let of = |tenant: &str| format!(r#"{{{tenant}"ask": {{{QUESTION}}}}}"#);
        let told = |tenant: &str, properties, fleet| {
            let asked = asking(&of(tenant), properties, fleet).expect("an ask");
            asked.map(|asked| asked["tenant"].as_str().unwrap_or_default().to_owned())
        };
        assert_eq!(told("", acme(), Some("fleet")).as_deref(), Ok("acme"));
        assert_eq!(told(r#""tenant": "acme","#, acme(), Some("fleet")).as_deref(), Ok("acme"));
        let another = told(r#""tenant": "globex","#, acme(), Some("fleet")).unwrap_err();
        assert!(another.starts_with("/tenant is another than acme"), "{another}");
        let nobodys = told("", BasicProperties::default(), Some("fleet")).unwrap_err();
        assert!(nobodys.contains("set the property user_id"), "{nobodys}");
    }

    #[test]
    fn everything_that_is_wrong_is_named_by_where_it_stands() {
        let body =
            r#"{"question": "Deploy?", "metdata": {}, "tenant": 7, "ask": {"to": [], "reply_to": "a", "quorum": 0}}"#;
        let faults = asking(body, BasicProperties::default(), None).expect("an ask").unwrap_err();
        for expected in [
            "/question belongs into ask: did you mean /ask/question?",
            "/metdata belongs into ask: did you mean /ask/metadata?",
            "/ask/reply_to is the property",
            "/ask/question is missing",
            "/ask/to must not be empty",
            "/ask/quorum must be a whole number from 1 to 50",
            "/tenant must be a string",
        ] {
            assert!(faults.contains(expected), "{expected} in {faults}");
        }
        let no_object = asking(r#"{"ask": "Deploy?"}"#, BasicProperties::default(), None).expect("an ask");
        assert!(no_object.unwrap_err().contains("/ask must be an object"), "told");
    }
}
