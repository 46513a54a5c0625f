//! Notes of the instrument networks against the sound font, beside what their analysis gives when it is drawn (the upper bound) and a
//! table of frames of the same size (the baseline).

use anyhow::Result;
use serde::Serialize;
use songweave_datasets::notes::{
    note_envelope::smoothing,
    note_frames::NoteAnalysis,
    note_renders::{RATE, partials_of, render},
};
use songweave_models::instruments::{InstrumentNetwork, NoteQuery, NoteTone, PROGRAMS, Program, Role};
use songweave_synth::{instruments::soundfont::Instruments, song::Stereo};

use crate::{
    notes::{
        note_drawing::{draw, drawable},
        note_figures::NoteFigures,
        note_table::NoteTable,
    },
    statistics::{self, median},
};

/// Velocities that are measured; the first two are none that the networks were trained with.
const VELOCITIES: [u8; 3] = [52, 100, 124];
/// When a pitched note is let go, and how much of it is measured, in seconds.
const HELD: f32 = 1.6;
const LENGTH: f32 = 2.2;
/// Seconds of a drum.
const STROKE: f32 = 1.5;
/// Partials of which the strongest tells the pitch.
const PITCHED: usize = 6;

/// Names of the systems, in the order of the figures.
const SYSTEMS: [&str; 3] = ["network", "bound", "table"];
/// Names of the registers.
const REGISTERS: [&str; 3] = ["low", "mid", "high"];
/// Drums of each register.
const DRUMS: [&[u8]; 3] = [&[36, 41], &[38, 45, 47], &[42, 46, 49, 51]];

/// All that is measured.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Digest of the weights.
    pub weights: String,
    /// Parameters of all networks.
    pub parameters: usize,
    /// `[program]`
    pub programs: Vec<ProgramReport>,
}

/// One program.
#[derive(Debug, Serialize)]
pub struct ProgramReport {
    /// Name.
    pub name: &'static str,
    /// Loudness of a typical note in dB of full scale, from the weight file.
    pub level_db: f32,
    /// Numbers of the baseline's table; `parameters` of the network of this program alone are about as many.
    pub table_numbers: usize,
    /// `[register]`
    pub registers: Vec<RegisterReport>,
    /// Over all registers, `[system]`.
    pub whole: Vec<SystemFigures>,
}

/// A register of a program.
#[derive(Debug, Serialize)]
pub struct RegisterReport {
    /// Name.
    pub name: &'static str,
    /// Keys that are measured.
    pub keys: Vec<u8>,
    /// `[system]`
    pub systems: Vec<SystemFigures>,
}

/// Means over notes; medians of the times and of the cents.
#[derive(Debug, Serialize)]
pub struct SystemFigures {
    /// Name.
    pub system: &'static str,
    /// Distance of the spectra in dB.
    pub distance_db: f64,
    /// The distance as a multiple of the bound's.
    pub against_bound: f64,
    /// Spectral convergence.
    pub convergence: f64,
    /// Distance of the envelopes in dB.
    pub envelope_db: f64,
    /// How far the pitch is off; `None` of drums.
    pub cents: Option<f64>,
    /// How far the moment is off at which half of the loudness is reached.
    pub attack_50_ms: f64,
    /// The same of nine tenths.
    pub attack_90_ms: f64,
}

/// Measures the programs with these indices in [`PROGRAMS`]; `watch` sees every note.
///
/// # Errors
/// The sound font cannot be played, or `watch` fails.
pub fn measure(
    network: &mut InstrumentNetwork,
    font: &Instruments,
    programs: &[usize],
    mut watch: impl FnMut(&Note<'_>) -> Result<()>,
) -> Result<Report> {
    let mut reports = Vec::new();
    for index in programs.iter().copied() {
        let mut bench = Bench { font, network: &mut *network, index, table: NoteTable::new(font, PROGRAMS[index]) };
        reports.push(bench.measure(&mut watch)?);
    }
    Ok(Report { weights: network.digest().to_owned(), parameters: network.parameters(), programs: reports })
}

/// Notes that are measured of these programs.
#[must_use]
pub fn notes(programs: &[usize]) -> usize {
    let keys = programs.iter().flat_map(|index| registers(&PROGRAMS[*index])).map(|keys| keys.len()).sum::<usize>();
    keys * VELOCITIES.len()
}

/// A note that has been measured.
pub struct Note<'a> {
    /// Name of the program.
    pub program: &'static str,
    /// Name of the register.
    pub register: &'static str,
    /// Whether it stands for its register: its lowest key, at the middle velocity.
    pub is_typical: bool,
    /// As the sound font plays it.
    pub truth: &'a Stereo,
    /// As the network does.
    pub drawn: &'a Stereo,
}

