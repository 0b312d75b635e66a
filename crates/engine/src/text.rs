//! Text as the engine sees it: normal form, tokens, index terms (Hangul bigrams, whole Latin and digit tokens) and Korean particles.
//! Real Korean shop titles are spaced at random, so nothing here depends on where the spaces stand.

use frostem::{Algorithm, Stemmer};
use std::borrow::Cow;
use std::ops::Range;
use unicode_normalization::char::decompose_canonical;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};
use xxhash_rust::xxh3::xxh3_64;

/// Whether a character is a composed Hangul syllable.
pub fn is_hangul(c: char) -> bool {
    ('\u{AC00}'..='\u{D7A3}').contains(&c)
}

/// NFKC, lower case, Latin letters without accents, everything but letters and digits folded to single spaces, no space at either end.
/// The sign for inches after a number becomes the word.
pub fn normalise(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut push = |c: char| {
        // The two scripts of nearly every title go the short way round the Unicode tables.
        if is_hangul(c) {
            out.push(c);
        } else if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
        } else if c.is_alphanumeric() {
            c.to_lowercase().for_each(|c| out.push(unaccented(c)));
        } else if matches!(c, '"' | '\u{2033}' | '\u{201d}')
            && out.ends_with(|c: char| c.is_ascii_digit())
        {
            out.push_str(" in ");
        } else if c == '\'' || c == '\u{2019}' {
            // An apostrophe joins: "men's" is one token, "mens".
        } else if !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
    };
    let plain = text.chars().all(|c| c.is_ascii() || is_hangul(c));
    if plain || is_nfkc_quick(text.chars()) == IsNormalized::Yes {
        text.chars().for_each(&mut push);
    } else {
        text.nfkc().for_each(&mut push);
    }
    if out.ends_with(' ') {
        out.pop();
    }
    out
}

/// A Latin letter without its accent; anything else as it is.
fn unaccented(c: char) -> char {
    let mut first = None;
    decompose_canonical(c, |part| first = first.or(Some(part)));
    first.filter(char::is_ascii_alphabetic).unwrap_or(c)
}

/// Tokens of a normalised text: runs of Hangul, and runs of anything else between spaces ("led무드등" gives "led", "무드등").
pub fn tokens(normalised: &str) -> impl Iterator<Item = &str> {
    normalised.split(' ').flat_map(|word| {
        let mut rest = word;
        std::iter::from_fn(move || {
            let first = rest.chars().next()?;
            let hangul = is_hangul(first);
            let end = rest
                .char_indices()
                .find(|&(_, c)| is_hangul(c) != hangul)
                .map_or(rest.len(), |(i, _)| i);
            let (token, tail) = rest.split_at(end);
            rest = tail;
            Some(token)
        })
    })
}

/// Identity of an index term: two Hangul syllables packed without loss, or a hash of a Latin token with the top bit set.
pub type TermId = u64;

fn bigram(a: char, b: char) -> TermId {
    (u64::from(a as u32) << 32) | u64::from(b as u32)
}

/// Term of a word that is no Hangul, in whatever number it stands.
pub fn word_term(token: &str) -> TermId {
    xxh3_64(stem(token).as_bytes()) | (1 << 63)
}

/// The term that says "in the description": a space of its own, so that a word said by the way is not taken for the thing.
pub fn in_description(term: TermId) -> TermId {
    term.wrapping_mul(0xD6E8_FEB8_6659_FD93)
}

/// Plurals that no rule gives, with the words that only look like plurals.
const IRREGULAR: &[(&str, &str)] = &[
    ("buses", "bus"),
    ("children", "child"),
    ("childrens", "child"),
    ("feet", "foot"),
    ("knives", "knife"),
    ("leaves", "leaf"),
    ("lens", "lens"),
    ("lenses", "lens"),
    ("loaves", "loaf"),
    ("men", "man"),
    ("mens", "man"),
    ("mice", "mouse"),
    ("scarves", "scarf"),
    ("shelves", "shelf"),
    ("teeth", "tooth"),
    ("wives", "wife"),
    ("women", "woman"),
    ("womens", "woman"),
];

