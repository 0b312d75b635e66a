//! Sales words: the data file that lists them and the pass that takes them out of a title.

use serde::Deserialize;
use std::collections::HashSet;

const FILE: &str = "data/rules/title_noise.toml";
const EMBEDDED: &str = include_str!("../../../../../data/rules/title_noise.toml");
/// Sales words may be written in up to this many words ("오늘의 특가 상품").
const MAX_WORDS: usize = 3;

/// A fault in the list of sales words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {message}", file = FILE)]
pub struct TitleNoiseError {
    /// Line of the file, from 1.
    pub line: usize,
    /// What is wrong and what to do.
    pub message: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoiseFile {
    symbols: String,
    anywhere: Vec<String>,
    in_brackets: Vec<String>,
    in_brackets_containing: Vec<String>,
}

/// The sales words of `data/rules/title_noise.toml`.
#[derive(Debug, Clone)]
pub struct TitleNoise {
    symbols: HashSet<char>,
    anywhere: HashSet<String>,
    first_chars: HashSet<char>,
    in_brackets: HashSet<String>,
    in_brackets_containing: Vec<String>,
}

impl TitleNoise {
    /// The list that is built in.
    ///
    /// # Errors
    /// When the file breaks its schema, with the line.
    pub fn embedded() -> Result<Self, TitleNoiseError> {
        Self::parse(EMBEDDED)
    }

    /// Reads a list of sales words.
    ///
    /// # Errors
    /// On a syntax fault, an unknown key, an empty or repeated word, or a word with brackets, with the line.
    pub fn parse(text: &str) -> Result<Self, TitleNoiseError> {
        let file: NoiseFile = toml::from_str(text).map_err(|e| TitleNoiseError {
            line: e.span().map_or(1, |span| line_of(text, span.start)),
            message: e.message().to_owned(),
        })?;
        let anywhere = word_set(text, &file.anywhere)?;
        Ok(Self {
            symbols: file
                .symbols
                .chars()
                .filter(|c| !c.is_alphanumeric() && !c.is_whitespace())
                .collect(),
            first_chars: anywhere
                .iter()
                .filter_map(|word| word.chars().next())
                .collect(),
            anywhere,
            in_brackets: word_set(text, &file.in_brackets)?,
            in_brackets_containing: word_set(text, &file.in_brackets_containing)?
                .into_iter()
                .collect(),
        })
    }

    /// Whether [`Self::strip`] would give a plain title back unchanged: a quick look that spares most titles the work.
    pub(super) fn leaves_alone(&self, plain: &str) -> bool {
        !plain.chars().any(|c| {
            Bracket::opening(c).is_some()
                || Bracket::closing(c).is_some()
                || self.symbols.contains(&c)
        }) && !plain.split(' ').any(|token| self.may_begin_noise(token))
            && edge_trimmed(plain).len() == plain.len()
            && has_words(plain)
    }

    /// One pass over a plain title: ornaments, brackets, sales words, lone separators at both ends.
    pub(super) fn strip(&self, plain: &str) -> String {
        let unbracketed = self.unbracket(plain);
        let mut kept = String::with_capacity(unbracketed.len());
        self.keep_words(&unbracketed, &mut kept);
        edge_trimmed(&kept).to_owned()
    }

    /// Resolves brackets from the inside out: round ones stay around what is kept, all others become plain text.
    fn unbracket(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut open: Vec<(Bracket, usize)> = Vec::new();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            if self.symbols.contains(&c) {
                out.push(' ');
            } else if let Some(bracket) = Bracket::opening(c) {
                let is_text =
                    bracket == Bracket::Angle && chars.peek().is_none_or(|n| !n.is_alphabetic());
                if !is_text {
                    open.push((bracket, out.len()));
                }
                out.push(c);
            } else if let Some(bracket) = Bracket::closing(c) {
                match open.iter().rposition(|(b, _)| *b == bracket) {
                    Some(i) => {
                        let start = open[i].1;
                        open.truncate(i);
                        self.close(bracket, start, &mut out);
                    }
                    None if bracket.is_round() || bracket == Bracket::Angle => out.push(c),
                    None => out.push(' '),
                }
            } else {
                out.push(c);
            }
        }
        // An unmatched square bracket says nothing; an unmatched round one may be a smile or a list number.
        if open.is_empty() {
            out
        } else {
            out.replace(is_unmatched_noise, " ")
        }
    }

