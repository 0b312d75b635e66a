//! Administration: who may, importing, changing, building.

use crate::fixture::{Server, on_both, products};
use axum::http::{Method, StatusCode};
use seonmul_server::jobs::{run_builds, swap_catalogue};
use serde_json::{Value, json};

on_both!(
    without_a_token_there_is_no_administration,
    an_import_reports_every_row,
    an_import_can_take_products_out,
    feeds_of_other_kinds_are_taken_by_their_type,
    a_product_is_changed_and_taken_out,
    a_build_that_was_asked_for_is_served,
    the_coverage_of_the_served_catalogue_is_told,
);

const ROUTES: [(Method, &str); 5] = [
    (Method::POST, "/api/v1/admin/products"),
    (Method::PATCH, "/api/v1/admin/products/t-00"),
    (Method::DELETE, "/api/v1/admin/products/t-00"),
    (Method::POST, "/api/v1/admin/catalogue/builds"),
    (Method::GET, "/api/v1/admin/coverage"),
];

async fn without_a_token_there_is_no_administration(server: Server) {
    let closed = server.another(&[("SEONMUL_ADMIN_TOKEN", "")]).await;
    assert!(closed.app.config.admin_token.is_none());
    for (method, path) in ROUTES {
        let call = |server: &Server| {
            server
                .call(method.clone(), path)
                .body("application/json", "{}")
        };
        call(&server).send().await.problem(403, "forbidden");
        for wrong in [
            "Bearer x",
            "Bearer ",
            "Basic abc",
            "an-admin-token-for-tests",
        ] {
            call(&server)
                .header("authorization", wrong)
                .send()
                .await
                .problem(403, "forbidden");
        }
        call(&closed).admin().send().await.problem(404, "not_found");
        call(&closed)
            .header("authorization", "Bearer ")
            .send()
            .await
            .problem(404, "not_found");
    }
    assert_eq!(
        server.app.store.product_count().await.unwrap(),
        products().len() as u64
    );
}

async fn import(server: &Server, query: &str, feed: &str) -> Value {
    let path = format!("/api/v1/admin/products{query}");
    let reply = server
        .post(&path)
        .admin()
        .body("application/x-ndjson", feed.to_owned())
        .send()
        .await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    reply.json()
}

async fn an_import_reports_every_row(server: Server) {
    let feed = "{\"product_id\":\"a\",\"title\":\"도자기 접시\",\"price\":12000}\n\
                {\"product_id\":\"b\",\"title\":\"무료\"}\n\
                nonsense\n\
                {\"product_id\":\"c\",\"title\":\"나무 젓가락\",\"price\":9000}\n";
    let first = import(&server, "", feed).await;
    assert_eq!(
        (&first["accepted"], &first["updated"], &first["unchanged"]),
        (&json!(2), &json!(0), &json!(0))
    );
    let lines: Vec<&Value> = first["rejected"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| &r["line"])
        .collect();
    assert_eq!(lines, [&json!(2), &json!(3)]);
    assert!(
        first["rejected"][0]["reason"]
            .as_str()
            .unwrap()
            .contains("price")
    );
    let again = import(&server, "", feed).await;
    assert_eq!(
        (&again["accepted"], &again["updated"], &again["unchanged"]),
        (&json!(0), &json!(0), &json!(2))
    );
    let changed = import(&server, "", &feed.replace("12000", "13000")).await;
    assert_eq!(
        (&changed["updated"], &changed["unchanged"]),
        (&json!(1), &json!(1))
    );
}

