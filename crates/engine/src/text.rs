//! Text as the engine sees it: normal form, tokens, index terms (Hangul bigrams, whole Latin and digit tokens) and Korean particles.
//! Real Korean shop titles are spaced at random, so nothing here depends on where the spaces stand.

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};
use xxhash_rust::xxh3::xxh3_64;

/// Whether a character is a composed Hangul syllable.
pub fn is_hangul(c: char) -> bool {
    ('\u{AC00}'..='\u{D7A3}').contains(&c)
}

/// NFKC, lower case, everything but letters and digits folded to single spaces, no space at either end.
pub fn normalise(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut push = |c: char| {
        // The two scripts of nearly every title go the short way round the Unicode tables.
        if is_hangul(c) {
            out.push(c);
        } else if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
        } else if c.is_alphanumeric() {
            out.extend(c.to_lowercase());
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

fn word(token: &str) -> TermId {
    xxh3_64(stem(token).as_bytes()) | (1 << 63)
}

/// English plural folded to its singular; anything else as it is.
fn stem(token: &str) -> &str {
    let bytes = token.as_bytes();
    let plural = bytes.len() > 3
        && token.is_ascii()
        && bytes.ends_with(b"s")
        && !bytes.ends_with(b"ss")
        && !bytes.ends_with(b"us")
        && !bytes.ends_with(b"is");
    if !plural {
        return token;
    }
    let sibilant = [&b"ches"[..], b"shes", b"xes", b"sses", b"zes"]
        .iter()
        .any(|s| bytes.ends_with(s));
    &token[..bytes.len() - if sibilant { 2 } else { 1 }]
}

/// Calls `emit` with every index term of a normalised text, in order, repeated terms repeated.
/// Bigrams also span the space between two Hangul tokens, so "무선 이어폰" holds all terms of "무선이어폰".
pub fn index_terms(normalised: &str, mut emit: impl FnMut(TermId)) {
    let mut previous: Option<char> = None;
    for token in tokens(normalised) {
        if !token.starts_with(is_hangul) {
            emit(word(token));
            previous = None;
            continue;
        }
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
                    squeezed.text.push_str(stem(token));
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

    fn is_edge(&self, at: usize) -> bool {
        self.edges.binary_search(&(at as u32)).is_ok()
    }

    /// Whether a dictionary word found at `start..end` stands as a word of its own: one syllable must be a whole token, two must
    /// begin or end one, longer ones may stand anywhere; whatever crosses a token's edge must begin and end on edges itself.
    pub fn stands_alone(&self, start: usize, end: usize) -> bool {
        if self.text[start..].starts_with(OPEN) {
            return true;
        }
        let begins = self.is_edge(start);
        let ends = self.is_edge(end) || self.josa_follows(end);
        let syllables = self.text[start..end].chars().count();
        let crossed = self.edges.partition_point(|&e| (e as usize) <= start)
            < self.edges.partition_point(|&e| (e as usize) < end);
        if crossed {
            return begins && ends;
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
            .is_some_and(|&e| JOSA.contains(&&self.text[end..e as usize]))
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
