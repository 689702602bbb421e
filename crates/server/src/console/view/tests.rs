//! What holds for every state of every page.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::PathBuf;

use askama::Template;

use super::access::AccessPage;
use super::account::AccountPage;
use super::account::support::ImpersonationPage;
use super::agreements::{AgreementPage, AgreementsPage};
use super::choose::ChoosePage;
use super::confirm::ConfirmPage;
use super::consent::{ConsentPage, ConsentRefusedPage};
use super::created::CreatedPage;
use super::decision::DecisionPage;
use super::docs::{DocsOperationPage, DocsPage, DocsSectionPage};
use super::error::ErrorPage;
use super::forgot_password::ForgotPasswordPage;
use super::form::FormPage;
use super::guide::GuidePage;
use super::import::ImportPage;
use super::invitation::InvitationPage;
use super::invitations::InvitationsPage;
use super::inviting::InvitePage;
use super::licence::LicencePage;
use super::licences::LicencesPage;
use super::login::LoginPage;
use super::markup::{Element, elements};
use super::move_organisation::MoveOrganisationPage;
use super::organisation::OrganisationPage;
use super::organisation_form::{EditOrganisationPage, NewOrganisationPage};
use super::organisations::OrganisationsPage;
use super::people::PeoplePage;
use super::person::{JoinPage, PersonPage};
use super::pools::{PoolPage, PoolsPage};
use super::register::RegisterPage;
use super::reset_password::ResetPasswordPage;
use super::setup::SetupPage;
use super::system_licence::SystemLicencePage;
use super::systems::SystemsPage;
use crate::assets;

/// Characters that end a text, a value or an entity when they are not escaped.
const PLANT: &str = "<script>\"'&";

/// Attributes that hold the ids of elements of the same page.
const REFERENCES: [&str; 8] = [
    "for",
    "aria-describedby",
    "aria-labelledby",
    "popovertarget",
    "data-reveal",
    "data-download-from",
    "data-strength",
    "data-known",
];

