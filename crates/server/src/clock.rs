//! The only place that reads the wall clock. Tests hand in a fixed one.

use seonmul_engine::rules::Day;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const DAY_MS: i64 = 24 * 3_600_000;
/// Korea has been nine hours ahead of UTC all year since 1988.
const KOREA_AHEAD_MS: i64 = 9 * 3_600_000;

/// Where "now" comes from.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The wall clock.
    System,
    /// A clock that stands still until it is moved, for tests.
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at a moment, in milliseconds since 1970 UTC.
    pub fn fixed(now_ms: i64) -> Self {
        Self::Fixed(Arc::new(AtomicI64::new(now_ms)))
    }

    /// Milliseconds since 1970 UTC.
    pub fn now_ms(&self) -> i64 {
        match self {
            #[expect(
                clippy::disallowed_methods,
                reason = "this is the clock that everything else asks"
            )]
            Self::System => std::time::SystemTime::now()
                .duration_since(std::time::UNIX_EPOCH)
                .map_or(0, |since| {
                    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
                }),
            Self::Fixed(at) => at.load(Ordering::Relaxed),
        }
    }

    /// Moves a fixed clock forward; the wall clock is left alone.
    pub fn advance_ms(&self, by_ms: i64) {
        if let Self::Fixed(at) = self {
            at.fetch_add(by_ms, Ordering::Relaxed);
        }
    }

    /// Today's date in Korea: law, customs and deadlines follow the Korean day.
    pub fn today_in_korea(&self) -> Day {
        let days = (self.now_ms() + KOREA_AHEAD_MS).div_euclid(DAY_MS);
        Day::from_days_since_1970(i32::try_from(days).unwrap_or(i32::MAX))
    }
}

/// The date in Korea at a moment, `YYYY-MM-DD`.
pub fn korean_date(ms: i64) -> String {
    let days = ms.saturating_add(KOREA_AHEAD_MS).div_euclid(DAY_MS);
    Day::from_days_since_1970(i32::try_from(days).unwrap_or(i32::MAX)).to_string()
}

fn at_ms(ms: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// Milliseconds since 1970 as RFC 3339 in UTC.
pub fn rfc3339(ms: i64) -> String {
    at_ms(ms).format(&Rfc3339).unwrap_or_default()
}

/// RFC 3339 as milliseconds since 1970; `None` when it is no such time.
pub fn parse_rfc3339_ms(text: &str) -> Option<i64> {
    let at = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    i64::try_from(at.unix_timestamp_nanos() / 1_000_000).ok()
}

/// Whether a text is a date of the calendar, `YYYY-MM-DD`.
pub fn is_date(text: &str) -> bool {
    let format = time::macros::format_description!("[year]-[month]-[day]");
    text.len() == 10 && time::Date::parse(text, &format).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_go_there_and_back() {
        assert_eq!(rfc3339(1_795_392_000_123), "2026-11-23T00:00:00.123Z");
        assert_eq!(
            parse_rfc3339_ms("2026-11-23T09:00:00.123+09:00"),
            Some(1_795_392_000_123)
        );
        assert_eq!(parse_rfc3339_ms("yesterday"), None);
    }

    #[test]
    fn the_korean_day_begins_nine_hours_early() {
        assert_eq!(
            Clock::fixed(1_795_392_000_000 - 1)
                .today_in_korea()
                .to_string(),
            "2026-11-23"
        );
        assert_eq!(
            Clock::fixed(1_795_392_000_000 + 15 * 3_600_000)
                .today_in_korea()
                .to_string(),
            "2026-11-24"
        );
    }

    #[test]
    fn only_dates_of_the_calendar_are_dates() {
        assert!(is_date("2028-02-29"));
        for wrong in [
            "2027-02-29",
            "2027-13-01",
            "27-01-01",
            "2027-1-1",
            "",
            "2027-01-01T00:00",
        ] {
            assert!(!is_date(wrong), "{wrong}");
        }
    }
}