/// An English word without plural and possessive, by the rules of the S-stemmer (Harman 1991) with its gaps filled; anything else as
/// it is. "-ie" becomes "-y" as well, so that "batteries" meets "battery" and "cookies" meets "cookie" without a list of either.
/// Kept this light on purpose: "bedding" is no bed and an "earring" no ear. Search looks up the looser relatives by [`root`].
pub fn stem(token: &str) -> Cow<'_, str> {
    let bytes = token.as_bytes();
    let n = bytes.len();
    if n < 3 || !token.is_ascii() || bytes[n - 1].is_ascii_digit() {
        return Cow::Borrowed(token);
    }
    if let Ok(at) = IRREGULAR.binary_search_by(|(plural, _)| (*plural).cmp(token)) {
        return Cow::Borrowed(IRREGULAR[at].1);
    }
    let ends = |suffix: &str| bytes.ends_with(suffix.as_bytes());
    if n > 4 && (ends("ies") || ends("ie")) {
        let bare = token.trim_end_matches('s');
        return Cow::Owned(format!("{}y", &bare[..bare.len() - 2]));
    }
    if n < 4 || !ends("s") || ends("ss") || ends("us") || ends("is") {
        return Cow::Borrowed(token);
    }
    let sibilant = ["ches", "shes", "xes", "sses", "zzes"]
        .iter()
        .any(|s| ends(s));
    let vowel = ends("oes") && n > 5 && !ends("shoes") && token != "canoes";
    Cow::Borrowed(&token[..n - if sibilant || vowel { 2 } else { 1 }])
}

/// What an English word shares with its relatives ("folding", "foldable", "folded"), by the Porter2 stemmer (Porter 2001).
pub fn root(token: &str) -> Cow<'_, str> {
    Stemmer::new(Algorithm::English).stem(token)
}

/// Units as shops write them after a number, with one spelling of each.
const UNITS: &[(&str, &str)] = &[
    ("centimeter", "cm"),
    ("cm", "cm"),
    ("count", "ct"),
    ("ct", "ct"),
    ("feet", "ft"),
    ("foot", "ft"),
    ("ft", "ft"),
    ("g", "g"),
    ("gallon", "gal"),
    ("gal", "gal"),
    ("gb", "gb"),
    ("gram", "g"),
    ("hour", "h"),
    ("in", "in"),
    ("inch", "in"),
    ("kg", "kg"),
    ("l", "l"),
    ("lb", "lb"),
    ("liter", "l"),
    ("litre", "l"),
    ("mah", "mah"),
    ("meter", "m"),
    ("ml", "ml"),
    ("mm", "mm"),
    ("ounce", "oz"),
    ("oz", "oz"),
    ("pack", "pk"),
    ("pc", "pc"),
    ("piece", "pc"),
    ("pk", "pk"),
    ("pound", "lb"),
    ("quart", "qt"),
    ("qt", "qt"),
    ("tb", "tb"),
    ("volt", "v"),
    ("w", "w"),
    ("watt", "w"),
];

fn unit(token: &str) -> Option<&'static str> {
    let singular = stem(token);
    UNITS.iter().find(|u| u.0 == singular).map(|u| u.1)
}

fn is_number(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|b| b.is_ascii_digit())
}

/// A number with its unit in one spelling, from one token ("10inch") or two ("10", "inches"): "10in".
pub fn measure(token: &str, next: Option<&str>) -> Option<String> {
    if is_number(token) {
        return Some(format!("{token}{}", unit(next?)?));
    }
    let digits = token.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = token.split_at(digits);
    Some(format!("{number}{}", unit(rest).filter(|_| digits > 0)?))
}

