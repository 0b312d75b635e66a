//! The catalogue: searched, read, described.

use crate::fixture::{Server, on_both, products};
use serde_json::{Value, json};

on_both!(
    a_search_finds_by_words_price_and_category,
    a_search_is_paged_to_its_end,
    wrong_searches_name_their_fields,
    a_product_is_read_by_its_id,
    the_catalogue_says_what_it_is,
    reading_needs_no_database,
);

async fn search(server: &Server, query: &str) -> Value {
    let reply = server
        .get(&format!("/api/v1/products?{query}"))
        .send()
        .await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()
}

fn titles(page: &Value) -> Vec<String> {
    page["products"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["title"].as_str().unwrap().to_owned())
        .collect()
}

const LAMP: &str = "%EB%AC%B4%EB%93%9C%EB%93%B1";

async fn a_search_finds_by_words_price_and_category(server: Server) {
    let found = search(&server, &format!("query={LAMP}")).await;
    assert!(
        titles(&found)[0].contains("무드등") && titles(&found)[1].contains("무드등"),
        "{found}"
    );
    let score = |i: usize| found["products"][i]["score"].as_f64().unwrap();
    assert!(score(0) >= score(1));
    let cheap = search(
        &server,
        &format!("query={LAMP}&max_price=30000&min_price=&category=&cursor="),
    )
    .await;
    assert!(titles(&cheap).iter().all(|t| !t.contains("달 모양")));
    let food = search(&server, "category=food&limit=100").await;
    assert_eq!(titles(&food).len(), 4);
    let none = search(&server, "query=zzzzqqqq").await;
    assert_eq!(
        (&none["products"], &none["next_cursor"]),
        (&json!([]), &Value::Null)
    );
}

async fn a_search_is_paged_to_its_end(server: Server) {
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = search(&server, &format!("limit=7&cursor={cursor}")).await;
        seen.extend(
            page["products"]
                .as_array()
                .unwrap()
                .iter()
                .map(|p| p["product_id"].as_str().unwrap().to_owned()),
        );
        match page["next_cursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => break,
        }
    }
    let count = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!((seen.len(), count), (products().len(), products().len()));
}

async fn wrong_searches_name_their_fields(server: Server) {
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("min_price=-1", "min_price"),
        ("max_price=4000000001", "max_price"),
        ("min_price=5&max_price=4", "min_price"),
        ("cursor=5", "cursor"),
        ("sort=price", "sort"),
    ] {
        let reply = server
            .get(&format!("/api/v1/products?{query}"))
            .send()
            .await;
        assert_eq!(reply.problem(400, "invalid_request"), [field], "{query}");
    }
    let long = format!("/api/v1/products?query={}", "a".repeat(201));
    assert_eq!(
        server
            .get(&long)
            .send()
            .await
            .problem(400, "invalid_request"),
        ["query"]
    );
}

async fn a_product_is_read_by_its_id(server: Server) {
    let product = server.get("/api/v1/products/t-00").send().await.json();
    assert_eq!(
        (&product["price"], &product["currency"]),
        (&json!(24_000), &json!("KRW"))
    );
    assert_eq!(product["category"], json!(["인테리어", "조명"]));
    assert_eq!(product["url"], "/products/t-00");
    for id in ["t-99", "%20", "..%2f", "%ff", "t-00%00"] {
        server
            .get(&format!("/api/v1/products/{id}"))
            .send()
            .await
            .problem(404, "not_found");
    }
}

async fn the_catalogue_says_what_it_is(server: Server) {
    let catalogue = server.get("/api/v1/catalogue").send().await.json();
    assert_eq!(catalogue["products"], products().len());
    assert_eq!(catalogue["built_at"], "2026-11-23T00:00:00Z");
    let counts = catalogue["categories"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["count"].as_u64().unwrap());
    assert_eq!(counts.sum::<u64>(), products().len() as u64);
    assert!(!catalogue["catalogue_version"].as_str().unwrap().is_empty());
}

/// Only a server can be away while the program runs; the file of SQLite is where the program is.
async fn reading_needs_no_database(server: Server) {
    if server.app.store.kind() == "sqlite" {
        return;
    }
    server.app.store.close().await;
    assert_eq!(server.get("/api/v1/catalogue").send().await.status, 200);
    assert_eq!(
        search(&server, "limit=3").await["products"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    let refused = server.post("/api/v1/guests").send().await;
    refused.problem(503, "unavailable");
    assert!(!refused.header("retry-after").is_empty());
    let ready = server.get("/readyz").send().await;
    assert_eq!(
        (ready.status.as_u16(), &ready.json()["database"]),
        (503, &json!("unreachable"))
    );
    assert_eq!(server.get("/healthz").send().await.status, 200);
}
