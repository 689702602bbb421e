//! Single requests, to arrange what is then measured.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

/// An answer slower than this is none.
const LIMIT: Duration = Duration::from_secs(20);

/// Sends one request on a connection of its own; gives status and body.
pub(crate) fn ask(address: SocketAddr, line: &str, headers: &[(&str, &str)], body: &str) -> Result<(u16, String)> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(LIMIT))?;
    let mut lines = vec![format!("{line} HTTP/1.1"), "Host: bench".to_owned(), "Connection: close".to_owned()];
    lines.extend(headers.iter().map(|(name, value)| format!("{name}: {value}")));
    if !body.is_empty() {
        lines.extend(["Content-Type: application/json".to_owned(), format!("Content-Length: {}", body.len())]);
    }
    stream.write_all(format!("{}\r\n\r\n{body}", lines.join("\r\n")).as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").context("an answer without an end of its head")?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).context("an answer without a status")?;
    Ok((status, body.to_owned()))
}

/// The same, where only success will do.
pub(crate) fn expect(address: SocketAddr, line: &str, headers: &[(&str, &str)], body: &str) -> Result<String> {
    let (status, answer) = ask(address, line, headers, body)?;
    ensure!((200..300).contains(&status), "{line}: {status} {answer}");
    Ok(answer)
}

/// A member of a compact JSON text whose value is a text without escapes.
pub(crate) fn member<'json>(json: &'json str, name: &str) -> Result<&'json str> {
    let start = format!("\"{name}\":\"");
    let value = json.split_once(&start).and_then(|(_, rest)| rest.split_once('"'));
    value.map(|(value, _)| value).with_context(|| format!("no {name} in {json}"))
}

/// The id of what an answer of the Authorisation API shows: it comes last, after those of what that names.
pub(crate) fn own_id(json: &str) -> Result<&str> {
    let (_, rest) = json.rsplit_once("\"UUID\":\"").with_context(|| format!("no UUID in {json}"))?;
    rest.split('"').next().with_context(|| format!("no UUID in {json}"))
}

/// A member of a compact JSON text whose value is a number.
pub(crate) fn number(json: &str, name: &str) -> Result<u64> {
    let start = format!("\"{name}\":");
    let (_, rest) = json.split_once(&start).with_context(|| format!("no {name} in {json}"))?;
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
    digits.parse().with_context(|| format!("no number {name} in {json}"))
}
