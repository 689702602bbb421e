//! The mails that a server without a mail server has written as files.

use std::fs;
use std::time::{Duration, Instant};

use bailiwick_testkit::bench::Bench;

/// A mail that is not there after this time will not come.
const PATIENCE: Duration = Duration::from_secs(10);

/// The texts of the mails so far, the oldest first.
pub(crate) fn mails(bench: &Bench) -> Vec<String> {
    let Ok(entries) = fs::read_dir(bench.directory().join("mail")) else { return Vec::new() };
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "eml"));
    files.sort();
    // Quoted-printable (RFC 2045, 6.7), as far as an address in a mail needs it.
    let read = |file| fs::read_to_string(file).unwrap().replace("=\r\n", "").replace("=\n", "").replace("=3D", "=");
    files.iter().map(read).collect()
}

/// The links to this page in all mails, the oldest first, once there are so many.
pub(crate) async fn links(bench: &Bench, page: &str, count: usize) -> Vec<String> {
    const TOKEN_LENGTH: usize = 43;
    let start = bench.at(&format!("{page}?token="));
    let began = Instant::now();
    loop {
        let mails = mails(bench);
        let found = mails.iter().filter_map(|mail| {
            let (_, rest) = mail.split_once(&start)?;
            Some(format!("{start}{}", rest.get(..TOKEN_LENGTH)?))
        });
        let found: Vec<_> = found.collect();
        if found.len() >= count {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "{} of {count} links to {page} in {mails:#?}", found.len());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
