//! Mails that a server without a mail server wrote into its data directory, and the links in them.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use bailiwick_store::query::{mail, reset_request};

use crate::bench::Bench;

/// Mails that are not written within this time will not be.
const LIMIT: Duration = Duration::from_secs(20);

/// A mail, opened.
#[derive(Clone, Debug)]
pub struct Letter {
    /// To whom.
    pub to: String,
    /// Headers and both parts, without the encoding in which they travel.
    pub content: String,
}

impl Letter {
    /// The tokens of the links in it that lead to this page, whatever the origin in front of it.
    #[must_use]
    pub fn tokens(&self, page: &str) -> BTreeSet<String> {
        let is_of_token = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let before = format!("{page}?token=");
        let links = self.content.split(&before).skip(1);
        links.map(|rest| rest.split(|c| !is_of_token(c)).next().unwrap_or_default().to_owned()).collect()
    }
}

/// The mails in a data directory, the oldest first as far as the names of their files tell.
#[must_use]
pub fn letters_in(data_directory: &Path) -> Vec<Letter> {
    let files = std::fs::read_dir(data_directory.join("mail")).into_iter().flatten().flatten();
    let mut paths: Vec<_> = files.map(|file| file.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "eml"));
    paths.sort();
    paths.iter().filter_map(|path| std::fs::read(path).ok()).map(|bytes| open(&bytes)).collect()
}

/// Waits for the one link to this page in a data directory that is not among those that are known; gives its token.
///
/// # Panics
/// When none is mailed, or several are: the test has failed then.
pub async fn new_token(data_directory: &Path, page: &str, known: &mut BTreeSet<String>) -> String {
    let begun = Instant::now();
    loop {
        let letters = letters_in(data_directory);
        let tokens: BTreeSet<String> = letters.iter().flat_map(|letter| letter.tokens(page)).collect();
        let new: Vec<&String> = tokens.difference(known).collect();
        if let [token] = new.as_slice() {
            let token = (*token).clone();
            known.insert(token.clone());
            return token;
        }
        assert!(new.is_empty() && begun.elapsed() < LIMIT, "{} new links after {:?}", new.len(), begun.elapsed());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn open(bytes: &[u8]) -> Letter {
    let text = String::from_utf8_lossy(bytes);
    // Files are legible as they are, but for lines that are too long for a mail.
    let content = if text.contains("quoted-printable") { without_quoting(&text) } else { text.into_owned() };
    let to = content.lines().find_map(|line| line.strip_prefix("To: ")).unwrap_or_default().trim().to_owned();
    Letter { to, content }
}

/// Undoes quoted-printable (RFC 2045, 6.7).
fn without_quoting(text: &str) -> String {
    let text = text.replace("=\r\n", "");
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = code.filter(|_| *first == b'=').and_then(|digits| u8::from_str_radix(digits, 16).ok());
        decoded.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[expect(clippy::expect_used, reason = "a test stops at what it did not expect")]
impl Bench {
    /// The tokens of all links to this page that were mailed to this address, once everything that was asked for up
    /// to now has been mailed.
    ///
    /// # Panics
    /// When that takes too long: the test has failed then, as with everything here.
    pub async fn mailed_tokens(&self, email: &str, page: &str) -> BTreeSet<String> {
        let letters = self.letters().await;
        letters.iter().filter(|letter| letter.to == email).flat_map(|letter| letter.tokens(page)).collect()
    }

    /// All mails, once everything that was asked for up to now has been mailed.
    ///
    /// # Panics
    /// When that takes too long.
    pub async fn letters(&self) -> Vec<Letter> {
        let begun = Instant::now();
        while self.has_mail_to_write().await {
            assert!(begun.elapsed() < LIMIT, "mails wait to be written for {:?}", begun.elapsed());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        letters_in(self.directory())
    }

    async fn has_mail_to_write(&self) -> bool {
        // What another node has just written is to be seen.
        self.context.database.look_afresh();
        let mut link = self.context.database.read().await.expect("a connection");
        let asked = reset_request::waiting(&mut link, 1).await.expect("the requests");
        !asked.is_empty() || mail::next_due(&mut link).await.expect("the mails").is_some()
    }
}
