//! Pauses: what can be paused, by whom and for whom, and what is said of mistakes.

use domain::{Actor, Denied, Pause, PauseKind, Scope, Tenant};
use serde_json::{Value, json};
use store::Store;
use templates::Templates;

use crate::NotDone;
use crate::pauses::{Asked, Outcome, Reach, doubts, list, may_resume, pause, resume};
use crate::tests::fixtures::{NOW, Still, ledger, operator, tenant};

const PROVIDERS: [&str; 3] = ["smtp", "sendgrid", "twilio"];

fn read(body: &Value, own: Option<&Tenant>) -> Result<Asked, Vec<String>> {
    let read = Asked::read(&body.to_string(), own, &PROVIDERS, NOW);
    read.map_err(|refused| {
        refused.errors().into_iter().map(|error| format!("{} {}", error.pointer, error.detail)).collect()
    })
}

fn asked(kind: &str, name: &str, whose: &str) -> Asked {
    let body = match kind {
        "tenant" => json!({"kind": kind, "name": name, "why": "wrong text"}),
        _ => json!({"kind": kind, "name": name, "tenant": whose, "why": "wrong text"}),
    };
    read(&body, None).unwrap()
}

fn only(name: &str) -> Reach {
    Reach::Only(tenant(name))
}

/// Ada, who may stop deliveries as far as this reaches.
fn ada(reach: &Reach) -> Actor {
    match reach {
        Reach::Everybody => Actor { scopes: vec![Scope::Operate, Scope::Tenants], ..operator("default") },
        Reach::Only(tenant) => operator(tenant.as_str()),
    }
}

async fn paused(store: &Store, asked: Asked, reach: &Reach) -> Outcome {
    pause(store, &ada(reach), asked, &Still(NOW)).await.unwrap()
}

async fn resumed(store: &Store, id: &str, reach: &Reach) -> Result<bool, NotDone> {
    resume(store, &ada(reach), id, &Still(NOW)).await.map(|resumed| resumed.is_some())
}

async fn listed(store: &Store, reach: &Reach) -> Vec<String> {
    let mut things: Vec<String> = list(store, reach, NOW).await.unwrap().iter().map(Pause::thing).collect();
    things.sort();
    things
}

