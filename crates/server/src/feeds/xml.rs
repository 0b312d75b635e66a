//! Google product data as RSS or Atom: reads one item at a time.

use super::checks::Checker;
use super::errors::{FeedError, Rejection};
use super::fields::Field;
use super::input::{Cursor, Input};
use super::rows::{Row, Value};
use super::xml_items::{Event, Scanner, local_name};
use super::{FeedFormat, FeedItem, Found, MAX_ROW_BYTES};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event as XmlEvent};
use std::borrow::Cow;
use std::io::Read;

const ROOTS: [&[u8]; 4] = [b"rss", b"feed", b"RDF", b"channel"];

pub(super) struct Rows<R: Read> {
    cursor: Cursor<R>,
    scanner: Scanner,
}

impl<R: Read> Rows<R> {
    pub(super) fn new(input: Input<R>) -> Self {
        Self {
            cursor: Cursor::new(input),
            scanner: Scanner::new(),
        }
    }

    pub(super) fn input_mut(&mut self) -> &mut Input<R> {
        self.cursor.input_mut()
    }

    pub(super) fn next(&mut self, checker: &mut Checker) -> Result<Found, FeedError> {
        loop {
            let line = self.cursor.line;
            let chunk = match self.cursor.chunk() {
                Ok(chunk) => chunk,
                Err(error @ FeedError::Truncated { .. }) => return self.cut(error),
                Err(error) => return Err(error),
            };
            if chunk.is_empty() {
                return self.end();
            }
            let (passed, line_ends, event) = self.scanner.scan(chunk, line);
            self.cursor.pass(passed, line_ends);
            let (line, reason) = match event {
                None => continue,
                Some(Event::Item { line }) => match self.item(checker, line) {
                    Ok(item) => return Ok(Found::Item(item)),
                    Err(reason) => (line, reason),
                },
                Some(Event::TooLong { line }) => (
                    line,
                    Rejection::RowTooLong {
                        limit: MAX_ROW_BYTES,
                    },
                ),
                Some(Event::Unclosed { line }) => (
                    line,
                    Rejection::InvalidXml {
                        problem: "it has no end tag".to_owned(),
                    },
                ),
                Some(Event::Root) => {
                    self.check_root()?;
                    continue;
                }
                Some(Event::Declaration) => {
                    self.check_encoding()?;
                    continue;
                }
                Some(Event::TextBeforeRoot) => {
                    return Err(self.other_format("it does not begin with a tag".to_owned()));
                }
            };
            return Ok(Found::Item(FeedItem::Rejected { line, reason }));
        }
    }

    fn item(&self, checker: &mut Checker, line: u64) -> Result<FeedItem, Rejection> {
        let text = std::str::from_utf8(&self.scanner.item).map_err(|e| Rejection::NotUtf8 {
            byte: e.valid_up_to(),
        })?;
        Ok(checker.item(line, row_of_xml(text)?))
    }

    fn check_root(&self) -> Result<(), FeedError> {
        let root = &self.scanner.word;
        if ROOTS.contains(&local_name(root)) {
            return Ok(());
        }
        let name: String = String::from_utf8_lossy(root).chars().take(40).collect();
        Err(self.other_format(format!("its first tag is <{name}>, not <rss> or <feed>")))
    }

    fn check_encoding(&self) -> Result<(), FeedError> {
        let declaration = String::from_utf8_lossy(&self.scanner.word).to_ascii_lowercase();
        let Some((_, value)) = declaration.split_once("encoding") else {
            return Ok(());
        };
        let name = value
            .trim_start()
            .trim_start_matches('=')
            .trim_start()
            .trim_start_matches(['"', '\'']);
        if name.starts_with("utf-8") || name.starts_with("utf8") || name.starts_with("us-ascii") {
            return Ok(());
        }
        Err(FeedError::not_utf8(
            1,
            0,
            "it declares another encoding: save it as UTF-8",
        ))
    }

    fn end(&self) -> Result<Found, FeedError> {
        if !self.scanner.has_root() {
            return Err(self.other_format("it holds no tags".to_owned()));
        }
        if self.scanner.root_closed && self.scanner.open_item().is_none() {
            return Ok(Found::End);
        }
        self.cut(FeedError::truncated(self.cursor.line, self.cursor.byte))
    }

    fn cut(&self, error: FeedError) -> Result<Found, FeedError> {
        match self.scanner.open_item() {
            Some(line) => Ok(Found::Cut(line, Some(error))),
            None => Err(error),
        }
    }

    fn other_format(&self, problem: String) -> FeedError {
        FeedError::not_this_format(FeedFormat::GoogleXml, self.cursor.line, problem)
    }
}

