//! A text that must not be shown by accident.

use std::fmt;

/// Holds a password, key or token; printing it gives `***`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hides a text.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself, for the one call that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether another text is the same, in time that does not depend on where they differ.
    pub fn matches(&self, other: &str) -> bool {
        use sha2::{Digest, Sha256};
        let (mine, theirs) = (
            Sha256::digest(self.0.as_bytes()),
            Sha256::digest(other.as_bytes()),
        );
        let differences = mine
            .iter()
            .zip(theirs.iter())
            .fold(0_u8, |seen, (a, b)| seen | (a ^ b));
        std::hint::black_box(differences) == 0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
