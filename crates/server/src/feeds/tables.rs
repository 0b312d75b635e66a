//! CSV, TSV, Google TSV and Naver EP: a header, then one product a row.
//! Only CSV lets a quoted text run over several lines; an unclosed quote costs its own row and no other.

use super::checks::Checker;
use super::errors::{FeedError, Rejection};
use super::fields::Field;
use super::input::{Fetched, Input, Lines};
use super::rows::{Row, Value};
use super::{FeedFormat, FeedItem, Found, MAX_ROW_BYTES};
use std::borrow::Cow;
use std::io::Read;

/// After this many unclosed quotes a quote no longer runs over lines, so that a hostile file is not read again and again.
const MAX_UNCLOSED: u32 = 32;
const MAX_COLUMNS: usize = 1_000;
const EUC_KR: &str =
    "it looks like EUC-KR (CP949), as Korean spreadsheets write it: save it as CSV UTF-8";
const NOT_UTF8: &str = "save the file as UTF-8";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quotes {
    /// Quotes are letters like any other (Naver EP).
    Literal,
    /// A quoted text ends on its line.
    OneLine,
    /// A quoted text may hold line ends.
    ManyLines,
}

pub(super) struct Rows<R: Read> {
    lines: Lines<R>,
    format: FeedFormat,
    delimiter: u8,
    quotes: Quotes,
    columns: Vec<Option<Field>>,
    buffer: Vec<u8>,
    unclosed: u32,
    /// Whether the file has held letters beyond ASCII that are right UTF-8: then a wrong one is that row's fault.
    has_utf8: bool,
}

impl<R: Read> Rows<R> {
    /// Reads the header.
    pub(super) fn open(input: Input<R>, format: FeedFormat) -> Result<Self, FeedError> {
        let (delimiter, quotes) = match format {
            FeedFormat::Csv => (b',', Quotes::ManyLines),
            FeedFormat::NaverEp => (b'\t', Quotes::Literal),
            _ => (b'\t', Quotes::OneLine),
        };
        let lines = Lines::new(input);
        let mut rows = Self {
            lines,
            format,
            delimiter,
            quotes,
            columns: Vec::new(),
            buffer: Vec::new(),
            unclosed: 0,
            has_utf8: false,
        };
        rows.read_header()?;
        Ok(rows)
    }

    pub(super) fn input_mut(&mut self) -> &mut Input<R> {
        self.lines.input_mut()
    }

    fn read_header(&mut self) -> Result<(), FeedError> {
        let (line, byte) = loop {
            self.buffer.clear();
            let (line, byte) = (self.lines.line, self.lines.byte);
            match self.lines.fetch(&mut self.buffer)? {
                Fetched::End => {
                    return Err(
                        self.no_table(line, "it is empty: the first row must name the columns")
                    );
                }
                Fetched::Cut(error) => return Err(error),
                Fetched::TooLong => {
                    return Err(self.no_table(line, "its first row is longer than 1 MiB"));
                }
                Fetched::Line if self.buffer.trim_ascii().is_empty() => {}
                Fetched::Line => break (line, byte),
            }
        };
        let header = match std::str::from_utf8(&self.buffer) {
            Ok(header) => header,
            Err(e) => {
                return Err(FeedError::not_utf8(
                    line,
                    byte + e.valid_up_to() as u64,
                    hint(&self.buffer, e.valid_up_to()),
                ));
            }
        };
        if self.format == FeedFormat::Csv && !header.contains(',') && header.contains(';') {
            self.delimiter = b';';
        }
        let mut names: Vec<Cow<'_, str>> = Vec::new();
        let line_text = header.trim_end_matches(['\r', '\n']);
        split(line_text, self.delimiter, self.quotes, |_, name| {
            names.push(name)
        });
        if names.len() > MAX_COLUMNS {
            return Err(self.no_table(line, "it has more than 1,000 columns"));
        }
        let columns = columns_of(self.format, &names);
        let price =
            columns.contains(&Some(Field::Price)) || columns.contains(&Some(Field::PriceMobile));
        let missing = [
            (
                columns.contains(&Some(Field::Id)),
                "product_id (or id, 상품코드)",
            ),
            (columns.contains(&Some(Field::Title)), "title (or 상품명)"),
            (price, "price (or price_pc, 가격)"),
        ];
        if let Some((_, wanted)) = missing.iter().find(|(found, _)| !found) {
            let given: String = names.join(", ").chars().take(200).collect();
            return Err(self.no_table(
                line,
                format!("no column is named {wanted}; the first row has: {given}"),
            ));
        }
        self.has_utf8 = !header.is_ascii();
        self.columns = columns;
        Ok(())
    }

    fn no_table(&self, line: u64, problem: impl Into<String>) -> FeedError {
        FeedError::not_this_format(self.format, line, problem)
    }

