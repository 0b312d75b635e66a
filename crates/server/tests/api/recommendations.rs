//! Recommendations: what they hold, that they stay the same, and what may be said about them.

use crate::fixture::{Server, on_both};
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::collections::HashSet;

on_both!(
    a_list_holds_what_the_contract_says,
    equal_requests_give_equal_lists,
    the_budget_is_never_passed,
    keywords_lead_and_exclusions_hold,
    a_stored_list_is_the_answer_byte_for_byte,
    one_key_one_result,
    the_same_key_at_the_same_time_is_one_result,
    wrong_requests_name_their_fields,
    a_day_to_arrive_by_is_kept,
    lists_are_paged_by_interview,
    events_are_stored_with_their_message,
    critiques_go_on_from_a_list,
    what_a_changed_wish_would_bring_is_told_and_true,
    a_missing_product_is_explained,
    without_a_catalogue_nothing_is_promised,
);

async fn create(server: &Server, guest: &str, body: Value) -> Value {
    let reply = server
        .post("/api/v1/recommendations")
        .guest(guest)
        .json(body)
        .send()
        .await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text());
    reply.json()
}

fn product_ids(list: &Value) -> Vec<String> {
    let items = list["items"].as_array().unwrap();
    items
        .iter()
        .map(|i| i["product"]["product_id"].as_str().unwrap().to_owned())
        .collect()
}

async fn a_list_holds_what_the_contract_says(server: Server) {
    let guest = server.guest().await;
    let profile = json!({ "relation": "lover", "gender": "male", "age_band": "30s", "occasion": "birthday", "category": "any",
        "budget": { "min": 30_000, "max": 100_000 }, "tastes": ["낚시"], "avoid": ["시계"], "duty_relation": false, "deliver_by": "2026-12-24" });
    let reply = server
        .post("/api/v1/recommendations")
        .guest(&guest)
        .json(json!({ "profile": profile }))
        .send()
        .await;
    assert_eq!(reply.status, StatusCode::CREATED);
    let list = reply.json();
    let id = list["recommendation_id"].as_str().unwrap();
    assert_eq!(
        reply.header("location"),
        format!("/api/v1/recommendations/{id}")
    );
    assert_eq!(list["created_at"], "2026-11-23T00:00:00Z");
    assert_eq!(list["engine"], "builtin");
    assert!(list["seed"].as_u64().unwrap() < 1 << 53);
    assert!(
        list["relaxations"].is_array()
            && list["warnings"].is_array()
            && list["keywords"].is_array()
    );
    let items = list["items"].as_array().unwrap();
    assert_eq!(items.len(), 8);
    for (item, rank) in items.iter().zip(1..) {
        assert_eq!(item["rank"], rank);
        let sum: f64 = item["score_terms"]
            .as_array()
            .unwrap()
            .iter()
            .map(|t| t["value"].as_f64().unwrap())
            .sum();
        assert!((sum - item["score"].as_f64().unwrap()).abs() < 1e-6);
        assert!(!item["reason"].as_str().unwrap().is_empty());
        assert!(
            item["explore"].is_boolean()
                && item["propensity"].is_number()
                && item["matched_keywords"].is_array()
        );
        let product = &item["product"];
        for field in [
            "product_id",
            "title",
            "currency",
            "image_url",
            "url",
            "price_as_of",
        ] {
            assert!(product[field].is_string(), "{field}: {product}");
        }
        for field in ["brand", "seller", "rating", "rating_count"] {
            assert!(product[field].is_null(), "{field}: {product}");
        }
        assert_eq!(product["sponsored"], false);
        assert!(
            product["image_url"]
                .as_str()
                .unwrap()
                .starts_with("/pictures/")
        );
    }
}

async fn equal_requests_give_equal_lists(server: Server) {
    let guest = server.guest().await;
    let other = server.another(&[]).await;
    let body = json!({ "profile": { "relation": "friend", "budget": { "min": 20_000, "max": 60_000 } }, "keywords": ["캠핑"] });
    let one = create(&server, &guest, body.clone()).await;
    let two = create(&other, &guest, body).await;
    assert_ne!(one["recommendation_id"], two["recommendation_id"]);
    for field in ["items", "seed", "keywords", "catalogue_version"] {
        assert_eq!(one[field], two[field], "{field}");
    }
    let seeded = create(&server, &guest, json!({ "seed": 7 })).await;
    assert_eq!(seeded["seed"], 7);
}

