//! Saved answers of Naver's shopping search: one or many JSON documents with a list named `items`.
//! A scanner finds the objects of the lists byte by byte; each is then read by itself, so one bad item spoils no other.

use super::checks::Checker;
use super::errors::{FeedError, Rejection};
use super::input::{Cursor, Input};
use super::json_values::row_of_json;
use super::{FeedFormat, FeedItem, Found, MAX_ROW_BYTES};
use std::io::Read;

/// Documents nest four deep; deeper ones are not ours.
const MAX_DEPTH: usize = 64;
const ITEMS: &[u8] = b"items";

pub(super) struct Rows<R: Read> {
    cursor: Cursor<R>,
    scanner: Scanner,
}

impl<R: Read> Rows<R> {
    pub(super) fn new(input: Input<R>) -> Self {
        Self {
            cursor: Cursor::new(input),
            scanner: Scanner::default(),
        }
    }

    pub(super) fn input_mut(&mut self) -> &mut Input<R> {
        self.cursor.input_mut()
    }

    pub(super) fn next(&mut self, checker: &mut Checker) -> Result<Found, FeedError> {
        self.scanner.item.clear();
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
            match event {
                None => {}
                Some(Event::Item { line }) => return Ok(Found::Item(self.item(checker, line))),
                Some(Event::TooLong { line }) => {
                    return Ok(Found::Item(FeedItem::Rejected {
                        line,
                        reason: Rejection::RowTooLong {
                            limit: MAX_ROW_BYTES,
                        },
                    }));
                }
                Some(Event::Scalar { line }) => {
                    let problem = "an item must be an object".to_owned();
                    return Ok(Found::Item(FeedItem::Rejected {
                        line,
                        reason: Rejection::InvalidJson { column: 1, problem },
                    }));
                }
                Some(Event::Broken(problem)) => return Err(self.other_format(problem)),
            }
        }
    }

    fn item(&self, checker: &mut Checker, line: u64) -> FeedItem {
        let item = match std::str::from_utf8(&self.scanner.item) {
            Ok(text) => text,
            Err(e) => {
                return FeedItem::Rejected {
                    line,
                    reason: Rejection::NotUtf8 {
                        byte: e.valid_up_to(),
                    },
                };
            }
        };
        match row_of_json(FeedFormat::NaverShopJson, item) {
            Ok(row) => checker.item(line, row),
            Err((below, reason)) => FeedItem::Rejected {
                line: line + below,
                reason,
            },
        }
    }

    fn end(&self) -> Result<Found, FeedError> {
        if self.scanner.depth() > 0 || self.scanner.in_string {
            return self.cut(FeedError::truncated(self.cursor.line, self.cursor.byte));
        }
        if !self.scanner.has_items {
            return Err(self.other_format("it has no list named items"));
        }
        Ok(Found::End)
    }

    fn cut(&self, error: FeedError) -> Result<Found, FeedError> {
        match self.scanner.item_line {
            Some(line) => Ok(Found::Cut(line, Some(error))),
            None => Err(error),
        }
    }

    fn other_format(&self, problem: &str) -> FeedError {
        FeedError::not_this_format(FeedFormat::NaverShopJson, self.cursor.line, problem)
    }
}

enum Event {
    Item {
        line: u64,
    },
    TooLong {
        line: u64,
    },
    /// Something else than an object stands in the list.
    Scalar {
        line: u64,
    },
    Broken(&'static str),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Container {
    Object,
    List,
    Items,
}

#[derive(Default)]
struct Scanner {
    containers: Vec<Container>,
    in_string: bool,
    escaped: bool,
    /// The latest string outside items, as far as it can be `items`.
    word: Vec<u8>,
    /// Whether the latest thing was the key `items`.
    after_items_key: bool,
    has_items: bool,
    /// Bytes of the current item, and where it begins.
    item: Vec<u8>,
    item_line: Option<u64>,
    item_depth: usize,
    too_long: bool,
    scalar_line: Option<u64>,
}

impl Scanner {
    fn depth(&self) -> usize {
        self.containers.len() + self.item_depth
    }

