//! Product feeds: a file in one of seven formats becomes a stream of validated products, rejected rows and withdrawals.
//! Reading is synchronous, takes memory for one row at a time (and eight bytes for each accepted id), and never stops at a bad row.
//! Fetching files and storing what comes out live elsewhere.

mod checks;
mod detect;
mod errors;
mod fields;
mod input;
mod json_values;
mod links;
mod naver_shop;
mod ndjson;
mod prices;
mod rows;
mod tables;
#[cfg(test)]
mod tests;
mod xml;
mod xml_items;

pub use errors::{FeedError, Rejection};

use checks::Checker;
use seonmul_engine::catalogue::Product;
use seonmul_engine::profile::UnknownValue;
use std::fmt;
use std::io::Read;
use std::str::FromStr;

/// Most bytes of one row, and of one item in XML and JSON.
pub const MAX_ROW_BYTES: usize = 1 << 20;
/// Most bytes of a feed after decompression, unless [`FeedReader::limit_bytes`] says otherwise.
pub const MAX_FEED_BYTES: u64 = 8 << 30;

/// The formats that can be imported; each may be compressed with gzip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FeedFormat {
    /// One JSON object a line.
    Ndjson,
    /// Comma (or semicolon) separated values with a header, quoted as in RFC 4180.
    Csv,
    /// Tab separated values with a header.
    Tsv,
    /// Google product data as tab separated values.
    GoogleTsv,
    /// Google product data as RSS or Atom.
    GoogleXml,
    /// Naver EP 3.0: tab separated, never quoted, with a class for new, changed and withdrawn products.
    NaverEp,
    /// Saved answers of Naver's shopping search (`shop.json`).
    NaverShopJson,
}

impl FeedFormat {
    /// Every format.
    pub const ALL: [Self; 7] = [
        Self::Ndjson,
        Self::Csv,
        Self::Tsv,
        Self::GoogleTsv,
        Self::GoogleXml,
        Self::NaverEp,
        Self::NaverShopJson,
    ];

    /// The stable name used on the command line, in configuration and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ndjson => "ndjson",
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::GoogleTsv => "google-tsv",
            Self::GoogleXml => "google-xml",
            Self::NaverEp => "naver-ep",
            Self::NaverShopJson => "naver-json",
        }
    }

    /// The format that the first bytes of a file (some kilobytes, gzip or not) and its name point to.
    pub fn detect(file_name: &str, first_bytes: &[u8]) -> Option<Self> {
        detect::by_content(file_name, first_bytes)
    }

    /// The format that a `Content-Type` header names; parameters are ignored.
    pub fn from_content_type(content_type: &str) -> Option<Self> {
        detect::by_content_type(content_type)
    }
}

impl fmt::Display for FeedFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for FeedFormat {
    type Err = UnknownValue;
    fn from_str(text: &str) -> Result<Self, UnknownValue> {
        Self::ALL
            .into_iter()
            .find(|format| format.as_str() == text)
            .ok_or_else(|| UnknownValue {
                value: text.chars().take(64).collect(),
                expected: Self::ALL.map(Self::as_str).join(", "),
            })
    }
}

/// What a feed does not say about itself.
#[derive(Debug, Clone)]
pub struct FeedOptions {
    /// ISO 4217 code of the catalogue's currency; rows in another one are rejected.
    pub currency: String,
    /// Time of the import in milliseconds since 1970 UTC: the `price_as_of_ms` of its products.
    pub now_ms: i64,
    /// Name of the feed, told in the errors that end the reading.
    pub source: String,
}

/// One row of a feed.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "nearly every item is a product")]
pub enum FeedItem {
    /// A product to add or to replace.
    Product {
        /// Line of the file where the row begins, from 1.
        line: u64,
        /// The validated product.
        product: Product,
    },
    /// A row that cannot be taken.
    Rejected {
        /// Line of the file where the row begins, from 1.
        line: u64,
        /// What is wrong and what to do.
        reason: Rejection,
    },
    /// A product that the shop has withdrawn (Naver EP class D).
    Retire {
        /// Line of the file where the row begins, from 1.
        line: u64,
        /// The shop's id of the product.
        product_id: String,
    },
}