    pub(super) fn next(&mut self, checker: &mut Checker) -> Result<Found, FeedError> {
        loop {
            self.buffer.clear();
            let (line, byte) = (self.lines.line, self.lines.byte);
            match self.lines.fetch(&mut self.buffer)? {
                Fetched::End => return Ok(Found::End),
                Fetched::Cut(error) => return Ok(Found::Cut(line, Some(error))),
                Fetched::TooLong => {
                    return Ok(rejected(
                        line,
                        Rejection::RowTooLong {
                            limit: MAX_ROW_BYTES,
                        },
                    ));
                }
                Fetched::Line => {}
            }
            // Spreadsheets leave rows of separators behind.
            if self
                .buffer
                .iter()
                .all(|&b| b == self.delimiter || b.is_ascii_whitespace())
            {
                continue;
            }
            if self.quotes == Quotes::ManyLines
                && self.buffer.contains(&b'"')
                && let Some(found) = self.finish_quoted(line)?
            {
                return Ok(found);
            }
            return self.item(checker, line, byte);
        }
    }

    /// Fetches the further lines of a row whose quote is still open. Gives an item when the quote turns out to be stray:
    /// then the lines after the first one are read again as rows of their own.
    fn finish_quoted(&mut self, line: u64) -> Result<Option<Found>, FeedError> {
        let first = self.buffer.len();
        let mut scan = QuoteScan::new(self.delimiter);
        scan.feed(&self.buffer);
        if !scan.is_open() {
            return Ok(None);
        }
        if self.buffer.last() != Some(&b'\n') {
            return Ok(Some(Found::Cut(line, None)));
        }
        let mut at_end = false;
        while scan.is_open() && self.buffer.len() <= MAX_ROW_BYTES {
            let before = self.buffer.len();
            match self.lines.fetch(&mut self.buffer)? {
                Fetched::End => {
                    at_end = true;
                    break;
                }
                Fetched::Cut(error) => return Ok(Some(Found::Cut(line, Some(error)))),
                Fetched::TooLong => {
                    self.lines.unread_too_long();
                    break;
                }
                Fetched::Line => scan.feed(&self.buffer[before..]),
            }
        }
        let expected = self.columns.len();
        if !scan.is_open()
            && !scan.has_stray
            && self.buffer.len() <= MAX_ROW_BYTES
            && scan.columns == expected
        {
            return Ok(None);
        }
        let is_row = |line: &[u8]| {
            let mut scan = QuoteScan::new(self.delimiter);
            scan.feed(line);
            scan.columns == expected
        };
        if at_end
            && !self.buffer[first..]
                .split_inclusive(|&b| b == b'\n')
                .any(is_row)
        {
            return Ok(Some(Found::Cut(line, None)));
        }
        self.lines.unread(&self.buffer[first..]);
        self.unclosed += 1;
        if self.unclosed >= MAX_UNCLOSED {
            self.quotes = Quotes::OneLine;
        }
        Ok(Some(rejected(line, Rejection::UnclosedQuote)))
    }

    fn item(&mut self, checker: &mut Checker, line: u64, byte: u64) -> Result<Found, FeedError> {
        let is_last = self.buffer.last() != Some(&b'\n');
        let text = match std::str::from_utf8(&self.buffer) {
            Ok(text) => text,
            Err(e) if is_last && e.error_len().is_none() => return Ok(Found::Cut(line, None)),
            Err(e) if self.has_utf8 => {
                return Ok(rejected(
                    line,
                    Rejection::NotUtf8 {
                        byte: e.valid_up_to(),
                    },
                ));
            }
            Err(e) => {
                let at = e.valid_up_to();
                return Err(FeedError::not_utf8(
                    line,
                    byte + at as u64,
                    hint(&self.buffer, at),
                ));
            }
        };
        self.has_utf8 = self.has_utf8 || !text.is_ascii();
        let mut row = Row::new();
        let columns = &self.columns;
        let mut extra = false;
        let found = split(
            text.trim_end_matches(['\r', '\n']),
            self.delimiter,
            self.quotes,
            |i, value| match columns.get(i) {
                Some(Some(field)) => row.set(*field, Value::Text(value)),
                Some(None) => {}
                None => extra = extra || !value.trim().is_empty(),
            },
        );
        if found < columns.len() && is_last {
            return Ok(Found::Cut(line, None));
        }
        if found < columns.len() || extra {
            return Ok(rejected(
                line,
                Rejection::Columns {
                    found,
                    expected: columns.len(),
                },
            ));
        }
        Ok(Found::Item(checker.item(line, row)))
    }
}

fn rejected(line: u64, reason: Rejection) -> Found {
    Found::Item(FeedItem::Rejected { line, reason })
}

