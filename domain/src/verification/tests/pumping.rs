//! What the guard lets through, and every reason for which it does not.

use super::*;

fn limits() -> PumpingLimits {
    PumpingLimits {
        countries: vec!["+34".into(), "+1".into()],
        per_address: 3,
        per_client: 10,
        per_session: 5,
        per_prefix: 20,
        per_country: 1_000,
        conversion_percent: 20,
        conversion_after: 50,
    }
}

const MADRID: Option<&str> = Some("+34600123456");

/// As many of everything as may be, and one fewer.
fn busy() -> Counters {
    Counters {
        address: Some(2),
        client: Some(9),
        session: Some(4),
        prefix: Some(19),
        country: Some(999),
        prefix_conversion: Some(Conversion { sent: 50, approved: 10 }),
        country_conversion: Some(Conversion { sent: 1_000, approved: 200 }),
    }
}

#[test]
fn what_is_within_all_limits_is_sent() {
    assert_eq!(guard(&limits(), MADRID, &busy()), []);
    assert_eq!(guard(&limits(), MADRID, &Counters::default()), []);
    assert_eq!(guard(&limits(), None, &busy()), [], "an address of mail has no country");
}

#[test]
fn each_limit_has_its_reason() {
    let low = |sent, approved| Some(Conversion { sent, approved });
    for (counters, reason) in [
        (Counters { address: Some(3), ..busy() }, BlockReason::Address),
        (Counters { client: Some(10), ..busy() }, BlockReason::Client),
        (Counters { session: Some(5), ..busy() }, BlockReason::Session),
        (Counters { prefix: Some(20), ..busy() }, BlockReason::Prefix),
        (Counters { country: Some(1_000), ..busy() }, BlockReason::Budget),
        (Counters { prefix_conversion: low(50, 9), ..busy() }, BlockReason::PrefixConversion),
        (Counters { country_conversion: low(1_000, 199), ..busy() }, BlockReason::CountryConversion),
    ] {
        assert_eq!(guard(&limits(), MADRID, &counters), [reason], "{counters:?}");
        assert_eq!(BlockReason::parse(reason.as_str()), Some(reason));
    }
}

#[test]
fn codes_go_to_the_countries_that_are_named_and_to_no_other() {
    for number in ["+18765550100", "+33612345678", "34600123456", "+34 600", "+"] {
        assert_eq!(guard(&limits(), Some(number), &busy()), [BlockReason::Country], "{number}");
    }
    assert_eq!(guard(&limits(), Some("+14155550100"), &busy()), []);
    let nowhere = PumpingLimits { countries: Vec::new(), ..limits() };
    assert_eq!(guard(&nowhere, MADRID, &busy()), [BlockReason::Country]);
}

#[test]
fn no_code_goes_to_a_number_that_earns_by_it_whatever_its_country() {
    let everywhere = ["+34", "+1", "+44", "+49", "+54"].map(str::to_owned).to_vec();
    let limits = PumpingLimits { countries: everywhere, ..limits() };
    for number in [
        "+19005550100",
        "+34803123456",
        "+34806123456",
        "+34807123456",
        "+34901123456",
        "+34902123456",
        "+34905123456",
        "+449012345678",
        "+447012345678",
        "+447640123456",
        "+448711234567",
        "+499001234567",
        "+546001234567",
    ] {
        assert_eq!(guard(&limits, Some(number), &busy()), [BlockReason::Premium], "{number}");
        assert_eq!(BlockReason::parse("premium"), Some(BlockReason::Premium));
    }
    for number in [
        "+34600123456",
        "+34910123456",
        "+447624123456",
        "+447700900123",
        "+442071838750",
        "+14155550100",
        "+491701234567",
    ] {
        assert_eq!(guard(&limits, Some(number), &busy()), [], "{number}");
    }
    assert_eq!(BlockReason::ALL.into_iter().filter(|reason| reason.is_of_the_number()).count(), 2);
}

#[test]
fn conversion_says_nothing_before_there_is_enough_of_it() {
    let few = Counters { prefix_conversion: Some(Conversion { sent: 49, approved: 0 }), ..busy() };
    assert_eq!(guard(&limits(), MADRID, &few), []);
    let at_once = PumpingLimits { conversion_after: 0, ..limits() };
    let none = Counters { prefix_conversion: Some(Conversion::default()), ..busy() };
    assert_eq!(guard(&at_once, MADRID, &none), []);
}

#[test]
fn all_reasons_are_given_at_once() {
    let worst = Conversion { sent: u32::MAX, approved: 0 };
    let full = Counters {
        address: Some(u32::MAX),
        client: Some(u32::MAX),
        session: Some(u32::MAX),
        prefix: Some(u32::MAX),
        country: Some(u32::MAX),
        prefix_conversion: Some(worst),
        country_conversion: Some(worst),
    };
    let found = guard(&limits(), Some("+979123456789"), &full);
    assert_eq!(found, BlockReason::ALL);
}
