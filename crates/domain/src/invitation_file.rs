//! Invitations in a file: comma-separated values, as spreadsheets write them (RFC 4180).
//!
//! No value that belongs here has more than one line, so each line of the file is one row, and its number is the one
//! that an editor shows. What is not as it should be is said, never guessed: a file in another encoding, a heading that
//! nobody knows, a quote that is left open.

mod quotes;

use csv::{ReaderBuilder, StringRecord, Terminator};

use crate::account::Language;
use crate::email::EmailAddress;
use crate::field::{Check, FieldFault, Parse, Refusal};
use crate::name::Name;
use crate::organisation::OrganisationKey;
use crate::role::Role;

/// The largest file, in bytes.
pub const FILE_LENGTH_MAX: usize = 256 * 1024;
/// The most rows, the headings left out.
pub const ROWS_MAX: usize = 1000;
/// What may stand between cells: spreadsheets write semicolons where the comma belongs into numbers.
const DELIMITERS: [char; 3] = [',', ';', '\t'];
/// How much of a cell is repeated in an answer, in characters.
const ECHO_MAX: usize = 100;

/// A file that could be read; its rows may still be wrong.
#[derive(Clone, Debug)]
pub struct InvitationFile {
    /// The rows, in the order of the file.
    pub rows: Vec<FileRow>,
}

/// A row of the file.
#[derive(Clone, Debug)]
pub struct FileRow {
    /// The number of its line, from 1 on.
    pub line: usize,
    /// What stands in the column of the addresses, shortened.
    pub address: String,
    /// How the person is called, where the file says so: for whoever reads the outcome, and not kept.
    pub name: Option<Name>,
    /// What the row asks for, or what of it is wrong.
    pub wish: Result<Wish, Vec<FieldFault>>,
}

/// What a row asks for.
#[derive(Clone, Debug)]
pub struct Wish {
    /// To whom the invitation is mailed.
    pub email: EmailAddress,
    /// Whereto; nothing where the row leaves it open.
    pub organisation: Option<OrganisationKey>,
    /// As what.
    pub role: Role,
    /// In which language the mail is written, where the row says so.
    pub language: Option<Language>,
}

/// A column that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Email,
    Name,
    Organisation,
    Role,
    Language,
}

impl Column {
    /// The column under this heading.
    fn of(heading: &str) -> Option<Self> {
        match heading.to_lowercase().replace([' ', '-'], "_").as_str() {
            "email" | "e_mail" => Some(Self::Email),
            "name" => Some(Self::Name),
            "organization" | "organization_id" | "organisation" | "organisation_id" => Some(Self::Organisation),
            "role" => Some(Self::Role),
            "language" => Some(Self::Language),
            _ => None,
        }
    }
}

/// The headings of a file.
#[derive(Debug)]
struct Columns {
    delimiter: u8,
    /// Nothing where there is no heading: spreadsheets leave such columns at the end.
    columns: Vec<Option<Column>>,
}

impl InvitationFile {
    /// Reads a file.
    ///
    /// # Errors
    /// What of the whole of it would have been right, to be read after "must be".
    pub fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.len() > FILE_LENGTH_MAX {
            return Err(Refusal::new("max", format!("at most {FILE_LENGTH_MAX} bytes long")));
        }
        let text = text(bytes)?;
        let mut lines = lines(text);
        let (_, headings) = lines.next().ok_or_else(|| {
            Refusal::new("required", "a table whose first line has the headings, such as email,organization,role")
        })?;
        let columns = Columns::read(headings)?;
        let mut rows = Vec::new();
        for (line, text) in lines.filter(|(_, text)| !columns.is_blank(text)) {
            if rows.len() == ROWS_MAX {
                return Err(Refusal::new("rows", format!("at most {ROWS_MAX} rows long: split it")));
            }
            rows.push(columns.row(line, text));
        }
        if rows.is_empty() {
            return Err(Refusal::new("rows", "a table with at least one row below its headings"));
        }
        Ok(Self { rows })
    }
}

/// The text of the file, without the mark that some programs put before it.
fn text(bytes: &[u8]) -> Result<&str, Refusal> {
    let in_utf8 =
        |found: String| Refusal::new("utf8", format!("text in UTF-8, which spreadsheets call CSV UTF-8; {found}"));
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(in_utf8("this is UTF-16".to_owned()));
    }
    let line_of = |at: usize| 1 + bytes.iter().take(at).filter(|byte| **byte == b'\n').count();
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        return Err(in_utf8(format!("line {} has a null character", line_of(at))));
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|error| in_utf8(format!("line {} is in another encoding", line_of(error.valid_up_to()))))?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// The lines that are not blank, with their numbers. Old programs end lines with a carriage return alone.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let end = if text.contains('\n') { '\n' } else { '\r' };
    let lines = text.split(end).map(|line| line.strip_suffix('\r').unwrap_or(line));
    lines.zip(1..).map(|(line, number)| (number, line)).filter(|(_, line)| !line.trim().is_empty())
}

