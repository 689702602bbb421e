//! What both kinds of file have in common: a first line with a version, lines of names and values, and a digest.

use core::fmt;

use ct_codecs::{Decoder, Encoder, Hex};
use hmac_sha256::Hash;

use crate::refusal::Refusal;

/// Bytes of the longest licence file.
pub const FILE_MAX: usize = 16 * 1024;

/// The only version there is.
pub(crate) const VERSION: &str = "1";

/// The name of the last line.
const DIGEST: &str = "digest ";

/// Reads the frame and gives all before the line with the digest, which is proved to be as it was written.
pub(crate) fn open<'a>(bytes: &'a [u8], kind: &str, longest: usize) -> Result<&'a str, Refusal> {
    if bytes.len() > longest {
        return Err(Refusal::TooLong);
    }
    let first = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let first = core::str::from_utf8(first).map_err(|_| Refusal::NotOurs)?;
    let version = first.strip_prefix(kind).and_then(|rest| rest.strip_prefix(' ')).ok_or(Refusal::NotOurs)?;
    if version != VERSION {
        let is_number = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit());
        return Err(if is_number { Refusal::UnknownVersion } else { Refusal::NotOurs });
    }
    let text = core::str::from_utf8(bytes).map_err(|_| Refusal::Damaged)?;
    let (before, line) = last_line(text).ok_or(Refusal::Truncated)?;
    let digits = line.strip_prefix(DIGEST).and_then(|digits| digits.strip_suffix('\n')).ok_or(Refusal::Truncated)?;
    let mut digest = [0; 32];
    // Small letters alone, so that a file has one form.
    let is_small = digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let read = Hex::decode(&mut digest, digits, None).map_err(|_| Refusal::Damaged)?.len();
    if is_small && read == digest.len() && Hash::hash(before.as_bytes()) == digest {
        Ok(before)
    } else {
        Err(Refusal::Damaged)
    }
}

/// Splits the last line off.
pub(crate) fn last_line(text: &str) -> Option<(&str, &str)> {
    let end = text.strip_suffix('\n')?.rfind('\n')?;
    text.split_at_checked(end + 1)
}

/// Lines, read in their order.
pub(crate) struct Lines<'a>(core::str::SplitTerminator<'a, char>);

impl<'a> Lines<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        Self(text.split_terminator('\n'))
    }

    pub(crate) fn after_first(text: &'a str) -> Self {
        let mut lines = Self::of(text);
        lines.0.next();
        lines
    }

    /// The value of the next line, which must have this name.
    pub(crate) fn value(&mut self, name: &'static str) -> Result<&'a str, Refusal> {
        let line = self.0.next().ok_or(Refusal::Malformed(name))?;
        let value = line.strip_prefix(name).and_then(|rest| rest.strip_prefix(' '));
        value.filter(|value| is_plain(value)).ok_or(Refusal::Malformed(name))
    }

    /// The same where there may be nothing.
    pub(crate) fn optional(&mut self, name: &'static str) -> Result<Option<&'a str>, Refusal> {
        let value = self.value(name)?;
        Ok((value != NOTHING).then_some(value))
    }

    /// A count or a moment, in digits without anything before them.
    pub(crate) fn number<N: core::str::FromStr>(&mut self, name: &'static str) -> Result<N, Refusal> {
        number(self.value(name)?, name)
    }

    /// The same where there may be none.
    pub(crate) fn optional_number<N: core::str::FromStr>(&mut self, name: &'static str) -> Result<Option<N>, Refusal> {
        self.optional(name)?.map(|text| number(text, name)).transpose()
    }

    /// Whether all lines were read.
    pub(crate) fn end(mut self) -> bool {
        self.0.next().is_none()
    }
}

/// What stands where there is nothing.
pub(crate) const NOTHING: &str = "-";

/// Whether this can be a value: one line without control characters, and not empty.
pub(crate) fn is_plain(value: &str) -> bool {
    !value.is_empty() && value.trim() == value && !value.chars().any(char::is_control)
}

fn number<N: core::str::FromStr>(text: &str, name: &'static str) -> Result<N, Refusal> {
    let has_one_form = text == "0" || (!text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit()));
    let read = if has_one_form { text.parse().ok() } else { None };
    read.ok_or(Refusal::Malformed(name))
}

/// A writer that ends what was written with the line that has its digest.
pub(crate) struct Sealed<'a, W> {
    writer: &'a mut W,
    hash: Hash,
}

impl<'a, W: fmt::Write> Sealed<'a, W> {
    pub(crate) fn new(writer: &'a mut W) -> Self {
        Self { writer, hash: Hash::new() }
    }

    pub(crate) fn seal(self) -> fmt::Result {
        let mut digits = [0; 64];
        let digits = Hex::encode_to_str(&mut digits, self.hash.finalize()).map_err(|_| fmt::Error)?;
        writeln!(self.writer, "{DIGEST}{digits}")
    }
}

impl<W: fmt::Write> fmt::Write for Sealed<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.hash.update(text);
        self.writer.write_str(text)
    }
}
