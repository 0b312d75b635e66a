//! The pages through the router: a whole interview by forms alone, in both languages, and what must not happen.

use crate::fixture::{Call, Reply, Server, on_both};
use axum::http::StatusCode;
use seonmul_server::http::pictures::Pictures;
use std::collections::BTreeSet;

on_both!(
    forms_alone_lead_to_gifts,
    a_missing_product_is_explained_without_a_script,
    a_wrong_answer_is_asked_again_with_the_reason,
    an_answer_can_be_changed_from_the_summary,
    the_duty_is_asked_on_a_page_of_its_own,
    a_button_pressed_twice_makes_one_list,
    other_sites_cannot_send_forms,
    a_language_stays_chosen,
    what_fails_for_a_person_is_a_page,
    a_guest_sees_only_their_own,
    erased_is_forgotten,
    a_shop_without_a_catalogue_still_asks with &[crate::fixture::EMPTY],
);

/// A browser without a script: it keeps cookies and follows nothing by itself.
struct Browser {
    server: Server,
    cookies: Vec<String>,
}

impl Browser {
    fn new(server: &Server) -> Self {
        Self {
            server: server.clone(),
            cookies: Vec::new(),
        }
    }

    async fn send(&mut self, call: Call) -> Reply {
        let call = call.header("accept", "text/html,application/xhtml+xml");
        let call = call.header("cookie", &self.cookies.join("; "));
        let reply = call.send().await;
        for cookie in reply.headers.get_all("set-cookie") {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let name = pair.split_once('=').unwrap().0;
            self.cookies.retain(|c| !c.starts_with(&format!("{name}=")));
            self.cookies.push(pair.to_owned());
        }
        reply
    }

    async fn get(&mut self, path: &str) -> Reply {
        let call = self.server.get(path);
        self.send(call).await
    }

    /// A page that must be there.
    async fn page(&mut self, path: &str) -> String {
        let reply = self.get(path).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.text());
        assert_eq!(reply.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(reply.header("cache-control"), "no-store");
        reply.text()
    }

    async fn post(&mut self, path: &str, form: &str) -> Reply {
        let call = self.server.post(path);
        let call = call.body("application/x-www-form-urlencoded", form.to_owned());
        self.send(call.header("sec-fetch-site", "same-origin"))
            .await
    }

    /// Sends a form and gives the address that it leads to.
    async fn follow(&mut self, path: &str, form: &str) -> String {
        let reply = self.post(path, form).await;
        assert_eq!(
            reply.status,
            StatusCode::SEE_OTHER,
            "{path}: {}",
            reply.text()
        );
        reply.header("location").to_owned()
    }

    /// Begins an interview and gives its address.
    async fn start(&mut self) -> String {
        let question = self.follow("/start", "").await;
        question.split('?').next().unwrap().to_owned()
    }

    /// Answers the six fixed questions and skips what follows; gives the interview's address.
    async fn answer_all(&mut self) -> String {
        let interview = self.start().await;
        for (question, form) in [
            ("relation", "choice=lover"),
            ("gender", "choice=male"),
            ("age_band", "choice=30s"),
            ("budget", "answer=range&min=20%2C000&max=100000%EC%9B%90"),
            ("occasion", "choice=birthday"),
            ("category", "answer=skip"),
        ] {
            let path = format!("{interview}/answers/{question}");
            self.follow(&path, form).await;
        }
        interview
    }
}

/// The first value between two texts.
fn between<'a>(html: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = html
        .split_once(before)
        .unwrap_or_else(|| panic!("no {before} in {html}"));
    rest.split(after).next().unwrap()
}