/// The field of each column: by its name, else by a name that is one slip away from one nobody else has.
fn columns_of(format: FeedFormat, names: &[Cow<'_, str>]) -> Vec<Option<Field>> {
    let mut columns: Vec<Option<Field>> = names
        .iter()
        .map(|name| Field::of_name(format, name))
        .collect();
    for (i, name) in names.iter().enumerate() {
        if columns[i].is_none()
            && let Some(guess) = Field::of_misspelt_name(format, name)
            && !columns.contains(&Some(guess))
        {
            columns[i] = Some(guess);
        }
    }
    columns
}

fn hint(bytes: &[u8], at: usize) -> &'static str {
    // CP949 writes a syllable as two bytes, the first above 0x80, the second above 0x40.
    match bytes.get(at..at + 2) {
        Some([0x81..=0xFE, 0x41..=0xFF]) => EUC_KR,
        _ => NOT_UTF8,
    }
}

/// Follows the quotes of a row over its lines, without looking at its letters.
struct QuoteScan {
    delimiter: u8,
    place: Place,
    columns: usize,
    /// Whether letters followed a closing quote: over several lines that is a stray quote that met the next row's.
    has_stray: bool,
}

#[derive(PartialEq, Eq)]
enum Place {
    Start,
    Bare,
    Quoted,
    QuoteInQuoted,
}

impl QuoteScan {
    fn new(delimiter: u8) -> Self {
        Self {
            delimiter,
            place: Place::Start,
            columns: 1,
            has_stray: false,
        }
    }

    fn is_open(&self) -> bool {
        self.place == Place::Quoted
    }

    fn feed(&mut self, line: &[u8]) {
        for &byte in line {
            self.has_stray |= self.place == Place::QuoteInQuoted
                && byte != b'"'
                && byte != self.delimiter
                && !byte.is_ascii_whitespace();
            self.place = match self.place {
                Place::Quoted if byte == b'"' => Place::QuoteInQuoted,
                Place::Quoted => Place::Quoted,
                Place::Start | Place::QuoteInQuoted if byte == b'"' => Place::Quoted,
                _ if byte == self.delimiter => {
                    self.columns += 1;
                    Place::Start
                }
                _ => Place::Bare,
            };
        }
    }
}

/// Gives each value of a row with its number, and how many there are.
fn split<'a>(
    text: &'a str,
    delimiter: u8,
    quotes: Quotes,
    mut give: impl FnMut(usize, Cow<'a, str>),
) -> usize {
    let mut rest = Some(text);
    let mut count = 0;
    while let Some(row) = rest {
        let quoted = if quotes == Quotes::Literal {
            None
        } else {
            read_quoted(row, delimiter)
        };
        let (value, after) =
            quoted.unwrap_or_else(
                || match row.as_bytes().iter().position(|&b| b == delimiter) {
                    Some(at) => (Cow::Borrowed(&row[..at]), Some(&row[at + 1..])),
                    None => (Cow::Borrowed(row), None),
                },
            );
        give(count, value);
        count += 1;
        rest = after;
    }
    count
}

/// A value in quotes and what follows its delimiter; `None` when it has no quotes or they are never closed.
/// Letters between the closing quote and the delimiter are kept: shops write `"27"형` and mean it.
fn read_quoted(row: &str, delimiter: u8) -> Option<(Cow<'_, str>, Option<&str>)> {
    let inner = row.strip_prefix('"')?;
    let bytes = inner.as_bytes();
    let mut end = 0;
    let mut doubled = false;
    loop {
        end += bytes[end..].iter().position(|&b| b == b'"')?;
        if bytes.get(end + 1) != Some(&b'"') {
            break;
        }
        doubled = true;
        end += 2;
    }
    let tail = &inner[end + 1..];
    let (stray, after) = match tail.as_bytes().iter().position(|&b| b == delimiter) {
        Some(at) => (&tail[..at], Some(&tail[at + 1..])),
        None => (tail, None),
    };
    let mut value = Cow::Borrowed(&inner[..end]);
    if doubled {
        value = Cow::Owned(value.replace("\"\"", "\""));
    }
    if !stray.trim().is_empty() {
        value.to_mut().push_str(stray);
    }
    Some((value, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str, quotes: Quotes) -> Vec<String> {
        let mut values = Vec::new();
        split(text, b',', quotes, |_, value| {
            values.push(value.into_owned())
        });
        values
    }

    #[test]
    fn rows_are_split_as_spreadsheets_write_them() {
        assert_eq!(values("a,,b", Quotes::ManyLines), ["a", "", "b"]);
        assert_eq!(
            values("\"a,b\",\"say \"\"hi\"\"\",", Quotes::ManyLines),
            ["a,b", "say \"hi\"", ""]
        );
        assert_eq!(
            values("27\" 모니터,\"\",\"x\"y", Quotes::ManyLines),
            ["27\" 모니터", "", "xy"]
        );
        assert_eq!(values("\"open,b", Quotes::OneLine), ["\"open", "b"]);
        assert_eq!(values("\"a\",b", Quotes::Literal), ["\"a\"", "b"]);
    }
}
