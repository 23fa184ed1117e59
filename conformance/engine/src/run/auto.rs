//! Roles that answer by themselves, so that many P-MAARs behave without a scripted answer each.

use std::collections::BTreeMap;

use dmm_codec::Instant;

use super::{Done, Running};
use crate::contents::Contents;
use crate::identity;
use crate::packet::options;
use crate::script::model::Auto;
use crate::script::value::Value;

/// Answers that are due.
#[derive(Debug, Default)]
pub(super) struct Autos {
    /// By the time they are due, then by the packet they answer.
    due: BTreeMap<(Instant, usize), String>,
    dropped: BTreeMap<String, u32>,
}

impl Autos {
    pub(super) fn next(&self) -> Option<Instant> {
        self.due.first_key_value().map(|((at, _), _)| *at)
    }
}

impl Running<'_> {
    fn auto(&self, port: &str) -> Option<&Auto> {
        let name = port.split('.').next().unwrap_or(port);
        self.instance.case.testers.iter().find(|tester| tester.name.value == name)?.auto.as_ref()
    }

    /// Whether a role answers by itself.
    pub(super) fn answers(&self, port: &str) -> bool {
        self.auto(port).is_some()
    }

    /// Remembers to answer a packet, if its role does that.
    pub(super) fn answer_later(&mut self, packet: usize) {
        let logged = &self.log[packet];
        let (port, at) = (logged.port.clone(), logged.at);
        let Some(auto) = self.auto(&port) else { return };
        if Contents::of(logged, auto.answer).is_none() {
            return;
        }
        let drop_first = auto.drop_first;
        let delay = auto.delay.clone();
        let delay = delay.and_then(|delay| self.resolve(&delay).ok()?.duration().ok()).unwrap_or_default();
        let dropped = self.autos.dropped.entry(port.clone()).or_default();
        if *dropped < drop_first {
            *dropped += 1;
            return;
        }
        self.autos.due.insert((at + delay, packet), port);
    }

    /// Sends the answer that is due first.
    pub(super) fn answer(&mut self) -> Done {
        let Some(((_, packet), port)) = self.autos.due.pop_first() else { return Ok(()) };
        let Some(auto) = self.auto(&port).cloned() else { return Ok(()) };
        let Some(template) = self.instance.case.library.template(&auto.reply).cloned() else {
            return Err(self.broken(format!("no template `{}`", auto.reply)));
        };
        let mut scope = BTreeMap::from([
            ("req".to_string(), Value::Packet(packet)),
            ("maar".to_string(), Value::Role(port.clone())),
        ]);
        // The prefix that this role anchors for the mobile node of the message.
        let mobile = self.mobile_of(packet).unwrap_or(0);
        if let (Some(role), Some(mn)) = (self.role(&port), self.setup.mobiles.get(mobile)) {
            scope.insert("prefix".to_string(), Value::Net(identity::prefix(role, mobile)));
            scope.insert("mn".to_string(), Value::Mobile(mn.name.clone()));
        }
        // The answer is made from the request alone, whatever step is being done meanwhile.
        let outer = std::mem::replace(&mut self.scopes, vec![scope]);
        let composed = self.compose(&port, &template, None);
        self.scopes = outer;
        let (octets, way) = composed?;
        let sent = self.transmit_by(&port, &octets, &way)?;
        let name = self.setup.iut.role;
        let comment = format!("{} {port} answers packet {} of the {name} by itself", auto.span, packet + 1);
        self.log[sent].comments.push(comment);
        Ok(())
    }

    fn mobile_of(&self, packet: usize) -> Option<usize> {
        let (_, view) = self.log.get(packet)?.readable()?;
        let spec = dmm_codec::option::spec_by_name("mn_id")?;
        let option = options(&view, spec.kind).next()?;
        self.setup.mobiles.iter().position(|mobile| option.body.ends_with(mobile.nai.as_bytes()))
    }
}
