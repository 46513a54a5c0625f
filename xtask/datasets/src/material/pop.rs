//! POP909 songs: the melody sung, the piano and the chords played by changing bands.

use songweave_dsp::stream::layout::Part;

use super::{
    Material, Split,
    band::{Bus, Player},
    choose, draws_from, name_of, within,
};
use songweave_score::{
    composition::{
        comping::{Beats, COMPINGS, Comping, bass},
        drum_patterns::{Amount, Pattern, Style},
    },
    error::Result,
    notation::note::Note,
    performances::grooves::{Groove, performance},
    random::Random,
    songs::pop909::PopSong,
};
use songweave_synth::{
    effects::{
        layer_effects::{Drive, Effects},
        room::Room,
    },
    instruments::{
        patches::Layer,
        soundfont::{DRUM_CHANNEL, DRUM_KITS, events_of},
    },
    song::Song,
};

/// Who plays together: programs for keys, second lines, chords and bass.
pub(super) struct Band {
    pub(super) keys: &'static [u8],
    pub(super) lines: &'static [u8],
    pub(super) chords: &'static [u8],
    pub(super) bass: &'static [u8],
    pub(super) comping: &'static [Comping],
    /// Whether synthesisers and machines take part.
    pub(super) electric: bool,
}

/// Bands of styles: ballad, guitars, rock, soul, jazz, folk, orchestra, Latin, synthesisers, anything.
pub(super) const BANDS: [Band; 10] = [
    Band {
        keys: &[0, 1, 2, 4, 5],
        lines: &[40, 42, 48, 68, 71, 73, 11],
        chords: &[48, 49, 50, 52, 89, 91],
        bass: &[32, 33, 35],
        comping: &[Comping::Held, Comping::Broken],
        electric: false,
    },
    Band {
        keys: &[24, 25, 26, 0],
        lines: &[26, 27, 22, 73, 28],
        chords: &[24, 25, 26],
        bass: &[33, 34],
        comping: &[Comping::Strummed, Comping::Broken],
        electric: false,
    },
    Band {
        keys: &[18, 16, 27, 0, 29],
        lines: &[29, 30, 31],
        chords: &[29, 30, 28],
        bass: &[34, 33],
        comping: &[Comping::Power, Comping::Strummed, Comping::Held],
        electric: false,
    },
    Band {
        keys: &[4, 7, 16, 17, 5],
        lines: &[65, 66, 56, 57, 61],
        chords: &[61, 28, 7, 62],
        bass: &[33, 36, 37],
        comping: &[Comping::Syncopated, Comping::Offbeats],
        electric: false,
    },
    Band {
        keys: &[0, 4, 26, 11],
        lines: &[56, 59, 65, 66, 71, 73, 57],
        chords: &[0, 26, 11, 17],
        bass: &[32, 35],
        comping: &[Comping::Syncopated, Comping::Stride, Comping::Beats],
        electric: false,
    },
    Band {
        keys: &[21, 22, 24, 25, 15],
        lines: &[40, 110, 72, 73, 75, 105, 22],
        chords: &[21, 24, 105, 23],
        bass: &[32, 43, 58],
        comping: &[Comping::Stride, Comping::Strummed, Comping::Offbeats],
        electric: false,
    },
    Band {
        keys: &[46, 48, 45, 6, 0],
        lines: &[40, 41, 60, 68, 71, 73, 56],
        chords: &[48, 49, 52, 61, 60],
        bass: &[43, 42, 32],
        comping: &[Comping::Held, Comping::Beats, Comping::Broken],
        electric: false,
    },
    Band {
        keys: &[24, 0, 12, 26],
        lines: &[56, 73, 12, 114, 65],
        chords: &[24, 0, 61],
        bass: &[32, 33],
        comping: &[Comping::Syncopated, Comping::Broken],
        electric: false,
    },
    Band {
        keys: &[4, 5, 80, 81, 88, 90],
        lines: &[80, 81, 82, 84, 62],
        chords: &[50, 51, 62, 63, 90, 94],
        bass: &[38, 39],
        comping: &COMPINGS,
        electric: true,
    },
    Band {
        keys: &[8, 9, 10, 11, 12, 13, 14, 16, 19, 20, 85, 99, 104, 106, 107],
        lines: &[22, 58, 59, 69, 70, 74, 75, 77, 78, 79, 109, 111],
        chords: &[20, 52, 53, 54, 92, 93, 95, 96, 98],
        bass: &[33, 36, 38, 87],
        comping: &COMPINGS,
        electric: true,
    },
];

fn one(programs: &[u8], random: &mut Random) -> u8 {
    random.pick(programs).copied().unwrap_or(0)
}

