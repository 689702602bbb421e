//! `/docs`: what the endpoints declare, for reading, with or without signing in.

mod body;
mod sections;
mod shape;
#[cfg(test)]
mod tests;

use std::sync::OnceLock;

use axum::response::Response;
use bailiwick_contract::page::{Guest, Page, Visit};
use bailiwick_contract::registry::Registry;
use bailiwick_domain::fault::{Code, Fault};
use http::StatusCode;

use super::frame::{Cookies, Frame};
use super::view::docs::{DocsIndex, DocsOperationPage, DocsPage, DocsSection, DocsSectionPage, section_path};
use super::view::guide::{Guide, GuidePage};
use super::view::layout::{Active, Layout};
use crate::api::VERSION;

pub(super) fn pages() -> Vec<Page> {
    vec![
        Page::get("/docs", "docs").visitor().while_impersonating().handle(show_index),
        Page::get("/docs/{section}", "docs-section").visitor().while_impersonating().handle(show_section),
        Page::get("/docs/{section}/{operation}", "docs-operation")
            .visitor()
            .while_impersonating()
            .handle(show_operation),
        Page::get("/docs/guides/{guide}", "docs-guide").visitor().while_impersonating().handle(show_guide),
    ]
}

async fn show_index(visit: Visit<Guest>) -> Result<Response, Fault> {
    let sections = sections(&visit.registry);
    let (layout, cookies) = frame(&visit);
    let page = DocsPage {
        layout,
        index: index(sections, "/docs".to_owned()),
        sections: sections.to_vec(),
        base_url: visit.context.settings.base_url.origin(),
        version: VERSION.to_owned(),
    };
    cookies.page(StatusCode::OK, &page)
}

async fn show_section(visit: Visit<Guest>) -> Result<Response, Fault> {
    let section = section(&visit)?;
    let (layout, cookies) = frame(&visit);
    let index = index(sections(&visit.registry), section_path(&section.slug));
    cookies.page(StatusCode::OK, &DocsSectionPage { layout, index, section: section.clone() })
}

async fn show_operation(visit: Visit<Guest>) -> Result<Response, Fault> {
    let section = section(&visit)?;
    let name = visit.parameter("operation").unwrap_or_default();
    let operation = section.operations.iter().find(|operation| operation.id == name).ok_or(Code::NoSuchRoute)?;
    let (layout, cookies) = frame(&visit);
    let index = index(sections(&visit.registry), section.operation_path(operation));
    let page = DocsOperationPage { layout, index, section: section.clone(), operation: operation.clone() };
    cookies.page(StatusCode::OK, &page)
}

/// The section that the address names.
fn section(visit: &Visit<Guest>) -> Result<&'static DocsSection, Fault> {
    let slug = visit.parameter("section").unwrap_or_default();
    Ok(sections(&visit.registry).iter().find(|section| section.slug == slug).ok_or(Code::NoSuchRoute)?)
}

async fn show_guide(visit: Visit<Guest>) -> Result<Response, Fault> {
    let guide = Guide::from_slug(visit.parameter("guide").unwrap_or_default()).ok_or(Code::NoSuchRoute)?;
    let (layout, cookies) = frame(&visit);
    let index = index(sections(&visit.registry), guide.path());
    let base_url = visit.context.settings.base_url.origin();
    cookies.page(StatusCode::OK, &GuidePage { layout, index, guide, base_url })
}

/// The sections, put together once: the registry does not change while the program runs.
fn sections(registry: &Registry) -> &'static [DocsSection] {
    static SECTIONS: OnceLock<Vec<DocsSection>> = OnceLock::new();
    SECTIONS.get_or_init(|| sections::sections(registry))
}

fn frame(visit: &Visit<Guest>) -> (Layout, Cookies) {
    Frame::new(visit, visit.caller.caller(), Some(Active::Docs)).take()
}

fn index(sections: &[DocsSection], current: String) -> DocsIndex {
    let sections = sections.iter().map(|section| (section.slug.clone(), section.title.clone())).collect();
    DocsIndex { sections, current }
}
