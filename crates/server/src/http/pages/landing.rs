//! The first page.

use super::visit::{Visit, show};
use super::{Frame, Lang, Page, Picture};
use crate::app::App;
use crate::error::Result;
use crate::service::interviews::{self, InterviewView};
use askama::Template;
use axum::extract::State;
use axum::response::Response;

/// What the patchwork on the first page shows.
const PATCHWORK: [&str; 16] = [
    "flower_bouquet",
    "fruit_basket",
    "tumbler",
    "scented_candle",
    "necklace",
    "camping_gear",
    "cake",
    "headphones",
    "red_ginseng",
    "picture_book",
    "wallet",
    "scarf",
    "board_game",
    "coffee_beans",
    "game_controller",
    "golf_ball",
];

/// The first page.
#[derive(Debug, Template)]
#[template(path = "landing.html")]
pub struct LandingPage {
    /// The frame.
    pub frame: Frame,
    /// An interview that is not finished.
    pub resume: Option<Resume>,
    /// Pictures of the patchwork.
    pub pictures: Vec<Picture>,
}

/// An interview to go on with.
#[derive(Debug)]
pub struct Resume {
    /// Where it goes on.
    pub url: String,
    /// The answers so far, in words.
    pub answers: Vec<String>,
}

impl LandingPage {
    /// The first page, with the way back to an open interview.
    pub fn new(frame: Frame, resume: Option<Resume>) -> Self {
        Self {
            frame,
            resume,
            pictures: PATCHWORK.into_iter().map(Picture::drawn).collect(),
        }
    }

    /// How many answers there are to go on from.
    fn resume_detail(&self, resume: &Resume) -> String {
        super::texts::fill(
            self.frame.t.landing.resume_detail,
            "asked",
            resume.answers.len(),
        )
    }
}

/// The first page, with the way back to the newest interview if it led to no list yet.
pub(in crate::http) async fn landing(State(app): State<App>, visit: Visit) -> Result<Response> {
    let resume = match visit.guest {
        Some(guest) => {
            let newest = interviews::list(&app, &guest, None, Some(1), visit.lang)
                .await?
                .interviews;
            newest.into_iter().next().and_then(resume)
        }
        None => None,
    };
    show(&LandingPage::new(visit.frame(), resume))
}

fn resume(interview: InterviewView) -> Option<Resume> {
    let unfinished = interview.status != interviews::COMPLETED && !interview.answers.is_empty();
    let answers = interview.answers.into_iter().map(|a| a.label).collect();
    unfinished.then(|| Resume {
        url: format!("/interviews/{}", interview.interview_id),
        answers,
    })
}

impl Page for LandingPage {
    const NAME: &'static str = "landing";

    fn samples(lang: Lang) -> Vec<Self> {
        let answers = match lang {
            Lang::Ko => ["친구", "여성", "20대"],
            Lang::En => ["Friend", "Woman", "20s"],
        };
        let resume = Resume {
            url: "/interviews/i1".to_owned(),
            answers: answers.map(str::to_owned).to_vec(),
        };
        vec![
            Self::new(Frame::new(lang, "/"), None),
            Self::new(Frame::new(lang, "/"), Some(resume)),
        ]
    }
}
