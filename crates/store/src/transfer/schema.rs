//! Which tables there are, read from the migrations themselves.
//!
//! PostgreSQL's steps say more than SQLite's: a UUID is no bytes there, and yes or no is no number. So what a column
//! holds is read from them, for both engines, and a test compares the outcome with what both engines then have. A step
//! with a statement that is not understood here fails that test, rather than leave something out of an export.

use std::iter::Peekable;
use std::str::Chars;
use std::sync::LazyLock;

use bailiwick_domain::transfer::{Column, Kind, Schema, Table};

use crate::error::{Error, Result};
use crate::migrate;

static SCHEMA: LazyLock<Result<Schema>> = LazyLock::new(|| {
    let mut drafts = Drafts::default();
    for (number, text) in migrate::postgres_steps() {
        let understood = statements(text).iter().try_for_each(|statement| drafts.follow(statement));
        understood.map_err(|problem| Error::Unusable(format!("step {number} of the migrations: {problem}")))?;
    }
    Ok(Schema { step: migrate::known(), tables: drafts.finish() })
});

/// All tables of the newest schema but the one that notes the steps.
///
/// # Errors
/// [`Error::Unusable`] when a step has a statement that is not understood: a test keeps that from happening.
pub fn schema() -> Result<&'static Schema> {
    SCHEMA.as_ref().map_err(Clone::clone)
}

/// A table while the steps are followed.
#[derive(Debug)]
struct Draft {
    name: String,
    columns: Vec<Column>,
    key: Vec<String>,
    /// The tables that it refers to.
    parents: Vec<String>,
}

#[derive(Debug, Default)]
struct Drafts(Vec<Draft>);

type Problem = String;

impl Drafts {
    fn follow(&mut self, statement: &[String]) -> Result<(), Problem> {
        let words: Vec<&str> = statement.iter().map(String::as_str).collect();
        match words.as_slice() {
            []
            | ["create" | "drop", "index", ..]
            | ["create", "unique", "index", ..]
            | ["insert" | "update" | "delete", ..] => Ok(()),
            ["create", "table", name, "(", inside @ .., ")"] => {
                let mut draft =
                    Draft { name: (*name).to_owned(), columns: Vec::new(), key: Vec::new(), parents: Vec::new() };
                parts(inside).into_iter().try_for_each(|part| draft.take(part))?;
                self.0.push(draft);
                Ok(())
            }
            ["drop", "table", name] => {
                self.0.retain(|draft| draft.name != *name);
                Ok(())
            }
            ["alter", "table", name, "rename", "to", to] => {
                for draft in &mut self.0 {
                    draft.parents.iter_mut().filter(|parent| parent.as_str() == *name).for_each(|parent| {
                        (*to).clone_into(parent);
                    });
                }
                (*to).clone_into(&mut self.table(name)?.name);
                Ok(())
            }
            ["alter", "table", name, actions @ ..] => {
                let draft = self.table(name)?;
                parts(actions).into_iter().try_for_each(|action| draft.alter(action))
            }
            other => Err(not_understood(other)),
        }
    }

    fn table(&mut self, name: &str) -> Result<&mut Draft, Problem> {
        self.0.iter_mut().find(|draft| draft.name == name).ok_or_else(|| format!("there is no table {name}"))
    }

    /// The tables by name, what refers to another after it as far as that can be.
    fn finish(mut self) -> Vec<Table> {
        self.0.sort_by(|one, other| one.name.cmp(&other.name));
        let mut tables: Vec<Table> = Vec::with_capacity(self.0.len());
        while !self.0.is_empty() {
            let waits = |draft: &Draft| {
                self.0.iter().any(|other| other.name != draft.name && draft.parents.contains(&other.name))
            };
            let next = self.0.iter().position(|draft| !waits(draft)).unwrap_or_default();
            tables.push(self.0.remove(next).finish());
        }
        tables
    }
}

impl Draft {
    /// Takes a column, or what is said of several.
    fn take(&mut self, part: &[&str]) -> Result<(), Problem> {
        match part {
            ["constraint", _, rest @ ..] => self.take(rest),
            ["unique" | "check", ..] => Ok(()),
            ["primary", "key", "(", columns @ .., ")"] => {
                self.key = parts(columns).concat().into_iter().map(str::to_owned).collect();
                Ok(())
            }
            ["foreign", "key", rest @ ..] => {
                self.refer(rest);
                Ok(())
            }
            [name, kind, rest @ ..] => self.column(name, kind, rest),
            other => Err(not_understood(other)),
        }
    }