/// Keys of each register.
fn registers(program: &Program) -> [Vec<u8>; 3] {
    let (low, high) = program.keys;
    let at = |share: f32| low + (share * f32::from(high - low)).round() as u8;
    match program.role {
        Role::Drums => DRUMS.map(<[u8]>::to_vec),
        _ => [vec![at(0.1), at(0.25)], vec![at(0.42), at(0.55)], vec![at(0.72), at(0.88)]],
    }
}

/// The three systems on one program.
struct Bench<'a> {
    font: &'a Instruments,
    network: &'a mut InstrumentNetwork,
    index: usize,
    table: NoteTable<'a>,
}

/// Figures of each system on one note.
type Measured = [NoteFigures; SYSTEMS.len()];

impl Bench<'_> {
    fn measure(&mut self, watch: &mut impl FnMut(&Note<'_>) -> Result<()>) -> Result<ProgramReport> {
        let program = PROGRAMS[self.index];
        let (mut reports, mut all) = (Vec::new(), Vec::new());
        for (name, keys) in REGISTERS.into_iter().zip(registers(&program)) {
            let mut measured = Vec::new();
            for key in &keys {
                for velocity in VELOCITIES {
                    let (truth, drawn, hz) = self.note(*key, velocity)?;
                    let window = smoothing(&truth, RATE as f32, &program, *key);
                    measured.push(drawn.each_ref().map(|drawn| NoteFigures::of(drawn, &truth, hz, window)));
                    let is_typical = velocity == VELOCITIES[1] && *key == keys[0];
                    let [drawn, ..] = &drawn;
                    watch(&Note { program: program.name, register: name, is_typical, truth: &truth, drawn })?;
                }
            }
            reports.push(RegisterReport { name, keys, systems: systems(&measured) });
            all.extend(measured);
        }
        Ok(ProgramReport {
            name: program.name,
            level_db: self.network.level(self.index),
            table_numbers: NoteTable::numbers(&program),
            registers: reports,
            whole: systems(&all),
        })
    }

    /// The true note, what each system draws, and the partial that tells the pitch.
    fn note(&mut self, key: u8, velocity: u8) -> Result<(Stereo, [Stereo; SYSTEMS.len()], Option<f32>)> {
        let program = PROGRAMS[self.index];
        let is_drum = program.role == Role::Drums;
        let (held, length) = if is_drum { (f32::INFINITY, STROKE) } else { (HELD, LENGTH) };
        let mut truth = render(self.font, &program, key, velocity, held.min(length).into(), f64::from(length) + 0.2)?;
        let (hz, glide) = partials_of(&truth, &program, key);
        let analysis = NoteAnalysis::new(&truth, RATE as f32, hz, glide);
        let bound = draw(&program, key, length, |age| analysis.tone(age));
        let network = draw(&program, key, length, |age| {
            let released = (age > held).then_some(age - held);
            let mut tone = [NoteTone::SILENT];
            self.network.tones(self.index, &[NoteQuery { key, velocity, age, released }], &mut tone);
            drawable(&tone[0])
        });
        self.table.prepare(key)?;
        let table = draw(&program, key, length, |age| self.table.tone(key, velocity, age, (age - held).max(0.0)));
        let settled = analysis.tone(0.5).partials[0];
        let strongest = (0..PITCHED).max_by(|a, b| settled[*a].total_cmp(&settled[*b])).unwrap_or(0);
        truth.iter_mut().for_each(|channel| channel.truncate(network[0].len()));
        Ok((truth, [network, bound, table], (!is_drum).then_some(hz[strongest])))
    }
}

/// Means of each system.
fn systems(measured: &[Measured]) -> Vec<SystemFigures> {
    let mean = |system: usize, value: fn(&NoteFigures) -> f64| {
        statistics::mean(measured.iter().map(|note| value(&note[system]))).unwrap_or(0.0)
    };
    let middle = |system: usize, value: fn(&NoteFigures) -> Option<f64>| {
        median(&measured.iter().filter_map(|note| value(&note[system])).collect::<Vec<_>>())
    };
    let figures = |(system, name)| SystemFigures {
        system: name,
        distance_db: mean(system, |one| one.distance_db),
        against_bound: mean(system, |one| one.distance_db) / mean(1, |one| one.distance_db),
        convergence: mean(system, |one| one.convergence),
        envelope_db: mean(system, |one| one.envelope_db),
        cents: middle(system, |one| one.cents),
        attack_50_ms: middle(system, |one| Some(one.attack_ms[0])).unwrap_or(0.0),
        attack_90_ms: middle(system, |one| Some(one.attack_ms[1])).unwrap_or(0.0),
    };
    SYSTEMS.into_iter().enumerate().map(figures).collect()
}
