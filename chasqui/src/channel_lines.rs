//! What each channel really does, one line for each, for an operator who starts a role or checks its settings.

use channels::{Channels, Handling, SandboxMode, Settings};

/// One line for each channel, in the order of the catalog, and for each kind of its destinations that has providers of
/// its own.
pub(crate) fn lines(settings: &Settings) -> Vec<String> {
    Channels::handling(settings)
        .into_iter()
        .map(|(channel, handling, needs)| line(settings, &channel, &handling, &needs))
        .collect()
}

/// Writes the lines to the log of a worker. A channel that is captured or only checked is a warning: its recipients get
/// nothing.
pub(crate) fn log(settings: &Settings) {
    for (channel, handling, needs) in Channels::handling(settings) {
        let line = line(settings, &channel, &handling, &needs);
        match handling {
            Handling::Captured { .. } | Handling::Checked(_) => tracing::warn!("{line}"),
            Handling::By(_) | Handling::Off => tracing::info!("{line}"),
        }
    }
}

fn line(settings: &Settings, channel: &str, handling: &Handling, needs: &str) -> String {
    let what = match handling {
        Handling::By(providers) => format!("really sent, by {}", providers.join(", else by ")),
        Handling::Checked(provider) => format!("checked by {provider}, delivered to nobody, and captured"),
        Handling::Captured { configured: true } => {
            "captured, not sent, although it is configured: SANDBOX=missing or off would send it".to_owned()
        }
        Handling::Captured { configured: false } if settings.sandbox == SandboxMode::Missing => {
            format!("captured, not sent, because it is not configured: it needs {needs}")
        }
        Handling::Captured { configured: false } => {
            format!("captured, not sent: it would need SANDBOX=missing, and {needs}")
        }
        Handling::Off if settings.only.is_some() => {
            "off: its messages are dead-lettered (CHANNELS does not name it)".to_owned()
        }
        Handling::Off => format!("off: its messages are dead-lettered (it needs {needs})"),
    };
    // The prefix of a kind ends with a colon, as if what follows were its value.
    format!("{:<10} {what}", channel.trim_end_matches(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(sandbox: SandboxMode) -> Settings {
        let mut settings = Settings { sandbox, ..Settings::unset(std::time::Duration::from_secs(10)) };
        settings.smtp.host = Some("mail.example".into());
        settings.smtp.from_email = Some("noreply@example.org".into());
        settings.smtp.tls = channels::smtp::Tls::None;
        settings
    }

    #[test]
    fn each_channel_says_whether_it_is_really_sent() {
        let sent = lines(&settings(SandboxMode::Off));
        assert!(sent[0].starts_with("email      really sent, by smtp"), "{sent:?}");
        assert!(sent[3].starts_with("push apns  off") && sent[3].contains("APNS_KEY"), "{sent:?}");
        assert!(!sent[2].contains("APNS_KEY"), "{sent:?}");
        assert!(sent[5].starts_with("sms        off") && sent[5].contains("TWILIO_FROM_NUMBER"), "{sent:?}");
        assert!(sent[4].starts_with("slack      off") && sent[4].contains("SLACK_BOT_TOKEN"), "{sent:?}");
        let mut with_another = settings(SandboxMode::Off);
        with_another.sendgrid.api_key = Some("SG.key".into());
        with_another.sendgrid.base_url = "https://api.sendgrid.com".into();
        assert_eq!(lines(&with_another)[0], "email      really sent, by smtp, else by sendgrid");
        let missing = lines(&settings(SandboxMode::Missing));
        assert!(missing[0].contains("really sent") && missing[1].contains("captured, not sent"), "{missing:?}");
        let needs = "it needs TWILIO_FROM_NUMBER + TWILIO_ACCOUNT_SID + ";
        assert!(missing[5].contains(needs), "what goes together is told from what is another way: {missing:?}");
        let all = lines(&settings(SandboxMode::All));
        assert!(all[0].contains("although it is configured") && all[9].contains("TWILIO_WHATSAPP_FROM"), "{all:?}");
        let webhook =
            [&sent, &missing, &all].map(|lines| lines.iter().find(|line| line.starts_with("webhook")).unwrap());
        assert_eq!(sent[1], "inapp      off: its messages are dead-lettered (it needs INBOX=true)");
        assert_eq!(webhook[0], "webhook    off: its messages are dead-lettered (it needs WEBHOOKS=true)");
        assert!(webhook[1].ends_with("it needs WEBHOOKS=true"), "{webhook:?}");
        assert!(webhook[2].ends_with("it would need SANDBOX=missing, and WEBHOOKS=true"), "{webhook:?}");
    }

    #[test]
    fn a_channel_that_its_provider_only_checks_is_not_said_to_be_sent() {
        let mut settings = settings(SandboxMode::Off);
        settings.fcm.service_account_key = Some(testkit::keys::service_account().to_string().into());
        settings.fcm.base_url = "https://fcm.googleapis.com".into();
        assert!(lines(&settings)[2].starts_with("push       really sent, by fcm"));
        settings.fcm.validate_only = true;
        assert_eq!(lines(&settings)[2], "push       checked by fcm, delivered to nobody, and captured");
    }
}
