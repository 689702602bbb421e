//! Somebody in front of a browser.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use bailiwick_testkit::browser::{Browser, Scheme};
use bailiwick_testkit::people::PASSWORD;
use serde_json::Value;
use thirtyfour::{By, Key, WebDriver, WebElement};

/// A page that is not there after this time will not come.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often it is looked for.
const GLANCE: Duration = Duration::from_millis(20);

/// The facts of cards that are in several pieces: each piece would take a place of its own in the grid of its card.
const SCATTERED: &str = "
    const isSeen = piece => piece.nodeType === Node.TEXT_NODE
        ? piece.data.trim() !== ''
        : piece.nodeType === Node.ELEMENT_NODE && !['absolute', 'fixed'].includes(getComputedStyle(piece).position);
    return [...document.querySelectorAll('.table.is-list td[data-label]')]
        .filter(fact => [...fact.childNodes].filter(isSeen).length > 1)
        .map(fact => fact.dataset.label + ': ' + fact.textContent);";

/// The pages that were looked at closely already.
static PORTRAYED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// A browser and what a person does with it.
pub(crate) struct Visitor {
    pub(crate) browser: Browser,
    takes_pictures: bool,
}

impl Visitor {
    pub(crate) async fn new() -> Self {
        Self { browser: Browser::start().await.unwrap(), takes_pictures: true }
    }

    /// The same without pictures: for a story that somebody else has pictured.
    pub(crate) fn without_pictures(self) -> Self {
        Self { takes_pictures: false, ..self }
    }

    pub(crate) fn page(&self) -> &WebDriver {
        self.browser.page().unwrap()
    }

    pub(crate) async fn go(&self, address: &str) {
        self.page().goto(address).await.unwrap();
    }

    /// Waits for the page with this heading and gives its text; nothing of it may have been refused.
    pub(crate) async fn arrive_at(&self, heading: &str) -> String {
        self.wait_for(heading).await;
        self.assert_quiet().await;
        self.text().await
    }

    /// Waits for the page with this heading, whatever it complains about.
    pub(crate) async fn wait_for(&self, heading: &str) {
        let script = "return [document.readyState, document.querySelector('h1')?.innerText.trim() ?? '']";
        let started = Instant::now();
        loop {
            // A page that is just leaving has nothing to say.
            let seen = self.page().execute(script, Vec::new()).await;
            let seen = seen.map(|seen| seen.json().clone()).unwrap_or_default();
            if seen == serde_json::json!(["complete", heading]) {
                break;
            }
            let text = if started.elapsed() > PATIENCE { self.text().await } else { String::new() };
            assert!(
                started.elapsed() < PATIENCE,
                "no page {heading:?} but {seen} at {}:\n{text}",
                self.address().await
            );
            tokio::time::sleep(GLANCE).await;
        }
    }

    /// Nothing was refused, failed or complained about, except for the status of the page itself.
    pub(crate) async fn assert_quiet(&self) {
        let address = self.address().await;
        let own = address.split('?').next().unwrap_or_default();
        let is_own_status = |line: &String| line.starts_with(own) && line.contains("status of 4");
        let complaints: Vec<_> = self.browser.complaints().await.unwrap();
        let complaints: Vec<_> = complaints.into_iter().filter(|line| !is_own_status(line)).collect();
        assert!(complaints.is_empty(), "{address}: {complaints:#?}");
    }

    /// What is to be read on the page.
    pub(crate) async fn text(&self) -> String {
        let read = self.page().execute("return document.body.innerText", Vec::new()).await.unwrap();
        read.json().as_str().unwrap_or_default().to_owned()
    }

    pub(crate) async fn address(&self) -> String {
        self.page().current_url().await.unwrap().to_string()
    }

    pub(crate) async fn find(&self, selector: &str) -> WebElement {
        self.page().find(By::Css(selector)).await.unwrap()
    }

    /// The element, once the page has it.
    pub(crate) async fn find_soon(&self, selector: &str) -> WebElement {
        let started = Instant::now();
        loop {
            match self.page().find(By::Css(selector)).await {
                Ok(element) => return element,
                Err(error) => assert!(started.elapsed() < PATIENCE, "no {selector}: {error}"),
            }
            tokio::time::sleep(GLANCE).await;
        }
    }

    pub(crate) async fn value_of(&self, selector: &str) -> String {
        self.find(selector).await.prop("value").await.unwrap().unwrap_or_default()
    }

