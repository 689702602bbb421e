//! A real Chromium, without a window, steered through its own driver.

use std::{
    cell::RefCell,
    fs,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{Arc, LazyLock, Weak, mpsc},
    thread,
    time::Duration,
};

use anyhow::{Context, Result};
use base64::{Engine, engine::general_purpose::STANDARD};
use rustix::process::{Pid, RawPid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::{BrowserLogEntry, ChromiumLikeCapabilities, DesiredCapabilities, LoggingPrefsLogLevel, WebDriver};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::{
    http,
    tools::{Tool, target_directory},
};

/// A driver that has not said its port within this time will not say it.
const START_LIMIT: Duration = Duration::from_secs(30);

/// How many stories have browsers open at a time: each keeps a core busy, and more of them only make each other late.
static SEATS: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(thread::available_parallelism().map_or(1, usize::from)));

thread_local! {
    /// The seat of the story that this thread tells, as long as one of its browsers is open.
    static OWN_SEAT: RefCell<Weak<SemaphorePermit<'static>>> = const { RefCell::new(Weak::new()) };
}

/// Waits until not too many other stories have browsers open. A story has a thread of its own, and one seat however many
/// browsers it opens: two stories that each waited for a second seat would wait for ever.
async fn seat() -> Result<Arc<SemaphorePermit<'static>>> {
    if let Some(own) = OWN_SEAT.with_borrow(Weak::upgrade) {
        return Ok(own);
    }
    let seat = Arc::new(SEATS.acquire().await.context("no browser is started any more")?);
    OWN_SEAT.set(Arc::downgrade(&seat));
    Ok(seat)
}

/// Chromium shows our own pages only, so it needs no sandbox (which it cannot have as root or in a
/// container) and no contact with its maker's hosts.
const FLAGS: [&str; 12] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--password-store=basic",
    "--lang=en",
    "--window-size=1280,900",
];

/// Runs axe-core and gives what it found as lines.
const JUDGE: &str = r#"
const done = arguments[arguments.length - 1];
const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const line = (kind) => (rule) => rule.nodes.map(({ target, html, failureSummary }) =>
  `${kind} ${rule.id}: ${rule.help}: ${target.join(" ")}: ${html.slice(0, 200)}: ${failureSummary}`);
axe.run(document, { runOnly: tags, resultTypes: ["violations", "incomplete"] }).then(
  ({ violations, incomplete }) => done([
    ...violations.flatMap(line("wrong")),
    ...incomplete.filter(({ id }) => id !== "color-contrast").flatMap(line("unsure")),
  ]),
  (error) => done([`axe-core failed: ${error}`]),
);
"#;

/// A browser with an empty profile. Dropping it ends it, and its driver.
#[derive(Debug)]
pub struct Browser {
    session: Option<WebDriver>,
    driver: Child,
    profile: TempDir,
    /// Held so that the next story waits until this one has closed its last browser.
    _seat: Arc<SemaphorePermit<'static>>,
}

/// Which of a page's two colour schemes the browser asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// `prefers-color-scheme: light`.
    Light,
    /// `prefers-color-scheme: dark`.
    Dark,
}

