//! Finds the items of an XML feed byte by byte, in bounded memory and whatever is wrong inside them.
//! It knows tags, comments, CDATA, instructions and the document type; what an item says is read in `xml`.

use super::MAX_ROW_BYTES;

/// Tag names and instructions are kept up to here.
const MAX_WORD_BYTES: usize = 200;

/// What the scanner came upon.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// A whole item stands in [`Scanner::item`].
    Item { line: u64 },
    /// An item above the limit.
    TooLong { line: u64 },
    /// An item that another one follows before its end tag.
    Unclosed { line: u64 },
    /// The first tag of the document, as [`Scanner::word`].
    Root,
    /// The XML declaration, as [`Scanner::word`].
    Declaration,
    /// Text where there must be none: this is no XML.
    TextBeforeRoot,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Text,
    /// After `<`.
    Opened,
    Name {
        closing: bool,
    },
    Tag {
        closing: bool,
        quote: u8,
        previous: u8,
    },
    /// After `<!`, until it is clear what follows.
    Bang,
    Comment {
        dashes: u8,
    },
    CData {
        brackets: u8,
    },
    Instruction {
        question: bool,
    },
    DocType {
        depth: u8,
        quote: u8,
    },
}

struct Capture {
    name: Vec<u8>,
    line: u64,
    too_long: bool,
}

pub(super) struct Scanner {
    place: Place,
    /// Name of the current tag, or the start of an instruction.
    pub(super) word: Vec<u8>,
    root: Option<Vec<u8>>,
    pub(super) root_closed: bool,
    /// Bytes of the current or the finished item, its tags included.
    pub(super) item: Vec<u8>,
    capture: Option<Capture>,
    tag_line: u64,
}

impl Scanner {
    pub(super) fn new() -> Self {
        Self {
            place: Place::Text,
            word: Vec::new(),
            root: None,
            root_closed: false,
            item: Vec::new(),
            capture: None,
            tag_line: 1,
        }
    }

    /// The line of the item that is being read.
    pub(super) fn open_item(&self) -> Option<u64> {
        self.capture.as_ref().map(|capture| capture.line)
    }

    pub(super) fn has_root(&self) -> bool {
        self.root.is_some()
    }

    /// Reads up to the first event: bytes read, line ends among them, and the event.
    pub(super) fn scan(&mut self, chunk: &[u8], mut line: u64) -> (usize, u64, Option<Event>) {
        let first = line;
        for (i, &byte) in chunk.iter().enumerate() {
            let event = self.step(byte, line);
            line += u64::from(byte == b'\n');
            if event.is_some() {
                return (i + 1, line - first, event);
            }
        }
        (chunk.len(), line - first, None)
    }

    fn step(&mut self, byte: u8, line: u64) -> Option<Event> {
        if let Some(capture) = &mut self.capture {
            if self.item.len() < MAX_ROW_BYTES {
                self.item.push(byte);
            } else {
                capture.too_long = true;
            }
        }
        let (place, event) = match self.place {
            Place::Text => return self.step_in_text(byte, line),
            Place::Opened => self.step_opened(byte),
            Place::Name { closing } => self.step_in_name(byte, closing),
            Place::Tag {
                closing,
                quote,
                previous,
            } => return self.step_in_tag(byte, closing, quote, previous),
            Place::Bang => (self.step_after_bang(byte), None),
            Place::Comment { dashes } => match byte {
                b'>' if dashes >= 2 => (Place::Text, None),
                b'-' => (
                    Place::Comment {
                        dashes: (dashes + 1).min(2),
                    },
                    None,
                ),
                _ => (Place::Comment { dashes: 0 }, None),
            },
            Place::CData { brackets } => match byte {
                b'>' if brackets >= 2 => (Place::Text, None),
                b']' => (
                    Place::CData {
                        brackets: (brackets + 1).min(2),
                    },
                    None,
                ),
                _ => (Place::CData { brackets: 0 }, None),
            },
            Place::Instruction { question } => {
                if byte == b'>' && question {
                    let declares = self.word.starts_with(b"xml ") && !self.has_root();
                    (Place::Text, declares.then_some(Event::Declaration))
                } else {
                    self.keep(byte);
                    (
                        Place::Instruction {
                            question: byte == b'?',
                        },
                        None,
                    )
                }
            }
            Place::DocType { depth, quote } => (step_in_doctype(byte, depth, quote), None),
        };
        self.place = place;
        event
    }

    fn keep(&mut self, byte: u8) {
        if self.word.len() < MAX_WORD_BYTES {
            self.word.push(byte);
        }
    }

