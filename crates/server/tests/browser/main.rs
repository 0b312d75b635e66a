//! Real headless Chromium walks the pages, with and without JavaScript, in both languages.

mod fixture;
#[expect(
    dead_code,
    clippy::unwrap_used,
    reason = "the server of a model that the tests of the interface script"
)]
#[path = "../api/llm/scripted.rs"]
mod scripted;

use fantoccini::{Client, Locator};
use fixture::{Browser, Script, Shop};
use scripted::{Scripted, streamed};
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

const MODEL_KEY: &str = "sk-key-that-no-page-may-show";

fn with_model<'a>(model: &'a Scripted, mode: &'a str) -> [(&'a str, &'a str); 4] {
    [
        ("SEONMUL_LLM_BASE_URL", &model.base_url),
        ("SEONMUL_LLM_API_KEY", MODEL_KEY),
        ("SEONMUL_LLM_MODE", mode),
        // Only a defect waits so long.
        ("SEONMUL_LLM_KEYWORDS_DEADLINE_MS", "20000"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_browser_asks_the_model_for_keywords_and_sends_them_with_the_wish() {
    // What the engine would not have said first, so that it can only have come from the model.
    let chosen = |call: &scripted::Received| call.names().into_iter().rev().take(3).collect();
    let model = Scripted::start(move |_, call| {
        let choices: Vec<String> = chosen(call);
        streamed(&serde_json::json!({ "choices": choices, "own": [] }).to_string())
    })
    .await;
    let shop = Shop::open_with(&with_model(&model, "browser")).await;
    let browser = Browser::start(Script::On, 1280, 1100).await;
    let client = &browser.client;
    walk_to_gifts(client, &shop, "ko").await;
    let asked = model.received();
    let said: Vec<String> = chosen(asked.last().expect("the model was asked"));
    let page = client.source().await.expect("the page");
    for word in &said {
        assert!(page.contains(word.as_str()), "{word} is not on the page");
    }
    assert!(asked.iter().all(|c| c.head.contains(MODEL_KEY)));
    assert!(!page.contains(MODEL_KEY));
    browser.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_hangs_keeps_no_browser_from_its_gifts() {
    let model = Scripted::hung().await;
    let mut settings = with_model(&model, "browser");
    settings[3].1 = "200";
    let shop = Shop::open_with(&settings).await;
    let browser = Browser::start(Script::On, 390, 844).await;
    walk_to_gifts(&browser.client, &shop, "en").await;
    assert_eq!(texts(&browser.client, ".gift-title").await.len(), 8);
    browser.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_asks_in_the_words_of_the_model_until_the_guest_declines() {
    let model = Scripted::good().await;
    let shop = Shop::open_with(&with_model(&model, "server")).await;
    let browser = Browser::start(Script::Off, 390, 844).await;
    let client = &browser.client;
    let to_follow_up = async || {
        client
            .goto(&shop.url("/?lang=ko"))
            .await
            .expect("the landing page");
        click(client, "form[action='/start'] button").await;
        for (question, option) in [
            ("relation", "friend"),
            ("gender", "female"),
            ("age_band", "20s"),
            ("budget", "30000-50000"),
            ("occasion", "birthday"),
            ("category", "any"),
        ] {
            answer(client, question, option).await;
        }
        texts(client, "h1").await
    };
    let worded = ["이럴 때 가장 즐거워하시나요?"];
    assert_eq!(to_follow_up().await, worded);
    assert!(
        texts(client, ".option")
            .await
            .iter()
            .all(|t| t.starts_with("이런 것"))
    );
    client
        .goto(&shop.url("/privacy"))
        .await
        .expect("the privacy page");
    let told = texts(client, "main").await.concat();
    assert!(
        told.contains("gpt-4.1-mini") && told.contains("127.0.0.1"),
        "{told}"
    );
    fixture::picture(client, "privacy-model").await;
    click(client, "button[name='llm'][value='off']").await;
    appears(client, "button[name='llm'][value='on']").await;
    let calls = model.received().len();
    assert_ne!(to_follow_up().await, worded);
    assert_eq!(model.received().len(), calls, "nothing was sent");
    browser.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_look_is_offered_beside_the_list_and_taken_by_a_button() {
    let model = Scripted::start(|_, call| {
        let schema = call.body["response_format"]["json_schema"]["name"].as_str();
        if schema != Some("refine") {
            return streamed(&call.good());
        }
        let why = "받는 분의 하루를 조금 더 즐겁게 해 줄 거예요.";
        let is_candidate = |l: &&str| {
            l.split_once(". ")
                .is_some_and(|(n, _)| n.parse::<u32>().is_ok())
        };
        let last = call.message("user").lines().filter(is_candidate).count();
        let picks = (0..8).map(|i| serde_json::json!({ "id": last - i, "why": why }));
        let picks: Vec<_> = picks.collect();
        streamed(&serde_json::json!({ "picks": picks }).to_string())
    })
    .await;
    let [base_url, key, mode, wait] = with_model(&model, "server");
    let settings = [base_url, key, mode, wait, ("SEONMUL_LLM_REFINE", "on")];
    let shop = Shop::open_with(&settings).await;
    let browser = Browser::start(Script::On, 1280, 1100).await;
    let client = &browser.client;
    walk_to_gifts(client, &shop, "ko").await;
    let before = texts(client, ".gift-title").await;
    appears(client, "[data-second-look]:not([hidden]) [data-offer] li").await;
    assert_eq!(texts(client, ".gift-title").await, before, "the list stays");
    let offered = texts(client, "[data-offer] b").await;
    assert_eq!(offered.len(), 8);
    assert_ne!(offered, before);
    fixture::picture(client, "second-look").await;
    let address = client.current_url().await.expect("an address");
    click(client, "[data-second-look] button").await;
    let gone = async {
        while client.current_url().await.expect("an address") == address {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, gone)
        .await
        .expect("another list");
    appears(client, ".gifts").await;
    assert_eq!(texts(client, ".gift-title").await, offered);
    browser.stop().await;
}
