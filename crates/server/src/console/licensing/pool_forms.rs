//! What is done with seats: made, handed down, taken back, and how a pool may be used.

use axum::response::Response;
use bailiwick_app::caller::Caller;
use bailiwick_app::licensing::pool::{Gift, PoolChange, PoolRecord};
use bailiwick_app::overview::{Place, PoolOverview};
use bailiwick_contract::page::{Page, Visit};
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::{Parse, Refusal};
use bailiwick_domain::id::{AgreementId, SeatPoolId};
use bailiwick_domain::licence::term::{Overdraft, Seats};
use bailiwick_domain::role::Right;
use http::StatusCode;

use super::super::fault::FormFault;
use super::super::organisation::list::searched;
use super::super::view::choose::ChoosePage;
use super::super::view::form::{Entry, EntryKind, FormPage};
use super::super::view::layout::Active;
use super::super::view::licensing::day;
use super::super::view::list::quantity;
use super::super::view::organisation::Crumb;
use super::super::view::organisations::kind_label;
use super::super::view::picker::{Found, Picker};
use super::super::view::pools::PoolNotice;
use super::agreement_forms::require_writer;
use super::form::{self, Reading};
use super::issue::{agreement_choices, published};
use super::pools::{overview, refused, way};
use super::terms::same_day;
use super::{crumb, form_key, frame, mark, organisation, sent_key, to};

pub(super) fn pages() -> Vec<Page> {
    let manage = Right::ManageLicences;
    vec![
        Page::get("/pools/make", "pool-make-form").needs(Right::ManageAgreements).handle(ask_make),
        Page::post("/pools/make", "pool-make-submit").needs(Right::ManageAgreements).handle(make),
        Page::get("/pools/{pool_id}/give", "pool-give-form").needs(manage).handle(ask_give),
        Page::post("/pools/{pool_id}/give", "pool-give-submit")
            .needs(manage)
            .resuming(&["organization_id"])
            .handle(give),
        Page::get("/pools/{pool_id}/take-back", "pool-take-back-form").needs(manage).handle(ask_take_back),
        Page::post("/pools/{pool_id}/take-back", "pool-take-back-submit").needs(manage).handle(take_back),
        Page::get("/pools/{pool_id}/change", "pool-change-form").needs(manage).handle(ask_change),
        Page::post("/pools/{pool_id}/change", "pool-change-submit").needs(manage).handle(change),
    ]
}

fn figure() -> EntryKind {
    EntryKind::Figure { is_decimal: false }
}

fn done(id: SeatPoolId, notice: PoolNotice) -> Result<Response, Fault> {
    to(&notice.address(&id.to_string()))
}

