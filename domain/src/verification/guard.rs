//! The guard against pumping: whoever earns by messages to expensive numbers asks for codes that nobody wants. It is asked
//! before anything is sent, and gives all its reasons at once.

use super::dial_code::{dial_code, is_premium};

/// What an operator allows. Whoever counts does so over ten minutes for an address, an hour for a client, a session and a
/// prefix, and a day for a country and for conversion.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PumpingLimits {
    /// The dial codes to which codes are sent, as [`dial_code`] has them. None is sent elsewhere.
    pub countries: Vec<String>,
    pub per_address: u32,
    pub per_client: u32,
    pub per_session: u32,
    pub per_prefix: u32,
    /// For each dial code: one limit for the world would trip too late for a small country.
    pub per_country: u32,
    /// The least part of the codes that must be entered, in percent.
    pub conversion_percent: u32,
    /// So many must have been sent before conversion says anything.
    pub conversion_after: u32,
}

/// How many were started before this one, as far as it could be counted. What is None blocks nothing: nobody is to wait for
/// a code because a count could not be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counters {
    pub address: Option<u32>,
    pub client: Option<u32>,
    pub session: Option<u32>,
    pub prefix: Option<u32>,
    pub country: Option<u32>,
    pub prefix_conversion: Option<Conversion>,
    pub country_conversion: Option<Conversion>,
}

/// How many codes were sent, of those whose time is over, and how many of them were entered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Conversion {
    pub sent: u32,
    pub approved: u32,
}

/// Why nothing is sent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum BlockReason {
    /// No codes are sent to this country.
    Country,
    /// The number is a premium, shared-cost, pager or personal one: whatever its country, no code is sent to it.
    Premium,
    /// Too many of this address.
    Address,
    Client,
    Session,
    Prefix,
    /// The budget of the country for a day is used up.
    Budget,
    /// Codes to this prefix are rarely entered.
    PrefixConversion,
    CountryConversion,
}

impl BlockReason {
    pub(super) const ALL: [Self; 9] = [
        Self::Country,
        Self::Premium,
        Self::Address,
        Self::Client,
        Self::Session,
        Self::Prefix,
        Self::Budget,
        Self::PrefixConversion,
        Self::CountryConversion,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Country => "country",
            Self::Premium => "premium",
            Self::Address => "address",
            Self::Client => "client",
            Self::Session => "session",
            Self::Prefix => "prefix",
            Self::Budget => "budget",
            Self::PrefixConversion => "prefix_conversion",
            Self::CountryConversion => "country_conversion",
        }
    }

    /// Whether no code may go to the number, whoever asks and however often: its ladder is sent without it.
    pub const fn is_of_the_number(self) -> bool {
        matches!(self, Self::Country | Self::Premium)
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text)
    }
}

impl Conversion {
    /// Whether fewer were entered than must be.
    fn is_low(self, limits: &PumpingLimits) -> bool {
        let says_something = self.sent > 0 && self.sent >= limits.conversion_after;
        says_something && u64::from(self.approved) * 100 < u64::from(self.sent) * u64::from(limits.conversion_percent)
    }
}

/// Every reason for which no code is sent; none where one may be. `number` is where it would go, where that is a phone.
pub fn guard(limits: &PumpingLimits, number: Option<&str>, counters: &Counters) -> Vec<BlockReason> {
    let is_used_up = |count: Option<u32>, limit: u32| count.is_some_and(|count| count >= limit);
    let is_low = |conversion: Option<Conversion>| conversion.is_some_and(|conversion| conversion.is_low(limits));
    let is_abroad = number.is_some_and(|number| {
        let code = dial_code(number);
        !limits.countries.iter().any(|country| Some(country.as_str()) == code)
    });
    let found = [
        (BlockReason::Country, is_abroad),
        (BlockReason::Premium, number.is_some_and(is_premium)),
        (BlockReason::Address, is_used_up(counters.address, limits.per_address)),
        (BlockReason::Client, is_used_up(counters.client, limits.per_client)),
        (BlockReason::Session, is_used_up(counters.session, limits.per_session)),
        (BlockReason::Prefix, is_used_up(counters.prefix, limits.per_prefix)),
        (BlockReason::Budget, is_used_up(counters.country, limits.per_country)),
        (BlockReason::PrefixConversion, is_low(counters.prefix_conversion)),
        (BlockReason::CountryConversion, is_low(counters.country_conversion)),
    ];
    found.into_iter().filter(|(_, is_found)| *is_found).map(|(reason, _)| reason).collect()
}
