//! Amounts of money as feeds write them: numbers, "15,000", "15000.00 KRW", "15000원".

use super::errors::{Rejection, excerpt};
use super::rows::Value;
use std::borrow::Cow;
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

/// Highest price taken, in the currency's minor unit.
const MAX_MINOR: u64 = 4_000_000_000;
const DATE_TIME: &[BorrowedFormatItem<'_>] = format_description!(
    "[year]-[month]-[day]T[hour]:[minute][optional [:[second]]][offset_hour sign:mandatory][optional [:]][offset_minute]"
);

/// The one currency of a catalogue.
pub(super) struct Currency {
    code: String,
    /// Digits of its minor unit (ISO 4217).
    digits: u32,
}

impl Currency {
    pub(super) fn new(code: &str) -> Self {
        let code = code.trim().to_ascii_uppercase();
        let digits = match code.as_str() {
            "KRW" | "JPY" | "VND" | "CLP" | "ISK" | "PYG" | "UGX" | "XAF" | "XOF" | "XPF" => 0,
            "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
            _ => 2,
        };
        Self { code, digits }
    }

    pub(super) fn code(&self) -> &str {
        &self.code
    }

    /// Refuses a currency that is written out and is another one.
    pub(super) fn expect(&self, mark: &str) -> Result<(), Rejection> {
        if code_of(mark).is_some_and(|code| code.eq_ignore_ascii_case(&self.code)) {
            return Ok(());
        }
        Err(Rejection::OtherCurrency {
            found: excerpt(mark),
            expected: self.code.clone(),
        })
    }

    /// The price in the minor unit, at least 1.
    pub(super) fn price(&self, value: &Value<'_>) -> Result<u32, Rejection> {
        match value {
            Value::Missing => Err(Rejection::PriceMissing),
            Value::Text(text) if text.trim().is_empty() => Err(Rejection::PriceMissing),
            Value::Text(text) => self.price_of_text(text.trim()),
            Value::Whole(whole) => {
                let minor = whole.checked_mul(10_u64.pow(self.digits));
                in_range(minor, || whole.to_string())
            }
            Value::Decimal(amount) => self.price_of_decimal(*amount),
            Value::Flag(_) | Value::List(_) | Value::Nested => Err(Rejection::WrongType {
                field: "price",
                expected: "a number or a text",
            }),
        }
    }

    fn price_of_decimal(&self, amount: f64) -> Result<u32, Rejection> {
        let minor = amount * f64::from(10_u32.pow(self.digits));
        if minor <= 0.0 {
            return Err(Rejection::PriceZero);
        }
        if minor > MAX_MINOR as f64 {
            return Err(Rejection::PriceTooHigh {
                value: amount.to_string(),
            });
        }
        if (minor - minor.round()).abs() > 1e-6 {
            return Err(self.not_whole(&amount.to_string()));
        }
        in_range(Some(minor.round() as u64), || amount.to_string())
    }

    fn price_of_text(&self, text: &str) -> Result<u32, Rejection> {
        let not_number = || Rejection::PriceNotNumber {
            value: excerpt(text),
        };
        let start = text
            .find(|c: char| c.is_ascii_digit())
            .ok_or_else(not_number)?;
        let rest = &text[start..];
        let end = rest
            .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ',')))
            .unwrap_or(rest.len());
        let (front, number, back) = (text[..start].trim(), &rest[..end], rest[end..].trim());
        if front.starts_with(['-', '−']) {
            return Err(Rejection::PriceZero);
        }
        for mark in [front, back] {
            if !mark.is_empty() {
                code_of(mark).ok_or_else(not_number)?;
                self.expect(mark)?;
            }
        }
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if !is_grouped(whole) || !fraction.bytes().all(|b| b.is_ascii_digit()) {
            return Err(not_number());
        }
        let (minor_part, beyond) = fraction.split_at(fraction.len().min(self.digits as usize));
        if beyond.bytes().any(|b| b != b'0') {
            return Err(self.not_whole(text));
        }
        let padding = self.digits as usize - minor_part.len();
        let digits = whole
            .bytes()
            .filter(u8::is_ascii_digit)
            .chain(minor_part.bytes())
            .chain(std::iter::repeat_n(b'0', padding));
        let minor = digits.into_iter().try_fold(0_u64, |sum, b| {
            sum.checked_mul(10)?.checked_add(u64::from(b - b'0'))
        });
        in_range(minor, || excerpt(text))
    }

    fn not_whole(&self, value: &str) -> Rejection {
        Rejection::PriceNotWhole {
            value: excerpt(value),
            currency: self.code.clone(),
        }
    }
}

fn in_range(minor: Option<u64>, value: impl FnOnce() -> String) -> Result<u32, Rejection> {
    match minor {
        Some(0) => Err(Rejection::PriceZero),
        Some(minor) if minor <= MAX_MINOR => {
            u32::try_from(minor).map_err(|_| Rejection::PriceTooHigh { value: value() })
        }
        _ => Err(Rejection::PriceTooHigh { value: value() }),
    }
}

