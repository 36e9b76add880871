//! Answers of servers in use, and what they mean.

use super::super::reply::tests::reply;
use super::*;

fn check(step: Step, cases: &[(&str, Meaning)]) {
    for (said, expected) in cases {
        assert_eq!(meaning(step, &reply(said)), *expected, "{step:?}: {said}");
    }
}

const fn seconds(seconds: u64) -> Meaning {
    Meaning::Slower(Some(Duration::from_secs(seconds)), WAIT)
}

#[test]
fn what_is_said_of_the_recipient_is_the_recipients() {
    let never = Meaning::Never(RECIPIENT);
    check(
        Step::To,
        &[
            ("550", never),
            ("550 5.1.1 no such user", never),
            // Postfix
            ("550 5.1.1 <ana@example.com>: Recipient address rejected: User unknown in virtual mailbox table", never),
            ("554 5.7.1 <ana@example.com>: Recipient address rejected: Access denied", never),
            ("504 5.5.2 <ana>: Recipient address rejected: need fully-qualified address", never),
            // Exim
            ("550 Unrouteable address", never),
            ("501 <ana@>: domain missing or malformed", never),
            // Exchange and Microsoft 365
            ("550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup", never),
            ("550 5.4.1 Recipient address rejected: Access denied. [DM3NAM02FT012.eop-nam02.prod.protection]", never),
            ("550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required", never),
            ("550 5.7.1 RESOLVER.RST.AuthRequired; authentication required", never),
            ("550 5.2.1 Mailbox cannot be accessed", never),
            // Gmail
            (
                "550-5.1.1 The email account that you tried to reach does not exist. Please try\r\n550 5.1.1 gsmtp",
                never,
            ),
            ("552-5.2.2 The email account that you tried to reach is over quota\r\n552 5.2.2 - gsmtp", never),
            ("550 5.2.1 The email account that you tried to reach is disabled. gsmtp", never),
            ("556 5.1.10 Domain has no mail", never),
        ],
    );
}

#[test]
fn what_is_said_of_the_mail_is_the_mails() {
    check(
        Step::Message,
        &[
            ("554", Meaning::Never(CONTENT)),
            ("550 5.7.1 Message rejected as spam by Content Filtering.", Meaning::Never(CONTENT)),
            ("554 5.6.0 Message contains a virus", Meaning::Never(CONTENT)),
            ("552 5.3.4 Message size exceeds fixed limit", Meaning::Never(TOO_LARGE)),
            ("552 message too big", Meaning::Never(TOO_LARGE)),
            ("554 Message rejected: Transaction failed", Meaning::Never(CONTENT)),
        ],
    );
    check(Step::From, &[("552 5.3.4 Message size exceeds fixed limit", Meaning::Never(TOO_LARGE))]);
}

#[test]
fn that_we_may_not_relay_is_ours() {
    let ours = Meaning::Ours(RELAY);
    check(
        Step::To,
        &[
            ("554 5.7.1 <ana@example.com>: Relay access denied", ours),
            ("454 4.7.1 <ana@example.com>: Relay access denied", ours),
            ("550 relay not permitted", ours),
            ("550 5.7.1 <ana@example.com>... Relaying denied", ours),
            ("550 5.7.1 Unable to relay", ours),
            ("550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain", ours),
            ("550 5.7.64 TenantAttribution; Relay Access Denied SMTP.", ours),
            ("553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", ours),
            ("513 Relaying denied.", ours),
        ],
    );
}

#[test]
fn how_we_introduce_ourselves_is_ours() {
    check(
        Step::To,
        &[
            ("504 5.5.2 <vm>: Helo command rejected: need fully-qualified hostname", Meaning::Ours(HELLO)),
            ("450 4.7.1 <vm>: Helo command rejected: Host not found", Meaning::Ours(HELLO)),
            ("550 5.7.1 <vm>: Helo command rejected: Access denied", Meaning::Ours(HELLO)),
        ],
    );
    check(
        Step::Hello,
        &[
            ("504 5.5.2 <vm>: Helo command rejected: need fully-qualified hostname", Meaning::Ours(HELLO)),
            ("501 Syntactically invalid HELO argument(s)", Meaning::Ours(HELLO)),
            ("550 Access denied - Invalid HELO name (See RFC2821 4.1.1.1)", Meaning::Ours(HELLO)),
            ("550", Meaning::Ours(HELLO)),
        ],
    );
}

