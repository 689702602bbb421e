//! Inviting everybody in a file: what it would do, what it does, and what it never does.

use std::fmt::Write as _;

use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::invitation::PER_ORGANISATION_MAX;
use bailiwick_domain::invitation_file::ROWS_MAX;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::role::Role;
use bailiwick_testkit::answer::Answer;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::people::Tokens;
use reqwest::Method;
use serde_json::{Value, json};

use crate::invitations::{NEWCOMER, Stage, mailed};
use crate::support::{Aside, Strict};

const IMPORT: &str = "/api/invitations/import";

async fn send(bench: &Bench, tokens: &Tokens, query: &str, file: impl Into<Vec<u8>>) -> Answer {
    let request = bench.call(Method::POST, &format!("{IMPORT}{query}")).bearer_auth(&tokens.access);
    Answer::of(request.header("content-type", "text/csv; charset=utf-8").body(file.into())).await
}

async fn import(bench: &Bench, tokens: &Tokens, file: &str) -> Answer {
    send(bench, tokens, "", file).await
}

async fn preview(bench: &Bench, tokens: &Tokens, file: &str) -> Value {
    let answer = send(bench, tokens, "?dry_run=true", file).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let data = answer.json()["data"].clone();
    assert_eq!(data["dry_run"], true, "{data}");
    data
}

