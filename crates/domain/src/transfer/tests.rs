//! What a file says is read back, and what was changed in it is refused, each with its own reason.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at what it did not expect")]

use proptest::prelude::*;
use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::time::Timestamp;

fn schema() -> Schema {
    let column = |name: &str, kind, required| Column { name: name.to_owned(), kind, required };
    let people = vec![
        column("id", Kind::Id, true),
        column("name", Kind::Text, true),
        column("photo", Kind::Bytes, false),
        column("is_here", Kind::Truth, true),
        column("facts", Kind::Json, false),
    ];
    let counts = vec![column("name", Kind::Text, true), column("number", Kind::Number, true)];
    let table = |name: &str, columns, key| Table { name: name.to_owned(), columns, key };
    Schema { step: 18, tables: vec![table("people", people, vec![0]), table("counts", counts, vec![0, 1])] }
}

fn about() -> About {
    About { program: "0.1.0".to_owned(), at: Timestamp::from_seconds(1_795_000_000) }
}

type Rows = [Vec<Vec<Cell>>; 2];

fn write(schema: &Schema, rows: &Rows) -> (String, Summary) {
    let (mut writer, mut text) = Writer::begin(schema, &about());
    for (table, rows) in schema.tables.iter().zip(rows) {
        for row in rows {
            text.push_str(&writer.row(table, row));
        }
        text.push_str(&writer.table_end(table));
    }
    let (summary, end) = writer.finish();
    (text + &end, summary)
}

fn read(schema: &Schema, bytes: &[u8]) -> Result<(Rows, Summary), Refusal> {
    let (mut reader, mut rows, mut table) = (Reader::new(schema), Rows::default(), 0);
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        match reader.line(line)? {
            Read::Row(_, cells) => rows[table].push(cells),
            Read::TableEnd(_) => table += 1,
            Read::Header(_) | Read::End => {}
        }
    }
    Ok((rows, reader.finish()?))
}

fn example() -> Rows {
    let person = |number, name: &str, facts| {
        let cells = [Cell::Id(Uuid::from_u128(number)), Cell::Text(name.to_owned()), Cell::Bytes(vec![0, 255])];
        [&cells[..], &[Cell::Truth(true), facts]].concat()
    };
    let facts = Cell::json(json!({ "b": [1, 2.5], "a": { "d": "x", "c": 1 } })).unwrap();
    let count = |name: &str, number| vec![Cell::Text(name.to_owned()), Cell::Number(number)];
    [
        vec![person(1, "Ann", facts), person(2, "Jörg \"J\"\n", Cell::Absent)],
        vec![count("a", i64::MIN), count("a", i64::MAX), count("b", 0)],
    ]
}

#[test]
fn the_form_of_a_file_is_the_one_that_is_documented() {
    let (text, _) = write(&schema(), &example());
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0],
        "{\"format\":\"bailiwick-export\",\"version\":1,\"schema\":18,\"program\":\"0.1.0\",\
         \"at\":\"2026-11-18T11:06:40Z\",\"tables\":[{\"table\":\"people\",\"columns\":{\"id\":\"uuid\",\
         \"name\":\"text\",\"photo\":\"bytes\",\"is_here\":\"boolean\",\"facts\":\"json\"}},\
         {\"table\":\"counts\",\"columns\":{\"name\":\"text\",\"number\":\"number\"}}]}"
    );
    assert_eq!(
        lines[1],
        "{\"table\":\"people\",\"row\":{\"id\":\"00000000-0000-0000-0000-000000000001\",\"name\":\"Ann\",\
         \"photo\":\"AP8=\",\"is_here\":true,\"facts\":{\"a\":{\"c\":1,\"d\":\"x\"},\"b\":[1,2.5]}}}"
    );
    assert!(lines[3].starts_with("{\"table\":\"people\",\"rows\":2,\"sha256\":\""), "{}", lines[3]);
    assert!(lines[8].starts_with("{\"end\":\"bailiwick-export\",\"rows\":5,\"sha256\":\""), "{}", lines[8]);
    assert_eq!(lines.len(), 9);
}