    fn column(&mut self, name: &str, kind: &str, rest: &[&str]) -> Result<(), Problem> {
        // What stands in parentheses is about values, and not about the column.
        let mut depth = 0_usize;
        let plain: Vec<&str> = rest
            .iter()
            .filter(|word| {
                match **word {
                    "(" => depth += 1,
                    ")" => depth = depth.saturating_sub(1),
                    _ => return depth == 0,
                }
                false
            })
            .copied()
            .collect();
        let says = |words: [&str; 2]| plain.windows(2).any(|pair| pair == words);
        // A number that the database itself gives would have to go on after the highest that was imported.
        if plain.contains(&"generated") || plain.iter().any(|word| word.starts_with("nextval")) {
            return Err(format!("{}.{name} is given by the database, which an import does not provide for", self.name));
        }
        let is_key = says(["primary", "key"]);
        if is_key {
            self.key = vec![name.to_owned()];
        }
        self.refer(&plain);
        let required = is_key || says(["not", "null"]);
        self.columns.push(Column { name: name.to_owned(), kind: kind_of(kind)?, required });
        Ok(())
    }

    /// Notes the tables that these words refer to.
    fn refer(&mut self, words: &[&str]) {
        let parents = words.windows(2).filter(|pair| pair.first() == Some(&"references"));
        self.parents.extend(parents.filter_map(|pair| pair.last()).map(|parent| (*parent).to_owned()));
    }

    fn alter(&mut self, action: &[&str]) -> Result<(), Problem> {
        match action {
            ["add", "column", part @ ..] => self.take(part),
            ["add", "constraint", _, rest @ ..] => self.take(rest),
            ["drop", "constraint", ..] | ["alter", "column", _, "set" | "drop", "default", ..] => Ok(()),
            ["drop", "column", name] => {
                self.columns.retain(|column| column.name != *name);
                Ok(())
            }
            ["rename", "column", from, "to", to] => {
                (*to).clone_into(&mut self.find(from)?.name);
                let renamed = self.key.iter_mut().filter(|name| name.as_str() == *from);
                renamed.for_each(|name| (*to).clone_into(name));
                Ok(())
            }
            ["alter", "column", name, "type", kind, ..] => {
                self.find(name)?.kind = kind_of(kind)?;
                Ok(())
            }
            ["alter", "column", name, how @ ("set" | "drop"), "not", "null"] => {
                self.find(name)?.required = *how == "set";
                Ok(())
            }
            other => Err(not_understood(other)),
        }
    }

    fn find(&mut self, name: &str) -> Result<&mut Column, Problem> {
        let table = &self.name;
        let found = self.columns.iter_mut().find(|column| column.name == name);
        found.ok_or_else(|| format!("{table} has no column {name}"))
    }

    fn finish(mut self) -> Table {
        let is_key = |column: &Column, key: &[String]| key.contains(&column.name);
        self.columns.iter_mut().for_each(|column| column.required |= is_key(column, &self.key));
        let place = |name: &String| self.columns.iter().position(|column| column.name == *name);
        Table { key: self.key.iter().filter_map(place).collect(), name: self.name, columns: self.columns }
    }
}

fn kind_of(word: &str) -> Result<Kind, Problem> {
    match word {
        "uuid" => Ok(Kind::Id),
        "bytea" => Ok(Kind::Bytes),
        "text" => Ok(Kind::Text),
        "bigint" => Ok(Kind::Number),
        "boolean" => Ok(Kind::Truth),
        "jsonb" => Ok(Kind::Json),
        other => Err(format!("a column of the type {other} is not understood")),
    }
}

fn not_understood(words: &[&str]) -> Problem {
    let begin: Vec<&str> = words.iter().take(8).copied().collect();
    format!("\"{}\" is not understood", begin.join(" "))
}

/// The parts between commas that stand in no parentheses.
fn parts<'words>(words: &'words [&'words str]) -> Vec<&'words [&'words str]> {
    let mut depth = 0_usize;
    let is_comma = |word: &&str| {
        match *word {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        *word == "," && depth == 0
    };
    words.split(is_comma).collect()
}

/// The statements of a step, each as its words in small letters; a text between quotes is one empty word.
fn statements(text: &str) -> Vec<Vec<String>> {
    let mut all = vec![Vec::new()];
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let word = match character {
            '-' if characters.peek() == Some(&'-') => {
                characters.by_ref().find(|character| *character == '\n');
                continue;
            }
            ';' => {
                all.push(Vec::new());
                continue;
            }
            '\'' => {
                until(&mut characters, '\'');
                String::new()
            }
            '"' => until(&mut characters, '"'),
            _ if character.is_whitespace() => continue,
            _ if is_word(character) => {
                let mut word = String::from(character.to_ascii_lowercase());
                while let Some(next) = characters.next_if(|next| is_word(*next)) {
                    word.push(next.to_ascii_lowercase());
                }
                word
            }
            mark => mark.to_string(),
        };
        if let Some(statement) = all.last_mut() {
            statement.push(word);
        }
    }
    all
}

fn until(characters: &mut Peekable<Chars<'_>>, end: char) -> String {
    characters.by_ref().take_while(|character| *character != end).collect()
}

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}
