//! What a day may hold: calls for a guest, for an address and in all, and money, on one node and on two.

use super::scripted::Scripted;
use super::{keywords, on_shop, with_model};
use crate::fixture::{Server, on_mysql};
use serde_json::json;

/// So many guests ask two nodes for keywords at once, no two for the same; the reasons that they are told.
async fn all_ask(shop: &Server, nodes: &[Server; 2], guests: u32) -> Vec<String> {
    let mut asked = Vec::new();
    for i in 0..guests {
        let guest = shop.guest().await;
        let interview = shop.interview(&guest).await;
        let budget = json!({ "range": { "min": 0, "max": 100_000 + i } });
        shop.answer(&guest, &interview, "budget", budget).await;
        asked.push((nodes[i as usize % 2].clone(), guest, interview));
    }
    let asked = asked.into_iter().map(|(node, guest, interview)| {
        tokio::spawn(async move { keywords(&node, &guest, &interview).await })
    });
    let mut reasons = Vec::new();
    for told in asked.collect::<Vec<_>>() {
        let told = told.await.unwrap();
        reasons.push(told["engine_reason"].as_str().unwrap().to_owned());
    }
    reasons
}

/// How many were answered by the model; all others were told this reason.
fn answered_or(reasons: &[String], other: &str) -> usize {
    let heard = reasons.iter().filter(|r| *r == "llm_answered").count();
    let refused = reasons.iter().filter(|r| *r == other).count();
    assert_eq!(heard + refused, reasons.len(), "{reasons:?}");
    heard
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bounds_of_the_day_hold_across_nodes() {
    on_mysql(&[], async |shop| {
        let model = Scripted::good().await;
        let settings = [
            with_model(&model.base_url),
            vec![("SEONMUL_LLM_CALLS_PER_DAY", "23")],
        ]
        .concat();
        let nodes = [shop.another(&settings).await, shop.another(&settings).await];
        let reasons = all_ask(&shop, &nodes, 200).await;
        let heard = answered_or(&reasons, "llm_daily_quota");
        assert_eq!((heard, model.received().len()), (23, 23));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_cost_of_a_day_is_never_passed() {
    on_mysql(&[], async |shop| {
        let model = Scripted::good().await;
        let settings = [
            with_model(&model.base_url),
            vec![
                // The scripted server says 700 tokens read and 50 written: 0.001 dollars with these prices.
                ("SEONMUL_LLM_INPUT_USD_PER_MILLION", "1"),
                ("SEONMUL_LLM_OUTPUT_USD_PER_MILLION", "6"),
                ("SEONMUL_LLM_DAILY_COST_USD", "0.04"),
            ],
        ]
        .concat();
        let nodes = [shop.another(&settings).await, shop.another(&settings).await];
        let reasons = all_ask(&shop, &nodes, 200).await;
        let heard = answered_or(&reasons, "llm_cost_ceiling");
        assert!((1..=40).contains(&heard), "{heard}");
        assert_eq!(model.received().len(), heard);
        let counted = seonmul_server::service::llm::today(&nodes[0].app).await;
        assert_eq!(counted, Some((heard as u64, heard as u64 * 1_000)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn quotas_of_guest_and_address_hold() {
    on_shop(async |shop| {
        let model = Scripted::good().await;
        let settings = [
            with_model(&model.base_url),
            vec![
                ("SEONMUL_LLM_GUEST_CALLS_PER_DAY", "2"),
                ("SEONMUL_LLM_ADDRESS_CALLS_PER_DAY", "3"),
            ],
        ]
        .concat();
        let server = shop.another(&settings).await;
        let ask = async |guest: &str, max: u32| {
            let interview = shop.interview(guest).await;
            let budget = json!({ "range": { "min": 0, "max": max } });
            shop.answer(guest, &interview, "budget", budget).await;
            let path = format!("/api/v1/interviews/{interview}/keywords");
            let call = server.post(&path).guest(guest).peer("203.0.113.9:1000");
            call.send().await.json()["engine_reason"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        let (first, second) = (shop.guest().await, shop.guest().await);
        assert_eq!(ask(&first, 50_000).await, "llm_answered");
        assert_eq!(ask(&first, 50_001).await, "llm_answered");
        assert_eq!(ask(&first, 50_002).await, "llm_guest_quota");
        assert_eq!(ask(&second, 50_003).await, "llm_answered");
        assert_eq!(ask(&second, 50_004).await, "llm_address_quota");
        let relayed = server.post("/api/v1/llm/chat/completions").guest(&first);
        let relayed = relayed
            .json(json!({ "messages": [{ "role": "user", "content": "60대 아버지 낚시" }] }));
        let relayed = relayed.send().await;
        relayed.problem(429, "rate_limited");
        assert_eq!(relayed.header("retry-after"), (15 * 3_600).to_string());
    })
    .await;
}
