//! What somebody else put into an address, a form or a header is text on every page: never markup, never a way out.

use std::collections::BTreeSet;

use bailiwick_contract::security_headers::PAGE_POLICY;
use bailiwick_domain::field::Parse;
use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::link::LinkPurpose;
use bailiwick_domain::role::Role;
use bailiwick_testkit::answer::Answer;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::http::submit;
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::people::{PASSWORD, Person};
use reqwest::Method;

use crate::forms::Browser;
use crate::planted_licences::send_about_licences;
use crate::planted_partners::send_about_partners;
use crate::support::{Strict, sign_in};

/// What a page must not take for its own words.
const MARKUP: &str = "'\"></title></textarea><script src=//evil.example></script><img src=x onerror=alert(1)>";
/// The same as text of a page.
const AS_TEXT: &str = "&#39;&#34;&#62;&#60;/title&#62;&#60;/textarea&#62;&#60;script src=//evil.example&#62;&#60;/script&#62;\
    &#60;img src=x onerror=alert(1)&#62;";
/// Every name that a page looks for in its address, but for those that say that something was done.
const NAMES: [&str; 20] = [
    "agreement",
    "callback_url",
    "device",
    "email",
    "ends",
    "id",
    "keep",
    "kind",
    "name",
    "next",
    "organization_id",
    "page",
    "q",
    "session",
    "sort_by",
    "sort_direction",
    "state",
    "status",
    "token",
    "type",
];
/// Those.
const DONE: [&str; 3] = ["confirmed", "notice", "sent"];
const NEWCOMER: &str = "nina@newcomers.example";

/// What is put into the field of this name, so that one can tell which is shown.
fn planted(name: &str) -> String {
    format!("{name}{MARKUP}")
}

/// A form as somebody sends it.
#[derive(Clone, Copy)]
pub(crate) struct Form<'form> {
    pub(crate) path: &'static str,
    /// What makes the server read on.
    pub(crate) good: &'form [(&'form str, &'form str)],
    /// The fields that hold markup.
    pub(crate) hostile: &'form [&'form str],
    /// Those of them that the answer shows.
    pub(crate) shown: &'form [&'form str],
    pub(crate) status: u16,
    /// What the answer says, or where it leads: it comes from as far inside as it was meant to.
    pub(crate) landmark: &'form str,
}

/// Sees to it that an answer holds no markup but our own, leads nowhere else, and shows of the fields these alone.
fn assert_harmless(answer: &Answer, shown: &[&str], hidden: &[&str], what: &str) {
    for markup in ["<script src=//", "<img src=x", "</title></textarea>"] {
        assert!(!answer.body.contains(markup), "{what} with {markup}: {}", answer.body);
    }
    for name in shown {
        assert!(answer.body.contains(&format!("{name}{AS_TEXT}")), "{what} does not show {name}: {}", answer.body);
    }
    for name in hidden {
        assert!(!answer.body.contains(&format!("{name}&#39;")), "{what} shows {name}: {}", answer.body);
    }
    if answer.body.starts_with("<!doctype html>") {
        assert_eq!(answer.header("content-security-policy"), Some(PAGE_POLICY), "{what}");
    }
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{what}");
    let location = answer.header("location").unwrap_or("/");
    assert!(location.starts_with('/') && !location.starts_with("//"), "{what} leads to {location}");
}

async fn send(browser: &Browser<'_>, form: Form<'_>, seen: &mut BTreeSet<&'static str>) {
    send_at(browser, form.path, form, seen).await;
}

/// The same to this address, where the declared one has parameters.
pub(crate) async fn send_at(browser: &Browser<'_>, at: &str, form: Form<'_>, seen: &mut BTreeSet<&'static str>) {
    let Form { path, good, hostile, shown, status, landmark } = form;
    let values: Vec<_> = hostile.iter().map(|name| (*name, planted(name))).collect();
    let fields = good.iter().copied().chain(values.iter().map(|(name, value)| (*name, value.as_str())));
    let answer = Answer::of(submit(browser.request(Method::POST, at), fields)).await;
    let what = format!("{path} with {hostile:?} answered {}", answer.status);
    assert_eq!(answer.status, status, "{what}: {}", answer.body);
    let said = answer.header("location").unwrap_or(&answer.body);
    assert!(said.contains(landmark), "{what} without {landmark}: {said}");
    let hidden: Vec<_> = hostile.iter().copied().filter(|name| !shown.contains(name)).collect();
    assert_harmless(&answer, shown, &hidden, &what);
    seen.insert(path);
}

fn encoded<'a>(members: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(members).finish()
}

