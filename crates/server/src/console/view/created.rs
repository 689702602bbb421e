//! `/system-creation`, second half: the system is there.

use askama::Template;

use super::layout::{Layout, Moment};

/// The answer to the consent: the system, its secret this once, and the way back.
#[derive(Template)]
#[template(path = "created.html")]
pub struct CreatedPage {
    /// What every page carries; `path` is empty, for a second GET would show nothing of this.
    pub layout: Layout,
    /// The host that asked, in punycode.
    pub host: String,
    /// The system's UUID.
    pub system_id: String,
    /// The system's name.
    pub system_name: String,
    /// The system's type.
    pub system_type: String,
    /// The name of the organisation it was created in.
    pub organisation_name: String,
    /// The secret; `None` when this answer is given a second time and the secret is no longer known.
    pub secret: Option<String>,
    /// Whether the other application has heard of it.
    pub delivery: Delivery,
    /// `callback_url` with the five parameters, where the browser goes on.
    pub continue_url: String,
    /// What `window.opener` is told, as JSON.
    pub opener_message: String,
    /// The exact origin of `callback_url`: the only one that may hear it.
    pub opener_origin: String,
}

/// Whether the callback has reached the other application.
#[derive(Clone, Debug)]
pub enum Delivery {
    /// It answered with success.
    Delivered,
    /// Not yet; the outbox goes on trying.
    Pending {
        /// When it is tried next, where that is known.
        next_attempt: Option<Moment>,
    },
}

#[cfg(test)]
impl CreatedPage {
    /// Every state of the page; `plant` ends every text that comes from outside.
    pub(crate) fn samples(plant: &str) -> Vec<(&'static str, Self)> {
        use bailiwick_domain::time::Span;

        use super::layout::samples::{NOW, stranger};

        let id = "0198f3c2-7d5e-7c1a-9b1e-3f2a4d5c6b7a";
        let page = |delivery| Self {
            layout: stranger("", plant),
            host: format!("shop.example{plant}"),
            system_id: format!("{id}{plant}"),
            system_name: format!("Production Server{plant}"),
            system_type: format!("ns8{plant}"),
            organisation_name: format!("Northwind Distribution{plant}"),
            secret: Some(format!("my_8c1fd2a0b7.4mWk9Qx2ZtV7nB3hL6yRs8PdG5jC1fXa{plant}")),
            delivery,
            continue_url: format!("https://shop.example/callback?order=4711&state=state_x&system_id={id}{plant}"),
            opener_message: format!(r#"{{"type":"system_created","state":"state_x{plant}"}}"#),
            opener_origin: format!("https://shop.example{plant}"),
        };
        let next_attempt = Some(Moment::new(NOW, NOW.plus(Span::seconds(5))));
        vec![
            ("created", page(Delivery::Delivered)),
            ("created-pending", page(Delivery::Pending { next_attempt })),
            ("created-pending-unknown", page(Delivery::Pending { next_attempt: None })),
            ("created-again", Self { secret: None, ..page(Delivery::Delivered) }),
        ]
    }
}
