//! What the operator is told to do about a refusal.

pub(super) const RECIPIENT: &str = "the recipient is refused for good: correct the destination or write to it no more";
pub(super) const CONTENT: &str = "this mail is refused for good: change its words, or ask the server's operator why";
pub(super) const TOO_LARGE: &str = "the mail is too large for this server: send less";
pub(super) const RELAY: &str = "SMTP_HOST does not pass on our mails: log in with SMTP_USER and SMTP_PASSWORD, or have this machine allowed to \
     relay there";
pub(super) const LOGIN: &str = "the server does not accept our login: check SMTP_USER and SMTP_PASSWORD";
pub(super) const ACCOUNT: &str =
    "the server takes no mail from our account: ask its operator what has to be paid, proved or stopped";
pub(super) const ENCRYPT: &str = "the server wants encryption: set SMTP_TLS=starttls or SMTP_TLS=implicit";
pub(super) const HELLO: &str = "the server does not accept how we introduce ourselves: set SMTP_HELLO to a full domain name that leads to this \
     machine";
pub(super) const SENDER: &str =
    "the server does not let us send from FROM_EMAIL: set one that this account may use, and that exists";
pub(super) const GENUINE: &str =
    "the domain of FROM_EMAIL does not vouch for this server: publish SPF, DKIM and DMARC records that name it";
pub(super) const STANDING: &str = "this machine, its address or its account is not welcome there: ask the server's operator, or send by another \
     SMTP_HOST";
pub(super) const DIALOGUE: &str = "the server does not go along with this dialogue: look whether SMTP_HOST, SMTP_PORT and SMTP_TLS are those of \
     its submission service";
pub(super) const WAIT: &str = "the server asks to wait";
pub(super) const SLOWER: &str = "the server asks for fewer mails at a time: lower SMTP_MAX_CONNECTIONS if it stays so";
