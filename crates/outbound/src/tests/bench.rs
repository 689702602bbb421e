//! Listeners and names for the tests.

use std::io;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bailiwick_domain::callback::CallbackUrl;
use bailiwick_domain::field::Parse;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::{AllowList, Answer, FailureReason, Guard, Lookup, Outcome};

/// More than any of these calls should take.
pub(super) const BUDGET: Duration = Duration::from_secs(5);

/// A guard with the operating system's names.
pub(super) fn guard(allow: &str) -> Guard {
    Guard::new(AllowList::parse(allow).unwrap(), "bailiwick/test").unwrap()
}

pub(super) fn callback(url: &str) -> CallbackUrl {
    CallbackUrl::parse_text(url).unwrap()
}

/// What came of a call: the status, or the kind of failure.
pub(super) async fn get(guard: &Guard, url: &str) -> Result<u16, FailureReason> {
    match guard.get(url, &[], BUDGET).await.outcome {
        Outcome::Delivered { status } => Ok(status),
        Outcome::Failed { reason, .. } => Err(reason),
    }
}

/// A listener on this machine that keeps the heads of the requests it got.
pub(super) struct Listener {
    pub(super) port: u16,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Listener {
    /// Reads the head of each request, then lets `answer` go on with the connection.
    pub(super) async fn start<F>(answer: impl Fn(TcpStream) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = socket.local_addr().unwrap().port();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let (seen, answer) = (Arc::clone(&heads), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = socket.accept().await {
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                tokio::spawn(async move {
                    let head = read_head(&mut stream).await;
                    seen.lock().unwrap().push(head);
                    answer(stream).await;
                });
            }
        });
        Self { port, heads }
    }

    /// Answers every request with these bytes.
    pub(super) async fn answering(bytes: &'static str) -> Self {
        Self::start(move |mut stream| async move {
            let _ = stream.write_all(bytes.as_bytes()).await;
        })
        .await
    }

    pub(super) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    pub(super) fn url(&self, rest: &str) -> String {
        format!("http://127.0.0.1:{}{rest}", self.port)
    }

    /// A guard that may call this listener and nothing else on this machine.
    pub(super) fn guard(&self) -> Guard {
        guard(&format!("127.0.0.1:{}", self.port))
    }
}

async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8_lossy(&head).into_owned()
}

/// Answers the first look-up with the first of these, and so on; the last stays.
pub(super) struct Script {
    answers: Vec<Option<Vec<IpAddr>>>,
    asked: AtomicUsize,
}

impl Script {
    /// Each answer is addresses separated by spaces, or `?` for a failure.
    pub(super) fn new(answers: &[&str]) -> Arc<Self> {
        let read = |text: &&str| {
            (*text != "?").then(|| text.split_whitespace().map(|address| address.parse().unwrap()).collect())
        };
        Arc::new(Self { answers: answers.iter().map(read).collect(), asked: AtomicUsize::new(0) })
    }

    /// How many look-ups there were.
    pub(super) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// A guard that looks names up here.
    pub(super) fn guard(self: &Arc<Self>, allow: &str) -> Guard {
        let lookup: Arc<dyn Lookup> = Arc::clone(self) as Arc<dyn Lookup>;
        Guard::with_lookup(AllowList::parse(allow).unwrap(), "bailiwick/test", lookup).unwrap()
    }
}

impl Lookup for Script {
    fn lookup(&self, _: &str) -> Answer {
        let turn = self.asked.fetch_add(1, Ordering::SeqCst);
        let answer = self.answers.get(turn).or(self.answers.last()).cloned().flatten();
        Box::pin(async move { answer.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound)) })
    }
}

/// Where a log is written to, for the test to read.
#[derive(Clone)]
pub(super) struct Writer(pub(super) Arc<Mutex<Vec<u8>>>);

impl io::Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
