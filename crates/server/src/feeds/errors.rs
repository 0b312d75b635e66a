//! What can be wrong with a row (it is left out, the import goes on) and with a whole feed (reading ends).
//! Sentences are for the person who fixes the feed; codes are for translations, counters and tests.

use super::FeedFormat;
use std::io;

/// Why a row is left out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant is its sentence")]
pub enum Rejection {
    #[error("{field} is missing: every product needs one")]
    Missing { field: &'static str },
    #[error("{field} is not {expected}")]
    WrongType {
        field: &'static str,
        expected: &'static str,
    },
    #[error("{field} '{value}' is not known: write one of {expected}")]
    UnknownValue {
        field: &'static str,
        value: String,
        expected: &'static str,
    },
    #[error("price is missing: write the amount, such as 15000")]
    PriceMissing,
    #[error("price is 0 or less: a gift needs a price of at least 1")]
    PriceZero,
    #[error("price '{value}' is not a number: write digits only, such as 15000")]
    PriceNotNumber { value: String },
    #[error("price '{value}' has a fraction that {currency} does not have: round it")]
    PriceNotWhole { value: String, currency: String },
    #[error("price '{value}' is above 4,000,000,000: check the amount")]
    PriceTooHigh { value: String },
    #[error("currency is {found}, the catalogue is in {expected}: convert the price")]
    OtherCurrency { found: String, expected: String },
    #[error("condition is '{condition}': only new goods are given")]
    NotNew { condition: String },
    #[error("the product is discontinued: take it out of the feed")]
    Discontinued,
    #[error("the product is not on sale yet: send it when it is")]
    NotYetOnSale,
    #[error("availability is '{availability}': send the product when it can be bought")]
    OutOfStock { availability: String },
    #[error("link is not https: give an address that begins with https://")]
    LinkNotHttps,
    #[error("link is not a valid address: {problem}")]
    LinkInvalid { problem: &'static str },
    #[error("product_id has {bytes} bytes: use at most 128")]
    IdTooLong { bytes: usize },
    #[error("{field} has control or invisible characters: take them out")]
    ControlCharacters { field: &'static str },
    #[error("product_id '{product_id}' stands on an earlier row of this file too: keep one")]
    DuplicateId { product_id: String },
    #[error("the row is not UTF-8 from byte {byte} on: save the file as UTF-8")]
    NotUtf8 { byte: usize },
    #[error("the row is longer than {limit} bytes: a quote or a line end may be missing")]
    RowTooLong { limit: usize },
    #[error("the row is not valid JSON at column {column}: {problem}")]
    InvalidJson { column: usize, problem: String },
    #[error("the item is not valid XML: {problem}")]
    InvalidXml { problem: String },
    #[error(
        "the row has {found} columns, the header has {expected}: a separator is missing or too many"
    )]
    Columns { found: usize, expected: usize },
    #[error(
        "a quote is opened in this row and never closed: close it, or double the quotes inside a text"
    )]
    UnclosedQuote,
    #[error("the file ends inside this row")]
    CutOff,
}

impl Rejection {
    /// The stable name of this reason.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "missing_field",
            Self::WrongType { .. } => "wrong_type",
            Self::UnknownValue { .. } => "unknown_value",
            Self::PriceMissing => "price_missing",
            Self::PriceZero => "price_zero",
            Self::PriceNotNumber { .. } => "price_not_number",
            Self::PriceNotWhole { .. } => "price_not_whole",
            Self::PriceTooHigh { .. } => "price_too_high",
            Self::OtherCurrency { .. } => "other_currency",
            Self::NotNew { .. } => "not_new",
            Self::Discontinued => "discontinued",
            Self::NotYetOnSale => "not_yet_on_sale",
            Self::OutOfStock { .. } => "out_of_stock",
            Self::LinkNotHttps => "link_not_https",
            Self::LinkInvalid { .. } => "link_invalid",
            Self::IdTooLong { .. } => "id_too_long",
            Self::ControlCharacters { .. } => "control_characters",
            Self::DuplicateId { .. } => "duplicate_id",
            Self::NotUtf8 { .. } => "not_utf8",
            Self::RowTooLong { .. } => "row_too_long",
            Self::InvalidJson { .. } => "invalid_json",
            Self::InvalidXml { .. } => "invalid_xml",
            Self::Columns { .. } => "wrong_columns",
            Self::UnclosedQuote => "unclosed_quote",
            Self::CutOff => "cut_off",
        }
    }
}

/// Why reading a feed ended before its end. Lines count from 1, bytes from 0 after decompression.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each variant is its sentence")]
pub enum FeedError {
    #[error("{feed}: reading fails after line {line}")]
    Io {
        feed: String,
        line: u64,
        #[source]
        source: io::Error,
    },
    #[error("{feed}: the compressed data is damaged after line {line}: compress the file again")]
    Damaged {
        feed: String,
        line: u64,
        #[source]
        source: io::Error,
    },
    #[error("{feed}: the file ends in the middle, at line {line} (byte {byte}): send it again")]
    Truncated { feed: String, line: u64, byte: u64 },
    #[error("{feed}: this is not {format} (line {line}): {problem}")]
    NotThisFormat {
        feed: String,
        format: FeedFormat,
        line: u64,
        problem: String,
    },
    #[error("{feed}: the text is not UTF-8 at line {line} (byte {byte}): {hint}")]
    NotUtf8 {
        feed: String,
        line: u64,
        byte: u64,
        hint: &'static str,
    },
    #[error("{feed}: the file holds more than {limit_bytes} bytes at line {line}: split it")]
    TooLarge {
        feed: String,
        line: u64,
        limit_bytes: u64,
    },
    #[error(
        "{feed}: at line {line} the data unpacks to over {ratio} times its size: this is no product file"
    )]
    Bomb { feed: String, line: u64, ratio: u64 },
}

impl FeedError {
    /// The stable name of this fault.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "io",
            Self::Damaged { .. } => "damaged",
            Self::Truncated { .. } => "truncated",
            Self::NotThisFormat { .. } => "not_this_format",
            Self::NotUtf8 { .. } => "not_utf8",
            Self::TooLarge { .. } | Self::Bomb { .. } => "too_large",
        }
    }

    pub(super) fn truncated(line: u64, byte: u64) -> Self {
        Self::Truncated {
            feed: String::new(),
            line,
            byte,
        }
    }

    pub(super) fn not_this_format(
        format: FeedFormat,
        line: u64,
        problem: impl Into<String>,
    ) -> Self {
        Self::NotThisFormat {
            feed: String::new(),
            format,
            line,
            problem: problem.into(),
        }
    }

    pub(super) fn not_utf8(line: u64, byte: u64, hint: &'static str) -> Self {
        Self::NotUtf8 {
            feed: String::new(),
            line,
            byte,
            hint,
        }
    }

    /// The same error with the name of the feed, which parsers do not know.
    pub(super) fn in_feed(mut self, name: &str) -> Self {
        match &mut self {
            Self::Io { feed, .. }
            | Self::Damaged { feed, .. }
            | Self::Truncated { feed, .. }
            | Self::NotThisFormat { feed, .. }
            | Self::NotUtf8 { feed, .. }
            | Self::TooLarge { feed, .. }
            | Self::Bomb { feed, .. } => name.clone_into(feed),
        }
        self
    }
}

/// At most the first 40 characters of a value, for a message.
pub(super) fn excerpt(value: &str) -> String {
    match value.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}
