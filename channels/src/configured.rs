//! Which channels exist and how they are configured, read from the settings. Each provider says which settings it has
//! ([`sections`]); they are read here, and problems with them are reported.

use std::collections::BTreeSet;

use domain::ChannelName;
use runtime::settings::Reader;

use crate::providers::{PROVIDERS, Provider};
use crate::{Channels, SandboxMode, Settings, known};

/// The characters that other lists have between their words.
const OTHER_COMMAS: [char; 7] = [',', ';', ' ', '\t', '|', '+', '/'];

impl Settings {
    /// Reads the settings. `sends` says that the process sends, so that a missing setting is a problem. `up` says that
    /// everything is captured unless the operator says otherwise.
    pub fn read(reader: &mut Reader, sends: bool, up: bool) -> Self {
        refuse_what_is_not_built(reader);
        let (only, sandbox) = (only(reader), sandbox(reader, up));
        let mut settings = Self { only, sandbox, ..Self::unset(reader.seconds("PROVIDER_TIMEOUT_SECONDS")) };
        for provider in PROVIDERS {
            (provider.fill)(&reader.values(provider.section.settings), &mut settings);
        }
        for warning in PROVIDERS.iter().flat_map(|provider| (provider.warnings)(&settings)) {
            if reader.are_right(warning.about) {
                reader.warn(warning.text);
            }
        }
        check(reader, &settings, sends);
        settings
    }

    /// Warns of a channel that other settings name although `CHANNELS` leaves it out: `named` are those settings, and
    /// what they send would go nowhere in this process.
    pub fn check_left_out(&self, reader: &mut Reader, sends: bool, named: &[(&str, Option<&ChannelName>)]) {
        let list = reader.text("CHANNELS").unwrap_or_default().to_ascii_lowercase();
        // A word that is no channel was reported already, and may have been meant for the channel that is missing.
        let Some(only) = self.only.as_ref().filter(|_| words(&list).iter().all(|word| known().contains(word))) else {
            return;
        };
        for (name, channel) in named {
            let Some(channel) = channel.filter(|channel| !only.iter().any(|name| name == channel.as_str())) else {
                continue;
            };
            let what = format!("is {channel}, which CHANNELS leaves out: add it there, or name another channel");
            if sends && self.sandbox != SandboxMode::All {
                reader.refuse(name, what);
            } else {
                reader.warn(format!("{name} {what}"));
            }
        }
    }
}

/// Reads the known channels among the words of `CHANNELS`. A problem names any other word by its place, because the
/// word may be the value of another setting.
fn only(reader: &mut Reader) -> Option<Vec<String>> {
    let list = reader.text("CHANNELS")?.to_ascii_lowercase();
    let words = words(&list);
    let known = known();
    let pieces: Vec<&str> = list.split(OTHER_COMMAS).map(str::trim).filter(|piece| !piece.is_empty()).collect();
    if pieces.len() > words.len() && pieces.iter().all(|piece| known.contains(piece)) {
        reader.refuse("CHANNELS", "must have a comma between two channels, such as email,sms");
        return Some(pieces.into_iter().map(str::to_owned).collect());
    }
    let (right, wrong): (Vec<_>, Vec<_>) = words.iter().enumerate().partition(|(_, word)| known.contains(word));
    for (at, word) in &wrong {
        let hint = domain::nearest(word, known.iter().copied()).map(|near| format!("did you mean {near}? "));
        reader.problem(format!(
            "CHANNELS has a word that is no channel, number {} of {}: {}known are {}",
            at + 1,
            words.len(),
            hint.unwrap_or_default(),
            known.join(", ")
        ));
    }
    if right.is_empty() && !wrong.is_empty() {
        reader.is_wrong("CHANNELS");
    }
    Some(right.into_iter().map(|(_, word)| (*word).to_owned()).collect())
}

fn words(list: &str) -> Vec<&str> {
    list.split(',').map(str::trim).filter(|word| !word.is_empty()).collect()
}

