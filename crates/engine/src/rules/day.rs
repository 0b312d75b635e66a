//! A day of the calendar as a number, so that days can be counted and compared without a clock.

use serde::{Deserialize, Deserializer};
use std::fmt;
use std::str::FromStr;

/// A day of the Gregorian calendar between the years 1 and 9999, counted from 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i32);

/// A text that is no day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no day of the calendar, written YYYY-MM-DD")]
pub struct NoDay(String);

impl Day {
    /// The day of a year, month and day of the month; `None` when the calendar has no such day.
    pub fn new(year: i32, month: u32, day: u32) -> Option<Self> {
        let exists = (1..=9999).contains(&year)
            && (1..=12).contains(&month)
            && (1..=days_of_month(year, month)).contains(&day);
        exists.then(|| Self(days_from_civil(year, month, day)))
    }

    /// The day that lies this many days after 1970-01-01, kept within the years 1 to 9999.
    pub const fn from_days_since_1970(days: i32) -> Self {
        const FIRST: i32 = days_from_civil(1, 1, 1);
        const LAST: i32 = days_from_civil(9999, 12, 31);
        if days < FIRST {
            Self(FIRST)
        } else if days > LAST {
            Self(LAST)
        } else {
            Self(days)
        }
    }

    /// This many days later, earlier when negative.
    #[must_use]
    pub const fn plus(self, days: i32) -> Self {
        Self::from_days_since_1970(self.0.saturating_add(days))
    }

    /// Days from another day to this one.
    pub const fn days_since(self, other: Self) -> i32 {
        self.0.saturating_sub(other.0)
    }

    /// The year.
    pub const fn year(self) -> i32 {
        self.civil().0
    }

    /// The month, from 1.
    pub const fn month(self) -> u32 {
        self.civil().1
    }

    /// The day of the month, from 1.
    pub const fn day(self) -> u32 {
        self.civil().2
    }

    /// Days since Monday, 0 to 6.
    pub const fn weekday(self) -> u32 {
        // 1970-01-01 was a Thursday.
        (self.0 + 3).rem_euclid(7) as u32
    }

    /// Year, month and day of the month (Howard Hinnant, "chrono-compatible low-level date algorithms").
    const fn civil(self) -> (i32, u32, u32) {
        let z = self.0 as i64 + 719_468;
        let era = z.div_euclid(146_097);
        let of_era = z.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * of_year + 2) / 153;
        let day = (of_year - (153 * shifted + 2) / 5 + 1) as u32;
        let month = if shifted < 10 {
            shifted + 3
        } else {
            shifted - 9
        } as u32;
        let year = year_of_era + era * 400 + (month <= 2) as i64;
        (year as i32, month, day)
    }
}

const fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

const fn days_of_month(year: i32, month: u32) -> u32 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The inverse of [`Day::civil`], from the same source.
const fn days_from_civil(year: i32, month: u32, day: u32) -> i32 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let shifted = (month as i32 + 9) % 12;
    let of_year = (153 * shifted + 2) / 5 + day as i32 - 1;
    let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
    era * 146_097 + of_era - 719_468
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl FromStr for Day {
    type Err = NoDay;

    fn from_str(text: &str) -> Result<Self, NoDay> {
        let number = |part: &str| {
            let digits = part.bytes().all(|b| b.is_ascii_digit());
            if digits { part.parse().ok() } else { None }
        };
        let read = || {
            let (year, rest) = text.split_once('-')?;
            let (month, day) = rest.split_once('-')?;
            if (year.len(), month.len(), day.len()) != (4, 2, 2) {
                return None;
            }
            Self::new(
                i32::try_from(number(year)?).ok()?,
                number(month)?,
                number(day)?,
            )
        };
        read().ok_or_else(|| NoDay(text.chars().take(64).collect()))
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_from_1970() {
        let day = |text: &str| text.parse::<Day>().expect("a day");
        assert_eq!(day("1970-01-01").plus(0), Day(0));
        assert_eq!(day("2027-02-07").days_since(day("2027-01-14")), 24);
        assert_eq!(day("2028-02-28").plus(1).to_string(), "2028-02-29");
        assert_eq!(day("2027-02-28").plus(1).to_string(), "2027-03-01");
        assert_eq!(day("2000-02-29").plus(365).to_string(), "2001-02-28");
        assert_eq!(day("2026-11-23").weekday(), 0);
        assert_eq!(day("1969-12-31").weekday(), 2);
    }

    #[test]
    fn every_day_goes_there_and_back() {
        let mut day = Day::new(1899, 12, 31).expect("a day");
        for _ in 0..100_000 {
            let next = day.plus(1);
            assert_eq!(Day::new(next.year(), next.month(), next.day()), Some(next));
            assert_eq!(next.weekday(), (day.weekday() + 1) % 7);
            day = next;
        }
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for wrong in [
            "2027-02-29",
            "1900-02-29",
            "2027-13-01",
            "2027-00-10",
            "2027-04-31",
            "0000-01-01",
            "27-01-01",
            "2027-1-1",
            "+027-01-01",
            "2027-01-01T00",
            "",
            "설날",
        ] {
            assert!(wrong.parse::<Day>().is_err(), "{wrong}");
        }
    }
}
