//! The mails: a typed context for each, its templates as text and as HTML, and how they become a message.

use crate::http::pages::price_text;
use crate::service::products::ProductView;
use anyhow::Context;
use askama::Template;
use lettre::Address;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart, SinglePart};
use seonmul_engine::Lang;
use std::time::{Duration, UNIX_EPOCH};

/// The mail that asks whether an address wants a reminder.
#[derive(Template)]
#[template(path = "mail_confirmation.html")]
pub struct Confirmation {
    /// Its language.
    pub lang: Lang,
    /// The day of the occasion.
    pub day: String,
    /// How many days earlier the reminder comes.
    pub days_before: u32,
    /// The link that confirms.
    pub confirm_url: String,
}

/// The mail that reminds.
#[derive(Template)]
#[template(path = "mail_reminder.html")]
pub struct Reminder {
    /// Its language.
    pub lang: Lang,
    /// The day of the occasion.
    pub day: String,
    /// How many days are left.
    pub days_left: i64,
    /// The gifts, with today's prices.
    pub gifts: Vec<Gift>,
    /// Where the service is.
    pub home_url: String,
    /// The link that ends it.
    pub unsubscribe_url: String,
}

/// A gift in a mail.
pub struct Gift {
    /// Its name.
    pub title: String,
    /// Its price, written out.
    pub price: String,
    /// Where it can be bought.
    pub url: String,
}

#[derive(Template)]
#[template(path = "mail_confirmation.txt")]
struct ConfirmationText<'m>(&'m Confirmation);

#[derive(Template)]
#[template(path = "mail_reminder.txt")]
struct ReminderText<'m>(&'m Reminder);

impl Gift {
    /// A product as a mail shows it. Addresses of this service are written without its name; a mail needs it.
    pub fn of(product: ProductView, lang: Lang, public_url: &str) -> Self {
        let url = match product.url.starts_with('/') {
            true => format!("{public_url}{}", product.url),
            false => product.url,
        };
        Self {
            price: price_text(product.price, &product.currency, lang),
            title: product.title,
            url,
        }
    }
}

/// What a mail says.
pub struct Content {
    /// The subject.
    pub subject: String,
    /// As text.
    pub text: String,
    /// As HTML.
    pub html: String,
}

impl Confirmation {
    fn is_korean(&self) -> bool {
        self.lang == Lang::Ko
    }

    /// When the reminder would come, in words.
    fn when(&self) -> String {
        let day = &self.day;
        match (self.lang, self.days_before) {
            (Lang::Ko, 0) => format!("{day} 아침에"),
            (Lang::Ko, 1) => format!("{day} 하루 전에"),
            (Lang::Ko, days) => format!("{day} {days}일 전에"),
            (Lang::En, 0) => format!("on the morning of {day}"),
            (Lang::En, 1) => format!("on the day before {day}"),
            (Lang::En, days) => format!("{days} days before {day}"),
        }
    }

    /// Writes it.
    ///
    /// # Errors
    /// When a template fails; it has no reason to.
    pub fn content(&self) -> anyhow::Result<Content> {
        let subject = if self.is_korean() {
            "선물 알림을 받으시겠어요?"
        } else {
            "Would you like a gift reminder?"
        };
        Ok(Content {
            subject: subject.to_owned(),
            text: ConfirmationText(self).render()?,
            html: self.render()?,
        })
    }
}

impl Reminder {
    fn is_korean(&self) -> bool {
        self.lang == Lang::Ko
    }

    /// How long it still is, in words.
    fn when(&self) -> String {
        match (self.lang, self.days_left) {
            (Lang::Ko, ..=0) => "오늘이에요".to_owned(),
            (Lang::Ko, days) => format!("{days}일 남았어요"),
            (Lang::En, ..=0) => "It is today".to_owned(),
            (Lang::En, 1) => "It is tomorrow".to_owned(),
            (Lang::En, days) => format!("{days} days to go"),
        }
    }

    /// Writes it.
    ///
    /// # Errors
    /// When a template fails; it has no reason to.
    pub fn content(&self) -> anyhow::Result<Content> {
        let subject = if self.is_korean() {
            format!("선물할 날까지 {}", self.when())
        } else {
            format!("Your gift: {}", self.when().to_lowercase())
        };
        Ok(Content {
            subject: subject.replace("까지 오늘이에요", "이 오늘이에요"),
            text: ReminderText(self).render()?,
            html: self.render()?,
        })
    }
}

/// Who a mail is from and to, and what tells it from others.
pub struct Envelope<'e> {
    /// Who it is from.
    pub from: &'e Mailbox,
    /// Who it is to.
    pub to: Address,
    /// Its id; the same mail sent again has the same Message-ID.
    pub mail_id: &'e str,
    /// When it is sent, in milliseconds since 1970 UTC.
    pub sent_ms: i64,
    /// The link that ends all of it with one click (RFC 8058).
    pub unsubscribe_url: &'e str,
}