/// Words that a hyphen holds together, joined, in normal form: "Wi-Fi" gives "wifi".
pub fn hyphenated(text: &str) -> impl Iterator<Item = String> {
    let joins = |(at, _): &(usize, &str)| {
        let ascii = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        ascii(text[..*at].chars().next_back()) && ascii(text[at + 1..].chars().next())
    };
    text.match_indices('-').filter(joins).map(|(at, _)| {
        let outside = |c: char| !c.is_ascii_alphanumeric();
        let start = text[..at].rfind(outside).map_or(0, |i| {
            i + text[i..].chars().next().map_or(1, char::len_utf8)
        });
        let end = text[at + 1..]
            .find(outside)
            .map_or(text.len(), |i| at + 1 + i);
        format!("{}{}", &text[start..at], &text[at + 1..end]).to_ascii_lowercase()
    })
}

/// Calls `emit` with every index term of a normalised text, in order, repeated terms repeated.
/// Bigrams also span the space between two Hangul tokens, so "무선 이어폰" holds all terms of "무선이어폰".
pub fn index_terms(normalised: &str, mut emit: impl FnMut(TermId)) {
    let mut previous: Option<char> = None;
    let mut number: Option<&str> = None;
    for token in tokens(normalised) {
        if !token.starts_with(is_hangul) {
            let measured = match number {
                Some(number) => measure(number, Some(token)),
                None => measure(token, None),
            };
            if number.is_some() || measured.is_none() {
                emit(word_term(token));
            }
            if let Some(measured) = measured {
                emit(word_term(&measured));
            }
            number = is_number(token).then_some(token);
            previous = None;
            continue;
        }
        number = None;
        let mut chars = token.chars();
        let Some(mut last) = chars.next() else {
            continue;
        };
        if let Some(before) = previous {
            emit(bigram(before, last));
        }
        let mut single = true;
        for c in chars {
            emit(bigram(last, c));
            last = c;
            single = false;
        }
        if single {
            emit(u64::from(last as u32));
        }
        previous = Some(last);
    }
}

/// Terms to look up for a query: as [`index_terms`] without the bigrams that span a space, particles taken off, repeats dropped.
pub fn query_terms(normalised: &str) -> Vec<TermId> {
    let mut terms = Vec::with_capacity(16);
    for token in tokens(normalised) {
        index_terms(strip_josa(token), |t| {
            if !terms.contains(&t) {
                terms.push(t);
            }
        });
    }
    terms
}

/// Particles and polite endings that stick to nouns in Korean free text, longest first.
const JOSA: &[&str] = &[
    "이라서",
    "에게서",
    "한테서",
    "으로는",
    "이에요",
    "이예요",
    "입니다",
    "이랑은",
    "에서",
    "에게",
    "한테",
    "께서",
    "으로",
    "이랑",
    "이나",
    "이고",
    "처럼",
    "보다",
    "까지",
    "부터",
    "하고",
    "예요",
    "에요",
    "은",
    "는",
    "이",
    "가",
    "을",
    "를",
    "과",
    "와",
    "랑",
    "의",
    "로",
    "도",
    "만",
    "께",
    "에",
    "나",
];

/// Particles that many nouns end in as well (고양이, 귀걸이, 바나나): recognised after a known word, never cut from an unknown one.
const AMBIGUOUS_JOSA: &[&str] = &[
    "이", "가", "과", "의", "로", "도", "만", "에", "나", "이나", "이고", "보다",
];

/// The token without its particle, when at least two syllables remain; a token that is no Hangul comes back as it is.
pub fn strip_josa(token: &str) -> &str {
    if !token.starts_with(is_hangul) {
        return token;
    }
    for josa in JOSA.iter().filter(|j| !AMBIGUOUS_JOSA.contains(j)) {
        if let Some(stem) = token.strip_suffix(josa)
            && stem.chars().count() >= 2
            && josa_agrees(stem, josa)
        {
            return stem;
        }
    }
    token
}

/// The word before any particle that can follow it, also one that many nouns end in, longest particle first.
pub fn without_josa(token: &str) -> impl Iterator<Item = &str> {
    JOSA.iter().filter_map(move |josa| {
        let stem = token.strip_suffix(josa)?;
        (stem.chars().count() >= 2 && josa_agrees(stem, josa)).then_some(stem)
    })
}

