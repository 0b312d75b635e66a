//! From a row to a product: every check that does not depend on how the format is written.

use super::errors::{Rejection, excerpt};
use super::fields::Field;
use super::links::{self, LocalPaths};
use super::prices::{self, Currency};
use super::rows::{Row, Value};
use super::{FeedFormat, FeedItem, FeedOptions};
use seonmul_engine::catalogue::{MAX_DELIVERY_DAYS, Product, clean_title, plain_text};
use seonmul_engine::profile::Audience;
use std::borrow::Cow;
use std::collections::HashSet;
use xxhash_rust::xxh3::xxh3_64;

const MAX_ID_BYTES: usize = 128;
const MAX_TITLE_CHARS: usize = 300;
/// The original title keeps its markup, so it may be longer than the cleaned one.
const MAX_ORIGINAL_CHARS: usize = 1_000;
const MAX_DESCRIPTION_CHARS: usize = 5_000;
/// What is read of a description that is mostly markup.
const MAX_MARKUP_CHARS: usize = 40_000;
const MAX_NAME_CHARS: usize = 100;
const MAX_TAGS: usize = 50;
const MAX_TAG_CHARS: usize = 50;
const MAX_CATEGORY_DEPTH: usize = 6;

/// Turns rows into items; remembers the ids of one file.
pub(super) struct Checker {
    format: FeedFormat,
    currency: Currency,
    now_ms: i64,
    local_paths: LocalPaths,
    /// Hashes of the ids so far. Two ids of ten million share one with a chance of 1 in 370,000.
    seen: HashSet<u64>,
}

impl Checker {
    pub(super) fn new(format: FeedFormat, options: &FeedOptions) -> Self {
        let own = matches!(
            format,
            FeedFormat::Ndjson | FeedFormat::Csv | FeedFormat::Tsv
        );
        Self {
            format,
            currency: Currency::new(&options.currency),
            now_ms: options.now_ms,
            local_paths: if own {
                LocalPaths::Accepted
            } else {
                LocalPaths::Refused
            },
            seen: HashSet::new(),
        }
    }

    /// The item that a row amounts to.
    pub(super) fn item(&mut self, line: u64, mut row: Row<'_>) -> FeedItem {
        match self.check(line, &mut row) {
            Ok(item) => item,
            Err(reason) => FeedItem::Rejected { line, reason },
        }
    }

    fn check(&mut self, line: u64, row: &mut Row<'_>) -> Result<FeedItem, Rejection> {
        let product_id = product_id(row)?;
        let hash = xxh3_64(product_id.as_bytes());
        if self.seen.contains(&hash) {
            return Err(Rejection::DuplicateId {
                product_id: product_id.into_owned(),
            });
        }
        let item = if self.format == FeedFormat::NaverEp && is_withdrawn(row)? {
            FeedItem::Retire {
                line,
                product_id: product_id.into_owned(),
            }
        } else {
            FeedItem::Product {
                line,
                product: self.product(product_id.into_owned(), row)?,
            }
        };
        self.seen.insert(hash);
        Ok(item)
    }

    fn product(&self, product_id: String, row: &mut Row<'_>) -> Result<Product, Rejection> {
        let original =
            text(row, Field::Title, "title")?.ok_or(Rejection::Missing { field: "title" })?;
        let title = cut_owned(clean_title(&original), MAX_TITLE_CHARS);
        if title.is_empty() {
            return Err(Rejection::Missing { field: "title" });
        }
        can_be_bought(row)?;
        let price = self.price(row)?;
        let url = match text(row, Field::Link, "link")? {
            Some(link) => Some(links::checked(&link, self.local_paths)?),
            None => None,
        };
        let maker = name(row, Field::Maker);
        Ok(Product {
            product_id,
            title,
            title_original: cut(original.trim(), MAX_ORIGINAL_CHARS).to_owned(),
            brand: name(row, Field::Brand).or(maker),
            category: category(row)?,
            price,
            currency: self.currency.code().to_owned(),
            image_url: lenient_text(row, Field::Image)
                .and_then(|link| links::checked(&link, self.local_paths).ok()),
            url,
            seller: name(row, Field::Seller),
            rating: rating(row),
            rating_count: rating_count(row),
            description: description(row),
            tags: tags(row)?,
            audience: audience(row)?,
            sponsored: sponsored(row)?,
            delivery_days: delivery_days(row)?,
            price_as_of_ms: self.now_ms,
        })
    }

