//! Reading what `cargo test` prints, and ending what has stopped saying anything.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

/// Hands each line to the reader until the output ends. Whenever nothing was said for this time, the programs that the
/// child has started are killed, so that it can go on with the next one; their command lines are what comes back.
pub(crate) fn lines(child: &mut Child, silence: Duration, mut reader: impl FnMut(&str)) -> Result<Vec<String>> {
    let output = child.stdout.take().context("the output is not there to be read")?;
    let lines = lines_of(output);
    let mut ended = Vec::new();
    loop {
        match lines.recv_timeout(silence) {
            Ok(line) => reader(&line),
            Err(RecvTimeoutError::Timeout) => ended.extend(kill_children(child.id())?),
            Err(RecvTimeoutError::Disconnected) => return Ok(ended),
        }
    }
}

fn lines_of(output: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
            // Nobody reads on after an error, which says more than what would follow.
            if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                return;
            }
        }
    });
    receiver
}

fn kill_children(parent: u32) -> Result<Vec<String>> {
    let threads = fs::read_dir(format!("/proc/{parent}/task")).context("no list of threads")?;
    let mut killed = Vec::new();
    for thread in threads.flatten() {
        let children = fs::read_to_string(thread.path().join("children")).unwrap_or_default();
        for child in children.split_whitespace() {
            let command = fs::read_to_string(format!("/proc/{child}/cmdline")).unwrap_or_default();
            let status = Command::new("kill").args(["-KILL", child]).status().context("kill does not run")?;
            ensure!(status.success(), "{child} cannot be killed");
            killed.push(command.replace('\0', " ").trim().to_owned());
        }
    }
    Ok(killed)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::process::Stdio;

    use super::*;

    fn heard(script: &str, silence: Duration) -> (Vec<String>, Vec<String>) {
        let mut shell = Command::new("sh").args(["-c", script]).stdout(Stdio::piped()).spawn().unwrap();
        let mut heard = Vec::new();
        let ended = lines(&mut shell, silence, |line| heard.push(line.to_owned())).unwrap();
        shell.wait().unwrap();
        (heard, ended)
    }

    #[test]
    fn a_program_that_says_nothing_is_ended_and_the_next_one_has_its_turn() {
        let (heard, ended) = heard("echo one; sleep 600; echo two", Duration::from_millis(300));
        assert_eq!(heard, ["one", "two"]);
        assert_eq!(ended, ["sleep 600"]);
    }

    #[test]
    fn a_program_that_goes_on_speaking_is_left_alone() {
        let (heard, ended) = heard("for n in 1 2 3; do sleep 0.2; echo $n; done", Duration::from_secs(20));
        assert_eq!(heard, ["1", "2", "3"]);
        assert!(ended.is_empty(), "{ended:?}");
    }
}
