//! Answers to profile: choices become fields, free text is read with the lexicon, follow-ups become leanings.

use super::answer::{Answer, Answered};
use crate::Engine;
use crate::lexicon::{ConceptIndex, Found, Lexicon, Meaning, TasteIndex};
use crate::profile::{Budget, Category, Leanings, Profile};
use crate::text::{Squeezed, normalise};

/// What a set of answers says.
#[derive(Debug, Clone, Default)]
pub struct Understanding {
    /// The recipient and the occasion.
    pub profile: Profile,
    /// Things that free text named, each with the question whose answer named it.
    pub(crate) named: Vec<(ConceptIndex, String)>,
    /// Short free texts that no word list knows, to be looked up as they are.
    pub(crate) literal: Vec<(String, String)>,
    /// Options chosen in follow-ups: question, value.
    pub(crate) choices: Vec<(String, String)>,
    /// Whether any answer says anything.
    pub(crate) informed: bool,
}

/// What one free text says.
#[derive(Debug, Clone, Default)]
pub(crate) struct TextReading {
    pub concepts: Vec<ConceptIndex>,
    pub tastes: Vec<TasteIndex>,
    pub context: Vec<Meaning>,
    pub vague: Vec<u16>,
    /// Names of what it must not be.
    pub avoid: Vec<String>,
}

impl TextReading {
    fn is_empty(&self) -> bool {
        self.concepts.is_empty()
            && self.tastes.is_empty()
            && self.context.is_empty()
            && self.vague.is_empty()
            && self.avoid.is_empty()
    }
}

impl Engine {
    /// Adds the answers up to a profile. Skipped questions say nothing.
    pub fn understand(&self, answers: &[Answered]) -> Understanding {
        let mut sum = Understanding::default();
        for answered in answers {
            match &answered.answer {
                Answer::Skipped => continue,
                Answer::Choice(value) => self.add_choice(&mut sum, &answered.question_id, value),
                Answer::Choices(values) => values
                    .iter()
                    .for_each(|v| self.add_choice(&mut sum, &answered.question_id, v)),
                Answer::Range(budget) => sum.profile.budget = Some(*budget),
                Answer::Text(text) => self.add_text(&mut sum, &answered.question_id, text),
            }
            sum.informed = true;
        }
        sum
    }

    fn add_choice(&self, sum: &mut Understanding, question_id: &str, value: &str) {
        let profile = &mut sum.profile;
        match question_id {
            "relation" => profile.relation = value.parse().ok(),
            "gender" => profile.gender = value.parse().ok(),
            "age_band" => profile.age_band = value.parse().ok(),
            "occasion" => profile.occasion = value.parse().ok(),
            "category" => profile.category = value.parse().ok(),
            "budget" => profile.budget = Budget::from_preset(value),
            _ => {
                if let Some(option) = self.question(question_id).and_then(|q| q.option(value)) {
                    let leanings = &mut profile.leanings;
                    leanings.tastes.extend(
                        option
                            .tastes
                            .iter()
                            .map(|&(t, s)| (t, s, question_id.to_owned())),
                    );
                    leanings.categories.extend(
                        option
                            .categories
                            .iter()
                            .map(|&(c, s)| (c, s, question_id.to_owned())),
                    );
                    lean(leanings, option.special, option.risk);
                }
                sum.choices.push((question_id.to_owned(), value.to_owned()));
            }
        }
    }

    fn add_text(&self, sum: &mut Understanding, question_id: &str, text: &str) {
        let reading = read_text(self.lexicon(), text);
        if reading.is_empty() {
            let words = normalise(text);
            if words.split(' ').count() <= 2 && words.chars().count() >= 2 {
                sum.literal.push((words, question_id.to_owned()));
            }
            return;
        }
        for meaning in &reading.context {
            fill_context(&mut sum.profile, *meaning);
        }
        sum.named.extend(
            reading
                .concepts
                .iter()
                .map(|&c| (c, question_id.to_owned())),
        );
        let leanings = &mut sum.profile.leanings;
        leanings.tastes.extend(
            reading
                .tastes
                .iter()
                .map(|&t| (t, 1.0, question_id.to_owned())),
        );
        lean_to_vague(self.lexicon(), leanings, &reading.vague, question_id);
        sum.profile.avoid.extend(reading.avoid);
    }
}

/// Takes the leanings of vague words over.
pub(crate) fn lean_to_vague(
    lexicon: &Lexicon,
    leanings: &mut Leanings,
    groups: &[u16],
    because: &str,
) {
    for &group in groups {
        let vague = lexicon.vague(group);
        leanings.tastes.extend(
            vague
                .tastes
                .iter()
                .map(|&(t, s)| (t, s, because.to_owned())),
        );
        leanings.categories.extend(
            vague
                .categories
                .iter()
                .map(|&(c, s)| (c, s, because.to_owned())),
        );
        lean(leanings, vague.special, vague.risk);
    }
}