/// The cells of one line.
fn cells(line: &str, delimiter: u8) -> Result<Vec<String>, Refusal> {
    let expected = "a row in which quotes stand around whole cells, on one line, and are doubled inside of them";
    let refusal = || Refusal::new("quotes", expected);
    if !quotes::stand_well(line, char::from(delimiter)) {
        return Err(refusal());
    }
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        // There is none in a line, so that nothing in it begins another row.
        .terminator(Terminator::Any(b'\n'))
        .buffer_capacity(line.len().max(16))
        .from_reader(line.as_bytes());
    let mut record = StringRecord::new();
    match reader.read_record(&mut record) {
        Ok(true) => Ok(record.iter().map(|cell| cell.trim().to_owned()).collect()),
        Ok(false) | Err(_) => Err(refusal()),
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(ECHO_MAX).collect()
}

impl Columns {
    fn read(headings: &str) -> Result<Self, Refusal> {
        let count = |delimiter: &char| headings.matches(*delimiter).count();
        // Of those that are there equally often the last is found, so the comma stands there.
        let delimiter = DELIMITERS.into_iter().rev().max_by_key(count).unwrap_or(',');
        let delimiter = u8::try_from(delimiter).unwrap_or(b',');
        let mut columns = Vec::new();
        for heading in cells(headings, delimiter)? {
            let column = match Column::of(&heading) {
                None if heading.is_empty() => None,
                None => {
                    let known = "email, name, organization, role, language";
                    let found = shortened(&heading);
                    return Err(Refusal::new(
                        "column",
                        format!("a table with headings that are known: {known}; “{found}” is none of them"),
                    ));
                }
                column => column,
            };
            if column.is_some() && columns.contains(&column) {
                return Err(Refusal::new("column", format!("a table with one column “{}”", shortened(&heading))));
            }
            columns.push(column);
        }
        for (column, heading) in [(Column::Email, "email"), (Column::Role, "role")] {
            if !columns.contains(&Some(column)) {
                return Err(Refusal::new("column", format!("a table with a column “{heading}”")));
            }
        }
        Ok(Self { delimiter, columns })
    }

    /// Whether a line has nothing in its cells: spreadsheets write such below what they hold.
    fn is_blank(&self, line: &str) -> bool {
        line.chars().all(|character| character.is_whitespace() || character == char::from(self.delimiter))
    }

    fn row(&self, line: usize, text: &str) -> FileRow {
        let cells = match cells(text, self.delimiter) {
            Ok(cells) => cells,
            Err(refusal) => {
                let fault = FieldFault { key: "row".into(), refusal, value: Some(shortened(text)) };
                return FileRow { line, address: String::new(), name: None, wish: Err(vec![fault]) };
            }
        };
        let cell = |wanted: Column| {
            let at = self.columns.iter().position(|column| *column == Some(wanted));
            at.and_then(|at| cells.get(at)).map_or("", String::as_str)
        };
        let mut check = Check::new();
        let beyond = cells
            .iter()
            .enumerate()
            .find(|(at, cell)| !cell.is_empty() && self.columns.get(*at).copied().flatten().is_none());
        if let Some((_, cell)) = beyond {
            check.refuse(
                "row",
                Refusal::new("cells", "a row with nothing beside the columns that have headings"),
                Some(cell),
            );
        }
        let email = required(&mut check, "email", cell(Column::Email));
        let name = optional(&mut check, "name", cell(Column::Name));
        let organisation = optional(&mut check, "organization", cell(Column::Organisation));
        let role = required(&mut check, "role", cell(Column::Role));
        let language = optional(&mut check, "language", cell(Column::Language));
        let wish = match (check.fault(), email, role) {
            (None, Some(email), Some(role)) => Ok(Wish { email, organisation, role, language }),
            (fault, ..) => Err(fault.map(|fault| fault.fields).unwrap_or_default()),
        };
        FileRow { line, address: shortened(cell(Column::Email)), name, wish }
    }
}

/// Reads a cell that must not be blank.
fn required<T: Parse>(check: &mut Check, key: &'static str, cell: &str) -> Option<T> {
    if cell.is_empty() {
        check.refuse(key, Refusal::new("required", "given"), None);
        return None;
    }
    check.text(key, cell)
}

/// Reads a cell that may be blank.
fn optional<T: Parse>(check: &mut Check, key: &'static str, cell: &str) -> Option<T> {
    (!cell.is_empty()).then(|| check.text(key, cell)).flatten()
}

#[cfg(test)]
mod tests {
    #![expect(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::panic,
        reason = "a wrong table should stop the test"
    )]

    use proptest::prelude::*;

    use super::*;

    fn rows(text: &str) -> Vec<FileRow> {
        InvitationFile::parse(text.as_bytes()).unwrap().rows
    }

    fn refused(bytes: &[u8]) -> Refusal {
        InvitationFile::parse(bytes).unwrap_err()
    }

    /// The fields of the only row that are wrong.
    fn wrong(text: &str) -> Vec<String> {
        let rows = rows(text);
        let [row] = rows.as_slice() else { panic!("{rows:?}") };
        row.wish.as_ref().unwrap_err().iter().map(|fault| format!("{} {}", fault.key, fault.refusal.rule)).collect()
    }

    #[test]
    fn a_file_is_read_as_spreadsheets_write_it() {
        for text in [
            "email,role,organization\nann@example.org,admin,Acme\n",
            "\u{feff}E-Mail;Role;Organisation\r\nann@example.org;admin;Acme\r\n;;\r\n\r\n",
            "organization_id\trole\temail\rAcme\tadmin\tann@example.org",
            "email , role,organization,,\n\"ann@example.org\" ,\"admin\",\"Acme\",,",
        ] {
            let rows = rows(text);
            assert_eq!(rows.len(), 1, "{text:?}");
            let wish = rows[0].wish.as_ref().unwrap();
            assert_eq!((wish.email.as_str(), wish.role, rows[0].line), ("ann@example.org", Role::Admin, 2));
            assert_eq!(wish.organisation, Some(OrganisationKey::Name(Name::parse_text("Acme").unwrap())));
        }
    }

    #[test]
    fn a_row_knows_its_line_and_what_may_be_left_open() {
        let rows =
            rows("email,role,name,language\n\nann@example.org,reader\n\n\"ben@example.org\",reader,\"Ben, Jr.\",de\n");
        assert_eq!(rows.iter().map(|row| row.line).collect::<Vec<_>>(), [3, 5]);
        assert_eq!(rows[1].name.as_ref().unwrap().as_str(), "Ben, Jr.");
        assert_eq!(rows[1].wish.as_ref().unwrap().language, Some(Language::German));
        assert!(rows[0].wish.as_ref().unwrap().organisation.is_none());
    }

    #[test]
    fn what_is_wrong_with_a_row_is_said_by_field() {
        let head = "email,role,language,name\n";
        for (row, expected) in [
            ("ann,chief,xx,A\u{202e}n", vec!["email email", "name printable", "role oneof", "language oneof"]),
            (",reader", vec!["email required"]),
            ("ann@example.org,", vec!["role required"]),
            ("=1+1,reader", vec!["email email"]),
            ("ann@example.org,reader,,,more", vec!["row cells"]),
            ("ann@example.org,\"reader", vec!["row quotes"]),
            ("\"ann@example.org\"net,reader", vec!["row quotes"]),
            ("ann\"\"@example.org,reader", vec!["row quotes"]),
            ("\"ann@example.org\" \"net\",reader", vec!["row quotes"]),
        ] {
            assert_eq!(wrong(&format!("{head}{row}")), expected, "{row}");
        }
        let broken = rows("email,role\n\"ann@example.org\nben@example.org\",reader\ncleo@example.org,reader\n");
        let good: Vec<bool> = broken.iter().map(|row| row.wish.is_ok()).collect();
        assert_eq!(good, [false, false, true], "an open quote swallows nothing");
    }

    #[test]
    fn what_is_wrong_with_the_whole_file_is_said() {
        for (bytes, part) in [
            (&b""[..], "first line has the headings"),
            (b"\n\n", "first line has the headings"),
            (b"email,role\n", "at least one row"),
            (b"email\nann@example.org\n", "column “role”"),
            (b"role\nadmin\n", "column “email”"),
            (b"email,role,email\nx,y,z\n", "one column"),
            (b"email,role,colour\nx,y,z\n", "colour"),
            (b"email,role\nann@example.org,r\xe9ader\n", "line 2 is in another encoding"),
            (b"\xff\xfee\0m\0", "UTF-16"),
            (b"email,role\nann@example.org,rea\0der\n", "line 2 has a null character"),
            (b"\"email,role\nann@example.org,reader\n", "quote"),
        ] {
            let refusal = refused(bytes);
            assert!(refusal.expected.contains(part), "{refusal:?} has no {part:?}");
        }
        let many = format!("email,role\n{}", "ann@example.org,reader\n".repeat(ROWS_MAX + 1));
        assert_eq!(refused(many.as_bytes()).rule, "rows");
        assert_eq!(rows(&many[..many.len() - 23]).len(), ROWS_MAX);
        assert_eq!(refused(&vec![b'a'; FILE_LENGTH_MAX + 1]).rule, "max");
        let huge = format!("email,role\n{},reader\n", "a".repeat(200_000));
        assert_eq!(wrong(&huge), ["email email"]);
        assert_eq!(rows(&huge)[0].address.len(), ECHO_MAX);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_stumble(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = InvitationFile::parse(&bytes);
        }

        #[test]
        fn what_was_written_with_quotes_is_read_back(names in proptest::collection::vec("[ -~äß;,\"]{1,20}", 1..8)) {
            let quoted = |name: &String| format!("ann@example.org,reader,\"{}\"\n", name.replace('"', "\"\""));
            let file = format!("email,role,name\n{}", names.iter().map(quoted).collect::<String>());
            let read = rows(&file);
            prop_assert_eq!(read.len(), names.len());
            for (row, name) in read.iter().zip(&names) {
                let expected = Name::parse_text(name).ok();
                prop_assert_eq!(&row.name, &expected);
            }
        }
    }
}