async fn the_budget_is_never_passed(server: Server) {
    let guest = server.guest().await;
    for (min, max) in [
        (0, 20_000),
        (30_000, 50_000),
        (0, 400_000),
        (100_000, 130_000),
        (1, 17_000),
    ] {
        let list = create(
            &server,
            &guest,
            json!({ "profile": { "budget": { "min": min, "max": max } }, "limit": 30 }),
        )
        .await;
        for item in list["items"].as_array().unwrap() {
            assert!(item["product"]["price"].as_u64().unwrap() <= max, "{item}");
        }
    }
}

async fn keywords_lead_and_exclusions_hold(server: Server) {
    let guest = server.guest().await;
    let body = json!({ "keywords": ["낚싯대", { "text": "무드등", "weight": 0.5 }], "limit": 4 });
    let list = create(&server, &guest, body).await;
    let sources: Vec<&Value> = list["keywords"]
        .as_array()
        .unwrap()
        .iter()
        .map(|k| &k["source"])
        .collect();
    assert_eq!(sources, [&json!("guest"), &json!("guest")]);
    let first = product_ids(&list);
    let matched = |word: &str| {
        list["items"]
            .as_array()
            .unwrap()
            .iter()
            .any(|i| i["matched_keywords"].to_string().contains(word))
    };
    assert!(matched("낚싯대") && matched("무드등"), "{list}");
    let without = create(
        &server,
        &guest,
        json!({ "keywords": ["낚싯대"], "exclude_product_ids": first }),
    )
    .await;
    assert!(product_ids(&without).iter().all(|id| !first.contains(id)));
}

async fn a_stored_list_is_the_answer_byte_for_byte(server: Server) {
    let guest = server.guest().await;
    let made = server
        .post("/api/v1/recommendations")
        .guest(&guest)
        .json(json!({}))
        .send()
        .await;
    let read = server
        .get(made.header("location"))
        .guest(&guest)
        .send()
        .await;
    assert_eq!((read.status, &read.body), (StatusCode::OK, &made.body));
}

