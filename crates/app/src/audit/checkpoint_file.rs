//! The file of checkpoints: appended to, never longer than it has to be, whole after every crash.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use bailiwick_domain::time::{Span, Timestamp};
use ed25519_dalek::VerifyingKey;

use super::checkpoint::{Checkpoint, CheckpointError};

/// The file's name in the data directory.
pub const FILE_NAME: &str = "audit-checkpoints.jsonl";
/// The newest lines, which are all kept.
const KEPT_NEWEST: usize = 1000;
/// For how long the first line of each hour is kept; older than that, the first of each day.
const KEPT_HOURLY: Span = Span::days(30);

/// The lines of a file of checkpoints.
#[derive(Clone, Debug)]
pub struct CheckpointFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its lines, in their order.
    pub lines: Vec<CheckpointLine>,
}

/// One line of the file.
#[derive(Clone, Debug)]
pub struct CheckpointLine {
    /// Its number, from 1 on.
    pub number: usize,
    /// What it says, where it can be believed.
    pub checkpoint: Result<Checkpoint, CheckpointError>,
    text: String,
}

impl CheckpointFile {
    /// Reads a file. A last line without its end was never finished, and does not count.
    pub fn read(path: &Path, key: &VerifyingKey) -> io::Result<Self> {
        let text = String::from_utf8_lossy(&fs::read(path)?).into_owned();
        let whole = text.rfind('\n').map_or("", |end| text.get(..end).unwrap_or_default());
        let read = |(index, line): (usize, &str)| CheckpointLine {
            number: index + 1,
            checkpoint: Checkpoint::read(line, key),
            text: line.to_owned(),
        };
        let lines = if whole.is_empty() { Vec::new() } else { whole.split('\n').enumerate().map(read).collect() };
        Ok(Self { path: path.to_owned(), lines })
    }

    /// The lines that are still worth their place: the newest, of older ones the first of each
    /// hour or day, and for ever whatever speaks of tampering.
    fn worth_keeping(&self, now: Timestamp) -> impl Iterator<Item = &str> {
        let hourly_from = now.minus(KEPT_HOURLY);
        let dense_from = self.lines.len().saturating_sub(KEPT_NEWEST);
        let slot = move |at: Timestamp| {
            let hour = at.seconds().div_euclid(3600);
            if at >= hourly_from { (true, hour) } else { (false, hour.div_euclid(24)) }
        };
        let speaks = move |index: usize| {
            let line = self.lines.get(index).map(|line| &line.checkpoint);
            line.is_some_and(|line| line.as_ref().is_ok_and(|checkpoint| checkpoint.contradicts))
        };
        let mut last = None;
        self.lines.iter().enumerate().filter_map(move |(index, line)| {
            let Ok(checkpoint) = &line.checkpoint else { return Some(line.text.as_str()) };
            let slot = slot(checkpoint.at);
            let is_first = last.replace(slot) != Some(slot);
            let is_kept = is_first || index >= dense_from || speaks(index) || speaks(index + 1);
            is_kept.then_some(line.text.as_str())
        })
    }
}

