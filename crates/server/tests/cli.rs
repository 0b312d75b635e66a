//! The command line as a user runs it: the real program in an empty folder, without settings.

#![expect(
    clippy::unwrap_used,
    reason = "a test that meets what it does not expect has failed"
)]

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

fn seonmul(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_seonmul"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[track_caller]
fn succeeded(output: &Output) -> &str {
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

#[track_caller]
fn document(output: &Output) -> Value {
    serde_json::from_str(succeeded(output)).unwrap()
}

#[test]
fn eval_measures_in_an_empty_folder_and_leaves_it_empty() {
    let folder = tempfile::tempdir().unwrap();
    let output = seonmul(
        folder.path(),
        &["eval", "--json", "--recipients", "20", "--random", "100"],
    );
    let report = document(&output);
    assert_eq!(text(&output.stderr), "");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);

    assert!(report["products"].as_u64().unwrap() > 1_200);
    let situations = report["by_situation"].as_array().unwrap();
    assert_eq!(report["situations"], situations.len());
    let systems = report["systems"].as_array().unwrap();
    assert_eq!(
        (systems.len(), &systems[0]["system"]),
        (6, &"seonmul".into())
    );
    for system in systems {
        for figure in ["ndcg", "success", "never", "coverage", "diversity"] {
            let of = |part: &str| system[figure][part].as_f64().unwrap();
            assert!(
                0.0 <= of("low") && of("low") <= of("mean") && of("mean") <= of("high"),
                "{figure} of {system}"
            );
        }
        assert!((0.0..=1.0).contains(&system["beaten"].as_f64().unwrap()));
    }
    for situation in situations {
        assert_eq!(situation["ndcg"].as_array().unwrap().len(), 6);
        for gift in situation["list"].as_array().unwrap() {
            assert!(gift["title"].is_string() && gift["grade"].is_string());
        }
    }
    assert!(report["above_best_baseline"].as_f64().unwrap() > 0.0);
    let noises: Vec<f64> = report["savings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["noise"].as_f64().unwrap())
        .collect();
    assert_eq!(noises, [0.0, 0.1, 0.2, 0.3]);
    let policies = report["interviews"].as_array().unwrap();
    assert!(["adaptive", "fixed_order", "random_order"].iter().all(|p| {
        policies
            .iter()
            .any(|a| a["policy"] == *p && a["success"].is_f64())
    }));
    assert_eq!(
        (&report["random"], &report["faults"]),
        (&100.into(), &Value::Array(vec![]))
    );
}

#[test]
fn eval_prints_a_table_and_writes_a_page_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let output = seonmul(
        folder.path(),
        &[
            "eval",
            "--split",
            "tuning",
            "--recipients",
            "8",
            "--random",
            "0",
            "--html",
            "quality.html",
        ],
    );
    let table = succeeded(&output);
    for words in [
        "tuning half",
        "NDCG@8",
        "seed rule, its keywords",
        "fixed order",
        "above that of the best baseline",
        "fewer.",
    ] {
        assert!(table.contains(words), "{words}: {table}");
    }
    let page = std::fs::read_to_string(folder.path().join("quality.html")).unwrap();
    assert!(page.starts_with("<!doctype html>") && page.trim_end().ends_with("</html>"));
    assert_eq!(page.matches("<svg").count(), 3);
    for outside in [
        "<script", "src=", "href=", "url(", "@import", "http:", "https:",
    ] {
        assert!(!page.contains(outside), "{outside}");
    }
    for element in [
        "div", "span", "table", "tr", "td", "th", "p", "ol", "li", "figure", "svg", "dl",
    ] {
        let opened = page.matches(&format!("<{element}>")).count()
            + page.matches(&format!("<{element} ")).count();
        assert_eq!(
            opened,
            page.matches(&format!("</{element}>")).count(),
            "<{element}>"
        );
    }
}

#[test]
fn eval_looks_at_one_situation_or_names_the_one_that_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let id = "lover-birthday-moody-gf-50-100";
    let output = seonmul(folder.path(), &["eval", "--situation", id]);
    let shown = succeeded(&output);
    for words in [id, "감성적인 거 좋아해요", "keywords", "NDCG@8", "\n8. "] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    let look = document(&seonmul(
        folder.path(),
        &["eval", "--situation", id, "--json"],
    ));
    assert_eq!(
        (&look["id"], &look["profile"]["relation"]),
        (&id.into(), &"lover".into())
    );
    let items = look["items"].as_array().unwrap();
    assert_eq!(items.len(), 8);
    assert!(
        items
            .iter()
            .all(|i| i["grade"].is_string() && i["reason"].is_string())
    );

    let missing = seonmul(
        folder.path(),
        &["eval", "--situation", "lover-birthday-nowhere"],
    );
    assert_eq!(missing.status.code(), Some(1));
    let told = text(&missing.stderr);
    assert!(
        told.contains("'lover-birthday-nowhere'") && told.contains("lover-birthday-"),
        "{told}"
    );
    assert_eq!(text(&missing.stdout), "");
}

