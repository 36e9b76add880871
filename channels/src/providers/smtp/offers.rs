//! What a server offers beside the bare protocol (RFC 5321 section 4.1.1.1).

use super::reply::Reply;

/// What the server has offered in its last answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Offers {
    pub(super) starttls: bool,
    pub(super) pipelining: bool,
    pub(super) plain: bool,
    pub(super) login: bool,
    /// The largest mail; zero when there is a limit that the server cannot name (RFC 1870 section 3).
    pub(super) max_bytes: Option<u64>,
}

impl Offers {
    /// Reads the answer to EHLO: each line but the first has a keyword and its parameters.
    pub(super) fn of(reply: &Reply) -> Self {
        let mut offers = Self::default();
        for line in reply.lines().skip(1) {
            let line = line.to_ascii_uppercase();
            // Some old servers write `AUTH=LOGIN`, and some write both forms.
            let mut words = line.split([' ', '=']).filter(|word| !word.is_empty());
            match words.next() {
                Some("STARTTLS") => offers.starttls = true,
                Some("PIPELINING") => offers.pipelining = true,
                Some("SIZE") => offers.max_bytes = Some(words.next().and_then(|size| size.parse().ok()).unwrap_or(0)),
                Some("AUTH") => words.for_each(|mechanism| {
                    offers.plain |= mechanism == "PLAIN";
                    offers.login |= mechanism == "LOGIN";
                }),
                _ => {}
            }
        }
        offers
    }
}

#[cfg(test)]
mod tests {
    use super::super::reply::tests::reply;
    use super::*;

    #[test]
    fn what_a_server_offers_is_read_from_its_greeting() {
        let offers = Offers::of(&reply(
            "250-mail.example at your service\r\n250-PIPELINING\r\n250-size 35882577\r\n250-STARTTLS\r\n\
             250-AUTH=LOGIN PLAIN\r\n250-8BITMIME\r\n250",
        ));
        let all = Offers { starttls: true, pipelining: true, plain: true, login: true, max_bytes: Some(35_882_577) };
        assert_eq!(offers, all);
        assert_eq!(Offers::of(&reply("250-SIZE 5\r\n250-AUTH XOAUTH2\r\n250 SIZE")).max_bytes, Some(0));
        assert_eq!(Offers::of(&reply("250 STARTTLS")), Offers::default(), "the first line is the server's name");
    }
}
