//! Limits of the whole fleet that are right and have no effect, or end messages before they let them through.

use std::time::Duration;

use domain::Window;
use runtime::settings::Reader;

use super::preference;
use crate::Settings;
use crate::providers::{PROVIDERS, Provider};

impl Settings {
    /// Warns of them. For so long a delivery waits for a limit before it is dead.
    pub fn check_limits(&self, reader: &mut Reader, longest: Duration) {
        for provider in PROVIDERS {
            let (Some(setting), Some(windows)) = (provider.section.limits, self.limits.get(provider.name)) else {
                continue;
            };
            let (name, provider_name) = (setting.name, provider.name);
            if let Some(by) = self.left_out_by(reader, provider) {
                reader.warn(format!("{name} has no effect: by {by} nothing is given to {provider_name}"));
                continue;
            }
            for window in windows {
                let what = said(*window);
                if let Some(before) = windows.iter().find(|other| is_reached_before(**other, *window)) {
                    let before = said(*before);
                    reader
                        .warn(format!("{name}: {what} is never reached, because {before} is before it: leave it out"));
                } else if Duration::from_secs(u64::from(window.unit.seconds())) > longest {
                    reader.warn(format!(
                        "{name}: the window of {what} is longer than THROTTLE_MAX_AGE_SECONDS: what exceeds it may be dead \
                         (throttled_too_long) before the window ends"
                    ));
                }
            }
        }
    }

    /// The setting by which the provider carries nothing, although it may be configured.
    fn left_out_by(&self, reader: &Reader, provider: &Provider) -> Option<&'static str> {
        let is_wanted = |medium: &str| self.only.as_ref().is_none_or(|only| only.iter().any(|name| name == medium));
        let mut by = Some("CHANNELS");
        for service in provider.serves.iter().filter(|service| is_wanted(service.medium.name)) {
            if self.preferred.get(service.medium.name)?.contains(&provider.name) {
                return None;
            }
            by = preference::given(reader, service.medium);
        }
        by
    }
}

/// Whether one window is used up at the latest when the other is. Windows begin together, so that each minute has sixty
/// whole seconds.
fn is_reached_before(one: Window, other: Window) -> bool {
    let messages = |window: Window| u64::from(window.messages);
    if one.unit > other.unit {
        return messages(other) >= messages(one);
    }
    let times = u64::from(other.unit.seconds() / one.unit.seconds());
    one.unit < other.unit && messages(other) >= messages(one) * times
}

fn said(window: Window) -> String {
    format!("{}/{}", window.messages, window.unit.as_str())
}
