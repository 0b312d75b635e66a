//! Who the gift is for, when, for how much: the closed vocabularies of the six fixed questions and the profile they add up to.
//! Free text and lexicon lookups live in `interview`; this file only holds plain data.

use crate::keyword::{Keyword, KeywordSource};
use crate::lexicon::{ConceptIndex, TasteIndex};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A word outside the vocabulary of a closed enum.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{value}' is not one of: {expected}")]
pub struct UnknownValue {
    /// What was given.
    pub value: String,
    /// The accepted words, comma separated.
    pub expected: String,
}

macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        #[expect(missing_docs, reason = "the variants are the vocabulary of the HTTP contract")]
        pub enum $name { $($variant),+ }

        impl $name {
            /// Every value, in the order of the contract.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// How many values there are.
            pub const COUNT: usize = Self::ALL.len();

            /// The stable word used in JSON, data files and databases.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// Position in [`Self::ALL`].
            pub const fn index(self) -> usize { self as usize }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(self.as_str()) }
        }

        impl FromStr for $name {
            type Err = UnknownValue;
            fn from_str(s: &str) -> Result<Self, UnknownValue> {
                Self::ALL.iter().copied().find(|v| v.as_str() == s).ok_or_else(|| UnknownValue {
                    value: s.chars().take(64).collect(),
                    expected: Self::ALL.iter().map(|v| v.as_str()).collect::<Vec<_>>().join(", "),
                })
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> { s.serialize_str(self.as_str()) }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

vocabulary!(
    /// What the recipient is to the giver.
    Relation {
        Lover = "lover", Spouse = "spouse", Crush = "crush", Friend = "friend", Parent = "parent",
        ParentInLaw = "parent_in_law", Grandparent = "grandparent", Child = "child", Sibling = "sibling",
        Relative = "relative", Colleague = "colleague", Boss = "boss", Junior = "junior", Client = "client",
        Teacher = "teacher", PublicOfficial = "public_official", Acquaintance = "acquaintance",
    }
);

vocabulary!(
    /// The recipient's gender; `Any` means that it should not matter.
    Gender { Female = "female", Male = "male", Any = "any" }
);

vocabulary!(
    /// The recipient's age in bands, never an age or a birthday.
    AgeBand {
        Under10 = "under_10", Teens = "teens", Twenties = "20s", Thirties = "30s", Forties = "40s",
        Fifties = "50s", Sixties = "60s", SeventiesPlus = "70s_plus",
    }
);

vocabulary!(
    /// Why a gift is given.
    Occasion {
        Birthday = "birthday", Anniversary = "anniversary", HundredDays = "hundred_days", Thanks = "thanks",
        Apology = "apology", CheerUp = "cheer_up", JustBecause = "just_because", NewJob = "new_job",
        Promotion = "promotion", Retirement = "retirement", Admission = "admission", Graduation = "graduation",
        Csat = "csat", Wedding = "wedding", Housewarming = "housewarming", Birth = "birth",
        FirstBirthday = "first_birthday", Opening = "opening", Hospital = "hospital", Sixtieth = "sixtieth",
        Seollal = "seollal", Chuseok = "chuseok", ParentsDay = "parents_day", TeachersDay = "teachers_day",
        ChildrensDay = "childrens_day", ComingOfAge = "coming_of_age", Valentine = "valentine",
        WhiteDay = "white_day", PeperoDay = "pepero_day", Christmas = "christmas", YearEnd = "year_end",
    }
);

vocabulary!(
    /// A department of the gift shop; `Any` means no wish.
    Category {
        Any = "any", Food = "food", Health = "health", Beauty = "beauty", Fashion = "fashion",
        Jewelry = "jewelry", Living = "living", Kitchen = "kitchen", Interior = "interior",
        Digital = "digital", Hobby = "hobby", Sports = "sports", Outdoor = "outdoor",
        BooksStationery = "books_stationery", Toys = "toys", Baby = "baby", Pet = "pet",
        FlowersPlants = "flowers_plants", Voucher = "voucher", Experience = "experience",
        Travel = "travel", Car = "car",
    }
);

vocabulary!(
    /// For whom a product is made.
    Audience {
        Women = "women", Men = "men", Baby = "baby", Child = "child", Adult = "adult", Senior = "senior",
        Pet = "pet", Anyone = "anyone",
    }
);

impl Category {
    /// Bit of this category in a product's category set; `Any` has none.
    pub const fn bit(self) -> u32 {
        if matches!(self, Self::Any) {
            0
        } else {
            1 << self as u32
        }
    }
}

impl Audience {
    /// Bit of this audience in a product's audience set; `Anyone` has none.
    pub const fn bit(self) -> u8 {
        if matches!(self, Self::Anyone) {
            0
        } else {
            1 << self as u8
        }
    }
}

/// What the gift may cost, in the currency's minor unit (won), both ends inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Budget {
    /// Lowest price that still reads as a gift of this size.
    pub min: u32,
    /// Never passed; `None` is no limit.
    pub max: Option<u32>,
}

impl Budget {
    /// Every price.
    pub const ANY: Self = Self { min: 0, max: None };

    /// Reads a preset "FROM-TO" with either side optional.
    pub fn from_preset(value: &str) -> Option<Self> {
        let (min, max) = value.split_once('-')?;
        let number = |s: &str| {
            if s.is_empty() {
                Some(None)
            } else {
                s.parse::<u32>().ok().map(Some)
            }
        };
        Some(Self {
            min: number(min)?.unwrap_or(0),
            max: number(max)?,
        })
    }

    /// Whether a price lies inside.
    pub fn contains(&self, price: u32) -> bool {
        price >= self.min && self.max.is_none_or(|max| price <= max)
    }
}

/// Everything known about the recipient and the occasion. A field that nobody answered is `None` or empty and weighs nothing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// What the recipient is to the giver.
    pub relation: Option<Relation>,
    /// The recipient's gender.
    pub gender: Option<Gender>,
    /// The recipient's age band.
    pub age_band: Option<AgeBand>,
    /// Why the gift is given.
    pub occasion: Option<Occasion>,
    /// The department wished for.
    pub category: Option<Category>,
    /// What the gift may cost.
    pub budget: Option<Budget>,
    /// What the recipient likes, in the giver's words.
    pub tastes: Vec<String>,
    /// What it must not be, in the giver's words.
    pub avoid: Vec<String>,
    /// Whether giver and recipient stand in a direct duty relation (Improper Solicitation and Graft Act).
    pub duty_relation: Option<bool>,
    /// Day by which the gift must arrive, `YYYY-MM-DD`.
    pub deliver_by: Option<String>,
    /// What follow-up answers and vague words lean to; no part of the HTTP contract.
    #[serde(skip)]
    pub leanings: Leanings,
    /// What the guest wrote, for the rules that turn on a word; no part of the HTTP contract, and never kept.
    #[serde(skip)]
    pub written: Vec<String>,
}

