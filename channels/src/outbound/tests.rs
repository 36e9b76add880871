//! Which addresses are called, by URL and by name, and what an operator allows.

use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

use super::*;
use crate::http::{self, NoAnswer};

/// A resolver that gives every name these addresses.
struct Answers(Vec<IpAddr>);

impl Resolve for Answers {
    fn resolve(&self, _: Name) -> Resolving {
        let found: Vec<SocketAddr> = self.0.iter().map(|address| SocketAddr::new(*address, 0)).collect();
        Box::pin(std::future::ready(Ok(Box::new(found.into_iter()) as Addrs)))
    }
}

fn allow(text: &str) -> Allow {
    Allow::parse(text).unwrap()
}

fn now() -> domain::Timestamp {
    testkit::at("2026-03-01T09:00:00Z")
}

fn nothing() -> Guard {
    Guard::new(&Allow::default())
}

fn url(text: &str) -> Url {
    text.parse().unwrap()
}

/// What a guard that allows nothing more says of each URL with an address in it.
#[test]
fn an_address_in_a_url_is_judged_however_it_is_written() {
    for private in [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "127.255.255.254",
        "168.63.129.16",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.192",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        // As others write 127.0.0.1 and 169.254.169.254.
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "017700000001",
        "0177.0.0.1",
        "127.1",
        "127.0.0.1.",
        "%31%32%37.0.0.1",
        "\u{ff11}27.0.0.1",
        "2852039166",
        "0xa9.0376.43518",
        "[::]",
        "[::1]",
        "[::7f00:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:a9fe:a9fe]",
        "[::ffff:0:127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "[64:ff9b::a9fe:a9fe]",
        "[64:ff9b:1::1]",
        "[100::1]",
        "[2001::1]",
        "[2001:2::1]",
        "[2001:20::1]",
        "[2001:db8::1]",
        "[2002:7f00:1::1]",
        "[2002:808:808::1]",
        "[3fff::1]",
        "[5f00::1]",
        "[fc00::1]",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "[fec0::1]",
        "[ff02::1]",
    ] {
        let given = url(&format!("https://{private}/a"));
        assert_eq!(nothing().check(&given), Err(Refused::Address), "{private}");
    }
    for public in [
        "8.8.8.8",
        "100.63.255.255",
        "100.128.0.1",
        "172.15.255.255",
        "172.32.0.1",
        "168.63.129.17",
        "223.255.255.255",
        "134744072",
        "[::ffff:8.8.8.8]",
        "[64:ff9b::8.8.8.8]",
        "[2001:200::1]",
        "[2606:4700:4700::1111]",
        "[2a00:1450:4001:80b::200e]",
    ] {
        assert_eq!(nothing().check(&url(&format!("https://{public}/a"))), Ok(()), "{public}");
    }
}

#[test]
fn a_url_is_https_or_this_machine_or_a_host_that_is_allowed_and_names_no_user() {
    let local = Guard::new(&allow("127.0.0.0/8, ::1, localhost"));
    for (text, expected) in [
        ("https://push.example.org/a", Ok(())),
        ("https://127.0.0.1/a", Ok(())),
        ("http://127.0.0.1:8080/a", Ok(())),
        ("http://[::1]:8080/a", Ok(())),
        ("http://localhost:8080/a", Ok(())),
        ("http://push.example.org/a", Err(Refused::Scheme)),
        ("http://8.8.8.8/a", Err(Refused::Scheme)),
        ("http://10.0.0.1/a", Err(Refused::Scheme)),
        ("http://localhost.example.org/a", Err(Refused::Scheme)),
        ("ftp://push.example.org/a", Err(Refused::Scheme)),
        ("file:///etc/passwd", Err(Refused::Scheme)),
        ("gopher://127.0.0.1/", Err(Refused::Scheme)),
        ("https://user@push.example.org/a", Err(Refused::User)),
        ("https://:secret@push.example.org/a", Err(Refused::User)),
    ] {
        assert_eq!(local.check(&url(text)), expected, "{text}");
    }
    let inner = Guard::new(&allow("10.0.0.0/8, billing.internal"));
    for (text, expected) in [
        ("http://10.0.0.1/a", Ok(())),
        ("http://billing.internal:8080/a", Ok(())),
        ("http://other.internal/a", Err(Refused::Scheme)),
        ("http://192.168.0.1/a", Err(Refused::Scheme)),
        ("ftp://10.0.0.1/a", Err(Refused::Scheme)),
    ] {
        assert_eq!(inner.check(&url(text)), expected, "{text}");
    }
    assert_eq!(nothing().check(&url("http://127.0.0.1:8080/a")), Err(Refused::Address));
    assert_eq!(nothing().check(&url("http://localhost:8080/a")), Ok(()), "its name is judged when it is resolved");
}

