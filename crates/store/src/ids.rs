//! The ids of the store: random, 128 bits, 32 lower-case hex characters. A guest's id is a secret and is stored only as its hash.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;

/// Length of every id in characters.
const ID_LENGTH: usize = 32;

/// Random bytes of the operating system.
pub(crate) fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0_u8; N];
    // Without randomness ids could be guessed, and there is nothing sensible left to do.
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// 128 random bits as 32 hex characters.
fn random_hex() -> String {
    hex(&random_bytes::<16>())
}

fn hex(bytes: &[u8]) -> String {
    use fmt::Write;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

fn is_id(text: &str) -> bool {
    text.len() == ID_LENGTH && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

macro_rules! public_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(String);

        impl $name {
            /// A new id.
            pub fn random() -> Self {
                Self(random_hex())
            }

            /// The id in a text, if it has the shape of one.
            pub fn parse(text: &str) -> Option<Self> {
                is_id(text).then(|| Self(text.to_owned()))
            }

            /// The 32 characters.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = &'static str;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                if is_id(&text) { Ok(Self(text)) } else { Err("an id is 32 characters of 0-9 and a-f") }
            }
        }
    };
}

public_id!(
    /// One conversation of questions and answers.
    InterviewId
);
public_id!(
    /// One result.
    RecommendationId
);
public_id!(
    /// One build of the catalogue.
    BuildId
);
public_id!(
    /// One event of the outbox.
    EventId
);
public_id!(
    /// One file of the event log.
    FileId
);
public_id!(
    /// One reminder.
    ReminderId
);
public_id!(
    /// One mail.
    MailId
);

/// The secret that makes a browser a guest. It lives in a cookie and nowhere else; never log or store it.
#[derive(Clone, PartialEq, Eq)]
pub struct GuestId(String);

impl GuestId {
    /// A new secret.
    pub fn random() -> Self {
        Self(random_hex())
    }

    /// The secret in a cookie, if it has the shape of one.
    pub fn parse(text: &str) -> Option<Self> {
        is_id(text).then(|| Self(text.to_owned()))
    }

    /// The 32 characters, for the cookie only.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands for the guest in the database.
    pub fn key(&self) -> GuestKey {
        GuestKey(Sha256::digest(self.0.as_bytes()).into())
    }
}

impl fmt::Debug for GuestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GuestId(secret)")
    }
}

/// SHA-256 of a guest's id: names the guest's rows and cannot be turned back.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct GuestKey(pub(crate) [u8; 32]);

impl GuestKey {
    /// 64 hex characters, for keys of the cache and the rate limiter.
    pub fn to_hex(&self) -> String {
        hex(&self.0)
    }
}

impl fmt::Debug for GuestKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GuestKey(hidden)")
    }
}
