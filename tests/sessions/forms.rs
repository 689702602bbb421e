//! A browser without script: it sends forms, and keeps the cookies that it is given.

use std::collections::BTreeMap;

use bailiwick_testkit::answer::Answer;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::http::submit;
use bailiwick_testkit::people::{PASSWORD, Person};
use reqwest::{Method, RequestBuilder};

/// The cookie that holds a session.
pub(crate) const SESSION: &str = "bailiwick";

/// The cookie of this name that an answer sets.
pub(crate) fn cookie(answer: &Answer, name: &str) -> Option<String> {
    let cookies = answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap());
    let mut values = cookies.filter_map(|cookie| cookie.strip_prefix(name)?.strip_prefix('='));
    values.next().map(|value| value.split(';').next().unwrap().to_owned())
}

/// A browser at one server, or at one of its nodes.
#[derive(Clone)]
pub(crate) struct Browser<'bench> {
    bench: &'bench Bench,
    cookies: BTreeMap<String, String>,
}

impl<'bench> Browser<'bench> {
    pub(crate) fn new(bench: &'bench Bench) -> Self {
        Self { bench, cookies: BTreeMap::new() }
    }

    /// One in which this person has signed in.
    pub(crate) async fn of(bench: &'bench Bench, person: &Person) -> Self {
        let mut browser = Self::new(bench);
        let answer = browser.sign_in(&person.email).await;
        assert_eq!(answer.status, 303, "{answer:?}");
        browser
    }

    /// One that holds this session, as it was given to another.
    pub(crate) fn with_session(bench: &'bench Bench, session: &str) -> Self {
        Self { bench, cookies: BTreeMap::from([(SESSION.to_owned(), session.to_owned())]) }
    }

    /// The value of the cookie that holds the session.
    pub(crate) fn session(&self) -> Option<&str> {
        self.cookies.get(SESSION).map(String::as_str)
    }

    /// The request as this browser makes it.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        self.bench.call(method, path).header("cookie", cookies.join("; "))
    }

    pub(crate) async fn open(&mut self, path: &str) -> Answer {
        let request = self.request(Method::GET, path);
        self.take(Answer::of(request).await)
    }

    /// Sends a form; where it leads is in the answer's `location`.
    pub(crate) async fn send(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = submit(self.request(Method::POST, path), fields.iter().copied());
        self.take(Answer::of(request).await)
    }

    /// Sends a form and opens the page that it leads to.
    pub(crate) async fn send_and_follow(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let answer = self.send(path, fields).await;
        let to = answer.header("location").unwrap_or_else(|| panic!("{answer:?}")).to_owned();
        self.open(to.split('#').next().unwrap_or_default()).await
    }

    pub(crate) async fn sign_in(&mut self, email: &str) -> Answer {
        self.send("/login", &[("email", email), ("password", PASSWORD)]).await
    }

    /// Keeps the cookies of an answer.
    pub(crate) fn take(&mut self, answer: Answer) -> Answer {
        for cookie in answer.headers.get_all("set-cookie") {
            let (pair, _) = cookie.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }
}