/// A form about seats.
struct Form {
    heading: String,
    above: Vec<Crumb>,
    says: Vec<String>,
    facts: Vec<(&'static str, String)>,
    again: Option<(String, &'static str)>,
    action: String,
    hidden: Vec<(&'static str, String)>,
    act: &'static str,
    instead: String,
}

impl Form {
    fn answer(self, visit: &Visit<Caller>, entries: Vec<Entry>, wrong: Option<&FormFault>) -> Result<Response, Fault> {
        let Self { heading, above, says, facts, again, action, hidden, act, instead } = self;
        let page = |layout| FormPage {
            layout,
            heading,
            above,
            says,
            facts,
            again,
            alert: None,
            entries,
            action,
            hidden,
            act,
            instead,
        };
        form::answer(visit, Active::Pools, page, wrong)
    }
}

async fn ask_make(visit: Visit<Caller>) -> Result<Response, Fault> {
    require_writer(&visit).await?;
    let chosen = visit.query_member("agreement").unwrap_or_default();
    let entries = make_entries(&visit, chosen).await?;
    making(form_key(&visit)).answer(&visit, entries, None)
}

async fn make_entries(visit: &Visit<Caller>, chosen: &str) -> Result<Vec<Entry>, Fault> {
    let choices = EntryKind::Choice(agreement_choices(&published(visit).await?, chosen));
    Ok(vec![
        Entry::new("agreement", "Agreement", choices, chosen).helped("One that is published."),
        Entry::new("seats", "Seats", figure(), "").helped("As many licences can be issued. More can be made later."),
    ])
}

fn making(key: (&'static str, String)) -> Form {
    Form {
        heading: "Make seats".to_owned(),
        above: vec![crumb("/pools", "Seat pools")],
        says: vec!["They belong to the organisation that runs this server, and are handed down from there.".to_owned()],
        facts: Vec::new(),
        again: None,
        action: "/pools/make".to_owned(),
        hidden: vec![key],
        act: "Make seats",
        instead: "/pools".to_owned(),
    }
}

async fn make(visit: Visit<Caller>) -> Result<Response, Fault> {
    require_writer(&visit).await?;
    let chosen = visit.field("agreement").unwrap_or_default().to_owned();
    let mut reading = Reading::of(&visit, make_entries(&visit, &chosen).await?);
    let agreement = reading.take("agreement", |text| {
        AgreementId::parse_text(text).map_err(|_| Refusal::new("agreement", "one of the agreements that are published"))
    });
    let seats = reading.take("seats", Seats::parse_text);
    let (Some(agreement), Some(seats)) = (agreement, seats) else {
        return making(sent_key(&visit)).answer(&visit, reading.into_entries(), Some(&form::wrong()));
    };
    let mark = mark(&visit, "pool-make-submit")?;
    match visit.context.make_seats_once(&visit.caller, agreement, seats, &mark).await {
        Ok(pool) => done(pool, PoolNotice::Made),
        Err(fault) => {
            let wrong = reading.refused(fault, &[], &visit.origin)?;
            making(sent_key(&visit)).answer(&visit, reading.into_entries(), Some(&wrong))
        }
    }
}

async fn ask_give(visit: Visit<Caller>) -> Result<Response, Fault> {
    let found = overview(&visit).await?;
    if !found.powers.may_give {
        return Err(Code::InsufficientPermissions.into());
    }
    match receiver(&visit, &found, visit.query_member("organization_id")).await? {
        Some(receiver) => {
            giving(&found.pool, &receiver, form_key(&visit)).answer(&visit, give_entries(&found.pool), None)
        }
        None => choose(&visit, &found.pool).await,
    }
}

async fn receiver(visit: &Visit<Caller>, found: &PoolOverview, id: Option<&str>) -> Result<Option<Place>, Fault> {
    let Some(id) = organisation(id).filter(|id| *id != found.pool.holder) else { return Ok(None) };
    visit.context.place(&visit.caller, Right::ManageLicences, id).await
}

fn give_entries(pool: &PoolRecord) -> Vec<Entry> {
    let until = pool.expires_at.map(|end| format!(" At the latest {}, when these end.", day(end))).unwrap_or_default();
    vec![
        Entry::new("seats", "Seats", figure(), "").helped(format!("{} are free.", pool.balance().free().max(0))),
        Entry::new("overdraft", "Overdraft", figure(), "")
            .helped("How many more they may give and use than they have. Left blank: as it was.")
            .optional(),
        Entry::new("expires_at", "Ends", EntryKind::Day, "")
            .helped(format!("At the beginning of that day (UTC).{until} Left blank: as it was, or as these."))
            .optional(),
    ]
}

fn giving(pool: &PoolRecord, receiver: &Place, key: (&'static str, String)) -> Form {
    let path = format!("/pools/{}", pool.id);
    Form {
        heading: format!("Hand seats down to {}", receiver.name),
        above: way(pool),
        says: Vec::new(),
        facts: vec![
            ("From", pool.holder_name.to_string()),
            ("To", format!("{} ({})", receiver.name, kind_label(receiver.kind))),
            ("Agreement", pool.agreement_name.to_string()),
        ],
        again: Some((format!("{path}/give"), "Choose another organisation")),
        action: format!("{path}/give"),
        hidden: vec![("organization_id", receiver.id.to_string()), key],
        act: "Hand down",
        instead: path,
    }
}

async fn choose(visit: &Visit<Caller>, pool: &PoolRecord) -> Result<Response, Fault> {
    let action = format!("/pools/{}/give", pool.id);
    let search = searched(visit.query_member("q").unwrap_or_default());
    // Whoever stands below whoever holds them is of a lower kind.
    let places = visit.context.places(&visit.caller, Right::ManageLicences, None, &search).await?;
    let fits = |place: &&Place| place.kind.may_stand_below(pool.holder_kind);
    let (layout, cookies) = frame(visit, Active::Pools, StatusCode::OK);
    let page = ChoosePage {
        layout,
        heading: "Hand seats down".to_owned(),
        above: way(pool),
        question: "Who shall have them?",
        help: format!(
            "An organisation below {}. {} of {} are free.",
            pool.holder_name,
            pool.balance().free().max(0),
            quantity(pool.seats, "seat", "seats")
        ),
        picker: Picker {
            found: places
                .iter()
                .filter(fits)
                .map(|place| Found::place(&action, "organization_id", &[], place))
                .collect(),
            action,
            field: "q",
            label: "Name or VAT number of the organisation",
            kept: Vec::new(),
            search,
            nothing: "No organisation of this name, below which you may hand seats.",
        },
        alert: None,
    };
    cookies.page(StatusCode::OK, &page)
}

async fn give(visit: Visit<Caller>) -> Result<Response, Fault> {
    let found = overview(&visit).await?;
    let pool = &found.pool;
    let Some(receiver) = receiver(&visit, &found, visit.field("organization_id")).await? else {
        // Gone, or none of theirs: what they choose next is checked again.
        return if found.powers.may_give {
            to(&format!("/pools/{}/give", pool.id))
        } else {
            Err(Code::InsufficientPermissions.into())
        };
    };
    let mut reading = Reading::of(&visit, give_entries(pool));
    let seats = reading.take("seats", Seats::parse_text);
    let overdraft = reading.take("overdraft", form::optional(Overdraft::parse_text));
    let expires_at = reading.take("expires_at", form::optional(form::day));
    let form = giving(pool, &receiver, sent_key(&visit));
    let (Some(seats), Some(overdraft), Some(expires_at)) = (seats, overdraft, expires_at) else {
        return form.answer(&visit, reading.into_entries(), Some(&form::wrong()));
    };
    let mark = mark(&visit, "pool-give-submit")?;
    let gift = Gift { receiver: receiver.id, seats, overdraft, expires_at };
    match visit.context.give_seats_once(&visit.caller, pool.id, gift, &mark).await {
        Ok(below) => done(below, PoolNotice::Given),
        Err(fault) => {
            let names = [("ExpiresAt", "expires_at"), ("Overdraft", "overdraft")];
            let wrong = reading.refused(fault, &names, &visit.origin)?;
            form.answer(&visit, reading.into_entries(), Some(&wrong))
        }
    }
}

/// Refuses whoever does not decide of the pool.
async fn decided(visit: &Visit<Caller>) -> Result<PoolRecord, Fault> {
    let found = overview(visit).await?;
    if found.powers.may_decide { Ok(found.pool) } else { Err(Code::InsufficientPermissions.into()) }
}

async fn ask_take_back(visit: Visit<Caller>) -> Result<Response, Fault> {
    let pool = decided(&visit).await?;
    taking(&pool, form_key(&visit)).answer(&visit, take_entries(&pool), None)
}

fn take_entries(pool: &PoolRecord) -> Vec<Entry> {
    let help = format!(
        "{} of {} are free here. If you want more, those that are free below are taken too.",
        pool.balance().returnable(),
        pool.seats
    );
    vec![Entry::new("seats", "Seats", figure(), "").helped(help)]
}

fn taking(pool: &PoolRecord, key: (&'static str, String)) -> Form {
    let path = format!("/pools/{}", pool.id);
    let says = if pool.parent.is_some() {
        "All that you ask for are taken back, or none. Licences stay as they are."
    } else {
        "All that you ask for are taken out of the world, or none. Licences stay as they are."
    };
    Form {
        heading: format!("Take seats back from {}", pool.holder_name),
        above: way(pool),
        says: vec![says.to_owned()],
        facts: vec![("Given", pool.given.to_string()), ("Used", pool.used.to_string())],
        again: None,
        action: format!("{path}/take-back"),
        hidden: vec![key],
        act: "Take back",
        instead: path,
    }
}

async fn take_back(visit: Visit<Caller>) -> Result<Response, Fault> {
    let pool = decided(&visit).await?;
    let mut reading = Reading::of(&visit, take_entries(&pool));
    let form = taking(&pool, sent_key(&visit));
    let Some(seats) = reading.take("seats", Seats::parse_text) else {
        return form.answer(&visit, reading.into_entries(), Some(&form::wrong()));
    };
    let mark = mark(&visit, "pool-take-back-submit")?;
    match visit.context.take_seats_back_once(&visit.caller, pool.id, seats, &mark).await {
        Ok(pool) => done(pool, PoolNotice::TakenBack),
        Err(fault) => {
            let wrong = reading.refused(fault, &[], &visit.origin)?;
            form.answer(&visit, reading.into_entries(), Some(&wrong))
        }
    }
}

async fn ask_change(visit: Visit<Caller>) -> Result<Response, Fault> {
    let pool = decided(&visit).await?;
    changing(&pool).answer(&visit, change_entries(&pool), None)
}

fn change_entries(pool: &PoolRecord) -> Vec<Entry> {
    vec![
        Entry::new("overdraft", "Overdraft", figure(), pool.overdraft.to_string())
            .helped("How many more it may give and use than it has."),
        Entry::new("expires_at", "Ends", EntryKind::Day, pool.expires_at.map(day).unwrap_or_default())
            .helped("At the beginning of that day (UTC), and all below it with it. Left blank: it does not end.")
            .optional(),
    ]
}

fn changing(pool: &PoolRecord) -> Form {
    let path = format!("/pools/{}", pool.id);
    Form {
        heading: format!("How {} may use these seats", pool.holder_name),
        above: way(pool),
        says: Vec::new(),
        facts: Vec::new(),
        again: None,
        action: format!("{path}/change"),
        hidden: Vec::new(),
        act: "Save changes",
        instead: path,
    }
}

async fn change(visit: Visit<Caller>) -> Result<Response, Fault> {
    let pool = decided(&visit).await?;
    let mut reading = Reading::of(&visit, change_entries(&pool));
    let overdraft = reading.take("overdraft", Overdraft::parse_text);
    let expires_at = reading.take("expires_at", form::optional(form::day));
    let (Some(_), Some(expires_at)) = (overdraft, expires_at) else {
        return changing(&pool).answer(&visit, reading.into_entries(), Some(&form::wrong()));
    };
    let change = PoolChange { overdraft, expires_at: same_day(pool.expires_at, expires_at) };
    match visit.context.change_pool(&visit.caller, pool.id, change).await {
        Ok(_) => done(pool.id, PoolNotice::Changed),
        Err(fault) if fault.code == Code::ValidationFailed => {
            let names = [("ExpiresAt", "expires_at"), ("Overdraft", "overdraft")];
            let wrong = reading.refused(fault, &names, &visit.origin)?;
            changing(&pool).answer(&visit, reading.into_entries(), Some(&wrong))
        }
        Err(fault) => refused(&visit, fault).await,
    }
}
