//! A real mail server, aiosmtpd, that takes or refuses what it is handed as a test wishes.

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::tools::Tool;

/// What the server is to do. The default takes everything, on a free port.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    /// The port; 0 for a free one.
    pub port: u16,
    /// What is answered to one mail after the other, such as `550 no`; `hang` for nothing. Then all are taken.
    pub answers: Vec<String>,
    /// What is answered to the sender of one mail after the other; then all are let in.
    pub senders: Vec<String>,
    /// What is answered to the recipient of one mail after the other; then there are all of them.
    pub recipients: Vec<String>,
    /// How one connection after the other is greeted; those that are not `220` end at once. Then all are welcome.
    pub greetings: Vec<String>,
    /// A certificate and its key, in PEM: then STARTTLS is demanded.
    pub certificate: Option<(PathBuf, PathBuf)>,
    /// A user and a password: then nobody else may send.
    pub user: Option<(String, String)>,
}

/// A mail as it was handed in.
#[derive(Clone, Debug)]
pub struct Handed(Value);

impl Handed {
    fn member(&self, name: &str) -> &Value {
        self.0.get(name).unwrap_or(&Value::Null)
    }

    /// From whom, of the envelope.
    #[must_use]
    pub fn from(&self) -> &str {
        self.member("from").as_str().unwrap_or_default()
    }

    /// To whom, of the envelope.
    #[must_use]
    pub fn to(&self) -> Vec<&str> {
        self.member("to").as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// Heads and parts.
    #[must_use]
    pub fn content(&self) -> &str {
        self.member("content").as_str().unwrap_or_default()
    }

    /// Whether it came encrypted.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        *self.member("encrypted") == Value::Bool(true)
    }

    /// Who handed it in.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        self.member("user").as_str()
    }
}

/// The running server; it ends with this value, or with the test.
#[derive(Debug)]
pub struct MailServer {
    port: u16,
    handed: Arc<Mutex<Vec<Handed>>>,
    sign_ins: Arc<AtomicUsize>,
    child: Child,
}

impl MailServer {
    /// Starts the server and waits until it listens.
    pub fn start(wishes: &Wishes) -> Result<Self> {
        let paths = |(one, other): &(PathBuf, PathBuf)| json!([one, other]);
        let wishes = json!({
            "port": wishes.port,
            "answers": wishes.answers,
            "senders": wishes.senders,
            "recipients": wishes.recipients,
            "greetings": wishes.greetings,
            "certificate": wishes.certificate.as_ref().map(paths),
            "user": wishes.user.as_ref().map(|(user, password)| json!([user, password])),
        });
        let mut child = Command::new(Tool::Python.find()?)
            .args(["-c", include_str!("mail_server.py")])
            .arg(wishes.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // It tells of every handshake that fails as it should.
            .stderr(Stdio::null())
            .spawn()
            .context("the mail server does not start")?;
        let output = child.stdout.take().context("the mail server has no output")?;
        let mut lines = BufReader::new(output).lines();
        let first = lines.next().context("the mail server ended at once")??;
        let port = serde_json::from_str::<Value>(&first)?.get("port").and_then(Value::as_u64).context("no port")?;
        let handed = Arc::new(Mutex::new(Vec::new()));
        let sign_ins = Arc::new(AtomicUsize::new(0));
        let (list, count) = (Arc::clone(&handed), Arc::clone(&sign_ins));
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                match serde_json::from_str::<Value>(&line) {
                    Ok(said) if said.get("auth").is_some() => {
                        count.fetch_add(1, Ordering::SeqCst);
                    }
                    Ok(mail) => list.lock().unwrap_or_else(PoisonError::into_inner).push(Handed(mail)),
                    Err(_) => {}
                }
            }
        });
        Ok(Self { port: u16::try_from(port)?, handed, sign_ins, child })
    }

    /// Where it listens, on 127.0.0.1.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// How often somebody began to sign in, whatever came of it.
    #[must_use]
    pub fn sign_ins(&self) -> usize {
        self.sign_ins.load(Ordering::SeqCst)
    }

    /// Every mail that was handed in so far and answered, taken or not.
    #[must_use]
    pub fn handed(&self) -> Vec<Handed> {
        self.handed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
