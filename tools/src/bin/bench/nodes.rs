//! How fast the reference nodes are in virtual time.

use std::time::Duration;

use dmm::journey;
use dmm_sim::Domain;
use dmm_sim::domain::DomainConfig;

use crate::{Row, Target, least};

/// How much faster virtual time runs than the clock on the wall.
pub(crate) fn rows() -> Vec<Row> {
    let virtual_start = Domain::new(&DomainConfig::default()).now();
    let mut virtual_time = Duration::ZERO;
    let wall = least(5, || {
        let journey = journey::make(&DomainConfig::default());
        virtual_time = journey.domain.now().since(virtual_start);
    });
    let speed = virtual_time.as_secs_f64() / wall.as_secs_f64();
    let demo = Row::new(
        "nodes",
        "the demo's journey",
        (wall.as_secs_f64() * 1e3, "ms"),
        "its own virtual time",
        speed,
        Some(Target::AtLeast(100.0)),
    );

    let (mobiles, moves) = (100, 4);
    let config = DomainConfig { maars: 5, mobiles, gap: Duration::from_millis(1), ..DomainConfig::default() };
    let wall = least(3, || {
        let mut domain = Domain::new(&config);
        for step in 0..=moves {
            for mobile in 1..=mobiles {
                domain.attach(mobile, 1 + (mobile + step) % config.maars);
            }
            domain.run_for(Duration::from_secs(1));
        }
        virtual_time = domain.now().since(virtual_start);
    });
    let handovers = f64::from(mobiles * moves) / wall.as_secs_f64();
    let speed = virtual_time.as_secs_f64() / wall.as_secs_f64();
    let name = "handovers of 100 mobile nodes, 5 MAARs";
    vec![
        demo,
        Row::new(
            "nodes",
            name,
            (handovers, "handovers/s"),
            "their own virtual time",
            speed,
            Some(Target::AtLeast(10.0)),
        ),
    ]
}