#[test]
fn login_and_encryption_are_ours_at_every_step() {
    for step in [Step::Auth, Step::From, Step::To, Step::Data, Step::Message] {
        check(
            step,
            &[
                ("530 5.7.0 Authentication Required. For more information, go to gsmtp", Meaning::Ours(LOGIN)),
                (
                    "530 5.7.57 SMTP; Client was not authenticated to send anonymous mail during MAIL FROM",
                    Meaning::Ours(LOGIN),
                ),
                ("530 5.7.0 Must issue a STARTTLS command first", Meaning::Ours(ENCRYPT)),
                ("535-5.7.8 Username and Password not accepted.\r\n535 5.7.8 gsmtp", Meaning::Ours(LOGIN)),
                ("535 Authentication Credentials Invalid", Meaning::Ours(LOGIN)),
                ("535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled", Meaning::Ours(LOGIN)),
                ("534 5.7.9 Application-specific password required", Meaning::Ours(LOGIN)),
                ("538 5.7.11 Encryption required for requested authentication mechanism", Meaning::Ours(ENCRYPT)),
                ("530", Meaning::Ours(LOGIN)),
            ],
        );
    }
    check(Step::To, &[("550 5.7.3 STARTTLS is required to send mail", Meaning::Ours(ENCRYPT))]);
    check(Step::Auth, &[("454 4.7.0 Temporary authentication failure", Meaning::Later)]);
}

/// Each case: step, answer, and whether the next mail would meet the same.
#[test]
fn a_server_that_refuses_us_shuts_out_every_mail_and_one_that_refuses_a_mail_does_not() {
    for (step, said, expected) in [
        (Step::Greeting, "554 No SMTP service here", true),
        (Step::Hello, "501 Syntactically invalid HELO argument(s)", true),
        (Step::Auth, "535 5.7.8 Authentication credentials invalid", true),
        (Step::Auth, "451 Authentication failed: Maximum credits exceeded", true),
        (Step::Auth, "454 4.7.0 Temporary authentication failure", false),
        (Step::Auth, "454 4.7.0 Too many login attempts", false),
        (Step::From, "530 5.7.57 Client was not authenticated to send anonymous mail during MAIL FROM", true),
        (Step::From, "550 5.7.1 Authentication required", true),
        (Step::From, "550 5.7.1 sender rejected", false),
        (Step::To, "530 5.7.0 Authentication required", true),
        (Step::To, "550 5.7.1 Authentication required", false),
        (Step::To, "550 This account is suspended", false),
        (Step::To, "554 5.7.1 Relay access denied", false),
        (Step::To, "550 5.1.1 no such user", false),
        (Step::Message, "554 Sending paused for this account.", true),
        (Step::Message, "550 5.7.26 This mail has been blocked because the sender is unauthenticated.", false),
    ] {
        let reply = reply(said);
        assert_eq!(meaning(step, &reply).is_of_every_mail(step, reply.code()), expected, "{step:?}: {said}");
    }
}

#[test]
fn our_sender_is_ours_at_every_step() {
    let ours = Meaning::Ours(SENDER);
    check(
        Step::From,
        &[
            ("550", ours),
            ("550 5.7.1 sender rejected", ours),
            ("550 5.1.1 unknown", ours),
            ("553 5.1.8 <a@b.example>: Sender address rejected: Domain not found", ours),
            ("501 5.1.7 Bad sender address syntax", ours),
        ],
    );
    check(
        Step::To,
        &[
            ("553 5.7.1 <a@b.example>: Sender address rejected: not owned by user ana", ours),
            ("450 4.1.8 <a@b.example>: Sender address rejected: Domain not found", ours),
            ("550 Sender verify failed", ours),
        ],
    );
    check(
        Step::Message,
        &[
            ("554 Message rejected: Email address is not verified. The following identities failed the check", ours),
            ("554 5.2.252 SendAsDenied; a@b.example not allowed to send as", ours),
            ("550 5.7.60 SMTP; Client does not have permissions to send as this sender", ours),
            ("550 The from address does not match a verified Sender Identity.", ours),
        ],
    );
}

#[test]
fn our_standing_and_our_domains_records_are_ours() {
    let (standing, genuine) = (Meaning::Ours(STANDING), Meaning::Ours(GENUINE));
    check(
        Step::To,
        &[
            ("554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org", standing),
            ("450 4.7.25 Client host rejected: cannot find your hostname, [192.0.2.1]", standing),
            ("450 4.7.1 Client host rejected: cannot find your reverse hostname, [192.0.2.1]", standing),
            ("550 5.7.606 Access denied, banned sending IP [192.0.2.1].", standing),
            ("550 5.7.708 Access denied, traffic not accepted from this IP.", standing),
            ("550 5.7.705 Access denied, tenant has exceeded threshold", Meaning::Ours(ACCOUNT)),
            ("550 5.7.23 <ana@example.com>: Recipient address rejected: Message rejected due to: SPF fail", genuine),
        ],
    );
    check(
        Step::Message,
        &[
            (
                "550-5.7.26 This mail has been blocked because the sender is unauthenticated.\r\n550 5.7.26 gsmtp",
                genuine,
            ),
            (
                "550-5.7.1 [192.0.2.1] The IP address sending this message does not have a PTR record\r\n550 5.7.1 gsmtp",
                standing,
            ),
            (
                "550-5.7.25 [192.0.2.1] The IP address sending this message does not have a PTR record\r\n550 5.7.25",
                standing,
            ),
            ("550 5.7.509 Access denied, sending domain b.example does not pass DMARC verification", genuine),
            (
                "554 Sending paused for this account. For more information, please check the inbox",
                Meaning::Ours(ACCOUNT),
            ),
        ],
    );
    for step in [Step::Connect, Step::Greeting] {
        check(step, &[("554 No SMTP service here", standing), ("554 5.7.1 blocked using dnsbl", standing)]);
    }
}

