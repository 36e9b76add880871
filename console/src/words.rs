//! The texts that pages share, in every language. A text that one language lacks does not compile. What only one page
//! says stands in a file beside it, made in the same way: a struct, and one value of it for each language.

use domain::PauseKind;

mod en;
mod es;

/// A language of the console.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) enum Lang {
    #[default]
    En,
    Es,
}

impl Lang {
    pub(crate) const ALL: [Self; 2] = [Self::En, Self::Es];

    /// As `lang` of HTML has it (BCP 47).
    pub(crate) fn code(self) -> &'static str {
        self.of("en", "es")
    }

    /// The name of the language in itself.
    pub(crate) fn name(self) -> &'static str {
        self.of("English", "Español")
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lang| lang.code() == text)
    }

    /// The one of two values that is this language's.
    pub(crate) fn of<T: Copy>(self, en: T, es: T) -> T {
        match self {
            Self::En => en,
            Self::Es => es,
        }
    }

    pub(crate) fn words(self) -> &'static Words {
        self.of(&en::WORDS, &es::WORDS)
    }
}

/// What is said on more than one page.
pub(crate) struct Words {
    pub(crate) sections: Sections,
    pub(crate) shell: ShellWords,
    pub(crate) login: LoginWords,
    pub(crate) lists: ListWords,
    pub(crate) times: TimeWords,
    pub(crate) confirm: ConfirmWords,
    pub(crate) problems: ProblemWords,
    pub(crate) states: StateWords,
}

/// What the pages are called.
pub(crate) struct Sections {
    pub(crate) overview: &'static str,
    pub(crate) deliveries: &'static str,
    pub(crate) dead_letters: &'static str,
    pub(crate) asks: &'static str,
    pub(crate) commands: &'static str,
    pub(crate) verifications: &'static str,
    pub(crate) sandbox: &'static str,
    pub(crate) inbox: &'static str,
    pub(crate) gateways: &'static str,
    pub(crate) files: &'static str,
    pub(crate) templates: &'static str,
    pub(crate) schedules: &'static str,
    pub(crate) suppressions: &'static str,
    pub(crate) providers: &'static str,
    pub(crate) pauses: &'static str,
    pub(crate) users: &'static str,
    pub(crate) keys: &'static str,
    pub(crate) audit: &'static str,
    pub(crate) try_it: &'static str,
    pub(crate) account: &'static str,
}

/// What stands around every page.
pub(crate) struct ShellWords {
    pub(crate) skip: &'static str,
    pub(crate) navigation: &'static str,
    /// The pages that are not always in sight.
    pub(crate) more: &'static str,
    pub(crate) language: &'static str,
    pub(crate) theme: &'static str,
    pub(crate) theme_auto: &'static str,
    pub(crate) theme_light: &'static str,
    pub(crate) theme_dark: &'static str,
    pub(crate) change: &'static str,
    pub(crate) log_out: &'static str,
    pub(crate) paused: &'static str,
    /// Behind how many are.
    pub(crate) paused_counted: &'static str,
    /// Of a channel, a provider, a template and a tenant.
    pause_kinds: [&'static str; 4],
    pub(crate) until: &'static str,
    pub(crate) for_tenant: &'static str,
    pub(crate) by: &'static str,
    /// What goes wrong in the sandbox on demand.
    pub(crate) faults: &'static str,
    /// Behind how many there are: one, and more.
    pub(crate) faults_counted: [&'static str; 2],
    /// For how many messages yet, and for how many it was set.
    pub(crate) faults_left: fn(u32, u32) -> String,
    pub(crate) ledger_lost: &'static str,
    /// Before the time when the ledger has said it last.
    pub(crate) paused_then: &'static str,
    pub(crate) paused_unknown: &'static str,
    /// Before the time of the last event of a stream.
    pub(crate) stale: &'static str,
    pub(crate) live_off: &'static str,
    pub(crate) keyboard: &'static str,
    pub(crate) keys: [(&'static str, &'static str); 17],
    pub(crate) api: &'static str,
}

impl ShellWords {
    /// What is paused, in words.
    pub(crate) fn pause_kind(&self, kind: PauseKind) -> &'static str {
        let [channel, provider, template, tenant] = self.pause_kinds;
        match kind {
            PauseKind::Channel => channel,
            PauseKind::Provider => provider,
            PauseKind::Template => template,
            PauseKind::Tenant => tenant,
        }
    }
}

/// The page on which somebody comes in.
pub(crate) struct LoginWords {
    pub(crate) title: &'static str,
    pub(crate) name: &'static str,
    pub(crate) password: &'static str,
    pub(crate) submit: &'static str,
    pub(crate) wrong: &'static str,
    pub(crate) too_many: fn(u64) -> String,
    pub(crate) insecure: &'static str,
    pub(crate) unavailable: &'static str,
}

/// Filters, tables and pages of lists.
pub(crate) struct ListWords {
    pub(crate) filter: &'static str,
    pub(crate) apply: &'static str,
    pub(crate) clear: &'static str,
    pub(crate) any: &'static str,
    pub(crate) nothing: &'static str,
    pub(crate) first_page: &'static str,
    pub(crate) next_page: &'static str,
    pub(crate) pages: &'static str,
    pub(crate) yes: &'static str,
    pub(crate) no: &'static str,
    pub(crate) bad_filter: &'static str,
}

/// How far away a time is; `#` stands for the number. In seconds, minutes, hours and days.
pub(crate) struct TimeWords {
    pub(crate) now: &'static str,
    pub(crate) ago: [&'static str; 4],
    pub(crate) ahead: [&'static str; 4],
}

/// The page that asks once more.
pub(crate) struct ConfirmWords {
    pub(crate) title: &'static str,
    pub(crate) type_the_count: fn(u64) -> String,
    pub(crate) reason: &'static str,
    pub(crate) go_back: &'static str,
    pub(crate) miscounted: fn(u64) -> String,
    pub(crate) reason_missing: &'static str,
}

/// What went wrong.
pub(crate) struct ProblemWords {
    pub(crate) not_found: &'static str,
    pub(crate) not_found_detail: &'static str,
    pub(crate) denied: &'static str,
    pub(crate) denied_detail: fn(&str) -> String,
    pub(crate) ledger_away: &'static str,
    pub(crate) ledger_away_detail: &'static str,
    pub(crate) failed: &'static str,
    pub(crate) failed_detail: &'static str,
    pub(crate) back: &'static str,
}

/// What deliveries are in, as people say it.
pub(crate) struct StateWords {
    pub(crate) sending: &'static str,
    pub(crate) waiting: &'static str,
    pub(crate) sent: &'static str,
    pub(crate) captured: &'static str,
    pub(crate) dead: &'static str,
    pub(crate) held: &'static str,
    pub(crate) expired: &'static str,
    pub(crate) suppressed: &'static str,
    pub(crate) cancelled: &'static str,
    pub(crate) fell_back: &'static str,
    pub(crate) delivered: &'static str,
    pub(crate) bounced: &'static str,
}
