//! Prices, dates and counts as people read them.

use super::Lang;

/// `32,000원`, `₩32,000`; other currencies by their code.
pub fn price(amount: u32, currency: &str, lang: Lang) -> String {
    match (currency, lang) {
        ("KRW", Lang::Ko) => format!("{}원", grouped(amount)),
        ("KRW", Lang::En) => format!("₩{}", grouped(amount)),
        (code, _) => format!("{} {code}", grouped(amount)),
    }
}

/// Digits in groups of three.
pub fn grouped(number: u32) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + 4);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The Korean day of a moment in RFC 3339 UTC: `2026년 11월 20일`, `20 November 2026`. A text that is no time stays as it is.
pub fn date(rfc3339: &str, lang: Lang) -> String {
    use time::format_description::well_known::Rfc3339;
    let korea = time::UtcOffset::from_hms(9, 0, 0).unwrap_or(time::UtcOffset::UTC);
    let Ok(at) = time::OffsetDateTime::parse(rfc3339, &Rfc3339) else {
        return rfc3339.to_owned();
    };
    let day = at.to_offset(korea).date();
    match lang {
        Lang::Ko => format!(
            "{}년 {}월 {}일",
            day.year(),
            u8::from(day.month()),
            day.day()
        ),
        Lang::En => format!("{} {} {}", day.day(), day.month(), day.year()),
    }
}

/// A text as one segment of an address.
pub fn path_segment(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(byte))
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_and_days_are_those_of_the_language() {
        assert_eq!(price(32_000, "KRW", Lang::Ko), "32,000원");
        assert_eq!(price(1_234_567, "KRW", Lang::En), "₩1,234,567");
        assert_eq!(price(999, "USD", Lang::En), "999 USD");
        assert_eq!(date("2026-11-19T15:00:00Z", Lang::Ko), "2026년 11월 20일");
        assert_eq!(date("2026-11-19T14:59:59Z", Lang::En), "19 November 2026");
        assert_eq!(path_segment("a b/ㄱ"), "a%20b%2F%E3%84%B1");
    }
}
