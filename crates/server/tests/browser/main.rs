//! Real headless Chromium walks the pages, with and without JavaScript, in both languages.

mod fixture;

use fantoccini::{Client, Locator};
use fixture::{Browser, Script, Shop};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until the page that a click leads to is there.
async fn appears(browser: &Client, css: &str) -> fantoccini::elements::Element {
    let found = browser
        .wait()
        .at_most(PATIENCE)
        .for_element(Locator::Css(css))
        .await;
    match found {
        Ok(element) => element,
        Err(error) => panic!(
            "{css} did not appear at {:?}: {error}",
            browser.current_url().await
        ),
    }
}

async fn texts(browser: &Client, css: &str) -> Vec<String> {
    let mut texts = Vec::new();
    for element in browser.find_all(Locator::Css(css)).await.expect("elements") {
        texts.push(element.text().await.expect("a text"));
    }
    texts
}

async fn click(browser: &Client, css: &str) {
    appears(browser, css)
        .await
        .click()
        .await
        .unwrap_or_else(|e| panic!("clicking {css}: {e}"));
}

/// Answers with the option of the given value, and waits for the next question or the summary.
async fn answer(browser: &Client, question: &str, option: &str) {
    let form = format!("form.answers[action$='/answers/{question}']");
    click(browser, &format!("{form} .option[value='{option}']")).await;
    let gone = format!("main:not(:has({form}))");
    appears(browser, &gone).await;
}

/// From the landing page to the list: six fixed questions, then whatever follow-ups come, then the summary.
async fn walk_to_gifts(browser: &Client, shop: &Shop, language: &str) -> usize {
    browser
        .goto(&shop.url(&format!("/?lang={language}")))
        .await
        .expect("the landing page");
    assert_eq!(
        appears(browser, "html")
            .await
            .attr("lang")
            .await
            .expect("an attribute")
            .as_deref(),
        Some(language)
    );
    click(browser, "form[action='/start'] button").await;
    answer(browser, "relation", "friend").await;
    answer(browser, "gender", "female").await;
    answer(browser, "age_band", "20s").await;
    answer(browser, "budget", "30000-50000").await;
    answer(browser, "occasion", "birthday").await;
    answer(browser, "category", "any").await;
    let mut follow_ups = 0;
    loop {
        appears(browser, "main.summary, form.answers").await;
        let Ok(form) = browser.find(Locator::Css("form.answers")).await else {
            break;
        };
        let action = form
            .attr("action")
            .await
            .expect("an attribute")
            .expect("an action");
        let question = action.rsplit('/').next().expect("a question").to_owned();
        let first = appears(browser, "form.answers .option").await;
        let value = first
            .attr("value")
            .await
            .expect("an attribute")
            .expect("a value");
        answer(browser, &question, &value).await;
        follow_ups += 1;
    }
    assert_eq!(
        texts(browser, ".answer-list dt").await.len(),
        6 + follow_ups
    );
    click(browser, "main.summary form[action$='/results'] button").await;
    appears(browser, ".gifts").await;
    follow_ups
}

/// Won in a price as shown: "32,000원", "₩32,000".
fn won(text: &str) -> u32 {
    text.chars()
        .filter(char::is_ascii_digit)
        .collect::<String>()
        .parse()
        .expect("a price")
}

