//! Why somebody may do something, asked step by step by the address.

use bailiwick_testkit::on_both_engines;

use crate::support::{Browser, Page, Scene};

on_both_engines! {
    async fn a_question_is_put_together_step_by_step_and_answered(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let browser = Browser::of(&bench, &scene.nora).await;
        browser.open("/access").await.says(200, &["Who?", "About what?"]);
        let found = browser.open("/access?person=rita").await;
        let subject = format!("subject={}", scene.rita.id);
        found.says(200, &["rita@example.org", &subject]);
        let found = browser.open(&format!("/access?{subject}&thing=bak")).await;
        found.says(200, &["Bakery", &format!("{subject}&#38;resource=organization%3A{}", scene.bakery)]);
        let whole = format!("/access?{subject}&resource=organization:{}", scene.bakery);
        browser.open(&whole).await.says(200, &["Which right?", "value=\"manage:systems\""]);
        let yes = browser.open(&format!("{whole}&right=read:systems")).await;
        yes.says(200, &[">Yes</h2>", "Reader in Shop", "Grants the right", ">Shop</a>", " → ", ">Bakery</a>"]);
        let no = browser.open(&format!("{whole}&right=manage:systems")).await;
        no.says(200, &[">No</h2>", "The role does not have the right", "value=\"manage:systems\" selected"]);
        // A right that is not about such a thing is not asked for.
        let person = browser.open(&format!("/access?{subject}&resource=user:{}", scene.sam.id)).await;
        person.hides(&["value=\"read:systems\""]);
    }

    async fn what_one_does_not_manage_is_not_named(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let browser = Browser::of(&bench, &scene.nora).await;
        for query in [
            format!("subject={}&resource=organization:{}&right=read:systems", scene.sid.id, scene.south),
            "person=sid&thing=south".to_owned(),
            format!("resource=user:{}", scene.sid.id),
            format!("subject={}&resource=organization:{}&right=read:users", scene.rita.id, scene.owner),
        ] {
            let page = browser.open(&format!("/access?{query}")).await;
            page.says(200, &["Explain access"]);
            page.hides(&["sid@", "South", "Owner", ">Yes</h2>", ">No</h2>"]);
        }
    }
}
