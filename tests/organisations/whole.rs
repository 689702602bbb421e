//! What is decided happens whole or not at all.

use std::time::Duration;

use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::postgres;

use crate::support::Scene;

/// Carries out a statement past the server.
async fn execute(bench: &Bench, statement: &str) {
    let url = bench.database_url();
    if let Some(path) = url.strip_prefix("sqlite://") {
        let connection = rusqlite::Connection::open(path).unwrap();
        connection.busy_timeout(Duration::from_secs(10)).unwrap();
        connection.execute_batch(statement).unwrap();
    } else {
        postgres::connect(url).await.unwrap().batch_execute(statement).await.unwrap();
    }
}

on_both_engines! {
    async fn a_decision_whose_entry_cannot_be_written_does_not_happen(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let system = scene.of_reseller.system(&bench, "Till", scene.customer).await;
        let other = bench.organisation("Other", Some(scene.north)).await;
        let gone = bench.organisation("Gone", Some(scene.north)).await;
        scene.root.act(&bench, other, "suspend").await.data(200);
        scene.root.act(&bench, gone, "delete").await.data(200);
        execute(&bench, "ALTER TABLE audit RENAME TO audit_away").await;
        let failed = [
            scene.root.act(&bench, scene.reseller, "suspend").await,
            scene.root.act(&bench, scene.reseller, "delete").await,
            scene.root.act(&bench, other, "reactivate").await,
            scene.root.act(&bench, gone, "restore").await,
            scene.root.act(&bench, gone, "destroy").await,
            scene.root.put_below(&bench, scene.reseller, scene.south).await,
        ];
        for answer in failed {
            answer.refused(500, "internal server error");
        }
        execute(&bench, "ALTER TABLE audit_away RENAME TO audit").await;
        assert_eq!(scene.of_customer.status(&bench, &system).await, 200);
        assert_eq!(scene.of_north.names(&bench, "").await, ["Bakery", "Dealer", "North", "Other"]);
        assert_eq!(scene.of_north.names(&bench, "is_suspended=true").await, ["Other"]);
        assert_eq!(scene.of_north.names(&bench, "deleted=true").await, ["Gone"]);
        assert_eq!(scene.of_south.names(&bench, "").await, ["South"]);
    }
}
