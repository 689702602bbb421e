//! The consent page without script: what is left of it when the session ends meanwhile, and what a second click finds.

use bailiwick_domain::role::Role;
use bailiwick_domain::time::Span;
use bailiwick_testkit::answer::Answer;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::people::{PASSWORD, Person};

use crate::forms::Browser;

const PATH: &str = "/system-creation";

/// A question of an outside application, with the person's answer to it.
struct Question {
    person: Person,
    fields: Vec<(&'static str, String)>,
}

impl Question {
    async fn put(bench: &Bench) -> Self {
        let owner = bench.organisation("Owner", None).await;
        let person = bench.person("ann", owner, Role::Admin).await;
        let fields = vec![
            ("callback_url", bench.at("/healthz")),
            ("state", bench.state("consent")),
            ("type", "ns8".to_owned()),
            ("name", "Till & Co".to_owned()),
            ("organization_id", owner.to_string()),
            ("idempotency_key", "a-key-of-the-form".to_owned()),
            ("type_chosen", "true".to_owned()),
        ];
        Self { person, fields }
    }

    fn named(&self, name: &str) -> Self {
        let rename = |(field, value): &(&'static str, String)| {
            (*field, if *field == "name" { name.to_owned() } else { value.clone() })
        };
        Self { person: self.person.clone(), fields: self.fields.iter().map(rename).collect() }
    }

    async fn answer(&self, browser: &mut Browser<'_>) -> Answer {
        let fields: Vec<(&str, &str)> = self.fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        browser.send(PATH, &fields).await
    }
}

fn shows_secret(answer: &Answer) -> bool {
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.body.contains("bws_")
}

on_both_engines! {
    async fn a_question_outlives_the_session_of_whoever_reads_it(bench: Bench) {
        let question = Question::put(&bench).await;
        let mut browser = Browser::new(&bench);
        let refused = question.answer(&mut browser).await;
        let to = refused.header("location").unwrap().to_owned();
        assert_eq!((refused.status, to.starts_with("/login?next=%2Fsystem-creation%3F")), (303, true), "{to}");
        let next = url::Url::parse(&bench.at(&to)).unwrap();
        let next = next.query_pairs().find(|(name, _)| name == "next").unwrap().1.into_owned();
        let form = [("email", question.person.email.as_str()), ("password", PASSWORD), ("next", &next)];
        let again = browser.send_and_follow("/login", &form).await;
        assert_eq!(again.status, 200, "{again:?}");
        for (name, value) in &question.fields[..4] {
            assert!(again.body.contains(&value.replace('&', "&#38;")), "{name} is lost: {again:?}");
        }
        assert!(again.body.contains("name=\"type_chosen\""), "what the person chose is no wish of the link: {again:?}");
        assert!(!next.contains("idempotency_key"), "a form that was not sent has no key yet");
        assert!(shows_secret(&question.answer(&mut browser).await));
    }

    async fn a_secret_is_shown_to_a_second_click_and_to_no_reload(bench: Bench) {
        let question = Question::put(&bench).await;
        let mut browser = Browser::of(&bench, &question.person).await;
        assert!(shows_secret(&question.answer(&mut browser).await));
        bench.clock.advance(Span::seconds(29));
        assert!(shows_secret(&question.answer(&mut browser).await));
        bench.clock.advance(Span::seconds(2));
        let late = question.answer(&mut browser).await;
        assert!(!shows_secret(&late));
        assert!(late.body.contains("The secret was shown when the system was created"), "{late:?}");
    }

    async fn another_answer_to_a_question_that_was_answered_is_told_so(bench: Bench) {
        let question = Question::put(&bench).await;
        let mut browser = Browser::of(&bench, &question.person).await;
        assert!(shows_secret(&question.answer(&mut browser).await));
        let other = question.named("Another till").answer(&mut browser).await;
        assert_eq!(other.status, 400);
        assert!(other.body.contains("This link was used already"), "{other:?}");
    }
}