#[test]
fn what_a_file_is_refused_for_is_said_by_its_line() {
    let schema = schema();
    let (text, _) = write(&schema, &example());
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let with = |index: usize, from: &str, to: &str| {
        assert!(lines[index].contains(from), "{}", lines[index]);
        [&lines[..index], &[lines[index].replacen(from, to, 1).as_str()], &lines[index + 1..]].concat().concat()
    };
    let swapped = [&lines[..1], &[lines[2], lines[1]], &lines[3..]].concat().concat();
    let twice = [&lines[..2], &lines[1..]].concat().concat();
    let without = |index: usize| [&lines[..index], &lines[index + 1..]].concat().concat();
    let cases = [
        (String::new(), "line 1: this is no export of Bailiwick"),
        ("PK\u{3}\u{4}".to_owned(), "line 1: this is no export of Bailiwick"),
        (with(0, "\"version\":1", "\"version\":2"), "line 1: the file is of version 2 of the format"),
        (with(0, "\"schema\":18", "\"schema\":17"), "line 1: the file is of an older version"),
        (with(0, "\"schema\":18", "\"schema\":19"), "line 1: the file is of a newer version of this program, 0.1.0"),
        (with(0, "counts", "amounts"), "line 1: amounts: the file lists other tables"),
        (with(0, "\"number\":\"number\"", "\"number\":\"text\""), "line 1: counts: the file lists other tables"),
        (with(0, "0.1.0", "0.1.1"), "line 9: the first line is not the one that was exported"),
        (with(1, "\"people\"", "\"nobody\""), "line 2: there is no table nobody"),
        (with(1, "\"people\"", "\"counts\""), "line 2: this is about counts, and a row of people or"),
        (with(1, "\"row\"", "\"line\""), "line 2: this must be a row of people, or the line that ends it"),
        (with(1, "\"photo\"", "\"picture\""), "line 2: people has no column picture"),
        (with(1, "\"photo\":\"AP8=\",", ""), "line 2: the row of people lacks the column photo"),
        (
            with(1, "\"name\":\"Ann\",\"photo\":\"AP8=\"", "\"photo\":\"AP8=\",\"name\":\"Ann\""),
            "line 2: the columns of people",
        ),
        (with(1, "true", "1"), "line 2: people.is_here must be true or false"),
        (with(1, "\"Ann\"", "null"), "line 2: people.name must be text without U+0000"),
        (with(1, "\"Ann\"", "\"\\u0000\""), "line 2: people.name must be text without U+0000"),
        (with(1, "\"AP8=\"", "\"AP8\""), "line 2: people.photo must be bytes in Base64, or null"),
        (with(1, "00000001", "000000zz"), "line 2: people.id must be a UUID in small letters with hyphens"),
        (with(4, "-9223372036854775808", "-9223372036854775809"), "line 5: counts.number must be a whole number"),
        (
            with(1, "00000000-", "{00000000-").replacen("0001\",\"name\"", "0001}\",\"name\"", 1),
            "line 2: this is not spelled",
        ),
        (with(1, "Ann", "\\u0041nn"), "line 2: this is not spelled as this program spells it"),
        (with(1, "{\"table\"", "{\"table\" "), "line 2: this is not spelled as this program spells it"),
        (
            with(1, "{\"a\":{\"c\":1,\"d\":\"x\"},\"b\":[1,2.5]}", "{\"b\":[1,2.5],\"a\":{\"c\":1,\"d\":\"x\"}}"),
            "line 2: this is not",
        ),
        (with(1, "Ann", "Ann\",\"name\":\"Bob"), "line 2: this is not spelled as this program spells it"),
        (with(1, "\"row\"", "\"more\":1,\"row\""), "line 2: this must be a row of people"),
        (with(1, "Ann", "Anm"), "line 4: the rows of people are not those that were exported"),
        (swapped, "line 3: the rows of people must stand in the order of their keys"),
        (twice, "line 3: this row of people has the key of the row before it"),
        (without(2), "line 3: there are 1 rows of people, and the line says 2"),
        (without(3), "line 4: this is about counts, and a row of people or the line that ends it must stand here"),
        (with(7, "sha256\":\"", "sha256\":\"0"), "line 8: the rows of counts are not those that were exported"),
        (with(8, "\"rows\":5", "\"rows\":6"), "line 9: the whole is not what was exported"),
        (without(8), "line 9: the file ends before its closing line"),
        (text.trim_end().to_owned(), "line 9: the file ends before its closing line"),
        (lines[0][..50].to_owned(), "line 1: the file ends before its closing line"),
        (text.clone() + "\n", "line 10: nothing may stand after the closing line"),
    ];
    for (changed, expected) in cases {
        let refusal = read(&schema, changed.as_bytes()).unwrap_err().to_string();
        assert!(refusal.starts_with(expected), "{refusal}\nexpected: {expected}");
        assert!(!refusal.contains("Ann") && !refusal.contains('\n'), "{refusal}");
    }
    let long = format!("{}{}", lines[0], "x".repeat(LINE_MAX + 1));
    assert!(read(&schema, long.as_bytes()).unwrap_err().to_string().starts_with("line 2: the line is longer"));
}