fn lean(leanings: &mut Leanings, special: f32, risk: f32) {
    leanings.special = (leanings.special + special).clamp(-1.0, 1.0);
    leanings.risk = (leanings.risk + risk).clamp(-1.0, 1.0);
}

/// Fills a field of the profile that no answer has filled.
pub(crate) fn fill_context(profile: &mut Profile, meaning: Meaning) {
    match meaning {
        Meaning::Relation(r) => _ = profile.relation.get_or_insert(r),
        Meaning::Gender(g) => _ = profile.gender.get_or_insert(g),
        Meaning::Age(a) => _ = profile.age_band.get_or_insert(a),
        Meaning::Occasion(o) => _ = profile.occasion.get_or_insert(o),
        Meaning::Budget(b) => _ = profile.budget.get_or_insert(b),
        Meaning::Category(c) if c != Category::Any => {
            profile
                .leanings
                .categories
                .push((c, 1.0, c.as_str().to_owned()))
        }
        Meaning::Category(_)
        | Meaning::Concept(_)
        | Meaning::Taste(_)
        | Meaning::Audience(_)
        | Meaning::Custom(_)
        | Meaning::Vague(_) => {}
    }
}

/// What turns a named thing into one to keep away from, in the words after it.
const REFUSALS_AFTER: &[&str] = &[
    "싫",
    "말고",
    "빼고",
    "빼주",
    "제외",
    "안좋아",
    "안먹",
    "못먹",
    "못마",
    "안마",
    "알레르기",
    "알러지",
    "이미있",
    "벌써있",
    "있으니",
    "많아",
    "많으",
    "별로",
    "필요없",
    "사양",
    "금지",
    "안해",
    "안써",
    "안쓰",
    "안입",
    "못쓰",
    "ㄴㄴ",
    "아닌",
];
/// The same in the English words before it.
const REFUSALS_BEFORE: &[&str] = &[
    "no", "not", "doesnt", "dont", "hate", "hates", "dislike", "dislikes", "without", "except",
    "avoid", "allergic", "never", "isnt", "cant",
];
/// What joins two things so that they share a refusal.
const JOINTS: &[&str] = &[
    "",
    "와",
    "과",
    "랑",
    "이랑",
    "하고",
    "및",
    "나",
    "이나",
    "도",
    "\u{1}and\u{2}",
    "\u{1}or\u{2}",
];

/// Reads a free text: what it names, likes, and refuses.
pub(crate) fn read_text(lexicon: &Lexicon, text: &str) -> TextReading {
    let mut reading = TextReading::default();
    for clause in text.split(['.', ',', '!', '?', '\n', ';', '。']) {
        read_clause(lexicon, clause, &mut reading);
    }
    reading
}

fn read_clause(lexicon: &Lexicon, clause: &str, reading: &mut TextReading) {
    let squeezed = Squeezed::new(&normalise(clause));
    let found = lexicon.find_in(&squeezed);
    let text = squeezed.as_str();
    let mut refused_next = false;
    for (i, word) in found.iter().enumerate().rev() {
        let after =
            &text[word.range.end..found.get(i + 1).map_or(text.len(), |next| next.range.start)];
        let before = &text[if i == 0 { 0 } else { found[i - 1].range.end }..word.range.start];
        let joined = JOINTS.contains(&after) && i + 1 < found.len();
        let refused = (joined && refused_next)
            || REFUSALS_AFTER.iter().any(|r| after.contains(r))
            || refused_before(before);
        refused_next = refused;
        take_word(lexicon, word, refused, reading);
    }
}

fn refused_before(before: &str) -> bool {
    before
        .split(['\u{1}', '\u{2}'])
        .any(|w| REFUSALS_BEFORE.contains(&w))
}

fn take_word(lexicon: &Lexicon, word: &Found, refused: bool, reading: &mut TextReading) {
    let names_concept = word
        .meanings
        .iter()
        .any(|m| matches!(m, Meaning::Concept(_)));
    for &meaning in word.meanings.iter() {
        match meaning {
            Meaning::Concept(c) if refused => reading.avoid.push(lexicon.concept(c).ko.clone()),
            Meaning::Taste(t) if refused && !names_concept => reading
                .avoid
                .push(lexicon.tastes()[usize::from(t)].ko.clone()),
            _ if refused => {}
            Meaning::Concept(c) if !reading.concepts.contains(&c) => reading.concepts.push(c),
            Meaning::Taste(t) if !reading.tastes.contains(&t) => reading.tastes.push(t),
            Meaning::Vague(v) => reading.vague.push(v),
            Meaning::Concept(_) | Meaning::Taste(_) | Meaning::Audience(_) | Meaning::Custom(_) => {
            }
            context => reading.context.push(context),
        }
    }
}