    fn price(&self, row: &mut Row<'_>) -> Result<u32, Rejection> {
        if let Some(code) = lenient_text(row, Field::Currency) {
            self.currency.expect(code.trim())?;
        }
        let mobile = row.take(Field::PriceMobile);
        row.set(Field::Price, mobile);
        let price = self.currency.price(&row.take(Field::Price))?;
        if !row.has(Field::SalePrice) {
            return Ok(price);
        }
        let dates = lenient_text(row, Field::SaleDates);
        if dates.is_some_and(|dates| !prices::is_within(&dates, self.now_ms)) {
            return Ok(price);
        }
        Ok(self
            .currency
            .price(&row.take(Field::SalePrice))
            .map_or(price, |sale| sale.min(price)))
    }
}

fn product_id<'a>(row: &mut Row<'a>) -> Result<Cow<'a, str>, Rejection> {
    let id = text(row, Field::Id, "product_id")?.ok_or(Rejection::Missing {
        field: "product_id",
    })?;
    let id = match id {
        Cow::Borrowed(id) => Cow::Borrowed(id.trim()),
        Cow::Owned(id) => Cow::Owned(id.trim().to_owned()),
    };
    if id.len() > MAX_ID_BYTES {
        return Err(Rejection::IdTooLong { bytes: id.len() });
    }
    // Plain text has no control, invisible or direction characters; `<` and `&` are allowed in an id.
    let is_clean = id.is_ascii() || plain_text(&id.replace(['<', '&'], "_")).len() == id.len();
    if !is_clean || id.bytes().any(|b| b.is_ascii_control()) {
        return Err(Rejection::ControlCharacters {
            field: "product_id",
        });
    }
    Ok(id)
}

/// Naver EP: I is new, U is changed, D is withdrawn.
fn is_withdrawn(row: &mut Row<'_>) -> Result<bool, Rejection> {
    match lenient_text(row, Field::Class).as_deref().map(str::trim) {
        None | Some("I" | "i" | "U" | "u") => Ok(false),
        Some("D" | "d") => Ok(true),
        Some(other) => Err(Rejection::UnknownValue {
            field: "class",
            value: excerpt(other),
            expected: "I, U, D",
        }),
    }
}

/// Refuses what is used, gone or still to come.
fn can_be_bought(row: &mut Row<'_>) -> Result<(), Rejection> {
    if let Some(kind) = lenient_text(row, Field::NaverType) {
        // 1 to 3 new, 4 to 6 used, 7 to 9 discontinued, 10 to 12 to come.
        match kind.trim() {
            "1" | "2" | "3" => {}
            "4" | "5" | "6" => {
                return Err(Rejection::NotNew {
                    condition: format!("productType {kind}"),
                });
            }
            "7" | "8" | "9" => return Err(Rejection::Discontinued),
            "10" | "11" | "12" => return Err(Rejection::NotYetOnSale),
            other => {
                return Err(Rejection::UnknownValue {
                    field: "productType",
                    value: excerpt(other),
                    expected: "1 to 12",
                });
            }
        }
    }
    if let Some(condition) = lenient_text(row, Field::Condition)
        && is_not_new(&key(&condition))
    {
        return Err(Rejection::NotNew {
            condition: excerpt(condition.trim()),
        });
    }
    if let Some(availability) = lenient_text(row, Field::Availability) {
        match key(&availability).as_str() {
            "discontinued" | "단종" | "판매종료" | "판매중지" => {
                return Err(Rejection::Discontinued);
            }
            "outofstock" | "soldout" | "unavailable" | "품절" | "일시품절" | "0" => {
                return Err(Rejection::OutOfStock {
                    availability: excerpt(availability.trim()),
                });
            }
            _ => {}
        }
    }
    Ok(())
}

/// Words for used, refurbished, displayed, returned and damaged goods; Naver EP and Google define the main ones.
fn is_not_new(condition: &str) -> bool {
    let english = [
        "used",
        "refurb",
        "damaged",
        "openbox",
        "preowned",
        "secondhand",
    ];
    let korean = ["중고", "리퍼", "전시", "반품", "스크래치"];
    english.iter().any(|word| condition.starts_with(word))
        || korean.iter().any(|word| condition.contains(word))
}

/// The category path: levels of their own, a list, or a text with `>` between the levels.
fn category(row: &mut Row<'_>) -> Result<Vec<String>, Rejection> {
    let levels = [
        Field::Category1,
        Field::Category2,
        Field::Category3,
        Field::Category4,
    ]
    .map(|level| row.take(level));
    let mut labels = Vec::new();
    for level in levels {
        if let Value::Text(level) = level {
            push_label(&mut labels, &level);
        }
    }
    if !labels.is_empty() {
        return Ok(labels);
    }
    match row.take(Field::Category) {
        Value::Missing => {}
        Value::Text(path) => split_path(&mut labels, &path),
        Value::List(path) => path.iter().for_each(|level| push_label(&mut labels, level)),
        _ => {
            return Err(Rejection::WrongType {
                field: "category",
                expected: "a text or a list of texts",
            });
        }
    }
    if labels.is_empty()
        && let Value::Text(path) = row.take(Field::GoogleCategory)
        // Google also allows the number of a category, which names nothing.
        && !path.trim().bytes().all(|b| b.is_ascii_digit())
    {
        split_path(&mut labels, &path);
    }
    Ok(labels)
}

