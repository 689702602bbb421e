//! Tokens that nobody issued, and the tricks that other servers fell for (RFC 8725).

use bailiwick_domain::role::Role;
use bailiwick_store::query::signing_key;
use bailiwick_testkit::answer::Answer;
use bailiwick_testkit::bench::{Bench, Engine};
use bailiwick_testkit::on_both_engines;
use data_encoding::{BASE64, BASE64URL_NOPAD};
use ed25519_dalek::pkcs8::EncodePublicKey;
use ed25519_dalek::{Signer, SigningKey};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::support::{Jwt, REFRESH, SIGN_OUT, SYSTEMS, read};

/// A key of the server's, as its own program opens it.
async fn stolen_key(bench: &Bench, purpose: &str) -> (String, SigningKey) {
    let mut link = bench.context.database.read().await.unwrap();
    let keys = signing_key::living(&mut link, bench.context.now()).await.unwrap();
    let key = keys.into_iter().find(|key| key.purpose == purpose && key.sealed_private_key.is_some()).unwrap();
    let place = format!("signing_keys/{}", key.kid);
    let secret = bench.context.vault.open_sealed(&place, &key.sealed_private_key.unwrap()).unwrap();
    (key.kid, SigningKey::from_bytes(&secret.as_slice().try_into().unwrap()))
}

fn encode(part: &str) -> String {
    BASE64URL_NOPAD.encode(part.as_bytes())
}

/// A token over these texts, signed with this key.
fn sign(key: &SigningKey, header: &str, claims: &str) -> String {
    let signed = format!("{}.{}", encode(header), encode(claims));
    let signature = key.sign(signed.as_bytes());
    format!("{signed}.{}", BASE64URL_NOPAD.encode(&signature.to_bytes()))
}

/// The same object with one member changed, or taken away.
fn with(object: &Value, name: &str, value: Option<Value>) -> String {
    let mut members = object.as_object().unwrap().clone();
    match value {
        Some(value) => members.insert(name.to_owned(), value),
        None => members.remove(name),
    };
    Value::Object(members).to_string()
}

/// The same object's text with a member written in front of the others, which may hold it too.
fn in_front(object: &Value, member: &str) -> String {
    format!("{{{member},{}", object.to_string().strip_prefix('{').unwrap())
}

/// Holds that a token opens nothing.
async fn opens_nothing(bench: &Bench, token: &str, why: &str) {
    let value = format!("Bearer {token}");
    let statuses = [(Method::GET, SYSTEMS), (Method::POST, SIGN_OUT), (Method::POST, REFRESH)];
    for (method, path) in statuses {
        let answer = Answer::of(bench.call(method, path).header("Authorization", &value)).await;
        assert_eq!(answer.status, 401, "{why} at {path}: {answer:?}");
    }
}

