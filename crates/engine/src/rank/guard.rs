//! What may never be shown to this guest: products for others, refused or excluded ones, and what the law forbids. Never relaxed.

mod refusal;

pub(super) use refusal::Refusal;

use super::Params;
use super::fits::Fits;
use super::plan::Plan;
use crate::Engine;
use crate::catalogue::{Catalogue, DELIVERY_UNKNOWN, DocId, Document};
use crate::lexicon::ConceptIndex;
use crate::profile::{AgeBand, Audience, Category, Gender, Occasion, Profile, Relation};
use crate::rules::Verdict;
use crate::text::{Squeezed, normalise, tokens};

/// A product counts as a concept from this confidence on.
pub(super) const SURE: f32 = 0.6;
/// What was refused is kept away already where a product may be it.
const MAY_BE: f32 = 0.3;

/// The hard filter of one request.
pub(super) struct Guard<'a> {
    catalogue: &'a Catalogue,
    forbidden_audience: u8,
    forbidden_flags: u8,
    /// Documents from here on cost more than the law allows for goods without an exception.
    plain_end: DocId,
    excepted_flags: u8,
    /// Days that are left until the gift must be there, if both days are known.
    days_left: Option<i32>,
    excluded: Vec<DocId>,
    allowed: Vec<bool>,
    refused: Vec<bool>,
    refused_words: Vec<String>,
}

impl<'a> Guard<'a> {
    #[expect(
        clippy::too_many_arguments,
        reason = "everything that one request is judged by"
    )]
    pub(super) fn new(
        engine: &Engine,
        catalogue: &'a Catalogue,
        profile: &Profile,
        plans: &[Plan<'_>],
        fits: &Fits,
        verdict: &Verdict<'_>,
        days_left: Option<i32>,
        params: &Params,
    ) -> Self {
        let mut allowed = fits.allowed.clone();
        let mut forbidden_audience = forbidden_audience(profile, fits);
        let concepts = engine.lexicon().concepts();
        // So does one that speaks of keeping an animal.
        if plans.iter().any(|p| p.tastes & fits.pet_tastes != 0) {
            forbidden_audience &= !Audience::Pet.bit();
        }
        for concept in plans.iter().flat_map(Plan::concepts) {
            // A keyword that names a thing for pets or babies says that there is one.
            let audience = concepts[usize::from(concept)].audience;
            if matches!(audience, Audience::Pet | Audience::Baby | Audience::Child) {
                forbidden_audience &= !audience.bit();
                allow(&mut allowed, concept, profile, engine);
            }
        }
        for (index, concept) in concepts.iter().enumerate() {
            if concept.audience.bit() & forbidden_audience != 0 {
                allowed[index] = false;
            }
        }
        let mut excluded: Vec<DocId> = params
            .exclude_product_ids
            .iter()
            .filter_map(|id| catalogue.doc_of(id))
            .collect();
        excluded.sort_unstable();
        let refused_words = profile
            .avoid
            .iter()
            .map(|a| squeeze(a))
            .filter(|a| !a.is_empty())
            .collect();
        Self {
            catalogue,
            forbidden_audience,
            forbidden_flags: verdict.forbidden_flags,
            plain_end: catalogue.price_range(0, verdict.max_price).end,
            excepted_flags: verdict.excepted_flags,
            days_left,
            excluded,
            allowed,
            refused: fits.refused.clone(),
            refused_words,
        }
    }

    /// Whether a product may be shown, judged without its texts; `category` 0 admits every category.
    pub(super) fn admits(&self, doc: DocId, document: &Document, category: u32) -> bool {
        document.audience & self.forbidden_audience == 0
            && document.flags & self.forbidden_flags == 0
            && (doc < self.plain_end || document.flags & self.excepted_flags != 0)
            && !self.comes_too_late(document)
            && (category == 0 || document.category_bits & category != 0)
            && self.excluded.binary_search(&doc).is_err()
            && self.unwelcome_kind(document).is_none()
    }

    /// A kind that a product surely is and that may not be given, or that it may be and that was refused.
    fn unwelcome_kind(&self, document: &Document) -> Option<ConceptIndex> {
        let kinds = self.catalogue.concepts_of(document);
        let unwelcome = |&(c, sure): &(ConceptIndex, f32)| {
            let i = usize::from(c);
            !self.allowed[i] && (sure >= SURE || self.refused[i])
        };
        let found = kinds.take_while(|c| c.1 >= MAY_BE).find(unwelcome);
        found.map(|c| c.0)
    }

    /// Whether it is known not to arrive in time. What nobody knows may be shown, and is told of.
    fn comes_too_late(&self, document: &Document) -> bool {
        document.delivery_days != DELIVERY_UNKNOWN
            && self
                .days_left
                .is_some_and(|left| i32::from(document.delivery_days) > left)
    }

    /// The last check, with the title: no refused word stands in it.
    pub(super) fn admits_title(&self, doc: DocId) -> bool {
        if self.refused_words.is_empty() {
            return true;
        }
        let title = Title::of(self.catalogue, doc);
        !self.refused_words.iter().any(|w| title.names(w))
    }

    /// Whether a concept may be shown.
    pub(super) fn admits_concept(&self, concept: ConceptIndex) -> bool {
        self.allowed[usize::from(concept)]
    }
}