#[test]
fn eval_refuses_options_that_do_not_go_together() {
    let folder = tempfile::tempdir().unwrap();
    for wrong in [
        &["eval", "--tune", "--html", "x.html"][..],
        &["eval", "--rounds", "2"],
        &["eval", "--situation", "x", "--tune"],
        &["eval", "--split", "neither"],
    ] {
        assert_eq!(
            seonmul(folder.path(), wrong).status.code(),
            Some(2),
            "{wrong:?}"
        );
    }
}

#[test]
fn the_fitting_prints_a_whole_weights_file() {
    let folder = tempfile::tempdir().unwrap();
    let output = seonmul(folder.path(), &["eval", "--tune", "--rounds", "0"]);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let current = std::fs::read_to_string(root.join("data/rank/weights.toml")).unwrap();
    // No round at all changes nothing, not even a comment.
    assert_eq!(succeeded(&output), current);
    assert!(text(&output.stderr).contains("before"));
}

#[test]
fn status_tells_the_coverage_of_the_newest_catalogue() {
    let folder = tempfile::tempdir().unwrap();
    let none = seonmul(folder.path(), &["catalogue", "status", "--coverage"]);
    assert_eq!(none.status.code(), Some(1));
    assert!(text(&none.stderr).contains("catalogue build"));

    std::fs::write(
        folder.path().join("shop.ndjson"),
        "{\"product_id\":\"lamp\",\"title\":\"터치식 무드등\",\"price\":20000}\n\
         {\"product_id\":\"odd\",\"title\":\"뿌릉뿌릉 쿠아쿠아\",\"price\":10000}\n",
    )
    .unwrap();
    succeeded(&seonmul(
        folder.path(),
        &["catalogue", "import", "shop.ndjson"],
    ));
    succeeded(&seonmul(folder.path(), &["catalogue", "build"]));
    let listing = seonmul(folder.path(), &["catalogue", "status", "--coverage"]);
    let listing = succeeded(&listing);
    assert!(
        listing.contains("1 (50.0 %)") && listing.contains("뿌릉뿌릉"),
        "{listing}"
    );
    let coverage = document(&seonmul(
        folder.path(),
        &["catalogue", "status", "--coverage", "--json"],
    ));
    assert_eq!(
        (&coverage["products"], &coverage["uncovered"]),
        (&2.into(), &1.into())
    );
    assert_eq!(coverage["examples"][0]["product_id"], "odd");
}

#[test]
fn the_worker_does_what_is_there_and_tells_what_waits() {
    let folder = tempfile::tempdir().unwrap();
    let worker = |arguments: &[&str]| {
        let all: Vec<&str> = ["worker"].iter().chain(arguments).copied().collect();
        seonmul(folder.path(), &all)
    };
    assert_eq!(succeeded(&worker(&["--once"])), "");
    let status = worker(&["--status"]);
    assert_eq!(
        succeeded(&status),
        "events   0 wait; 0 given up\nmails    0 due; 0 for later, 0 sent, 0 given up, 0 uncertain\n"
    );
    let told = document(&worker(&["--status", "--json"]));
    assert_eq!(told["outbox"]["pending"], 0);
    assert_eq!(told["dead_letters"], Value::Array(Vec::new()));
    let again = worker(&["--retry-dead"]);
    assert_eq!(
        succeeded(&again),
        "0 events and 0 mails are in line again\n"
    );
    for wrong in [["--once", "--status"], ["--once", "--json"]] {
        assert_eq!(worker(&wrong).status.code(), Some(2), "{wrong:?}");
    }
}
