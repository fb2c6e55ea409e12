//! The date of HTTP, as seconds since 1970: IMF-fixdate alone (RFC 9110, section 5.6.7).

const DAY_SECONDS: i64 = 86_400;
const DAY_NAMES: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [(&str, i64); 12] = [
    ("Jan", 31),
    ("Feb", 28),
    ("Mar", 31),
    ("Apr", 30),
    ("May", 31),
    ("Jun", 30),
    ("Jul", 31),
    ("Aug", 31),
    ("Sep", 30),
    ("Oct", 31),
    ("Nov", 30),
    ("Dec", 31),
];

/// Reads `Sun, 06 Nov 1994 08:49:37 GMT`. `None` for any other spelling, for a day that the
/// calendar does not have, and for a day of the week that does not belong to the date.
///
/// SPEC: the text is case-sensitive; a second of 60 is a leap second, and counts as the next
/// second.
pub(super) fn parse(text: &str) -> Option<i64> {
    let (day_name, rest) = text.split_once(", ")?;
    let mut fields = rest.split(' ');
    let day = number::<2>(fields.next()?)?;
    let month_name = fields.next()?;
    let year = number::<4>(fields.next()?)?;
    let seconds = second_of_day(fields.next()?)?;
    if fields.next() != Some("GMT") || fields.next().is_some() {
        return None;
    }
    let days = days_since_1970(year, month_name, day)?;
    let day_of_week = usize::try_from(days.rem_euclid(7)).ok()?;
    (DAY_NAMES.get(day_of_week) == Some(&day_name)).then_some(days * DAY_SECONDS + seconds)
}

fn second_of_day(text: &str) -> Option<i64> {
    let mut fields = text.split(':');
    let hour = number::<2>(fields.next()?).filter(|hour| *hour < 24)?;
    let minute = number::<2>(fields.next()?).filter(|minute| *minute < 60)?;
    let second = number::<2>(fields.next()?).filter(|second| *second <= 60)?;
    fields.next().is_none().then_some((hour * 60 + minute) * 60 + second)
}

fn days_since_1970(year: i64, month_name: &str, day: i64) -> Option<i64> {
    let month = MONTHS.iter().position(|(name, _)| *name == month_name)?;
    let leap_day = i64::from(leap_years(year + 1) - leap_years(year) == 1);
    let (_, days_in_month) = MONTHS.get(month)?;
    let days_in_month = days_in_month + if month == 1 { leap_day } else { 0 };
    if !(1..=days_in_month).contains(&day) {
        return None;
    }
    let before_month: i64 = MONTHS.iter().take(month).map(|(_, days)| days).sum();
    let before_month = before_month + if month > 1 { leap_day } else { 0 };
    let before_year = (year - 1970) * 365 + leap_years(year) - leap_years(1970);
    Some(before_year + before_month + day - 1)
}

/// Leap years before the given year.
fn leap_years(year: i64) -> i64 {
    let last = year - 1;
    last.div_euclid(4) - last.div_euclid(100) + last.div_euclid(400)
}

fn number<const DIGITS: usize>(text: &str) -> Option<i64> {
    let digits = text.as_bytes();
    (digits.len() == DIGITS && digits.iter().all(u8::is_ascii_digit))
        .then(|| digits.iter().fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0')))
}
