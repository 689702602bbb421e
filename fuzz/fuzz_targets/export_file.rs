//! Exports of whole databases: a file has one form, and what is not as it was written is refused.

#![no_main]

use bailiwick_domain::time::Timestamp;
use bailiwick_domain::transfer::{About, Cell, Column, Kind, Read, Reader, Refusal, Schema, Summary, Table, Writer};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let schema = schema();
    judge(&schema, data);
    // Chance alone does not find the first line, nor the digests of what follows.
    let (_, header) = Writer::begin(&schema, &about());
    judge(&schema, &[header.as_bytes(), data].concat());
    read_back(&schema, &header, data);
});

fn about() -> About {
    About { program: "0.1.0".to_owned(), at: Timestamp::from_seconds(1_795_000_000) }
}

/// A table with a column of each kind.
fn schema() -> Schema {
    let column = |name: &str, kind, required| Column { name: name.to_owned(), kind, required };
    let columns = vec![
        column("a", Kind::Text, true),
        column("b", Kind::Number, true),
        column("c", Kind::Id, false),
        column("d", Kind::Bytes, false),
        column("e", Kind::Truth, false),
        column("f", Kind::Json, false),
    ];
    Schema { step: 1, tables: vec![Table { name: "t".to_owned(), columns, key: vec![0, 1] }] }
}

/// The rows of a file, and what it holds.
fn read(schema: &Schema, data: &[u8]) -> Result<(Vec<Vec<Cell>>, Summary), Refusal> {
    let (mut reader, mut rows) = (Reader::new(schema), Vec::<Vec<Cell>>::new());
    for line in data.split_inclusive(|byte| *byte == b'\n') {
        let Read::Row(table, cells) = reader.line(line)? else { continue };
        let (mut writer, _) = Writer::begin(schema, &about());
        assert_eq!(writer.row(table, &cells).as_bytes(), line, "a row has one spelling");
        if let Some(before) = rows.last() {
            let (before, key) = (table.key_of(before), table.key_of(&cells));
            assert!(Cell::compare(&before, &key).is_lt(), "no key stands twice, or before its turn");
        }
        rows.push(cells);
    }
    Ok((rows, reader.finish()?))
}

fn write(schema: &Schema, rows: &[Vec<Cell>]) -> (String, Summary) {
    let (mut writer, mut text) = Writer::begin(schema, &about());
    let table = &schema.tables[0];
    for row in rows {
        text.push_str(&writer.row(table, row));
    }
    text.push_str(&writer.table_end(table));
    let (summary, end) = writer.finish();
    (text + &end, summary)
}

fn judge(schema: &Schema, data: &[u8]) {
    match read(schema, data) {
        Ok((rows, summary)) => assert_eq!(write(schema, &rows).1, summary, "what is read is what was written"),
        Err(refusal) => {
            let lines = data.split_inclusive(|byte| *byte == b'\n').count() as u64;
            assert!((1..=lines + 1).contains(&refusal.line));
            assert!(!refusal.to_string().chars().any(char::is_control), "a refusal is one line");
        }
    }
}

/// Whatever can be a row at all is read back from a file of it, and no byte of that file can be changed.
fn read_back(schema: &Schema, header: &str, data: &[u8]) {
    let table = &schema.tables[0];
    let row = |line: &[u8]| {
        let mut reader = Reader::new(schema);
        reader.line(header.as_bytes()).expect("the first line");
        match reader.line(&[line, b"\n"].concat()) {
            Ok(Read::Row(_, cells)) => Some(cells),
            _ => None,
        }
    };
    let mut rows: Vec<Vec<Cell>> = data.split(|byte| *byte == b'\n').filter_map(row).collect();
    rows.sort_by(|one, other| Cell::compare(&table.key_of(one), &table.key_of(other)));
    rows.dedup_by_key(|row| table.key_of(row));
    let (text, summary) = write(schema, &rows);
    let at = data.iter().fold(0, |at: usize, byte| at.wrapping_mul(31).wrapping_add(usize::from(*byte))) % text.len();
    assert_eq!(read(schema, text.as_bytes()).as_ref(), Ok(&(rows, summary)));
    let mut changed = text.clone().into_bytes();
    changed[at] ^= 1;
    assert!(read(schema, &changed).is_err(), "byte {at} of {} was changed", text.len());
    assert!(read(schema, &text.as_bytes()[..at]).is_err(), "a file that is cut off is refused");
}
