use std::net::Ipv6Addr;

use dmm_codec::{
    Lifetime, Message, MnIdentifier, MobilityOption, Pba, PbaFlags, Pbu, PbuFlags, PreviousMaar, Status,
};
use pretty_assertions::assert_eq;
use proptest::prelude::*;

use super::*;

const CMD: u16 = 0xcd;

fn node(number: u16) -> Ipv6Addr {
    Ipv6Addr::new(0x2001, 0xdb8, 0xc0, 0, 0, 0, 0, number)
}

/// The prefix that this MAAR anchors for the mobile node.
fn prefix(maar: u16) -> MobilityOption {
    MobilityOption::HomeNetworkPrefix(format!("2001:db8:a{maar:03}::/64").parse().unwrap())
}

fn mn() -> MobilityOption {
    MobilityOption::MnIdentifier(MnIdentifier::nai("mn1@example.org"))
}

fn pbu(seq: u16, options: Vec<MobilityOption>) -> Message {
    let flags = PbuFlags::A | PbuFlags::P | PbuFlags::D;
    Message::Pbu(Pbu { seq, flags, lifetime: Lifetime(75), options })
}

fn pba(seq: u16, options: Vec<MobilityOption>) -> Message {
    let flags = PbaFlags::P | PbaFlags::D;
    Message::Pba(Pba { status: Status::ACCEPTED, flags, seq, lifetime: Lifetime(75), options })
}

fn serving(maar: u16) -> MobilityOption {
    MobilityOption::ServingMaar(node(maar))
}

fn previous(maar: u16) -> MobilityOption {
    let prefix = format!("2001:db8:a{maar:03}::/64").parse().unwrap();
    MobilityOption::PreviousMaar(PreviousMaar { address: node(maar), prefix })
}

/// A capture: milliseconds, sender, receiver, message.
type Capture = Vec<(i64, u16, u16, Message)>;

/// Takes all of it, as the first pass does; frames count from 1.
fn track(capture: &Capture) -> Tracker {
    let mut tracker = Tracker::new(Settings::default());
    pass(&mut tracker, capture);
    tracker
}

fn pass(tracker: &mut Tracker, capture: &Capture) {
    for (frame, (millis, src, dst, message)) in (1..).zip(capture) {
        let (src, dst) = (node(*src), node(*dst));
        let octets = message.encode(src, dst).unwrap();
        let place = Place { frame, offset: 40 };
        let seen = Seen { place, time: millis * 1_000_000, src, dst };
        tracker.note(seen, &Signal::read(&octets).expect("a proxy registration"));
    }
}

fn known(tracker: &Tracker, frame: u32) -> Known {
    tracker.known(Place { frame, offset: 40 }).expect("the frame was noted")
}

/// A registration at MAAR 1, and handovers to 2 and 3 by a CMD as relay.
fn relayed() -> Capture {
    vec![
        (0, 1, CMD, pbu(1, vec![mn(), prefix(1)])),
        (2, CMD, 1, pba(1, vec![mn(), prefix(1)])),
        (5000, 2, CMD, pbu(1, vec![mn(), prefix(2)])),
        (5001, CMD, 1, pbu(9, vec![mn(), prefix(1), serving(2)])),
        (5003, 1, CMD, pba(9, vec![mn(), prefix(1), serving(2)])),
        (5004, CMD, 2, pba(1, vec![mn(), prefix(2), previous(1)])),
        (9000, 3, CMD, pbu(1, vec![mn(), prefix(3)])),
        (9001, CMD, 1, pbu(10, vec![mn(), prefix(1), serving(3)])),
        (9002, CMD, 2, pbu(4, vec![mn(), prefix(2), serving(3)])),
        (9003, 2, CMD, pba(4, vec![mn(), prefix(2), serving(3)])),
        (9004, 1, CMD, pba(10, vec![mn(), prefix(1), serving(3)])),
        (9006, CMD, 3, pba(1, vec![mn(), prefix(3), previous(1), previous(2)])),
    ]
}

