//! What the stories about these pages have in common: a browser without script, and a small tree.

use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::role::Role;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::people::{PASSWORD, Person};
use reqwest::{Method, RequestBuilder};

/// A page, read whole.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Where it leads; blank where it leads nowhere.
    pub(crate) location: String,
    pub(crate) body: String,
}

impl Answer {
    async fn of(request: RequestBuilder) -> Self {
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let location = answer.headers().get("location").map(|value| value.to_str().unwrap().to_owned());
        Self { status, location: location.unwrap_or_default(), body: answer.text().await.unwrap() }
    }

    /// That it has this status and says all of this.
    #[track_caller]
    pub(crate) fn says(&self, status: u16, words: &[&str]) {
        assert_eq!(self.status, status, "{self:#?}");
        for words in words {
            assert!(self.body.contains(words), "nothing of {words:?} in {}", self.body);
        }
    }

    /// That it says none of this.
    #[track_caller]
    pub(crate) fn hides(&self, words: &[&str]) {
        for words in words {
            assert!(!self.body.contains(words), "{words:?} in {}", self.body);
        }
    }

    /// That it leads to an address that begins like this.
    #[track_caller]
    pub(crate) fn leads_to(&self, address: &str) {
        assert!(self.status == 303 && self.location.starts_with(address), "{address} wanted: {self:#?}");
    }

    /// The value of the hidden field of this name.
    #[track_caller]
    pub(crate) fn hidden(&self, name: &str) -> String {
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
        let form = [("email", person.email.as_str()), ("password", PASSWORD)];
        let request = bench.call(Method::POST, "/login").header("sec-fetch-site", "same-origin");
        let answer = with_form(request, &form).send().await.unwrap();
        assert_eq!(answer.status(), 303, "{} signs in", person.email);
        let cookies = answer.headers().get_all("set-cookie").iter().map(|value| value.to_str().unwrap());
        let cookie = cookies.filter_map(|cookie| cookie.split(';').next()).find(|pair| pair.starts_with("bailiwick="));
        Self { bench, cookie: cookie.unwrap().to_owned() }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.bench.call(method, path).header("cookie", &self.cookie)
    }

    pub(crate) async fn open(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path)).await
    }

    /// Sends a form as a browser does from a page of ours.
    pub(crate) async fn send(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self.request(Method::POST, path).header("sec-fetch-site", "same-origin");
        Answer::of(with_form(request, fields)).await
    }

    /// Sends a form and opens the page that it leads to.
    pub(crate) async fn send_and_follow(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let answer = self.send(path, fields).await;
        assert_eq!(answer.status, 303, "{answer:#?}");
        self.open(&answer.location).await
    }

    /// Sends a form with these headers, as nobody knows whose.
    pub(crate) async fn send_with(&self, path: &str, headers: &[(&str, &str)], fields: &[(&str, &str)]) -> Answer {
        let mut request = self.request(Method::POST, path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::of(with_form(request, fields)).await
    }
}

fn with_form(request: RequestBuilder, fields: &[(&str, &str)]) -> RequestBuilder {
    let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    request.header("content-type", "application/x-www-form-urlencoded").body(form)
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
