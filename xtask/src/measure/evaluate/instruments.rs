//! `cargo xtask evaluate instruments`: notes of the instrument networks against the sound font, beside what their analysis gives
//! when it is drawn (the upper bound) and a table of frames of the same size (the baseline).

mod pictures;
mod print;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde::Serialize;
use songweave_audio::draft::write_bytes;
use songweave_datasets::notes::{
    note_envelope::smoothing,
    note_frames::NoteAnalysis,
    note_renders::{RATE, partials_of, render},
};
use songweave_measure::{
    notes::{
        note_drawing::{draw, drawable},
        note_figures::NoteFigures,
        note_table::NoteTable,
    },
    statistics::{self, median},
};
use songweave_models::instruments::{InstrumentNetwork, NoteQuery, NoteTone, PROGRAMS, Program, Role};
use songweave_synth::{
    instruments::soundfont::{DEFAULT_PATH, Instruments},
    song::Stereo,
};

use super::bar;

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

/// What the command takes.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Where to write the figures
    #[arg(long, value_name = "FILE")]
    json: PathBuf,
    /// Folder for spectrograms, the sound font's above ours
    #[arg(long, value_name = "DIR")]
    pictures: Option<PathBuf>,
    /// Only these programs
    #[arg(long, value_name = "NAME,NAME", value_delimiter = ',')]
    program: Vec<String>,
    /// A weight file instead of the built-in networks
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// A General MIDI sound font
    #[arg(long, value_name = "FILE", default_value = DEFAULT_PATH)]
    soundfont: PathBuf,
}

impl Args {
    pub(super) fn json(&self) -> &Path {
        &self.json
    }
}

/// All that is measured.
#[derive(Serialize)]
struct Report {
    weights: String,
    parameters: usize,
    programs: Vec<ProgramReport>,
}

#[derive(Serialize)]
struct ProgramReport {
    name: &'static str,
    /// Loudness of a typical note in dB of full scale, from the weight file.
    level_db: f32,
    /// Numbers of the baseline's table; `parameters` of the network of this program alone are about as many.
    table_numbers: usize,
    registers: Vec<RegisterReport>,
    whole: Vec<SystemFigures>,
}

#[derive(Serialize)]
struct RegisterReport {
    name: &'static str,
    keys: Vec<u8>,
    systems: Vec<SystemFigures>,
}

/// Means over notes; medians of the times and of the cents.
#[derive(Serialize)]
struct SystemFigures {
    system: &'static str,
    distance_db: f64,
    /// The distance as a multiple of the bound's.
    against_bound: f64,
    convergence: f64,
    envelope_db: f64,
    cents: Option<f64>,
    attack_50_ms: f64,
    attack_90_ms: f64,
}

/// Runs the command.
pub(super) fn run(args: &Args) -> Result<()> {
    let chosen = chosen(&args.program)?;
    let mut network = network(args.weights.as_deref())?;
    let font = Instruments::load(&args.soundfont)?;
    if let Some(folder) = &args.pictures {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    let notes = chosen.iter().flat_map(|index| registers(&PROGRAMS[*index])).map(|keys| keys.len()).sum::<usize>();
    let bar = bar(notes * VELOCITIES.len());
    let mut programs = Vec::new();
    for index in chosen {
        bar.set_message(PROGRAMS[index].name);
        let mut bench =
            Bench { font: &font, network: &mut network, index, table: NoteTable::new(&font, PROGRAMS[index]) };
        programs.push(bench.measure(args.pictures.as_deref(), || bar.inc(1))?);
    }
    bar.finish_and_clear();
    let report = Report { weights: network.digest().to_owned(), parameters: network.parameters(), programs };
    print::report(&report);
    write_bytes(&args.json, &serde_json::to_vec_pretty(&report)?)?;
    println!("Figures: {}", args.json.display());
    Ok(())
}

fn network(weights: Option<&Path>) -> Result<InstrumentNetwork> {
    let Some(path) = weights else { return Ok(InstrumentNetwork::embedded()?) };
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    InstrumentNetwork::from_bytes(&bytes).with_context(|| path.display().to_string())
}

fn chosen(names: &[String]) -> Result<Vec<usize>> {
    let known = || PROGRAMS.map(|program| program.name).join(", ");
    let index = |name: &String| match PROGRAMS.iter().position(|one| one.name.eq_ignore_ascii_case(name.trim())) {
        Some(index) => Ok(index),
        None => bail!("--program: there is no program \"{name}\"; there are {}", known()),
    };
    let chosen = names.iter().map(index).collect::<Result<Vec<_>>>()?;
    ensure!(names.is_empty() || !chosen.is_empty(), "--program names no program; there are {}", known());
    Ok(if names.is_empty() { (0..PROGRAMS.len()).collect() } else { chosen })
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
    fn measure(&mut self, pictures: Option<&Path>, mut done: impl FnMut()) -> Result<ProgramReport> {
        let program = PROGRAMS[self.index];
        let (mut reports, mut all) = (Vec::new(), Vec::new());
        for (name, keys) in REGISTERS.into_iter().zip(registers(&program)) {
            let mut measured = Vec::new();
            for key in &keys {
                for velocity in VELOCITIES {
                    let (truth, drawn, hz) = self.note(*key, velocity)?;
                    let window = smoothing(&truth, RATE as f32, &program, *key);
                    measured.push(drawn.each_ref().map(|drawn| NoteFigures::of(drawn, &truth, hz, window)));
                    if let Some(folder) = pictures.filter(|_| velocity == VELOCITIES[1] && *key == keys[0]) {
                        let file = format!("{}-{name}.png", program.name.to_lowercase().replace(' ', "-"));
                        pictures::write(&truth, &drawn[0], &folder.join(file))?;
                    }
                    done();
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