#[test]
fn a_pba_finds_its_pbu_and_the_pbu_its_pba() {
    let tracker = track(&relayed());
    for (request, answer, millis) in [(1, 2, 2), (3, 6, 4), (4, 5, 2), (7, 12, 6), (8, 11, 3), (9, 10, 1)] {
        let (asked, answered) = (known(&tracker, request), known(&tracker, answer));
        assert_eq!((asked.response_in, asked.response_to), (Some(answer), None), "{request}");
        assert_eq!((answered.response_to, answered.response_in), (Some(request), None), "{answer}");
        assert_eq!([asked.response_time, answered.response_time], [Some(millis * 1_000_000); 2]);
    }
}

#[test]
fn a_handover_is_one_from_the_first_pbu_to_the_last_pba() {
    let tracker = track(&relayed());
    assert_eq!((known(&tracker, 1).handover, known(&tracker, 2).handover), (None, None));
    let first = Handed {
        id: 1,
        from: Some(node(1)),
        to: node(2),
        latency: Some(4_000_000),
        p_maars: 1,
        mode: Some(Mode::Relay),
    };
    for frame in 3..=6 {
        assert_eq!(known(&tracker, frame).handover, Some(first), "frame {frame}");
    }
    let second = Handed {
        id: 2,
        from: Some(node(2)),
        to: node(3),
        latency: Some(6_000_000),
        p_maars: 2,
        mode: Some(Mode::Relay),
    };
    for frame in 7..=12 {
        assert_eq!(known(&tracker, frame).handover, Some(second), "frame {frame}");
    }
}

#[test]
fn what_the_cmd_passes_on_is_linked_with_what_made_it() {
    let tracker = track(&relayed());
    assert_eq!(known(&tracker, 7).relayed_in.as_slice(), [8, 9]);
    assert_eq!([8, 9].map(|copy| known(&tracker, copy).relay_of), [Some(7); 2]);
    assert_eq!(known(&tracker, 8).relayed_in.as_slice(), &[] as &[u32]);
}

#[test]
fn a_session_has_a_present_and_a_past() {
    let tracker = track(&relayed());
    let at = |frame| {
        let known = known(&tracker, frame);
        [known.maar, known.previous_maar].map(|maar| maar.map(|maar| maar.segments()[7]))
    };
    assert_eq!(at(1), [None, None]);
    assert_eq!(at(2), [Some(1), None]);
    assert_eq!(at(3), [Some(1), None]);
    assert_eq!(at(4), [Some(2), Some(1)]);
    assert_eq!(at(7), [Some(2), Some(1)]);
    assert_eq!(at(12), [Some(3), Some(2)]);
}

#[test]
fn a_proxy_answers_first_and_a_p_maar_of_a_locator_answers_itself() {
    let proxy = vec![
        (0, 1, CMD, pbu(1, vec![mn(), prefix(1)])),
        (2, CMD, 1, pba(1, vec![mn(), prefix(1)])),
        (5000, 2, CMD, pbu(1, vec![mn(), prefix(2)])),
        (5001, CMD, 2, pba(1, vec![mn(), prefix(2), previous(1)])),
        (5002, CMD, 1, pbu(9, vec![mn(), prefix(1), serving(2)])),
        (5003, 1, CMD, pba(9, vec![mn(), prefix(1), serving(2)])),
    ];
    let tracker = track(&proxy);
    for frame in 3..=6 {
        let handover = known(&tracker, frame).handover.unwrap();
        assert_eq!((handover.id, handover.mode), (1, Some(Mode::Proxy)), "frame {frame}");
    }
    let locator = vec![
        (0, 1, CMD, pbu(1, vec![mn(), prefix(1)])),
        (2, CMD, 1, pba(1, vec![mn(), prefix(1)])),
        (5000, 2, CMD, pbu(7, vec![mn(), prefix(2)])),
        (5001, CMD, 1, pbu(9, vec![mn(), prefix(1), serving(2)])),
        (5003, 1, 2, pba(9, vec![mn(), prefix(1)])),
        (5003, 1, CMD, pba(9, vec![mn(), prefix(1), serving(2)])),
        // Nobody asked this one.
        (5004, 3, 2, pba(9, vec![mn(), prefix(3)])),
    ];
    let tracker = track(&locator);
    let direct = known(&tracker, 5);
    assert_eq!(
        (direct.is_locator, direct.response_to, direct.response_time),
        (true, Some(3), Some(3_000_000))
    );
    assert_eq!(known(&tracker, 3).response_in, Some(5));
    assert_eq!(known(&tracker, 6).response_to, Some(4));
    assert_eq!(known(&tracker, 3).handover.unwrap().mode, Some(Mode::Locator));
    assert_eq!(known(&tracker, 3).handover.unwrap().latency, Some(3_000_000));
    assert!(!known(&tracker, 7).is_locator);
}

