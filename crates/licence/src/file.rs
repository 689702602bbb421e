//! A licence file whose signature was found good.

use ct_codecs::{Base64, Decoder};

use crate::frame::{self, FILE_MAX, Lines};
use crate::key::{PublicKey, SIGNATURE_BYTES};
use crate::refusal::Refusal;
use crate::state::State;

/// What the first line begins with.
pub(crate) const KIND: &str = "bailiwick-licence";
/// The name of the line with the signature.
pub(crate) const SIGNATURE: &str = "signature";

/// What a server has signed: it is authentic, and nothing else is known yet. [`LicenceFile::judge`] says what it means
/// for one system at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LicenceFile<'a> {
    /// The server's base URL.
    pub issuer: &'a str,
    /// The id of the system that it is for.
    pub system: &'a str,
    /// The number of the file: each later one for the system has a larger one.
    pub lease: u64,
    /// When it was signed, by the server's clock: seconds since 1970.
    pub issued: i64,
    /// Until when it may be relied on: seconds since 1970.
    pub until: i64,
    /// The state when it was signed.
    pub state: State,
    /// Since when that is so: seconds since 1970.
    pub since: Option<i64>,
    /// When trial or active end: seconds since 1970.
    pub ends: Option<i64>,
    /// When the grace after that ends: seconds since 1970.
    pub grace: Option<i64>,
    /// The organisation that holds the licences.
    pub holder: Option<&'a str>,
    /// The ids of the licences.
    pub licences: Words<'a>,
    /// The names of what they allow; after an `@` the moment when one ends before the rest.
    pub provides: Words<'a>,
    /// The ids of the catalogues that they open, likewise.
    pub catalogues: Words<'a>,
}

impl<'a> LicenceFile<'a> {
    /// Reads a file that one of these keys must have signed.
    ///
    /// # Errors
    /// Whatever is wrong with the file itself; the first that is found, in the order in which [`Refusal`] lists them.
    pub fn open(bytes: &'a [u8], trusted: &[PublicKey]) -> Result<Self, Refusal> {
        let text = frame::open(bytes, KIND, FILE_MAX)?;
        let (signed, last) = frame::last_line(text).ok_or(Refusal::Malformed(SIGNATURE))?;
        let mut lines = Lines::after_first(signed);
        let issuer = lines.value("issuer")?;
        let key = lines.value("key")?;
        let key = trusted.iter().find(|trusted| trusted.id().is(key)).ok_or(Refusal::OtherKey)?;
        if !key.signed(signed.as_bytes(), &signature(last)?) {
            return Err(Refusal::BadSignature);
        }
        Self::read(issuer, lines)
    }

    /// Reads what follows the issuer and the key. Nobody but the server has written it, so whatever is wrong here is of
    /// another version.
    fn read(issuer: &'a str, mut lines: Lines<'a>) -> Result<Self, Refusal> {
        let file = Self {
            issuer,
            system: lines.value("system")?,
            lease: lines.number("lease")?,
            issued: lines.number("issued")?,
            until: lines.number("until")?,
            state: State::parse(lines.value("state")?).ok_or(Refusal::Malformed("state"))?,
            since: lines.optional_number("since")?,
            ends: lines.optional_number("ends")?,
            grace: lines.optional_number("grace")?,
            holder: lines.optional("holder")?,
            licences: Words(lines.optional("licences")?.unwrap_or_default()),
            provides: Words(lines.optional("provides")?.unwrap_or_default()),
            catalogues: Words(lines.optional("catalogues")?.unwrap_or_default()),
        };
        if lines.end() { Ok(file) } else { Err(Refusal::Malformed(SIGNATURE)) }
    }
}

fn signature(line: &str) -> Result<[u8; SIGNATURE_BYTES], Refusal> {
    let mut lines = Lines::of(line);
    let text = lines.value(SIGNATURE)?;
    let mut bytes = [0; SIGNATURE_BYTES];
    let read = Base64::decode(&mut bytes, text, None).map_err(|_| Refusal::BadSignature)?.len();
    if read == SIGNATURE_BYTES { Ok(bytes) } else { Err(Refusal::BadSignature) }
}

/// Words of a line: names or ids without spaces in them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Words<'a>(&'a str);

impl<'a> Words<'a> {
    /// Each word, in the order of the file.
    pub fn iter(self) -> impl Iterator<Item = &'a str> {
        self.0.split_ascii_whitespace()
    }
}