async fn an_import_can_take_products_out(server: Server) {
    let row =
        |id: &str| format!("{{\"product_id\":\"{id}\",\"title\":\"접시 {id}\",\"price\":12000}}\n");
    import(&server, "?source=plates", &(row("p1") + &row("p2"))).await;
    let empty = import(&server, "?source=plates&prune=true", "").await;
    assert_eq!(empty["retired"], 0, "an empty feed empties nothing");
    let pruned = import(&server, "?source=plates&prune=true", &row("p1")).await;
    assert_eq!(
        (&pruned["unchanged"], &pruned["retired"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(
        server.app.store.product_count().await.unwrap(),
        products().len() as u64 + 1
    );
}

async fn feeds_of_other_kinds_are_taken_by_their_type(server: Server) {
    let csv = "product_id,title,price\nk1,유리 화병,18000\n";
    let reply = server
        .post("/api/v1/admin/products")
        .admin()
        .body("text/csv", csv)
        .send()
        .await;
    assert_eq!(reply.json()["accepted"], 1, "{}", reply.text());
    let named = server
        .post("/api/v1/admin/products?format=csv")
        .admin()
        .body("application/octet-stream", csv)
        .send()
        .await;
    assert_eq!(named.json()["unchanged"], 1, "{}", named.text());
    for content_type in ["image/png", "application/json+gift"] {
        let reply = server
            .post("/api/v1/admin/products")
            .admin()
            .body(content_type, csv)
            .send()
            .await;
        reply.problem(415, "unsupported_media_type");
    }
    let reply = server
        .post("/api/v1/admin/products?format=xls")
        .admin()
        .body("text/csv", csv)
        .send()
        .await;
    assert_eq!(reply.problem(400, "invalid_request"), ["format"]);
    let reply = server
        .post("/api/v1/admin/products?source=")
        .admin()
        .body("text/csv", csv)
        .send()
        .await;
    assert_eq!(
        reply.status,
        StatusCode::OK,
        "a parameter without a value counts as absent"
    );
}

async fn a_product_is_changed_and_taken_out(server: Server) {
    let path = "/api/v1/admin/products/t-00";
    let reply = server
        .patch(path)
        .admin()
        .json(json!({ "price": 19_900, "brand": "달빛", "delivery_days": 3 }))
        .send()
        .await;
    let changed = reply.json();
    assert_eq!(
        [
            &changed["price"],
            &changed["brand"],
            &changed["delivery_days"]
        ],
        [&json!(19_900), &json!("달빛"), &json!(3)],
        "{changed}"
    );
    let emptied = server
        .patch(path)
        .admin()
        .json(json!({ "brand": null, "delivery_days": null }))
        .send()
        .await
        .json();
    assert_eq!(
        [
            &emptied["price"],
            &emptied["brand"],
            &emptied["delivery_days"]
        ],
        [&json!(19_900), &Value::Null, &Value::Null]
    );
    for (body, field) in [
        (json!({ "price": 0 }), "price"),
        (json!({ "price": "1" }), "price"),
        (json!({ "title": " " }), "title"),
        (json!({ "url": "http://plain.example" }), "url"),
        (json!({ "image_url": "javascript:alert(1)" }), "image_url"),
        (json!({ "rating": 6 }), "rating"),
        (json!({ "delivery_days": 61 }), "delivery_days"),
        (json!({ "delivery_days": -1 }), "delivery_days"),
        (json!({ "category": [] }), "category"),
        (json!({ "stock": 3 }), "stock"),
    ] {
        let reply = server.patch(path).admin().json(body.clone()).send().await;
        assert_eq!(reply.problem(400, "invalid_request"), [field], "{body}");
    }
    assert_eq!(
        server.delete(path).admin().send().await.status,
        StatusCode::NO_CONTENT
    );
    server
        .delete(path)
        .admin()
        .send()
        .await
        .problem(404, "not_found");
    server
        .patch(path)
        .admin()
        .json(json!({ "price": 1 }))
        .send()
        .await
        .problem(404, "not_found");
    assert_eq!(
        server.get("/api/v1/products/t-00").send().await.status,
        StatusCode::OK,
        "served until the next build"
    );
}

async fn a_build_that_was_asked_for_is_served(server: Server) {
    let before = server.get("/api/v1/catalogue").send().await.json();
    server
        .delete("/api/v1/admin/products/t-00")
        .admin()
        .send()
        .await;
    let reply = server
        .post("/api/v1/admin/catalogue/builds")
        .admin()
        .send()
        .await;
    assert_eq!(
        (reply.status, &reply.json()["status"]),
        (StatusCode::ACCEPTED, &json!("requested"))
    );
    assert_eq!(run_builds::run_once(&server.app).await, Some(true));
    assert_eq!(run_builds::run_once(&server.app).await, Some(false));
    assert_eq!(
        swap_catalogue::run_once(&server.app).await,
        swap_catalogue::Outcome::Swapped
    );
    let after = server.get("/api/v1/catalogue").send().await.json();
    assert_ne!(before["catalogue_version"], after["catalogue_version"]);
    server
        .get("/api/v1/products/t-00")
        .send()
        .await
        .problem(404, "not_found");
    let build = server.app.store.build_latest().await.unwrap().unwrap();
    assert_eq!(
        build.version.as_deref(),
        after["catalogue_version"].as_str()
    );
}

async fn the_coverage_of_the_served_catalogue_is_told(server: Server) {
    let coverage = async || {
        let reply = server.get("/api/v1/admin/coverage").admin().send().await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
        reply.json()
    };
    let before = coverage().await;
    assert_eq!(before["products"], json!(products().len()));
    let lamps = before["largest_concepts"].as_array().unwrap();
    assert!(
        lamps.iter().any(|c| c["concept_id"] == "mood_lamp"),
        "{before}"
    );
    let feed = "{\"product_id\":\"odd\",\"title\":\"뿌릉뿌릉 쿠아쿠아\",\"price\":12000}\n";
    import(&server, "", feed).await;
    seonmul_server::jobs::build_catalogue::build(&server.app, |_| {})
        .await
        .unwrap();
    swap_catalogue::run_once(&server.app).await;
    let after = coverage().await;
    let more = after["uncovered"].as_u64().unwrap() - before["uncovered"].as_u64().unwrap();
    assert_eq!(more, 1);
    let words = after["words"].as_array().unwrap();
    let word = words.iter().find(|w| w["word"] == "뿌릉뿌릉").unwrap();
    assert_eq!(word["example"], "뿌릉뿌릉 쿠아쿠아");
    assert_ne!(after["catalogue_version"], before["catalogue_version"]);
}
