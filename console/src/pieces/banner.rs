//! What stands over a page while it is so: what is paused, and what goes wrong in the sandbox on demand. It is read first,
//! and seen at the lower edge of the window, where nothing moves when it comes or goes.

use domain::{Pause, PauseKind, Tenant, Timestamp};
use maud::{Markup, html};
use store::SandboxFault;

use crate::pieces::figure::so_many;
use crate::pieces::time::of_its_day;
use crate::section::{FAULTS, Section};
use crate::words::Lang;

/// All that stands over a page.
pub(crate) struct Over<'a> {
    /// What does not answer, a sentence each.
    pub(crate) lost: Vec<Markup>,
    pub(crate) pauses: &'a [Pause],
    pub(crate) faults: &'a [SandboxFault],
    /// The tenant, where only its own are seen: then nobody asks whose they are. None where everybody's are.
    pub(crate) only: Option<&'a Tenant>,
}

impl Over<'_> {
    /// The strip of it. It is there while it is empty, so that a live part has a place for what comes.
    pub(crate) fn strip(&self, lang: Lang, now: Timestamp) -> Markup {
        let words = &lang.words().shell;
        html! {
            div.over {
                (self.counts(lang))
                @for told in &self.lost { p.banner.lost { (told) } }
                @if !self.pauses.is_empty() {
                    section.banner.paused aria-label=(words.paused) {
                        strong { (words.paused) }
                        ul { @for pause in self.pauses { li { (self.of_pause(pause, lang, now)) } } }
                    }
                }
                @if !self.faults.is_empty() {
                    section.banner.paused aria-label=(words.faults) {
                        strong { (words.faults) }
                        ul { @for set in self.faults { li { (self.of_fault(set, lang)) } } }
                    }
                }
            }
        }
    }

    /// How many there are of each, where more stands there than one thing: the strip has no room for all of them.
    fn counts(&self, lang: Lang) -> Markup {
        let words = &lang.words().shell;
        let (paused, faults) = (self.pauses.len(), self.faults.len());
        html! {
            @if paused + faults > 0 && paused + faults + self.lost.len() > 1 {
                p.banner.counts {
                    @if paused > 0 {
                        a href=(Section::Pauses.path()) { (counted(paused, [words.paused_counted; 2])) }
                    }
                    @if paused > 0 && faults > 0 { " · " }
                    @if faults > 0 { a href=(FAULTS) { (counted(faults, words.faults_counted)) } }
                }
            }
        }
    }

    fn of_pause(&self, pause: &Pause, lang: Lang, now: Timestamp) -> Markup {
        let words = &lang.words().shell;
        let tenant = pause.tenant.as_ref().filter(|tenant| pause.kind != PauseKind::Tenant && self.is_told(tenant));
        html! {
            a href=(Section::Pauses.path()) { (words.pause_kind(pause.kind)) " " (pause.name) }
            @if let Some(tenant) = tenant { " " (words.for_tenant) " " (tenant.as_str()) }
            @if let Some(until) = pause.until { " " (words.until) " " (of_its_day(until, now)) }
            ": " (pause.why) " (" (words.by) " " (pause.by) ")"
        }
    }

    fn of_fault(&self, set: &SandboxFault, lang: Lang) -> Markup {
        let words = &lang.words().shell;
        html! {
            a href=(FAULTS) { (set.channel.as_str()) }
            @if self.is_told(&set.tenant) { " " (words.for_tenant) " " (set.tenant.as_str()) }
            ": " code { (set.fault) } ", " ((words.faults_left)(set.left, set.next)) " (" (words.by) " " (set.by) ")"
        }
    }

    fn is_told(&self, tenant: &Tenant) -> bool {
        self.only != Some(tenant)
    }
}

fn counted(number: usize, [one, more]: [&str; 2]) -> String {
    so_many(number as u64, one, more)
}

