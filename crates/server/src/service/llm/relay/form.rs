//! What may pass through a streamed relay: a short JSON object of short strings.

/// Longest string that an answer may hold, and how many: more than any honest answer has.
const MAX_STRING_CHARS: usize = 120;
const MAX_STRINGS: usize = 40;

/// What has come of a JSON object so far: strings are short and few, and outside of them stands only what JSON is made of.
#[derive(Default)]
pub(super) struct Form {
    depth: u32,
    has_begun: bool,
    is_over: bool,
    in_string: bool,
    is_escaped: bool,
    string_chars: usize,
    strings: usize,
}

impl Form {
    /// The part of a piece that belongs to the object; `None` when it is no such object.
    pub(super) fn admit(&mut self, piece: &str) -> Option<String> {
        let mut admitted = String::with_capacity(piece.len());
        for c in piece.chars() {
            // Services without a JSON mode say something before and after; that is left out.
            if self.is_over || (!self.has_begun && c != '{') {
                continue;
            }
            self.has_begun = true;
            if !self.step(c) {
                return None;
            }
            admitted.push(c);
        }
        Some(admitted)
    }

    fn step(&mut self, c: char) -> bool {
        if self.in_string {
            self.string_chars += 1;
            match c {
                _ if self.is_escaped => self.is_escaped = false,
                '\\' => self.is_escaped = true,
                '"' => self.in_string = false,
                _ => {}
            }
            return self.string_chars <= MAX_STRING_CHARS;
        }
        match c {
            '"' => {
                self.in_string = true;
                self.string_chars = 0;
                self.strings += 1;
                self.strings <= MAX_STRINGS
            }
            '{' | '[' => {
                self.depth += 1;
                self.depth <= 4
            }
            '}' | ']' => {
                self.depth = self.depth.saturating_sub(1);
                self.is_over = self.depth == 0;
                true
            }
            ',' | ':' => true,
            c => c.is_whitespace(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Form;

    #[test]
    fn only_a_short_object_of_short_strings_passes() {
        let pass = |text: &str| {
            let mut form = Form::default();
            let mut out = String::new();
            for c in text.chars() {
                out.push_str(&form.admit(&c.to_string())?);
            }
            Some(out)
        };
        let good = r#"{"choices": ["낚싯대", "a\"b"], "own": []}"#;
        assert_eq!(pass(good).as_deref(), Some(good));
        assert_eq!(
            pass(&format!("Sure!\n```json\n{good}\n``` Bye")).as_deref(),
            Some(good)
        );
        assert_eq!(pass("I would rather write a poem.").as_deref(), Some(""));
        assert_eq!(pass(r#"{"a": 1}"#), None);
        assert_eq!(pass(&format!(r#"{{"a": "{}"}}"#, "x".repeat(200))), None);
        assert_eq!(pass(&format!("{{{}", r#""a","#.repeat(50))), None);
        assert_eq!(pass("{[[[[["), None);
    }
}