    fn step_in_text(&mut self, byte: u8, line: u64) -> Option<Event> {
        if byte == b'<' {
            self.place = Place::Opened;
            self.tag_line = line;
            return None;
        }
        (!self.has_root() && !byte.is_ascii_whitespace()).then_some(Event::TextBeforeRoot)
    }

    fn step_opened(&mut self, byte: u8) -> (Place, Option<Event>) {
        self.word.clear();
        match byte {
            b'/' => (Place::Name { closing: true }, None),
            b'!' => (Place::Bang, None),
            b'?' => (Place::Instruction { question: false }, None),
            b'<' => (Place::Opened, None),
            b'>' => (Place::Text, None),
            _ if byte.is_ascii_whitespace() => (Place::Text, None),
            _ => {
                self.keep(byte);
                (Place::Name { closing: false }, None)
            }
        }
    }

    fn step_in_name(&mut self, byte: u8, closing: bool) -> (Place, Option<Event>) {
        if !(byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>')) {
            self.keep(byte);
            return (Place::Name { closing }, None);
        }
        let mut event = None;
        if !closing {
            if self.root.is_none() {
                self.root = Some(self.word.clone());
                event = Some(Event::Root);
            } else if is_item_name(&self.word) {
                event = self.begin_item(byte);
            }
        }
        if byte == b'>' {
            let end = if closing { self.end_tag() } else { None };
            return (Place::Text, event.or(end));
        }
        (
            Place::Tag {
                closing,
                quote: 0,
                previous: byte,
            },
            event,
        )
    }

    fn begin_item(&mut self, byte: u8) -> Option<Event> {
        let line = self.tag_line;
        let unclosed = self
            .capture
            .take()
            .map(|capture| Event::Unclosed { line: capture.line });
        self.capture = Some(Capture {
            name: self.word.clone(),
            line,
            too_long: false,
        });
        self.item.clear();
        self.item.push(b'<');
        self.item.extend_from_slice(&self.word);
        self.item.push(byte);
        unclosed
    }

    fn step_in_tag(&mut self, byte: u8, closing: bool, quote: u8, previous: u8) -> Option<Event> {
        let quote = match byte {
            b'"' | b'\'' if quote == 0 => byte,
            _ if byte == quote => 0,
            _ => quote,
        };
        if byte != b'>' || quote != 0 {
            self.place = Place::Tag {
                closing,
                quote,
                previous: byte,
            };
            return None;
        }
        self.place = Place::Text;
        // An empty element ends where it begins.
        if closing || previous == b'/' {
            self.end_tag()
        } else {
            None
        }
    }

    fn end_tag(&mut self) -> Option<Event> {
        if self.root.as_deref() == Some(&self.word) {
            self.root_closed = true;
        }
        if self
            .capture
            .as_ref()
            .is_none_or(|capture| capture.name != self.word)
        {
            // The end of the feed ends an item that has no end of its own.
            let orphan = if self.root_closed {
                self.capture.take()
            } else {
                None
            };
            return orphan.map(|capture| Event::Unclosed { line: capture.line });
        }
        let capture = self.capture.take()?;
        let line = capture.line;
        Some(if capture.too_long {
            Event::TooLong { line }
        } else {
            Event::Item { line }
        })
    }

    fn step_after_bang(&mut self, byte: u8) -> Place {
        const CDATA: &[u8] = b"[CDATA[";
        self.keep(byte);
        match self.word.as_slice() {
            b"-" => Place::Bang,
            b"--" => Place::Comment { dashes: 0 },
            CDATA => Place::CData { brackets: 0 },
            word if CDATA.starts_with(word) => Place::Bang,
            _ => step_in_doctype(byte, 0, 0),
        }
    }
}

fn step_in_doctype(byte: u8, depth: u8, quote: u8) -> Place {
    match byte {
        _ if quote != 0 => Place::DocType {
            depth,
            quote: if byte == quote { 0 } else { quote },
        },
        b'"' | b'\'' => Place::DocType { depth, quote: byte },
        b'[' => Place::DocType {
            depth: depth.saturating_add(1),
            quote,
        },
        b']' => Place::DocType {
            depth: depth.saturating_sub(1),
            quote,
        },
        b'>' if depth == 0 => Place::Text,
        _ => Place::DocType { depth, quote },
    }
}

/// `item` in RSS, `entry` in Atom, with or without a prefix.
fn is_item_name(name: &[u8]) -> bool {
    matches!(local_name(name), b"item" | b"entry")
}

/// A name without its prefix.
pub(super) fn local_name(name: &[u8]) -> &[u8] {
    name.iter()
        .rposition(|&b| b == b':')
        .map_or(name, |at| &name[at + 1..])
}
