//! Keeps what only this deployment may read: mail addresses at rest, and the tokens in the links of mails.

use crate::config::Config;
use anyhow::{Context, bail};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Characters of an id, and of the tag behind it in a token.
const PART: usize = 32;

/// Encrypts and signs with the one key of a deployment.
pub struct Sealer {
    encryption: LessSafeKey,
    signing: hmac::Key,
}

impl Sealer {
    /// With the key of the settings. A deployment on one machine needs none: it makes one beside its database file, readable by nobody else.
    ///
    /// # Errors
    /// When several machines share a database and none was set, or the file cannot be read or made.
    pub fn from_config(config: &Config) -> anyhow::Result<Self> {
        let key = match (&config.encryption_key, config.database_url.expose()) {
            (Some(key), _) => {
                parse_key(key.expose()).context("SEONMUL_ENCRYPTION_KEY is no key")?
            }
            (None, url) => match url.strip_prefix("sqlite:") {
                Some(path) => key_beside(Path::new(path))?,
                None => bail!(
                    "set SEONMUL_ENCRYPTION_KEY to 64 random hex characters, the same on every node (openssl rand -hex 32)"
                ),
            },
        };
        Self::new(&key).context("the key cannot be used")
    }

    fn new(key: &[u8; 32]) -> Option<Self> {
        // Two keys from one: what encrypts never signs.
        let root = hmac::Key::new(hmac::HMAC_SHA256, key);
        let encryption = hmac::sign(&root, b"seonmul/encryption/1");
        let signing = hmac::sign(&root, b"seonmul/signing/1");
        Some(Self {
            encryption: LessSafeKey::new(UnboundKey::new(&AES_256_GCM, encryption.as_ref()).ok()?),
            signing: hmac::Key::new(hmac::HMAC_SHA256, signing.as_ref()),
        })
    }

    /// A text that only [`Self::open`] with the same `context` turns back.
    pub fn seal(&self, text: &str, context: &str) -> anyhow::Result<Vec<u8>> {
        let mut nonce = [0; NONCE_LEN];
        getrandom::fill(&mut nonce)?;
        let mut sealed = text.as_bytes().to_vec();
        let outcome = self.encryption.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(context.as_bytes()),
            &mut sealed,
        );
        outcome.map_err(|_| anyhow::anyhow!("the text is too long to encrypt"))?;
        sealed.splice(0..0, nonce);
        Ok(sealed)
    }

    /// The text that was sealed; `None` when the key or the context is another one, or a byte was changed.
    pub fn open(&self, sealed: &[u8], context: &str) -> Option<String> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN)?;
        let mut bytes = sealed.to_vec();
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let aad = Aad::from(context.as_bytes());
        let text = self.encryption.open_in_place(nonce, aad, &mut bytes).ok()?;
        String::from_utf8(text.to_vec()).ok()
    }

    /// A token that proves that this deployment gave out an id for a purpose.
    pub fn token(&self, purpose: &str, id: &str) -> String {
        format!("{id}{}", self.tag(purpose, id))
    }

    /// The id in a token that was made for this purpose.
    pub fn verified<'t>(&self, purpose: &str, token: &'t str) -> Option<&'t str> {
        if token.len() != 2 * PART || !token.is_ascii() {
            return None;
        }
        let (id, tag) = token.split_at(PART);
        let expected = self.tag(purpose, id);
        // Compared by keyed hashes of both, which tells nothing of how many characters agree.
        let same = hmac::verify(
            &self.signing,
            tag.as_bytes(),
            hmac::sign(&self.signing, expected.as_bytes()).as_ref(),
        );
        same.ok().map(|()| id)
    }

    /// A name for a text that cannot be turned back, for counting.
    pub fn name(&self, purpose: &str, text: &str) -> String {
        self.tag(purpose, text)
    }

    fn tag(&self, purpose: &str, text: &str) -> String {
        let tag = hmac::sign(&self.signing, format!("{purpose}/{text}").as_bytes());
        let bytes = &tag.as_ref()[..PART / 2];
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// 32 bytes as 64 hex characters.
pub fn parse_key(text: &str) -> Option<[u8; 32]> {
    let text = text.trim();
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let mut key = [0; 32];
    for (place, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * place..2 * place + 2)?, 16).ok()?;
    }
    Some(key)
}

/// The key in the file beside a database file, which is made when it is first needed.
fn key_beside(database: &Path) -> anyhow::Result<[u8; 32]> {
    let path: PathBuf = database.with_extension("key");
    let read = || -> anyhow::Result<Option<[u8; 32]>> {
        match std::fs::read_to_string(&path) {
            Ok(text) => parse_key(&text)
                .with_context(|| format!("{} holds no key", path.display()))
                .map(Some),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("{} cannot be read", path.display())),
        }
    };
    if let Some(key) = read()? {
        return Ok(key);
    }
    let mut key = [0_u8; 32];
    getrandom::fill(&mut key)?;
    let text: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    let folder = path.parent().filter(|f| !f.as_os_str().is_empty());
    // The file of tempfile is readable by its owner alone.
    let mut file = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    // Another process may have been quicker; then its key counts.
    let _ = file.persist_noclobber(&path);
    read()?.with_context(|| format!("{} cannot be made", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_key_and_context_open() {
        let (here, there) = (
            Sealer::new(&[1; 32]).unwrap(),
            Sealer::new(&[2; 32]).unwrap(),
        );
        let sealed = here.seal("giver@example.com", "a").unwrap();
        assert_eq!(
            here.open(&sealed, "a").as_deref(),
            Some("giver@example.com")
        );
        assert_eq!(here.open(&sealed, "b"), None);
        assert_eq!(there.open(&sealed, "a"), None);
        assert_ne!(here.seal("giver@example.com", "a").unwrap(), sealed);
        let mut changed = sealed.clone();
        changed[20] ^= 1;
        assert_eq!(here.open(&changed, "a"), None);
        assert_eq!(here.open(&sealed[..8], "a"), None);
        assert!(!String::from_utf8_lossy(&sealed).contains("giver"));
    }

    #[test]
    fn tokens_serve_one_purpose() {
        let sealer = Sealer::new(&[1; 32]).unwrap();
        let id = "0123456789abcdef0123456789abcdef";
        let token = sealer.token("confirm", id);
        assert_eq!(sealer.verified("confirm", &token), Some(id));
        assert_eq!(sealer.verified("unsubscribe", &token), None);
        assert_eq!(sealer.verified("confirm", &token.replace('0', "1")), None);
        for broken in ["", id, "선물", &token[1..], &"é".repeat(32)] {
            assert_eq!(sealer.verified("confirm", broken), None, "{broken}");
        }
    }

    #[test]
    fn one_machine_keeps_its_key_in_a_file_of_its_own() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("seonmul.db");
        let key = key_beside(&database).unwrap();
        assert_eq!(key_beside(&database).unwrap(), key);
        let path = folder.path().join("seonmul.key");
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0);
        std::fs::write(&path, "short").unwrap();
        assert!(format!("{:#}", key_beside(&database).unwrap_err()).contains("holds no key"));
    }
}
