//! The prompts of the tasks: data in `data/prompts`, versioned, in both languages, checked when the program starts.

use anyhow::bail;
use seonmul_engine::Lang;
use serde::Deserialize;
use toml::Spanned;

/// The tasks that a language model has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Task {
    /// Words for a follow-up question.
    Question,
    /// Keywords from the answers.
    Keywords,
    /// A second look at a list.
    Refine,
}

impl Task {
    /// The stable word for requests, metrics and keys.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Question => "question",
            Self::Keywords => "keywords",
            Self::Refine => "refine",
        }
    }
}

/// The prompt of one task.
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt {
    /// Raised with every change.
    pub version: u32,
    /// Longest answer, in tokens.
    pub max_tokens: u32,
    /// How freely the model chooses.
    pub temperature: f32,
    ko: Texts,
    en: Texts,
}

#[derive(Debug, Clone, PartialEq)]
struct Texts {
    system: String,
    user: String,
}

impl Prompt {
    /// What the model is to do.
    pub fn system(&self, lang: Lang) -> &str {
        &self.texts(lang).system
    }

    /// What it is to do it with. No value is read for placeholders of others.
    pub fn user(&self, lang: Lang, values: &[(&str, &str)]) -> String {
        let mut rest = self.texts(lang).user.as_str();
        let mut filled = String::with_capacity(rest.len() + 2_048);
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            let Some((name, after)) = after.split_once('}') else {
                break;
            };
            let value = values.iter().find(|(known, _)| *known == name);
            filled.push_str(value.map_or("", |(_, value)| value));
            rest = after;
        }
        filled.push_str(rest);
        filled
    }

    fn texts(&self, lang: Lang) -> &Texts {
        match lang {
            Lang::Ko => &self.ko,
            Lang::En => &self.en,
        }
    }
}

/// All prompts.
#[derive(Debug, Clone)]
pub struct Prompts {
    question: Prompt,
    keywords: Prompt,
    refine: Prompt,
}

impl Prompts {
    /// The prompts inside the program.
    ///
    /// # Errors
    /// A file that breaks its schema, with the line.
    pub fn embedded() -> anyhow::Result<Self> {
        let situation = ["situation", "answers", "words"];
        let with = |more: &'static str| [&situation[..], &[more]].concat();
        Ok(Self {
            question: read(
                "prompts/question.toml",
                include_str!("../../../../../data/prompts/question.toml"),
                &["situation", "question", "options"],
            )?,
            keywords: read(
                "prompts/keywords.toml",
                include_str!("../../../../../data/prompts/keywords.toml"),
                &with("vocabulary"),
            )?,
            refine: read(
                "prompts/refine.toml",
                include_str!("../../../../../data/prompts/refine.toml"),
                &with("products"),
            )?,
        })
    }

    /// The prompt of a task.
    pub fn of(&self, task: Task) -> &Prompt {
        match task {
            Task::Question => &self.question,
            Task::Keywords => &self.keywords,
            Task::Refine => &self.refine,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PromptFile {
    version: Spanned<u32>,
    max_tokens: Spanned<u32>,
    temperature: Spanned<f32>,
    ko: TextsFile,
    en: TextsFile,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TextsFile {
    system: Spanned<String>,
    user: Spanned<String>,
}

/// Reads one file; `expected` are the placeholders that its user part must have.
fn read(name: &str, text: &str, expected: &[&str]) -> anyhow::Result<Prompt> {
    let line = |at: usize| text.bytes().take(at).filter(|&b| b == b'\n').count() + 1;
    let file: PromptFile = match toml::from_str(text) {
        Ok(file) => file,
        Err(e) => bail!(
            "data/{name}:{}: {}",
            line(e.span().map_or(0, |s| s.start)),
            e.message()
        ),
    };
    let within = |what: &str, value: f64, most: f64, at: usize| {
        if value > 0.0 && value <= most {
            Ok(())
        } else {
            bail!(
                "data/{name}:{}: {what} must lie above 0 and be at most {most}",
                line(at)
            )
        }
    };
    let (version, tokens, temperature) = (&file.version, &file.max_tokens, &file.temperature);
    within(
        "version",
        f64::from(*version.get_ref()),
        1e6,
        version.span().start,
    )?;
    within(
        "max_tokens",
        f64::from(*tokens.get_ref()),
        4_096.0,
        tokens.span().start,
    )?;
    within(
        "temperature",
        f64::from(*temperature.get_ref()),
        2.0,
        temperature.span().start,
    )?;
    for texts in [&file.ko, &file.en] {
        let user = &texts.user;
        let at = line(user.span().start);
        for placeholder in expected {
            if user
                .get_ref()
                .matches(&format!("{{{placeholder}}}"))
                .count()
                != 1
            {
                bail!("data/{name}:{at}: {{{placeholder}}} must stand in user once");
            }
        }
        if user.get_ref().matches(['{', '}']).count() != 2 * expected.len() {
            bail!("data/{name}:{at}: user has braces beside {expected:?}");
        }
        if texts.system.get_ref().trim().is_empty() {
            bail!(
                "data/{name}:{}: system is empty",
                line(texts.system.span().start)
            );
        }
    }
    let texts = |t: TextsFile| Texts {
        system: t.system.into_inner().trim().to_owned(),
        user: t.user.into_inner().trim().to_owned(),
    };
    Ok(Prompt {
        version: file.version.into_inner(),
        max_tokens: file.max_tokens.into_inner(),
        temperature: file.temperature.into_inner(),
        ko: texts(file.ko),
        en: texts(file.en),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "version = 1\nmax_tokens = 9\ntemperature = 0.2\n[ko]\nsystem = \"a\"\nuser = \"{x} b {y}\"\n[en]\nsystem = \"a\"\nuser = \"{x} {y}\"\n";

    #[test]
    fn values_are_put_in_once_and_never_read_again() {
        let prompt = read("p", GOOD, &["x", "y"]).unwrap();
        let filled = prompt.user(Lang::Ko, &[("x", "{y} 100% {"), ("y", "z")]);
        assert_eq!(filled, "{y} 100% { b z");
    }

    #[test]
    fn a_broken_prompt_is_refused_with_its_line() {
        let fault = |from: &str, to: &str| {
            let text = GOOD.replacen(from, to, 1);
            read("p", &text, &["x", "y"]).unwrap_err().to_string()
        };
        assert!(fault("version = 1", "version = 0").starts_with("data/p:1:"));
        assert!(fault("temperature = 0.2", "temperature = 3").starts_with("data/p:3:"));
        assert!(fault("{x} b {y}", "{x} b").contains("data/p:6: {y}"));
        assert!(fault("{x} b {y}", "{x} b {y} {z}").contains("data/p:6:"));
        assert!(fault("[en]", "[de]").contains("data/p:7:"));
        assert!(fault("system = \"a\"", "system = \" \"").contains("data/p:5:"));
    }

    #[test]
    fn the_prompts_of_the_program_are_sound() {
        Prompts::embedded().unwrap();
    }
}
