//! What every medium promises, checked for all of them, so that a new one is covered without an edit here.

use super::*;

#[test]
fn every_channel_has_a_name_that_publishers_can_write_and_an_example_that_it_accepts() {
    for medium in MEDIA {
        assert_eq!(name(medium).as_str(), medium.name);
        assert_eq!(check_destination(&name(medium), medium.example), Ok(()), "{}", medium.name);
    }
    assert!(known().is_sorted(), "lists are read by people: {:?}", known());
}

#[test]
fn no_channel_accepts_an_empty_destination_control_characters_or_a_list() {
    for medium in MEDIA {
        let example = medium.example;
        let bad =
            ["\r\n", "\n", "\0", "\t", "\u{1b}", "\u{85}", "\u{2028}", "\u{2029}", "\u{202e}", "\u{2066}", "\u{200f}"];
        let inside = bad.iter().map(|c| example.replacen(char::is_alphanumeric, &format!("{c}a"), 1));
        let around = bad.iter().flat_map(|c| [format!("{c}{example}"), format!("{example}{c}")]);
        let others = [String::new(), " ".into(), format!("{example},{example}"), "x".repeat(100_000)];
        for destination in inside.chain(around).chain(others) {
            let refused = check_destination(&name(medium), &destination);
            let Err(DestinationError::Bad(why)) = refused else { panic!("{} took {destination:?}", medium.name) };
            assert!(why.starts_with("must "), "{}: {why}", medium.name);
            assert!(destination.trim().is_empty() || !why.contains(&destination), "{}: {why}", medium.name);
        }
    }
    let unknown = check_destination(&ChannelName::parse("pigeon").unwrap(), "x").unwrap_err();
    assert_eq!(unknown.to_string(), format!("unknown channel; known are {}", known().join(", ")));
}

fn name(medium: &Medium) -> ChannelName {
    ChannelName::parse(medium.name).unwrap()
}
