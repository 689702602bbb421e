//! Light or dark, for browsers without script.

use axum::response::Response;
use bailiwick_app::context::Context;
use bailiwick_contract::page::{Page, Visit};
use bailiwick_domain::account::Theme;
use bailiwick_domain::fault::Fault;

use super::frame::{Cookies, local_path};
use super::view::layout::{THEME_COOKIE, theme_of};

/// How long a browser keeps the choice, in seconds.
const KEPT_FOR_S: u32 = 365 * 24 * 60 * 60;

pub(super) fn pages() -> Vec<Page> {
    vec![Page::post("/theme", "choose-theme").open().handle(choose)]
}

async fn choose(visit: Visit<()>) -> Result<Response, Fault> {
    let theme = theme_of(visit.field("theme").unwrap_or_default());
    let next = local_path(&visit.context, visit.field("next").unwrap_or("/"));
    Cookies::default().and(theme_cookie(&visit.context, theme)).redirect(&next)
}

/// The value of a `Set-Cookie` that keeps the choice of theme in a browser.
pub(super) fn theme_cookie(context: &Context, theme: Theme) -> String {
    // Scripts write this cookie too, so it is not for our eyes alone.
    let secure = if context.settings.base_url.is_https() { "; Secure" } else { "" };
    format!("{THEME_COOKIE}={}; Path=/; SameSite=Lax; Max-Age={KEPT_FOR_S}{secure}", theme.name())
}
