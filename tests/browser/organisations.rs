//! Organisations: found, created, suspended, destroyed, with the keyboard alone; and how the pages look.

use bailiwick_testkit::bench::{Bench, Engine};
use thirtyfour::Key;

use crate::partners::{Partners, signed_in};
use crate::visitor::Visitor;

/// The names in the list.
async fn names(visitor: &Visitor) -> Vec<String> {
    let script = "return Array.from(document.querySelectorAll('tbody th'), (cell) => cell.innerText.trim())";
    serde_json::from_value(visitor.run(script).await).unwrap()
}

/// Goes on to something by Tab, and on from there by Enter.
async fn enter(visitor: &Visitor, selector: &str) {
    visitor.tab_to(selector).await;
    visitor.keys(Key::Enter).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_lead_from_the_search_to_a_suspension_and_back() {
    let bench = Bench::start(Engine::Sqlite).await;
    let partners = Partners::meet(&bench).await;
    let visitor = signed_in(&bench, &partners.nora).await;
    enter(&visitor, "nav a[href='/organizations']").await;
    visitor.arrive_at("Organisations").await;
    visitor.keys("/").await;
    visitor.keys("alpine").await;
    // The list follows while one types, and the address with it.
    while names(&visitor).await != ["Alpine Networks"] {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert!(visitor.address().await.contains("q=alpine"), "{}", visitor.address().await);
    enter(&visitor, "tbody th a").await;
    visitor.arrive_at("Alpine Networks").await;
    enter(&visitor, "a[href$='/suspend']").await;
    let text = visitor.arrive_at("Suspend Alpine Networks?").await;
    assert!(text.contains("Organisations, this one included") && text.contains("People"), "{text}");
    enter(&visitor, "main button.is-harm").await;
    let text = visitor.arrive_at("Alpine Networks").await;
    assert!(text.contains("The organisation is suspended"), "{text}");
    enter(&visitor, "form[action$='/reactivate'] button").await;
    visitor.find_soon(".object-state .is-online").await;
    assert!(visitor.arrive_at("Alpine Networks").await.contains("The suspension has ended."));
    visitor.browser.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_create_an_organisation_below_another_and_change_it() {
    let bench = Bench::start(Engine::Sqlite).await;
    let partners = Partners::meet(&bench).await;
    let visitor = signed_in(&bench, &partners.nora).await;
    visitor.go(&bench.at(&format!("/organizations/{}", partners.alpine))).await;
    visitor.arrive_at("Alpine Networks").await;
    enter(&visitor, "a[href^='/organizations/new']").await;
    visitor.arrive_at("New organisation").await;
    visitor.tab_to("#name").await;
    visitor.keys(" ").await;
    visitor.keys(Key::Enter).await;
    visitor.find_soon("#name-error").await;
    visitor.arrive_at("New organisation").await;
    visitor.tab_to("#name").await;
    visitor.keys("Trattoria da Gino").await;
    visitor.keys(Key::Enter).await;
    let text = visitor.arrive_at("Trattoria da Gino").await;
    assert!(text.contains("The organisation is created."), "{text}");
    enter(&visitor, "a[href$='/edit']").await;
    visitor.arrive_at("Edit organisation").await;
    visitor.tab_to("#vat_number").await;
    visitor.keys("it 0815").await;
    visitor.keys(Key::Enter).await;
    assert!(visitor.arrive_at("Trattoria da Gino").await.contains("IT0815"));
    visitor.browser.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_delete_and_destroy_what_is_named() {
    let bench = Bench::start(Engine::Sqlite).await;
    let partners = Partners::meet(&bench).await;
    let visitor = signed_in(&bench, &partners.root).await;
    visitor.go(&bench.at(&format!("/organizations/{}/delete", partners.hotel))).await;
    visitor.arrive_at("Delete Hotel Bellavista?").await;
    enter(&visitor, "main button.is-harm").await;
    assert!(visitor.arrive_at("Hotel Bellavista").await.contains("It can be restored."));
    enter(&visitor, "a[href$='/destroy']").await;
    visitor.arrive_at("Destroy Hotel Bellavista?").await;
    visitor.tab_to("#typed_name").await;
    visitor.keys("Hotel").await;
    visitor.keys(Key::Enter).await;
    visitor.find_soon("#typed_name-error").await;
    visitor.arrive_at("Destroy Hotel Bellavista?").await;
    visitor.tab_to("#typed_name").await;
    // Tab has chosen all that was there, so that this takes its place.
    visitor.keys("Hotel Bellavista").await;
    visitor.keys(Key::Enter).await;
    assert!(visitor.arrive_at("Organisations").await.contains("is gone for good"));
    visitor.browser.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_walk_down_the_tree_and_move_what_stands_there() {
    let bench = Bench::start(Engine::Sqlite).await;
    let partners = Partners::meet(&bench).await;
    let visitor = signed_in(&bench, &partners.root).await;
    visitor.go(&bench.at("/organizations?view=tree")).await;
    visitor.arrive_at("Organisations").await;
    enter(&visitor, &format!("a.fold[href$='{}']", partners.north)).await;
    visitor.find_soon(&format!("a.fold[href$='{}']", partners.alpine)).await;
    visitor.arrive_at("Organisations").await;
    enter(&visitor, &format!("a[href='/organizations/{}']", partners.alpine)).await;
    visitor.arrive_at("Alpine Networks").await;
    enter(&visitor, "a[href$='/move']").await;
    visitor.arrive_at("Move Alpine Networks").await;
    enter(&visitor, &format!("a[href$='parent_id={}']", partners.south)).await;
    let text = visitor.arrive_at("Move Alpine Networks below Southgate Distribution?").await;
    assert!(text.contains("What moves along"), "{text}");
    enter(&visitor, "main form button").await;
    let text = visitor.arrive_at("Alpine Networks").await;
    assert!(text.contains("The organisation is moved") && text.contains("Southgate Distribution"), "{text}");
    visitor.browser.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pages_of_organisations_fit_and_complain_about_nothing() {
    let bench = Bench::start(Engine::Sqlite).await;
    let partners = Partners::meet(&bench).await;
    partners.multiply(&bench).await;
    let visitor = signed_in(&bench, &partners.root).await;
    let one = format!("/organizations/{}", partners.alpine);
    let hotel = format!("/organizations/{}", partners.hotel);
    for (name, path, heading) in [
        ("organisations", "/organizations", "Organisations"),
        ("organisations-last-page", "/organizations?page=2&sort_by=created_at&sort_direction=desc", "Organisations"),
        ("organisations-no-match", "/organizations?q=nothing+of+this+name&status=suspended", "Organisations"),
        ("organisations-tree", &format!("/organizations?view=tree&open={}", partners.alpine), "Organisations"),
        ("organisation", &one, "Alpine Networks"),
        ("organisation-suspended", &hotel, "Hotel Bellavista"),
        ("organisation-edit", &format!("{one}/edit"), "Edit organisation"),
        ("organisation-suspend", &format!("{one}/suspend"), "Suspend Alpine Networks?"),
        ("organisation-move", &format!("{one}/move"), "Move Alpine Networks"),
        ("organisation-new", &format!("/organizations/new?parent_id={}", partners.north), "New organisation"),
        ("organisation-new-choose", "/organizations/new?choose=parent", "New organisation"),
    ] {
        visitor.go(&bench.at(path)).await;
        visitor.arrive_at(heading).await;
        visitor.portray(name).await;
    }
    visitor.go(&bench.at(&format!("{one}/edit"))).await;
    visitor.arrive_at("Edit organisation").await;
    visitor.write("name", " ").await;
    visitor.write("vat_number", "?").await;
    visitor.click("Save changes").await;
    visitor.find_soon("#vat_number-error").await;
    visitor.arrive_at("Edit organisation").await;
    visitor.portray("organisation-edit-refused").await;
    visitor.go(&bench.at(&format!("{hotel}/delete"))).await;
    visitor.arrive_at("Delete Hotel Bellavista?").await;
    visitor.click("Delete").await;
    visitor.arrive_at("Hotel Bellavista").await;
    visitor.portray("organisation-deleted").await;
    visitor.click("Destroy").await;
    visitor.arrive_at("Destroy Hotel Bellavista?").await;
    visitor.write("typed_name", "Hotel").await;
    visitor.click("Destroy").await;
    visitor.find_soon("#typed_name-error").await;
    visitor.arrive_at("Destroy Hotel Bellavista?").await;
    visitor.portray("organisation-destroy").await;
    visitor.browser.quit().await.unwrap();
}
