//! Writing licence files: the server's half.

use alloc::string::String;
use core::fmt::{self, Write};

use ct_codecs::{Base64, Encoder};

use crate::file::{KIND, SIGNATURE};
use crate::frame::{self, FILE_MAX, NOTHING, Sealed, VERSION};
use crate::key::{PublicKey, SIGNATURE_BYTES};
use crate::state::State;

/// What a file is to say. [`LicenceFile`](crate::LicenceFile) tells what each member means.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "they are those of LicenceFile, which says what they are")]
pub struct Draft<'a> {
    pub issuer: &'a str,
    pub system: &'a str,
    pub lease: u64,
    pub issued: i64,
    pub until: i64,
    pub state: State,
    pub since: Option<i64>,
    pub ends: Option<i64>,
    pub grace: Option<i64>,
    pub holder: Option<&'a str>,
    pub licences: &'a [String],
    pub provides: &'a [String],
    pub catalogues: &'a [String],
}

impl Draft<'_> {
    /// The file without its signature, by this key.
    ///
    /// # Errors
    /// When a value does not fit into its line, a moment lies before 1970, or all is too long for a file.
    pub fn unsigned(&self, key: &PublicKey) -> Result<Unsigned, fmt::Error> {
        let mut text = String::new();
        writeln!(text, "{KIND} {VERSION}")?;
        line(&mut text, "issuer", self.issuer)?;
        line(&mut text, "key", key.id())?;
        line(&mut text, "system", self.system)?;
        line(&mut text, "lease", self.lease)?;
        moment(&mut text, "issued", Some(self.issued))?;
        moment(&mut text, "until", Some(self.until))?;
        line(&mut text, "state", self.state)?;
        moment(&mut text, "since", self.since)?;
        moment(&mut text, "ends", self.ends)?;
        moment(&mut text, "grace", self.grace)?;
        line(&mut text, "holder", self.holder.unwrap_or(NOTHING))?;
        words(&mut text, "licences", self.licences)?;
        words(&mut text, "provides", self.provides)?;
        words(&mut text, "catalogues", self.catalogues)?;
        Ok(Unsigned(text))
    }
}

/// A file that lacks its signature.
#[derive(Clone, Debug)]
pub struct Unsigned(String);

impl Unsigned {
    /// What has to be signed.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// The whole file.
    ///
    /// # Errors
    /// When it becomes too long for a file.
    pub fn signed(self, signature: &[u8; SIGNATURE_BYTES]) -> Result<String, fmt::Error> {
        let mut encoded = [0; 88];
        let encoded = Base64::encode_to_str(&mut encoded, signature).map_err(|_| fmt::Error)?;
        let mut file = String::with_capacity(self.0.len() + 256);
        let mut writer = Sealed::new(&mut file);
        writeln!(writer, "{}{SIGNATURE} {encoded}", self.0)?;
        writer.seal()?;
        if file.len() <= FILE_MAX { Ok(file) } else { Err(fmt::Error) }
    }
}

fn line(text: &mut String, name: &str, value: impl fmt::Display) -> fmt::Result {
    let start = text.len() + name.len() + 1;
    write!(text, "{name} {value}")?;
    let is_plain = text.get(start..).is_some_and(frame::is_plain);
    text.push('\n');
    if is_plain { Ok(()) } else { Err(fmt::Error) }
}

fn moment(text: &mut String, name: &str, moment: Option<i64>) -> fmt::Result {
    match moment {
        Some(moment) => line(text, name, u64::try_from(moment).map_err(|_| fmt::Error)?),
        None => line(text, name, NOTHING),
    }
}

fn words(text: &mut String, name: &str, words: &[String]) -> fmt::Result {
    if words.iter().any(|word| word.is_empty() || word == NOTHING || word.contains(char::is_whitespace)) {
        return Err(fmt::Error);
    }
    if words.is_empty() { line(text, name, NOTHING) } else { line(text, name, words.join(" ")) }
}
