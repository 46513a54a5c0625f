use songweave_dsp::{
    band::Instrument,
    exchange::{
        controls::{Controls, Mode},
        frame::{Position, Transport},
    },
    stream::layout::StreamLayout,
};

use super::*;

fn frame(hop: u64, generation: u32, transport: Transport) -> AnalysisFrame {
    AnalysisFrame {
        position: Position { generation, hop },
        controls: Controls { mode: Mode::Accompany, ..Controls::default() },
        transport,
        ..AnalysisFrame::default()
    }
}

/// A held chord makes the band play at once.
fn asked(mut frame: AnalysisFrame) -> AnalysisFrame {
    frame.controls.band.chord_root = Some(0);
    frame
}

fn playing(tempo: f64, beats: f64) -> Transport {
    Transport { playing: true, tempo: Some(tempo), beats: Some(beats), ..Transport::default() }
}

/// Beats at the end of a hop at a tempo, from `first` on.
fn beats(hop: u64, tempo: f64, first: f64) -> f64 {
    first + (hop + 1) as f64 * f64::from(AnalysisFrame::default().hop_seconds()) * tempo / 60.0
}

fn band() -> Band {
    Band::embedded().unwrap_or_else(|error| unreachable!("{error}"))
}

/// Samples of the stream at which notes of the drums, bass and pad begin.
fn begins(frames: impl Iterator<Item = AnalysisFrame>) -> Vec<i64> {
    let mut band = band();
    let mut begins = Vec::new();
    for frame in frames {
        let step = band.hear(&frame, &SingerHeard::default()).unwrap_or(BandStep::EMPTY);
        let end = (frame.position.hop as i64 + 1) * frame.layout.hop as i64;
        let on = step.notes().filter(|note| note.velocity > 0 && note.instrument == Instrument::Drums);
        begins.extend(on.map(|note| end + i64::from(note.offset)));
    }
    begins.sort_unstable();
    begins.dedup();
    begins
}

#[test]
fn beats_are_played_on_their_samples_with_and_without_look_ahead() {
    for seconds in [0.0, 0.25, 1.0] {
        let layout = StreamLayout::for_sample_rate(48_000.0).with_look_ahead(seconds);
        let frames = (0..800)
            .map(|hop| AnalysisFrame { layout, ..asked(frame(hop, 0, playing(120.0, beats(hop, 120.0, 0.0)))) });
        let begins = begins(frames);
        let off = |begin: &i64| begin.rem_euclid(6_000);
        assert!(begins.len() > 8 && begins.iter().all(|begin| off(begin) <= 1 || off(begin) >= 5_999), "{begins:?}");
    }
}

#[test]
fn notes_reach_the_output_in_time() {
    let layout = StreamLayout::for_sample_rate(44_100.0).with_look_ahead(0.1);
    let mut band = band();
    for hop in 0..1_000 {
        let tempo = 93.7;
        let step = band.hear(
            &AnalysisFrame { layout, ..asked(frame(hop, 0, playing(tempo, beats(hop, tempo, -1.3)))) },
            &SingerHeard::default(),
        );
        for note in step.unwrap_or(BandStep::EMPTY).notes() {
            let earliest = -((4 + layout.look_ahead) as i32 * layout.hop as i32);
            assert!(note.offset >= earliest, "hop {hop}: {}", note.offset);
        }
    }
}

#[test]
fn a_stop_and_a_jump_end_the_notes_and_the_stream_goes_on() {
    let mut band = band();
    let mut silences = Vec::new();
    for hop in 0..900_u64 {
        let transport = match hop {
            0..300 => playing(120.0, beats(hop, 120.0, 0.0)),
            300..600 => playing(120.0, beats(hop, 120.0, 32.0)),
            _ => Transport { playing: false, ..playing(120.0, 0.0) },
        };
        let step = band
            .hear(&asked(frame(hop, u32::from(hop >= 300), transport)), &SingerHeard::default())
            .unwrap_or(BandStep::EMPTY);
        silences.extend(step.silence.map(|_| hop));
        assert!(hop < 604 || step.notes().count() == 0, "hop {hop} after the stop");
    }
    assert_eq!(silences.len(), 2, "{silences:?}");
    assert!((300..305).contains(&silences[0]) && (600..605).contains(&silences[1]), "{silences:?}");
}

#[test]
fn looping_one_beat_keeps_playing_it() {
    let frames = (0..2_000_u64).map(|hop| {
        let beat = beats(hop, 120.0, 0.0) - 1e-4;
        asked(frame(hop, beat as u32, playing(120.0, 8.0 + beat.fract())))
    });
    assert!(begins(frames).len() > 30);
}

#[test]
fn any_transport_gives_notes_on_its_steps_and_no_fault() {
    for tempo in [1e-9, 20.0, 300.0, 1e6] {
        for signature in [(4, 4), (3, 4), (6, 8), (1, 16), (255, 1), (0, 0)] {
            let mut band = band();
            let mut notes = 0;
            for hop in 0..400_u64 {
                let transport = playing(tempo, beats(hop, tempo, -2.0));
                let frame = asked(frame(hop, 0, Transport { time_signature: Some(signature), ..transport }));
                let step = band.hear(&frame, &SingerHeard::default());
                assert!(step.is_ok(), "{tempo} BPM, {signature:?}, hop {hop}: {step:?}");
                for note in step.unwrap_or(BandStep::EMPTY).notes() {
                    let hop = frame.layout.hop as i32;
                    assert!((-4 * hop..=hop).contains(&note.offset) && note.length > 0, "{tempo} BPM: {note:?}");
                    notes += 1;
                }
            }
            // 21 beats at 300 BPM; elsewhere there may be nothing due.
            let has_to_play = tempo == 300.0 && (3..=6).contains(&signature.0);
            assert!(notes > 0 || !has_to_play, "{tempo} BPM, {signature:?}: nothing is played");
        }
    }
}
