//! How a piece is played, and played again a little differently.

use songweave_dsp::stream::layout::PARTS;
use songweave_score::{
    error::Result,
    files::{
        midi::{Event, Message},
        musicxml::Score,
    },
    notation::note::Note,
    random::Random,
};
use songweave_synth::{
    effects::mastering::master,
    instruments::soundfont::{DRUM_CHANNEL, Instruments, events_of},
    song::{Parts, Stereo, silence},
};

/// Samples per second: the listener hears up to 8 kHz.
pub(super) const RATE: u32 = 24_000;
/// Programs that sing or play the voice of an art song.
const VOICES: [u8; 6] = [40, 42, 52, 53, 68, 73];

/// The events of an art song from its beginning on.
pub(super) fn art_song(score: &Score, seconds: f64, random: &mut Random) -> Vec<Event> {
    let quarter = 60.0 / f64::from(random.between(66.0, 126.0));
    let mut events = Vec::new();
    for (channel, part) in score.parts.iter().enumerate().take(8) {
        let played = part.notes.iter().filter(|note| note.start * quarter < seconds).map(|note| Note {
            start: note.start * quarter,
            length: note.length * quarter,
            key: note.key,
            velocity: random.between(0.45, 0.85),
        });
        let played: Vec<Note> = played.collect();
        let program = if part.is_sung() { random.pick(&VOICES).copied().unwrap_or(0) } else { 0 };
        events.extend(events_of(&played, channel as u8, program, random));
    }
    events.sort_by(|one, other| one.seconds.total_cmp(&other.seconds));
    events
}

/// The events a semitone or none higher or lower, up to 6 % faster or slower.
pub(super) fn varied(events: &[Event], random: &mut Random) -> Vec<Event> {
    let (speed, keys) = (f64::from(random.between(0.94, 1.06)), random.index(3) as i16 - 1);
    let moved = |key: u8| (i16::from(key) + keys).clamp(0, 127) as u8;
    let vary = |event: &Event| {
        let message = match event.message {
            Message::NoteOn(key, velocity) if event.channel != DRUM_CHANNEL => Message::NoteOn(moved(key), velocity),
            Message::NoteOff(key) if event.channel != DRUM_CHANNEL => Message::NoteOff(moved(key)),
            same => same,
        };
        Event { seconds: event.seconds / speed, message, ..*event }
    };
    events.iter().map(vary).collect()
}

/// Plays events from their first note on.
///
/// # Errors
/// The sound font cannot play at [`RATE`].
pub(super) fn play(font: &Instruments, events: &[Event], seconds: f64) -> Result<Stereo> {
    let first =
        events.iter().find(|event| matches!(event.message, Message::NoteOn(..))).map_or(0.0, |event| event.seconds);
    font.play(events, first, seconds, RATE)
}

/// Masters a piece as records are, each time differently: equaliser, compressor, drive, width, lossy coding.
pub(super) fn mastered(sound: Stereo, random: &mut Random) -> Stereo {
    let samples = sound[0].len();
    let mut parts: Parts = std::array::from_fn(|_| silence(samples));
    parts[PARTS - 1] = sound;
    master(&mut parts, RATE, 11_000.0, true, 2.0, random);
    let [.., sound] = parts;
    sound
}