async fn forms_alone_lead_to_gifts(server: Server) {
    let mut browser = Browser::new(&server);
    assert!(browser.page("/").await.contains("action=\"/start\""));
    let interview = browser.answer_all().await;
    for _ in 0..4 {
        let reply = browser.get(&interview).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER);
        let next = reply.header("location").to_owned();
        if next.ends_with("/summary") {
            break;
        }
        let html = browser.page(&next).await;
        let action = between(
            &html,
            "<form class=\"answers\" method=\"post\" action=\"",
            "\"",
        )
        .to_owned();
        browser
            .follow(
                &action,
                "text=%EB%82%9A%EC%8B%9C%EB%A5%BC+%EC%A2%8B%EC%95%84%ED%95%B4%EC%9A%94",
            )
            .await;
    }
    let summary = browser.page(&format!("{interview}/summary")).await;
    assert!(
        summary.contains("연인")
            && summary.contains("2만원~10만원")
            && summary.contains("잘 모르겠어요")
    );
    let result = browser.follow(&format!("{interview}/results"), "").await;
    let html = browser.page(&result).await;
    assert_eq!(html.matches("<li class=\"gift\">").count(), 8, "{html}");
    assert!(html.contains("낚시를 좋아해요") && html.contains("왜 이 선물인가요?"));
    let all = browser.page("/results").await;
    assert!(
        all.contains(&format!("href=\"{result}\"")) && all.contains("연인 · 2만원~10만원 · 생일"),
        "{all}"
    );
    let product = between(&html, "href=\"/products/", "\"");
    let html = browser.page(&format!("/products/{product}")).await;
    assert!(html.contains("원</b>"));
    assert!(
        !browser.page("/").await.contains("resume-title"),
        "nothing is left to resume"
    );
}

async fn a_missing_product_is_explained_without_a_script(server: Server) {
    let mut browser = Browser::new(&server);
    let interview = browser.answer_all().await;
    let result = browser.follow(&format!("{interview}/results"), "").await;
    let html = browser.page(&result).await;
    assert!(html.contains("이 상품은 왜 없나요?"), "{html}");
    let action = between(&html, "<form method=\"get\" action=\"", "#why-not");
    assert_eq!(action, result);
    let dear = server
        .get("/api/v1/products?min_price=150000&limit=1")
        .send()
        .await
        .json();
    let dear = dear["products"][0]["product_id"].as_str().unwrap();
    let html = browser.page(&format!("{result}?product={dear}")).await;
    assert!(html.contains("예산 100,000원을"), "{html}");
    let name = "%EA%B3%A8%ED%94%84%EA%B3%B5"; // 골프공
    let html = browser.page(&format!("{result}?product={name}")).await;
    let told = between(&html, "role=\"status\">", "</p>");
    assert!(told.contains("골프공") && told.contains("<br>"), "{told}");
    let html = browser.page(&format!("{result}?product=zzqqxx")).await;
    assert!(html.contains("‘zzqqxx’ 상품을 찾지 못했어요"), "{html}");
    let html = browser
        .page(&format!("{result}?product=%3Cb%3E&lang=en"))
        .await;
    assert!(!html.contains("<b>\"") && html.contains("Why is this product not here?"));
}

async fn a_wrong_answer_is_asked_again_with_the_reason(server: Server) {
    let mut browser = Browser::new(&server);
    let interview = browser.start().await;
    for (question, form, words) in [
        ("budget", "answer=range&min=90000&max=10000", "커요"),
        ("budget", "answer=range&min=many", "숫자"),
        ("relation", "choice=nobody", "fault"),
        ("relation", "text=", "fault"),
        ("relation", "", "fault"),
    ] {
        let reply = browser
            .post(&format!("{interview}/answers/{question}"), form)
            .await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{form}");
        let html = reply.text();
        assert!(
            html.contains("class=\"fault\"") && html.contains(words),
            "{form}: {html}"
        );
    }
    let long = format!("text={}", "a".repeat(301));
    let reply = browser
        .post(&format!("{interview}/answers/relation"), &long)
        .await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    let reply = browser
        .post(
            &format!("{interview}/answers/relation"),
            &"a".repeat(20_000),
        )
        .await;
    assert_eq!(reply.status, StatusCode::PAYLOAD_TOO_LARGE);
    let reply = browser
        .post(&format!("{interview}/answers/no_such"), "choice=a")
        .await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND);
}