/// The bytes of a mail.
///
/// # Errors
/// When a header cannot be written.
pub fn message(envelope: &Envelope<'_>, content: Content) -> anyhow::Result<Vec<u8>> {
    let sent = UNIX_EPOCH + Duration::from_millis(u64::try_from(envelope.sent_ms).unwrap_or(0));
    let id = format!("<{}@{}>", envelope.mail_id, envelope.from.email.domain());
    let mut message = Message::builder()
        .from(envelope.from.clone())
        .to(Mailbox::new(None, envelope.to.clone()))
        .subject(content.subject)
        .date(sent)
        .message_id(Some(id))
        .multipart(
            MultiPart::alternative()
                .singlepart(
                    SinglePart::builder()
                        .header(ContentType::TEXT_PLAIN)
                        .body(content.text),
                )
                .singlepart(
                    SinglePart::builder()
                        .header(ContentType::TEXT_HTML)
                        .body(content.html),
                ),
        )
        .context("a mail could not be put together")?;
    for (name, value) in [
        (
            "List-Unsubscribe",
            format!("<{}>", envelope.unsubscribe_url),
        ),
        (
            "List-Unsubscribe-Post",
            "List-Unsubscribe=One-Click".to_owned(),
        ),
        ("Auto-Submitted", "auto-generated".to_owned()),
    ] {
        let name = HeaderName::new_from_ascii(name.to_owned())?;
        message
            .headers_mut()
            .insert_raw(HeaderValue::new(name, value));
    }
    Ok(message.formatted())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reminder(lang: Lang, gifts: usize) -> Reminder {
        let gift = |n: usize| Gift {
            title: format!("<b>상품</b> {n}"),
            price: "30,000원".to_owned(),
            url: format!("https://shop.example/{n}"),
        };
        Reminder {
            lang,
            day: "2026-12-25".to_owned(),
            days_left: 7,
            gifts: (0..gifts).map(gift).collect(),
            home_url: "https://gifts.example".to_owned(),
            unsubscribe_url: "https://gifts.example/reminders/unsubscribe?token=t".to_owned(),
        }
    }

    #[test]
    fn mails_say_the_same_as_text_and_as_html() {
        for (lang, word) in [(Lang::Ko, "7일 남았어요"), (Lang::En, "7 days to go")] {
            for gifts in [0, 8] {
                let content = reminder(lang, gifts).content().unwrap();
                for body in [&content.text, &content.html] {
                    assert!(body.contains(word), "{body}");
                    assert!(body.contains("2026-12-25") && body.contains("unsubscribe?token=t"));
                    assert!(body.matches("shop.example").count() >= gifts, "{body}");
                }
                assert!(
                    !content.html.contains("<b>상품"),
                    "shops' texts are escaped"
                );
                assert!(
                    gifts == 0 || content.text.contains("<b>상품</b> 7"),
                    "text is not"
                );
            }
            let asks = Confirmation {
                lang,
                day: "2026-12-25".to_owned(),
                days_before: 7,
                confirm_url: "https://gifts.example/reminders/confirm?token=t".to_owned(),
            };
            let content = asks.content().unwrap();
            assert!(
                content.text.contains("confirm?token=t")
                    && content.html.contains("confirm?token=t")
            );
        }
    }

    #[test]
    fn a_mail_carries_what_receivers_ask_for() {
        let from: Mailbox = "선물 <gifts@gifts.example>".parse().unwrap();
        let envelope = || Envelope {
            from: &from,
            to: "giver@example.com".parse().unwrap(),
            mail_id: "0123",
            sent_ms: 1_795_392_000_000,
            unsubscribe_url: "https://gifts.example/reminders/unsubscribe?token=t",
        };
        let write = || message(&envelope(), reminder(Lang::Ko, 8).content().unwrap()).unwrap();
        let text = String::from_utf8(write()).unwrap();
        for line in [
            "Message-ID: <0123@gifts.example>",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
            "To: giver@example.com",
            "Date: Mon, 23 Nov 2026 00:00:00 +0000",
            "Auto-Submitted: auto-generated",
        ] {
            assert!(text.contains(line), "{line} is missing in {text}");
        }
        assert!(text.is_ascii(), "any server takes it");
        assert!(text.lines().all(|line| line.len() <= 998));
    }

    #[test]
    fn an_address_brings_no_header_along() {
        for hostile in [
            "a@b.example\r\nBcc: c@d.example",
            "a@b.example>",
            "a b@c.example",
            "a@b@c.example",
        ] {
            assert!(hostile.parse::<Address>().is_err(), "{hostile:?}");
        }
    }
}
