//! Acting as somebody else in a browser: beginning, the banner, stopping, and what becomes of one's own session.

use bailiwick_domain::role::Role;
use bailiwick_testkit::answer::Answer;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::http::submit;
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::people::{PASSWORD, Person};
use reqwest::Method;

use crate::support::{Actor, Tree};

/// A browser's cookies.
#[derive(Clone, Debug, Default)]
struct Browser(Vec<(String, String)>);

impl Browser {
    async fn ask(&mut self, node: &Bench, method: Method, path: &str, form: &[(&str, &str)]) -> Answer {
        let cookies: Vec<String> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = node.call(method.clone(), path).header("cookie", cookies.join("; "));
        if method == Method::POST {
            request = submit(request, form.iter().copied());
        }
        let answer = Answer::of(request).await;
        for line in answer.headers.get_all("set-cookie") {
            let (pair, attributes) = line.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.0.retain(|(known, _)| known != name);
            if !attributes.contains("Max-Age=0") {
                self.0.push((name.to_owned(), value.to_owned()));
            }
        }
        answer
    }

    async fn get(&mut self, node: &Bench, path: &str) -> Answer {
        self.ask(node, Method::GET, path, &[]).await
    }

    async fn post(&mut self, node: &Bench, path: &str) -> Answer {
        self.ask(node, Method::POST, path, &[]).await
    }

    async fn signed_in(node: &Bench, person: &Person, keep: bool) -> Self {
        let mut browser = Self::default();
        let mut form = vec![("email", person.email.as_str()), ("password", PASSWORD)];
        form.extend(keep.then_some(("keep", "true")));
        let page = browser.ask(node, Method::POST, "/login", &form).await;
        assert_eq!(page.status, 303, "{}", page.body);
        browser
    }

