//! The file of an export: there as a whole, or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;

use super::TransferError;
use crate::random::Random;

/// A file for its owner's eyes only, under another name until it is whole. It goes when dropped before that.
#[derive(Debug)]
pub struct ExportFile {
    path: PathBuf,
    draft: PathBuf,
    overwrite: bool,
    out: BufWriter<File>,
}

impl ExportFile {
    /// Begins a file beside where it will be.
    pub fn create(path: &Path, overwrite: bool, random: &dyn Random) -> Result<Self, TransferError> {
        // What would be refused in the end is refused before anybody waits for it.
        if !overwrite && path.symlink_metadata().is_ok() {
            return Err(TransferError::Exists(path.to_owned()));
        }
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.new", HEXLOWER.encode(&random.bytes::<8>())));
        let draft = path.with_file_name(name);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft);
        let file = file.map_err(|error| TransferError::File(path.to_owned(), error))?;
        Ok(Self { path: path.to_owned(), draft, overwrite, out: BufWriter::new(file) })
    }

    /// Gives the file its name, once the disk has all of it.
    pub fn finish(mut self) -> Result<(), TransferError> {
        self.place().map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => TransferError::Exists(self.path.clone()),
            _ => TransferError::File(self.path.clone(), error),
        })
    }

    fn place(&mut self) -> io::Result<()> {
        self.out.flush()?;
        self.out.get_ref().sync_all()?;
        if !self.overwrite {
            // Takes the name only where nobody has it, whatever the file system can do.
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(&self.path)?;
        }
        fs::rename(&self.draft, &self.path)?;
        let directory = self.path.parent().filter(|parent| !parent.as_os_str().is_empty());
        File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
    }
}

impl Write for ExportFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Drop for ExportFile {
    fn drop(&mut self) {
        // Not there any more where it was renamed.
        let _ = fs::remove_file(&self.draft);
    }
}