/// A title as refused words are looked for in it.
struct Title {
    normal: String,
    squeezed: Squeezed,
}

impl Title {
    fn of(catalogue: &Catalogue, doc: DocId) -> Self {
        let normal = normalise(catalogue.title(doc));
        let squeezed = Squeezed::new(&normal);
        Self { normal, squeezed }
    }

    /// Whether a squeezed word stands in it. One syllable stands in too many words to be looked for inside them.
    fn names(&self, word: &str) -> bool {
        match word.chars().count() {
            0 => false,
            1 => tokens(&self.normal).any(|t| t == word),
            _ => self.squeezed.as_str().contains(word),
        }
    }
}

fn squeeze(text: &str) -> String {
    Squeezed::new(&normalise(text)).as_str().to_owned()
}

fn allow(allowed: &mut [bool], concept: ConceptIndex, profile: &Profile, engine: &Engine) {
    let refused = profile.avoid.iter().any(|a| {
        engine.lexicon().find(a).iter().any(|f| {
            f.meanings
                .contains(&crate::lexicon::Meaning::Concept(concept))
        })
    });
    if !refused {
        allowed[usize::from(concept)] = true;
    }
}

/// Audiences that this recipient is not part of. Unknown age or gender forbids only what suits few.
fn forbidden_audience(profile: &Profile, fits: &Fits) -> u8 {
    let mut forbidden = 0;
    let mut forbid =
        |audience: Audience, when: bool| forbidden |= if when { audience.bit() } else { 0 };
    forbid(Audience::Men, profile.gender == Some(Gender::Female));
    forbid(Audience::Women, profile.gender == Some(Gender::Male));

    let minor = matches!(profile.age_band, Some(AgeBand::Under10 | AgeBand::Teens));
    let own_child = profile.relation == Some(Relation::Child) && profile.age_band.is_none();
    let childrens_day =
        profile.occasion == Some(Occasion::ChildrensDay) && profile.age_band.is_none();
    forbid(Audience::Adult, minor || own_child || childrens_day);

    let small = profile.age_band == Some(AgeBand::Under10) || own_child || childrens_day;
    let new_baby = matches!(
        profile.occasion,
        Some(Occasion::Birth | Occasion::FirstBirthday)
    ) || profile.category == Some(Category::Baby);
    forbid(Audience::Baby, !(small || new_baby));
    let toys = profile.category == Some(Category::Toys) && profile.age_band.is_none();
    forbid(
        Audience::Child,
        !(small || toys || profile.occasion == Some(Occasion::FirstBirthday)),
    );

    let old = matches!(
        profile.age_band,
        Some(AgeBand::Fifties | AgeBand::Sixties | AgeBand::SeventiesPlus)
    );
    let elder = profile.age_band.is_none()
        && matches!(
            profile.relation,
            Some(Relation::Parent | Relation::ParentInLaw | Relation::Grandparent)
        );
    forbid(Audience::Senior, !(old || elder));
    forbid(
        Audience::Pet,
        profile.category != Some(Category::Pet) && !fits.likes_pets,
    );
    forbidden
}
