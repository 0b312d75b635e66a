//! The mail server's settings.

use super::source::{ConfigError, Sources};
use super::{Secret, parse_number};
use reqwest::Url;
use std::path::PathBuf;

/// How the connection to the mail server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailTls {
    /// From the first byte (`smtps`).
    Wrapped,
    /// By STARTTLS, or not at all.
    Required,
    /// By STARTTLS where the server offers it.
    Offered,
    /// Never.
    Off,
}

/// The mail server.
#[derive(Debug, Clone)]
pub struct MailConfig {
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is encrypted.
    pub tls: MailTls,
    /// User and password.
    pub credentials: Option<(String, Secret)>,
    /// Certificates that are trusted beside those of the system.
    pub ca_file: Option<PathBuf>,
    /// Most connections at a time.
    pub connections: usize,
    /// Who the mails are from: `Name <address>` or an address.
    pub from: String,
    /// The name of this host, by which it greets the server.
    pub hello: String,
}

impl MailConfig {
    pub(super) fn from_sources(
        sources: &Sources,
        public_url: &str,
    ) -> Result<Option<Self>, ConfigError> {
        let host = Url::parse(public_url).ok();
        let host = host
            .as_ref()
            .and_then(Url::host_str)
            .unwrap_or("localhost")
            .to_owned();
        let ca_file = sources.optional("smtp_ca_file").map(PathBuf::from);
        let connections = sources.parsed("smtp_connections", |v| parse_number(v, 1, 100))?;
        let from = sources.parsed_optional("mail_from", |v| {
            v.parse::<lettre::message::Mailbox>()
                .ok()
                .map(|_| v.to_owned())
        })?;
        let from = from.unwrap_or_else(|| format!("Seonmul <gifts@{host}>"));
        let server = sources.parsed_optional("smtp_url", parse_server)?;
        Ok(server.map(|(server, port, tls, credentials)| Self {
            host: server,
            port,
            tls,
            credentials,
            ca_file,
            connections: connections as usize,
            from,
            hello: host,
        }))
    }
}

type Server = (String, u16, MailTls, Option<(String, Secret)>);

/// `smtp://` encrypts where the server can, and always before a password; `?tls=required` and `?tls=off` say otherwise.
fn parse_server(text: &str) -> Option<Server> {
    let url = Url::parse(text).ok()?;
    let host = url.host_str()?.trim_matches(['[', ']']).to_owned();
    let decoded = |text: &str| {
        let pair = format!("x={}", text.replace('+', "%2B"));
        form_urlencoded::parse(pair.as_bytes())
            .next()
            .map(|(_, v)| v.into_owned())
    };
    let credentials = match (url.username(), url.password()) {
        ("", _) => None,
        (user, password) => Some((
            decoded(user)?,
            Secret::new(decoded(password.unwrap_or_default())?),
        )),
    };
    let mut wish = None;
    for (name, value) in url.query_pairs() {
        wish = match (&*name, &*value) {
            ("tls", "required") => Some(MailTls::Required),
            ("tls", "off") => Some(MailTls::Off),
            _ => return None,
        };
    }
    let (tls, port) = match url.scheme() {
        "smtps" if wish != Some(MailTls::Off) => (MailTls::Wrapped, 465),
        "smtp" if credentials.is_some() => (wish.unwrap_or(MailTls::Required), 587),
        "smtp" => (wish.unwrap_or(MailTls::Offered), 25),
        _ => return None,
    };
    Some((host, url.port().unwrap_or(port), tls, credentials))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_never_travels_in_the_clear_unasked() {
        let read = |url| parse_server(url).map(|(host, port, tls, _)| (host, port, tls));
        let is = |host: &str, port, tls| Some((host.to_owned(), port, tls));
        assert_eq!(read("smtp://mail"), is("mail", 25, MailTls::Offered));
        assert_eq!(read("smtp://u:p@mail"), is("mail", 587, MailTls::Required));
        assert_eq!(
            read("smtp://u:p@mail:25?tls=off"),
            is("mail", 25, MailTls::Off)
        );
        assert_eq!(
            read("smtps://u:p@[::1]:99"),
            is("::1", 99, MailTls::Wrapped)
        );
        let (.., credentials) = parse_server("smtp://a%40b:p%2Bq+r@mail").unwrap();
        let (user, password) = credentials.unwrap();
        assert_eq!((user.as_str(), password.expose()), ("a@b", "p+q+r"));
        for wrong in [
            "mail",
            "http://mail",
            "smtp://",
            "smtp://mail?tls=maybe",
            "smtp://mail?x=1",
        ] {
            assert!(parse_server(wrong).is_none(), "{wrong}");
        }
    }
}
