//! Every page renders from its samples in both languages, and what it renders keeps the promises that all pages make.

use super::{
    ErrorPage, LandingPage, Lang, Page, PrivacyPage, ProductPage, QuestionPage, ReminderPage,
    ResultPage, ResultsPage, SummaryPage,
};
use askama::Template;

const LANGUAGES: [Lang; 2] = [Lang::Ko, Lang::En];

/// The addresses that links and forms of a page may name, up to their parameters.
const ADDRESSES: [&str; 12] = [
    "/",
    "/start",
    "/language",
    "/privacy",
    "/privacy/model",
    "/erase",
    "/results",
    "/results/",
    "/products/",
    "/interviews/",
    "/assets/",
    "/pictures/",
];

fn rendered<P: Page>(lang: Lang) -> Vec<(String, String)> {
    let name = |i: usize| format!("{}-{i}-{}", P::NAME, lang.as_str());
    P::samples(lang)
        .iter()
        .enumerate()
        .map(|(i, page)| (name(i), page.render().unwrap()))
        .collect()
}

fn all(lang: Lang) -> Vec<(String, String)> {
    [
        rendered::<LandingPage>(lang),
        rendered::<QuestionPage>(lang),
        rendered::<SummaryPage>(lang),
        rendered::<ResultPage>(lang),
        rendered::<ResultsPage>(lang),
        rendered::<ProductPage>(lang),
        rendered::<PrivacyPage>(lang),
        rendered::<ReminderPage>(lang),
        rendered::<ErrorPage>(lang),
    ]
    .concat()
}

/// The start tags of an element.
fn tags<'a>(html: &'a str, element: &str) -> Vec<&'a str> {
    let opening = format!("<{element}");
    let starts = html
        .match_indices(&opening)
        .map(|(at, found)| (at, at + found.len()));
    starts
        .filter(|&(_, end)| html[end..].starts_with([' ', '>', '\n']))
        .map(|(at, _)| &html[at..at + html[at..].find('>').unwrap() + 1])
        .collect()
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    rest.split('"').next()
}

#[test]
fn every_page_is_a_whole_document_in_its_language() {
    for lang in LANGUAGES {
        for (name, html) in all(lang) {
            assert_eq!(
                attribute(tags(&html, "html")[0], "lang"),
                Some(lang.as_str()),
                "{name}"
            );
            assert_eq!(
                tags(&html, "h1").len(),
                1,
                "{name}: one heading says what the page is"
            );
            assert_eq!(tags(&html, "main").len(), 1, "{name}");
            assert!(html.trim_end().ends_with("</html>"), "{name}");
            for element in [
                "form", "button", "a", "ul", "ol", "li", "section", "details", "label", "p", "div",
                "span", "dl",
            ] {
                let closed = html.matches(&format!("</{element}>")).count();
                assert_eq!(tags(&html, element).len(), closed, "{name}: <{element}>");
            }
            assert!(!html.contains("{{") && !html.contains("{%"), "{name}");
            let left_open = [
                "{count}",
                "{date}",
                "{number}",
                "{total}",
                "{asked}",
                "{days}",
                "{receiver}",
                "{stars}",
            ];
            assert!(
                left_open.iter().all(|place| !html.contains(place)),
                "{name}: a place in a text was not filled"
            );
        }
    }
}

#[test]
fn the_security_policy_forbids_nothing_that_a_page_uses() {
    for (name, html) in LANGUAGES.into_iter().flat_map(all) {
        assert!(
            !html.contains(" style=") && !html.contains("<style"),
            "{name}: inline style"
        );
        for (start, _) in html.match_indices(" on") {
            let word: String = html[start + 1..]
                .chars()
                .take_while(char::is_ascii_alphabetic)
                .collect();
            assert!(
                !html[start + 1 + word.len()..].starts_with("=\""),
                "{name}: inline handler {word}"
            );
        }
        for script in tags(&html, "script") {
            assert!(
                attribute(script, "src").unwrap().starts_with("/assets/"),
                "{name}"
            );
        }
    }
}

#[test]
fn links_lead_to_pages_of_ours_or_out_with_care() {
    for (name, html) in LANGUAGES.into_iter().flat_map(all) {
        for tag in [
            tags(&html, "a"),
            tags(&html, "form"),
            tags(&html, "link"),
            tags(&html, "img"),
        ]
        .concat()
        {
            let address = ["href", "action", "src"]
                .into_iter()
                .find_map(|a| attribute(tag, a))
                .unwrap();
            if address.starts_with("https://") {
                if tag.starts_with("<a") {
                    assert!(
                        attribute(tag, "rel").is_some_and(|rel| rel.contains("noopener")),
                        "{name}: {tag}"
                    );
                } else {
                    assert_eq!(
                        attribute(tag, "referrerpolicy"),
                        Some("no-referrer"),
                        "{name}: {tag}"
                    );
                }
                continue;
            }
            let path = address.split('?').next().unwrap();
            let known = path == "#main"
                || ADDRESSES.iter().any(|a| {
                    path == *a || (a.len() > 1 && a.ends_with('/') && path.starts_with(a))
                });
            assert!(known, "{name}: {tag}");
        }
    }
}

#[test]
fn a_page_can_be_read_aloud() {
    for (name, html) in LANGUAGES.into_iter().flat_map(all) {
        for image in tags(&html, "img") {
            assert!(
                attribute(image, "alt").is_some() && attribute(image, "width").is_some(),
                "{name}: {image}"
            );
        }
        for area in tags(&html, "textarea") {
            let id = attribute(area, "id").unwrap();
            assert!(
                html.contains(&format!("<label for=\"{id}\"")),
                "{name}: {area}"
            );
        }
        for referring in ["aria-labelledby", "aria-describedby"] {
            for (at, found) in html.match_indices(&format!("{referring}=\"")) {
                let id = html[at + found.len()..].split('"').next().unwrap();
                assert_eq!(
                    html.matches(&format!(" id=\"{id}\"")).count(),
                    1,
                    "{name}: {referring} names {id}"
                );
            }
        }
    }
}

#[test]
fn english_pages_speak_no_korean_but_in_what_shops_write() {
    let hangul = |text: &str| text.chars().any(|c| ('가'..='힣').contains(&c));
    for (name, html) in all(Lang::En) {
        let shop = name.starts_with("product") || name.starts_with("result");
        let own = html.replace("한국어", "");
        assert!(shop || !hangul(&own), "{name}");
    }
}

#[test]
fn what_a_shop_or_a_guest_wrote_stays_text() {
    let mut page = ProductPage::samples(Lang::En).remove(0);
    page.product.title = "<script>alert(1)</script> & \"friends\"".to_owned();
    let html = page.render().unwrap();
    assert!(!html.contains("<script>alert") && html.contains("alert(1)"));
}

#[test]
fn an_advertisement_says_so() {
    let html = ResultPage::samples(Lang::Ko)[0].render().unwrap();
    assert!(html.contains(">광고</span>") && html.contains("nofollow noopener sponsored"));
}
