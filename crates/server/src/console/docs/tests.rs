//! What holds for the API pages of everything that this program declares.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where it fails")]

use std::collections::{BTreeMap, BTreeSet};

use askama::Template as _;
use serde_json::Value;

use super::*;
use crate::api::openapi_document;
use crate::console::view::layout::samples::stranger;
use crate::console::view::markup::elements;

const BASE_URL: &str = "https://bailiwick.example";

/// The path and the HTML of every API page.
fn rendered() -> BTreeMap<String, String> {
    let sections = sections::sections(&crate::registry().unwrap());
    let frame = |path: &str| (stranger(path, ""), index(&sections, path.to_owned()));
    let (layout, index) = frame("/docs");
    let (base_url, version) = (BASE_URL.to_owned(), VERSION.to_owned());
    let whole = DocsPage { layout, index, sections: sections.clone(), base_url, version };
    let mut pages = BTreeMap::from([("/docs".to_owned(), whole.render().unwrap())]);
    for section in sections.clone() {
        for operation in section.operations.clone() {
            let path = section.operation_path(&operation);
            let (layout, index) = frame(&path);
            let page = DocsOperationPage { layout, index, section: section.clone(), operation };
            pages.insert(path, page.render().unwrap());
        }
        let path = section_path(&section.slug);
        let (layout, index) = frame(&path);
        pages.insert(path, DocsSectionPage { layout, index, section }.render().unwrap());
    }
    for guide in Guide::ALL {
        let (layout, index) = frame(&guide.path());
        let page = GuidePage { layout, index, guide, base_url: BASE_URL.to_owned() };
        pages.insert(guide.path(), page.render().unwrap());
    }
    pages
}

/// Every operation of the document with its path and its method in capitals.
fn operations(document: &Value) -> Vec<(&str, String, &Value)> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let methods = item.as_object().unwrap().iter().filter(|(key, _)| *key != "servers");
        found.extend(methods.map(|(method, operation)| (path.as_str(), method.to_uppercase(), operation)));
    }
    found
}

/// The page of an operation.
fn page_of<'a>(pages: &'a BTreeMap<String, String>, operation: &Value) -> &'a str {
    let slug = operation["tags"][0].as_str().unwrap().to_lowercase();
    &pages[&format!("{}/{}", section_path(&slug), operation["operationId"].as_str().unwrap())]
}

#[test]
fn every_operation_of_the_document_is_there_and_nothing_else() {
    let (document, pages) = (openapi_document(&crate::registry().unwrap()), rendered());
    let operations = operations(&document);
    for (path, method, operation) in &operations {
        let route = format!("{method}</span><code>{path}</code>");
        assert!(pages["/docs"].contains(&route), "{route}");
        let page = page_of(&pages, operation);
        assert!(page.contains(&route), "{route}");
        let deadline = format!("<dd>{} s</dd>", operation["x-deadline-seconds"]);
        assert!(page.contains(&deadline), "{route}: {deadline}");
        let right = operation.get("x-required-right").and_then(Value::as_str);
        assert_eq!(right.is_some(), page.contains("<dt>Right</dt>"), "{route}");
        assert!(right.is_none_or(|right| page.contains(&format!("<code>{right}</code>"))), "{route}");
    }
    let shown = pages["/docs"].matches("<span class=\"method ").count();
    assert_eq!(shown, operations.len());
}

#[test]
fn every_page_stays_small() {
    for (path, page) in rendered() {
        assert!(page.len() < 30_000, "{path}: {} bytes", page.len());
    }
}

#[test]
fn every_input_and_every_answer_of_an_operation_is_there() {
    let (document, pages) = (openapi_document(&crate::registry().unwrap()), rendered());
    for (path, method, operation) in operations(&document) {
        let page = page_of(&pages, operation);
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let body = operation["requestBody"]["content"]["application/json"]["schema"]["properties"].as_object();
        let members = body.into_iter().flat_map(|members| members.keys().map(String::as_str));
        for name in parameters.map(|parameter| parameter["name"].as_str().unwrap()).chain(members) {
            assert!(page.contains(&format!("<code>{name}</code>")), "{method} {path}: {name}");
        }
        for status in operation["responses"].as_object().unwrap().keys() {
            assert!(page.contains(&format!("\">{status}</span>")), "{method} {path}: {status}");
        }
    }
}

