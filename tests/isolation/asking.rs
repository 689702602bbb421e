//! What is asked: by whom, of which route, about what, and what must come of it.

use std::fmt::Write as _;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use reqwest::Method;
use serde_json::Value;

use crate::licensing::{Agreement, Licence, Pool};
use crate::model::{Model, Owner, Right, Role, System};

/// Who asks, and by what they prove it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    Nobody,
    Token(usize),
    Key(usize),
    Cookie(usize),
}

/// What a route asks of whoever comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    Nothing,
    SignIn,
    /// A person; API keys prove none.
    Holding(Right),
    /// A person, or an API key that is good for it.
    HoldingOrKey(Right),
}

/// What is sent.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    Nothing,
    Json(Value),
    Csv(String),
    Form(Vec<(&'static str, String)>),
}

/// What an answer must look like besides its status; tells what is wrong.
pub(crate) type Check = Box<dyn Fn(&Value) -> Option<String> + Send>;
/// What a success changes.
pub(crate) type Effect = Box<dyn FnOnce(&mut Model, &Value) + Send>;

/// A request, and what the model expects of whoever the route lets in.
pub(crate) struct Wish {
    /// What stands in the place of the path's parameters, in their order; a query may follow.
    pub(crate) path: Vec<String>,
    pub(crate) query: String,
    pub(crate) body: Body,
    pub(crate) status: u16,
    /// Whether a refusal may be put in whatever words and with whatever status, as long as it is one.
    pub(crate) is_worded_freely: bool,
    pub(crate) check: Option<Check>,
    pub(crate) effect: Option<Effect>,
}

impl Wish {
    pub(crate) fn of(status: u16) -> Self {
        let (path, query, body) = (Vec::new(), String::new(), Body::Nothing);
        Self { path, query, body, status, is_worded_freely: false, check: None, effect: None }
    }

    pub(crate) fn about(mut self, id: &str) -> Self {
        self.path.push(id.to_owned());
        self
    }

    pub(crate) fn asking(mut self, query: &str) -> Self {
        query.clone_into(&mut self.query);
        self
    }

    pub(crate) fn sending(mut self, body: Value) -> Self {
        self.body = Body::Json(body);
        self
    }

    pub(crate) fn bringing(mut self, file: String) -> Self {
        self.body = Body::Csv(file);
        self
    }

    pub(crate) fn submitting(mut self, form: Vec<(&'static str, String)>) -> Self {
        self.body = Body::Form(form);
        self
    }

    pub(crate) fn checked(mut self, check: impl Fn(&Value) -> Option<String> + Send + 'static) -> Self {
        self.check = Some(Box::new(check));
        self
    }

    pub(crate) fn changing(mut self, effect: impl FnOnce(&mut Model, &Value) + Send + 'static) -> Self {
        self.effect = Some(Box::new(effect));
        self
    }
}

/// A route that chance asks of.
pub(crate) struct Teller {
    /// Its name in the registry.
    pub(crate) route: &'static str,
    pub(crate) needs: Needs,
    /// How often it is asked, beside the others of its kind.
    pub(crate) weight: u32,
    pub(crate) wish: fn(&mut Draw<'_>) -> Wish,
}

pub(crate) const fn teller(route: &'static str, needs: Needs, weight: u32, wish: fn(&mut Draw<'_>) -> Wish) -> Teller {
    Teller { route, needs, weight, wish }
}

/// A request that is ready to be sent.
pub(crate) struct Ask {
    pub(crate) route: &'static str,
    pub(crate) by: By,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) wish: Wish,
}

impl Ask {
    /// Everything that whoever asks has said, in which their own words may come back to them.
    pub(crate) fn said(&self) -> String {
        let mut said = self.path.clone();
        let _ = write!(said, "{:?}", self.wish.body);
        said.to_lowercase()
    }

    pub(crate) fn described(&self) -> String {
        format!("{} by {:?}: {} {} {:?}", self.route, self.by, self.method, self.path, self.wish.body)
    }
}

/// Chance, with the model before its eyes.
pub(crate) struct Draw<'a> {
    pub(crate) model: &'a Model,
    pub(crate) chance: &'a mut ChaCha8Rng,
    /// Who asks; somebody is named for nobody too, so that every wish can be made.
    pub(crate) caller: usize,
    /// What is unlike everything else, for new things.
    pub(crate) number: usize,
    /// Where the outside application is.
    pub(crate) receiver: &'a str,
    /// A state that was never used.
    pub(crate) state: &'a str,
}