#[test]
fn what_is_paused_is_read_with_the_callers_tenant_where_none_is_named() {
    let acme = tenant("acme");
    let body = json!({"kind": "channel", "name": "sms", "why": " wrong text ", "until": "2030-01-01T00:00:00Z"});
    let of_acme = read(&body, Some(&acme)).unwrap();
    assert_eq!((of_acme.kind, of_acme.name.as_str(), of_acme.why.as_str()), (PauseKind::Channel, "sms", "wrong text"));
    assert_eq!((of_acme.tenant.as_ref(), of_acme.until.is_some()), (Some(&acme), true));
    assert_eq!(read(&body, None).unwrap().tenant, None);
    for (whose, expected) in [("other", Some(tenant("other"))), ("*", None)] {
        let body = json!({"kind": "provider", "name": "twilio", "tenant": whose, "why": "x"});
        assert_eq!(read(&body, Some(&acme)).unwrap().tenant, expected);
    }
    for more in [json!({}), json!({"tenant": "other"})] {
        let mut body = json!({"kind": "tenant", "name": "other", "why": "x"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        assert_eq!(read(&body, Some(&acme)).unwrap().tenant, Some(tenant("other")));
    }
}

#[test]
fn everything_that_is_wrong_is_named_at_once_with_the_nearest_known_name() {
    for (body, said) in [
        (json!({}), &["/kind is missing: one of channel, provider", "/name is missing", "/why is missing"][..]),
        (
            json!({"kind": "chanel", "name": "sms", "why": "x"}),
            &["/kind must be one of channel, provider, template, tenant: did you mean channel?"],
        ),
        (json!({"kind": "channel", "name": "smss", "why": "x"}), &["/name must be one of "]),
        (
            json!({"kind": "provider", "name": "twillio", "why": "x"}),
            &["/name must be one of smtp, sendgrid, twilio: did you mean twilio?"],
        ),
        (json!({"kind": "tenant", "name": "a b", "why": "x"}), &["/name must be 1 to 64 letters"]),
        (json!({"kind": "tenant", "name": "acme", "tenant": "*", "why": "x"}), &["/tenant is not for a tenant"]),
        (
            json!({"kind": "template", "name": "a\nb", "why": "x\ny"}),
            &["/name must be one line", "/why must be one line"],
        ),
        (
            json!({"kind": "channel", "name": 1, "tenant": "a b", "why": " ", "until": "2020-01-01T00:00:00Z", "reason": "x"}),
            &[
                "/name must be a string",
                "/tenant must be 1 to 64 letters",
                "/why must say why",
                "/until lies in the past",
                "/reason is not known here: did you mean why?",
            ],
        ),
    ] {
        let errors = read(&body, None).unwrap_err();
        assert_eq!(errors.len(), said.len(), "{body}: {errors:?}");
        for (error, said) in errors.iter().zip(said) {
            assert!(error.starts_with(said), "{body}: {errors:?}");
        }
    }
    let slip = read(&json!({"kind": "channel", "name": "smss", "why": "x"}), None).unwrap_err();
    assert!(slip[0].ends_with("did you mean sms?"), "{slip:?}");
}

#[tokio::test]
async fn whoever_acts_for_one_tenant_stops_and_sees_and_resumes_no_others() {
    let ledger = ledger().await;
    let store = &ledger.store;
    let foreign = [asked("channel", "sms", "other"), asked("channel", "sms", "*"), asked("tenant", "other", "")];
    for (asked, pointer) in foreign.into_iter().zip(["/tenant", "/tenant", "/name"]) {
        let outcome = paused(store, asked.clone(), &only("acme")).await;
        assert!(matches!(&outcome, Outcome::Foreign(error) if error.pointer == pointer), "{outcome:?}");
        assert!(matches!(paused(store, asked, &Reach::Everybody).await, Outcome::Paused(_)));
    }
    let Outcome::Paused(own) = paused(store, asked("template", "welcome", "acme"), &only("acme")).await else {
        panic!("its own");
    };
    assert_eq!((own.by.as_str(), own.why.as_str(), own.since), ("ada", "wrong text", NOW));
    assert_eq!(listed(store, &only("acme")).await, ["the channel sms", "the template welcome for acme"]);
    assert_eq!(listed(store, &Reach::Everybody).await.len(), 4);
    for pause in list(store, &Reach::Everybody, NOW).await.unwrap() {
        let denied = Err(NotDone::Denied(Denied { needed: Scope::Tenants }));
        let expected = if pause.tenant.is_none() { denied } else { Ok(pause == own) };
        assert_eq!(may_resume(&ada(&only("acme")), &pause), pause == own, "{pause:?}");
        assert_eq!(resumed(store, &pause.id, &only("acme")).await, expected, "{pause:?}");
        assert_eq!(resumed(store, &pause.id, &Reach::Everybody).await, Ok(pause != own));
    }
    assert_eq!(listed(store, &Reach::Everybody).await, [""; 0]);
}

#[tokio::test]
async fn what_somebody_has_paused_who_acts_for_all_only_such_a_one_resumes_or_changes() {
    let ledger = ledger().await;
    let store = &ledger.store;
    let denied = NotDone::Denied(Denied { needed: Scope::Tenants });
    let Outcome::Paused(put) = paused(store, asked("tenant", "acme", ""), &Reach::Everybody).await else {
        panic!("for all");
    };
    let own = ada(&only("acme"));
    assert!(put.by_platform && !may_resume(&own, &put) && may_resume(&ada(&Reach::Everybody), &put));
    assert_eq!(resumed(store, &put.id, &only("acme")).await, Err(denied.clone()));
    assert_eq!(pause(store, &own, asked("tenant", "acme", ""), &Still(NOW)).await, Err(denied));
    assert_eq!(listed(store, &only("acme")).await, ["the tenant acme"], "it is seen, and stays");
    // Whoever acts for all, and is of this tenant, changes it, and it stays what it was.
    let of_both = Actor { scopes: vec![Scope::Operate, Scope::Tenants], ..operator("acme") };
    let Ok(Outcome::Paused(again)) = pause(store, &of_both, asked("tenant", "acme", ""), &Still(NOW)).await else {
        panic!("it may");
    };
    assert!(again.by_platform);
    assert_eq!(resumed(store, &put.id, &Reach::Everybody).await, Ok(true));
    let Ok(Outcome::Paused(own)) = pause(store, &of_both, asked("tenant", "acme", ""), &Still(NOW)).await else {
        panic!("its own");
    };
    assert!(!own.by_platform, "in the own tenant one acts as anybody of it");
    assert_eq!(resumed(store, &own.id, &only("acme")).await, Ok(true));
}

#[tokio::test]
async fn what_has_ended_is_not_listed() {
    let ledger = ledger().await;
    let ends = Asked { until: Some(NOW.plus(std::time::Duration::from_secs(60))), ..asked("channel", "sms", "*") };
    paused(&ledger.store, ends, &Reach::Everybody).await;
    for (seconds, count) in [(59, 1), (60, 0)] {
        let at = NOW.plus(std::time::Duration::from_secs(seconds));
        assert_eq!(list(&ledger.store, &Reach::Everybody, at).await.unwrap().len(), count);
    }
}

#[tokio::test]
async fn a_template_or_a_tenant_that_is_not_known_is_paused_with_a_doubt() {
    let (ledger, templates) = (ledger().await, Templates::embedded("en").unwrap());
    let known = templates.names().next().unwrap().to_owned();
    let doubts = async |asked: Asked, templates: Option<&Templates>| {
        let doubts = doubts(&ledger.store, &asked, &Tenant::default(), templates).await;
        doubts.into_iter().map(|doubt| doubt.pointer).collect::<Vec<_>>()
    };
    assert_eq!(doubts(asked("template", &known, "*"), Some(&templates)).await, [""; 0]);
    assert_eq!(doubts(asked("template", "none such", "*"), Some(&templates)).await, ["/name"]);
    assert_eq!(doubts(asked("template", "none such", "*"), None).await, [""; 0], "nobody has looked");
    assert_eq!(doubts(asked("template", "none such", "nobody"), Some(&templates)).await, ["/name", "/tenant"]);
    assert_eq!(doubts(asked("tenant", "nobody", ""), None).await, ["/name"]);
    assert_eq!(doubts(asked("channel", "sms", "*"), None).await, [""; 0]);
}