#[test]
fn members_are_listed_with_their_members() {
    let pages = rendered();
    for (page, name) in [
        ("/docs/systems/list-systems", "data.systems[].organization.name"),
        ("/docs/systems/list-systems", "data.pagination.total_count"),
        ("/docs/systems/create-system-by-callback", "data.system.organization.name"),
        ("/docs/cloud/status", "Services.*.Online"),
        ("/docs/authenticate/sign-in", "RefreshToken"),
    ] {
        assert!(pages[page].contains(&format!("<code>{name}</code>")), "{name}");
    }
}

#[test]
fn nothing_leads_or_loads_from_elsewhere() {
    for (path, page) in rendered() {
        for element in elements(&page) {
            for key in ["href", "src", "action"] {
                let target = element.attribute(key).unwrap_or("#");
                let is_ours = target.starts_with('#') || (target.starts_with('/') && !target.starts_with("//"));
                assert!(is_ours, "{path}: {element:?}");
            }
        }
    }
}

#[test]
fn every_link_among_the_pages_leads_to_something() {
    let pages = rendered();
    let ids: BTreeMap<&str, BTreeSet<String>> = pages
        .iter()
        .map(|(path, page)| {
            let ids: Vec<_> =
                elements(page).iter().filter_map(|found| found.attribute("id").map(str::to_owned)).collect();
            let distinct: BTreeSet<_> = ids.iter().cloned().collect();
            assert_eq!(distinct.len(), ids.len(), "{path}: an id twice");
            (path.as_str(), distinct)
        })
        .collect();
    for (path, page) in &pages {
        for element in elements(page) {
            let Some(target) = element.attribute("href").filter(|target| target.starts_with(['#', '/'])) else {
                continue;
            };
            let (page, anchor) = target.split_once('#').unwrap_or((target, ""));
            let page = if page.is_empty() { path } else { page };
            if page.starts_with("/docs") {
                let known = ids.get(page).is_some_and(|ids| anchor.is_empty() || ids.contains(anchor));
                assert!(known, "{path}: {target}");
            }
        }
    }
}

#[test]
fn the_open_page_is_marked_in_the_index() {
    for (path, page) in rendered() {
        let marked = format!("href=\"{path}\" aria-current=\"page\"");
        assert!(page.contains(&marked), "{path}");
    }
}

#[test]
fn examples_are_json_and_leave_out_what_is_deprecated() {
    let sections = sections::sections(&crate::registry().unwrap());
    let operations: Vec<_> = sections.iter().flat_map(|section| &section.operations).collect();
    let bodies = operations.iter().flat_map(|operation| {
        operation.body.iter().chain(operation.answers.iter().filter_map(|answer| answer.body.as_ref()))
    });
    let examples: Vec<Value> =
        bodies.filter_map(|body| body.example.as_deref()).map(|text| serde_json::from_str(text).unwrap()).collect();
    assert!(examples.len() >= operations.len() / 2, "{}", examples.len());
    let shows_something = |example: &Value| example.as_object().is_some_and(|members| !members.is_empty());
    for example in &examples {
        let parts = example.as_array().map_or(std::slice::from_ref(example), Vec::as_slice);
        assert!(!parts.is_empty() && parts.iter().all(shows_something), "{example}");
    }
    let sign_in = operations.iter().find(|operation| operation.id == "sign-in").unwrap();
    let body = sign_in.body.as_ref().unwrap();
    let email = body.fields.iter().find(|field| field.name == "Email").unwrap();
    assert!(email.type_text.ends_with("; deprecated"), "{}", email.type_text);
    assert!(!body.example.as_ref().unwrap().contains("\"Email\""));
}

#[test]
fn what_the_settings_decide_is_not_in_the_document() {
    let document = openapi_document(&crate::registry().unwrap());
    let body = &document["paths"]["/api/systems"]["post"]["requestBody"]["content"]["application/json"]["schema"];
    let kind = &body["properties"]["type"];
    assert_eq!((&kind["pattern"], &kind["maxLength"]), (&"^[a-z0-9._-]+$".into(), &100.into()));
    assert!(kind.get("enum").is_none(), "{kind}");
}