    fn close(&self, bracket: Bracket, start: usize, out: &mut String) {
        let tail = out.split_off(start);
        let mut inner = tail.chars();
        let opener = inner.next();
        let content = inner.as_str();
        let kept = self.keep_segments(content);
        if !has_words(&kept) && has_words(content) {
            out.push(' ');
        } else if bracket.is_round() {
            out.extend(opener);
            out.push_str(if kept.len() == content.trim().len() {
                content
            } else {
                &kept
            });
            out.push(bracket.closer_of(opener));
        } else {
            out.push(' ');
            out.push_str(&kept);
            out.push(' ');
        }
    }

    /// The parts of a bracket that are not sales talk, with the separators between them.
    fn keep_segments(&self, content: &str) -> String {
        let mut kept = String::with_capacity(content.len());
        let mut words = String::new();
        for (body, separator) in segments(content) {
            words.clear();
            self.keep_words(body, &mut words);
            let key = key_of(edges_off(&words));
            let is_noise = (key.is_empty() && has_words(body))
                || self.in_brackets.contains(&key)
                || self
                    .in_brackets_containing
                    .iter()
                    .any(|part| key.contains(part.as_str()));
            if is_noise {
                continue;
            }
            kept.push_str(if words.len() < body.trim().len() {
                &words
            } else {
                body
            });
            kept.push_str(separator);
        }
        kept.trim()
            .trim_end_matches(|c: char| is_separator(c) || c == ' ')
            .to_owned()
    }

    /// Copies the words of a text, single spaced, without the sales words.
    fn keep_words(&self, text: &str, out: &mut String) {
        let tokens: Vec<&str> = text.split_whitespace().collect();
        let mut i = 0;
        while i < tokens.len() {
            let noise = if self.may_begin_noise(tokens[i]) {
                self.noise_length(&tokens[i..])
            } else {
                0
            };
            if noise == 0 {
                if !out.is_empty() {
                    out.push(' ');
                }
                out.push_str(tokens[i]);
            }
            i += noise.max(1);
        }
    }

    fn may_begin_noise(&self, token: &str) -> bool {
        edges_off(token).chars().next().is_some_and(|c| {
            self.first_chars
                .contains(&c.to_lowercase().next().unwrap_or(c))
        })
    }

    /// How many tokens at the front make a sales word, the longest first; 0 for none.
    fn noise_length(&self, tokens: &[&str]) -> usize {
        (1..=tokens.len().min(MAX_WORDS))
            .rev()
            .find(|&n| {
                let mut key = String::new();
                tokens[..n]
                    .iter()
                    .for_each(|token| push_key(&mut key, token));
                self.anywhere.contains(edges_off(&key))
            })
            .unwrap_or(0)
    }
}

/// Whether a text says anything at all.
pub(super) fn has_words(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

fn word_set(text: &str, words: &[String]) -> Result<HashSet<String>, TitleNoiseError> {
    let mut set = HashSet::with_capacity(words.len());
    for word in words {
        let fault = |message: String| {
            let quoted = format!("\"{word}\"");
            TitleNoiseError {
                line: text.rfind(&quoted).map_or(1, |at| line_of(text, at)),
                message,
            }
        };
        let key = key_of(word);
        if !has_words(&key) {
            return Err(fault(format!(
                "\"{word}\" has no letter or digit: write a word or delete the line"
            )));
        }
        if word
            .chars()
            .any(|c| Bracket::opening(c).is_some() || Bracket::closing(c).is_some())
        {
            return Err(fault(format!(
                "\"{word}\" has a bracket: write only what stands inside"
            )));
        }
        if !set.insert(key) {
            return Err(fault(format!(
                "\"{word}\" stands twice in its list: delete one"
            )));
        }
    }
    Ok(set)
}

fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes()[..at.min(text.len())]
        .iter()
        .filter(|&&b| b == b'\n')
        .count()
        + 1
}