fn split_path(labels: &mut Vec<String>, path: &str) {
    // An escaped separator (`&gt;`) is one all the same.
    let path = if path.contains("&gt;") {
        Cow::Owned(path.replace("&gt;", ">"))
    } else {
        Cow::Borrowed(path)
    };
    path.split(['>', '＞'])
        .for_each(|level| push_label(labels, level));
}

fn push_label(labels: &mut Vec<String>, level: &str) {
    let label = short_name(level);
    if !label.is_empty() && labels.len() < MAX_CATEGORY_DEPTH {
        labels.push(label);
    }
}

fn description(row: &mut Row<'_>) -> String {
    lenient_text(row, Field::Description).map_or_else(String::new, |text| {
        let plain = plain_text(cut(&text, MAX_MARKUP_CHARS)).into_owned();
        cut_owned(plain, MAX_DESCRIPTION_CHARS)
    })
}

fn tags(row: &mut Row<'_>) -> Result<Vec<String>, Rejection> {
    let mut tags: Vec<String> = Vec::new();
    let mut push = |tag: &str| {
        let plain = plain_text(tag);
        let tag = cut(plain.trim_start_matches('#').trim(), MAX_TAG_CHARS).trim_end();
        if !tag.is_empty() && tags.len() < MAX_TAGS && !tags.iter().any(|known| known == tag) {
            tags.push(tag.to_owned());
        }
    };
    match row.take(Field::Tags) {
        Value::Missing => {}
        Value::Text(text) => text
            .split([',', '|', ';'])
            .take(10 * MAX_TAGS)
            .for_each(push),
        Value::List(list) => list.iter().take(10 * MAX_TAGS).for_each(|tag| push(tag)),
        _ => {
            return Err(Rejection::WrongType {
                field: "tags",
                expected: "a text or a list of texts",
            });
        }
    }
    Ok(tags)
}

fn audience(row: &mut Row<'_>) -> Result<Vec<Audience>, Rejection> {
    let mut found = Vec::new();
    let mut push = |audience: Audience| {
        if !found.contains(&audience) {
            found.push(audience);
        }
    };
    let stated = match row.take(Field::Audience) {
        Value::Missing => Vec::new(),
        Value::Text(text) => text
            .split([',', '|', ';', '/'])
            .map(|word| Cow::Owned(word.to_owned()))
            .collect(),
        Value::List(list) => list,
        _ => {
            return Err(Rejection::WrongType {
                field: "audience",
                expected: "a text or a list of texts",
            });
        }
    };
    for word in stated.iter().filter(|word| !word.trim().is_empty()) {
        push(
            audience_of(&key(word)).ok_or_else(|| Rejection::UnknownValue {
                field: "audience",
                value: excerpt(word.trim()),
                expected: "women, men, baby, child, adult, senior, pet, anyone",
            })?,
        );
    }
    // Gender and age group are other people's words, so an unknown one ("unisex", "청소년") only says nothing.
    for field in [Field::Gender, Field::AgeGroup] {
        if let Some(text) = lenient_text(row, field) {
            let known = text
                .split([',', '|', ';', '/'])
                .filter_map(|word| audience_of(&key(word)));
            known
                .filter(|&audience| audience != Audience::Anyone)
                .for_each(&mut push);
        }
    }
    Ok(found)
}

fn audience_of(word: &str) -> Option<Audience> {
    Some(match word {
        "women" | "woman" | "female" | "여성" | "여자" => Audience::Women,
        "men" | "man" | "male" | "남성" | "남자" => Audience::Men,
        "baby" | "newborn" | "infant" | "아기" | "영아" | "유아" => Audience::Baby,
        // Google's toddlers are one to five years old.
        "child" | "children" | "kids" | "toddler" | "아동" | "어린이" | "키즈" => {
            Audience::Child
        }
        "adult" | "adults" | "성인" => Audience::Adult,
        "senior" | "seniors" | "시니어" | "노인" => Audience::Senior,
        "pet" | "pets" | "반려동물" => Audience::Pet,
        "anyone" | "any" | "all" | "unisex" | "누구나" | "공용" | "남녀공용" => {
            Audience::Anyone
        }
        _ => return None,
    })
}