async fn an_answer_can_be_changed_from_the_summary(server: Server) {
    let mut browser = Browser::new(&server);
    let interview = browser.answer_all().await;
    let html = browser
        .page(&format!("{interview}?question=relation&from=summary"))
        .await;
    assert!(html.contains("(고른 답)") && html.contains(&format!("{interview}/summary")));
    let next = browser
        .follow(
            &format!("{interview}/answers/relation"),
            "from=summary&choice=friend",
        )
        .await;
    assert_eq!(next, format!("{interview}/summary"));
    let html = browser.page(&next).await;
    assert!(html.contains("친구") && !html.contains("연인"));
    let reply = browser
        .get(&format!("{interview}?question=never_asked"))
        .await;
    assert_eq!(
        reply.status,
        StatusCode::SEE_OTHER,
        "an unknown question leads to the next one"
    );
}

async fn the_duty_is_asked_on_a_page_of_its_own(server: Server) {
    let mut browser = Browser::new(&server);
    let interview = browser.answer_all().await;
    let answer = |question: &str| format!("{interview}/answers/{question}");
    browser
        .follow(&answer("relation"), "choice=public_official")
        .await;
    let html = browser
        .page(&format!("{interview}?question=duty_relation"))
        .await;
    for text in [
        "직접 맡고 있나요?",
        "네, 직접 관련이 있어요",
        "아니요",
        "담임",
    ] {
        assert!(html.contains(text), "{text}");
    }
    browser.follow(&answer("duty_relation"), "choice=yes").await;
    let html = browser.page(&format!("{interview}/summary")).await;
    assert!(html.contains("네, 직접 관련이 있어요"));
    let changed = "from=summary&choice=no";
    browser.follow(&answer("duty_relation"), changed).await;
    let html = browser.page(&format!("{interview}/summary")).await;
    assert!(!html.contains("네, 직접 관련이 있어요") && html.contains("아니요"));
}

async fn a_button_pressed_twice_makes_one_list(server: Server) {
    let mut browser = Browser::new(&server);
    let interview = browser.answer_all().await;
    let html = browser.page(&format!("{interview}/summary")).await;
    let key = format!("key={}", between(&html, "name=\"key\" value=\"", "\""));
    let path = format!("{interview}/results");
    let first = browser.follow(&path, &key).await;
    assert_eq!(browser.follow(&path, &key).await, first);
    assert_ne!(browser.follow(&path, "").await, first);
}

async fn other_sites_cannot_send_forms(server: Server) {
    let from = |name, value| server.post("/start").header(name, value).send();
    for reply in [
        from("sec-fetch-site", "cross-site").await,
        from("sec-fetch-site", "same-site").await,
        from("origin", "https://evil.example").await,
    ] {
        reply.problem(403, "forbidden");
        assert_eq!(reply.header("set-cookie"), "");
    }
    let reply = server.post("/start").send().await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER);
    let cookie = reply.header("set-cookie");
    assert!(cookie.starts_with("guest_id=") && cookie.contains("HttpOnly; SameSite=Lax"));
}

async fn a_language_stays_chosen(server: Server) {
    let mut browser = Browser::new(&server);
    assert!(browser.page("/").await.contains("<html lang=\"ko\">"));
    let back = browser.follow("/language?to=en", "back=%2Fprivacy").await;
    assert_eq!(back, "/privacy");
    assert!(
        browser
            .page("/privacy")
            .await
            .contains("<html lang=\"en\">")
    );
    assert_eq!(
        browser
            .follow("/language?to=en", "back=%2F%2Fevil.example")
            .await,
        "/"
    );
    assert!(
        browser
            .page("/?lang=ko")
            .await
            .contains("<html lang=\"ko\">")
    );
    assert!(
        browser
            .page("/results")
            .await
            .contains("<html lang=\"ko\">"),
        "the address chose it for good"
    );
    browser.follow("/language?to=en", "").await;
    let interview = browser.answer_all().await;
    let summary = browser.page(&format!("{interview}/summary")).await;
    assert!(summary.contains("Partner") && summary.contains("Who is the gift for?"));
    let result = browser.follow(&format!("{interview}/results"), "").await;
    let html = browser.page(&result).await;
    assert!(html.contains("Why this gift?") && html.contains("₩"));
}

