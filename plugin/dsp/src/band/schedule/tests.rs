use super::*;
use crate::band::BandNote;

fn note(instrument: Instrument, key: u8, offset: i32, length: u32) -> BandNote {
    BandNote { instrument, key, velocity: 100, offset, length }
}

fn step(notes: &[BandNote]) -> BandStep {
    let mut step = BandStep::EMPTY;
    notes.iter().for_each(|note| step.push(*note));
    step
}

/// All events with their samples, of so many hops from sample 0 on; `steps` are taken before the hop of their number.
fn played(steps: &[(usize, BandStep)], hops: usize) -> Vec<(i64, Instrument, u8, u8)> {
    let mut schedule = Schedule::default();
    let mut all = Vec::new();
    for hop in 0..hops {
        let begin = hop as i64 * 512;
        steps.iter().filter(|(at, _)| *at == hop).for_each(|(_, step)| schedule.take(step, begin));
        schedule.pass(begin, 512);
        all.extend(schedule.events().iter().map(|e| (begin + e.at as i64, e.instrument, e.key, e.velocity)));
        schedule.finish();
    }
    all
}

#[test]
fn notes_begin_and_end_on_their_samples() {
    let events = played(&[(1, step(&[note(Instrument::Keys, 60, 700, 1_000)]))], 8);
    assert_eq!(events, [(1_212, Instrument::Keys, 60, 100), (2_212, Instrument::Keys, 60, 0)]);
}

#[test]
fn a_note_is_prolonged_and_struck_again() {
    let longer = BandNote { velocity: 0, ..note(Instrument::Pad, 60, 0, 2_000) };
    let events = played(&[(0, step(&[note(Instrument::Pad, 60, 0, 600)])), (1, step(&[longer]))], 8);
    assert_eq!(events, [(0, Instrument::Pad, 60, 100), (2_512, Instrument::Pad, 60, 0)]);
    let again = step(&[note(Instrument::Pad, 60, 100, 500)]);
    let events = played(&[(0, step(&[note(Instrument::Pad, 60, 0, 60_000)])), (2, again)], 8);
    let wanted = [(0, 100), (1_124, 0), (1_124, 100), (1_624, 0)];
    assert_eq!(events.iter().map(|event| (event.0, event.3)).collect::<Vec<_>>(), wanted);
    assert!(played(&[(0, step(&[longer]))], 4).is_empty(), "nothing to prolong");
}

#[test]
fn silence_ends_what_sounds_and_drops_what_comes() {
    let notes = step(&[note(Instrument::Bass, 40, 0, 90_000), note(Instrument::Keys, 60, 5_000, 100)]);
    let quiet = BandStep { silence: Some(10), ..BandStep::EMPTY };
    let events = played(&[(0, notes), (3, quiet)], 40);
    assert_eq!(events, [(0, Instrument::Bass, 40, 100), (1_546, Instrument::Bass, 40, 0)]);
}

#[test]
fn every_beginning_has_its_end_whatever_is_asked_for() {
    let mut seed = 1_u32;
    let mut random = |below: u32| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) % below
    };
    let mut some = || {
        let mut some = BandStep { silence: (random(40) == 0).then(|| random(900) as i32 - 400), ..BandStep::EMPTY };
        for _ in 0..random(30) {
            let instrument = Instrument::ALL[random(4) as usize];
            let offset = random(4_000) as i32 - 2_500;
            let (key, velocity) = (random(128) as u8, random(128) as u8);
            some.push(BandNote { instrument, key, velocity, offset, length: random(20_000) });
        }
        some
    };
    let steps: Vec<_> = (0..200).map(|hop| (hop, some())).collect();
    let mut sounding = std::collections::HashMap::new();
    for (at, instrument, key, velocity) in played(&steps, 300) {
        let count = sounding.entry((instrument as usize, key)).or_insert(0);
        *count += if velocity > 0 { 1 } else { -1 };
        assert!((0..=1).contains(count), "{at}: {instrument:?} {key}: {count}");
    }
    assert!(sounding.len() > 100 && sounding.values().all(|count| *count == 0), "a note hangs");
}

#[test]
fn a_reset_tells_the_ends() {
    let mut schedule = Schedule::default();
    schedule.take(&step(&[note(Instrument::Keys, 60, 0, 9_000), note(Instrument::Keys, 64, 2_000, 9_000)]), 0);
    schedule.pass(0, 512);
    schedule.finish();
    schedule.reset();
    let ends: Vec<_> = schedule.events().iter().map(|event| (event.key, event.velocity)).collect();
    assert_eq!(ends, [(60, 0)]);
    schedule.finish();
    assert!(schedule.is_empty());
}

#[test]
fn chords_change_when_they_are_due() {
    let mut schedule = Schedule::default();
    let chord = Some(Chord { root: 9, quality: crate::band::Quality::Minor, bass: 9 });
    schedule.take(&BandStep { chord: Some((chord, 600)), ..BandStep::EMPTY }, 0);
    schedule.pass(0, 512);
    assert_eq!(schedule.chord(), (None, 0));
    schedule.pass(512, 512);
    assert_eq!(schedule.chord(), (chord, 600));
}
