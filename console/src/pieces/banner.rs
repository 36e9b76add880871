//! What stands over a page while it is so: what is paused, and what goes wrong in the sandbox on demand. It is read first,
//! and seen at the lower edge of the window, where nothing moves when it comes or goes.

use domain::{Pause, PauseKind};
use maud::{Markup, html};
use store::SandboxFault;

use crate::pieces::time::instant;
use crate::section::Section;
use crate::words::Lang;

/// The strip of all that stands over a page. It is there while it is empty, so that a live part has a place for what comes.
pub(crate) fn over(told: &Markup) -> Markup {
    html! { div.over { (told) } }
}

/// Nothing where nothing is paused.
pub(crate) fn paused(lang: Lang, pauses: &[Pause]) -> Markup {
    let words = &lang.words().shell;
    html! {
        @if !pauses.is_empty() {
            section.banner.paused aria-label=(words.paused) {
                strong { (words.paused) }
                ul { @for pause in pauses { li { (of_pause(lang, pause)) } } }
            }
        }
    }
}

/// What is paused, named in one sentence. Nothing where nothing is.
pub(crate) fn paused_in_short(lang: Lang, pauses: &[Pause]) -> Option<String> {
    let words = &lang.words().shell;
    let names: Vec<String> =
        pauses.iter().map(|pause| format!("{} {}", words.pause_kind(pause.kind), pause.name)).collect();
    (!names.is_empty()).then(|| format!("{}: {}.", words.paused, names.join(", ")))
}

/// Nothing where nothing goes wrong on demand.
pub(crate) fn faults(lang: Lang, faults: &[SandboxFault]) -> Markup {
    let words = &lang.words().shell;
    html! {
        @if !faults.is_empty() {
            section.banner.paused aria-label=(words.faults) {
                strong { (words.faults) }
                ul { @for set in faults { li { (of_fault(lang, set)) } } }
            }
        }
    }
}

fn of_pause(lang: Lang, pause: &Pause) -> Markup {
    let words = &lang.words().shell;
    let tenant = pause.tenant.as_ref().filter(|_| pause.kind != PauseKind::Tenant);
    html! {
        a href=(Section::Pauses.path()) { (words.pause_kind(pause.kind)) " " (pause.name) }
        @if let Some(tenant) = tenant { " " (words.for_tenant) " " (tenant.as_str()) }
        @if let Some(until) = pause.until { " " (words.until) " " (instant(until)) }
        ": " (pause.why) " (" (words.by) " " (pause.by) ")"
    }
}

fn of_fault(lang: Lang, set: &SandboxFault) -> Markup {
    let words = &lang.words().shell;
    html! {
        a href=(Section::Sandbox.path()) { (set.channel.as_str()) }
        " " (words.for_tenant) " " (set.tenant.as_str())
        ": " code { (set.fault) } ", " ((words.faults_left)(set.left, set.next)) " (" (words.by) " " (set.by) ")"
    }
}

#[test]
fn what_is_in_force_is_told_and_nothing_of_it_is_markup() {
    let set = SandboxFault {
        tenant: domain::Tenant::default(),
        channel: domain::ChannelName::parse("sms").unwrap(),
        next: 3,
        left: 2,
        fault: domain::Fault { status: Some(503), ..domain::Fault::default() },
        by: "<ada>".to_owned(),
        at: testkit::NOW,
    };
    let banner = faults(Lang::En, &[set]).into_string();
    assert!(banner.contains("<code>status 503</code>, 2 of 3 left (by &lt;ada&gt;)"), "{banner}");
    assert_eq!(
        (faults(Lang::Es, &[]).into_string(), paused(Lang::Es, &[]).into_string()),
        (String::new(), String::new())
    );
}