fn sponsored(row: &mut Row<'_>) -> Result<bool, Rejection> {
    match row.take(Field::Sponsored) {
        Value::Missing => Ok(false),
        Value::Flag(flag) => Ok(flag),
        Value::Whole(number @ (0 | 1)) => Ok(number == 1),
        Value::Text(text) => match key(&text).as_str() {
            "" | "0" | "false" | "no" | "n" | "아니오" => Ok(false),
            "1" | "true" | "yes" | "y" | "예" | "광고" => Ok(true),
            other => Err(Rejection::UnknownValue {
                field: "sponsored",
                value: excerpt(other),
                expected: "true, false",
            }),
        },
        _ => Err(Rejection::WrongType {
            field: "sponsored",
            expected: "true or false",
        }),
    }
}

/// The mean rating; one off the scale of 0 to 5, or 0 because nobody has rated, is none.
fn rating(row: &mut Row<'_>) -> Option<f32> {
    let rating = match row.take(Field::Rating) {
        Value::Whole(whole) => whole as f64,
        Value::Decimal(decimal) => decimal,
        Value::Text(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    (rating > 0.0 && rating <= 5.0).then_some(rating as f32)
}

fn rating_count(row: &mut Row<'_>) -> Option<u32> {
    let count = match row.take(Field::RatingCount) {
        Value::Whole(whole) => whole,
        Value::Decimal(decimal) if decimal >= 0.0 && decimal.fract() == 0.0 => decimal as u64,
        Value::Text(text) => text.trim().replace(',', "").parse().ok()?,
        _ => return None,
    };
    Some(u32::try_from(count).unwrap_or(u32::MAX))
}

/// Days from the order to the door: given as such, or the longest handling and the longest transit together. A shop's own
/// field must be right; of Google's, what cannot be read is unknown.
fn delivery_days(row: &mut Row<'_>) -> Result<Option<u8>, Rejection> {
    if row.has(Field::DeliveryDays) {
        let days = days(row, Field::DeliveryDays).filter(|&d| d <= u64::from(MAX_DELIVERY_DAYS));
        let days = days.and_then(|d| u8::try_from(d).ok());
        return days.map(Some).ok_or(Rejection::WrongType {
            field: "delivery_days",
            expected: "a whole number of days from 0 to 60",
        });
    }
    let together = days(row, Field::HandlingDays)
        .zip(days(row, Field::TransitDays))
        .map(|(handling, transit)| handling.saturating_add(transit));
    let most = u64::from(MAX_DELIVERY_DAYS);
    Ok(together.and_then(|days| u8::try_from(days.min(most)).ok()))
}

fn days(row: &mut Row<'_>, field: Field) -> Option<u64> {
    match row.take(field) {
        Value::Whole(whole) => Some(whole),
        Value::Decimal(decimal) if decimal >= 0.0 && decimal.fract() == 0.0 => Some(decimal as u64),
        Value::Text(text) => text.trim().trim_end_matches('일').trim_end().parse().ok(),
        _ => None,
    }
}

fn name(row: &mut Row<'_>, field: Field) -> Option<String> {
    lenient_text(row, field)
        .map(|text| short_name(&text))
        .filter(|name| !name.is_empty())
}

fn short_name(text: &str) -> String {
    cut(
        &plain_text(cut(text.trim(), MAX_ORIGINAL_CHARS)),
        MAX_NAME_CHARS,
    )
    .trim_end()
    .to_owned()
}

/// A scalar as text; `None` when blank.
fn text<'a>(
    row: &mut Row<'a>,
    field: Field,
    label: &'static str,
) -> Result<Option<Cow<'a, str>>, Rejection> {
    match row.take(field) {
        Value::Missing => Ok(None),
        Value::Text(text) => Ok(Some(text).filter(|text| !text.trim().is_empty())),
        Value::Whole(whole) => Ok(Some(Cow::Owned(whole.to_string()))),
        Value::Decimal(decimal) => Ok(Some(Cow::Owned(decimal.to_string()))),
        Value::Flag(_) | Value::List(_) | Value::Nested => Err(Rejection::WrongType {
            field: label,
            expected: "a text",
        }),
    }
}

/// A scalar as text for a field that a product can do without.
fn lenient_text<'a>(row: &mut Row<'a>, field: Field) -> Option<Cow<'a, str>> {
    text(row, field, "").ok().flatten()
}

/// A word for comparison: small letters without spaces, `_`, `-` and a schema.org address in front.
fn key(text: &str) -> String {
    let text = text.trim();
    let text = text
        .rsplit_once("schema.org/")
        .map_or(text, |(_, word)| word);
    text.chars()
        .take(64)
        .filter(|c| !(c.is_whitespace() || matches!(c, '_' | '-')))
        .flat_map(char::to_lowercase)
        .collect()
}

fn cut(text: &str, chars: usize) -> &str {
    if text.len() <= chars {
        return text;
    }
    text.char_indices()
        .nth(chars)
        .map_or(text, |(end, _)| &text[..end])
}

fn cut_owned(mut text: String, chars: usize) -> String {
    let end = cut(&text, chars).trim_end().len();
    text.truncate(end);
    text
}