/// The child elements of an item as a row. A child in Google's namespace (`g:title`) goes before a plain one.
fn row_of_xml(text: &str) -> Result<Row<'_>, Rejection> {
    let invalid = |problem: String| Rejection::InvalidXml {
        problem: problem.chars().take(120).collect(),
    };
    let mut reader = Reader::from_str(text);
    reader.config_mut().allow_dangling_amp = true;
    let mut row = Row::new();
    let mut depth = 0_u32;
    let mut child = Child::default();
    let mut shipping = Shipping::default();
    loop {
        match reader.read_event().map_err(|e| invalid(e.to_string()))? {
            XmlEvent::Start(tag) => {
                match depth {
                    1 => {
                        child = Child::of_tag(&tag);
                        shipping = Shipping::default();
                    }
                    2 => shipping.open(&tag),
                    _ => {}
                }
                depth += 1;
            }
            XmlEvent::Empty(tag) => {
                if depth == 1 {
                    Child::of_tag(&tag).store(&mut row);
                }
            }
            XmlEvent::End(_) => {
                depth = depth.saturating_sub(1);
                match depth {
                    1 => {
                        std::mem::take(&mut child).store(&mut row);
                        std::mem::take(&mut shipping).store(&mut row);
                    }
                    2 => shipping.close(),
                    _ => {}
                }
            }
            XmlEvent::Text(piece) => {
                let piece = piece.into_inner();
                shipping.push(&piece);
                child.push(piece);
            }
            XmlEvent::CData(piece) => child.push(piece.into_inner()),
            XmlEvent::GeneralRef(name) => {
                let reference = format!("&{};", name.into_inner());
                child.push(Cow::Owned(
                    html_escape::decode_html_entities(&reference).into_owned(),
                ));
            }
            XmlEvent::Eof => break,
            XmlEvent::Comment(_) | XmlEvent::Decl(_) | XmlEvent::PI(_) | XmlEvent::DocType(_) => {}
        }
    }
    Ok(row)
}

/// The days that Google's `shipping` element holds, one of several for different countries; only those for Korea, or for
/// no country in particular, count.
#[derive(Default)]
struct Shipping {
    reading: Option<ShippingPart>,
    text: String,
    country: Option<String>,
    handling: Option<String>,
    transit: Option<String>,
}

#[derive(Clone, Copy)]
enum ShippingPart {
    Country,
    Handling,
    Transit,
}

impl Shipping {
    fn open(&mut self, tag: &BytesStart<'_>) {
        let name = tag.name().into_inner();
        let local = name.rsplit_once(':').map_or(name, |(_, local)| local);
        self.reading = match local {
            "country" => Some(ShippingPart::Country),
            "max_handling_time" => Some(ShippingPart::Handling),
            "max_transit_time" => Some(ShippingPart::Transit),
            _ => None,
        };
        self.text.clear();
    }

    fn push(&mut self, piece: &str) {
        if self.reading.is_some() {
            self.text.push_str(piece);
        }
    }

    fn close(&mut self) {
        let place = match self.reading.take() {
            Some(ShippingPart::Country) => &mut self.country,
            Some(ShippingPart::Handling) => &mut self.handling,
            Some(ShippingPart::Transit) => &mut self.transit,
            None => return,
        };
        *place = Some(std::mem::take(&mut self.text));
    }

    fn store(self, row: &mut Row<'_>) {
        let abroad = |country: &str| !country.trim().eq_ignore_ascii_case("KR");
        if self.country.as_deref().is_some_and(abroad) {
            return;
        }
        let days = [
            (Field::HandlingDays, self.handling),
            (Field::TransitDays, self.transit),
        ];
        for (field, text) in days {
            if let Some(text) = text {
                row.set(field, Value::Text(Cow::Owned(text)));
            }
        }
    }
}

/// A child element of an item while it is read.
#[derive(Default)]
struct Child<'a> {
    field: Option<Field>,
    is_prefixed: bool,
    text: Cow<'a, str>,
}

impl<'a> Child<'a> {
    fn of_tag(tag: &BytesStart<'_>) -> Self {
        let name = tag.name().into_inner();
        let (prefix, local) = name.rsplit_once(':').unwrap_or(("", name));
        let field = Field::of_name(FeedFormat::GoogleXml, local);
        let text = if field == Some(Field::Link) {
            atom_link(tag)
        } else {
            None
        };
        Self {
            field,
            is_prefixed: !prefix.is_empty(),
            text: Cow::Owned(text.unwrap_or_default()),
        }
    }

    fn push(&mut self, piece: Cow<'a, str>) {
        match self.field {
            None => {}
            Some(_) if self.text.is_empty() => self.text = piece,
            Some(_) => self.text.to_mut().push_str(&piece),
        }
    }

    fn store(self, row: &mut Row<'a>) {
        let Some(field) = self.field else { return };
        let value = Value::Text(self.text);
        // Google lets some children repeat, as product_type; the first says the most.
        if self.is_prefixed {
            row.set_firmly(field, value)
        } else {
            row.set(field, value)
        }
    }
}

/// Atom keeps the address in an attribute; links that are not the page itself (`rel="self"`) do not count.
fn atom_link(tag: &BytesStart<'_>) -> Option<String> {
    let mut address = None;
    for attribute in tag.attributes().flatten() {
        let value = html_escape::decode_html_entities(attribute.value.as_ref()).into_owned();
        match attribute.key.into_inner() {
            "href" => address = Some(value),
            "rel" if value != "alternate" => return None,
            _ => {}
        }
    }
    address
}