async fn landing_to_gifts_and_back(language: &str, script: Script) {
    let shop = Shop::open().await;
    let (width, height) = if script == Script::On {
        (1280, 1100)
    } else {
        (390, 844)
    };
    let browser = Browser::start(script, width, height).await;
    let client = &browser.client;
    let follow_ups = walk_to_gifts(client, &shop, language).await;
    assert!((1..=3).contains(&follow_ups), "{follow_ups} follow-ups");

    let titles = texts(client, ".gift-title").await;
    assert_eq!(titles.len(), 8, "{titles:?}");
    for price in texts(client, ".gift-price b").await {
        assert!((30_000..=50_000).contains(&won(&price)), "{price}");
    }
    for reason in texts(client, ".gift-reason").await {
        let korean = reason.chars().any(|c| ('가'..='힣').contains(&c));
        assert!(
            reason.chars().count() > 10 && (language == "en" || korean),
            "{reason}"
        );
    }
    fixture::picture(client, &format!("result-{language}-{script:?}")).await;
    click(client, ".gift-title a").await;
    assert_eq!(texts(client, "h1").await, [titles[0].clone()]);

    // Later, from the list of results.
    client
        .goto(&shop.url("/results"))
        .await
        .expect("my results");
    click(client, "main a[href^='/results/']").await;
    appears(client, ".gifts").await;
    assert_eq!(texts(client, ".gift-title").await, titles);
    browser.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_korean_guest_finds_eight_gifts() {
    landing_to_gifts_and_back("ko", Script::On).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_english_guest_finds_eight_gifts() {
    landing_to_gifts_and_back("en", Script::On).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_korean_guest_without_javascript_finds_eight_gifts() {
    landing_to_gifts_and_back("ko", Script::Off).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_english_guest_without_javascript_finds_eight_gifts() {
    landing_to_gifts_and_back("en", Script::Off).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_skipped_still_ends_in_eight_gifts() {
    let shop = Shop::open().await;
    let browser = Browser::start(Script::On, 1280, 900).await;
    let client = &browser.client;
    client.goto(&shop.url("/")).await.expect("the landing page");
    click(client, "form[action='/start'] button").await;
    for question in [
        "relation", "gender", "age_band", "budget", "occasion", "category",
    ] {
        let form = format!("form[action$='/answers/{question}']");
        click(
            client,
            &format!("{form} button[name='answer'][value='skip']"),
        )
        .await;
        appears(client, &format!("main:not(:has({form}))")).await;
    }
    appears(client, "form[action$='/results']").await;
    click(client, "form[action$='/results'] button").await;
    appears(client, ".gifts").await;
    assert_eq!(texts(client, ".gift-title").await.len(), 8);
    assert!(
        texts(client, ".gift-reason")
            .await
            .iter()
            .all(|r| r.chars().count() > 10)
    );
    fixture::picture(client, "skipped").await;
    browser.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_changed_from_the_summary_and_a_range_is_typed() {
    let shop = Shop::open().await;
    let browser = Browser::start(Script::On, 1280, 900).await;
    let client = &browser.client;
    walk_to_gifts(client, &shop, "ko").await;
    click(client, ".chip-link a").await;
    click(client, ".answer-list a[href*='question=budget']").await;
    appears(client, "details.own").await;
    // The bar at the foot covers what lies under it until one scrolls.
    let scroll = "document.querySelector('details.own').scrollIntoView({ block: 'center' })";
    client.execute(scroll, Vec::new()).await.expect("scrolling");
    click(client, "details.own summary").await;
    let min = appears(client, "input[name='min']").await;
    min.clear().await.expect("an empty field");
    min.send_keys("100000").await.expect("typing");
    let max = appears(client, "input[name='max']").await;
    max.clear().await.expect("an empty field");
    max.send_keys("150000").await.expect("typing");
    click(client, "button[name='answer'][value='range']").await;
    appears(client, "main:not(:has(button[value='range']))").await;
    click(
        client,
        "main.summary form[action$='/results'] button, .bar form[action$='/results'] button",
    )
    .await;
    appears(client, ".gifts").await;
    let prices = texts(client, ".gift-price b").await;
    assert!(prices.iter().all(|p| won(p) <= 150_000), "{prices:?}");
    browser.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn number_keys_choose_an_option() {
    let shop = Shop::open().await;
    let browser = Browser::start(Script::On, 1280, 900).await;
    let client = &browser.client;
    client.goto(&shop.url("/")).await.expect("the landing page");
    click(client, "form[action='/start'] button").await;
    appears(client, "form[action$='/answers/relation']").await;
    appears(client, "html.scripted .option[data-key='1']").await;
    appears(client, "body")
        .await
        .send_keys("1")
        .await
        .expect("typing");
    appears(client, "form[action$='/answers/gender']").await;
    browser.stop().await;
}