#[test]
fn a_retransmission_has_a_number_an_interval_and_a_judgement() {
    let times = [0, 1000, 3000, 7000, 10_000];
    let sent = |seq| pbu(seq, vec![mn(), prefix(1)]);
    let mut capture: Capture = (1..).zip(times).map(|(seq, at)| (at, 1, CMD, sent(seq))).collect();
    capture.push((10_002, CMD, 1, pba(5, vec![mn(), prefix(1)])));
    let tracker = track(&capture);
    let again = |frame| {
        let it = known(&tracker, frame).retransmission?;
        Some((it.of, it.number, it.interval / 1_000_000, it.as_due))
    };
    assert_eq!(again(1), None);
    assert_eq!(again(2), Some((1, 1, 1000, true)));
    assert_eq!(again(3), Some((2, 2, 2000, true)));
    assert_eq!(again(4), Some((3, 3, 4000, true)));
    assert_eq!(again(5), Some((4, 4, 3000, false)), "8 s were due");
    assert_eq!([1, 4, 5].map(|frame| known(&tracker, frame).retransmitted_in), [Some(2), Some(5), None]);
    assert_eq!((1..=5).filter(|frame| known(&tracker, *frame).stale).count(), 0);
}

#[test]
fn a_refresh_is_no_retransmission_and_an_old_number_is_noticed() {
    let tracker = track(&vec![
        (0, 1, CMD, pbu(1, vec![mn(), prefix(1)])),
        (2, CMD, 1, pba(1, vec![mn(), prefix(1)])),
        (5000, 1, CMD, pbu(2, vec![mn(), prefix(1)])),
        (6000, 1, CMD, pbu(2, vec![mn(), prefix(1)])),
        // The answer that the place of the capture saw was lost behind it.
        (6001, CMD, 1, pba(2, vec![mn(), prefix(1)])),
        (8000, 1, CMD, pbu(3, vec![mn(), prefix(1)])),
    ]);
    assert_eq!(known(&tracker, 3).retransmission, None);
    assert_eq!(known(&tracker, 4).retransmission.map(|again| (again.of, again.number)), Some((3, 1)));
    assert!(known(&tracker, 4).stale && !known(&tracker, 3).stale);
    assert_eq!(known(&tracker, 6).retransmission.map(|again| (again.of, again.number)), Some((4, 2)));
}

#[test]
fn a_packet_that_was_captured_twice_is_one_packet() {
    let (asks, tells) = (pbu(1, vec![mn(), prefix(1)]), pba(1, vec![mn(), prefix(1)]));
    let tracker = track(&vec![
        (0, 1, CMD, asks.clone()),
        (0, 1, CMD, asks),
        (2, CMD, 1, tells.clone()),
        (2, CMD, 1, tells),
    ]);
    assert_eq!((known(&tracker, 2).duplicate_of, known(&tracker, 2).retransmission), (Some(1), None));
    assert_eq!(known(&tracker, 1).response_in, Some(3));
    assert_eq!((known(&tracker, 4).duplicate_of, known(&tracker, 4).first_response), (Some(3), None));
}

