//! Lists in pages: the limit, and the opaque cursor that says where the next page begins.

use crate::error::{Error, Result};

/// Entries of a page when nothing is said.
pub const DEFAULT_LIMIT: u32 = 20;
/// Most entries of a page.
pub const MAX_LIMIT: u32 = 100;
/// How deep a search may be paged.
const MAX_OFFSET: usize = 10_000;

/// A limit within bounds.
///
/// # Errors
/// Names the field.
pub fn limit(given: Option<u32>, most: u32, default: u32) -> Result<u32> {
    match given {
        None => Ok(default),
        Some(limit) if (1..=most).contains(&limit) => Ok(limit),
        Some(_) => Err(Error::field(
            "limit",
            format!("1부터 {most} 사이여야 합니다."),
            format!("must be between 1 and {most}"),
        )),
    }
}

/// The cursor after an entry of a list that is ordered by time and id.
pub fn cursor_after(created_ms: i64, id: &str) -> String {
    format!("{created_ms:x}-{id}")
}

/// The time and id in a cursor.
///
/// # Errors
/// Names the field.
pub fn parse_cursor<Id>(
    cursor: Option<&str>,
    parse: impl Fn(&str) -> Option<Id>,
) -> Result<Option<(i64, Id)>> {
    let Some(cursor) = cursor else {
        return Ok(None);
    };
    let parts = cursor
        .split_once('-')
        .and_then(|(ms, id)| Some((i64::from_str_radix(ms, 16).ok()?, parse(id)?)));
    parts.map(Some).ok_or_else(wrong_cursor)
}

/// The cursor of a search that goes on at an offset; `None` where it ends.
pub fn offset_cursor(offset: usize) -> Option<String> {
    (offset <= MAX_OFFSET).then(|| format!("o{offset:x}"))
}

/// The offset in the cursor of a search.
///
/// # Errors
/// Names the field.
pub fn parse_offset(cursor: Option<&str>) -> Result<usize> {
    let Some(cursor) = cursor else { return Ok(0) };
    let offset = cursor
        .strip_prefix('o')
        .and_then(|hex| usize::from_str_radix(hex, 16).ok());
    offset
        .filter(|offset| *offset <= MAX_OFFSET)
        .ok_or_else(wrong_cursor)
}

fn wrong_cursor() -> Error {
    Error::field(
        "cursor",
        "이전 응답의 next_cursor 값이어야 합니다.",
        "must be the next_cursor of an earlier answer",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_go_there_and_back() {
        let parse = |text: &str| (text == "id").then(|| text.to_owned());
        assert_eq!(
            parse_cursor(Some(&cursor_after(17, "id")), parse).unwrap(),
            Some((17, "id".to_owned()))
        );
        assert!(parse_cursor(None, parse).unwrap().is_none());
        for wrong in ["", "x", "11-other", "zz-id", "-"] {
            assert!(parse_cursor(Some(wrong), parse).is_err(), "{wrong}");
        }
        assert_eq!(parse_offset(offset_cursor(40).as_deref()).unwrap(), 40);
        assert!(parse_offset(Some("offffffff")).is_err() && parse_offset(Some("5")).is_err());
        assert!(offset_cursor(MAX_OFFSET + 1).is_none());
    }
}