async fn what_fails_for_a_person_is_a_page(server: Server) {
    let mut browser = Browser::new(&server);
    browser.start().await;
    for (path, status) in [
        ("/nope", 404),
        ("/products/nope", 404),
        ("/results/00000000000000000000000000000000", 404),
        ("/interviews/not-an-id", 404),
        ("/start", 405),
    ] {
        let reply = browser.get(path).await;
        assert_eq!(reply.status.as_u16(), status, "{path}");
        assert!(
            reply.text().contains("<h1>") && reply.text().contains("href=\"/\""),
            "{path}"
        );
    }
    let reply = server.get("/products/nope").send().await;
    reply.problem(404, "not_found");
    let mut stranger = Browser::new(&server);
    let reply = stranger
        .get("/results/00000000000000000000000000000000")
        .await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    assert!(
        stranger
            .page("/results")
            .await
            .contains("아직 받은 추천이 없어요")
    );
    assert!(
        browser
            .get("/api/v1/nope")
            .await
            .header("content-type")
            .starts_with("application/problem")
    );
}

async fn a_guest_sees_only_their_own(server: Server) {
    let (mut owner, mut other) = (Browser::new(&server), Browser::new(&server));
    let interview = owner.answer_all().await;
    let result = owner.follow(&format!("{interview}/results"), "").await;
    other.start().await;
    for path in [&interview, &format!("{interview}/summary"), &result] {
        assert_eq!(
            other.get(path).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
    let reply = other
        .post(&format!("{interview}/answers/relation"), "choice=boss")
        .await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND);
    assert_eq!(
        other.post(&format!("{interview}/results"), "").await.status,
        StatusCode::NOT_FOUND
    );
    assert!(!other.page("/results").await.contains(&result));
}

async fn erased_is_forgotten(server: Server) {
    let mut browser = Browser::new(&server);
    let interview = browser.answer_all().await;
    assert!(
        browser
            .page("/")
            .await
            .contains(&format!("href=\"{interview}\"")),
        "it can be resumed"
    );
    let kept = browser.cookies.clone();
    assert!(browser.page("/privacy").await.contains("action=\"/erase\""));
    let next = browser.follow("/erase", "").await;
    assert!(browser.page(&next).await.contains("모두 지웠어요"));
    browser.cookies = kept;
    assert_eq!(
        browser.get(&interview).await.status,
        StatusCode::UNAUTHORIZED
    );
}

async fn a_shop_without_a_catalogue_still_asks(server: Server) {
    let mut browser = Browser::new(&server);
    let interview = browser.answer_all().await;
    let reply = browser.post(&format!("{interview}/results"), "").await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(reply.text().contains("<h1>") && !reply.header("retry-after").is_empty());
}

/// Every kind of gift and every category has a picture, and the table names no kind that does not exist.
#[tokio::test]
async fn every_gift_has_a_picture() {
    crate::fixture::on_sqlite(&[crate::fixture::EMPTY], async |server: Server| {
        let lexicon = server.app.engine.lexicon();
        let known: BTreeSet<&str> = lexicon.concepts().iter().map(|c| c.id.as_str()).collect();
        let pictures = Pictures::embedded().unwrap();
        let drawn: BTreeSet<&str> = pictures.concepts().collect();
        assert_eq!(
            drawn.difference(&known).collect::<Vec<_>>(),
            Vec::<&&str>::new(),
            "no such kind of gift"
        );
        let categories: BTreeSet<&str> = seonmul_engine::profile::Category::ALL
            .iter()
            .map(|c| c.as_str())
            .collect();
        assert_eq!(pictures.categories().collect::<BTreeSet<_>>(), categories);
        for key in known.iter().chain(&categories) {
            let path = format!("/pictures/{key}.svg");
            let reply = server.get(&path).send().await;
            assert_eq!(reply.status, StatusCode::OK, "{path}");
            assert_eq!(reply.header("content-type"), "image/svg+xml");
            let again = server
                .get(&path)
                .header("if-none-match", reply.header("etag"))
                .send()
                .await;
            assert_eq!(again.status, StatusCode::NOT_MODIFIED);
        }
        server
            .get("/pictures/nope.svg")
            .send()
            .await
            .problem(404, "not_found");
        server
            .get("/pictures/mug.png")
            .send()
            .await
            .problem(404, "not_found");
    })
    .await;
}