#[test]
fn a_second_pba_of_a_relay_is_told_from_the_first() {
    let mut capture = relayed();
    capture.push((9500, CMD, 3, pba(1, vec![mn(), prefix(3), previous(2)])));
    let tracker = track(&capture);
    let further = known(&tracker, 13);
    assert_eq!((further.response_to, further.first_response), (Some(7), Some(12)));
    assert_eq!(known(&tracker, 12).first_response, None);
    assert_eq!(
        further.handover.unwrap().latency,
        Some(6_000_000),
        "the S-MAAR could work from the first one on"
    );
}

#[test]
fn pbus_above_the_rate_are_counted_by_mobile_node_and_by_peer() {
    let other = || MobilityOption::MnIdentifier(MnIdentifier::nai("mn2@example.org"));
    let capture = vec![
        (0, 1, CMD, pbu(1, vec![mn(), prefix(1)])),
        (100, 1, CMD, pbu(2, vec![other(), prefix(1)])),
        (200, 1, CMD, pbu(3, vec![mn(), prefix(1)])),
        (300, 1, CMD, pbu(4, vec![mn(), prefix(1)])),
        (400, 1, CMD, pbu(5, vec![mn(), prefix(1)])),
        (1200, 1, CMD, pbu(6, vec![mn(), prefix(1)])),
    ];
    let tracker = track(&capture);
    let above: Vec<_> =
        (1..=6).map(|frame| known(&tracker, frame)).map(|it| (it.above_rate, it.above_node_rate)).collect();
    let (fine, node_only, both) = ((false, false), (false, true), (true, true));
    // The fourth in a second about all; the fourth about mn1; and at 1200 ms the window has moved on by one each.
    assert_eq!(above, [fine, fine, fine, node_only, both, fine]);
    let mut without = Tracker::new(Settings { rate: 0 });
    pass(&mut without, &capture);
    assert!(!known(&without, 5).above_rate);
}

#[test]
fn with_packets_missing_at_the_start_the_rest_is_right() {
    let all = relayed();
    for missing in 1..all.len() {
        let tracker = track(&all[missing..].to_vec());
        let whole = track(&all);
        for frame in 1..=(all.len() - missing) as u32 {
            let (here, there) = (known(&tracker, frame), known(&whole, frame + missing as u32));
            let there_to = there.response_to.filter(|to| *to > missing as u32);
            assert_eq!(here.response_to, there_to.map(|to| to - missing as u32), "{missing} {frame}");
            assert_eq!(here.response_in, there.response_in.map(|to| to - missing as u32));
            let there_of = there.relay_of.filter(|to| *to > missing as u32);
            assert_eq!(here.relay_of, there_of.map(|to| to - missing as u32), "{missing} {frame}");
            // Nothing wrong is told of where the mobile node is.
            assert!(here.maar.is_none() || here.maar == there.maar, "{missing} {frame}: {here:?}");
        }
    }
    // Even with the first registration unseen, the handover is one.
    let tracker = track(&all[2..].to_vec());
    let handover = known(&tracker, 1).handover.unwrap();
    assert_eq!((handover.latency, handover.mode, handover.p_maars), (Some(4_000_000), Some(Mode::Relay), 1));
}

#[test]
fn only_a_pbu_that_was_waited_for_is_unanswered() {
    let lonely = vec![(0, 1, CMD, pbu(1, vec![mn(), prefix(1)]))];
    assert!(!known(&track(&lonely), 1).unanswered, "the capture ends with it");
    let mut later = lonely;
    later.push((3000, 2, CMD, pbu(1, vec![mn(), prefix(2)])));
    assert!(known(&track(&later), 1).unanswered);
}