fn cell(kind: Kind, required: bool) -> BoxedStrategy<Cell> {
    let some = match kind {
        Kind::Id => any::<u128>().prop_map(|number| Cell::Id(Uuid::from_u128(number))).boxed(),
        Kind::Bytes => prop::collection::vec(any::<u8>(), 0..6).prop_map(Cell::Bytes).boxed(),
        Kind::Text => "[^\\x00]{0,6}".prop_map(Cell::Text).boxed(),
        Kind::Number => any::<i64>().prop_map(Cell::Number).boxed(),
        Kind::Truth => any::<bool>().prop_map(Cell::Truth).boxed(),
        Kind::Json => (any::<f64>(), "\\PC{0,5}", any::<u64>())
            .prop_filter_map("no number of JSON", |(float, text, number)| {
                Cell::json(json!({ "z": float, text: [number], "a": { "y": null, "b": -1 } }))
            })
            .boxed(),
    };
    if required { some } else { prop_oneof![Just(Cell::Absent), some].boxed() }
}

fn rows() -> impl Strategy<Value = Rows> {
    let table = |table: Table| {
        let columns: Vec<_> = table.columns.iter().map(|column| cell(column.kind, column.required)).collect();
        prop::collection::vec(columns, 0..6).prop_map(move |mut rows| {
            rows.sort_by(|one, other| Cell::compare(&table.key_of(one), &table.key_of(other)));
            rows.dedup_by_key(|row| table.key_of(row));
            rows
        })
    };
    let [people, counts] = <[Table; 2]>::try_from(schema().tables).unwrap();
    (table(people), table(counts)).prop_map(|(people, counts)| [people, counts])
}

proptest! {
    #[test]
    fn what_is_written_is_read_back_and_no_byte_of_it_can_be_changed(
        rows in rows(), at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>(),
    ) {
        let schema = schema();
        let (text, summary) = write(&schema, &rows);
        prop_assert_eq!(read(&schema, text.as_bytes()), Ok((rows, summary)));
        let mut changed = text.clone().into_bytes();
        let at = at.index(changed.len());
        prop_assume!(changed[at] != byte);
        changed[at] = byte;
        prop_assert!(read(&schema, &changed).is_err());
        let cut = cut.index(text.len());
        let refusal = read(&schema, &text.as_bytes()[..cut]).unwrap_err();
        let is_said = matches!(refusal.problem, Problem::Truncated) || cut < line::BEGINNING.len();
        prop_assert!(is_said, "{}", refusal);
    }
}
