//! Customs: what people like or avoid giving. They warn and move a score; they never filter.

use super::Message;
use crate::Lang;
use crate::lexicon::{Meaning, WordIndex};
use crate::profile::{Occasion, Profile, Relation};
use crate::rank::Warning;
use crate::text::Squeezed;

/// Most customs told about one list.
const MAX_TOLD: usize = 3;

#[derive(Debug)]
pub(super) struct Custom {
    pub occasions: Vec<Occasion>,
    pub relations: Vec<Relation>,
    /// From -1, speaking against the thing, to 1, speaking for it.
    pub value: f32,
    pub message: Message,
}

impl Custom {
    fn holds(&self, profile: &Profile) -> bool {
        fn among<T: PartialEq>(list: &[T], value: Option<T>) -> bool {
            list.is_empty() || value.is_some_and(|v| list.contains(&v))
        }
        among(&self.occasions, profile.occasion) && among(&self.relations, profile.relation)
    }
}

/// All customs with their words.
#[derive(Debug)]
pub(crate) struct Customs {
    pub(super) customs: Vec<Custom>,
    pub(super) words: WordIndex,
}

impl Customs {
    /// As many as a document has bits for.
    pub(super) const MOST: usize = 64;

    /// Customs that a title gives cause for, one bit each.
    pub(crate) fn about(&self, title: &Squeezed) -> u64 {
        let found = self.words.find(title);
        let meanings = found.iter().flat_map(|f| f.meanings.iter());
        meanings.fold(0, |bits, meaning| match meaning {
            Meaning::Custom(number) => bits | 1 << number,
            _ => bits,
        })
    }

    /// Ids, in the order of their numbers.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        self.customs.iter().map(|c| c.message.id.as_str())
    }

    /// Number of a custom.
    pub(crate) fn by_id(&self, id: &str) -> Option<u8> {
        let at = self.ids().position(|c| c == id)?;
        u8::try_from(at).ok()
    }

    /// By number, what each custom adds to a score for this recipient and occasion; 0 where it does not hold.
    pub(crate) fn values(&self, profile: &Profile) -> Vec<f32> {
        let value = |c: &Custom| if c.holds(profile) { c.value } else { 0.0 };
        self.customs.iter().map(value).collect()
    }

    /// Which questions a custom turns on: its occasion, its relation.
    pub(crate) fn because(&self, number: u8) -> impl Iterator<Item = &'static str> {
        let custom = self.customs.get(usize::from(number));
        let occasion = custom.is_some_and(|c| !c.occasions.is_empty());
        let relation = custom.is_some_and(|c| !c.relations.is_empty());
        [("occasion", occasion), ("relation", relation)]
            .into_iter()
            .filter_map(|(question, asked)| asked.then_some(question))
    }

    /// What to tell about the listed things: the customs among these that speak against one for this recipient and occasion.
    pub(crate) fn warnings(
        &self,
        about: impl Iterator<Item = u8>,
        profile: &Profile,
        lang: Lang,
    ) -> Vec<Warning> {
        let mut told: Vec<u8> = Vec::new();
        for number in about {
            let Some(custom) = self.customs.get(usize::from(number)) else {
                continue;
            };
            let tells = custom.value < 0.0 && custom.holds(profile);
            if tells && told.len() < MAX_TOLD && !told.contains(&number) {
                told.push(number);
            }
        }
        told.into_iter()
            .map(|c| self.customs[usize::from(c)].message.warning(lang))
            .collect()
    }
}
