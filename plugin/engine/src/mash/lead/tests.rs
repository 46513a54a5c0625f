use proptest::prelude::*;
use songweave_dsp::exchange::frame::{Position, Transport};

use super::*;

const HOP_SECONDS: f64 = 512.0 / 44_100.0;

/// A frame in a host that plays at a tempo in a bar of `bar`; `None`: without a transport.
fn frame(hop: usize, host: Option<(f64, (u8, u8))>, controls: Controls) -> AnalysisFrame {
    let transport = host.map_or_else(Transport::default, |(tempo, signature)| Transport {
        playing: true,
        tempo: Some(tempo),
        beats: Some((hop + 1) as f64 * HOP_SECONDS * tempo / 60.0),
        time_signature: Some(signature),
        ..Transport::default()
    });
    AnalysisFrame {
        position: Position { generation: 1, hop: hop as u64 },
        controls,
        transport,
        ..AnalysisFrame::default()
    }
}

/// The lead of every hop.
fn run(host: Option<(f64, (u8, u8))>, controls: Controls, raw: &[[f32; PARTS]]) -> Vec<[f32; PARTS]> {
    let mut lead = Lead::default();
    raw.iter().enumerate().map(|(hop, raw)| lead.step(&frame(hop, host, controls), raw)).collect()
}

/// Hops at which some part begins to move.
fn changes(leads: &[[f32; PARTS]]) -> Vec<usize> {
    let begins = |hop: &usize| {
        (0..PARTS).any(|part| {
            leads[*hop][part] != leads[hop - 1][part] && (*hop < 2 || leads[hop - 1][part] == leads[hop - 2][part])
        })
    };
    (1..leads.len()).filter(begins).collect()
}

/// Opinions that hold for up to a second and then jump, in 64ths so that 1 - x is exact.
fn opinions() -> impl Strategy<Value = Vec<[f32; PARTS]>> {
    let held = (proptest::array::uniform4(0_u8..=64), 1_usize..90);
    prop::collection::vec(held, 20..60).prop_map(|held| {
        let opinion = |numbers: [u8; PARTS]| numbers.map(|number| f32::from(number) / 64.0);
        held.into_iter().flat_map(|(numbers, hops)| vec![opinion(numbers); hops]).collect()
    })
}

fn host() -> impl Strategy<Value = (f64, (u8, u8))> {
    (30.0..400.0, prop::sample::select(vec![(4, 4), (3, 4), (6, 8), (7, 8), (2, 2), (5, 4), (1, 4), (12, 16)]))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn never_more_than_two_changes_a_bar_and_each_at_a_beat(raw in opinions(), host in host()) {
        let changes = changes(&run(Some(host), Controls::default(), &raw));
        let beat = |hop: usize| frame(hop, Some(host), Controls::default()).transport.beat();
        let numbers: Vec<i64> = changes.iter().filter_map(|hop| beat(*hop)).map(|beat| beat.number).collect();
        for three in numbers.windows(3) {
            prop_assert!(three[2] - three[0] >= i64::from(host.1.0), "{numbers:?} in {host:?}");
        }
        for hop in &changes {
            prop_assert!(beat(*hop).map(|beat| beat.number) != beat(hop - 1).map(|beat| beat.number), "hop {hop}");
        }
        for two in changes.windows(2) {
            prop_assert!((two[1] - two[0] + 1) as f64 * HOP_SECONDS >= SHORTEST, "{changes:?}");
        }
    }

    #[test]
    fn without_a_transport_changes_come_at_pulses_a_second_apart(raw in opinions()) {
        let changes = changes(&run(None, Controls::default(), &raw));
        prop_assert!(changes.iter().all(|hop| *hop as i64 % OWN_PULSE == 0), "{changes:?}");
        prop_assert!(changes.windows(2).all(|two| two[1] - two[0] >= 2 * OWN_PULSE as usize), "{changes:?}");
    }

    #[test]
    fn swapping_the_songs_swaps_the_lead(raw in opinions(), host in prop::option::of(host()), balance in 0_u8..=64) {
        let balance = f32::from(balance) / 64.0;
        let controls = Controls { balance, ..Controls::default() };
        let faders = controls.faders.map(|fader| 1.0 - fader);
        let swapped: Vec<_> = raw.iter().map(|raw| raw.map(|raw| 1.0 - raw)).collect();
        let leads = run(host, controls, &raw);
        let back = run(host, Controls { faders, balance: 1.0 - balance, ..controls }, &swapped);
        for (lead, back) in leads.iter().flatten().zip(back.iter().flatten()) {
            // Faders stand on thousandths, and half of one is rounded up on both sides.
            prop_assert!((lead + back - 1.0).abs() < 1.1e-3, "{lead} {back}");
            prop_assert!((0.0..=1.0).contains(lead));
        }
    }

    #[test]
    fn no_part_ever_jumps(raw in opinions(), host in prop::option::of(host())) {
        let leads = run(host, Controls::default(), &raw);
        let steps = leads.windows(2).flat_map(|two| (0..PARTS).map(move |part| (two[1][part] - two[0][part]).abs()));
        prop_assert!(steps.into_iter().all(|step| step <= FADE + 1e-6));
    }
}

#[test]
fn a_clear_opinion_leads_soon_and_an_undecided_one_follows_the_fader() {
    let raw = vec![[1.0, 0.0, 0.5, 0.55]; 400];
    let leads = run(Some((120.0, (4, 4))), Controls { faders: [0.25; PARTS], ..Controls::default() }, &raw);
    assert_eq!((leads[0], leads[399]), ([0.25; PARTS], [1.0, 0.0, 0.25, 0.25]));
    assert!(leads[60][0] == 1.0, "a beat lasts 43 hops");
}

#[test]
fn a_lead_is_given_up_for_a_clear_reason_at_any_beat_and_for_a_weak_one_at_a_bar_only() {
    let host = Some((120.0, (4, 4)));
    let after = |raw: f32| {
        let mut opinions = vec![[0.0; PARTS]; 250];
        opinions.extend(vec![[raw; PARTS]; 600]);
        let change = changes(&run(host, Controls::default(), &opinions)).into_iter().find(|hop| *hop > 250)?;
        let beat = frame(change, host, Controls::default()).transport.beat()?;
        Some(beat.number % beat.per_bar)
    };
    assert_eq!((after(0.95), after(0.65), after(0.55)), (Some(3), Some(0), None));
}

#[test]
fn a_host_that_starts_or_stops_between_beats_changes_nothing_there() {
    let host = |hop: usize| (hop / 31).is_multiple_of(2).then_some((120.0, (4, 4)));
    let mut lead = Lead::default();
    let opinion = |hop: usize| [if (hop / 97).is_multiple_of(2) { 1.0 } else { 0.0 }; PARTS];
    let leads: Vec<_> =
        (0..3000).map(|hop| lead.step(&frame(hop, host(hop), Controls::default()), &opinion(hop))).collect();
    let changes = changes(&leads);
    assert!(changes.iter().all(|hop| host(*hop).is_some() == host(hop - 1).is_some()), "{changes:?}");
    assert!(changes.len() > 3);
}