    /// Writes into a field in the place of what is there.
    pub(crate) async fn write(&self, id: &str, text: &str) {
        let field = self.page().find(By::Id(id)).await.unwrap();
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// The button or link that says this.
    pub(crate) async fn act(&self, label: &str) -> WebElement {
        let path = format!("//main//*[self::a or self::button][normalize-space()='{label}']");
        self.page().find(By::XPath(path)).await.unwrap()
    }

    pub(crate) async fn click(&self, label: &str) {
        self.act(label).await.click().await.unwrap();
    }

    /// Fills the sign-in form that is in front and sends it.
    pub(crate) async fn sign_in(&self, email: &str) {
        self.arrive_at("Sign in").await;
        self.write("email", email).await;
        self.write("password", PASSWORD).await;
        self.click("Sign in").await;
    }

    /// Sends keys to whatever has the focus.
    pub(crate) async fn keys(&self, keys: impl Into<thirtyfour::TypingData>) {
        self.page().active_element().await.unwrap().send_keys(keys).await.unwrap();
    }

    /// Presses Tab until the element has the focus, and sees to it that the focus can be seen.
    pub(crate) async fn tab_to(&self, selector: &str) {
        let focus = "const e = document.activeElement; const s = getComputedStyle(e); \
            return [e.matches(arguments[0]), e.matches(':focus-visible') && \
            (s.outlineStyle !== 'none' || s.boxShadow !== 'none'), e.outerHTML.slice(0, 120)]";
        let mut passed = Vec::new();
        for _ in 0..40 {
            self.keys(Key::Tab).await;
            let state = self.page().execute(focus, vec![selector.into()]).await.unwrap().json().clone();
            let [is_there, is_visible, what] = [0, 1, 2].map(|index| state.get(index).cloned().unwrap_or_default());
            assert_eq!(is_visible, true, "the focus cannot be seen on {what}");
            if is_there == true {
                return;
            }
            passed.push(what);
        }
        assert!(passed.is_empty(), "Tab does not lead to {selector}: {passed:#?}");
    }

    /// Sees to it, once for each name, that the page fits on small screens, is quick to load and has no barriers that
    /// axe-core knows of, and takes its picture, wide in the light scheme and narrow in the dark one:
    /// `target/screenshots/<name>-light-1280.png` and `<name>-dark-390.png`.
    pub(crate) async fn portray(&self, name: &str) {
        // On the other database the page is the same, and looking closely takes longer than all the rest.
        if !self.takes_pictures || !PORTRAYED.lock().unwrap().insert(name.to_owned()) {
            return;
        }
        // What stays in its place while one scrolls would stand in the middle of the picture.
        self.run("window.scrollTo(0, 0)").await;
        // Either scheme in one of the widths: what is wrong with colours is so in both, and with places as well.
        self.browser.prefer(Scheme::Light).await.unwrap();
        self.browser.resize(1280, 900).await.unwrap();
        self.browser.screenshot(&format!("{name}-light-1280")).await.unwrap();
        self.assert_open_to_everybody(name).await;
        self.browser.prefer(Scheme::Dark).await.unwrap();
        self.browser.as_phone().await.unwrap();
        assert!(!self.browser.overflows().await.unwrap(), "{name} is wider than a phone");
        assert_eq!(self.run(SCATTERED).await, Value::Array(Vec::new()), "{name}: facts in several places of a card");
        self.browser.screenshot(&format!("{name}-dark-390")).await.unwrap();
        self.assert_open_to_everybody(name).await;
        // Magnified four times, a page of 1280 has 320 to spread (WCAG 2.2, 1.4.10).
        self.browser.resize(320, 640).await.unwrap();
        assert!(!self.browser.overflows().await.unwrap(), "{name} is wider than 320");
        self.browser.prefer(Scheme::Light).await.unwrap();
        self.browser.resize(1280, 900).await.unwrap();
        let size = self.run("return performance.getEntriesByType('navigation')[0].decodedBodySize").await;
        // Documents are read, not worked with, and may take a moment longer.
        let limit_kib = if name.starts_with("docs") { 48 } else { 30 };
        assert!(size.as_u64().unwrap() < limit_kib * 1024, "the HTML of {name} has {size} bytes");
    }

    /// Sees to it that nothing of the page stands out of the screen of a phone.
    pub(crate) async fn assert_fits_a_phone(&self, name: &str) {
        self.browser.as_phone().await.unwrap();
        assert!(!self.browser.overflows().await.unwrap(), "{name} is wider than a phone");
        self.browser.resize(1280, 900).await.unwrap();
    }

    async fn assert_open_to_everybody(&self, name: &str) {
        let barriers = self.browser.barriers().await.unwrap();
        assert!(barriers.is_empty(), "{name}: {barriers:#?}");
    }

    /// How many elements of this role there are for whoever hears the page instead of seeing it.
    pub(crate) async fn heard(&self, role: &str) -> usize {
        let tree = self.browser.command("Accessibility.getFullAXTree", serde_json::json!({})).await.unwrap();
        let nodes = tree.get("nodes").and_then(Value::as_array).unwrap();
        let is_meant = |node: &&Value| {
            node.get("ignored") != Some(&Value::Bool(true))
                && node.pointer("/role/value").and_then(Value::as_str) == Some(role)
        };
        nodes.iter().filter(is_meant).count()
    }

    /// What a script gives.
    pub(crate) async fn run(&self, script: &str) -> Value {
        self.page().execute(script, Vec::new()).await.unwrap().json().clone()
    }
}