/// "15000" or "1,234,567": commas only before every third digit.
fn is_grouped(whole: &str) -> bool {
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    let rest: Vec<&str> = groups.collect();
    !first.is_empty()
        && rest.iter().all(|group| group.len() == 3)
        && (rest.is_empty() || first.len() <= 3)
}

/// The ISO 4217 code that a currency mark stands for.
fn code_of(mark: &str) -> Option<Cow<'_, str>> {
    let mark = mark.trim();
    Some(match mark {
        "원" | "₩" | "￦" => Cow::Borrowed("KRW"),
        "$" | "US$" | "달러" => Cow::Borrowed("USD"),
        "€" | "유로" => Cow::Borrowed("EUR"),
        "£" => Cow::Borrowed("GBP"),
        "¥" | "￥" | "円" | "엔" => Cow::Borrowed("JPY"),
        code if code.len() == 3 && code.bytes().all(|b| b.is_ascii_alphabetic()) => {
            Cow::Borrowed(code)
        }
        _ => return None,
    })
}

/// Whether a sale price holds now by Google's `sale_price_effective_date` ("start/end"). Dates that cannot be read mean no,
/// so that no price is promised that the shop may not give.
pub(super) fn is_within(dates: &str, now_ms: i64) -> bool {
    let Some((start, end)) = dates.split_once('/') else {
        return false;
    };
    match (date_time_ms(start), date_time_ms(end)) {
        (Some(start), Some(end)) => (start..=end).contains(&i128::from(now_ms)),
        _ => false,
    }
}

fn date_time_ms(text: &str) -> Option<i128> {
    let text = text.trim();
    let with_offset = match text.strip_suffix(['Z', 'z']) {
        Some(utc) => Cow::Owned(format!("{utc}+00:00")),
        None => Cow::Borrowed(text),
    };
    let time = OffsetDateTime::parse(&with_offset, DATE_TIME).ok()?;
    Some(time.unix_timestamp_nanos() / 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn won(text: &str) -> Result<u32, &'static str> {
        Currency::new("KRW")
            .price(&Value::Text(text.into()))
            .map_err(|e| e.code())
    }

    #[test]
    fn amounts_are_read_as_shops_write_them() {
        for text in [
            "15000",
            " 15,000 ",
            "15000.00 KRW",
            "15000원",
            "15,000 원",
            "₩15,000",
            "KRW 15000",
            "15000.",
            "krw15000",
        ] {
            assert_eq!(won(text), Ok(15_000), "{text}");
        }
        assert_eq!(won("4,000,000,000"), Ok(4_000_000_000));
        for (text, code) in [
            ("", "price_missing"),
            ("0", "price_zero"),
            ("0원", "price_zero"),
            ("-500", "price_zero"),
            ("무료", "price_not_number"),
            ("3만원", "price_not_number"),
            ("15,00", "price_not_number"),
            ("1,5000", "price_not_number"),
            ("1000,000", "price_not_number"),
            ("15000~20000", "price_not_number"),
            ("1.2.3", "price_not_number"),
            ("15000.50", "price_not_whole"),
            ("4000000001", "price_too_high"),
            ("99999999999999999999999", "price_too_high"),
            ("15.00 USD", "other_currency"),
            ("$15", "other_currency"),
        ] {
            assert_eq!(won(text), Err(code), "{text}");
        }
    }

    #[test]
    fn minor_units_follow_the_currency() {
        let dollar = Currency::new("usd");
        assert_eq!(
            dollar.price(&Value::Text("1,015.5 USD".into())),
            Ok(101_550)
        );
        assert_eq!(dollar.price(&Value::Decimal(19.99)), Ok(1_999));
        assert_eq!(dollar.price(&Value::Whole(19)), Ok(1_900));
        let won = Currency::new("KRW");
        assert_eq!(won.price(&Value::Decimal(15_000.0)), Ok(15_000));
        assert_eq!(
            won.price(&Value::Decimal(0.5)).map_err(|e| e.code()),
            Err("price_not_whole")
        );
        assert_eq!(won.price(&Value::Decimal(-1.0)), Err(Rejection::PriceZero));
        assert_eq!(
            won.price(&Value::Whole(u64::MAX)).map_err(|e| e.code()),
            Err("price_too_high")
        );
        assert_eq!(
            won.price(&Value::Flag(true)).map_err(|e| e.code()),
            Err("wrong_type")
        );
    }

    #[test]
    fn a_sale_holds_only_within_its_dates() {
        let dates = "2026-02-24T13:00+0900/2026-02-28T15:30:00+09:00";
        let at = |text: &str| {
            date_time_ms(text)
                .and_then(|ms| i64::try_from(ms).ok())
                .unwrap_or_default()
        };
        assert!(is_within(dates, at("2026-02-24T04:00Z")));
        assert!(is_within(dates, at("2026-02-28T06:30:00Z")));
        assert!(!is_within(dates, at("2026-02-28T06:30:01Z")));
        assert!(!is_within("2026-02-24/2026-02-28", at("2026-02-25T00:00Z")));
        assert!(!is_within("soon", 0));
    }
}
