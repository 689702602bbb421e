//! Why a file is refused: where, and what would be right there.

use std::fmt;

/// The longest part of a file that is repeated.
const ECHO_MAX: usize = 40;

/// Why a file is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct Refusal {
    /// The number of the line, from 1 on.
    pub line: u64,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong with a line. What a file says of itself is repeated, what its rows say is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// It is not what this program writes.
    NotOurs,
    /// It is of a version of the format that this program does not read.
    Version(u64),
    /// It is of an older schema.
    Older {
        /// The file's.
        theirs: i64,
        /// This program's.
        ours: i64,
    },
    /// It is of a newer schema.
    Newer {
        /// The file's.
        theirs: i64,
        /// This program's.
        ours: i64,
        /// The version of the program that wrote it.
        program: String,
    },
    /// Its first line lists other tables than there are.
    Tables(String),
    /// It ends before its closing line.
    Truncated,
    /// The line is longer than one can be.
    Long,
    /// The line is no JSON, or spelled in another way than this program spells it.
    Spelling,
    /// The line is neither a row nor the end of a table.
    Form(String),
    /// There is no such table.
    UnknownTable(String),
    /// The table is there, and it is another's turn.
    OutOfTurn {
        /// Whose line it is.
        found: String,
        /// Whose turn it is.
        turn: String,
    },
    /// The row has a column that the table has not.
    UnknownColumn(String, String),
    /// The row lacks a column.
    MissingColumn(String, String),
    /// The columns stand in another order.
    ColumnOrder(String),
    /// A value is not of its column's kind.
    Value {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// What would be right.
        expected: &'static str,
        /// Whether it may be null.
        may_be_null: bool,
    },
    /// The row has the same key as the one before.
    Twice(String),
    /// The row comes after one that belongs behind it.
    RowOrder(String),
    /// The table has another number of rows than the line says.
    Count {
        /// The table.
        table: String,
        /// What the line says.
        said: String,
        /// How many there are.
        found: u64,
    },
    /// The rows have another digest than the line says.
    Digest(String),
    /// The closing line says something else of the whole than was read.
    Whole,
    /// The first line is not the one that the closing line knows.
    Header,
    /// Something stands after the closing line.
    AfterEnd,
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOurs => {
                write!(out, "this is no export of Bailiwick: it must begin with {{\"format\":\"bailiwick-export\"")
            }
            Self::Version(version) => {
                write!(
                    out,
                    "the file is of version {version} of the format, and this program reads version 1: use the program that wrote it, or a newer one"
                )
            }
            Self::Older { theirs, ours } => write!(
                out,
                "the file is of an older version of this program (its schema is at {theirs}, this program needs {ours}): \
                 start this version once on the old database, which brings it up to date, and export it again"
            ),
            Self::Newer { theirs, ours, program } => write!(
                out,
                "the file is of a newer version of this program, {} (its schema is at {theirs}, this program knows {ours}): \
                 import it with that one",
                Echo(program)
            ),
            Self::Tables(found) => {
                write!(out, "{}: the file lists other tables than this program has at the same schema", Echo(found))
            }
            Self::Truncated => {
                write!(out, "the file ends before its closing line: it was cut off; export again, or copy it again")
            }
            Self::Long => write!(out, "the line is longer than a line can be; the file is damaged"),
            Self::Spelling => {
                write!(out, "this is not spelled as this program spells it; the file is damaged, or was changed")
            }
            Self::Form(turn) => write!(out, "this must be a row of {}, or the line that ends it", Echo(turn)),
            Self::UnknownTable(found) => write!(out, "there is no table {}", Echo(found)),
            Self::OutOfTurn { found, turn } => {
                write!(
                    out,
                    "this is about {}, and a row of {} or the line that ends it must stand here",
                    Echo(found),
                    Echo(turn)
                )
            }
            Self::UnknownColumn(table, column) => write!(out, "{} has no column {}", Echo(table), Echo(column)),
            Self::MissingColumn(table, column) => {
                write!(out, "the row of {} lacks the column {}", Echo(table), Echo(column))
            }
            Self::ColumnOrder(table) => {
                write!(out, "the columns of {} must stand in the order of the first line", Echo(table))
            }
            Self::Value { table, column, expected, may_be_null } => {
                let or_null = if *may_be_null { ", or null" } else { "" };
                write!(out, "{}.{} must be {expected}{or_null}", Echo(table), Echo(column))
            }
            Self::Twice(table) => write!(out, "this row of {} has the key of the row before it", Echo(table)),
            Self::RowOrder(table) => write!(out, "the rows of {} must stand in the order of their keys", Echo(table)),
            Self::Count { table, said, found } => {
                write!(out, "there are {found} rows of {}, and the line says {}", Echo(table), Echo(said))
            }
            Self::Digest(table) => {
                write!(out, "the rows of {} are not those that were exported: their digest is another", Echo(table))
            }
            Self::Whole => write!(out, "the whole is not what was exported: its digest is another"),
            Self::Header => write!(out, "the first line is not the one that was exported: its digest is another"),
            Self::AfterEnd => write!(out, "nothing may stand after the closing line"),
        }
    }
}

/// Something of the file, shortened, in quotes where it is no plain word.
struct Echo<'text>(&'text str);

impl fmt::Display for Echo<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_plain = |character: char| character.is_ascii_alphanumeric() || "_.-+".contains(character);
        let mut shown: String = self.0.chars().take(ECHO_MAX).collect();
        if shown.len() < self.0.len() {
            shown.push('…');
        }
        if !shown.is_empty() && shown.chars().all(is_plain) { out.write_str(&shown) } else { write!(out, "{shown:?}") }
    }
}