impl Draw<'_> {
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.chance.random_range(0..end)
    }

    pub(crate) fn happens(&mut self, probability: f64) -> bool {
        self.chance.random_bool(probability)
    }

    /// Some organisation, also one that is gone; rather one that the caller has to do with.
    pub(crate) fn organisation(&mut self) -> usize {
        let near = self.model.people[self.caller].places.clone();
        if !near.is_empty() && self.happens(0.4) {
            let (place, _) = near[self.below(near.len())];
            let tree = self.model.tree(place);
            return if tree.is_empty() { place } else { tree[self.below(tree.len())] };
        }
        self.below(self.model.organisations.len())
    }

    pub(crate) fn person(&mut self) -> usize {
        self.below(self.model.people.len())
    }

    pub(crate) fn system(&mut self) -> usize {
        self.below(self.model.systems.len())
    }

    pub(crate) fn invitation(&mut self) -> usize {
        self.below(self.model.invitations.len())
    }

    /// Rather one of those that the caller has to do with.
    fn rather(&mut self, of: usize, is_near: impl Fn(&Model, usize, usize) -> bool) -> usize {
        let (model, caller) = (self.model, self.caller);
        let near: Vec<usize> = (0..of).filter(|each| is_near(model, caller, *each)).collect();
        if near.is_empty() || self.happens(0.2) { self.below(of) } else { near[self.below(near.len())] }
    }

    pub(crate) fn agreement(&mut self) -> usize {
        self.agreement_that(|_, it| it.is_current())
    }

    /// Rather an agreement of which this is true.
    pub(crate) fn agreement_that(&mut self, is_meant: fn(&Model, &Agreement) -> bool) -> usize {
        let is_it = |model: &Model, _, each: usize| {
            let it = &model.licensing.agreements[each];
            !it.is_gone && is_meant(model, it)
        };
        self.rather(self.model.licensing.agreements.len(), is_it)
    }

    pub(crate) fn licence(&mut self) -> usize {
        self.licence_that(|_, _| true)
    }

    /// Rather a licence that the caller sees and of which this is true.
    pub(crate) fn licence_that(&mut self, is_meant: impl Fn(&Model, &Licence) -> bool) -> usize {
        let is_near = |model: &Model, caller, each: usize| {
            model.sees_licence(caller, Right::ReadLicences, each) && is_meant(model, &model.licensing.licences[each])
        };
        self.rather(self.model.licensing.licences.len(), is_near)
    }

    pub(crate) fn pool(&mut self) -> usize {
        self.pool_that(|_, _| true)
    }

    /// Rather a pool that the caller sees and of which this is true.
    pub(crate) fn pool_that(&mut self, is_meant: fn(&Model, &Pool) -> bool) -> usize {
        let is_near = |model: &Model, caller, each: usize| {
            model.sees_pool(caller, Right::ReadLicences, each) && is_meant(model, &model.licensing.pools[each])
        };
        self.rather(self.model.licensing.pools.len(), is_near)
    }

    pub(crate) fn chance_of_seats(&mut self) -> i64 {
        self.chance.random_range(1..=12)
    }

    /// Rather one that can sell licences of an agreement for which the caller decides.
    pub(crate) fn seller(&mut self, agreement: usize) -> usize {
        let family = &self.model.licensing.agreements[agreement].family;
        let can_sell = |model: &Model, caller, each: usize| {
            let is_in = model.is_in(each) && model.reaches(caller, Right::ManageLicences, each);
            is_in && model.licensing.seat(family, each).is_ok()
        };
        self.rather(self.model.organisations.len(), can_sell)
    }

    /// Rather one below this one than itself or any other.
    pub(crate) fn organisation_below(&mut self, above: usize) -> usize {
        let is_below =
            |model: &Model, _, each: usize| each != above && model.is_in(each) && model.line(each).contains(&above);
        self.rather(self.model.organisations.len(), is_below)
    }

    /// The organisation of a system below this one, or this one's own, and rather one below than any.
    pub(crate) fn organisation_with_system(&mut self, above: usize) -> usize {
        let is_below = |model: &Model, _, each: usize| {
            let System { organisation, is_deleted, .. } = model.systems[each];
            !is_deleted && model.is_in(organisation) && model.line(organisation).contains(&above)
        };
        let system = self.rather(self.model.systems.len(), is_below);
        self.model.systems[system].organisation
    }

    /// Rather a system of this organisation than any.
    pub(crate) fn system_of(&mut self, organisation: usize) -> usize {
        let is_its = |model: &Model, _, each: usize| {
            model.systems[each].organisation == organisation && !model.systems[each].is_deleted
        };
        self.rather(self.model.systems.len(), is_its)
    }

    pub(crate) fn role(&mut self) -> Role {
        [Role::Admin, Role::Support, Role::Reader][self.below(3)]
    }

    /// A word of anything, to be searched for.
    pub(crate) fn word(&mut self) -> String {
        match self.below(3) {
            0 => self.model.organisations[self.below(self.model.organisations.len())].word.clone(),
            1 => self.model.people[self.below(self.model.people.len())].word.clone(),
            _ => self.model.systems[self.below(self.model.systems.len())].word.clone(),
        }
    }

    pub(crate) fn new_word(&mut self, of: Owner) -> String {
        new_word(self.chance, of)
    }

    pub(crate) fn id_of(&self, organisation: usize) -> String {
        self.model.organisations[organisation].id.clone()
    }
}

