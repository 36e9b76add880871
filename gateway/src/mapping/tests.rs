//! The rules of rooms: who hears what, and what is wrong with a file of them.

use std::collections::BTreeMap;

use domain::Timestamp;
use serde_json::json;

use super::*;

fn identity(role: &str, claims: &[(&str, Value)]) -> Identity {
    let claims: BTreeMap<String, Value> =
        claims.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    Identity {
        tenant: Tenant::default(),
        user: "4711".into(),
        role: Some(role.to_owned()).filter(|role| !role.is_empty()),
        ends: Timestamp::from_seconds(0),
        claims,
        signed_in: None,
    }
}

fn mapping(written: Value) -> Result<Mapping, Vec<String>> {
    let Value::Object(tables) = written else { panic!("a table") };
    Mapping::of(&tables)
}

#[test]
fn the_shipped_rules_have_the_rooms_of_the_original() {
    let shipped = Mapping::shipped().unwrap();
    let tenant = Tenant::default();
    let admin = Room::new(&tenant, Kind::Role, "admin");
    for role in ["ADMIN", "ANALYST", "SUPPORT"] {
        assert_eq!(shipped.role_room(&tenant, role), admin, "{role}");
    }
    assert_eq!(shipped.role_room(&tenant, "CLIENT"), None);
    let event = json!({ "solicitud_id": 7, "usuario_id": "ana", "monto": 1.5 });
    for noun in ["solicitud", "oferta", "evaluacion", "cliente", "notificacion"] {
        let routes = shipped.routes(&tenant, &format!("{noun}.creada"), event.as_object().unwrap());
        assert_eq!(routes.len(), 1, "{noun}");
        assert_eq!(routes[0].named, format!("{noun}.creada"));
        assert!(routes[0].rooms.contains(&Room::new(&tenant, Kind::User, "ana").unwrap()), "{noun}");
    }
    let rooms = &shipped.routes(&tenant, "solicitud.creada", event.as_object().unwrap())[0].rooms;
    assert!(rooms.contains(&Room::new(&tenant, Kind::Topic, "solicitud_7").unwrap()), "{rooms:?}");
    assert!(shipped.routes(&tenant, "factura.creada", event.as_object().unwrap()).is_empty());
}

#[test]
fn a_room_whose_field_is_missing_is_left_out() {
    let shipped = Mapping::shipped().unwrap();
    let routes = shipped.routes(&Tenant::default(), "solicitud.creada", &Map::new());
    assert_eq!(routes[0].rooms.iter().map(ToString::to_string).collect::<Vec<_>>(), ["role:admin"]);
    let routes = shipped.routes(&Tenant::default(), "notificacion.nueva", &Map::new());
    assert!(routes.is_empty(), "nobody hears it: {routes:?}");
}

#[test]
fn a_topic_is_joined_by_role_or_by_a_claim_that_has_its_id_and_by_nobody_else() {
    let shipped = Mapping::shipped().unwrap();
    let may = |identity: &Identity, topic: &str| shipped.joined(identity, topic).is_some();
    assert!(may(&identity("ANALYST", &[]), "solicitud_7"));
    assert!(!may(&identity("CLIENT", &[]), "solicitud_7"));
    assert!(!may(&identity("", &[]), "solicitud_7"));
    assert!(!may(&identity("ADMIN", &[]), "otra_7"), "there is no such topic");
    let client = identity("CLIENT", &[("solicitudes", json!(["7", 8]))]);
    assert!(may(&client, "solicitud_7") && may(&client, "solicitud_8"));
    assert!(!may(&client, "solicitud_9") && !may(&client, "solicitud_"));
}

#[test]
fn rules_that_call_an_event_the_same_are_one_and_others_are_not() {
    let rules = mapping(json!({ "events": {
        "a.*": { "rooms": ["user:{data.who}", "topic:x"] },
        "#": { "rooms": ["topic:x"] },
        "*.b": { "rooms": ["topic:y"], "as": "b" },
    } }));
    let event = json!({ "data": { "who": 5 } });
    let mut routes = rules.unwrap().routes(&Tenant::default(), "a.b", event.as_object().unwrap());
    routes.sort_by(|one, other| one.named.cmp(&other.named));
    let told: Vec<(&str, usize)> = routes.iter().map(|route| (route.named.as_str(), route.rooms.len())).collect();
    assert_eq!(told, [("a.b", 2), ("b", 1)]);
}

#[test]
fn all_that_is_wrong_with_a_file_is_told_at_once() {
    let told = mapping(json!({
        "role": {},
        "roles": { "ADMIN": 7 },
        "topics": { "x_{a}_{b}": { "role": ["A"] }, "y{": { "everybody": "yes" } },
        "events": { "a.b*": { "rooms": ["users:{id}", "user:{", 5], "named": "x" }, "c": {} },
    }));
    let told = told.unwrap_err();
    for expected in [
        "/role is not known; did you mean roles?",
        "/roles/ADMIN must be a text",
        "/topics/x_{a}_{b}/role is not known; did you mean roles?",
        "/topics/x_{a}_{b} must have one word in braces at most",
        "/topics/x_{a}_{b} says nobody who may join it",
        "/topics/y{ must be a name such as solicitud_{id}",
        "/topics/y{/everybody must be true or false",
        "/events/a.b* must be a routing key",
        "/events/a.b*/rooms/0 must be user:…, role:… or topic:…, such as user:{usuario_id}; did you mean user?",
        "/events/a.b*/rooms/1 must be user:…",
        "/events/a.b*/rooms/2 must be a text",
        "/events/a.b*/named is not known",
        "/events/c/rooms is missing",
    ] {
        assert!(told.iter().any(|problem| problem.starts_with(expected)), "{expected}: {told:#?}");
    }
    assert_eq!(told.len(), 13, "{told:#?}");
}
