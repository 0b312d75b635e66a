//! Rules about the tree itself, so that the map stays true and the layers stay apart.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push((
                    path.clone(),
                    fs::read_to_string(&path).expect("a source file"),
                ));
            }
        }
    }
    let mut found = Vec::new();
    walk(&root().join(folder), &mut found);
    assert!(!found.is_empty(), "{folder} holds no sources");
    found
}

/// Files other than `allowed` in which one of the words stands.
fn offenders(folders: &[&str], words: &[&str], allowed: &[&str]) -> Vec<String> {
    let files = folders.iter().flat_map(|f| sources(f));
    let offending = files.filter(|(path, _)| !allowed.iter().any(|a| path.ends_with(a)));
    let offending = offending.filter(|(_, text)| words.iter().any(|w| text.contains(w)));
    offending
        .map(|(path, _)| path.display().to_string())
        .collect()
}

#[test]
fn every_place_on_the_map_exists() {
    for document in ["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md"] {
        let text = fs::read_to_string(root().join(document)).expect("a document");
        assert!(
            text.lines().count() <= 150,
            "{document} is longer than 150 lines"
        );
        let quoted = text.split('`').skip(1).step_by(2);
        let places = quoted.filter(|q| {
            ["crates/", "data/", "docs/", ".ci/"]
                .iter()
                .any(|p| q.starts_with(p))
                && !q.contains(['<', ' '])
        });
        for place in places {
            assert!(
                root().join(place).exists(),
                "{document} names {place}, which does not exist"
            );
        }
    }
}

#[test]
fn sql_stands_in_the_store_alone() {
    let found = offenders(
        &["crates/engine/src", "crates/server/src"],
        &["sqlx::", "SELECT ", "INSERT INTO"],
        &[],
    );
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn routes_stand_in_the_router_alone() {
    let found = offenders(
        &["crates/server/src"],
        &[".route(", "routes!("],
        &["http/router.rs"],
    );
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn the_environment_is_read_in_the_configuration_alone() {
    let words = ["std::env::var", "env::var("];
    let found = offenders(
        &["crates/engine/src", "crates/store/src", "crates/server/src"],
        &words,
        &["src/config.rs", "config/source.rs"],
    );
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn the_engine_does_no_io_but_the_snapshot() {
    let words = [
        "std::fs",
        "std::net",
        "tokio",
        "SystemTime",
        "Instant::now",
        "std::env",
    ];
    let found = offenders(
        &["crates/engine/src"],
        &words,
        &["catalogue/build.rs", "catalogue/snapshot.rs"],
    );
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn nothing_is_left_unfinished() {
    let unfinished = ["TO", "DO"].concat();
    let words = ["todo!(", "unimplemented!(", "#[ignore", &unfinished];
    let found = offenders(
        &["crates/engine/src", "crates/store/src", "crates/server/src"],
        &words,
        &[],
    );
    assert!(found.is_empty(), "{found:?}");
}

/// The names of metrics in a text.
fn metrics_in(text: &str) -> std::collections::BTreeSet<String> {
    let word = |c: char| c.is_ascii_lowercase() || c == '_';
    text.split(|c| !word(c))
        .filter(|name| name.starts_with("seonmul_"))
        .map(|name| name.trim_end_matches("_bucket").to_owned())
        .collect()
}

#[test]
fn alerts_and_dashboard_name_metrics_that_exist_and_are_explained() {
    let read = |path: &str| fs::read_to_string(root().join(path)).expect("a file");
    let known = metrics_in(&read("crates/server/src/metrics.rs"));
    let runbook = metrics_in(&read("docs/operations.md"));
    let alerts = metrics_in(&read("deploy/alerts.yml"));
    let dashboard = metrics_in(&read("deploy/grafana.json"));
    assert!(alerts.len() > 8 && dashboard.len() > 8);
    for name in alerts.iter().chain(&dashboard).chain(&runbook) {
        assert!(known.contains(name), "nothing counts {name}");
    }
    for name in &alerts {
        assert!(
            runbook.contains(name),
            "docs/operations.md does not say what to do about {name}"
        );
    }
}
