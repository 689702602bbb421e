//! A partner tree for the stories about organisations and people, and somebody who is signed in to it.

use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::role::Role;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::people::Person;
use reqwest::Method;
use serde_json::{Value, json};

use crate::visitor::Visitor;

/// Owner; North with Alpine below it, and a customer below that; South. Somebody administers each but the customer.
pub(crate) struct Partners {
    pub(crate) north: OrganisationId,
    pub(crate) south: OrganisationId,
    pub(crate) alpine: OrganisationId,
    pub(crate) hotel: OrganisationId,
    pub(crate) root: Person,
    pub(crate) nora: Person,
    pub(crate) ada: Person,
    pub(crate) ben: Person,
}

impl Partners {
    pub(crate) async fn meet(bench: &Bench) -> Self {
        use OrganisationKind::{Customer, Distributor, Reseller};
        let owner = bench.organisation("Bailiwick Operations", None).await;
        let north = bench.organisation_of_kind("Northwind Distribution", Distributor, Some(owner)).await;
        let south = bench.organisation_of_kind("Southgate Distribution", Distributor, Some(owner)).await;
        let alpine = bench.organisation_of_kind("Alpine Networks", Reseller, Some(north)).await;
        let hotel = bench.organisation_of_kind("Hotel Bellavista", Customer, Some(alpine)).await;
        Self {
            north,
            south,
            alpine,
            hotel,
            root: bench.super_admin("root", owner).await,
            nora: bench.person("nora", north, Role::Admin).await,
            ada: bench.person("ada", alpine, Role::Admin).await,
            ben: bench.person("ben", alpine, Role::Support).await,
        }
    }

    /// More of everything: rows for more than one page, long names, numbers, things that were done.
    pub(crate) async fn multiply(&self, bench: &Bench) {
        let access = bench.sign_in(&self.nora).await.access;
        let send = async |method: Method, path: String, body: Value| {
            let request = bench.call(method, &path).bearer_auth(&access).json(&body);
            let answer = request.send().await.unwrap();
            assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap());
        };
        let long = "hotel-bellavista-in-the-upper-valley-with-a-name-that-knows-no-end-and-no-space-to-break-at";
        for number in 0..28 {
            let name = if number % 9 == 4 { format!("{long}-{number}") } else { format!("Branch office {number:02}") };
            let parent = if number % 2 == 0 { self.alpine } else { self.north };
            let body = json!({ "name": name, "type": "customer", "parent_id": parent });
            send(Method::POST, "/api/organizations".to_owned(), body).await;
        }
        for number in 0..11 {
            let body = json!({ "name": format!("Production Server {number:02}"), "type": "ns8", "organization_id": self.alpine });
            send(Method::POST, "/api/systems".to_owned(), body).await;
            bench.person(&format!("technician-{number:02}"), self.alpine, Role::Support).await;
        }
        let facts = json!({
            "vat_number": "IT01234567890",
            "custom_data": { "crm": "https://crm.example/accounts/4711", "contact-person-for-everything": "Carla Conti" },
        });
        send(Method::PUT, format!("/api/organizations/{}", self.alpine), facts).await;
        let role = json!({ "role": "reader" });
        send(Method::PUT, format!("/api/users/{}/memberships/{}", self.ben.id, self.alpine), role).await;
        send(Method::PATCH, format!("/api/organizations/{}/suspend", self.hotel), json!({})).await;
    }
}

/// Somebody who is signed in and looks at their systems.
pub(crate) async fn signed_in(bench: &Bench, person: &Person) -> Visitor {
    let visitor = Visitor::new().await;
    visitor.go(&bench.at("/login")).await;
    visitor.sign_in(&person.email).await;
    visitor.arrive_at("Systems").await;
    visitor
}