/// Reports providers that are configured by halves. That is a problem where less would be sent than the operator
/// believes, and a warning elsewhere.
fn check(reader: &mut Reader, settings: &Settings, sends: bool) {
    let halves = half_configured(reader, settings);
    let all_is_captured = settings.sandbox == SandboxMode::All;
    if !sends || all_is_captured {
        halves.iter().for_each(|half| reader.warn(format!("{} {}", half.missing, half.what)));
    } else {
        halves.iter().for_each(|half| reader.refuse(half.missing, &half.what));
    }
    if !sends {
        return;
    }
    for problem in refused(settings, if all_is_captured { &[] } else { &halves }) {
        // A setting that was refused already is not reported as missing as well.
        let name = problem.split([' ', ':']).next().unwrap_or_default();
        if reader.are_right(&[name]) && (halves.is_empty() || name != "CHANNELS") {
            reader.problem(problem);
        }
    }
    if all_is_captured {
        // In this case nothing else checks the settings of the providers.
        let live = Settings { sandbox: SandboxMode::Missing, ..settings.clone() };
        let asleep = refused(&live, &halves).into_iter().filter(|problem| !problem.starts_with("CHANNELS"));
        let told = |problem: &String| halves.iter().any(|half| problem.starts_with(half.missing));
        asleep.filter(|problem| !told(problem)).for_each(|problem| reader.warn(problem));
    }
}

/// What the providers refuse of their settings, each problem once. A provider that is configured by halves is not
/// connected, so without this check its other problems would show only once it is complete.
fn refused(settings: &Settings, halves: &[HalfConfigured]) -> Vec<String> {
    let rest = halves.iter().flat_map(|half| (half.provider.problems)(settings));
    let refused = Channels::enable(settings).err().unwrap_or_default().into_iter().chain(rest);
    let mut seen = BTreeSet::new();
    refused.filter(|problem| seen.insert(problem.clone())).collect()
}

/// A provider that lacks a setting which it needs.
struct HalfConfigured {
    missing: &'static str,
    /// The problem, as a text that is read after the name of the setting.
    what: String,
    provider: &'static Provider,
}

/// The settings that are missing beside others of the same provider: its channel would silently be captured or off.
fn half_configured(reader: &Reader, settings: &Settings) -> Vec<HalfConfigured> {
    let wanted = |channel: &&str| settings.only.as_ref().is_none_or(|only| only.iter().any(|name| name == channel));
    let halves =
        PROVIDERS.iter().flat_map(|provider| provider.section.halves.iter().map(move |half| (*provider, half)));
    let missing = halves.filter_map(|(provider, half)| {
        let beside = reader.set_of(half.beside);
        let is_half = half.channels.iter().any(wanted) && reader.given_of(half.needs).is_empty() && !beside.is_empty();
        let missing = *half.needs.first().filter(|_| is_half)?;
        let what = format!("is not set, but {}: {}", listed(&beside), half.less);
        Some(HalfConfigured { missing, what, provider })
    });
    missing.collect()
}

fn listed(names: &[&str]) -> String {
    format!("{} {} set", names.join(", "), if names.len() == 1 { "is" } else { "are" })
}

fn sandbox(reader: &mut Reader, up: bool) -> SandboxMode {
    let Some(text) = reader.text("SANDBOX") else {
        return if up { SandboxMode::All } else { SandboxMode::Off };
    };
    SandboxMode::parse(&text).unwrap_or_else(|| {
        reader.refuse_word("SANDBOX", "must be all, missing or off", &["all", "missing", "off", "true", "false"]);
        SandboxMode::All
    })
}

fn refuse_what_is_not_built(reader: &mut Reader) {
    let sendgrid = reader.given_of(&["SENDGRID_API_KEY", "SENDGRID_BASE_URL"]);
    let provider = reader.text("EMAIL_PROVIDER").unwrap_or_default().to_ascii_lowercase();
    if !["", "smtp", "sendgrid"].contains(&provider.as_str()) {
        let what = "has a word that is no provider: the only one of this version is smtp, which is how most others take mail \
                    as well (SMTP_HOST)";
        reader.refuse_word("EMAIL_PROVIDER", what, &["smtp", "sendgrid"]);
    }
    if !sendgrid.is_empty() || provider == "sendgrid" {
        reader.problem(
            "email by SendGrid is not in this version: leave SENDGRID_API_KEY and SENDGRID_BASE_URL empty, set EMAIL_PROVIDER=smtp, and use SMTP_HOST=smtp.sendgrid.net with SMTP_USER=apikey instead",
        );
    }
    if !reader.given_of(&["WEB_VAPID_PUBLIC_KEY", "WEB_VAPID_PRIVATE_KEY"]).is_empty() {
        reader.problem("Web Push is not in this version: leave WEB_VAPID_PUBLIC_KEY and WEB_VAPID_PRIVATE_KEY empty");
    }
}