/// Every state of every page, rendered.
fn pages(plant: &str) -> Vec<(&'static str, String)> {
    fn render(samples: Vec<(&'static str, impl Template)>) -> Vec<(&'static str, String)> {
        samples.into_iter().map(|(name, page)| (name, page.render().unwrap())).collect()
    }
    [
        render(SetupPage::samples(plant)),
        render(LoginPage::samples(plant)),
        render(RegisterPage::samples(plant)),
        render(ForgotPasswordPage::samples(plant)),
        render(ResetPasswordPage::samples(plant)),
        render(ConfirmPage::samples(plant)),
        render(InvitationPage::samples(plant)),
        render(InvitationsPage::samples(plant)),
        render(InvitePage::samples(plant)),
        render(ImportPage::samples(plant)),
        render(AccountPage::samples(plant)),
        render(ImpersonationPage::samples(plant)),
        render(ConsentPage::samples(plant)),
        render(ConsentRefusedPage::samples(plant)),
        render(CreatedPage::samples(plant)),
        render(SystemsPage::samples(plant)),
        render(OrganisationsPage::samples(plant)),
        render(OrganisationPage::samples(plant)),
        render(NewOrganisationPage::samples(plant)),
        render(EditOrganisationPage::samples(plant)),
        render(DecisionPage::samples(plant)),
        render(MoveOrganisationPage::samples(plant)),
        render(PeoplePage::samples(plant)),
        render(PersonPage::samples(plant)),
        render(JoinPage::samples(plant)),
        render(AccessPage::samples(plant)),
        render(DocsPage::samples(plant)),
        render(DocsSectionPage::samples(plant)),
        render(DocsOperationPage::samples(plant)),
        render(GuidePage::samples(plant)),
        render(LicencesPage::samples(plant)),
        render(LicencePage::samples(plant)),
        render(SystemLicencePage::samples(plant)),
        render(AgreementsPage::samples(plant)),
        render(AgreementPage::samples(plant)),
        render(PoolsPage::samples(plant)),
        render(PoolPage::samples(plant)),
        render(FormPage::samples(plant)),
        render(ChoosePage::samples(plant)),
        render(ErrorPage::samples(plant)),
    ]
    .concat()
}

/// Calls the check with every state of every page, plain and with planted characters.
fn each(check: impl Fn(&str, &[Element])) {
    for plant in ["", PLANT] {
        for (name, page) in pages(plant) {
            check(name, &elements(&page));
        }
    }
}

#[test]
fn nothing_is_inline() {
    each(|name, page| {
        for element in page {
            assert!(element.name != "style", "{name}: {element:?}");
            assert!(element.name != "script" || element.attribute("src").is_some(), "{name}: {element:?}");
            let inline = element.attributes.keys().find(|key| *key == "style" || key.starts_with("on"));
            assert!(inline.is_none(), "{name}: {element:?}");
        }
    });
}

#[test]
fn what_went_wrong_is_where_the_eye_goes() {
    each(|name, page| {
        let takes_focus = |element: &&Element| element.attributes.contains_key("autofocus");
        assert!(page.iter().filter(takes_focus).count() <= 1, "{name}: only the first one gets it");
        for alert in page.iter().filter(|element| element.attribute("role") == Some("alert")) {
            assert!(takes_focus(&alert) && alert.attribute("tabindex") == Some("-1"), "{name}: {alert:?}");
        }
    });
}

#[test]
fn every_field_has_a_label() {
    each(|name, page| {
        let labelled: BTreeSet<&str> = page.iter().filter_map(|element| element.attribute("for")).collect();
        for element in page {
            let is_field = matches!(element.name.as_str(), "input" | "select" | "textarea");
            if is_field && element.attribute("type") != Some("hidden") {
                assert!(labelled.contains(element.attribute("id").unwrap()), "{name}: {element:?}");
            }
        }
    });
}

#[test]
fn every_reference_within_a_page_leads_somewhere() {
    each(|name, page| {
        let ids: BTreeSet<&str> = page.iter().filter_map(|element| element.attribute("id")).collect();
        for element in page {
            for key in REFERENCES {
                for id in element.attribute(key).unwrap_or_default().split_whitespace() {
                    assert!(ids.contains(id), "{name}: {element:?}");
                }
            }
            if let Some(id) = element.attribute("href").and_then(|target| target.strip_prefix('#')) {
                assert!(ids.contains(id), "{name}: {element:?}");
            }
        }
    });
}

#[test]
fn ids_are_unique() {
    each(|name, page| {
        let mut seen = BTreeSet::new();
        for id in page.iter().filter_map(|element| element.attribute("id")) {
            assert!(seen.insert(id), "{name}: {id}");
        }
    });
}

#[test]
fn every_page_has_one_heading_one_main_and_a_title() {
    each(|name, page| {
        // That of a picture has an id, by which the picture is named.
        let is_one = |found: &&Element, name| found.name == name && (name != "title" || found.attributes.is_empty());
        for element in ["h1", "main", "title"] {
            assert_eq!(page.iter().filter(|found| is_one(found, element)).count(), 1, "{name}: {element}");
        }
        let title = page.iter().find(|found| is_one(found, "title")).unwrap();
        assert!(title.text.len() > " · Bailiwick".len(), "{name}: {}", title.text);
    });
}

#[test]
fn headings_go_down_one_step_at_a_time() {
    each(|name, page| {
        let mut level = 0;
        for element in page {
            let Some(next) = element.name.strip_prefix('h').and_then(|digits| digits.parse::<u32>().ok()) else {
                continue;
            };
            assert!(next <= level + 1, "{name}: h{level} then h{next}");
            level = next;
        }
    });
}

#[test]
fn every_button_and_link_has_a_name() {
    for (name, page) in pages("") {
        for tag in ["<button", "<a "] {
            for piece in page.split(tag).skip(1) {
                let end = if tag == "<a " { "</a>" } else { "</button>" };
                let inside = piece.split_once('>').unwrap().1.split(end).next().unwrap();
                let words: String = elements_text(inside);
                assert!(!words.trim().is_empty(), "{name}: {inside}");
            }
        }
    }
}

/// The text of a piece of markup, its tags left out.
fn elements_text(markup: &str) -> String {
    let mut text = String::new();
    let mut inside_tag = false;
    for character in markup.chars() {
        match character {
            '<' => inside_tag = true,
            '>' => inside_tag = false,
            other if !inside_tag => text.push(other),
            _ => {}
        }
    }
    text
}

#[test]
fn every_form_that_posts_carries_its_token() {
    for (name, page) in pages("") {
        for form in page.split("<form").skip(1) {
            let form = form.split("</form>").next().unwrap();
            if form.contains("method=\"post\"") {
                assert!(form.contains("name=\"form_token\" value=\"token-of-the-form\""), "{name}: {form}");
            }
        }
    }
}

#[test]
fn what_comes_from_outside_is_escaped() {
    for (name, page) in pages(PLANT) {
        assert!(!page.contains(PLANT), "{name}");
        assert!(!page.contains("<script>"), "{name}");
        // Whatever was planted is there in its escaped form.
        assert!(page.contains("&#60;script&#62;&#34;&#39;&#38;"), "{name}");
    }
}

#[test]
fn a_page_stays_under_thirty_kilobytes() {
    for (name, page) in pages("") {
        assert!(page.len() < 30_000, "{name}: {} bytes", page.len());
    }
}

#[test]
fn every_asset_that_a_page_names_is_there() {
    each(|name, page| {
        for element in page {
            for target in ["src", "href"].into_iter().filter_map(|key| element.attribute(key)) {
                let Some(path) = target.strip_prefix(assets::PREFIX) else { continue };
                let (path, version) = path.split_once("?v=").unwrap();
                assert_eq!(assets::find(path).unwrap().version, version, "{name}: {target}");
            }
        }
    });
}

#[test]
fn states_have_names_of_their_own() {
    let names: Vec<&str> = pages("").into_iter().map(|(name, _)| name).collect();
    let distinct: BTreeSet<&str> = names.iter().copied().collect();
    assert_eq!(distinct.len(), names.len());
}

/// Writes every state of every page for people to look at: into the folder that
/// `BAILIWICK_SAMPLE_PAGES_DIR` names, else into one that is thrown away.
#[test]
fn every_state_can_be_written_to_a_file_of_its_name() {
    let thrown_away = tempfile::tempdir().unwrap();
    let named = std::env::var_os("BAILIWICK_SAMPLE_PAGES_DIR").map(PathBuf::from);
    let folder = named.unwrap_or_else(|| thrown_away.path().to_owned());
    std::fs::create_dir_all(&folder).unwrap();
    let pages = pages("");
    for (name, page) in &pages {
        std::fs::write(folder.join(name).with_extension("html"), page).unwrap();
    }
    let written = std::fs::read_dir(&folder).unwrap().count();
    assert!(written >= pages.len(), "{written} files for {} pages", pages.len());
}
