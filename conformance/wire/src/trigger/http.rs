//! An adaptor beside the implementation, which is asked over HTTP: `POST /do/ACTION` with what is known as JSON. 501 says that it
//! cannot, any 2xx that it has.

use std::time::Duration;

use dmm_conformance::transport::Acted;
use serde_json::json;

use super::{Order, failed, one_line, unsupported};

const NOT_IMPLEMENTED: u16 = 501;

pub(super) fn post(url: &str, order: &Order, within: Duration) -> Acted {
    let action = order.fact("action");
    let config = ureq::Agent::config_builder().timeout_global(Some(within)).http_status_as_error(false);
    let agent = ureq::Agent::new_with_config(config.build());
    let url = format!("{url}/do/{action}");
    let body = json!({
        "mn": {"name": order.fact("mn.name"), "nai": order.fact("mn.nai"), "mac": order.fact("mn.mac")},
        "at": {"name": order.fact("at.name"), "addr": order.fact("at.addr")},
        "iut": {"name": order.fact("iut.name"), "addr": order.fact("iut.addr")},
        "config": order.fact("config"),
    });
    let sent = agent.post(&url).content_type("application/json").send(body.to_string());
    let mut response = match sent {
        Ok(response) => response,
        Err(error) => return failed(format!("POST {url}: {error}")),
    };
    let said = response.body_mut().read_to_string().unwrap_or_default();
    match response.status() {
        status if status.is_success() && action == "dump-state" => Acted::Told(one_line(&said)),
        status if status.is_success() => Acted::Done,
        status if status.as_u16() == NOT_IMPLEMENTED => unsupported(&action, &said),
        status => failed(format!("POST {url}: {status}: {said}")),
    }
}
