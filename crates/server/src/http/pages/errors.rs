//! What a person sees when something is missing or broken.

use super::{Frame, Lang, Page};
use askama::Template;

/// What went wrong, as far as the guest need know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// There is nothing here.
    NotFound,
    /// The guest is not known any more.
    GuestUnknown,
    /// The request made no sense, or is not allowed.
    Refused,
    /// Too many requests.
    Busy,
    /// Something needed cannot be reached.
    Unavailable,
    /// A fault of ours.
    Broken,
}

impl Fault {
    const ALL: [Self; 6] = [
        Self::NotFound,
        Self::GuestUnknown,
        Self::Refused,
        Self::Busy,
        Self::Unavailable,
        Self::Broken,
    ];
}

/// The page of a fault.
#[derive(Debug, Template)]
#[template(path = "error.html")]
pub struct ErrorPage {
    /// The frame.
    pub frame: Frame,
    /// What went wrong.
    pub fault: Fault,
    /// Names the request in the log.
    pub request_id: String,
}

impl ErrorPage {
    fn words(&self) -> (&'static str, &'static str) {
        let texts = &self.frame.t.errors;
        match self.fault {
            Fault::NotFound => texts.not_found,
            Fault::GuestUnknown => texts.guest_unknown,
            Fault::Refused => texts.refused,
            Fault::Busy => texts.busy,
            Fault::Unavailable => texts.unavailable,
            Fault::Broken => texts.broken,
        }
    }

    fn heading(&self) -> &'static str {
        self.words().0
    }

    fn detail(&self) -> &'static str {
        self.words().1
    }

    /// Whether it helps to name the request when asking for help.
    fn shows_request(&self) -> bool {
        matches!(self.fault, Fault::Unavailable | Fault::Broken) && !self.request_id.is_empty()
    }
}

impl Page for ErrorPage {
    const NAME: &'static str = "error";

    fn samples(lang: Lang) -> Vec<Self> {
        let page = |fault| Self {
            frame: Frame::new(lang, "/nowhere"),
            fault,
            request_id: "0198a7c2f1".to_owned(),
        };
        Fault::ALL.map(page).into()
    }
}