#[test]
fn a_command_that_is_not_understood_is_ours() {
    for said in ["500 unrecognized command", "503 5.5.1 Error: need MAIL command", "555 5.5.4 Unsupported option"] {
        for step in [Step::To, Step::Data, Step::Message, Step::Reset, Step::StartTls] {
            check(step, &[(said, Meaning::Ours(DIALOGUE))]);
        }
    }
}

#[test]
fn greylisting_waits_for_the_time_that_is_named_or_five_minutes() {
    check(
        Step::To,
        &[
            ("451 4.7.1 Greylisted, please try again in 300 seconds", seconds(300)),
            (
                "450 4.2.0 <ana@example.com>: Recipient address rejected: Greylisted, see http://postgrey.example",
                seconds(300),
            ),
            ("451 4.7.1 Greylisting in action, please come back in 00:04:59", seconds(299)),
            ("451 4.7.1 Greylisting in action, please come back later", seconds(300)),
            ("450 4.2.0 Sender address rejected: Greylisted for 60 sec.", seconds(60)),
            ("450 Greylisted for 5 minutes", seconds(300)),
            ("421 graylisted - try in 1 hour", seconds(3600)),
            ("451 4.7.1 Service unavailable - try again later", seconds(300)),
            ("451 4.7.1 Try again later", seconds(300)),
            ("450 4.7.1", seconds(300)),
            ("451 Temporary local problem, please retry in 10min", seconds(600)),
            ("451 4.3.0 please try again in 2 mins", seconds(120)),
            ("451 greylisted, come back in 100 hours", seconds(86_400)),
        ],
    );
}

#[test]
fn what_is_too_much_at_a_time_spends_no_attempt() {
    let slower = Meaning::Slower(None, SLOWER);
    check(
        Step::To,
        &[
            ("450-4.2.1 The user you are trying to contact is receiving email too quickly.\r\n450 4.2.1 gsmtp", slower),
            ("421-4.7.28 Gmail has detected an unusual rate of unsolicited mail\r\n421 4.7.28 gsmtp", slower),
            ("454 Throttling failure: Maximum sending rate exceeded.", slower),
            ("454 Throttling failure: Daily message quota exceeded.", slower),
            ("432 4.3.2 Concurrent connections limit exceeded", slower),
            ("451 4.7.650 The mail server [192.0.2.1] has been temporarily rate limited due to IP reputation.", slower),
            ("421 Too many concurrent SMTP connections; please try again later.", slower),
        ],
    );
}

#[test]
fn what_else_is_refused_for_now_is_tried_later() {
    check(
        Step::To,
        &[
            ("450", Meaning::Later),
            ("451 4.3.0 Temporary lookup failure", Meaning::Later),
            ("451 4.7.500 Server busy. Please try again later from [192.0.2.1].", Meaning::Later),
            ("452 4.2.2 Over quota", Meaning::Later),
            ("452 4.3.1 Insufficient system storage", Meaning::Later),
            ("421 4.3.2 Service not available, closing transmission channel", Meaning::Later),
            ("451 refused: <ana@example.org> as asked", Meaning::Later),
        ],
    );
}

#[test]
fn a_server_that_closes_or_is_full_takes_no_mail_at_all() {
    for (step, said, expected) in [
        (Step::From, "421 4.3.2 Service not available, closing transmission channel", true),
        (Step::To, "421 too busy", true),
        (Step::Copy, "421 Too many concurrent SMTP connections; please try again later.", true),
        (Step::Data, "421", true),
        (Step::Message, "421 4.4.2 Timeout", true),
        (Step::From, "452 4.3.1 Insufficient system storage", true),
        (Step::To, "451 4.3.0 Temporary lookup failure", true),
        (Step::Data, "451 4.3.5 Server configuration error", true),
        (Step::Message, "451 4.3.0 this mail cannot be looked at", false),
        (Step::From, "452 4.3.4 Message size exceeds fixed limit", false),
        (Step::To, "452 4.2.2 Over quota", false),
        (Step::To, "450 4.1.1 unknown for now", false),
        (Step::To, "451 later", false),
        (Step::To, "421 graylisted - try in 1 hour", false),
        (Step::To, "421 4.7.1 try again later", false),
        (Step::To, "451 4.3.0 Greylisted", false),
    ] {
        assert_eq!(is_of_server(step, &reply(said)), expected, "{step:?}: {said}");
    }
}
