//! A letter, and how it becomes a message (RFC 5322) of two parts (RFC 2046, 5.1.4).

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::id::MailId;
use bailiwick_domain::time::Timestamp;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, Message, MultiPart, SinglePart};

use super::{PostError, PostFailure};

/// How the sender is called, beside the address.
const SENDER_NAME: &str = "Bailiwick";

/// Bytes of the longest line of a message, its end aside (RFC 5322, 2.1.1).
const LINE_LENGTH_MAX: usize = 998;

/// What is sent to somebody.
#[derive(Clone)]
pub struct Letter {
    /// The mail's id.
    pub id: MailId,
    /// When it was written.
    pub at: Timestamp,
    /// To whom.
    pub to: EmailAddress,
    /// What it is about: one line.
    pub subject: String,
    /// What it says, as plain text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
}

/// Without whom it goes to and what it says.
impl fmt::Debug for Letter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Letter({})", self.id)
    }
}

/// How the words of a letter stand in its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Such that every mail server carries them: broken into short lines where they are long.
    Carried,
    /// As they are, so that whoever opens the file finds links in one piece.
    Legible,
}

impl Form {
    fn part(self, kind: ContentType, text: &str) -> SinglePart {
        let is_short = |line: &str| line.len() <= LINE_LENGTH_MAX;
        let body = if self == Self::Legible && text.lines().all(is_short) {
            let lines: String = text.lines().flat_map(|line| [line, "\r\n"]).collect();
            // Whole lines of UTF-8 are what this encoding means (RFC 2045, 2.8).
            Body::dangerous_pre_encoded(lines.into_bytes(), ContentTransferEncoding::EightBit)
        } else {
            Body::new(text.to_owned())
        };
        SinglePart::builder().header(kind).body(body)
    }
}

/// Who writes all letters.
#[derive(Debug)]
pub(super) struct Sender {
    mailbox: Mailbox,
    host: String,
}

impl Sender {
    /// Without an address: the one of a server that nobody writes to.
    pub(super) fn new(from: Option<&EmailAddress>, host: &str) -> Result<Self, PostError> {
        let address = from.map_or("bailiwick@localhost", EmailAddress::as_str);
        let address = address.parse().map_err(|_| PostError::Sender)?;
        Ok(Self { mailbox: Mailbox::new(Some(SENDER_NAME.to_owned()), address), host: host.to_owned() })
    }

    /// The message; [`PostFailure::Refused`] where the recipient's address is none in mail.
    pub(super) fn write(&self, letter: &Letter, form: Form) -> Result<Message, PostFailure> {
        let refused = PostFailure::Refused { code: None };
        let to = letter.to.as_str().parse().map_err(|_| refused)?;
        let parts = MultiPart::alternative()
            .boundary(format!("part-{}", letter.id))
            .singlepart(form.part(ContentType::TEXT_PLAIN, &letter.text))
            .singlepart(form.part(ContentType::TEXT_HTML, &letter.html));
        // Nobody's out-of-office reply belongs to us (RFC 3834, 5).
        let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
        Message::builder()
            .from(self.mailbox.clone())
            .to(Mailbox::new(None, to))
            .date(system_time(letter.at))
            .message_id(Some(format!("<{}@{}>", letter.id, self.host)))
            .subject(letter.subject.as_str())
            .raw_header(HeaderValue::new(automatic, "auto-generated".to_owned()))
            .multipart(parts)
            .map_err(|_| refused)
    }
}

fn system_time(at: Timestamp) -> SystemTime {
    let seconds = u64::try_from(at.seconds()).unwrap_or_default();
    UNIX_EPOCH + Duration::from_secs(seconds)
}