/// What is paused, named in one sentence. Nothing where nothing is.
pub(crate) fn paused_in_short(lang: Lang, pauses: &[Pause]) -> Option<String> {
    let words = &lang.words().shell;
    let names: Vec<String> =
        pauses.iter().map(|pause| format!("{} {}", words.pause_kind(pause.kind), pause.name)).collect();
    (!names.is_empty()).then(|| format!("{}: {}.", words.paused, names.join(", ")))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::{ChannelName, Fault};
    use testkit::NOW;

    use super::*;
    use crate::pieces::time::absolute;

    fn fault() -> SandboxFault {
        SandboxFault {
            tenant: Tenant::default(),
            channel: ChannelName::parse("sms").unwrap(),
            next: 3,
            left: 2,
            fault: Fault { status: Some(503), ..Fault::default() },
            by: "<ada>".to_owned(),
            at: NOW,
        }
    }

    fn pause(until: Option<Timestamp>) -> Pause {
        Pause {
            id: "one".to_owned(),
            kind: PauseKind::Channel,
            name: "sms".to_owned(),
            tenant: Some(Tenant::default()),
            why: "an outage".to_owned(),
            by: "ada".to_owned(),
            by_platform: false,
            since: NOW,
            until,
        }
    }

    fn strip(lang: Lang, lost: usize, pauses: &[Pause], faults: &[SandboxFault], only: Option<&Tenant>) -> String {
        let lost = (0..lost).map(|_| html! { "Away." }).collect();
        Over { lost, pauses, faults, only }.strip(lang, NOW).into_string()
    }

    #[test]
    fn what_is_in_force_is_told_and_nothing_of_it_is_markup() {
        let told = strip(Lang::En, 0, &[], &[fault()], None);
        assert!(told.contains("sms</a> for default: <code>status 503</code>, 2 of 3 left (by &lt;ada&gt;)"), "{told}");
        assert_eq!(strip(Lang::Es, 0, &[], &[], None), "<div class=\"over\"></div>");
    }

    #[test]
    fn several_things_begin_with_how_many_there_are_and_one_does_not() {
        let check = |lang, lost, paused: usize, faults: usize, expected: &str| {
            let told = strip(lang, lost, &vec![pause(None); paused], &vec![fault(); faults], None);
            let counts = format!("<div class=\"over\"><p class=\"banner counts\">{expected}</p>");
            assert!(told.starts_with(&counts), "{expected}: {told}");
        };
        let (pauses, faults) = ("<a href=\"/console/pauses\">", "<a href=\"/console/sandbox/faults\">");
        check(Lang::En, 0, 5, 2, &format!("{pauses}5 paused</a> · {faults}2 faults of the sandbox</a>"));
        check(Lang::Es, 0, 1, 1, &format!("{pauses}1 en pausa</a> · {faults}1 falla del sandbox</a>"));
        check(Lang::En, 1, 1, 0, &format!("{pauses}1 paused</a>"));
        check(Lang::Es, 2, 0, 2, &format!("{faults}2 fallas del sandbox</a>"));
        for (lost, paused, faults) in [(0, 1, 0), (0, 0, 1), (2, 0, 0), (0, 0, 0)] {
            let told = strip(Lang::En, lost, &vec![pause(None); paused], &vec![fault(); faults], None);
            assert!(!told.contains("counts"), "{told}");
        }
    }

    #[test]
    fn whose_a_pause_is_and_its_day_are_told_where_somebody_would_ask() {
        let own = Tenant::default();
        let soon = NOW.plus(Duration::from_secs(60));
        let told = strip(Lang::En, 0, &[pause(Some(soon))], &[fault()], Some(&own));
        assert!(told.contains("channel sms</a> until <time") && !told.contains("for default"), "{told}");
        assert!(told.contains("sms</a>: <code>") && !told.contains("class=\"dated\""), "{told}");
        let later = NOW.plus(Duration::from_secs(86_400));
        let told = strip(Lang::En, 0, &[pause(Some(later))], &[], None);
        assert!(told.contains("channel sms</a> for default until <time"), "{told}");
        let (day, rest) = absolute(later).split_once(' ').map(|(day, rest)| (day.to_owned(), rest.to_owned())).unwrap();
        let dated = format!("<span class=\"whole\">{day}</span> <span class=\"whole\">{rest}</span></time>");
        assert!(told.contains(&dated), "{told}");
    }
}
