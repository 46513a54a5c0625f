//! What clashes between two songs and what to do about it, in a musician's words.

use songweave_dsp::stream::layout::SONGS;

use super::{Listening, fit::TempoMatch, key::Key, transposition::nearest};

/// A figure below this deserves a sentence.
const CLASH: f32 = 0.6;
/// Sentences at most.
const MOST: usize = 2;
/// A tempo of the host's and one that was heard are one below this ratio.
const SAME_TEMPO: f32 = 0.02;

/// One or two sentences: the worst clashes with what to do, or that the songs fit, or what is not known yet.
#[must_use]
pub fn sentences(heard: &Listening) -> Vec<String> {
    if !heard.b_present {
        return vec!["The fit is measured once song B is heard.".to_owned()];
    }
    let mut clashes: Vec<(f32, String)> = Vec::new();
    let mut judge = |fit: Option<f32>, sentence: Option<String>| {
        if let (Some(fit), Some(sentence)) = (fit.filter(|fit| *fit < CLASH), sentence) {
            clashes.push((fit, sentence));
        }
    };
    judge(heard.fit.key, key_sentence(heard));
    judge(heard.fit.tempo, tempo_sentence(heard));
    judge(heard.fit.density, Some(density_sentence(heard)));
    judge(heard.fit.register, heard.meet_hz.map(register_sentence));
    clashes.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut sentences: Vec<String> = clashes.into_iter().map(|(_, sentence)| sentence).collect();
    sentences.extend(off_the_grid(heard));
    sentences.extend(unknown(heard));
    if sentences.is_empty() {
        sentences.push("A and B go together.".to_owned());
    }
    sentences.truncate(MOST);
    sentences
}

/// The keys of both songs as they are heard now, where they agree with the transposition that is wanted.
fn keys(heard: &Listening, wanted: i8) -> Option<[Key; SONGS]> {
    let [a, b] = [heard.songs[0].key?.key, heard.songs[1].key?.key];
    (b.transposed(wanted).fifths_from(a) == 0).then(|| [a, b.transposed(heard.transposed)])
}

fn key_sentence(heard: &Listening) -> Option<String> {
    let wanted = heard.transposition?;
    let away = nearest(wanted - heard.transposed);
    if away == 0 {
        return Some("A and B are in one key, but their chords rub: let one of them keep the other part.".to_owned());
    }
    let distance = match away.abs() {
        1 => "a semitone",
        2 => "a whole tone",
        3 => "a minor third",
        4 => "a major third",
        5 => "a fourth",
        _ => "a tritone",
    };
    let cure = match (heard.match_keys, wanted) {
        (true, _) => "Match keys will transpose it soon".to_owned(),
        (false, 0) => "set Transpose B back to 0".to_owned(),
        (false, wanted) => format!("transpose B by {wanted:+} or turn on Match keys"),
    };
    let names = keys(heard, wanted).map(|keys| keys.map(|key| format!(" ({})", key.name())));
    let [a, b] = names.unwrap_or_default();
    Some(format!("B{b} is {distance} away from A{a}: {cure}."))
}

fn tempo_sentence(heard: &Listening) -> Option<String> {
    let tempi = [heard.songs[0].tempo?, heard.songs[1].tempo?];
    let compared = TempoMatch::of(tempi);
    if compared.runs_together() {
        let beat = 60_000.0 / tempi[0].bpm.max(tempi[1].bpm);
        let (late, way) = (compared.late * beat, if compared.late > 0.0 { "earlier" } else { "later" });
        let named = if late > 0.0 { "after" } else { "before" };
        let by = late.abs();
        return Some(format!("B's beats come {by:.0} ms {named} A's: move B {by:.0} ms {way} in your DAW."));
    }
    let way = if compared.off > 0.0 { "faster" } else { "slower" };
    let against = match compared.ratio {
        ratio if ratio > 1.5 => "twice A",
        ratio if ratio < 0.75 => "half of A",
        _ => "A",
    };
    let percent = 100.0 * compared.off.abs();
    let target = host_tempo_of_a(heard).unwrap_or(tempi[0].bpm) * compared.ratio;
    Some(format!("B runs {percent:.1} % {way} than {against}: stretch it to {target:.1} BPM in your DAW."))
}

/// The host's tempo, where A runs on it.
fn host_tempo_of_a(heard: &Listening) -> Option<f32> {
    let (host, a) = (heard.host_tempo?, heard.songs[0].tempo?);
    let ratio = libm::exp2f(libm::log2f(a.bpm / host).round());
    ((a.bpm / (host * ratio) - 1.0).abs() < SAME_TEMPO).then_some(host * ratio)
}

/// That A does not run on the host's grid.
fn off_the_grid(heard: &Listening) -> Option<String> {
    let (host, a) = (heard.host_tempo?, heard.songs[0].tempo?);
    host_tempo_of_a(heard).is_none().then(|| {
        format!("A is heard at {:.1} BPM while the host runs at {host:.1} BPM: set the host's tempo to A's.", a.bpm)
    })
}

