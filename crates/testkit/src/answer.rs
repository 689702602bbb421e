//! Answers, read to their end, and what the envelope of an API answer must say (contract, section 3).

use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::bench::Bench;

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, as it came.
    pub body: String,
    /// Its body as JSON; null where it is none.
    pub json: Value,
}

#[expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test stops at what it did not expect")]
impl Answer {
    /// Sends a request and reads its answer to the end.
    ///
    /// # Panics
    /// When none comes: the test has failed then, as with everything here.
    pub async fn of(request: RequestBuilder) -> Self {
        let answer = request.send().await.expect("an answer");
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = answer.text().await.expect("a whole answer");
        let json = serde_json::from_str(&body).unwrap_or_default();
        Self { status, headers, body, json }
    }

    /// The same where nothing but JSON may come.
    ///
    /// # Panics
    /// When something else comes.
    pub async fn in_json(request: RequestBuilder) -> Self {
        let answer = Self::of(request).await;
        assert!(!answer.json.is_null(), "no JSON: {answer:?}");
        answer
    }

    /// A header's text, where it is there.
    ///
    /// # Panics
    /// When it is no text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("text in a header"))
    }

    /// Where it leads; blank where it leads nowhere.
    #[must_use]
    pub fn location(&self) -> &str {
        self.header("location").unwrap_or_default()
    }

    /// What it says beside its status, in the words of whichever dialect; blank where it says nothing.
    #[must_use]
    pub fn said(&self) -> &str {
        let message = self.json.get("message").or_else(|| self.json.get("BackendMessage"));
        message.and_then(Value::as_str).unwrap_or_default()
    }

    /// The envelope's data, after a success with this status.
    ///
    /// # Panics
    /// When it was another.
    #[track_caller]
    #[expect(clippy::must_use_candidate, reason = "some look at nothing more than that it succeeded")]
    pub fn data(&self, status: u16) -> &Value {
        assert_eq!((self.status, &self.json["code"]), (status, &json!(status)), "{}", self.body);
        &self.json["data"]
    }

    /// The list of this name in the data, after a success.
    ///
    /// # Panics
    /// When there is none.
    #[track_caller]
    #[must_use]
    pub fn list(&self, name: &str) -> &[Value] {
        self.data(200)[name].as_array().expect("a list")
    }

    /// The names in the list of this name, in their order.
    ///
    /// # Panics
    /// When something in it has none.
    #[track_caller]
    #[must_use]
    pub fn names(&self, list: &str) -> Vec<String> {
        self.list(list).iter().map(|one| text(one, "name").to_owned()).collect()
    }

    /// That it was refused with this status, by this rule.
    ///
    /// # Panics
    /// When it was not.
    #[track_caller]
    pub fn refused(&self, status: u16, rule: &str) {
        let found = (self.status, &self.json["code"], &self.json["message"]);
        assert_eq!(found, (status, &json!(status), &json!(rule)), "{}", self.body);
    }

    /// The fields that were refused, by name and rule.
    ///
    /// # Panics
    /// When none was.
    #[track_caller]
    #[expect(clippy::must_use_candidate, reason = "some look at nothing more than that fields were refused")]
    pub fn fields(&self) -> Vec<(&str, &str)> {
        self.refused(400, "validation failed");
        let errors = self.json["data"]["errors"].as_array().expect("what is wrong");
        errors.iter().map(|error| (text(error, "key"), text(error, "message"))).collect()
    }
}

/// A member that is text.
///
/// # Panics
/// When it is not there.
#[track_caller]
#[must_use]
#[expect(clippy::panic, reason = "a test stops at what it did not expect")]
pub fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}"))
}

impl Bench {
    /// Asks with a token or a key; nothing but JSON may come.
    ///
    /// # Panics
    /// When something else comes, or nothing.
    pub async fn ask(&self, method: Method, path: &str, bearer: &str, body: Option<&Value>) -> Answer {
        let request = self.call(method, path).bearer_auth(bearer);
        Answer::in_json(body.into_iter().fold(request, RequestBuilder::json)).await
    }
}