impl Browser {
    /// Starts driver and browser, once not too many other stories have theirs open.
    pub async fn start() -> Result<Self> {
        let seat = seat().await?;
        http::choose_cryptography();
        let (chromium, chromedriver) = (Tool::Chromium.find()?, Tool::Chromedriver.find()?);
        let profile = TempDir::with_prefix("bailiwick-chromium-").context("no temporary directory")?;
        let mut driver = Command::new(&chromedriver)
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("{} does not run", chromedriver.display()))?;
        let port = port_of(&mut driver);
        let mut browser = Self { session: None, driver, profile, _seat: seat };
        let mut wanted = DesiredCapabilities::chrome();
        wanted.set_binary(&chromium.to_string_lossy())?;
        for flag in FLAGS {
            wanted.add_arg(flag)?;
        }
        wanted.add_arg(&format!("--user-data-dir={}", browser.profile.path().display()))?;
        wanted.set_browser_log_level(LoggingPrefsLogLevel::All)?;
        let address = format!("http://127.0.0.1:{}", port?);
        browser.session = Some(WebDriver::new(address, wanted).await.context("Chromium does not start")?);
        Ok(browser)
    }

    /// The session: pages, elements, windows.
    pub fn page(&self) -> Result<&WebDriver> {
        self.session.as_ref().context("the browser has been ended")
    }

    /// Gives the page a size in CSS pixels, as a desktop's window of that size would.
    pub async fn resize(&self, width: u32, height: u32) -> Result<()> {
        self.emulate_device(width, height, 1, false).await
    }

    /// Makes the page that of a phone: 390 × 844 CSS pixels, two device pixels each.
    pub async fn as_phone(&self) -> Result<()> {
        self.emulate_device(390, 844, 2, true).await
    }

    async fn emulate_device(&self, width: u32, height: u32, scale: u32, mobile: bool) -> Result<()> {
        let device = json!({"width": width, "height": height, "deviceScaleFactor": scale, "mobile": mobile});
        self.command("Emulation.setDeviceMetricsOverride", device).await?;
        Ok(())
    }

    /// Asks pages for a colour scheme.
    pub async fn prefer(&self, scheme: Scheme) -> Result<()> {
        let value = if scheme == Scheme::Dark { "dark" } else { "light" };
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": value}]});
        self.command("Emulation.setEmulatedMedia", features).await?;
        Ok(())
    }

    /// Sends a command of Chromium's own protocol (CDP) to the page in front.
    pub async fn command(&self, method: &str, parameters: Value) -> Result<Value> {
        self.page()?.cdp().send_raw(method, parameters).await.with_context(|| format!("{method} failed"))
    }

    /// Whether the page is wider than the screen, so that a reader has to move it sideways.
    pub async fn overflows(&self) -> Result<bool> {
        let script = "return document.documentElement.scrollWidth > document.documentElement.clientWidth";
        Ok(self.page()?.execute(script, Vec::new()).await?.json().as_bool().unwrap_or(true))
    }

    /// What axe-core finds wrong with the page as it is now, by the rules of WCAG 2.2 AA and by what is good practice:
    /// one line for each element, with the rule and what to do. What it cannot decide counts as wrong too, unless
    /// it is about contrast, which it cannot see through pictures.
    pub async fn barriers(&self) -> Result<Vec<String>> {
        let page = self.page()?;
        let is_there = page.execute("return typeof axe === 'object'", Vec::new()).await?;
        if is_there.json() != true {
            page.execute(fs::read_to_string(Tool::Axe.find()?)?, Vec::new()).await.context("axe-core does not run")?;
        }
        let found = page.execute_async(JUDGE, Vec::new()).await.context("axe-core does not answer")?;
        found.convert().context("axe-core answers strangely")
    }

    /// What the page complained about since the last call: script errors, refused sources, failed requests.
    pub async fn complaints(&self) -> Result<Vec<String>> {
        let entries: Vec<BrowserLogEntry> = self.page()?.get_log("browser").await?;
        Ok(entries.into_iter().filter(|entry| entry.level == "SEVERE").map(|entry| entry.message).collect())
    }

    /// Takes a picture of the whole page, as far as it can be scrolled, and gives its file:
    /// `target/screenshots/<name>.png`.
    pub async fn screenshot(&self, name: &str) -> Result<PathBuf> {
        let wish = json!({"format": "png", "captureBeyondViewport": true});
        let answer = self.command("Page.captureScreenshot", wish).await?;
        let picture = answer.get("data").and_then(Value::as_str).context("the browser gave no picture")?;
        let directory = target_directory()?.join("screenshots");
        fs::create_dir_all(&directory)?;
        let file = directory.join(format!("{name}.png"));
        fs::write(&file, STANDARD.decode(picture)?)?;
        Ok(file)
    }

    /// Ends the browser as a user does, so that it can still say that something was wrong.
    pub async fn quit(mut self) -> Result<()> {
        match self.session.take() {
            Some(session) => session.quit().await.context("the browser does not end"),
            None => Ok(()),
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if let Some(session) = self.session.take() {
            // Ending it politely would hold up the test's executor; below it is ended for good.
            let _ = session.leak();
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
        // What the driver started outlives it. Our profile's path names exactly these processes.
        let profile = self.profile.path().to_string_lossy().into_owned();
        for process in processes_that_name(&profile) {
            let _ = kill_process(process, Signal::KILL);
        }
    }
}

/// Waits for the driver to say on which port it listens.
fn port_of(driver: &mut Child) -> Result<u16> {
    let output = driver.stdout.take().context("the driver has no output")?;
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        // "ChromeDriver was started successfully on port 41233."; reading goes on so that it never blocks.
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            let port = line
                .split_once("started successfully on port ")
                .and_then(|(_, rest)| rest.trim_end_matches('.').parse().ok());
            if let Some(port) = port {
                // Nobody listens any more after the first one.
                let _ = sender.send(port);
            }
        }
    });
    receiver.recv_timeout(START_LIMIT).context("chromedriver does not start")
}