async fn one_key_one_result(server: Server) {
    let guest = server.guest().await;
    let send = |guest: &str, key: &str, body: &str| {
        server
            .post("/api/v1/recommendations")
            .guest(guest)
            .header("idempotency-key", key)
            .body("application/json", body.to_owned())
            .send()
    };
    let first = send(
        &guest,
        "k",
        r#"{"limit":3,"profile":{"relation":"friend"}}"#,
    )
    .await;
    assert!(first.headers.get("idempotent-replayed").is_none());
    let again = send(
        &guest,
        "k",
        r#"{ "profile": {"relation":"friend"}, "limit": 3 }"#,
    )
    .await;
    assert_eq!(
        (again.status, &again.body),
        (StatusCode::CREATED, &first.body)
    );
    assert_eq!(
        (
            again.header("idempotent-replayed"),
            again.header("location")
        ),
        ("true", first.header("location"))
    );
    send(&guest, "k", r#"{"limit":4}"#)
        .await
        .problem(422, "idempotency_mismatch");
    let stranger = server.guest().await;
    assert_eq!(
        send(&stranger, "k", r#"{"limit":4}"#).await.status,
        StatusCode::CREATED
    );
    assert_eq!(
        send(&guest, "", "{}").await.problem(400, "invalid_request"),
        ["Idempotency-Key"]
    );
    assert_eq!(
        send(&guest, &"k".repeat(256), "{}")
            .await
            .problem(400, "invalid_request"),
        ["Idempotency-Key"]
    );
    assert_eq!(
        send(&guest, &"k".repeat(255), "{}").await.status,
        StatusCode::CREATED
    );
    server.app.clock.advance_ms(25 * 3_600_000);
    let later = send(&guest, "k", r#"{"limit":4}"#).await;
    assert_eq!(later.status, StatusCode::CREATED, "a key counts for a day");
}

async fn the_same_key_at_the_same_time_is_one_result(server: Server) {
    let guest = server.guest().await;
    let calls: Vec<_> = (0..8)
        .map(|_| {
            let call = server
                .post("/api/v1/recommendations")
                .guest(&guest)
                .header("idempotency-key", "together");
            tokio::spawn(call.json(json!({ "limit": 2 })).send())
        })
        .collect();
    let mut bodies = HashSet::new();
    for call in calls {
        let reply = call.await.unwrap();
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text());
        bodies.insert(reply.body);
    }
    assert_eq!(bodies.len(), 1);
    let all = server
        .get("/api/v1/recommendations")
        .guest(&guest)
        .send()
        .await
        .json();
    assert_eq!(all["recommendations"].as_array().unwrap().len(), 1);
}

async fn wrong_requests_name_their_fields(server: Server) {
    let guest = server.guest().await;
    let interview = server.interview(&guest).await;
    for (body, field) in [
        (
            json!({ "profile": { "budget": { "min": 5, "max": 4 } } }),
            "profile.budget",
        ),
        (
            json!({ "profile": { "budget": { "min": 1, "max": -4 } } }),
            "profile.budget.max",
        ),
        (
            json!({ "profile": { "relation": "dragon" } }),
            "profile.relation",
        ),
        (
            json!({ "profile": { "deliver_by": "2027-02-29" } }),
            "profile.deliver_by",
        ),
        (
            json!({ "profile": { "deliver_by": "2026-11-22" } }),
            "profile.deliver_by",
        ),
        (json!({ "profile": { "name": "x" } }), "profile.name"),
        (
            json!({ "profile": {}, "interview_id": interview }),
            "profile",
        ),
        (json!({ "keywords": vec!["낚시"; 1_000] }), "keywords"),
        (json!({ "keywords": ["가".repeat(101)] }), "keywords[0]"),
        (
            json!({ "keywords": [{ "text": "x", "weight": 2 }] }),
            "keywords[0].weight",
        ),
        (json!({ "keywords": [1] }), "keywords[0]"),
        (json!({ "limit": 0 }), "limit"),
        (json!({ "limit": 31 }), "limit"),
        (json!({ "limit": 1.5 }), "limit"),
        (json!({ "style": 1.1 }), "style"),
        (json!({ "seed": -1 }), "seed"),
        (
            json!({ "exclude_product_ids": vec!["x"; 201] }),
            "exclude_product_ids",
        ),
        (json!({ "colour": "red" }), "colour"),
        (json!([]), "body"),
        (json!(null), "body"),
    ] {
        let reply = server
            .post("/api/v1/recommendations")
            .guest(&guest)
            .json(body.clone())
            .send()
            .await;
        assert_eq!(
            reply.problem(400, "invalid_request"),
            [field],
            "{}",
            body.to_string().chars().take(80).collect::<String>()
        );
    }
    let unknown = "0123456789abcdef0123456789abcdef";
    for body in [
        json!({ "interview_id": unknown }),
        json!({ "parent_id": unknown }),
        json!({ "interview_id": "x" }),
    ] {
        server
            .post("/api/v1/recommendations")
            .guest(&guest)
            .json(body)
            .send()
            .await
            .problem(404, "not_found");
    }
}

/// The clock stands on 23 November 2026 in Korea.
async fn a_day_to_arrive_by_is_kept(server: Server) {
    let guest = server.guest().await;
    let of = |occasion: &str, deliver_by: Value| json!({ "profile": { "occasion": occasion, "deliver_by": deliver_by } });
    let has = |list: &Value, code: &str| {
        let warnings = list["warnings"].as_array().unwrap();
        warnings.iter().any(|w| w["code"] == code)
    };
    let soon = create(&server, &guest, of("birthday", json!("2026-11-23"))).await;
    assert!(has(&soon, "delivery_unknown"), "{soon}");
    assert_eq!(soon["items"][0]["product"]["delivery_days"], Value::Null);
    let whenever = create(&server, &guest, of("christmas", Value::Null)).await;
    assert!(!has(&whenever, "delivery_unknown") && !has(&whenever, "occasion_date"));
    server.app.clock.advance_ms(2 * 24 * 3_600_000);
    let near = create(&server, &guest, of("christmas", Value::Null)).await;
    assert!(has(&near, "occasion_date"), "{near}");
}

async fn lists_are_paged_by_interview(server: Server) {
    let guest = server.guest().await;
    let interview = server.interview(&guest).await;
    let mut made = Vec::new();
    for _ in 0..3 {
        server.app.clock.advance_ms(1_000);
        made.insert(
            0,
            create(&server, &guest, json!({ "interview_id": interview })).await,
        );
    }
    create(&server, &guest, json!({})).await;
    let path = format!("/api/v1/recommendations?interview_id={interview}&limit=2");
    let one = server.get(&path).guest(&guest).send().await.json();
    let cursor = one["next_cursor"].as_str().unwrap();
    let two = server
        .get(&format!("{path}&cursor={cursor}"))
        .guest(&guest)
        .send()
        .await
        .json();
    assert_eq!(one["recommendations"], json!([made[0], made[1]]));
    assert_eq!(
        (&two["recommendations"], &two["next_cursor"]),
        (&json!([made[2]]), &Value::Null)
    );
    let all = server
        .get("/api/v1/recommendations")
        .guest(&guest)
        .send()
        .await
        .json();
    assert_eq!(all["recommendations"].as_array().unwrap().len(), 4);
}

async fn events_are_stored_with_their_message(server: Server) {
    let guest = server.guest().await;
    let list = create(&server, &guest, json!({ "limit": 3 })).await;
    let path = format!(
        "/api/v1/recommendations/{}/events",
        list["recommendation_id"].as_str().unwrap()
    );
    let product = &list["items"][0]["product"]["product_id"];
    let before = server.app.store.outbox_status().await.unwrap().pending;
    let body = json!({ "events": [
        { "kind": "impression", "product_id": product },
        { "kind": "like", "product_id": product, "at": "2026-11-22T09:00:00+09:00" },
    ] });
    let reply = server.post(&path).guest(&guest).json(body).send().await;
    assert_eq!(
        (reply.status, reply.json()),
        (StatusCode::ACCEPTED, json!({ "accepted": 2 }))
    );
    assert_eq!(
        server.app.store.outbox_status().await.unwrap().pending,
        before + 1
    );
    for (event, field) in [
        (
            json!({ "kind": "stare", "product_id": product }),
            "events[0].kind",
        ),
        (
            json!({ "kind": "click", "product_id": "elsewhere" }),
            "events[0].product_id",
        ),
        (
            json!({ "kind": "click", "product_id": product, "at": "yesterday" }),
            "events[0].at",
        ),
        (json!({ "kind": "click" }), "events[0]"),
    ] {
        let reply = server
            .post(&path)
            .guest(&guest)
            .json(json!({ "events": [event] }))
            .send()
            .await;
        assert_eq!(reply.problem(400, "invalid_request"), [field], "{event}");
    }
    let none = server
        .post(&path)
        .guest(&guest)
        .json(json!({ "events": [] }))
        .send()
        .await;
    assert_eq!(none.problem(400, "invalid_request"), ["events"]);
}

async fn what_a_changed_wish_would_bring_is_told_and_true(server: Server) {
    let guest = server.guest().await;
    let mut told = 0;
    for max in [15_000, 20_000, 25_000, 40_000, 50_000] {
        let wish = |max| json!({ "profile": { "relation": "friend", "budget": { "min": 0, "max": max } }, "keywords": ["이어폰", "등산"], "seed": 1 });
        let list = create(&server, &guest, wish(max)).await;
        let counterfactuals = list["counterfactuals"].as_array().unwrap();
        assert!(counterfactuals.len() <= 2);
        for counterfactual in counterfactuals {
            let (change, detail) = (
                counterfactual["change"].as_str().unwrap(),
                counterfactual["detail"].as_str().unwrap(),
            );
            let Some(by) = change.strip_prefix("budget_max+") else {
                continue;
            };
            told += 1;
            let then = create(&server, &guest, wish(max + by.parse::<u32>().unwrap())).await;
            let named = then["items"].as_array().unwrap().iter().take(3).find(|i| {
                let title = i["product"]["title"].as_str().unwrap();
                let begin: String = title.chars().take(15).collect();
                detail.contains(begin.trim_end())
            });
            let named = named.unwrap_or_else(|| panic!("{detail} is not so: {then}"));
            assert!(named["product"]["price"].as_u64().unwrap() > u64::from(max));
        }
        let id = list["recommendation_id"].as_str().unwrap();
        let next = server
            .post(&format!("/api/v1/recommendations/{id}/critiques"))
            .guest(&guest)
            .json(json!({ "kind": "more_special" }))
            .send()
            .await
            .json();
        assert!(next["counterfactuals"].is_array());
    }
    assert!(told > 0, "more money helps now and then");
}

async fn a_missing_product_is_explained(server: Server) {
    let guest = server.guest().await;
    let list = create(
        &server,
        &guest,
        json!({ "profile": { "relation": "friend", "budget": { "min": 0, "max": 30_000 } }, "keywords": ["캠핑"] }),
    )
    .await;
    let path = |id: &str| {
        format!(
            "/api/v1/recommendations/{}/why-not?product_id={id}",
            list["recommendation_id"].as_str().unwrap()
        )
    };
    let listed = product_ids(&list);
    let shown = server.get(&path(&listed[1])).guest(&guest).send().await;
    assert_eq!(shown.status, StatusCode::OK, "{}", shown.text());
    let shown = shown.json();
    assert_eq!(
        (&shown["code"], &shown["detail"]),
        (
            &json!("shown"),
            &json!("이 추천의 2번째에 있는 선물이에요.")
        )
    );
    assert_eq!(shown["product"], list["items"][1]["product"]);
    let dear = server
        .get("/api/v1/products?min_price=40000&limit=1")
        .send()
        .await
        .json();
    let dear = dear["products"][0]["product_id"].as_str().unwrap();
    let told = server
        .get(&path(dear))
        .guest(&guest)
        .header("accept-language", "en")
        .send()
        .await
        .json();
    assert_eq!(
        (&told["product_id"], &told["code"]),
        (&json!(dear), &json!("over_budget"))
    );
    let detail = told["detail"].as_str().unwrap();
    assert!(detail.contains("over your budget of ₩30,000"), "{detail}");

    let stranger = server.guest().await;
    let reply = server.get(&path(dear)).guest(&stranger).send().await;
    reply.problem(404, "not_found");
    let reply = server.get(&path("nowhere")).guest(&guest).send().await;
    reply.problem(404, "not_found");
    let bare = path(dear).replace(&format!("?product_id={dear}"), "");
    let reply = server.get(&bare).guest(&guest).send().await;
    reply.problem(400, "invalid_request");
}

async fn critiques_go_on_from_a_list(server: Server) {
    let guest = server.guest().await;
    let interview = server.interview(&guest).await;
    server.answer_all(&guest, &interview).await;
    let mut list = create(
        &server,
        &guest,
        json!({ "interview_id": interview, "limit": 4 }),
    )
    .await;
    let mut rejected = HashSet::new();
    for kind in ["cheaper", "more_special", "not_this", "more_like"] {
        rejected.extend(product_ids(&list));
        let path = format!(
            "/api/v1/recommendations/{}/critiques",
            list["recommendation_id"].as_str().unwrap()
        );
        let about = list["items"][0]["product"]["product_id"].clone();
        let body = if kind == "cheaper" {
            json!({ "kind": kind })
        } else {
            json!({ "kind": kind, "product_id": about })
        };
        let reply = server.post(&path).guest(&guest).json(body).send().await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text());
        let next = reply.json();
        assert_eq!(next["parent_id"], list["recommendation_id"]);
        assert_eq!(next["interview_id"], interview.as_str());
        assert!(
            product_ids(&next).iter().all(|id| !rejected.contains(id)),
            "{kind}"
        );
        for item in next["items"].as_array().unwrap() {
            assert!(item["product"]["price"].as_u64().unwrap() <= 100_000);
        }
        list = next;
        if product_ids(&list).is_empty() {
            break;
        }
    }
    let path = format!(
        "/api/v1/recommendations/{}/critiques",
        list["recommendation_id"].as_str().unwrap()
    );
    for (body, field) in [
        (json!({ "kind": "not_this" }), "product_id"),
        (
            json!({ "kind": "not_this", "product_id": "elsewhere" }),
            "product_id",
        ),
        (json!({ "kind": "dearer" }), "kind"),
    ] {
        let reply = server.post(&path).guest(&guest).json(body).send().await;
        assert_eq!(reply.problem(400, "invalid_request"), [field]);
    }
}

async fn without_a_catalogue_nothing_is_promised(server: Server) {
    let guest = server.guest().await;
    server.app.catalogue.store(None);
    let reply = server
        .post("/api/v1/recommendations")
        .guest(&guest)
        .json(json!({}))
        .send()
        .await;
    reply.problem(503, "unavailable");
    assert!(reply.header("retry-after").parse::<u32>().unwrap() >= 1);
    let all = server
        .get("/api/v1/recommendations")
        .guest(&guest)
        .send()
        .await
        .json();
    assert_eq!(all["recommendations"], json!([]));
}