    fn cookie(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// As whom the browser acts, as its account page says.
    async fn who(&mut self, node: &Bench) -> String {
        let page = self.get(node, "/docs").await;
        assert_eq!(page.status, 200);
        let who = page.body.split("<p class=\"account-who\"><strong>").nth(1).unwrap_or_default();
        who.split('<').next().unwrap_or_default().to_owned()
    }
}

on_both_engines! {
    async fn a_browser_acts_as_somebody_and_comes_back(bench: Bench) {
        let tree = Tree::new(&bench).await;
        tree.system(&bench, "of ours", tree.ours).await;
        let ann = Actor::new(&bench, "ann", tree.ours, Role::Support).await;
        let sue = bench.person("sue", tree.owner, Role::Support).await;
        for keep in [false, true] {
            let mut browser = Browser::signed_in(&bench, &sue, keep).await;
            let own = browser.cookie("bailiwick").unwrap().to_owned();
            let begin = format!("/users/{}/impersonate", ann.person.id);
            let refused = browser.post(&bench, &begin).await;
            if !keep {
                assert_eq!(refused.status, 403, "{}", refused.body);
                assert!(refused.body.contains("has not consented"), "{}", refused.body);
                assert_eq!(browser.who(&bench).await, "sue");
            }
            ann.consent(&bench, 8).await.data(200);
            let begun = browser.post(&bench, &begin).await;
            assert_eq!((begun.status, begun.location()), (303, "/"), "{}", begun.body);
            assert_ne!(browser.cookie("bailiwick"), Some(own.as_str()));
            // Every page says so, and leads back.
            for path in ["/", "/docs", "/docs/systems", "/account", "/system-creation", "/nowhere", "/register"] {
                let page = browser.get(&bench, path).await;
                assert!(page.body.contains("You act as"), "{path} {} {}", page.status, page.body);
                assert!(page.body.contains("action=\"/impersonation/stop\""), "{path}");
            }
            assert_eq!(browser.who(&bench).await, "ann");
            assert!(browser.get(&bench, "/").await.body.contains("of ours"));
            for (method, path) in [(Method::GET, "/account"), (Method::POST, "/account"), (Method::GET, "/system-creation"), (Method::POST, "/system-creation"), (Method::GET, "/reset-password"), (Method::POST, "/login"), (Method::POST, begin.as_str())] {
                let page = browser.ask(&bench, method.clone(), path, &[]).await;
                assert_eq!(page.status, 403, "{method} {path}");
                assert!(page.body.contains("This is for the person alone"), "{method} {path} {}", page.body);
            }
            let stopped = browser.post(&bench, "/impersonation/stop").await;
            assert_eq!((stopped.status, stopped.location()), (303, "/"));
            assert_eq!((browser.cookie("bailiwick"), browser.cookie("bailiwick-own")), (Some(own.as_str()), None));
            assert_eq!(browser.who(&bench).await, "sue");
            assert!(!browser.get(&bench, "/").await.body.contains("You act as"));
            ann.revoke(&bench).await.data(200);
        }
    }

    async fn once_it_is_over_a_browser_has_its_own_session_back(bench: Bench) {
        let tree = Tree::new(&bench).await;
        let ann = Actor::new(&bench, "ann", tree.ours, Role::Support).await;
        let sue = bench.person("sue", tree.owner, Role::Support).await;
        let mut browser = Browser::signed_in(&bench, &sue, false).await;
        ann.consent(&bench, 8).await.data(200);
        browser.post(&bench, &format!("/users/{}/impersonate", ann.person.id)).await;
        ann.revoke(&bench).await.data(200);
        // Nothing that was meant for the other one is done as oneself.
        let page = browser.ask(&bench, Method::POST, "/switch-organization", &[("organization_id", &tree.owner.to_string())]).await;
        assert_eq!((page.status, page.location()), (303, "/login?next=%2Fswitch-organization"));
        let page = browser.get(&bench, "/login?next=%2F").await;
        assert_eq!((page.status, page.location()), (303, "/"));
        assert_eq!(browser.who(&bench).await, "sue");
        assert_eq!(browser.cookie("bailiwick-own"), None);
    }

    async fn a_session_kept_aside_comes_back_to_nobody_but_who_gave_it_up(bench: Bench) {
        let tree = Tree::new(&bench).await;
        let ann = Actor::new(&bench, "ann", tree.ours, Role::Support).await;
        let sue = bench.person("sue", tree.owner, Role::Support).await;
        let eve = bench.person("eve", tree.owner, Role::Support).await;
        let eves = Browser::signed_in(&bench, &eve, false).await;
        let mut browser = Browser::signed_in(&bench, &sue, false).await;
        // Somebody plants a session of theirs as the one that is kept aside.
        browser.0.push(("bailiwick-own".to_owned(), eves.cookie("bailiwick").unwrap().to_owned()));
        browser.post(&bench, "/impersonation/stop").await;
        assert_eq!((browser.who(&bench).await, browser.cookie("bailiwick-own")), ("sue".to_owned(), None));
        let mut stranger = Browser::default();
        stranger.0.push(("bailiwick-own".to_owned(), eves.cookie("bailiwick").unwrap().to_owned()));
        assert_eq!(stranger.get(&bench, "/login").await.status, 200);
        assert_eq!(stranger.who(&bench).await, "");
        // Signing out signs out of both.
        ann.consent(&bench, 8).await.data(200);
        browser.post(&bench, &format!("/users/{}/impersonate", ann.person.id)).await;
        let before = browser.clone();
        assert_eq!(browser.post(&bench, "/logout").await.status, 303);
        assert_eq!((browser.cookie("bailiwick"), browser.cookie("bailiwick-own")), (None, None));
        for name in ["bailiwick", "bailiwick-own"] {
            let mut thief = Browser(vec![("bailiwick".to_owned(), before.cookie(name).unwrap().to_owned())]);
            assert_eq!(thief.who(&bench).await, "", "{name}");
        }
    }
}