fn processes_that_name(text: &str) -> Vec<Pid> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries
        .flatten()
        .filter(|entry| {
            fs::read(entry.path().join("cmdline")).is_ok_and(|line| String::from_utf8_lossy(&line).contains(text))
        })
        .filter_map(|entry| Pid::from_raw(entry.file_name().to_string_lossy().parse::<RawPid>().ok()?))
        .collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use thirtyfour::By;
    use tokio::time::timeout;

    use super::*;

    const PAGE: &str = "data:text/html,<meta name=viewport content='width=device-width'>\
        <style>@media (prefers-color-scheme: dark) { body { background: rgb(1, 2, 3) } }</style>\
        <body><h1>Good day</h1><script>console.error('a complaint')</script>";

    async fn background(browser: &Browser) -> String {
        let script = "return getComputedStyle(document.body).backgroundColor";
        browser.page().unwrap().execute(script, Vec::new()).await.unwrap().convert().unwrap()
    }

    #[tokio::test]
    async fn a_page_is_shown_measured_and_pictured() {
        let browser = Browser::start().await.unwrap();
        let page = browser.page().unwrap();
        page.goto(PAGE).await.unwrap();
        assert_eq!(page.find(By::Tag("h1")).await.unwrap().text().await.unwrap(), "Good day");
        let complaints = browser.complaints().await.unwrap();
        assert!(complaints.iter().any(|complaint| complaint.contains("a complaint")), "{complaints:?}");
        browser.as_phone().await.unwrap();
        let width = page.execute("return innerWidth", Vec::new()).await.unwrap();
        assert_eq!(width.json().as_u64(), Some(390));
        assert!(!browser.overflows().await.unwrap());
        let before = background(&browser).await;
        browser.prefer(Scheme::Dark).await.unwrap();
        assert_ne!(before, "rgb(1, 2, 3)");
        assert_eq!(background(&browser).await, "rgb(1, 2, 3)");
        let picture = fs::read(browser.screenshot("testkit").await.unwrap()).unwrap();
        assert!(picture.starts_with(b"\x89PNG") && picture.len() > 1000);
        browser.quit().await.unwrap();
    }

    #[tokio::test]
    async fn barriers_are_found_and_a_plain_page_has_none() {
        let browser = Browser::start().await.unwrap();
        let page = browser.page().unwrap();
        page.goto(
            "data:text/html,<!doctype html><html lang=en><title>T</title><main><h1>Good day</h1><p>All is well.</p></main>",
        )
        .await
        .unwrap();
        assert_eq!(browser.barriers().await.unwrap(), Vec::<String>::new());
        page.goto(
            "data:text/html,<!doctype html><html lang=en><title>T</title><main><h1>Good day</h1>\
             <p style='color: lightgrey'>Faint</p><input></main>",
        )
        .await
        .unwrap();
        let found = browser.barriers().await.unwrap();
        for rule in ["wrong label:", "wrong color-contrast:"] {
            assert!(found.iter().any(|line| line.starts_with(rule)), "{rule} {found:#?}");
        }
        browser.quit().await.unwrap();
    }

    #[tokio::test]
    async fn a_story_that_has_a_seat_waits_for_no_other() {
        let first = seat().await.unwrap();
        for _ in 0..=thread::available_parallelism().unwrap().get() {
            let another = timeout(START_LIMIT, seat()).await.unwrap().unwrap();
            assert!(Arc::ptr_eq(&another, &first));
        }
        drop(first);
        assert!(OWN_SEAT.with_borrow(Weak::upgrade).is_none(), "the seat is given back with the last browser");
    }

    #[tokio::test]
    async fn a_dropped_browser_leaves_no_process() {
        let browser = Browser::start().await.unwrap();
        let profile = browser.profile.path().to_string_lossy().into_owned();
        assert!(!processes_that_name(&profile).is_empty());
        drop(browser);
        let mut left = processes_that_name(&profile);
        for _ in 0..200 {
            if left.is_empty() {
                break;
            }
            thread::sleep(Duration::from_millis(10));
            left = processes_that_name(&profile);
        }
        assert!(left.is_empty(), "{left:?}");
    }
}
