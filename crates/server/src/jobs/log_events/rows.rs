//! What a row of the event log holds, and how rows become a Parquet file and back. Names in it are pseudonyms.

use bytes::Bytes;
use parquet::basic::Compression;
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::record::RowAccessor;
use parquet::schema::parser::parse_message_type;
use ring::hmac;
use seonmul_store::OutboxEvent;
use serde_json::{Map, Value};
use std::sync::Arc;

/// Name and version of the schema, which every file and every list carries. Another version gets another folder.
pub const SCHEMA_NAME: &str = "seonmul-events-1";

const SCHEMA: &str = "message events {
    required binary event_id (string);
    required binary kind (string);
    required int64 happened_at (timestamp(millis,true));
    optional binary guest (string);
    optional binary interview (string);
    optional binary recommendation (string);
    optional binary parent (string);
    required binary details (json);
}";

/// Ids that become pseudonyms, by their names in an event and in a row.
const NAMED: [&str; 3] = ["interview_id", "recommendation_id", "parent_id"];

/// A row of the event log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The event's own id.
    pub event_id: String,
    /// What happened.
    pub kind: String,
    /// When, in milliseconds since 1970 UTC.
    pub at_ms: i64,
    /// Pseudonym of the guest.
    pub guest: Option<String>,
    /// Pseudonyms of the interview, the recommendation and the recommendation it was refined from.
    pub names: [Option<String>; 3],
    /// The rest of the event, as JSON.
    pub details: String,
}

/// Makes pseudonyms of one guest. They are HMAC-SHA-256 over the name with a key that is the guest's own and is erased with the guest;
/// without it nobody can tell whose they were. The guest's changes with every Korean month, so that long trails do not come about.
pub struct Pseudonyms {
    key: hmac::Key,
    month: String,
}

impl Pseudonyms {
    /// For events of the month that holds `at_ms`.
    pub fn new(key: &[u8; 32], at_ms: i64) -> Self {
        let mut month = crate::clock::korean_date(at_ms);
        month.truncate(7);
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, key),
            month,
        }
    }

    fn guest(&self) -> String {
        self.of("guest", &self.month)
    }

    /// 128 bits are plenty to tell rows apart.
    fn of(&self, kind: &str, name: &str) -> String {
        let tag = hmac::sign(&self.key, format!("{kind}/{name}").as_bytes());
        tag.as_ref()[..16]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

impl Row {
    /// The row of an event.
    ///
    /// # Errors
    /// Why the event cannot be read.
    pub fn of(event: &OutboxEvent, names: Option<Pseudonyms>) -> Result<Self, String> {
        let mut details: Map<String, Value> = serde_json::from_str(&event.payload_json)
            .map_err(|error| format!("its particulars are no JSON object: {error}"))?;
        let named = NAMED.map(|name| {
            let id = details.remove(name)?;
            Some(names.as_ref()?.of(name, id.as_str()?))
        });
        Ok(Self {
            event_id: event.event_id.to_string(),
            kind: event.kind.clone(),
            at_ms: event.created_ms,
            guest: names.as_ref().map(Pseudonyms::guest),
            names: named,
            details: Value::Object(details).to_string(),
        })
    }
}

/// A Parquet file of the rows.
///
/// # Errors
/// When the library refuses; it has no reason to.
pub fn encode(rows: &[Row]) -> anyhow::Result<Vec<u8>> {
    let schema = Arc::new(parse_message_type(SCHEMA)?);
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_created_by("seonmul".to_owned())
        .set_key_value_metadata(Some(vec![KeyValue::new(
            "seonmul.schema".to_owned(),
            SCHEMA_NAME.to_owned(),
        )]))
        .build();
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, schema, Arc::new(properties))?;
    let mut group = writer.next_row_group()?;
    let text =
        |of: fn(&Row) -> Option<&String>| -> Vec<Option<&String>> { rows.iter().map(of).collect() };
    let columns = [
        text(|row| Some(&row.event_id)),
        text(|row| Some(&row.kind)),
        text(|_| None),
        text(|row| row.guest.as_ref()),
        text(|row| row.names[0].as_ref()),
        text(|row| row.names[1].as_ref()),
        text(|row| row.names[2].as_ref()),
        text(|row| Some(&row.details)),
    ];
    for (place, cells) in columns.iter().enumerate() {
        let Some(mut column) = group.next_column()? else {
            anyhow::bail!("the schema has fewer columns than a row");
        };
        if place == 2 {
            let times: Vec<i64> = rows.iter().map(|row| row.at_ms).collect();
            column
                .typed::<Int64Type>()
                .write_batch(&times, None, None)?;
        } else {
            let values: Vec<ByteArray> = cells
                .iter()
                .flatten()
                .map(|cell| ByteArray::from(cell.as_str()))
                .collect();
            let levels: Vec<i16> = cells.iter().map(|cell| i16::from(cell.is_some())).collect();
            let is_optional = (3..7).contains(&place);
            column.typed::<ByteArrayType>().write_batch(
                &values,
                is_optional.then_some(levels.as_slice()),
                None,
            )?;
        }
        column.close()?;
    }
    group.close()?;
    writer.close()?;
    Ok(bytes)
}

