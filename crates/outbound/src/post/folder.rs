//! Mails as files, where there is no mail server: for development, and for an operator who looks.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use bailiwick_domain::time::Timestamp;

use super::{Letter, PostFailure};

/// The folder of the mails.
#[derive(Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) const fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Writes a message for the folder's owner alone; the names of the files sort by time.
    pub(super) async fn write(&self, letter: &Letter, message: Vec<u8>) -> Result<PathBuf, PostFailure> {
        let moment = Timestamp::from_seconds(letter.at.seconds()).rfc3339().replace(['-', ':'], "");
        let path = self.0.join(format!("{moment}-{}.eml", letter.id));
        let written = tokio::task::spawn_blocking(move || place(&path, &message).map(|()| path)).await;
        written.map_err(|_| PostFailure::File)?.map_err(|error| {
            tracing::warn!(%error, "a mail cannot be written into the data directory");
            PostFailure::File
        })
    }
}

/// Nobody ever finds half a mail, and what was placed stays through a crash: nothing else has it from then on.
fn place(path: &Path, message: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    if !folder.exists() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        // The folder's own name has to be on the disk too.
        folder.parent().map_or(Ok(()), sync)?;
    }
    let draft = path.with_extension("new");
    // Left by an attempt that was cut off.
    let _ = fs::remove_file(&draft);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    file.write_all(message)?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    sync(folder)
}

/// Has the names in a folder on the disk.
fn sync(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at what it did not expect")]

    use std::os::unix::fs::PermissionsExt;

    use bailiwick_domain::field::Parse;
    use bailiwick_domain::id::MailId;

    use super::super::{Post, Posted};
    use super::*;

    fn letter(second: i64, entropy: u8) -> Letter {
        let at = Timestamp::from_seconds(1_795_167_000 + second);
        Letter {
            id: MailId::new(at, [entropy; 10]),
            at,
            to: Parse::parse_text("ann@example.org").unwrap(),
            subject: "Grüße: è così".to_owned(),
            text: "Plain\n".to_owned(),
            html: "<p>Marked up</p>".to_owned(),
        }
    }

    fn post(directory: &Path) -> Post {
        let from = Parse::parse_text("bailiwick@example.org").unwrap();
        Post::to_folder(directory.join("mail"), Some(&from), "id.example.org").unwrap()
    }

    async fn sent(post: &Post, letter: &Letter) -> PathBuf {
        let Posted::File(path) = post.send(letter).await.unwrap() else { panic!("a folder was asked for") };
        path
    }

    #[tokio::test]
    async fn a_mail_is_a_file_for_its_owner_alone_and_only_one_however_often_it_is_sent() {
        let directory = tempfile::tempdir().unwrap();
        let post = post(directory.path());
        let path = sent(&post, &letter(0, 1)).await;
        assert_eq!(post.send(&letter(0, 1)).await, Ok(Posted::File(path.clone())));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(&directory.path().join("mail"))), (0o600, 0o700));
        let later = [letter(1, 0), letter(60, 0)];
        for one in &later {
            post.send(one).await.unwrap();
        }
        let mut names: Vec<_> = fs::read_dir(directory.path().join("mail"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        let starts: Vec<_> = names.iter().filter_map(|name| name.split('-').next()).collect();
        assert_eq!(starts, ["20261120T093000Z", "20261120T093001Z", "20261120T093100Z"], "{names:?}");
    }

    #[tokio::test]
    async fn a_mail_has_two_parts_and_the_heads_that_mail_needs() {
        let directory = tempfile::tempdir().unwrap();
        let text = fs::read_to_string(sent(&post(directory.path()), &letter(0, 1)).await).unwrap();
        let id = letter(0, 1).id;
        for expected in [
            "From: Bailiwick <bailiwick@example.org>\r\n".to_owned(),
            "To: ann@example.org\r\n".to_owned(),
            "Date: Fri, 20 Nov 2026 09:30:00 +0000\r\n".to_owned(),
            format!("Message-ID: <{id}@id.example.org>\r\n"),
            "Auto-Submitted: auto-generated\r\n".to_owned(),
            "MIME-Version: 1.0\r\n".to_owned(),
            "Content-Type: multipart/alternative".to_owned(),
            "Content-Type: text/plain; charset=utf-8\r\n".to_owned(),
            "Content-Type: text/html; charset=utf-8\r\n".to_owned(),
            "Subject: =?utf-8?".to_owned(),
        ] {
            assert!(text.contains(&expected), "no {expected:?} in {text}");
        }
    }

    #[tokio::test]
    async fn a_link_in_a_file_is_in_one_piece() {
        let directory = tempfile::tempdir().unwrap();
        let link = format!("https://id.example.org/confirm?token={}", "a".repeat(43));
        let words = format!("Öffne den Verweis, {}:\n{link}\n", "der recht lang ist, ".repeat(6));
        let html = format!("<a href=\"{link}\">{link}</a>");
        let file = sent(&post(directory.path()), &Letter { text: words.clone(), html, ..letter(0, 1) }).await;
        let text = fs::read_to_string(file).unwrap();
        assert!(text.contains(&words.replace('\n', "\r\n")), "{text}");
        assert_eq!(text.matches(&link).count(), 3, "{text}");
        // Not even a file has lines that no program would read (RFC 5322, 2.1.1).
        let file = sent(&post(directory.path()), &Letter { text: "x".repeat(2000), ..letter(0, 2) }).await;
        assert!(fs::read_to_string(file).unwrap().lines().all(|line| line.len() <= 998));
    }

    #[tokio::test]
    async fn no_mail_is_written_to_an_address_that_mail_does_not_know() {
        let directory = tempfile::tempdir().unwrap();
        let to = Parse::parse_text("..dots@example.org").unwrap();
        let sent = post(directory.path()).send(&Letter { to, ..letter(0, 1) }).await;
        assert_eq!(sent, Err(PostFailure::Refused { code: None }));
    }

    #[test]
    fn a_letter_prints_neither_its_text_nor_whom_it_goes_to() {
        let printed = format!("{:?}", letter(0, 1));
        assert!(!printed.contains("ann") && !printed.contains("Plain"), "{printed}");
    }
}