/// Every page that is asked for by an address, with markup for whatever it looks for there.
async fn open_everything(browser: &Browser<'_>, names: &[&str]) {
    let registry = bailiwick_server::registry().unwrap();
    let members: Vec<_> = names.iter().map(|name| (*name, planted(name))).collect();
    let query = encoded(members.iter().map(|(name, value)| (*name, value.as_str())));
    for page in registry.pages().filter(|page| page.method == Method::GET) {
        let path = page.path.replace("{*path}", "css/base.css").replace("{section}", "systems");
        let path = path.replace("{operation}", "list-systems").replace("{guide}", "state-token");
        let answer = Answer::of(browser.request(Method::GET, &format!("{path}?{query}"))).await;
        let what = format!("{} answered {}", page.name, answer.status);
        assert!(answer.status < 500, "{what}: {}", answer.body);
        assert_harmless(&answer, &[], &[], &what);
    }
}

/// The forms of whoever is not signed in.
async fn send_as_a_stranger(bench: &Bench, seen: &mut BTreeSet<&'static str>) {
    let forms = [
        Form {
            path: "/login",
            good: &[],
            hostile: &["email", "password", "keep", "next"],
            shown: &["email"],
            status: 401,
            landmark: "Sign-in failed",
        },
        Form {
            path: "/register",
            good: &[("terms", "true")],
            shown: &["name", "company", "email"],
            status: 422,
            hostile: &["name", "company", "email", "password", "newsletter", "next"],
            landmark: "an e-mail address",
        },
        Form {
            path: "/forgot-password",
            good: &[],
            hostile: &["email"],
            shown: &["email"],
            status: 422,
            landmark: "an e-mail address",
        },
        Form { path: "/theme", good: &[], hostile: &["theme", "next"], shown: &[], status: 303, landmark: "/" },
        Form {
            path: "/logout",
            good: &[],
            hostile: &["next"],
            shown: &[],
            status: 303,
            landmark: "/login?notice=signed-out",
        },
        Form {
            path: "/setup",
            good: &[],
            hostile: &["token", "organisation", "name", "email", "password"],
            shown: &["token", "organisation", "name", "email"],
            status: 422,
            landmark: "an e-mail address",
        },
    ];
    for form in forms {
        send(&Browser::new(bench), form, seen).await;
    }
}

/// The forms behind mailed links: with good ones, and with markup in their place.
async fn send_with_links(bench: &Bench, ann: &Person, owner: OrganisationId, seen: &mut BTreeSet<&'static str>) {
    let reset = bench.mailed_link(ann, LinkPurpose::Reset).await;
    let confirm = bench.mailed_link(ann, LinkPurpose::Confirm).await;
    let invitation = bench.invitation(NEWCOMER, owner).await;
    let forms = [
        Form {
            path: "/reset-password",
            good: &[("token", &reset), ("password", "short")],
            hostile: &["act", "next"],
            shown: &[],
            status: 422,
            landmark: &reset,
        },
        Form {
            path: "/reset-password",
            good: &[("password", PASSWORD)],
            hostile: &["token"],
            shown: &[],
            status: 404,
            landmark: "This link does not work",
        },
        Form {
            path: "/confirm",
            good: &[("token", &confirm)],
            hostile: &["next", "notice"],
            shown: &[],
            status: 303,
            landmark: "/login?notice=confirmed",
        },
        Form {
            path: "/confirm",
            good: &[],
            hostile: &["token"],
            shown: &[],
            status: 404,
            landmark: "This link does not work",
        },
        Form {
            path: "/invitation",
            good: &[("act", "register"), ("token", &invitation)],
            shown: &["name"],
            status: 422,
            hostile: &["name", "password", "newsletter", "terms", "email"],
            landmark: NEWCOMER,
        },
        Form {
            path: "/invitation",
            good: &[("token", &invitation)],
            hostile: &["act"],
            shown: &[],
            status: 400,
            landmark: "cannot be read",
        },
    ];
    for form in forms {
        send(&Browser::new(bench), form, seen).await;
    }
}

/// Each form of `/account`.
async fn send_as_a_member(browser: &Browser<'_>, seen: &mut BTreeSet<&'static str>) {
    let forms = [
        Form {
            path: "/account",
            good: &[("act", "profile")],
            hostile: &["name", "phone_number", "job_title"],
            shown: &["name", "phone_number", "job_title"],
            status: 422,
            landmark: "phone_number-error",
        },
        Form {
            path: "/account",
            good: &[("act", "preferences")],
            hostile: &["language", "theme", "newsletter"],
            shown: &[],
            status: 303,
            landmark: "/account?notice=preferences",
        },
        Form {
            path: "/account",
            good: &[("act", "password")],
            hostile: &["current_password", "new_password"],
            shown: &[],
            status: 422,
            landmark: "current_password-error",
        },
        Form {
            path: "/account",
            good: &[("act", "sessions")],
            hostile: &["session"],
            shown: &[],
            status: 404,
            landmark: "There is no page at this address",
        },
        Form {
            path: "/account",
            good: &[("act", "confirmation")],
            hostile: &["email"],
            shown: &[],
            status: 303,
            landmark: "/account?notice=",
        },
        Form { path: "/account", good: &[], hostile: &["act"], shown: &[], status: 400, landmark: "cannot be read" },
    ];
    for form in forms {
        send(browser, form, seen).await;
    }
}

