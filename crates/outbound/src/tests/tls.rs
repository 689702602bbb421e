//! https: the certificate is for the name, wherever the connection goes.

use std::sync::Arc;

use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::bench::{Listener, Script, get};
use crate::{AllowList, FailureReason, Guard};

/// Serves 204 over TLS as `app.example`; gives back its port and its certificate.
async fn serve() -> (u16, CertificateDer<'static>) {
    let issued = rcgen::generate_simple_self_signed(["app.example".to_owned()]).unwrap();
    let certificate = issued.cert.der().clone();
    let key = PrivatePkcs8KeyDer::from(issued.signing_key.serialize_der());
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key.into())
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = socket.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = socket.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut head = [0; 1024];
            let _ = stream.read(&mut head).await;
            let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
            let _ = stream.shutdown().await;
        }
    });
    (port, certificate)
}

fn guard(port: u16, trusted: Option<CertificateDer<'static>>) -> Guard {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(trusted);
    let allow = AllowList::parse(&format!("app.example:{port},other.example:{port}")).unwrap();
    Guard::with_roots(allow, "bailiwick/test", Script::new(&["127.0.0.1"]), roots).unwrap()
}

#[tokio::test]
async fn the_certificate_must_be_trusted_and_for_the_name() {
    let (port, certificate) = serve().await;
    let trusting = guard(port, Some(certificate));
    assert_eq!(get(&trusting, &format!("https://app.example:{port}/")).await, Ok(204));
    assert_eq!(get(&trusting, &format!("https://app.example.:{port}/")).await, Ok(204));
    assert_eq!(get(&trusting, &format!("https://other.example:{port}/")).await, Err(FailureReason::Tls));
    let distrusting = guard(port, None);
    assert_eq!(get(&distrusting, &format!("https://app.example:{port}/")).await, Err(FailureReason::Tls));
}

#[tokio::test]
async fn https_is_never_answered_in_the_clear() {
    let listener = Listener::answering("HTTP/1.1 204 No Content\r\n\r\n\r\n\r\n").await;
    let result = get(&guard(listener.port, None), &format!("https://app.example:{}/", listener.port)).await;
    assert!(result.is_err(), "{result:?}");
}