on_both_engines! {
    async fn a_token_of_another_server_is_refused(bench: Bench) {
        let (_, tokens) = bench.owner().await;
        let other = Bench::start(Engine::Sqlite).await;
        let (_, foreign) = other.owner().await;
        opens_nothing(&bench, &foreign.access, "another server's access token").await;
        opens_nothing(&bench, &foreign.refresh, "another server's refresh token").await;
        opens_nothing(&other, &tokens.access, "an access token at another server").await;
        // Nor with our own issuer and key id written over it.
        let (ours, theirs) = (Jwt::of(&tokens.access), stolen_key(&other, "token").await.1);
        opens_nothing(&bench, &sign(&theirs, &ours.header.to_string(), &ours.claims.to_string()), "another key").await;
    }

    async fn not_one_character_of_a_token_may_differ(bench: Bench) {
        let (_, tokens) = bench.owner().await;
        for position in 0..tokens.access.len() {
            let mut bytes = tokens.access.clone().into_bytes();
            let byte = bytes.get_mut(position).unwrap();
            *byte = if *byte == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert_eq!(read(&bench, &changed).await, 401, "position {position} of {}", tokens.access);
        }
        let parts: Vec<&str> = tokens.access.split('.').collect();
        let [header, claims, signature] = parts.as_slice() else { panic!("three parts") };
        for changed in [
            format!("{header}.{claims}."), format!("{header}.{claims}"), format!("..{signature}"),
            format!("{header}.{claims}.{signature}="), format!("{header}.{claims}.{signature}.{signature}"),
            format!("{header}.{claims}.{}", signature.chars().take(85).collect::<String>()),
        ] {
            assert_eq!(read(&bench, &changed).await, 401, "{changed}");
        }
        assert_eq!(read(&bench, &tokens.access).await, 200);
    }

    async fn no_algorithm_but_ours_is_believed(bench: Bench) {
        let (_, tokens) = bench.owner().await;
        let public = stolen_key(&bench, "token").await.1.verifying_key();
        let (der, x) = (public.to_public_key_der().unwrap(), BASE64URL_NOPAD.encode(public.as_bytes()));
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", BASE64.encode(der.as_bytes()));
        for token in [&tokens.access, &tokens.refresh] {
            let genuine = Jwt::of(token);
            let claims = encode(&genuine.claims.to_string());
            let signature = BASE64URL_NOPAD.encode(&genuine.signature);
            for name in ["none", "None", "NONE", "nOnE"] {
                let header = encode(&with(&genuine.header, "alg", Some(json!(name))));
                opens_nothing(&bench, &format!("{header}.{claims}."), name).await;
                opens_nothing(&bench, &format!("{header}.{claims}.{signature}"), name).await;
            }
            for secret in [public.as_bytes().as_slice(), x.as_bytes(), der.as_bytes(), pem.as_bytes(), b""] {
                let signed = format!("{}.{claims}", encode(&with(&genuine.header, "alg", Some(json!("HS256")))));
                let mac = Hmac::<Sha256>::new_from_slice(secret).unwrap().chain_update(&signed).finalize();
                let token = format!("{signed}.{}", BASE64URL_NOPAD.encode(&mac.into_bytes()));
                opens_nothing(&bench, &token, "HS256 with the public key").await;
            }
        }
    }

    async fn a_key_that_the_token_brings_along_is_never_used(bench: Bench) {
        let (_, tokens) = bench.owner().await;
        let thief = SigningKey::from_bytes(&[7; 32]);
        let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "kid": "thief", "alg": "EdDSA", "use": "sig",
            "x": BASE64URL_NOPAD.encode(thief.verifying_key().as_bytes()) });
        let genuine = Jwt::of(&tokens.access);
        let claims = genuine.claims.to_string();
        let jku = json!("http://127.0.0.1:9/jwks.json");
        for kid in [genuine.kid(), "thief", "", "../../keys/master.key", "' OR 1=1 --"] {
            let named: Value = serde_json::from_str(&with(&genuine.header, "kid", Some(json!(kid)))).unwrap();
            for (name, value) in [("jwk", jwk.clone()), ("jku", jku.clone()), ("x5u", jku.clone()), ("x5c", json!(["MIIB"]))] {
                opens_nothing(&bench, &sign(&thief, &with(&named, name, Some(value)), &claims), name).await;
            }
            opens_nothing(&bench, &sign(&thief, &named.to_string(), &claims), "a foreign key").await;
        }
    }

    async fn even_our_own_key_signs_only_what_is_complete_and_meant_for_us(bench: Bench) {
        let (owner, tokens) = bench.owner().await;
        let (kid, key) = stolen_key(&bench, "token").await;
        let genuine = Jwt::of(&tokens.access);
        assert_eq!(genuine.kid(), kid);
        let (header, claims) = (genuine.header.to_string(), genuine.claims.to_string());
        assert_eq!(read(&bench, &sign(&key, &header, &claims)).await, 200, "the forger's tools work");
        for name in ["aud", "exp", "iat", "iss", "sid", "sub"] {
            opens_nothing(&bench, &sign(&key, &header, &with(&genuine.claims, name, None)), name).await;
            opens_nothing(&bench, &sign(&key, &header, &with(&genuine.claims, name, Some(Value::Null))), name).await;
        }
        let reader = bench.person("reader", owner, Role::Reader).await;
        for (name, value) in [
            ("iss", json!("https://elsewhere.example")), ("iss", json!(format!("{}/", bench.origin))),
            ("aud", json!("user")), ("aud", json!(["user", "other"])), ("exp", json!(genuine.number("iat"))),
            ("exp", json!("9999999999")), ("exp", json!(-1)), ("exp", json!(1e300)), ("sid", json!("AAAAAAAAAAA")),
            ("sid", json!("")), ("sub", json!(reader.id.to_string())), ("sub", json!("owner")), ("gen", json!(0)),
        ] {
            let token = sign(&key, &header, &with(&genuine.claims, name, Some(value.clone())));
            opens_nothing(&bench, &token, &format!("{name} = {value}")).await;
        }
        for typ in [None, Some(json!("JWT")), Some(json!("rt+jwt")), Some(json!(""))] {
            opens_nothing(&bench, &sign(&key, &with(&genuine.header, "typ", typ.clone()), &claims), "typ").await;
        }
        for kid in [None, Some(json!("unknown")), Some(json!(7))] {
            opens_nothing(&bench, &sign(&key, &with(&genuine.header, "kid", kid.clone()), &claims), "kid").await;
        }
    }

    async fn what_two_readers_could_read_differently_is_refused(bench: Bench) {
        let (owner, tokens) = bench.owner().await;
        let key = stolen_key(&bench, "token").await.1;
        let genuine = Jwt::of(&tokens.access);
        let (header, claims) = (genuine.header.to_string(), genuine.claims.to_string());
        let reader = bench.person("reader", owner, Role::Reader).await;
        for member in [
            format!(r#""sub":"{}""#, reader.id), r#""exp":9999999999"#.to_owned(), r#""iss":"x""#.to_owned(),
            format!(r#""sub":{}"#, genuine.claims.get("sub").unwrap()),
        ] {
            opens_nothing(&bench, &sign(&key, &header, &in_front(&genuine.claims, &member)), &member).await;
        }
        for member in [r#""alg":"none""#, r#""kid":"other""#, r#""typ":"rt+jwt""#] {
            opens_nothing(&bench, &sign(&key, &in_front(&genuine.header, member), &claims), member).await;
        }
    }

    async fn the_key_of_callbacks_signs_no_tokens(bench: Bench) {
        let (_, tokens) = bench.owner().await;
        let (kid, key) = stolen_key(&bench, "callback").await;
        let genuine = Jwt::of(&tokens.access);
        for header in [with(&genuine.header, "kid", Some(json!(kid))), genuine.header.to_string()] {
            opens_nothing(&bench, &sign(&key, &header, &genuine.claims.to_string()), "the callback key").await;
        }
    }
}
