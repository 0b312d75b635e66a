//! Any text of a feed as plain text: no tags, entities decoded, no control or invisible characters, single spaces.

use std::borrow::Cow;

/// Markup nested in entities (`&amp;lt;b&amp;gt;`) is undone up to this depth.
const MAX_DECODINGS: usize = 4;
/// A tag longer than this is text with a stray `<`.
const MAX_TAG_BYTES: usize = 2_048;

/// Text without markup, entities, control characters and characters that are invisible or turn the direction of reading;
/// runs of whitespace become one space. Borrows when there is nothing to do. The result never holds `<` before a letter.
pub fn plain_text(text: &str) -> Cow<'_, str> {
    if is_plain(text) {
        return Cow::Borrowed(text);
    }
    let mut current = Cow::Borrowed(text);
    for _ in 0..MAX_DECODINGS {
        if !current.contains(['<', '&']) {
            break;
        }
        let next = without_tags(&html_escape::decode_html_entities(&current));
        if next == current {
            break;
        }
        current = Cow::Owned(next);
    }
    // Dropping a hidden character can bring `<` and a letter together, so that comes first and the tags once more after it.
    let collapsed = collapse(&current);
    if collapsed.contains('<') {
        Cow::Owned(collapse(&without_tags(&collapsed)))
    } else {
        Cow::Owned(collapsed)
    }
}

/// First bytes that may begin something to change: markup, ASCII controls, and the UTF-8 blocks that hold controls,
/// spaces, direction marks and invisible letters. The lead bytes of Hangul syllables are not among them.
const SUSPICIOUS: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 0x20 {
        table[byte] = true;
        byte += 1;
    }
    let leads: [usize; 10] = [
        0x7F,
        b'<' as usize,
        b'&' as usize,
        0xC2,
        0xD8,
        0xE1,
        0xE2,
        0xE3,
        0xEF,
        0xF3,
    ];
    let mut i = 0;
    while i < leads.len() {
        table[leads[i]] = true;
        i += 1;
    }
    table
};

fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut after_space = true;
    for &byte in bytes {
        let space = byte == b' ';
        if SUSPICIOUS[byte as usize] || (space && after_space) {
            return false;
        }
        after_space = space;
    }
    !after_space || bytes.is_empty()
}

fn collapse(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut gap = false;
    for c in text.chars() {
        if is_invisible(c) {
            continue;
        }
        if c.is_whitespace() || c.is_control() || is_filler(c) {
            gap = true;
            continue;
        }
        if gap && !out.is_empty() {
            out.push(' ');
        }
        gap = false;
        out.push(c);
    }
    out
}

/// Direction marks (UAX #9), zero-width characters, byte order mark, soft hyphen, tags and annotation marks.
/// The joiners U+200C and U+200D stay: emoji and some scripts need them.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{AD}'
            | '\u{61C}'
            | '\u{180E}'
            | '\u{200B}'
            | '\u{200E}'
            | '\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{FEFF}'
            | '\u{FFF9}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E007F}'
    )
}

/// Hangul fillers: letters by their class, blank to the eye.
fn is_filler(c: char) -> bool {
    matches!(c, '\u{115F}' | '\u{1160}' | '\u{3164}' | '\u{FFA0}')
}

fn without_tags(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        out.push_str(&rest[..at]);
        rest = read_markup(&rest[at..], &mut out);
    }
    out.push_str(rest);
    out
}

/// Reads what begins with `<`, writes what stays of it, and gives the rest.
fn read_markup<'a>(text: &'a str, out: &mut String) -> &'a str {
    let inner = &text[1..];
    if let Some(comment) = inner.strip_prefix("!--") {
        return comment.find("-->").map_or("", |end| &comment[end + 3..]);
    }
    let opens = inner.strip_prefix('/').unwrap_or(inner);
    let Some(first) = opens.chars().next() else {
        return inner;
    };
    if !(first.is_ascii_alphabetic() || matches!(first, '!' | '?')) {
        out.push('<');
        return inner;
    }
    let Some(end) = tag_end(inner) else {
        return inner;
    };
    let (tag, rest) = (&inner[..end], &inner[end + 1..]);
    let name_end = opens
        .find(|c: char| c.is_whitespace() || matches!(c, '/' | '>' | '<'))
        .unwrap_or(opens.len());
    let name = opens[..name_end].to_ascii_lowercase();
    match element(&name) {
        Element::Unknown
            if inner.len() == opens.len()
                && !matches!(first, '!' | '?')
                && !tag.contains(['=', '<']) =>
        {
            // A shop's angle brackets around a name, as in "<SONY> 이어폰".
            out.push(' ');
            out.push_str(tag);
            out.push(' ');
            rest
        }
        Element::Inline | Element::Unknown => rest,
        Element::Block => {
            out.push(' ');
            rest
        }
        Element::Hidden if inner.len() == opens.len() => after_closing(rest, &name),
        Element::Hidden => rest,
    }
}

/// Where the tag that begins this text ends: the first `>` outside quotes, or the first one at all when a quote stays open.
fn tag_end(text: &str) -> Option<usize> {
    let window = &text.as_bytes()[..text.len().min(MAX_TAG_BYTES)];
    let mut quote = None;
    let mut previous = 0;
    for (i, &byte) in window.iter().enumerate() {
        match quote {
            Some(open) if byte == open => quote = None,
            Some(_) => {}
            None if byte == b'>' => return Some(i),
            None if matches!(byte, b'"' | b'\'') && previous == b'=' => quote = Some(byte),
            None => {}
        }
        if !byte.is_ascii_whitespace() {
            previous = byte;
        }
    }
    window.iter().position(|&b| b == b'>')
}

/// The text after `</name>`; a script that is never closed hides the rest, as it does in a browser.
fn after_closing<'a>(text: &'a str, name: &str) -> &'a str {
    let mut rest = text;
    while let Some(at) = rest.find("</") {
        rest = &rest[at + 2..];
        if rest
            .get(..name.len())
            .is_some_and(|n| n.eq_ignore_ascii_case(name))
        {
            return rest.find('>').map_or("", |end| &rest[end + 1..]);
        }
    }
    ""
}

enum Element {
    Inline,
    Block,
    Hidden,
    Unknown,
}

/// Elements of HTML that feeds use; names outside are taken for a shop's own angle brackets.
fn element(name: &str) -> Element {
    match name {
        "b" | "i" | "u" | "s" | "em" | "strong" | "span" | "font" | "a" | "small" | "big"
        | "sub" | "sup" | "mark" | "del" | "ins" | "strike" | "code" | "abbr" | "label"
        | "nobr" | "wbr" => Element::Inline,
        "script" | "style" | "title" | "template" | "noscript" => Element::Hidden,
        "br" | "p" | "div" | "li" | "ul" | "ol" | "dl" | "dt" | "dd" | "tr" | "td" | "th"
        | "table" | "tbody" | "thead" | "tfoot" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6"
        | "hr" | "img" | "center" | "section" | "article" | "header" | "footer" | "pre"
        | "blockquote" | "iframe" | "embed" | "object" | "video" | "audio" | "source" | "form"
        | "input" | "button" | "svg" | "link" | "meta" | "html" | "head" | "body" | "figure"
        | "main" | "nav" => Element::Block,
        _ => Element::Unknown,
    }
}