/// Whether a text is a particle or a polite ending.
pub fn is_josa(text: &str) -> bool {
    JOSA.contains(&text)
}

/// Whether a particle can follow a stem: "은, 이, 을, 과" want a final consonant, "는, 가, 를, 와" want none.
fn josa_agrees(stem: &str, josa: &str) -> bool {
    let closed = has_final_consonant(stem);
    match josa {
        "은" | "이" | "을" | "과" | "으로" | "이랑" | "이나" => closed,
        "는" | "가" | "를" | "와" | "랑" | "나" => !closed,
        _ => true,
    }
}

/// Whether a word ends in a consonant when spoken: Hangul by its last letter, digits by their Korean names, Latin by spelling.
pub fn has_final_consonant(text: &str) -> bool {
    match text.chars().rev().find(|c| c.is_alphanumeric()) {
        Some(c) if is_hangul(c) => !(c as u32 - 0xAC00).is_multiple_of(28),
        Some(c @ '0'..='9') => matches!(c, '0' | '1' | '3' | '6' | '7' | '8'),
        Some(c) => matches!(c.to_ascii_lowercase(), 'l' | 'm' | 'n' | 'r'),
        None => false,
    }
}

/// A word with the fitting one of two particles: `with_josa("책", "은", "는")` gives "책은".
pub fn with_josa(text: &str, closed: &str, open: &str) -> String {
    format!(
        "{text}{}",
        if has_final_consonant(text) {
            closed
        } else {
            open
        }
    )
}

/// A normalised text squeezed for dictionary look-up: Hangul joined across spaces, each Latin token between two marks,
/// with the places where tokens begin and end kept, so that a match can be judged by where it stands.
#[derive(Debug, Default)]
pub struct Squeezed {
    text: String,
    edges: Vec<u32>,
}

const OPEN: char = '\u{1}';
const CLOSE: char = '\u{2}';

impl Squeezed {
    /// Squeezes a normalised text.
    pub fn new(normalised: &str) -> Self {
        let mut squeezed = Self {
            text: String::with_capacity(normalised.len() + 8),
            edges: Vec::with_capacity(16),
        };
        for word in normalised.split(' ') {
            for token in tokens(word) {
                squeezed.edge();
                if token.starts_with(is_hangul) {
                    squeezed.text.push_str(token);
                } else {
                    squeezed.text.push(OPEN);
                    squeezed.text.push_str(&stem(token));
                    squeezed.text.push(CLOSE);
                }
            }
        }
        squeezed.edge();
        squeezed
    }

    fn edge(&mut self) {
        let here = self.text.len() as u32;
        if self.edges.last() != Some(&here) {
            self.edges.push(here);
        }
    }

    /// The squeezed text, to be searched.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Byte ranges of the tokens, in the order of [`tokens`].
    pub fn spans(&self) -> impl Iterator<Item = Range<usize>> {
        self.edges
            .windows(2)
            .map(|pair| pair[0] as usize..pair[1] as usize)
    }

    fn is_edge(&self, at: usize) -> bool {
        self.edges.binary_search(&(at as u32)).is_ok()
    }

    /// Whether a dictionary word found at `start..end` stands as a word of its own: one syllable must be a whole token, two must
    /// begin or end one, longer ones may stand anywhere; whatever crosses a token's edge must begin on one and end on one itself,
    /// or be so long that an ending behind it changes nothing ("허리가 안 좋|으세요").
    pub fn stands_alone(&self, start: usize, end: usize) -> bool {
        /// Syllables from which on a phrase is known without its ending.
        const LONG: usize = 5;
        if self.text[start..].starts_with(OPEN) {
            return true;
        }
        let begins = self.is_edge(start);
        let ends = self.is_edge(end) || self.josa_follows(end);
        let syllables = self.text[start..end].chars().count();
        let crossed = self.edges.partition_point(|&e| (e as usize) <= start)
            < self.edges.partition_point(|&e| (e as usize) < end);
        if crossed {
            return begins && (ends || syllables >= LONG);
        }
        match syllables {
            0 | 1 => begins && ends,
            2 => begins || ends,
            _ => true,
        }
    }