/// The consent, and what an outside application may get wrong.
async fn send_consent(bench: &Bench, browser: &Browser<'_>, seen: &mut BTreeSet<&'static str>) {
    let (state, callback) = (bench.state("planted"), bench.at("/healthz"));
    let wish = [("callback_url", callback.as_str()), ("state", state.as_str()), ("type", "ns8")];
    let forms = [
        Form {
            path: "/system-creation",
            good: &wish,
            hostile: &["name", "organization_id", "idempotency_key"],
            shown: &["name", "idempotency_key"],
            status: 422,
            landmark: "organization_id-error",
        },
        Form {
            path: "/system-creation",
            good: &wish[..2],
            hostile: &["type", "name"],
            shown: &["type"],
            status: 400,
            landmark: "This type of system is not offered",
        },
        Form {
            path: "/system-creation",
            good: &wish[1..],
            hostile: &["callback_url", "name"],
            shown: &[],
            status: 400,
            landmark: "The return address is not valid",
        },
    ];
    for form in forms {
        send(browser, form, seen).await;
    }
}

/// Somebody whose name, organisation and browser are markup; gives their browser and their organisation.
async fn register_markup(bench: &Bench) -> (Browser<'_>, OrganisationId) {
    let (name, company, device) = (planted("name"), planted("company"), planted("device"));
    let mut browser = Browser::new(bench);
    let form = [
        ("name", name.as_str()),
        ("company", &company),
        ("email", "mallory@example.org"),
        ("password", PASSWORD),
        ("terms", "true"),
    ];
    let request = submit(browser.request(Method::POST, "/register").header("user-agent", device), form);
    let answer = browser.take(Answer::of(request).await);
    assert_eq!(answer.status, 303, "{answer:?}");
    let access = sign_in(bench, "mallory@example.org", PASSWORD).await.text("AccessToken");
    let me = Answer::of(bench.call(Method::GET, "/api/me").bearer_auth(access)).await.json();
    let organisation = me["data"]["current_organization_id"].as_str().unwrap();
    (browser, OrganisationId::parse_text(organisation).unwrap())
}

on_both_engines! {
    async fn what_an_address_or_a_form_brings_along_is_text_on_every_page(bench: Bench) {
        let link = bench.context.setup_link().await.unwrap().unwrap();
        let setup = link.expose().split_once("token=").unwrap().1.to_owned();
        let mut seen = BTreeSet::new();
        let form = Form {
            path: "/setup", good: &[("token", &setup)], hostile: &["organisation", "name", "email", "password"],
            shown: &["organisation", "name", "email"], status: 422, landmark: &setup,
        };
        send(&Browser::new(&bench), form, &mut seen).await;
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Admin).await;
        let member = Browser::of(&bench, &ann).await;
        send_as_a_stranger(&bench, &mut seen).await;
        send_with_links(&bench, &ann, owner, &mut seen).await;
        send_as_a_member(&member, &mut seen).await;
        send_consent(&bench, &member, &mut seen).await;
        send_about_partners(&bench, owner, &mut seen).await;
        send_about_licences(&bench, owner, &mut seen).await;
        let registry = bailiwick_server::registry().unwrap();
        let forms = registry.pages().filter(|page| page.method == Method::POST).map(|page| page.path);
        assert_eq!(seen, forms.collect(), "a form is not tried");

        let everything = [&NAMES[..], &DONE].concat();
        for browser in [&Browser::new(&bench), &member] {
            open_everything(browser, &NAMES).await;
            open_everything(browser, &everything).await;
        }
        let wish = encoded([("callback_url", bench.at("/healthz").as_str()), ("state", &bench.state("asked")), ("type", "ns8")]);
        for (address, shown) in [("/?q", "q"), (&format!("/system-creation?{wish}&name"), "name")] {
            let query = url::form_urlencoded::byte_serialize(planted(shown).as_bytes()).collect::<String>();
            let answer = Answer::of(member.request(Method::GET, &format!("{address}={query}"))).await;
            assert_eq!(answer.status, 200, "{address}: {answer:?}");
            assert_harmless(&answer, &[shown], &[], address);
        }
    }

    async fn what_is_stored_is_text_on_every_page(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Admin).await;
        let (mut browser, organisation) = register_markup(&bench).await;
        open_everything(&browser, &[]).await;
        let account = browser.open("/account").await;
        assert_harmless(&account, &["name", "company", "device"], &[], "/account");
        // Whom they invite reads it too, signed in or not.
        let invitation = format!("/invitation?token={}", bench.invitation(&ann.email, organisation).await);
        for mut invited in [Browser::new(&bench), Browser::of(&bench, &ann).await] {
            assert_harmless(&invited.open(&invitation).await, &["company"], &[], "/invitation");
        }
    }
}
