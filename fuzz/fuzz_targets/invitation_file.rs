//! Files of invitations: each row is one line, and what is taken from it stands there.

#![no_main]

use bailiwick_domain::field::Parse;
use bailiwick_domain::invitation_file::{FILE_LENGTH_MAX, InvitationFile, ROWS_MAX};
use bailiwick_domain::name::Name;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    judge(data);
    // Chance alone rarely finds the headings.
    judge(&[b"email,role,organization,language,name\n", data].concat());
    read_back(&String::from_utf8_lossy(data));
});

fn judge(data: &[u8]) {
    let file = match InvitationFile::parse(data) {
        Ok(file) => file,
        Err(refusal) => {
            assert!(!refusal.rule.is_empty() && !refusal.expected.is_empty());
            return;
        }
    };
    let text = std::str::from_utf8(data).expect("only text is taken");
    assert!(data.len() <= FILE_LENGTH_MAX && !text.contains('\0'));
    let rows = file.rows.len();
    assert!((1..=ROWS_MAX).contains(&rows));
    let end = if text.contains('\n') { '\n' } else { '\r' };
    let lines: Vec<&str> = text.split(end).collect();
    let mut last = 1;
    for row in &file.rows {
        // Below the headings, in their order, none twice.
        assert!(row.line > last && row.line <= lines.len());
        last = row.line;
        match &row.wish {
            Ok(wish) => assert!(lines[row.line - 1].contains(wish.email.as_str())),
            Err(faults) => assert!(!faults.is_empty()),
        }
    }
}

/// Whatever can be a name at all is read as it was written between quotes.
fn read_back(text: &str) {
    let Ok(name) = Name::parse_text(text) else { return };
    let quoted = name.as_str().replace('"', "\"\"");
    let file = format!("email,role,name\nann@example.org,reader,\"{quoted}\"\n");
    let file = InvitationFile::parse(file.as_bytes()).expect("a file");
    assert_eq!(file.rows.len(), 1);
    assert_eq!(file.rows[0].name.as_ref(), Some(&name));
}
