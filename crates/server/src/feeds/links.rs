//! Addresses out of feeds: https with a plain host, or a path of this service in the project's own formats.

use super::errors::Rejection;

const MAX_BYTES: usize = 2_048;

/// Whether a path of this service counts as an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LocalPaths {
    Accepted,
    Refused,
}

/// A checked address.
pub(super) fn checked(text: &str, local: LocalPaths) -> Result<String, Rejection> {
    let invalid = |problem| Err(Rejection::LinkInvalid { problem });
    // Written `&amp;` in tables by shops that copy it out of their pages.
    let link = text.trim().replace("&amp;", "&");
    if link.len() > MAX_BYTES {
        return invalid("it is longer than 2,048 bytes");
    }
    if link.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '`' | '\\' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')) {
        return invalid("it holds a space, a quote or another sign that must be written with %");
    }
    let Some(rest) = link
        .get(..8)
        .filter(|scheme| scheme.eq_ignore_ascii_case("https://"))
        .map(|_| &link[8..])
    else {
        let is_path = local == LocalPaths::Accepted
            && link.starts_with('/')
            && !link.starts_with("//")
            && !link.split(['/', '?', '#']).any(|part| part == "..");
        return if is_path {
            Ok(link)
        } else {
            Err(Rejection::LinkNotHttps)
        };
    };
    let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    if authority.contains('@') {
        return invalid("it holds a user name");
    }
    let (host, port) = authority.split_once(':').unwrap_or((authority, ""));
    if !port.bytes().all(|b| b.is_ascii_digit()) || port.len() > 5 {
        return invalid("its port is not a number");
    }
    let is_host = !host.is_empty()
        && host.split('.').all(|label| !label.is_empty())
        && host
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_'));
    if is_host {
        Ok(link)
    } else {
        invalid("it names no host")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_with_a_host_is_a_link() {
        for link in [
            "https://shop.example/p?id=1#a",
            "HTTPS://shop.example",
            "https://한글.example:8443/선물",
        ] {
            assert_eq!(checked(link, LocalPaths::Refused).as_deref(), Ok(link));
        }
        assert_eq!(
            checked(" https://a.example/?x=1&amp;y=2 ", LocalPaths::Refused).as_deref(),
            Ok("https://a.example/?x=1&y=2")
        );
        for link in [
            "http://shop.example",
            "javascript:alert(1)",
            "//shop.example",
            "ftp://a",
            "shop.example",
            "/p/1",
            "가나다라",
        ] {
            assert_eq!(
                checked(link, LocalPaths::Refused),
                Err(Rejection::LinkNotHttps),
                "{link}"
            );
        }
        for link in [
            "https://",
            "https:///p",
            "https://a@b.example",
            "https://a..b",
            "https://a.example:x",
            "https://a b",
            "https://a/\"b",
            "https://a/\u{202E}b",
        ] {
            assert_eq!(
                checked(link, LocalPaths::Refused).map_err(|e| e.code()),
                Err("link_invalid"),
                "{link}"
            );
        }
        assert!(
            checked(
                &format!("https://a.example/{}", "x".repeat(3_000)),
                LocalPaths::Refused
            )
            .is_err()
        );
    }

    #[test]
    fn paths_of_this_service_are_for_our_own_formats() {
        assert_eq!(
            checked("/images/mug.webp", LocalPaths::Accepted).as_deref(),
            Ok("/images/mug.webp")
        );
        for link in [
            "//evil.example/x",
            "/a/../admin",
            "images/mug.webp",
            "/a\\b",
        ] {
            assert!(checked(link, LocalPaths::Accepted).is_err(), "{link}");
        }
    }
}
