//! The document says what the server does.

use serde_json::Value;

use super::fixture::registry;
use crate::document::document;

#[test]
fn printed() {
    println!("{}", serde_json::to_string_pretty(&document(&registry(), "1.2.3")).unwrap());
    let _: Option<Value> = None;
}
