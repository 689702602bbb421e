//! People: found, given other roles, removed, suspended, with the keyboard alone; and how the pages look.

use bailiwick_testkit::bench::{Bench, Engine};
use thirtyfour::Key;

use crate::partners::{Partners, signed_in};
use crate::visitor::Visitor;

async fn enter(visitor: &Visitor, selector: &str) {
    visitor.tab_to(selector).await;
    visitor.keys(Key::Enter).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_give_somebody_another_role_and_are_told_where_that_is_refused() {
    let bench = Bench::start(Engine::Sqlite).await;
    let partners = Partners::meet(&bench).await;
    let visitor = signed_in(&bench, &partners.nora).await;
    enter(&visitor, "nav a[href='/users']").await;
    visitor.arrive_at("People").await;
    enter(&visitor, &format!("a[href='/users/{}']", partners.ben.id)).await;
    visitor.arrive_at("ben").await;
    visitor.tab_to("td select").await;
    // A letter chooses in a list.
    visitor.keys("R").await;
    enter(&visitor, "td form button").await;
    visitor.find_soon("[role=status].notice").await;
    visitor.arrive_at("ben").await;
    assert_eq!(visitor.value_of("td select").await, "reader");
    visitor.go(&bench.at(&format!("/users/{}", partners.ada.id))).await;
    visitor.arrive_at("ada").await;
    visitor.tab_to("td select").await;
    visitor.keys("S").await;
    enter(&visitor, "td form button").await;
    visitor.find_soon("main [role=alert]").await;
    let text = visitor.arrive_at("ada").await;
    assert!(text.contains("Alpine Networks would be left without an administrator"), "{text}");
    assert_eq!(visitor.value_of("td select").await, "admin");
    visitor.browser.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_remove_and_suspend_after_a_question_with_numbers() {
    let bench = Bench::start(Engine::Sqlite).await;
    let partners = Partners::meet(&bench).await;
    bench.join(&partners.ben, partners.hotel, bailiwick_domain::role::Role::Reader).await;
    let visitor = signed_in(&bench, &partners.nora).await;
    visitor.go(&bench.at(&format!("/users/{}", partners.ben.id))).await;
    visitor.arrive_at("ben").await;
    enter(&visitor, &format!("a[href$='/memberships/{}/remove']", partners.hotel)).await;
    let text = visitor.arrive_at("Remove ben from Hotel Bellavista?").await;
    assert!(text.contains("What they lose"), "{text}");
    enter(&visitor, "main button.is-harm").await;
    let text = visitor.arrive_at("ben").await;
    assert!(text.contains("is removed from the organisation") && !text.contains("Hotel Bellavista"), "{text}");
    enter(&visitor, "a[href$='/suspend']").await;
    assert!(visitor.arrive_at("Suspend ben?").await.contains("Sessions that end"));
    enter(&visitor, "main button.is-harm").await;
    assert!(visitor.arrive_at("ben").await.contains("The account is suspended."));
    enter(&visitor, "form[action$='/reactivate'] button").await;
    visitor.find_soon("form[action$='/reset-password']").await;
    assert!(visitor.arrive_at("ben").await.contains("The suspension has ended."));
    visitor.browser.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_take_somebody_into_a_further_organisation() {
    let bench = Bench::start(Engine::Sqlite).await;
    let partners = Partners::meet(&bench).await;
    let visitor = signed_in(&bench, &partners.nora).await;
    visitor.go(&bench.at(&format!("/users/{}", partners.ben.id))).await;
    visitor.arrive_at("ben").await;
    enter(&visitor, "a[href$='/memberships']").await;
    visitor.arrive_at("Add ben to an organisation").await;
    visitor.tab_to("#q").await;
    visitor.keys("bella").await;
    visitor.keys(Key::Enter).await;
    visitor.find_soon("#q[value=bella]").await;
    visitor.arrive_at("Add ben to an organisation").await;
    enter(&visitor, &format!("a[href$='{}']", partners.hotel)).await;
    visitor.find_soon("#role").await;
    visitor.arrive_at("Add ben to an organisation").await;
    visitor.tab_to("#role").await;
    visitor.keys("S").await;
    enter(&visitor, "main form button").await;
    let text = visitor.arrive_at("ben").await;
    assert!(text.contains("belongs to a further organisation") && text.contains("Hotel Bellavista"), "{text}");
    visitor.browser.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pages_of_people_fit_and_complain_about_nothing() {
    let bench = Bench::start(Engine::Sqlite).await;
    let partners = Partners::meet(&bench).await;
    partners.multiply(&bench).await;
    bench.join(&partners.ben, partners.hotel, bailiwick_domain::role::Role::Reader).await;
    let visitor = signed_in(&bench, &partners.nora).await;
    let ben = format!("/users/{}", partners.ben.id);
    for (name, path, heading) in [
        ("people", "/users", "People"),
        ("people-of-one", &format!("/users?organization_id={}&role=support", partners.alpine), "People"),
        ("people-no-match", "/users?q=nobody+of+this+name", "People"),
        ("person", &ben, "ben"),
        ("person-oneself", &format!("/users/{}", partners.nora.id), "nora"),
        ("person-suspend", &format!("{ben}/suspend"), "Suspend ben?"),
        ("person-remove", &format!("{ben}/memberships/{}/remove", partners.alpine), "Remove ben from Alpine Networks?"),
        ("person-join", &format!("{ben}/memberships"), "Add ben to an organisation"),
        (
            "person-join-role",
            &format!("{ben}/memberships?organization_id={}", partners.north),
            "Add ben to an organisation",
        ),
    ] {
        visitor.go(&bench.at(path)).await;
        visitor.arrive_at(heading).await;
        visitor.portray(name).await;
    }
    visitor.go(&bench.at(&format!("/users/{}/memberships/{}/remove", partners.ada.id, partners.alpine))).await;
    visitor.arrive_at("Remove ada from Alpine Networks?").await;
    visitor.click("Remove").await;
    visitor.find_soon("main [role=alert]").await;
    visitor.arrive_at("Remove ada from Alpine Networks?").await;
    visitor.portray("person-remove-refused").await;
    visitor.browser.quit().await.unwrap();
}