fn key_of(text: &str) -> String {
    let mut key = String::with_capacity(text.len());
    push_key(&mut key, text);
    key
}

fn push_key(key: &mut String, text: &str) {
    key.extend(
        text.chars()
            .filter(|c| !c.is_whitespace())
            .flat_map(char::to_lowercase),
    );
}

fn edges_off(text: &str) -> &str {
    text.trim_matches(|c: char| {
        matches!(
            c,
            '!' | '~' | '*' | '^' | '.' | ',' | ':' | ';' | '-' | '_' | '+' | '?'
        )
    })
}

/// The parts of a bracket, each with the separator after it; one between digits ("11/27", "1,000") separates nothing.
fn segments(content: &str) -> impl Iterator<Item = (&str, &str)> {
    let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    let mut rest = Some(content);
    std::iter::from_fn(move || {
        let text = rest?;
        let parts = |&(at, sign): &(usize, &str)| {
            !(is_digit(text[..at].chars().next_back())
                && is_digit(text[at + sign.len()..].chars().next()))
        };
        match text.match_indices(is_separator).find(parts) {
            Some((at, sign)) => {
                rest = Some(&text[at + sign.len()..]);
                Some((&text[..at], sign))
            }
            None => {
                rest = None;
                Some((text, ""))
            }
        }
    })
}

fn is_separator(c: char) -> bool {
    matches!(c, '/' | ',' | '|' | '｜' | '·' | '、')
}

fn is_unmatched_noise(c: char) -> bool {
    [Bracket::opening(c), Bracket::closing(c)]
        .into_iter()
        .flatten()
        .any(|b| !b.is_round() && b != Bracket::Angle)
}

/// The title without words at either end that are separators only.
fn edge_trimmed(title: &str) -> &str {
    let mut rest = title.trim();
    while let Some((first, tail)) = rest.split_once(' ') {
        if has_words(first) || first.contains(is_worth_keeping) {
            break;
        }
        rest = tail.trim_start();
    }
    while let Some((head, last)) = rest.rsplit_once(' ') {
        if has_words(last) || last.contains(is_worth_keeping) {
            break;
        }
        rest = head.trim_end();
    }
    rest
}

/// Signs that carry meaning without a letter: brackets, emoji, `&`, `#` and the like.
fn is_worth_keeping(c: char) -> bool {
    !(is_separator(c)
        || matches!(
            c,
            '-' | '_' | ':' | ';' | '.' | '~' | '+' | '*' | '!' | '^' | '=' | '–' | '—'
        ))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bracket {
    Round,
    WideRound,
    Square,
    WideSquare,
    Lens,
    Shell,
    Angle,
    WideAngle,
    Guillemet,
    DoubleGuillemet,
    Corner,
    DoubleCorner,
}

impl Bracket {
    fn opening(c: char) -> Option<Self> {
        Some(match c {
            '(' => Self::Round,
            '（' => Self::WideRound,
            '[' => Self::Square,
            '［' => Self::WideSquare,
            '【' => Self::Lens,
            '〔' => Self::Shell,
            '<' => Self::Angle,
            '＜' => Self::WideAngle,
            '〈' => Self::Guillemet,
            '《' => Self::DoubleGuillemet,
            '「' => Self::Corner,
            '『' => Self::DoubleCorner,
            _ => return None,
        })
    }

    fn closing(c: char) -> Option<Self> {
        Some(match c {
            ')' => Self::Round,
            '）' => Self::WideRound,
            ']' => Self::Square,
            '］' => Self::WideSquare,
            '】' => Self::Lens,
            '〕' => Self::Shell,
            '>' => Self::Angle,
            '＞' => Self::WideAngle,
            '〉' => Self::Guillemet,
            '》' => Self::DoubleGuillemet,
            '」' => Self::Corner,
            '』' => Self::DoubleCorner,
            _ => return None,
        })
    }

    fn is_round(self) -> bool {
        matches!(self, Self::Round | Self::WideRound)
    }

    fn closer_of(self, opener: Option<char>) -> char {
        if opener == Some('（') { '）' } else { ')' }
    }
}
