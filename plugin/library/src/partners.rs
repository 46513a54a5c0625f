//! Partners for a mash: whose voice goes over what. Ranked by the very fit that the plugin shows while it plays two songs.

use songweave_engine::{
    follow::{
        fit::{Fit, TempoMatch, density_fit, key_fit, register_fit},
        transposition::likeliest,
    },
    listener::music::Music,
};

use crate::{
    error::Result,
    similarity::{
        catalogue::{Catalogue, Entry, cosine, entry},
        search::{Choice, Query, Wish},
    },
    store::Store,
};

/// Share of the similarity in a partner's figure; the rest is the fit.
const SIMILARITY: f32 = 0.2;
/// What a semitone of transposition takes from it: a transposed song never sounds quite as it did.
const SEMITONE: f32 = 0.01;

/// What a figure counts that a partner alone leaves unknown: rather a fit that is known to be fair than one that nobody knows.
const UNKNOWN: f32 = 0.3;

/// A partner.
#[derive(Debug, Clone, PartialEq)]
pub struct Partner {
    /// Where it stands in the catalogue.
    pub position: usize,
    /// How good a partner it is, 0…1.
    pub score: f32,
    /// How it fits, once transposed.
    pub fit: Fit,
    /// Semitones by which it has to be transposed.
    pub transposition: i8,
    /// What its tempo has to be multiplied by to run with the song's, and beats of it per beat of the song; `None` while unknown.
    pub stretch: Option<(f32, f32)>,
    /// Why, in words.
    pub why: String,
}

/// Partners for `music`, the best first. Its own recording and versions are left out.
///
/// # Errors
/// The store cannot be read.
pub fn partners(
    store: &dyn Store,
    catalogue: &Catalogue,
    query: &Query,
    music: &Music,
    wish: &Wish,
) -> Result<Vec<Partner>> {
    let mut ranked: Vec<Partner> = Vec::new();
    store.tracks(true, &mut |stored| {
        let Some(position) = catalogue.position(stored.id) else { return };
        let found = &catalogue.entries()[position];
        let own = query.own && (found.recording == query.entry.recording || found.version == query.entry.version);
        if own || !wish.filter.passes(found) {
            return;
        }
        let similarity = cosine(&query.vector, &catalogue.vector(position));
        ranked.extend(
            partner(music, &stored.track.sound.music(), similarity, &entry(&stored))
                .map(|partner| Partner { position, ..partner }),
        );
    })?;
    ranked.sort_by(|one, other| other.score.total_cmp(&one.score).then(one.position.cmp(&other.position)));
    let mut choice = Choice::new(wish);
    ranked.iter().for_each(|partner| choice.offer(partner.position, &catalogue.entries()[partner.position]));
    let chosen: Vec<usize> = choice.taken.into_iter().map(|(position, _)| position).collect();
    ranked.retain(|partner| chosen.contains(&partner.position));
    Ok(ranked)
}

/// How `b` fits to `a`; `None` where a figure is no number. `position` is 0. What is not known of `a`, such as the tempo of a lone
/// voice, is unknown for all of its partners and counts for none.
pub(crate) fn partner(a: &Music, b: &Music, similarity: f32, entry: &Entry) -> Option<Partner> {
    let transposition = a.scales.zip(b.scales).map(|(a, b)| likeliest([&a, &b]).0);
    let moved = transposition.unwrap_or(0);
    let tempi = a.tempo.zip(b.tempo).map(|(a, b)| TempoMatch::of([a, b]));
    let fit = Fit {
        key: transposition.map(|wanted| key_fit(wanted, [&a.chroma, &b.chroma], moved)),
        tempo: tempi.map(|tempi| tempi.fit()),
        density: Some(density_fit([a.density, b.density])),
        register: register_fit([&a.power, &b.power], moved).map(|(fit, _)| fit),
    };
    let judged = |figure: Option<f32>, known: bool| figure.or_else(|| known.then_some(UNKNOWN));
    let judged = Fit {
        key: judged(fit.key, a.scales.is_some()),
        tempo: judged(fit.tempo, a.tempo.is_some()),
        register: judged(fit.register, a.power.iter().any(|power| *power > 0.0)),
        ..fit
    };
    let score =
        (1.0 - SIMILARITY) * judged.overall()? + SIMILARITY * similarity.max(0.0) - SEMITONE * f32::from(moved.abs());
    score.is_finite().then(|| Partner {
        position: 0,
        score: score.clamp(0.0, 1.0),
        fit,
        transposition: moved,
        stretch: tempi.map(|tempi| (1.0 / (1.0 + tempi.off), tempi.ratio)),
        why: why(&fit, moved, a, entry, tempi),
    })
}

fn why(fit: &Fit, moved: i8, own: &Music, partner: &Entry, tempi: Option<TempoMatch>) -> String {
    let mut said = Vec::new();
    said.push(match (fit.key, own.key, partner.key) {
        (None, ..) => "key not sure".to_owned(),
        (_, Some(own), Some(key)) if moved == 0 && own == key => format!("same key ({})", key.name()),
        _ if moved == 0 => "same notes".to_owned(),
        (_, _, Some(key)) => format!("transposed by {moved:+} to {}", key.transposed(moved).name()),
        _ => format!("transposed by {moved:+}"),
    });
    said.push(match tempi {
        None if own.tempo.is_none() => "tempo not heard".to_owned(),
        None => "tempo not sure".to_owned(),
        Some(tempi) => {
            let against = match tempi.ratio {
                ratio if ratio > 1.5 => " against double time",
                ratio if ratio < 0.75 => " against half time",
                _ => "",
            };
            match 100.0 * tempi.off.abs() {
                percent if percent < 0.3 => format!("same tempo{against}"),
                percent => {
                    let way = if tempi.off > 0.0 { "faster" } else { "slower" };
                    format!("{percent:.1} % {way}{against}")
                }
            }
        }
    });
    said.extend(fit.register.filter(|fit| *fit >= 0.6).map(|_| "other register".to_owned()));
    said.extend(fit.density.filter(|fit| *fit >= 0.8).map(|_| "one of them leaves room".to_owned()));
    said.join(", ")
}
