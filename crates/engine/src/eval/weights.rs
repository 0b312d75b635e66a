//! The weights file as the fitting would have it.

use super::tune::Tuned;
use crate::data;

impl Tuned {
    /// The text of `data/rank/weights.toml` with the new values: comments, order and unchanged lines stay as they are.
    pub fn file(&self) -> String {
        let line = |line: &str| {
            let name = line.split('=').next().unwrap_or_default().trim();
            match self.weights.iter().find(|w| w.0 == name) {
                Some((_, value)) if value_of(line) != Some(*value) => with_value(line, *value),
                _ => line.to_owned(),
            }
        };
        data::WEIGHTS
            .text
            .lines()
            .map(line)
            .collect::<Vec<_>>()
            .join("\n")
            + "\n"
    }

    /// The weights that the fitting changed: name, before, after.
    pub fn changes(&self) -> Vec<(&str, f32, f32)> {
        let before = |name: &str| {
            let mut lines = data::WEIGHTS.text.lines();
            let line = lines.find(|l| l.split('=').next().is_some_and(|n| n.trim() == name));
            line.and_then(value_of)
        };
        self.weights
            .iter()
            .filter_map(|w| before(&w.0).map(|b| (w.0.as_str(), b, w.1)))
            .filter(|(_, before, after)| before != after)
            .collect()
    }
}

/// The number of a line such as `taste = 1.6   # why`.
fn value_of(line: &str) -> Option<f32> {
    let value = line.split('#').next()?.split('=').nth(1)?;
    value.trim().parse().ok()
}

/// The line with another number; its comment stays in its column where there is room.
fn with_value(line: &str, value: f32) -> String {
    let (code, comment) = match line.find('#') {
        Some(at) => line.split_at(at),
        None => (line, ""),
    };
    let name = code.split('=').next().unwrap_or_default().trim();
    let new = format!("{name} = {}", rounded(value));
    if comment.is_empty() {
        return new;
    }
    format!("{new:<width$} {comment}", width = code.chars().count() - 1)
}

/// Three digits after the point are more than the data can tell; a whole number keeps one.
fn rounded(value: f32) -> String {
    let text = format!("{value:.3}");
    let short = text.trim_end_matches('0');
    if short.ends_with('.') {
        format!("{short}0")
    } else {
        short.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_keeps_its_comment_and_its_column() {
        let line = "taste = 1.6           # people are glad of it";
        assert_eq!(value_of(line), Some(1.6));
        assert_eq!(value_of("# a comment = 3"), None);
        assert_eq!(
            with_value(line, 2.0),
            "taste = 2.0           # people are glad of it"
        );
        assert_eq!(
            with_value(line, 0.12345),
            "taste = 0.123         # people are glad of it"
        );
        assert_eq!(with_value("a = 1", 0.5), "a = 0.5");
    }

    #[test]
    fn only_what_was_fitted_changes() {
        let mut tuned = Tuned {
            before: 0.5,
            after: 0.6,
            weights: Vec::new(),
        };
        assert_eq!(tuned.file(), data::WEIGHTS.text);
        tuned.weights.push(("occasion".to_owned(), 9.5));
        let file = tuned.file();
        assert_eq!(
            file.lines()
                .filter(|l| l.starts_with("occasion = 9.5"))
                .count(),
            1
        );
        assert_eq!(file.lines().count(), data::WEIGHTS.text.lines().count());
        let changes = tuned.changes();
        assert_eq!(
            (changes.len(), changes[0].0, changes[0].2),
            (1, "occasion", 9.5)
        );
    }
}
