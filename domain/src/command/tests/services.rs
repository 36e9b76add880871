//! Who may have what done, and what is known where something is not.

use std::collections::BTreeMap;

use super::*;

fn action(confirm: bool, may: Option<&[&str]>) -> Action {
    let schema = Schema::parse(r#"{"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}"#);
    let may = may.map(|may| may.iter().map(|one| (*one).to_owned()).collect());
    Action { schema: schema.unwrap(), confirm, may }
}

fn service(name: &str, confirm: Confirm, may: &[&str]) -> Service {
    let actions = [
        ("stop".to_owned(), action(true, None)),
        ("strategy.pause".to_owned(), action(false, None)),
        ("wipe".to_owned(), action(true, Some(&["root"]))),
    ];
    Service {
        name: name.into(),
        base_url: Some(format!("https://{name}.example.org")),
        audience: name.into(),
        confirm,
        may: may.iter().map(|one| (*one).to_owned()).collect(),
        tenants: vec![crate::Tenant::default()],
        approvers: Vec::new(),
        four_eyes: false,
        timeout: std::time::Duration::from_secs(300),
        public_key: None,
        actions: BTreeMap::from(actions),
    }
}

fn registry() -> Registry {
    [
        service("trading", Confirm::ByAction, &["ana", "traders"]),
        service("financial", Confirm::Always, &["ben"]),
        service("memory", Confirm::Never, &[]),
    ]
    .into_iter()
    .collect()
}

/// What becomes of a line that somebody types.
fn resolved(line: &str, who: &[&str]) -> String {
    let line = CommandLine::parse(&format!("/cmd {line}"), "bot").unwrap().unwrap();
    match registry().resolve(&line, &crate::Tenant::default(), who) {
        Ok(WantedCommand { service, action, arguments, is_confirmed }) => {
            let asked = if is_confirmed { "asked" } else { "at once" };
            format!("{} {action} {} {asked}", service.name, serde_json::Value::Object(arguments))
        }
        Err(error) => error.to_string(),
    }
}

#[test]
fn whoever_may_has_it_done_and_is_asked_as_the_service_says() {
    for (line, who, expected) in [
        ("trading.stop id=1", ["ana"], r#"trading stop {"id":"1"} asked"#),
        ("trading.strategy.pause id=1", ["traders"], r#"trading strategy.pause {"id":"1"} at once"#),
        ("financial.strategy.pause id=1", ["ben"], r#"financial strategy.pause {"id":"1"} asked"#),
        ("memory.wipe id=1", ["root"], r#"memory wipe {"id":"1"} at once"#),
    ] {
        assert_eq!(resolved(line, &who), expected);
    }
}

#[test]
fn whoever_may_not_is_told_so_and_an_empty_list_allows_nobody() {
    for (line, who) in [
        ("trading.stop id=1", &["ben"][..]),
        ("trading.wipe id=1", &["ana"]),
        ("memory.stop id=1", &["ana", "ben", "root"]),
        ("trading.stop id=1", &[]),
    ] {
        let (target, _) = line.split_once(' ').unwrap();
        assert_eq!(resolved(line, who), format!("you may not have {target} done"));
    }
}

#[test]
fn what_is_not_known_is_answered_with_what_is() {
    for (line, who, expected) in [
        (
            "tradin.stop",
            &["ana", "ben"][..],
            "there is no service tradin; do you mean trading? There are financial, trading",
        ),
        ("weather.stop", &["ana"], "there is no service weather; there is trading"),
        ("weather.stop", &["eve"], "there is no service weather; there is none"),
        ("trading.stopp", &["ana"], "trading has no action stopp; do you mean stop? There are stop, strategy.pause"),
        ("trading.fly", &["ana"], "trading has no action fly; there are stop, strategy.pause"),
        ("trading", &["ana"], "names no action of trading; it has stop, strategy.pause"),
        ("trading.stop ids=1", &["ana"], "/ids is not known; do you mean id? It takes id; /id is missing"),
    ] {
        assert_eq!(resolved(line, who), expected);
    }
}

#[test]
fn arguments_that_come_as_json_are_resolved_alike() {
    let (registry, arguments) = (registry(), serde_json::Map::from_iter([("id".to_owned(), "1".into())]));
    let tenant = crate::Tenant::default();
    let wanted = registry.dispatched("trading", "stop", arguments.clone(), &tenant, &["ana"]).unwrap();
    assert_eq!((wanted.action, wanted.is_confirmed, wanted.arguments), ("stop", true, arguments.clone()));
    let error = registry.dispatched("trading", "stop", serde_json::Map::new(), &tenant, &["ana"]).unwrap_err();
    assert_eq!(error.to_string(), "/id is missing");
    let other = crate::Tenant::parse("acme").unwrap();
    let error = registry.dispatched("trading", "stop", arguments, &other, &["ana"]).unwrap_err();
    assert_eq!(error.to_string(), "there is no service trading; there is none", "acme has an ana of its own");
}

#[test]
fn words_of_confirmation_read_as_they_are_written() {
    for confirm in [Confirm::Always, Confirm::Never, Confirm::ByAction] {
        assert_eq!(Confirm::parse(confirm.as_str()), Some(confirm));
    }
    assert_eq!(Confirm::parse("policy"), None);
}

#[test]
fn whoever_may_command_or_confirm_is_trusted() {
    let services: Registry =
        registry().all().cloned().map(|service| Service { approvers: vec!["checkers".into()], ..service }).collect();
    for (who, expected) in [
        (&["ana"][..], true),
        (&["traders"][..], true),
        (&["root"][..], true),
        (&["checkers"][..], true),
        (&["oncall", "ben"][..], true),
        (&["oncall", "an", ""][..], false),
        (&[][..], false),
    ] {
        assert_eq!(services.trusts(who), expected, "{who:?}");
    }
}