#[test]
fn a_user_packet_in_the_tunnel_is_somebodys() {
    let tracker = track(&relayed());
    let at = |frame| Place { frame, offset: 54 };
    let address = |text: &str| text.parse::<Ipv6Addr>().unwrap();
    let (user, peer) = (address("2001:db8:a001::99"), address("2001:db8:f::1"));
    let found = tracker.tunnelled(at(20), (node(1), node(3)), (peer, user)).unwrap();
    assert_eq!(tracker.mobile(found.mobile), Some(&b"\x01mn1@example.org"[..]));
    assert_eq!((found.anchor, found.is_downlink), (node(1), true));
    assert_eq!(found.prefix, "2001:db8:a001::/64".parse().unwrap());
    let back = tracker.tunnelled(at(20), (node(3), node(1)), (user, peer)).unwrap();
    assert!(!back.is_downlink);
    assert_eq!(tracker.tunnelled(at(1), (node(1), node(3)), (peer, user)), None, "before the signalling");
    assert_eq!(tracker.tunnelled(at(20), (node(2), node(3)), (peer, user)), None, "not its anchor");
}

#[test]
fn a_transaction_costs_as_many_octets_as_the_documents_say() {
    assert_eq!((size_of::<Request>(), size_of::<Answer>()), (64, 40));
}

fn any_message() -> impl Strategy<Value = (i64, u16, u16, Message)> {
    let option = prop_oneof![
        (1..4_u16).prop_map(prefix),
        (1..4_u16).prop_map(serving),
        (1..4_u16).prop_map(previous),
        Just(mn()),
    ];
    let nodes = || prop_oneof![1..4_u16, Just(CMD)];
    let message = (any::<bool>(), 0..4_u16, 0..2_u16, proptest::collection::vec(option, 0..4));
    (-100..3000_i64, nodes(), nodes(), message).prop_map(|(millis, src, dst, (asks, seq, life, options))| {
        let mut message = if asks { pbu(seq, options) } else { pba(seq, options) };
        if let Message::Pbu(Pbu { lifetime, .. }) | Message::Pba(Pba { lifetime, .. }) = &mut message {
            *lifetime = Lifetime(life);
        }
        (millis, src, dst, message)
    })
}

proptest! {
    /// Whatever comes: links lead there and back, a second pass changes nothing, and the order of asking is no matter.
    #[test]
    fn links_lead_there_and_back(steps in proptest::collection::vec(any_message(), 1..60)) {
        let mut now = 0;
        let capture: Capture = steps.into_iter().map(|(step, src, dst, message)| {
            now += step;
            (now, src, dst, message)
        }).collect();
        let mut tracker = track(&capture);
        let frames = 1..=capture.len() as u32;
        let first: Vec<Known> = frames.clone().map(|frame| known(&tracker, frame)).collect();
        pass(&mut tracker, &capture);
        let mut backwards: Vec<Known> = frames.rev().map(|frame| known(&tracker, frame)).collect();
        backwards.reverse();
        prop_assert_eq!(&first, &backwards);
        for (frame, it) in (1..).zip(&first) {
            let of = |other: u32| &first[other as usize - 1];
            if let Some(answer) = it.response_in {
                prop_assert!(answer > frame);
                prop_assert_eq!(of(answer).response_to, Some(frame));
            }
            if let Some(again) = it.retransmission {
                prop_assert!(again.of < frame);
                prop_assert_eq!(of(again.of).retransmitted_in, Some(frame));
            }
            for copy in it.relayed_in.as_slice() {
                prop_assert!(*copy > frame);
                prop_assert_eq!(of(*copy).relay_of, Some(frame));
            }
            if let Some(first) = it.first_response {
                prop_assert_eq!(of(first).response_to, it.response_to);
            }
            if let Some(handover) = it.handover {
                prop_assert!(handover.from != Some(handover.to));
            }
        }
    }
}