/// Reads a feed row by row, in the order of the file. After an error there is nothing more.
pub struct FeedReader<R: Read> {
    rows: Rows<R>,
    checker: Checker,
    format: FeedFormat,
    source: String,
    failed: Option<FeedError>,
    done: bool,
}

enum Rows<R: Read> {
    Ndjson(ndjson::Rows<R>),
    Table(tables::Rows<R>),
    Xml(xml::Rows<R>),
    NaverShop(naver_shop::Rows<R>),
}

/// What a format's reader found next.
#[expect(clippy::large_enum_variant, reason = "nearly every find is an item")]
enum Found {
    Item(FeedItem),
    /// The data stops inside the row that begins at this line; what follows is the reason, if there is more to say.
    Cut(u64, Option<FeedError>),
    End,
}

impl<R: Read> FeedReader<R> {
    /// Opens a feed: undoes gzip, skips a byte order mark, reads the header of a table.
    ///
    /// # Errors
    /// When the bytes cannot be read or are visibly not in this format.
    pub fn open(format: FeedFormat, reader: R, options: &FeedOptions) -> Result<Self, FeedError> {
        let named = |error: FeedError| error.in_feed(&options.source);
        let input = input::Input::open(reader, format).map_err(named)?;
        let rows = match format {
            FeedFormat::Ndjson => Rows::Ndjson(ndjson::Rows::new(input)),
            FeedFormat::Csv | FeedFormat::Tsv | FeedFormat::GoogleTsv | FeedFormat::NaverEp => {
                Rows::Table(tables::Rows::open(input, format).map_err(named)?)
            }
            FeedFormat::GoogleXml => Rows::Xml(xml::Rows::new(input)),
            FeedFormat::NaverShopJson => Rows::NaverShop(naver_shop::Rows::new(input)),
        };
        let checker = Checker::new(format, options);
        Ok(Self {
            rows,
            checker,
            format,
            source: options.source.clone(),
            failed: None,
            done: false,
        })
    }

    /// Sets the most bytes to read, counted after decompression.
    #[must_use]
    pub fn limit_bytes(mut self, limit: u64) -> Self {
        self.input_mut().set_limit(limit);
        self
    }

    /// Bytes taken from the file so far, before decompression: the measure of progress.
    pub fn bytes_read(&mut self) -> u64 {
        self.input_mut().raw_bytes()
    }

    /// The format this feed is read in.
    pub fn format(&self) -> FeedFormat {
        self.format
    }

    fn input_mut(&mut self) -> &mut input::Input<R> {
        match &mut self.rows {
            Rows::Ndjson(rows) => rows.input_mut(),
            Rows::Table(rows) => rows.input_mut(),
            Rows::Xml(rows) => rows.input_mut(),
            Rows::NaverShop(rows) => rows.input_mut(),
        }
    }
}

impl<R: Read> Iterator for FeedReader<R> {
    type Item = Result<FeedItem, FeedError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(error) = self.failed.take() {
            self.done = true;
            return Some(Err(error.in_feed(&self.source)));
        }
        if self.done {
            return None;
        }
        let found = match &mut self.rows {
            Rows::Ndjson(rows) => rows.next(&mut self.checker),
            Rows::Table(rows) => rows.next(&mut self.checker),
            Rows::Xml(rows) => rows.next(&mut self.checker),
            Rows::NaverShop(rows) => rows.next(&mut self.checker),
        };
        match found {
            Ok(Found::Item(item)) => Some(Ok(item)),
            Ok(Found::Cut(line, error)) => {
                self.done = error.is_none();
                self.failed = error;
                Some(Ok(FeedItem::Rejected {
                    line,
                    reason: Rejection::CutOff,
                }))
            }
            Ok(Found::End) => {
                self.done = true;
                None
            }
            Err(error) => {
                self.done = true;
                Some(Err(error.in_feed(&self.source)))
            }
        }
    }
}