#[test]
fn a_url_that_is_never_called_is_known_without_a_name_being_resolved() {
    let (scheme, address) = ("must begin with https://", "must lead to a public address");
    for (text, allowed, expected) in [
        ("https://hooks.example.org/a", "", None),
        ("http://hooks.example.org/a", "", Some(scheme)),
        ("http://hooks.example.org/a", "hooks.example.org", None),
        ("https://10.0.0.1/a", "", Some(address)),
        ("https://10.0.0.1/a", "10.0.0.0/8", None),
        ("https://169.254.169.254/a", "", Some(address)),
        ("http://127.0.0.1:8090/", "", Some(address)),
        ("http://127.0.0.1:8090/", "127.0.0.1", None),
        ("http://localhost:8090/", "", Some(address)),
        ("http://localhost:8090/", "127.0.0.0/8", None),
        ("https://user@hooks.example.org/a", "", Some("must have no user")),
        ("https://rebound.example.org/a", "", None),
    ] {
        let given = if allowed.is_empty() { Allow::default() } else { allow(allowed) };
        let told = given.refusal(text);
        let is_told = told.as_deref().zip(expected).is_some_and(|(told, expected)| told.starts_with(expected));
        assert!(is_told || (told.is_none() && expected.is_none()), "{text} {allowed}: {told:?}");
    }
}

#[tokio::test]
async fn a_name_is_called_only_at_the_addresses_that_are_open() {
    let (public, private) = (IpAddr::from([8, 8, 8, 8]), IpAddr::from([10, 1, 2, 3]));
    let mapped = IpAddr::from(Ipv4Addr::new(169, 254, 169, 254).to_ipv6_mapped());
    for (found, text, expected) in [
        (vec![public], "", Ok(vec![public])),
        (vec![private], "", Err(Refused::Address)),
        (vec![mapped, private, Ipv6Addr::LOCALHOST.into()], "", Err(Refused::Address)),
        (vec![private, public, mapped], "", Ok(vec![public])),
        (vec![private, public], "10.1.0.0/16", Ok(vec![private, public])),
        (vec![mapped], "169.254.169.254", Ok(vec![mapped])),
        (vec![private], "PUSH.example.", Ok(vec![private])),
        (vec![private], "example,push.example.org", Err(Refused::Address)),
        (vec![], "", Ok(vec![])),
    ] {
        let given = if text.is_empty() { Allow::default() } else { allow(text) };
        let guard = Guard::with_names(&given, Arc::new(Answers(found.clone())));
        let kept = guard.resolve("push.example".parse().unwrap()).await;
        let kept = kept.map(|kept| kept.map(|at| at.ip()).collect::<Vec<_>>());
        let kept = kept.map_err(|error| Refused::among(&*error).expect("it says why"));
        assert_eq!(kept, expected, "{found:?} {text}");
    }
}

#[tokio::test]
async fn a_name_that_stands_for_a_private_address_is_never_connected_to() {
    let server = MockServer::start().await;
    Mock::given(matchers::any()).respond_with(ResponseTemplate::new(200)).expect(0).mount(&server).await;
    let port = server.address().port();
    let names = Arc::new(Answers(vec![server.address().ip()]));
    let guard = Guard::with_names(&Allow::default(), names);
    let client = http::guarded_client(std::time::Duration::from_secs(10), guard).unwrap();
    for host in ["rebound.example.org", "metadata.google.internal", "localhost"] {
        let request = client.post(format!("https://{host}:{port}/a"));
        let Err(NoAnswer::Forbidden(why)) = http::exchange(request, now()).await else { panic!("{host}") };
        assert_eq!(why, Refused::Address, "{host}");
    }
}