    fn josa_follows(&self, end: usize) -> bool {
        let next_edge = self.edges.partition_point(|&e| (e as usize) <= end);
        self.edges
            .get(next_edge)
            .is_some_and(|&e| is_josa(&self.text[end..e as usize]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_form_folds_width_case_and_signs() {
        assert_eq!(
            normalise("【특가】 ＬＥＤ  무드등(3단)  Men's"),
            "특가 led 무드등 3단 mens"
        );
        assert_eq!(normalise("  ★ "), "");
    }

    #[test]
    fn tokens_part_at_script_borders() {
        assert_eq!(
            tokens("led무드등 500ml").collect::<Vec<_>>(),
            ["led", "무드등", "500ml"]
        );
    }

    #[test]
    fn spacing_does_not_matter() {
        let mut title = Vec::new();
        index_terms(&normalise("무선 이어폰"), |t| title.push(t));
        for term in query_terms(&normalise("무선이어폰")) {
            assert!(title.contains(&term));
        }
    }

    #[test]
    fn plural_meets_singular() {
        assert_eq!(query_terms("candles"), query_terms("candle"));
        assert_eq!(query_terms("watches"), query_terms("watch"));
        assert_ne!(query_terms("glass"), query_terms("glas"));
        for (plural, singular) in [
            ("batteries", "battery"),
            ("cookies", "cookie"),
            ("sizes", "size"),
            ("knives", "knife"),
            ("womens", "woman"),
            ("tomatoes", "tomato"),
            ("shoes", "shoe"),
            ("lenses", "lens"),
            ("ties", "tie"),
        ] {
            assert_eq!(stem(plural), stem(singular), "{plural}");
        }
        assert_ne!(stem("bedding"), stem("bed"));
        assert_eq!(root("folding"), root("folded"));
        assert!(IRREGULAR.is_sorted());
    }

    #[test]
    fn accents_hyphens_and_units_are_one_spelling() {
        let terms = |text: &str| {
            let mut terms = Vec::new();
            index_terms(&normalise(text), |t| terms.push(t));
            terms
        };
        assert_eq!(normalise("Café Crème"), "cafe creme");
        for size in ["10 inch", "10in", "10\"", "10-inch", "10 Inches"] {
            assert!(terms(size).contains(&word_term("10in")), "{size}");
        }
        assert_eq!(
            hyphenated("Wi-Fi 6 T-Shirt - blue").collect::<Vec<_>>(),
            ["wifi", "tshirt"]
        );
        assert_eq!(hyphenated("무선-유선 é-ab").count(), 0);
    }

    #[test]
    fn particles_come_off_only_where_they_fit() {
        assert_eq!(strip_josa("낚시를"), "낚시");
        assert_eq!(strip_josa("텀블러랑"), "텀블러");
        assert_eq!(strip_josa("책은"), "책은");
        assert_eq!(strip_josa("초콜릿을"), "초콜릿");
        assert_eq!(strip_josa("고양이"), "고양이");
        assert_eq!(strip_josa("귀걸이를"), "귀걸이");
    }

    #[test]
    fn particles_follow_the_sound() {
        assert_eq!(with_josa("무드등", "은", "는"), "무드등은");
        assert_eq!(with_josa("커피", "을", "를"), "커피를");
        assert_eq!(with_josa("USB 3", "이", "가"), "USB 3이");
    }

    #[test]
    fn a_short_word_inside_another_is_no_word() {
        let text = Squeezed::new("여성 의류 배터리");
        let at = |w: &str| {
            let start = text.as_str().find(w).expect("the word is there");
            text.stands_alone(start, start + w.len())
        };
        assert!(!at("성의"));
        assert!(!at("배"));
        assert!(at("여성"));
        assert!(at("배터리"));
    }
}
