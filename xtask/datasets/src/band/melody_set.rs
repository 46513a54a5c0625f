//! The training set of the melody network: melodies as events on the grid, with their chords.

use std::path::Path;

use safetensors::{Dtype, tensor::TensorView};
use serde_json::json;
use songweave_audio::draft::write_bytes;
use songweave_models::melody::{DURATIONS, PHRASE};

use crate::band::melody_ngram::{Cost, NGram};
use songweave_score::{
    error::{MaterialError, Result},
    notation::step_chord::StepChord,
    songs::melody_songs::{Corpus, MelodySong, read_melodies},
    split::Split,
};

/// Version of the format that is written.
const FORMAT: u32 = 1;
/// Marks a rest among keys and silence among roots.
const NONE: i32 = -1;

/// The melodies that are trained on and those that are chosen by; the tested ones are in neither.
///
/// # Errors
/// A folder cannot be read.
pub fn training_melodies(data: &Path) -> Result<[Vec<MelodySong>; 2]> {
    let known = read_melodies(data)?.into_iter().filter(|song| Split::of(&song.name) != Split::Test);
    let (choosing, training) = known.partition(|song| Split::of(&song.name) == Split::Validation);
    Ok([training, choosing])
}

/// Writes `train.safetensors`, `choose.safetensors` and `set.json` from the data folder. Nothing in it is random.
///
/// # Errors
/// The data cannot be read or the folder cannot be written to.
pub fn write(data: &Path, out: &Path, command: &str) -> Result<()> {
    std::fs::create_dir_all(out).map_err(|source| MaterialError::io(out, source))?;
    let [training, choosing] = training_melodies(data)?;
    for (name, songs) in [("train", &training), ("choose", &choosing)] {
        let of = |corpus| songs.iter().filter(|song| song.corpus == corpus).count();
        let [pop, art, sheets] = [Corpus::Pop, Corpus::ArtSong, Corpus::LeadSheet].map(of);
        let events: usize = songs.iter().map(|song| song.events.len()).sum();
        println!("{name}: {pop} pop songs, {art} art songs, {sheets} lead sheets, {events} notes and rests");
        write_songs(&out.join(format!("{name}.safetensors")), songs)?;
    }
    let baselines = [2, 4].map(|order| {
        let ngram = NGram::of(order, training.iter());
        let mut cost = Cost::default();
        choosing.iter().for_each(|song| cost += ngram.cost(song));
        println!("{order}-gram: {:.3} nats per note on the validation songs", cost.per_note());
        json!({ "order": order, "nats_per_note": cost.per_note() })
    });
    let facts = json!({
        "format": FORMAT,
        "command": command,
        "songs": { "train": training.len(), "choose": choosing.len() },
        "durations": DURATIONS,
        "phrase": PHRASE,
        "baselines": baselines,
        "split": "by song (hash of its name): one in ten is tested with and not in the set, one in ten of the others is \
                  chosen by, the rest is trained on",
        "sources": ["pop909-structure (MIT): Shuqi Dai; Music X Lab", "lieder (CC0): OpenScore Lieder corpus", "openewld (MIT)"],
    });
    Ok(write_bytes(&out.join("set.json"), format!("{facts:#}\n").as_bytes())?)
}

/// `events` `[event][start, key, duration]`, `chords` `[step][root, classes as bits]` above the tonic, `phrase` `[bar]`, `songs`
/// `[song][events, steps, bars, steps per bar, steps per beat, tonic, minor, corpus]`.
fn write_songs(path: &Path, songs: &[MelodySong]) -> Result<()> {
    let (mut events, mut chords, mut phrase, mut numbers) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for song in songs {
        for event in &song.events {
            events.extend([event.start as i32, event.key.map_or(NONE, i32::from), event.duration.into()]);
        }
        for chord in &song.chords {
            let chord = chord.map(|chord| StepChord::from(chord).transposed(12 - song.tonic as i8));
            chords.extend(chord.map_or([NONE, 0], |chord| [chord.root.into(), chord.classes.into()]));
        }
        phrase.extend(song.phrase.iter().map(|bar| i32::from(*bar)));
        numbers.extend([song.events.len(), song.chords.len(), song.phrase.len()].map(|count| count as i32));
        let place = [song.steps_per_bar as i32, song.steps_per_beat as i32];
        numbers.extend(place.into_iter().chain([song.tonic.into(), song.minor.into(), song.corpus as i32]));
    }
    let fail = |error: safetensors::SafeTensorError| MaterialError::data(path, error.to_string());
    let bytes = [&events, &chords, &phrase, &numbers].map(|numbers| integers(numbers));
    let view = |index: usize, columns: usize| {
        let rows = bytes[index].len() / 4 / columns;
        TensorView::new(Dtype::I32, vec![rows, columns], &bytes[index]).map_err(fail)
    };
    let tensors = [("events", view(0, 3)?), ("chords", view(1, 2)?), ("phrase", view(2, 1)?), ("songs", view(3, 8)?)];
    Ok(write_bytes(path, &safetensors::serialize(tensors, None).map_err(fail)?)?)
}

fn integers(numbers: &[i32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}
