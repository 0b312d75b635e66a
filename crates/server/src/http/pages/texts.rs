//! Every text of the pages, one file a language. Texts of questions, reasons and rules come from the engine's data instead.

mod en;
mod ko;

use super::Lang;

/// The texts of a language.
pub const fn texts(lang: Lang) -> &'static Texts {
    match lang {
        Lang::Ko => &ko::KO,
        Lang::En => &en::EN,
    }
}

/// Replaces `{name}` in a text.
pub fn fill(text: &str, name: &str, value: impl std::fmt::Display) -> String {
    text.replace(&format!("{{{name}}}"), &value.to_string())
}

/// All texts; a language that lacks one does not compile.
#[derive(Debug)]
pub struct Texts {
    pub brand: &'static str,
    pub tagline: &'static str,
    pub skip_to_content: &'static str,
    pub other_language: &'static str,
    pub other_language_hint: &'static str,
    pub my_results: &'static str,
    pub privacy: &'static str,
    pub home: &'static str,
    pub footer_note: &'static str,
    pub opens_new_tab: &'static str,
    pub landing: Landing,
    pub question: QuestionTexts,
    pub summary: SummaryTexts,
    pub result: ResultTexts,
    pub results: ResultsTexts,
    pub product: ProductTexts,
    pub errors: ErrorTexts,
    pub reminders: ReminderTexts,
    pub privacy_page: PrivacyTexts,
    /// Headings over the groups of a question's options; `interviews.rs` says what belongs under which.
    pub option_groups: &'static [(&'static str, &'static [&'static str])],
}

/// Where the links of mails lead: heading and sentence.
#[derive(Debug)]
pub struct ReminderTexts {
    pub confirmed: (&'static str, &'static str),
    pub unsubscribed: (&'static str, &'static str),
    pub gone: (&'static str, &'static str),
}

/// The first page.
#[derive(Debug)]
pub struct Landing {
    pub title: &'static str,
    pub lead: &'static str,
    pub start: &'static str,
    pub start_again: &'static str,
    pub no_sign_up: &'static str,
    pub resume: &'static str,
    /// `{asked}` questions answered.
    pub resume_detail: &'static str,
    pub pictures: &'static str,
    pub promises_title: &'static str,
    /// Heading and sentence of each promise.
    pub promises: &'static [(&'static str, &'static str)],
}

/// A question.
#[derive(Debug)]
pub struct QuestionTexts {
    pub back: &'static str,
    /// `{number}` of `{total}`.
    pub progress: &'static str,
    pub my_answers: &'static str,
    pub picked: &'static str,
    pub skip: &'static str,
    pub see_gifts_now: &'static str,
    pub own_words: &'static str,
    pub own_words_label: &'static str,
    pub own_words_hint: &'static str,
    pub own_words_example: &'static str,
    /// Characters that may still be written: `{left}`.
    pub characters_left: &'static str,
    pub answer: &'static str,
    pub choose_some: &'static str,
    pub own_range: &'static str,
    pub range_min: &'static str,
    pub range_max: &'static str,
    pub range_unit: &'static str,
    pub range_hint: &'static str,
    pub range_apply: &'static str,
    pub keys_hint: &'static str,
    pub sending: &'static str,
    pub invalid: &'static str,
}

/// The answers so far.
#[derive(Debug)]
pub struct SummaryTexts {
    pub title: &'static str,
    pub lead: &'static str,
    pub empty: &'static str,
    pub change: &'static str,
    pub see_gifts: &'static str,
    pub more_questions: &'static str,
    pub last_result: &'static str,
}

/// A list of gifts.
#[derive(Debug)]
pub struct ResultTexts {
    pub title: &'static str,
    /// `{count}` gifts.
    pub lead: &'static str,
    pub nothing_title: &'static str,
    pub nothing: &'static str,
    pub warnings_title: &'static str,
    pub source: &'static str,
    pub relaxations_title: &'static str,
    pub price: &'static str,
    /// `{date}` of the price.
    pub price_date: &'static str,
    pub sponsored: &'static str,
    pub sponsored_hint: &'static str,
    pub keywords: &'static str,
    pub why: &'static str,
    pub why_note: &'static str,
    /// Strong, middling, slight, against.
    pub strengths: [&'static str; 4],
    /// Name of a score term and what it judges.
    pub terms: &'static [(&'static str, &'static str)],
    pub go_to_shop: &'static str,
    pub details: &'static str,
    /// `{stars}` of five, `{count}` ratings.
    pub rating: &'static str,
    pub counterfactuals_title: &'static str,
    pub why_not_title: &'static str,
    pub why_not_hint: &'static str,
    pub why_not_ask: &'static str,
    /// No product is called `{name}`.
    pub why_not_unknown: &'static str,
    pub second_look_title: &'static str,
    pub second_look: &'static str,
    pub second_look_accept: &'static str,
    pub answers_title: &'static str,
    pub change: &'static str,
    pub again: &'static str,
    pub again_hint: &'static str,
    pub new_gift: &'static str,
    pub kept: &'static str,
}

/// All lists of a guest.
#[derive(Debug)]
pub struct ResultsTexts {
    pub title: &'static str,
    pub lead: &'static str,
    pub empty_title: &'static str,
    pub empty: &'static str,
    pub untitled: &'static str,
    /// `{count}` gifts.
    pub count: &'static str,
    pub more: &'static str,
}

/// One product.
#[derive(Debug)]
pub struct ProductTexts {
    pub brand: &'static str,
    pub seller: &'static str,
    pub category: &'static str,
    pub rating: &'static str,
    pub no_shop: &'static str,
    pub price_note: &'static str,
    pub find_gifts: &'static str,
}

/// When something is missing or broken.
#[derive(Debug)]
pub struct ErrorTexts {
    pub not_found: (&'static str, &'static str),
    pub guest_unknown: (&'static str, &'static str),
    pub refused: (&'static str, &'static str),
    pub busy: (&'static str, &'static str),
    pub unavailable: (&'static str, &'static str),
    pub broken: (&'static str, &'static str),
    pub to_start: &'static str,
    pub request_id: &'static str,
}

/// What is kept, and how to have it forgotten.
#[derive(Debug)]
pub struct PrivacyTexts {
    pub title: &'static str,
    pub lead: &'static str,
    /// Heading and paragraphs; `{days}` of retention.
    pub sections: &'static [(&'static str, &'static [&'static str])],
    pub model_title: &'static str,
    /// `{receiver}` is the language model's host, `{model}` its name.
    pub model_used: &'static str,
    pub model_cut: &'static str,
    pub model_sensitive: &'static str,
    pub model_decline: &'static str,
    pub model_declined: &'static str,
    pub model_allow: &'static str,
    pub model_unused: &'static str,
    pub erase_title: &'static str,
    pub erase: &'static str,
    pub erase_confirm: &'static str,
    pub erase_button: &'static str,
    pub erased_title: &'static str,
    pub erased: &'static str,
}
