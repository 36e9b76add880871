//! A mail server: what it answers, and where it is. The conversation itself is not one of HTTP.

use super::Provider;
use crate::exchange::Reply;
use crate::message::{Message, Refusal};
use crate::site::Site;

pub(crate) static PROVIDER: Provider = Provider {
    name: "smtp",
    settings,
    takes: |_| false,
    read: |_, _| Err(Reply::empty(404)),
    accepted,
    keep: |_, _| (),
    refused,
    beside: |_, _| None,
    reports: None,
    inbound: None,
};

fn settings(site: &Site) -> Vec<(&'static str, String)> {
    vec![
        ("SMTP_HOST", site.host.clone()),
        ("SMTP_PORT", site.mail_port.to_string()),
        ("SMTP_TLS", "none".to_owned()),
        ("FROM_EMAIL", "fleet@example.com".to_owned()),
    ]
}

fn accepted(message: &Message) -> Reply {
    Reply { status: 250, headers: Vec::new(), body: format!("2.0.0 taken as {}", message.id), is_refusal: false }
}

/// The code is an enhanced one such as `5.1.1` (RFC 3463).
fn refused(refusal: &Refusal<'_>) -> Reply {
    let usual = if refusal.status < 500 { "4.0.0" } else { "5.0.0" };
    let body = format!("{} {}", refusal.code.unwrap_or(usual), refusal.words);
    Reply { status: refusal.status, headers: Vec::new(), body, is_refusal: false }
}