fn density_sentence(heard: &Listening) -> String {
    let cure = if (0.1..=0.9).contains(&heard.drums) { "let A keep the drums" } else { "give B fewer parts" };
    format!("Both songs are busy at the same time: {cure}.")
}

fn register_sentence(hz: f32) -> String {
    let (place, cure) = match hz {
        hz if hz < 200.0 => ("low", "let one song keep the bass"),
        hz if hz < 2_500.0 => ("middle", "let one song keep the other part"),
        _ => ("high", "let one song keep the drums"),
    };
    format!("Both songs fill the {place} register: {cure}.")
}

/// What is still being listened for.
fn unknown(heard: &Listening) -> Option<String> {
    let missing = |known: [bool; SONGS]| match known {
        [true, true] => None,
        [false, true] => Some("A"),
        [true, false] => Some("B"),
        [false, false] => Some("both songs"),
    };
    let key = missing([0, 1].map(|song| heard.songs[song].key.is_some()));
    let tempo = missing([0, 1].map(|song| heard.songs[song].tempo.is_some()));
    match (key, tempo) {
        (Some(key), Some(tempo)) if key == tempo => Some(format!("Not sure yet of the key and the tempo of {key}.")),
        (Some(key), _) => Some(format!("Not sure yet of the key of {key}.")),
        (None, Some(tempo)) => Some(format!("Not sure yet of the tempo of {tempo}.")),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::follow::{fit::Fit, key::KeyEstimate, tempo::TempoEstimate};

    fn heard(b_key: u8, b_tempo: f32) -> Listening {
        let mut heard = Listening { b_present: true, ..Listening::NOTHING };
        for (song, (tonic, bpm)) in heard.songs.iter_mut().zip([(0, 128.0), (b_key, b_tempo)]) {
            song.key = Some(KeyEstimate { key: Key { tonic, minor: false }, confidence: 0.9 });
            song.tempo = Some(TempoEstimate { bpm, confidence: 0.8, phase: 0.0 });
        }
        heard.transposition = Some(nearest(-(b_key as i8)));
        heard
    }

    fn with(fit: Fit, heard: Listening) -> String {
        sentences(&Listening { fit, ..heard }).join(" ")
    }

    #[test]
    fn songs_that_fit_are_told_so() {
        let fit = Fit { key: Some(1.0), tempo: Some(0.9), density: Some(0.8), register: Some(0.7) };
        assert_eq!(with(fit, heard(0, 128.0)), "A and B go together.");
    }

    #[test]
    fn keys_are_told_with_the_transposition_that_cures() {
        let fit = Fit { key: Some(0.1), ..Fit::default() };
        let text = with(fit, heard(6, 128.0));
        assert!(text.contains("a tritone away") && text.contains("transpose B by +6 or turn on Match keys"), "{text}");
        let text = with(fit, Listening { transposed: 2, ..heard(0, 128.0) });
        assert!(text.contains("D major") && text.contains("set Transpose B back to 0"), "{text}");
        let text = with(fit, Listening { match_keys: true, ..heard(1, 128.0) });
        assert!(text.contains("soon"), "{text}");
    }

    #[test]
    fn tempi_are_told_in_percent_with_the_host_s_tempo_where_a_runs_on_it() {
        let fit = Fit { tempo: Some(0.1), ..Fit::default() };
        let text = with(fit, heard(0, 133.12));
        assert_eq!(text, "B runs 4.0 % faster than A: stretch it to 128.0 BPM in your DAW.");
        let text = with(fit, Listening { host_tempo: Some(63.9), ..heard(0, 62.0) });
        assert!(text.contains("slower than half of A: stretch it to 63.9 BPM"), "{text}");
        let text = with(fit, Listening { host_tempo: Some(100.0), ..heard(0, 133.12) });
        assert!(text.contains("A is heard at 128.0 BPM while the host runs at 100.0 BPM"), "{text}");
        let mut late = heard(0, 128.0);
        if let Some(tempo) = &mut late.songs[1].tempo {
            tempo.phase = 0.75;
        }
        assert!(with(fit, late).contains("B's beats come 117 ms after A's: move B 117 ms earlier"));
    }

    #[test]
    fn the_worst_clash_comes_first_and_two_are_enough() {
        let fit = Fit { key: Some(0.5), tempo: Some(0.0), density: Some(0.2), register: Some(0.3) };
        let sentences = sentences(&Listening { fit, drums: 0.5, ..heard(6, 140.0) });
        assert_eq!(sentences.len(), 2);
        assert!(sentences[0].starts_with("B runs") && sentences[1].contains("let A keep the drums"), "{sentences:?}");
    }

    #[test]
    fn what_is_not_known_is_told() {
        assert!(with(Fit::default(), Listening::NOTHING).contains("once song B is heard"));
        let mut one = heard(0, 128.0);
        one.songs[1].key = None;
        assert_eq!(with(Fit::default(), one), "Not sure yet of the key of B.");
        one.songs[1].tempo = None;
        assert_eq!(with(Fit::default(), one), "Not sure yet of the key and the tempo of B.");
    }
}
