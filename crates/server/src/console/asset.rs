//! Style sheets, scripts and pictures.

use axum::response::Response;
use bailiwick_contract::page::{Page, Visit};
use bailiwick_domain::fault::{Code, Fault};
use http::header::IF_NONE_MATCH;

use crate::assets;

pub(super) fn pages() -> Vec<Page> {
    vec![Page::get("/assets/{*path}", "asset").open().handle(show)]
}

async fn show(visit: Visit<()>) -> Result<Response, Fault> {
    let path = visit.parameter("path").unwrap_or_default();
    let known = visit.headers.get(IF_NONE_MATCH);
    assets::respond(path, visit.query_member("v"), known).ok_or_else(|| Code::NoSuchRoute.into())
}