    /// Reads up to the first event: bytes read, line ends among them, and the event.
    fn scan(&mut self, chunk: &[u8], mut line: u64) -> (usize, u64, Option<Event>) {
        let first = line;
        for (i, &byte) in chunk.iter().enumerate() {
            let event = if self.item_line.is_some() {
                self.step_in_item(byte)
            } else {
                self.step(byte, line)
            };
            line += u64::from(byte == b'\n');
            if event.is_some() {
                return (i + 1, line - first, event);
            }
        }
        (chunk.len(), line - first, None)
    }

    /// Whether the byte belongs to a string.
    fn step_in_string(&mut self, byte: u8) -> bool {
        if !self.in_string {
            self.in_string = byte == b'"';
            return self.in_string;
        }
        if self.escaped {
            self.escaped = false;
        } else if byte == b'\\' {
            self.escaped = true;
        } else if byte == b'"' {
            self.in_string = false;
        }
        true
    }

    fn step_in_item(&mut self, byte: u8) -> Option<Event> {
        if self.item.len() < MAX_ROW_BYTES {
            self.item.push(byte);
        } else {
            self.too_long = true;
        }
        if self.step_in_string(byte) {
            return None;
        }
        match byte {
            b'{' | b'[' => self.item_depth += 1,
            b'}' | b']' => self.item_depth -= 1,
            _ => {}
        }
        if self.item_depth > 0 {
            return None;
        }
        let line = self.item_line.take()?;
        let too_long = std::mem::take(&mut self.too_long);
        Some(if too_long {
            Event::TooLong { line }
        } else {
            Event::Item { line }
        })
    }

    fn step(&mut self, byte: u8, line: u64) -> Option<Event> {
        let was_in_string = self.in_string;
        let in_items = self.containers.last() == Some(&Container::Items);
        if self.step_in_string(byte) {
            if self.containers.is_empty() {
                return Some(Event::Broken("it does not begin with { or ["));
            }
            if in_items {
                self.scalar_line.get_or_insert(line);
            } else if !was_in_string {
                self.word.clear();
            } else if self.in_string && self.word.len() <= ITEMS.len() {
                self.word.push(byte);
            }
            return None;
        }
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => None,
            b':' => {
                self.after_items_key = self.word == ITEMS;
                None
            }
            b'{' if in_items && self.scalar_line.is_none() => {
                self.item.push(byte);
                self.item_line = Some(line);
                self.item_depth = 1;
                None
            }
            b'{' | b'[' => self.open(byte),
            b'}' | b']' => self.close(byte),
            b',' => {
                self.after_items_key = false;
                self.word.clear();
                self.scalar_line.take().map(|line| Event::Scalar { line })
            }
            _ if self.containers.is_empty() => Some(Event::Broken("it does not begin with { or [")),
            _ => {
                if in_items {
                    self.scalar_line.get_or_insert(line);
                }
                None
            }
        }
    }

    fn open(&mut self, byte: u8) -> Option<Event> {
        let container = match byte {
            b'{' => Container::Object,
            _ if self.after_items_key && self.containers.last() == Some(&Container::Object) => {
                Container::Items
            }
            _ => Container::List,
        };
        self.has_items |= container == Container::Items;
        self.after_items_key = false;
        self.word.clear();
        self.containers.push(container);
        (self.containers.len() > MAX_DEPTH).then_some(Event::Broken("its brackets nest too deep"))
    }

    fn close(&mut self, byte: u8) -> Option<Event> {
        let closed = self.containers.pop();
        self.word.clear();
        let matches = match closed {
            Some(Container::Object) => byte == b'}',
            Some(Container::List | Container::Items) => byte == b']',
            None => false,
        };
        if !matches {
            return Some(Event::Broken("its brackets do not match"));
        }
        self.scalar_line.take().map(|line| Event::Scalar { line })
    }
}