#[tokio::test]
async fn a_name_that_is_allowed_is_called_at_the_address_that_was_judged_and_no_redirect_is_followed() {
    let server = MockServer::start().await;
    let elsewhere = ResponseTemplate::new(307).insert_header("location", "http://169.254.169.254/latest/meta-data");
    Mock::given(matchers::path("/a")).respond_with(elsewhere).expect(1).mount(&server).await;
    let names = Arc::new(Answers(vec![server.address().ip()]));
    let guard = Guard::with_names(&allow("push.example.org"), names);
    let client = http::guarded_client(std::time::Duration::from_secs(10), guard).unwrap();
    // Where the name really stands for is asked nobody.
    let request = client.post(format!("http://push.example.org:{}/a", server.address().port()));
    let answer = http::exchange(request, now()).await;
    assert!(answer.is_ok_and(|answer| answer.status.as_u16() == 307));
}

#[tokio::test]
async fn the_resolver_of_this_machine_is_asked() {
    let local = Guard::new(&allow("127.0.0.0/8,::1"));
    let found: Vec<_> = local.resolve("localhost".parse().unwrap()).await.unwrap().collect();
    assert!(!found.is_empty() && found.iter().all(|at| at.ip().is_loopback()), "{found:?}");
    let refused = nothing().resolve("localhost".parse().unwrap()).await.err().expect("loopback is not public");
    assert_eq!(Refused::among(&*refused), Some(Refused::Address));
}

#[test]
fn what_is_allowed_is_a_name_an_address_or_a_network() {
    for good in [
        "localhost",
        "Push.Example.org.",
        "my_host-1",
        "10.0.0.0/8",
        "0.0.0.0/0",
        "192.0.2.7/32",
        "192.0.2.7",
        "::1",
        "[::1]",
        "::/0",
        "fd00::/8",
        "[fd00::]/8",
        "::ffff:10.0.0.1",
        "64:ff9b::10.0.0.1",
        " a , b,10.0.0.1 ",
    ] {
        assert!(Allow::parse(good).is_ok(), "{good}");
    }
    let must = "must be the name of a host, an address, or a network such as 10.20.0.0/16";
    for bad in [
        "",
        "*",
        "*.example.org",
        "user@example.org",
        "10.0.0.1/8",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/+8",
        "10.0.0.0/",
        "fd00::1/8",
        "fd00::/129",
        "::ffff:10.0.0.0/104",
        "[10.0.0.1]",
        "10.0.0",
        "2130706433",
        "0x7f.1",
        "a..b",
        "b\u{fc}cher.example",
    ] {
        assert_eq!(Allow::parse(bad), Err(vec![must.to_owned()]), "{bad}");
    }
    let told = [2, 4].map(|at| format!("number {at} of 4 {must}"));
    assert_eq!(Allow::parse("a,,10.0.0.0/8,*"), Err(told.to_vec()));
    for (bad, hint) in [
        ("127.0.0.1:8090", "; give it without its port, because all ports may be called"),
        ("example.org:443", "; give it without its port, because all ports may be called"),
        ("[::1]:443", "; give it without its port, because all ports may be called"),
        ("https://example.org", "; of a URL, give the host alone"),
    ] {
        assert_eq!(Allow::parse(bad), Err(vec![format!("{must}{hint}")]), "{bad}");
    }
}

#[test]
fn a_network_has_the_addresses_that_begin_with_its_bits() {
    for (text, inside, outside) in [
        ("10.20.0.0/16", "10.20.255.255", "10.21.0.0"),
        ("10.0.0.1", "10.0.0.1", "10.0.0.2"),
        ("10.0.0.0/31", "::ffff:10.0.0.1", "::ffff:10.0.0.2"),
        ("0.0.0.0/0", "255.255.255.255", "fd00::1"),
        ("fd00::/8", "fdff::1", "fc00::1"),
        ("::/0", "fe80::1", "10.0.0.1"),
        ("::1", "::1", "::2"),
        ("10.0.0.0/8", "64:ff9b::10.1.2.3", "64:ff9b::11.1.2.3"),
    ] {
        let allow = allow(text);
        assert!(allow.takes(inside.parse().unwrap()), "{text} {inside}");
        assert!(!allow.takes(outside.parse().unwrap()), "{text} {outside}");
    }
}