impl Profile {
    /// All words of the giver's own: what was written, the tastes, the refusals and the keywords.
    pub(crate) fn said<'a>(&'a self, keywords: &'a [Keyword]) -> impl Iterator<Item = &'a str> {
        let texts = [&self.written, &self.tastes, &self.avoid];
        let keywords = keywords
            .iter()
            .filter(|k| k.source == KeywordSource::Guest)
            .map(|k| k.text.as_str());
        texts
            .into_iter()
            .flatten()
            .map(String::as_str)
            .chain(keywords)
    }
}

/// What words and answers beyond the six questions say: things named, tastes and departments spoken for, a leaning in style.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Leanings {
    /// Thing that a free text named, and the question or field whose words named it.
    pub named: Vec<(ConceptIndex, String)>,
    /// Short free text that no word list knows, to be looked up as it is, and where it was said.
    pub literal: Vec<(String, String)>,
    /// Taste, strength 0 to 1, and the question or word that says so.
    pub tastes: Vec<(TasteIndex, f32, String)>,
    /// Category, strength 0 to 1, and the question or word that says so.
    pub categories: Vec<(Category, f32, String)>,
    /// Practical (-1) to special (1).
    pub special: f32,
    /// Safe (-1) to adventurous (1).
    pub risk: f32,
}