impl Material {
    /// A stretch of a POP909 song at another tempo and in another key.
    pub(super) fn pop(&self, split: Split, seconds: f64, rate: u32, random: &mut Random) -> Result<Song> {
        let path = choose(&self.pop, split, random)?;
        let score = stretch(PopSong::read(path)?, seconds, random);
        let mut song = Song::silent(&name_of(path), rate, (seconds * f64::from(rate)) as usize);
        self.sing(&mut song, &score.melody, random);
        let beats = Beats { times: &score.beats, downbeat: score.downbeat, meter: 4 };
        let band = &BANDS[random.index(BANDS.len())];
        let start = score.beats.get(score.downbeat).copied().unwrap_or(0.0);
        self.play_drums(&mut song, split, start, score.beat_seconds(), band.electric, random)?;
        let line = bass(&score.chords, beats, random);
        self.play_bass(&mut song, band, &line, score.beat_seconds(), random)?;
        let mut bus = Bus::new(song.samples(), rate, score.beat_seconds(), &[]);
        self.play_line(&mut bus, band, band.keys, &score.piano, 1.0, random)?;
        let gain = random.between(0.3, 1.0);
        self.play_line(&mut bus, band, band.lines, &score.bridge, gain, random)?;
        if random.chance(0.6) {
            let comping = band.comping[random.index(band.comping.len())];
            let notes = comping.play(&score.chords, beats, random.between(55.0, 65.0), random);
            self.play_line(&mut bus, band, band.chords, &notes, random.between(0.3, 1.0), random)?;
        }
        finish(&mut song, Part::Other, bus, random);
        Ok(song)
    }

    /// One line of the accompaniment by a player of the band.
    pub(super) fn play_line(
        &self,
        bus: &mut Bus,
        band: &Band,
        programs: &'static [u8],
        notes: &[Note],
        gain: f32,
        random: &mut Random,
    ) -> Result<()> {
        let player = if random.chance(if band.electric { 0.6 } else { 0.05 }) {
            let kinds = [Layer::Keys, Layer::Pluck, Layer::Pad, Layer::Stab];
            Player::layer(kinds[random.index(4)], random)
        } else {
            Player::Program(self.font(random), one(programs, random))
        };
        let effects = if random.chance(0.3) { Effects::random(random) } else { Effects::default() };
        let send = if random.chance(0.6) { random.between(0.0, 0.5) } else { 0.0 };
        bus.add(&player, notes, &Effects { gate: Vec::new(), send, ..effects }, gain, random)
    }

    /// A bass of the band.
    pub(super) fn play_bass(
        &self,
        song: &mut Song,
        band: &Band,
        notes: &[Note],
        beat: f64,
        random: &mut Random,
    ) -> Result<()> {
        let mut bus = Bus::new(song.samples(), song.rate, beat, &[]);
        let (player, effects) = if band.electric && random.chance(0.7) {
            Player::bass(random)
        } else {
            Player::font_bass(self.font(random), band.bass, random)
        };
        bus.add(&player, notes, &effects, 1.0, random)?;
        finish(song, Part::Bass, bus, random);
        Ok(())
    }

    /// A drummer with a groove near the song's tempo, or a machine's pattern; on a kit of a sound font or a machine.
    pub(super) fn play_drums(
        &self,
        song: &mut Song,
        split: Split,
        start: f64,
        beat: f64,
        electric: bool,
        random: &mut Random,
    ) -> Result<()> {
        let (samples, rate, seconds) = (song.samples(), song.rate, song.seconds());
        let notes = match self.groove(split, beat, random).filter(|_| random.chance(0.75)) {
            Some(groove) => {
                let hits = groove.hits(&self.groove_folder)?;
                let fill = self.fill(split, random);
                let filling = fill.map(|fill| fill.hits(&self.groove_folder)).transpose()?;
                let filling = fill.zip(filling.as_deref());
                performance((groove, &hits), filling, start, beat, seconds, random)
            }
            None => {
                let style = [Style::Pop, Style::HipHop, Style::HalfTime, Style::House, Style::Dembow][random.index(5)];
                let bars = ((seconds - start) / (4.0 * beat)).ceil().max(0.0) as usize;
                Pattern::random(style, random).notes(start, beat, bars, Amount::Full, random)
            }
        };
        let notes = within(notes, seconds);
        let mut drums = if electric && random.chance(0.7) {
            self.strike(&notes, samples, rate, random)?
        } else {
            let kit = DRUM_KITS[random.index(DRUM_KITS.len())];
            let events = events_of(&notes, DRUM_CHANNEL, kit, random);
            self.font(random).play(&events, 0.0, seconds, rate)?
        };
        if random.chance(0.5) {
            Drive::random(0.2, random).apply(&mut drums);
            let wet = random.between(0.0, 0.5);
            drums = Room { seconds: random.between(0.1, 1.5), before: 0.005, bright: 0.6, wet, echo: 0.0 }
                .apply(&drums, rate, random);
        }
        song.parts[Part::Drums as usize] = drums;
        song.notes[Part::Drums as usize] = Some(notes);
        Ok(())
    }

