//! What the stories about these pages have in common: a browser without script, and a small tree.

use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::role::Role;
use bailiwick_testkit::answer::Answer;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::http::{submit, with_form};
use bailiwick_testkit::people::Person;
use reqwest::{Method, RequestBuilder};

/// What one looks for on a page.
pub(crate) trait Page {
    /// That it has this status and says all of this.
    fn says(&self, status: u16, words: &[&str]);

    /// That it says none of this.
    fn hides(&self, words: &[&str]);

    /// That it leads to an address that begins like this.
    fn leads_to(&self, address: &str);

    /// The value of the hidden field of this name.
    fn hidden(&self, name: &str) -> String;
}

impl Page for Answer {
    #[track_caller]
    fn says(&self, status: u16, words: &[&str]) {
        assert_eq!(self.status, status, "{self:#?}");
        for words in words {
            assert!(self.body.contains(words), "nothing of {words:?} in {}", self.body);
        }
    }

    #[track_caller]
    fn hides(&self, words: &[&str]) {
        for words in words {
            assert!(!self.body.contains(words), "{words:?} in {}", self.body);
        }
    }

    #[track_caller]
    fn leads_to(&self, address: &str) {
        assert!(self.status == 303 && self.location().starts_with(address), "{address} wanted: {self:#?}");
    }

    #[track_caller]
    fn hidden(&self, name: &str) -> String {
        let start = format!("name=\"{name}\" value=\"");
        let rest = self.body.split_once(&start).unwrap_or_else(|| panic!("no {name} in {}", self.body)).1;
        rest.split('"').next().unwrap().to_owned()
    }
}

/// A browser without script in which somebody is signed in.
pub(crate) struct Browser<'bench> {
    pub(crate) bench: &'bench Bench,
    pub(crate) cookie: String,
}

impl<'bench> Browser<'bench> {
    pub(crate) async fn of(bench: &'bench Bench, person: &Person) -> Self {
        Self { bench, cookie: bench.sign_in_on_page(person).await }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.bench.call(method, path).header("cookie", &self.cookie)
    }

    pub(crate) async fn open(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path)).await
    }

    /// Sends a form as a browser does from a page of ours.
    pub(crate) async fn send(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        Answer::of(submit(self.request(Method::POST, path), fields.iter().copied())).await
    }

    /// Sends a form and opens the page that it leads to.
    pub(crate) async fn send_and_follow(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let answer = self.send(path, fields).await;
        assert_eq!(answer.status, 303, "{answer:#?}");
        self.open(answer.location()).await
    }

    /// Sends a form with these headers, as nobody knows whose.
    pub(crate) async fn send_with(&self, path: &str, headers: &[(&str, &str)], fields: &[(&str, &str)]) -> Answer {
        let mut request = self.request(Method::POST, path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::of(with_form(request, fields.iter().copied())).await
    }
}

/// The path of an organisation.
pub(crate) fn organisation(id: OrganisationId) -> String {
    format!("/organizations/{id}")
}

/// The path of a person.
pub(crate) fn person(person: &Person) -> String {
    format!("/users/{}", person.id)
}

/// Owner; North with Shop below it, and Bakery below that; South. Somebody administers each but Bakery, and Shop has a
/// reader.
pub(crate) struct Scene {
    pub(crate) owner: OrganisationId,
    pub(crate) north: OrganisationId,
    pub(crate) shop: OrganisationId,
    pub(crate) bakery: OrganisationId,
    pub(crate) south: OrganisationId,
    pub(crate) root: Person,
    pub(crate) nora: Person,
    pub(crate) sam: Person,
    pub(crate) rita: Person,
    pub(crate) sid: Person,
}

impl Scene {
    pub(crate) async fn set(bench: &Bench) -> Self {
        use OrganisationKind::{Customer, Distributor, Reseller};
        let owner = bench.organisation("Owner", None).await;
        let north = bench.organisation_of_kind("North", Distributor, Some(owner)).await;
        let south = bench.organisation_of_kind("South", Distributor, Some(owner)).await;
        let shop = bench.organisation_of_kind("Shop", Reseller, Some(north)).await;
        let bakery = bench.organisation_of_kind("Bakery", Customer, Some(shop)).await;
        Self {
            owner,
            north,
            shop,
            bakery,
            south,
            root: bench.super_admin("root", owner).await,
            nora: bench.person("nora", north, Role::Admin).await,
            sam: bench.person("sam", shop, Role::Admin).await,
            rita: bench.person("rita", shop, Role::Reader).await,
            sid: bench.person("sid", south, Role::Admin).await,
        }
    }
}