/// The newest checkpoint that knows of an entry, where there is a file and one in it.
pub(super) fn newest(path: &Path, key: &VerifyingKey) -> io::Result<Option<Checkpoint>> {
    let text = match fs::read(path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let believed = text.lines().rev().filter_map(|line| Checkpoint::read(line, key).ok());
    Ok(believed.into_iter().find(|checkpoint| !checkpoint.heads.is_empty()))
}

/// Adds a line; it is on the disk when this returns.
///
/// Several processes may do this to one file at once. What a crash left of a half-written line goes.
pub(super) fn append(path: &Path, checkpoint: &Checkpoint) -> io::Result<()> {
    let mut file = lock(path)?;
    cut_unfinished_line(&mut file)?;
    file.write_all(format!("{}\n", checkpoint.line()).as_bytes())?;
    file.sync_all()
}

/// Drops the lines that are not worth their place any more.
pub(super) fn thin_out(path: &Path, key: &VerifyingKey, now: Timestamp) -> io::Result<()> {
    let _lock = lock(path)?;
    let read = CheckpointFile::read(path, key)?;
    let kept: Vec<_> = read.worth_keeping(now).collect();
    if kept.len() == read.lines.len() {
        return Ok(());
    }
    let draft = path.with_extension("jsonl.new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(format!("{}\n", kept.join("\n")).as_bytes())?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    path.parent().map_or(Ok(()), |directory| File::open(directory)?.sync_all())
}

/// Opens the file, for us alone until it is closed.
fn lock(path: &Path) -> io::Result<File> {
    loop {
        let file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)?;
        file.lock()?;
        // Whoever had the lock before may have put another file in its place.
        match fs::metadata(path) {
            Ok(there) if there.ino() == file.metadata()?.ino() => return Ok(file),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
}

fn cut_unfinished_line(file: &mut File) -> io::Result<()> {
    let length = file.seek(SeekFrom::End(0))?;
    if length == 0 {
        return Ok(());
    }
    let mut last = [0];
    file.seek(SeekFrom::Start(length - 1))?;
    file.read_exact(&mut last)?;
    if last == *b"\n" {
        return Ok(());
    }
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.read_to_end(&mut bytes)?;
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    file.set_len(u64::try_from(whole).unwrap_or(length))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

    use std::os::unix::fs::PermissionsExt;

    use ed25519_dalek::SigningKey;

    use super::*;

    const KEY: [u8; 32] = [5; 32];

    fn at(seconds: i64, contradicts: bool) -> Checkpoint {
        Checkpoint::sign(Timestamp::from_seconds(seconds), Vec::new(), contradicts, &SigningKey::from_bytes(&KEY))
    }

    fn read(path: &Path) -> Vec<i64> {
        let file = CheckpointFile::read(path, &SigningKey::from_bytes(&KEY).verifying_key()).unwrap();
        file.lines.into_iter().map(|line| line.checkpoint.map_or(-1, |checkpoint| checkpoint.at.seconds())).collect()
    }

    #[test]
    fn a_line_that_was_never_finished_goes_and_the_file_is_for_its_owner_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(FILE_NAME);
        append(&path, &at(1, false)).unwrap();
        let whole = fs::read(&path).unwrap();
        for cut in [b"{\"at\":\"20".as_slice(), b"{", whole.strip_suffix(b"\n").unwrap()] {
            fs::write(&path, [whole.as_slice(), cut].concat()).unwrap();
            assert_eq!(read(&path), [1], "what was not finished does not count");
            append(&path, &at(2, false)).unwrap();
            assert_eq!(read(&path), [1, 2]);
        }
        fs::write(&path, b"{\"at\"").unwrap();
        append(&path, &at(3, false)).unwrap();
        assert_eq!(read(&path), [3]);
        let fresh = directory.path().join("fresh.jsonl");
        append(&fresh, &at(1, false)).unwrap();
        assert_eq!(fs::metadata(&fresh).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn many_who_write_at_once_lose_no_line() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(FILE_NAME);
        let key = SigningKey::from_bytes(&KEY).verifying_key();
        // More than are kept, so that each turn puts another file in the place of the one before.
        let lines = (0..1500).map(|_| at(1000, false).line());
        fs::write(&path, lines.chain([String::new()]).collect::<Vec<_>>().join("\n")).unwrap();
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let (path, key) = (&path, &key);
                scope.spawn(move || {
                    for number in 0..25 {
                        append(path, &at(writer * 25 + number, false)).unwrap();
                        if number % 5 == 0 {
                            thin_out(path, key, Timestamp::from_seconds(1000)).unwrap();
                        }
                    }
                });
            }
        });
        let mut found = read(&path);
        found.retain(|at| *at != 1000);
        found.sort_unstable();
        assert_eq!(found, (0..100).collect::<Vec<_>>());
    }

    #[test]
    fn old_lines_become_fewer_and_what_speaks_of_tampering_stays() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(FILE_NAME);
        let day = 86_400;
        // Every ten minutes of 40 days; one line in the middle of an hour long ago saw something.
        let lines = (0..40 * 144).map(|index| at(index * 600, index == 603).line());
        fs::write(&path, lines.chain([String::new()]).collect::<Vec<_>>().join("\n")).unwrap();
        let key = SigningKey::from_bytes(&KEY).verifying_key();
        thin_out(&path, &key, Timestamp::from_seconds(40 * day)).unwrap();
        let kept = read(&path);
        let newest: Vec<_> = (40 * 144 - 1000..40 * 144).map(|index| index * 600).collect();
        assert!(kept.ends_with(&newest), "the newest all stay");
        assert!(kept.contains(&(603 * 600)) && kept.contains(&(602 * 600)), "the witness and the one before it stay");
        assert_eq!(kept.iter().filter(|at| **at < 10 * day).count(), 10 + 2);
        let hourly = kept.iter().filter(|at| (10 * day..20 * day).contains(*at)).count();
        assert_eq!(hourly, 240);
        thin_out(&path, &key, Timestamp::from_seconds(40 * day)).unwrap();
        assert_eq!(read(&path), kept, "what was thinned out once stays as it is");
    }
}
