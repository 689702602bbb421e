//! The pages of licences, agreements and pools of seats: what they show, and what their forms do. There are none in this
//! world, so that whatever is named is unknown; of systems the licence page says to whom it belongs.

use crate::asking::{Draw, Needs, Teller, Wish, teller};
use crate::model::Right;

use Needs::Holding;

/// What is never there.
const NOTHING: &str = "019a9f00-0000-7000-8000-00000000bbbb";

/// Pages that only show something.
pub(crate) fn views() -> Vec<Teller> {
    let (read, manage, write) =
        (Holding(Right::ReadLicences), Holding(Right::ManageLicences), Holding(Right::ManageAgreements));
    let systems = Holding(Right::ManageSystems);
    vec![
        teller("licences", read, 4, licences),
        teller("licence", read, 1, unknown),
        teller("licence-issue-form", manage, 3, issue),
        teller("licence-sign-form", manage, 1, unknown),
        teller("licence-suspend-form", manage, 1, unknown),
        teller("licence-revoke-form", manage, 1, unknown),
        teller("licence-renew-form", manage, 1, unknown),
        teller("licence-change-form", manage, 1, unknown),
        teller("licence-transfer-form", manage, 1, unknown),
        teller("licence-bind-form", systems, 1, unknown),
        teller("licence-release-form", systems, 1, unknown),
        teller("agreements", read, 1, |_| Wish::of(200)),
        teller("agreement", read, 1, unknown),
        teller("agreement-new-form", write, 1, freely),
        teller("agreement-edit-form", write, 1, freely_unknown),
        teller("agreement-publish-form", write, 1, freely_unknown),
        teller("agreement-withdraw-form", write, 1, freely_unknown),
        teller("agreement-delete-form", write, 1, freely_unknown),
        teller("pools", read, 2, |_| Wish::of(200)),
        teller("pool", read, 1, unknown),
        teller("pool-make-form", write, 1, freely),
        teller("pool-give-form", manage, 1, unknown),
        teller("pool-take-back-form", manage, 1, unknown),
        teller("pool-change-form", manage, 1, unknown),
        teller("system-licence", read, 6, system),
    ]
}

/// Pages that do something.
pub(crate) fn forms() -> Vec<Teller> {
    let (manage, write) = (Holding(Right::ManageLicences), Holding(Right::ManageAgreements));
    let systems = Holding(Right::ManageSystems);
    vec![
        teller("licence-issue-submit", manage, 1, issue_nothing),
        teller("licence-sign-submit", manage, 1, submitted),
        teller("licence-suspend-submit", manage, 1, submitted),
        teller("licence-reactivate-submit", manage, 1, submitted),
        teller("licence-revoke-submit", manage, 1, submitted),
        teller("licence-renew-submit", manage, 1, submitted),
        teller("licence-change-submit", manage, 1, submitted),
        teller("licence-transfer-submit", manage, 1, submitted),
        teller("licence-bind-submit", systems, 1, of_device),
        teller("licence-release-submit", systems, 1, of_device),
        teller("agreement-new-submit", write, 1, |draw| freely(draw).submitting(Vec::new())),
        teller("agreement-edit-submit", write, 1, submitted),
        teller("agreement-publish-submit", write, 1, submitted),
        teller("agreement-withdraw-submit", write, 1, submitted),
        teller("agreement-delete-submit", write, 1, submitted),
        teller("agreement-revise-submit", write, 1, submitted),
        teller("pool-make-submit", write, 1, |draw| freely(draw).submitting(Vec::new())),
        teller("pool-give-submit", manage, 1, submitted),
        teller("pool-take-back-submit", manage, 1, submitted),
        teller("pool-change-submit", manage, 1, submitted),
        teller("system-licence-file", systems, 3, file),
        teller("system-licence-request", systems, 2, |draw| {
            let wish = freely(draw);
            let system = draw.system();
            wish.about(&draw.model.systems[system].id).submitting(Vec::new())
        }),
    ]
}

/// A page that says whatever it says, as long as it tells of nothing foreign.
fn freely(_: &mut Draw<'_>) -> Wish {
    Wish { is_worded_freely: true, ..Wish::of(404) }
}

fn freely_unknown(draw: &mut Draw<'_>) -> Wish {
    freely(draw).about(NOTHING)
}

fn unknown(_: &mut Draw<'_>) -> Wish {
    Wish { is_worded_freely: true, ..Wish::of(404) }.about(NOTHING)
}

fn submitted(draw: &mut Draw<'_>) -> Wish {
    unknown(draw).submitting(Vec::new())
}

fn licences(draw: &mut Draw<'_>) -> Wish {
    let (word, place) = (draw.word(), draw.organisation());
    let query = match draw.below(3) {
        0 => format!("?q={word}"),
        1 => format!("?organization_id={}", draw.id_of(place)),
        _ => String::new(),
    };
    Wish::of(200).asking(&query)
}

fn issue(draw: &mut Draw<'_>) -> Wish {
    let (word, place) = (draw.word(), draw.organisation());
    let query =
        if draw.happens(0.5) { format!("?organization_id={}", draw.id_of(place)) } else { format!("?q={word}") };
    freely(draw).asking(&query)
}

/// There is no agreement, so nothing is issued.
fn issue_nothing(draw: &mut Draw<'_>) -> Wish {
    let place = draw.organisation();
    let place = draw.id_of(place);
    freely(draw).submitting(vec![("organization_id", place), ("agreement", NOTHING.to_owned())])
}

fn of_device(draw: &mut Draw<'_>) -> Wish {
    let system = draw.system();
    let device = draw.model.systems[system].id.clone();
    unknown(draw).submitting(vec![("device", device)])
}

fn system(draw: &mut Draw<'_>) -> Wish {
    let system = draw.system();
    let is_seen = draw.model.sees_system(draw.caller, Right::ReadSystems, system);
    let wish = Wish { is_worded_freely: true, ..Wish::of(if is_seen { 200 } else { 404 }) };
    wish.about(&draw.model.systems[system].id)
}

/// What comes back names the organisation of the system, to whoever manages it.
fn file(draw: &mut Draw<'_>) -> Wish {
    let system = draw.system();
    freely(draw).about(&draw.model.systems[system].id).submitting(Vec::new())
}
