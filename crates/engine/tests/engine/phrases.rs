//! What people type, judged by hand (`data/benchmark/phrases.tsv`): each phrase goes the way that a guest's words take, a name of a
//! thing through the grounding of keywords, a sentence through an answer in free text.

use crate::support::{ENGINE, root};
use seonmul_engine::interview::{Answer, Answered};
use seonmul_engine::keyword::KeywordSource;
use seonmul_engine::profile::Profile;
use std::collections::BTreeSet;

/// Concepts by id, tastes as `taste:id`.
type Reached = BTreeSet<String>;

/// What is understood of a sentence: what it names and the tastes it speaks of.
fn understood(sentence: &str) -> Reached {
    let answered = Answered {
        question_id: "category".to_owned(),
        answer: Answer::Text(sentence.to_owned()),
    };
    let leanings = ENGINE.understand(&[answered]).profile.leanings;
    let lexicon = ENGINE.lexicon();
    let named = leanings
        .named
        .iter()
        .map(|n| lexicon.concept(n.0).id.clone());
    // A vague word only leans towards its tastes.
    let tastes = leanings
        .tastes
        .iter()
        .filter(|t| t.1 == 1.0)
        .map(|t| format!("taste:{}", lexicon.tastes()[usize::from(t.0)].id));
    named.chain(tastes).collect()
}

/// What a keyword stands for.
fn grounded(phrase: &str) -> Reached {
    let mut profile = Profile::default();
    let spoken = [(phrase.to_owned(), None)];
    let grounded = ENGINE.ground(&spoken, &mut profile, KeywordSource::Guest);
    grounded
        .keywords
        .into_iter()
        .filter_map(|k| k.concept_id)
        .collect()
}

/// A sentence speaks of somebody; a keyword names a thing.
fn is_sentence(phrase: &str, must: &str) -> bool {
    must.contains("taste:") || phrase.ends_with(['요', '다', '래', '대'])
}

/// Whether a thing, its kind or a kind of it was reached; a taste also by the thing that exists for it.
fn reaches(reached: &Reached, wanted: &str) -> bool {
    let lexicon = ENGINE.lexicon();
    if let Some(taste) = wanted
        .strip_prefix("taste:")
        .and_then(|id| lexicon.taste_by_id(id))
    {
        let serves = |id: &String| {
            lexicon
                .concept_by_id(id)
                .is_some_and(|c| lexicon.concept(c).main_taste == Some(taste))
        };
        return reached.contains(wanted) || reached.iter().any(serves);
    }
    let parent = |id: &str| {
        let concept = lexicon.concept(lexicon.concept_by_id(id)?);
        concept.parent.map(|p| lexicon.concept(p).id.clone())
    };
    reached.contains(wanted)
        || parent(wanted).is_some_and(|p| reached.contains(&p))
        || reached.iter().any(|r| parent(r).as_deref() == Some(wanted))
}

fn complaint(line: &str) -> Option<String> {
    let mut cells = line.split('\t');
    let [phrase, must, must_not] = [(); 3].map(|()| cells.next().unwrap_or_default());
    let reached = if is_sentence(phrase, must) {
        understood(phrase)
    } else {
        grounded(phrase)
    };
    let missing: Vec<&str> = match must {
        "-" => reached
            .iter()
            .filter(|r| !r.starts_with("taste:"))
            .map(String::as_str)
            .collect(),
        groups => groups
            .split(',')
            .filter(|g| !g.is_empty() && !g.split('|').any(|id| reaches(&reached, id)))
            .collect(),
    };
    let wrong: Vec<&str> = must_not
        .split(',')
        .filter(|id| reached.contains(*id))
        .collect();
    let fine = missing.is_empty() && wrong.is_empty();
    (!fine).then(|| format!("{phrase}: {must} not {must_not}, reached {reached:?}"))
}

#[test]
fn what_people_type_is_understood() {
    let text = std::fs::read_to_string(root().join("data/benchmark/phrases.tsv"))
        .expect("data/benchmark/phrases.tsv");
    let rows = text
        .lines()
        .filter(|l| !l.is_empty() && !l.starts_with('#') && !l.starts_with("phrase\t"));
    let complaints: Vec<String> = rows.filter_map(complaint).collect();
    assert!(
        complaints.is_empty(),
        "{} phrases are misunderstood:\n{}",
        complaints.len(),
        complaints.join("\n")
    );
}