/// A word that nothing else carries.
pub(crate) fn new_word(chance: &mut ChaCha8Rng, of: Owner) -> String {
    let letter = match of {
        Owner::Organisation(_) => 'o',
        Owner::Person(_) => 'p',
        Owner::System(_) => 's',
        Owner::Invitation(_) => 'i',
        Owner::Licence(_) => 'l',
    };
    // With a digit in it, as a VAT number has to have one.
    format!("cnry{letter}{:06x}{}", chance.random_range(0..0x00ff_ffff_u32), chance.random_range(0..10_u32))
}

/// Two sets of ids that must be one.
pub(crate) fn compare_ids(mut answered: Vec<String>, mut expected: Vec<String>) -> Option<String> {
    answered.sort();
    expected.sort();
    (answered != expected).then(|| {
        let missing: Vec<_> = expected.iter().filter(|id| !answered.contains(id)).collect();
        let extra: Vec<_> = answered.iter().filter(|id| !expected.contains(id)).collect();
        format!("missing {missing:?}, and not to be there {extra:?}")
    })
}

/// The check that a bare list holds exactly these, all of which fit on one page, and that its header counts them.
pub(crate) fn exactly_listed(expected: Vec<String>) -> Check {
    Box::new(move |answer| {
        let total = answer["total"].as_u64();
        if total != u64::try_from(expected.len()).ok() {
            return Some(format!("{total:?} are counted where there are {}", expected.len()));
        }
        let listed = answer["list"].as_array().cloned().unwrap_or_default();
        let ids = listed.iter().filter_map(|each| each["UUID"].as_str().map(str::to_owned)).collect();
        compare_ids(ids, expected.clone())
    })
}

/// The members `id` of a list in an answer.
pub(crate) fn ids(answer: &Value, list: &str) -> Vec<String> {
    let listed = answer["data"][list].as_array().cloned().unwrap_or_default();
    listed.iter().filter_map(|each| each["id"].as_str().map(str::to_owned)).collect()
}

/// The check that a list holds exactly these, all of which must fit on one page.
pub(crate) fn exactly(list: &'static str, expected: Vec<String>) -> Check {
    Box::new(move |answer| {
        let total = answer["data"]["pagination"]["total_count"].as_u64();
        if total != u64::try_from(expected.len()).ok() {
            return Some(format!("{total:?} are counted where there are {}", expected.len()));
        }
        let page = ids(answer, list);
        if expected.len() > 100 {
            return page.iter().find(|id| !expected.contains(id)).map(|id| format!("{id} is not to be there"));
        }
        compare_ids(page, expected.clone())
    })
}