    /// A beat that is played at about its own tempo.
    fn groove(&self, split: Split, beat: f64, random: &mut Random) -> Option<&Groove> {
        let mut fitting: Vec<&Groove> =
            self.grooves.iter().filter(|groove| !groove.fill && draws_from(&groove.file, split)).collect();
        // Styles are drawn before performances: rock would be every fourth otherwise.
        let mut styles: Vec<&str> = fitting.iter().map(|groove| family(groove)).collect();
        styles.sort_unstable();
        styles.dedup();
        let style = random.pick(&styles).copied().unwrap_or_default();
        fitting.retain(|groove| family(groove) == style);
        let distance = |groove: &&Groove| groove.speed(beat).ln().abs();
        fitting.sort_by(|one, other| distance(one).total_cmp(&distance(other)));
        fitting.truncate((fitting.len() / 2).max(1));
        random.pick(&fitting).copied()
    }

    fn fill(&self, split: Split, random: &mut Random) -> Option<&Groove> {
        let fills: Vec<&Groove> =
            self.grooves.iter().filter(|groove| groove.fill && draws_from(&groove.file, split)).collect();
        random.pick(&fills).copied()
    }
}

fn family(groove: &Groove) -> &str {
    groove.style.split('/').next().unwrap_or_default()
}

/// Puts what is on a bus into a song.
pub(super) fn finish(song: &mut Song, part: Part, bus: Bus, random: &mut Random) {
    let (sound, notes) = bus.finish(random);
    song.parts[part as usize] = sound;
    song.notes[part as usize] = Some(within(notes, song.seconds()));
}

/// A stretch of a song from a random bar on, up to a sixth slower or faster, in a random key.
fn stretch(mut score: PopSong, seconds: f64, random: &mut Random) -> PopSong {
    let slower = f64::from(random.between(0.86, 1.16));
    let last = score.beats.last().copied().unwrap_or(0.0) - seconds / slower;
    let bars = score.beats.iter().skip(score.downbeat).step_by(4).copied().filter(|&beat| beat < last);
    let from = random.pick(&bars.collect::<Vec<f64>>()).copied().unwrap_or(0.0);
    let keys = random.index(12) as i32 - 5;
    let time = |seconds: f64| (seconds - from) * slower;
    let cut = |notes: &mut Vec<Note>| {
        notes.retain(|note| note.start >= from - 0.02);
        for note in notes {
            let (start, length) = (time(note.start).max(0.0), note.length * slower);
            *note = Note { start, length, key: note.key + keys as f32, velocity: note.velocity };
        }
    };
    [&mut score.melody, &mut score.bridge, &mut score.piano].into_iter().for_each(cut);
    score.chords = score.chords.iter().map(|chord| chord.moved(keys)).collect();
    score.chords.retain(|chord| chord.end > from);
    for chord in &mut score.chords {
        (chord.start, chord.end) = (time(chord.start).max(0.0), time(chord.end));
    }
    let passed = score.beats.iter().filter(|&&beat| beat < from - 0.02).count();
    score.beats.retain(|&beat| beat >= from - 0.02);
    score.beats.iter_mut().for_each(|beat| *beat = time(*beat).max(0.0));
    score.downbeat = (score.downbeat + 4 * passed - passed) % 4;
    score
}

#[cfg(test)]
mod tests {
    use super::*;
    use songweave_score::notation::chord::Chord;

    #[test]
    fn a_stretch_keeps_melody_chords_and_beats_together() {
        let note = |start: f64| Note { start, length: 0.4, key: 60.0, velocity: 0.8 };
        let score = PopSong {
            melody: (0..100).map(|place| note(f64::from(place))).collect(),
            bridge: Vec::new(),
            piano: Vec::new(),
            chords: (0..50)
                .map(|place| f64::from(place) * 2.0)
                .map(|start| Chord { start, end: start + 2.0, root: 0, bass: 0, tones: vec![0, 4, 7] })
                .collect(),
            beats: (0..200).map(|place| 0.5 * f64::from(place)).collect(),
            downbeat: 2,
        };
        for seed in 0..20 {
            let cut = stretch(score.clone(), 20.0, &mut Random::new(seed));
            let (melody, beat) = (&cut.melody[0], cut.beat_seconds());
            assert!(melody.start < 2.1 * beat && (0.42..0.6).contains(&beat), "seed {seed}");
            // Notes fall on every second beat, chords begin two beats before a bar does; both are moved alike.
            let near = |at: f64| cut.beats.iter().map(|beat| (beat - at).abs()).fold(f64::INFINITY, f64::min);
            assert!(cut.melody.iter().take(10).all(|note| near(note.start) < 1e-6));
            assert_eq!(i32::from(cut.chords[0].root), (melody.key as i32 - 60).rem_euclid(12), "seed {seed}");
            let bar = cut.beats[cut.downbeat];
            let begins = cut.chords.iter().skip(1).map(|chord| (chord.start - bar) / beat);
            assert!(begins.take(4).all(|beats| (beats.rem_euclid(4.0) - 2.0).abs() < 1e-6), "seed {seed}");
        }
    }
}
