//! What an appliance without a network asks for a file with: carried to the server's pages by a person.

use core::fmt::{self, Write};

use crate::frame::{self, Lines, VERSION};
use crate::refusal::Refusal;

/// Bytes of the longest request file.
pub const REQUEST_MAX: usize = 1024;

/// What the first line begins with.
const KIND: &str = "bailiwick-licence-request";

/// A request for a licence file.
///
/// It proves nothing, and need not: whoever carries it has to be allowed to see the system, and what comes back is of use
/// to that system alone. Lines of the format, version 1, framed as a licence file is: `bailiwick-licence-request 1`,
/// `system`, `lease`, `made`, `digest`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LicenceRequest<'a> {
    /// The id of the system that asks.
    pub system: &'a str,
    /// The number of the last file that it has believed; 0 before the first.
    pub lease: u64,
    /// What its clock showed: seconds since 1970. A server tells the person when it is far off.
    pub made: i64,
}

impl<'a> LicenceRequest<'a> {
    /// Reads a request.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn open(bytes: &'a [u8]) -> Result<Self, Refusal> {
        let text = frame::open(bytes, KIND, REQUEST_MAX)?;
        let mut lines = Lines::after_first(text);
        let request =
            Self { system: lines.value("system")?, lease: lines.number("lease")?, made: lines.number("made")? };
        if lines.end() { Ok(request) } else { Err(Refusal::Malformed("digest")) }
    }

    /// Writes the request.
    ///
    /// # Errors
    /// When the writer fails, or the id of the system is no single line.
    pub fn write(&self, writer: &mut impl Write) -> fmt::Result {
        if !frame::is_plain(self.system) {
            return Err(fmt::Error);
        }
        let mut writer = frame::Sealed::new(writer);
        writeln!(writer, "{KIND} {VERSION}\nsystem {}\nlease {}\nmade {}", self.system, self.lease, self.made)?;
        writer.seal()
    }
}