/// Line, outcome and the rules that failed, of each row.
fn outcomes(data: &Value) -> Vec<String> {
    let rows = data["rows"].as_array().unwrap_or_else(|| panic!("{data}"));
    let row = |row: &Value| {
        let rules = row["errors"].as_array().unwrap().iter();
        let rules: Vec<_> =
            rules.map(|error| format!(" {} {}", text(&error["key"]), text(&error["message"]))).collect();
        format!("{} {}{}", row["line"], text(&row["outcome"]), rules.concat())
    };
    rows.iter().map(row).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

/// Rows of what an import makes.
async fn made(aside: &Aside) -> [i64; 4] {
    let mut counts = [0; 4];
    for (count, rows) in counts.iter_mut().zip(["invitations", "mails", "audit", "throttle_ledgers"]) {
        *count = aside.number(&format!("SELECT COUNT(*) FROM {rows}")).await;
    }
    counts
}

/// An organisation below a reseller, and that one's administrator.
async fn partner(bench: &Bench, stage: &Stage) -> (OrganisationId, OrganisationId, Tokens) {
    let partner = bench.organisation_of_kind("Partner", OrganisationKind::Reseller, Some(stage.owner)).await;
    let customer = bench.organisation("Customer", Some(partner)).await;
    let tokens = bench.sign_in(&bench.person("pia", partner, Role::Admin).await).await;
    (partner, customer, tokens)
}

on_both_engines! {
    async fn a_dry_run_says_what_each_row_would_do_and_does_nothing(bench: Bench) {
        let (stage, aside) = (Stage::set(&bench).await, Aside::of(&bench).await);
        let (_, customer, tokens) = partner(&bench, &stage).await;
        bench.organisation("Twin", Some(stage.owner)).await;
        let member = bench.person("mia", customer, Role::Reader).await;
        bench.invitation("ina@example.org", customer).await;
        let file = format!(
            "email;organization;role;language;name\r\n\
             ann@example.org;Customer;reader;de;Ann\r\n\
             {};customer;reader;;\r\n\
             {};{customer};admin;;\r\n\
             ina@example.org;{customer};reader;;\r\n\
             ANN@example.org;{customer};admin;;\r\n\
             ben;Customer;chief;xx;\r\n\
             cleo@example.org;Twin;reader;;\r\n\
             dan@example.org;{};reader;;\r\n\
             eve@example.org;;support;;\"=cmd|' /C calc'!A0\"\r\n",
            member.email, member.email, stage.ours,
        );
        let before = made(&aside).await;
        let data = preview(&bench, &tokens, &file).await;
        assert_eq!(outcomes(&data), [
            "2 invite",
            // Names are names: in their very spelling.
            "3 not_allowed organization organization",
            "4 already_member",
            "5 already_invited",
            "6 duplicate",
            "7 invalid email email role oneof language oneof",
            // What is elsewhere looks as if it did not exist.
            "8 not_allowed organization organization",
            "9 not_allowed organization organization",
            // Where none is named, the one that is acted for.
            "10 invite",
        ]);
        let (rows, counts) = (&data["rows"], &data["counts"]);
        assert_eq!((&rows[4]["duplicate_of"], &rows[0]["name"], &rows[0]["role"]), (&json!(2), &json!("Ann"), &json!("reader")));
        assert_eq!((&rows[0]["organization"]["name"], &rows[8]["organization"]["name"]), (&json!("Customer"), &json!("Partner")));
        assert_eq!((&counts["invite"], &counts["not_allowed"], &data["can_be_carried_out"]), (&json!(2), &json!(3), &json!(false)));
        assert!(!data.to_string().contains("Sibling") && !data.to_string().contains("Bellavista"), "{data}");
        assert_eq!(made(&aside).await, before);
    }

    async fn a_file_is_carried_out_whole_and_twice_it_invites_nobody_twice(bench: Bench) {
        let (stage, aside) = (Stage::set(&bench).await, Aside::of(&bench).await);
        let file = format!(
            "email,role,language\n{NEWCOMER},support,it\nben@example.org,reader,\n{},reader,\nBEN@example.org,admin,\n",
            stage.carla.email,
        );
        let before = made(&aside).await;
        let answer = import(&bench, &stage.admin, &file).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let data = answer.json()["data"].clone();
        assert_eq!(outcomes(&data), ["2 invite", "3 invite", "4 already_member", "5 duplicate"]);
        assert_eq!(data["dry_run"], false);
        let after = made(&aside).await;
        assert_eq!([after[0] - before[0], after[1] - before[1], after[2] - before[2]], [2, 2, 2]);
        let (_, mail) = mailed(bench.directory(), NEWCOMER).await;
        assert!(mail.contains("Hai un invito"), "{mail}");
        let again = import(&bench, &stage.admin, &file).await.json()["data"].clone();
        assert_eq!(outcomes(&again), ["2 already_invited", "3 already_invited", "4 already_member", "5 duplicate"]);
        let finally = made(&aside).await;
        assert_eq!(finally[..3], after[..3], "nothing happened");
    }

    async fn one_row_that_is_refused_refuses_the_whole_file(bench: Bench) {
        let (stage, aside) = (Stage::set(&bench).await, Aside::of(&bench).await);
        let before = made(&aside).await;
        for (row, key, rule) in [
            ("ben,reader,", "line 3: email", "email"),
            ("ben@example.org,chief,", "line 3: role", "oneof"),
            ("ben@example.org,,", "line 3: role", "required"),
            ("ben@example.org,reader,Sibling", "line 3: organization", "organization"),
            ("ben@example.org,\"reader,", "line 3: row", "quotes"),
            ("ben@example.org,reader,,,,more", "line 3: row", "cells"),
            ("\"ben@example.org\rBcc: all@example.org\",reader,", "line 3: email", "email"),
        ] {
            let refused = import(&bench, &stage.admin, &format!("email,role,organization\n{NEWCOMER},reader,\n{row}\n")).await;
            let error = refused.json()["data"]["errors"][0].clone();
            assert_eq!((refused.status, &error["key"], &error["message"]), (400, &json!(key), &json!(rule)), "{row}: {refused:?}");
        }
        for (file, rule) in [
            (&b"email,role\n"[..], "rows"),
            (b"", "required"),
            (b"email\nben@example.org\n", "column"),
            (b"email,role,colour\nben@example.org,reader,red\n", "column"),
            (b"email,role\nben@example.org,r\xe9ader\n", "utf8"),
            (b"\xff\xfee\0m\0a\0i\0l\0", "utf8"),
            (b"email,role\nben@example.org,rea\0der\n", "utf8"),
        ] {
            let refused = send(&bench, &stage.admin, "", file).await;
            let error = refused.json()["data"]["errors"][0].clone();
            assert_eq!((refused.status, &error["key"], &error["message"]), (400, &json!("file"), &json!(rule)), "{refused:?}");
            assert!(error["expected"].as_str().is_some_and(|expected| expected.len() > 20), "{error}");
        }
        let many = format!("email,role\n{}", "ben@example.org,reader\n".repeat(1001));
        assert_eq!(import(&bench, &stage.admin, &many).await.json()["data"]["errors"][0]["message"], "rows");
        let huge = vec![b'a'; 256 * 1024 + 1];
        assert_eq!(send(&bench, &stage.admin, "", huge).await.status, 413);
        let typed = bench.call(Method::POST, IMPORT).bearer_auth(&stage.admin.access);
        for content_type in ["application/json", "text/csv; charset=windows-1252", "application/x-www-form-urlencoded"] {
            let request = typed.try_clone().unwrap().header("content-type", content_type).body("email,role\n");
            assert_eq!(Answer::of(request).await.status, 415, "{content_type}");
        }
        assert_eq!(made(&aside).await, before);
    }

    async fn a_file_does_not_get_round_any_limit(bench: Bench) {
        let (stage, aside) = (Stage::set(&bench).await, Aside::of(&bench).await);
        for number in 0..PER_ORGANISATION_MAX - 3 {
            bench.invitation(&format!("somebody{number}@example.org"), stage.ours).await;
        }
        let row = |number: usize| format!("new{number}@example.org,reader\n");
        let file = |rows: usize| format!("email,role\n{}", (0..rows).map(row).collect::<String>());
        let data = preview(&bench, &stage.admin, &file(5)).await;
        let expected = ["2 invite", "3 invite", "4 invite", "5 not_allowed email too_many_invitations",
            "6 not_allowed email too_many_invitations"];
        assert_eq!(outcomes(&data), expected);
        let before = made(&aside).await;
        let refused = import(&bench, &stage.admin, &file(5)).await;
        assert_eq!((refused.status, &refused.json()["message"]), (429, &json!("too many invitations")), "{refused:?}");
        assert!(refused.header("retry-after").is_some() && refused.body.contains("line 5"), "{refused:?}");
        assert_eq!(made(&aside).await, before);
        assert_eq!(import(&bench, &stage.admin, &file(3)).await.status, 200);
        // Nor that of an address, from however many organisations.
        let chief = bench.sign_in(&bench.super_admin("chief", stage.theirs).await).await;
        let mut rows = String::from("email,role,organization\n");
        for number in 0..11 {
            let shell = bench.organisation(&format!("Shell {number}"), Some(stage.owner)).await;
            writeln!(rows, "olga@example.org,reader,{shell}").unwrap();
        }
        let data = preview(&bench, &chief, &rows).await;
        assert_eq!((&data["counts"]["invite"], &data["rows"][10]["outcome"]), (&json!(10), &json!("not_allowed")));
    }

    async fn a_whole_file_is_invited_at_once(bench: Bench) {
        let (stage, aside) = (Stage::set(&bench).await, Aside::of(&bench).await);
        let file = (0..ROWS_MAX).fold("email,role\n".to_owned(), |file, number| format!("{file}new{number}@example.org,reader\n"));
        let done = import(&bench, &stage.admin, &file).await;
        assert_eq!((done.status, &done.json()["data"]["counts"]["invite"]), (200, &json!(ROWS_MAX)), "{done:?}");
        assert_eq!(aside.number("SELECT COUNT(*) FROM mails").await, i64::try_from(ROWS_MAX).unwrap());
    }

    async fn parallel_imports_of_one_file_invite_nobody_twice(bench: Bench) {
        let (stage, aside) = (Stage::set(&bench).await, Aside::of(&bench).await);
        let other_node = bench.another_node().await;
        let (_, customer, tokens) = partner(&bench, &stage).await;
        // In an order of its own each: organisations and addresses crosswise.
        let rows: Vec<String> = (0..20).map(|number| {
            let place = if number % 2 == 0 { "Customer" } else { "Partner" };
            format!("new{number}@example.org,reader,{place}\n")
        }).collect();
        let before = made(&aside).await;
        let asked: Vec<_> = [&bench, &other_node].into_iter().cycle().take(8).enumerate().map(|(turn, node)| {
            let mut rows = rows.clone();
            rows.rotate_left(turn * 3 % 20);
            if turn % 2 == 1 {
                rows.reverse();
            }
            let file = format!("email,role,organization\n{}", rows.concat());
            let request = node.call(Method::POST, IMPORT).bearer_auth(&tokens.access).header("content-type", "text/csv");
            tokio::spawn(Answer::of(request.body(file)))
        }).collect();
        let mut invited = 0;
        for one in asked {
            let answer = one.await.unwrap();
            assert_eq!(answer.status, 200, "{answer:?}");
            let count = answer.json()["data"]["counts"]["invite"].as_i64().unwrap();
            assert!(count == 0 || count == 20, "a part of a file was carried out: {answer:?}");
            invited += count;
        }
        let after = made(&aside).await;
        assert_eq!((invited, after[0] - before[0], after[1] - before[1]), (20, 20, 20), "{customer}");
    }

    async fn an_import_whose_entries_cannot_be_written_does_not_happen(bench: Bench) {
        let (stage, aside) = (Stage::set(&bench).await, Aside::of(&bench).await);
        let before = made(&aside).await;
        aside.run("ALTER TABLE audit RENAME TO audit_away").await;
        let file = format!("email,role\n{NEWCOMER},reader\nben@example.org,reader\n");
        assert_eq!(import(&bench, &stage.admin, &file).await.status, 500);
        aside.run("ALTER TABLE audit_away RENAME TO audit").await;
        assert_eq!(made(&aside).await, before);
    }

    async fn a_file_does_not_tell_whether_an_address_is_known_elsewhere(bench: Bench) {
        let stage = Stage::set(&bench).await;
        let file = |email: &str| format!("email,role\n{email},reader\n");
        let (known, unknown) = (stage.bob.email.clone(), "zob@example.org");
        let look = |data: Value, email: &str| data.to_string().replace(email, "");
        let of_known = look(preview(&bench, &stage.admin, &file(&known)).await, &known);
        assert_eq!(of_known, look(preview(&bench, &stage.admin, &file(unknown)).await, unknown));
        let of_known = import(&bench, &stage.admin, &file(&known)).await;
        let of_unknown = import(&bench, &stage.admin, &file(unknown)).await;
        assert_eq!(of_known.body.replace(&known, ""), of_unknown.body.replace(unknown, ""));
    }
}