/// The rows of a Parquet file that [`encode`] wrote.
///
/// # Errors
/// When it is none.
pub fn decode(bytes: Bytes) -> anyhow::Result<Vec<Row>> {
    let reader = SerializedFileReader::new(bytes)?;
    let mut rows = Vec::new();
    for row in reader.get_row_iter(None)? {
        let row = row?;
        // A null is the only way in which reading an optional text can fail.
        let optional = |place| row.get_string(place).ok().cloned();
        rows.push(Row {
            event_id: row.get_string(0)?.clone(),
            kind: row.get_string(1)?.clone(),
            at_ms: row.get_timestamp_millis(2)?,
            guest: optional(3),
            names: [optional(4), optional(5), optional(6)],
            details: optional(7).or_else(|| json_text(&row)).unwrap_or_default(),
        });
    }
    Ok(rows)
}

/// The reader gives JSON columns as text or as bytes, depending on how they are marked.
fn json_text(row: &parquet::record::Row) -> Option<String> {
    let bytes = row.get_bytes(7).ok()?;
    String::from_utf8(bytes.data().to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(payload: &str) -> OutboxEvent {
        OutboxEvent::new(None, "x.happened", payload.to_owned(), 1_795_392_000_123)
    }

    #[test]
    fn rows_come_back_as_they_were_written() {
        let names = || Some(Pseudonyms::new(&[7; 32], 1_795_392_000_123));
        let rows = [
            Row::of(&event(r#"{"interview_id":"a","선물":"🎁"}"#), names()).unwrap(),
            Row::of(&event("{}"), None).unwrap(),
        ];
        assert_eq!(decode(encode(&rows).unwrap().into()).unwrap(), rows);
        assert!(rows[0].guest.is_some() && rows[1].guest.is_none());
        assert_eq!(decode(encode(&[]).unwrap().into()).unwrap(), []);
    }

    #[test]
    fn names_are_pseudonyms_that_only_the_key_connects() {
        let (here, there) = ([1; 32], [2; 32]);
        let november = 1_795_392_000_000;
        let january = november + 60 * 86_400_000;
        let row = |key, at_ms| {
            let payload = r#"{"interview_id":"interview-1","recommendation_id":"r","style":1}"#;
            Row::of(&event(payload), Some(Pseudonyms::new(key, at_ms))).unwrap()
        };
        let (a, b) = (row(&here, november), row(&here, november + 86_400_000));
        assert_eq!((&a.guest, &a.names), (&b.guest, &b.names));
        let later = row(&here, january);
        assert_ne!(
            a.guest, later.guest,
            "a guest's name changes with the month"
        );
        assert_eq!(a.names, later.names, "a list is spoken of for longer");
        assert_ne!(a.names, row(&there, november).names);
        let text = format!("{a:?}");
        assert!(!text.contains("interview-1"), "{text}");
        assert_eq!(a.details, r#"{"style":1}"#);
    }

    #[test]
    fn what_is_no_object_is_refused_with_the_reason() {
        for broken in ["", "[]", "7", "{"] {
            let refused = Row::of(&event(broken), None).unwrap_err();
            assert!(refused.contains("no JSON object"), "{refused}");
        }
    }
}
