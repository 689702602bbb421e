//! Figures for Prometheus, on a listener of their own (contract, section 1).

use std::net::SocketAddr;

use metrics_exporter_prometheus::PrometheusBuilder;

/// Starts to record, and to answer on this address.
///
/// # Errors
/// When the address cannot be listened on.
pub fn start(address: SocketAddr) -> Result<(), metrics_exporter_prometheus::BuildError> {
    PrometheusBuilder::new().with_http_listener(address).install()
}
