//! Genres of recordings in folders that are named after them.

use serde::Serialize;
use songweave_engine::listener::GENRES;

use super::recordings::Recording;

/// Bins of the reliability plot.
pub const BINS: usize = 10;

/// Figures of the genres.
#[derive(Debug, Clone, Serialize)]
pub struct GenreFigures {
    /// Recordings whose folder is named after a genre.
    pub recordings: usize,
    /// Share of them whose likeliest genre is theirs.
    pub accuracy: f64,
    /// Share of them whose genre is among the three likeliest.
    pub top_three: f64,
    /// Mean F1 of the genres that there are.
    pub macro_f1: f64,
    /// Expected calibration error: how far probabilities and shares of right answers lie apart (Guo et al., ICML 2017).
    pub calibration_error: f64,
    /// Recordings by their genre and the one that was told, `[genre][told]`.
    pub confusion: Vec<Vec<usize>>,
    /// By how probable the answer was: recordings, mean probability, share of right ones, `[bin]`.
    pub reliability: Vec<(usize, f64, f64)>,
}

/// Measures the recordings whose folder has a genre's name; `None` where there are none.
#[must_use]
pub fn measure(recordings: &[Recording]) -> Option<GenreFigures> {
    let named = |recording: &Recording| GENRES.iter().position(|genre| genre.eq_ignore_ascii_case(&recording.group));
    let known: Vec<(usize, &[f32; GENRES.len()])> =
        recordings.iter().filter_map(|recording| Some((named(recording)?, &recording.genres))).collect();
    (!known.is_empty()).then(|| of(&known))
}

fn of(known: &[(usize, &[f32; GENRES.len()])]) -> GenreFigures {
    let count = known.len() as f64;
    let mut confusion = vec![vec![0; GENRES.len()]; GENRES.len()];
    let mut bins = vec![(0_u32, 0.0, 0.0); BINS];
    let mut top_three = 0.0;
    for (genre, probabilities) in known {
        let mut ranked: Vec<usize> = (0..GENRES.len()).collect();
        ranked.sort_by(|one, other| probabilities[*other].total_cmp(&probabilities[*one]));
        confusion[*genre][ranked[0]] += 1;
        top_three += f64::from(u8::from(ranked[..3].contains(genre)));
        let probability = f64::from(probabilities[ranked[0]]);
        let bin = &mut bins[((probability * BINS as f64) as usize).min(BINS - 1)];
        *bin = (bin.0 + 1, bin.1 + probability, bin.2 + f64::from(u8::from(ranked[0] == *genre)));
    }
    let right: usize = (0..GENRES.len()).map(|genre| confusion[genre][genre]).sum();
    let calibration_error = bins.iter().map(|(_, probability, right)| (probability - right).abs()).sum::<f64>() / count;
    let reliability = bins
        .into_iter()
        .map(|(n, probability, right)| (n, probability / f64::from(n.max(1)), right / f64::from(n.max(1))));
    GenreFigures {
        recordings: known.len(),
        accuracy: right as f64 / count,
        top_three: top_three / count,
        macro_f1: macro_f1(&confusion),
        calibration_error,
        reliability: reliability.map(|(n, probability, right)| (n as usize, probability, right)).collect(),
        confusion,
    }
}

fn macro_f1(confusion: &[Vec<usize>]) -> f64 {
    let f1 = |genre: usize| {
        let there: usize = confusion[genre].iter().sum();
        let told: usize = confusion.iter().map(|row| row[genre]).sum();
        (there > 0).then(|| 2.0 * confusion[genre][genre] as f64 / (there + told) as f64)
    };
    let all: Vec<f64> = (0..GENRES.len()).filter_map(f1).collect();
    all.iter().sum::<f64>() / all.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn right_answers_f1_and_calibration_are_counted() {
        let sure = |genre: usize, probability: f32| {
            let mut all = [(1.0 - probability) / (GENRES.len() - 1) as f32; GENRES.len()];
            all[genre] = probability;
            all
        };
        let answers = [sure(0, 0.8), sure(0, 0.8), sure(1, 0.8), sure(1, 0.8)];
        let known: Vec<_> = [0, 0, 1, 0].into_iter().zip(&answers).collect();
        let figures = of(&known);
        assert_eq!((figures.accuracy, figures.recordings), (0.75, 4));
        assert!((figures.macro_f1 - (0.8 + 2.0 / 3.0) / 2.0).abs() < 1e-9);
        assert!((figures.calibration_error - 0.05).abs() < 1e-6);
    }
}
