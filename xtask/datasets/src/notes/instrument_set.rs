//! The training set of the instrument networks: every key of every program of the sound font as frames.

use std::{
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use half::f16;
use indicatif::{ProgressBar, ProgressStyle};
use safetensors::{Dtype, tensor::TensorView};
use serde_json::json;
use sha2::{Digest, Sha256};
use songweave_audio::draft::write_bytes;
use songweave_dsp::band::tone::{Tone, noise_edges};
use songweave_models::instruments::{PROGRAMS, Program, Role};

use crate::notes::{
    note_envelope::{powers, smoothing},
    note_frames::{NoteAnalysis, ages},
    note_pitch::PARTIALS,
    note_renders::{RATE, fall_of, level_db, nominal_hz, partials_of, release_of, render, render_held},
};
use songweave_score::error::{MaterialError, Result};
use songweave_synth::{instruments::soundfont::Instruments, song::Stereo};

/// Version of the format that is written.
pub const FORMAT: u32 = 2;
/// Velocities of the set: one for each pair of the sound font's layers. Below the first there are no others.
pub const VELOCITIES: [u8; 5] = [64, 76, 92, 108, LOUDEST];
const LOUDEST: u8 = 124;
/// Every so many keys are learned at all velocities, the others at the highest only: what changes with them is a filter.
const SPARSE: u8 = 3;
/// Numbers of a frame: levels of partials and noise of both channels.
const LEVELS: usize = 2 * (PARTIALS + songweave_dsp::band::tone::NOISE_BANDS);
/// What is quieter is written as this, in dB.
const FLOOR_DB: f32 = -120.0;
/// A partial that does not exist, in octaves.
const NO_PARTIAL: f32 = -32.0;
/// Frequency that octaves of drums count from, in Hz.
const DRUM_REFERENCE: f32 = 1_000.0;
/// When a note is let go to measure its release, in seconds.
const RELEASED: f32 = 0.5;

/// What is written where.
#[derive(Debug)]
pub struct InstrumentSet {
    /// Folder of the set.
    pub out: PathBuf,
    /// Names of programs to write; none means all.
    pub programs: Vec<String>,
    /// Threads.
    pub threads: usize,
    /// The command, for the record.
    pub command: String,
}

/// All that is learned of a key.
struct KeySheet {
    octaves: [f32; PARTIALS],
    release: f32,
    fall: f32,
    /// Power of both channels at velocity 127 every millisecond, `[ms]`, and the window in which it was read, in seconds.
    power: Vec<f32>,
    smoothing: f32,
    /// Velocity, and the index of its frames: velocities that differ only in their gain share them.
    velocities: Vec<(u8, usize)>,
    /// `[note][age]`: levels at velocity 127, and the glide.
    frames: Vec<Vec<(Tone, f32)>>,
}

impl InstrumentSet {
    /// Writes `INDEX.safetensors` of each program and `set.json`.
    ///
    /// # Errors
    /// A name is none of a program, the sound font cannot be read or the folder cannot be written to.
    pub fn write(&self, soundfont: &Path) -> Result<()> {
        let chosen = self.chosen()?;
        std::fs::create_dir_all(&self.out).map_err(|source| MaterialError::io(&self.out, source))?;
        let font = Instruments::load(soundfont)?;
        let keys = chosen.iter().map(|index| PROGRAMS[*index].count()).sum::<usize>();
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} keys {elapsed} {msg}");
        let bar = ProgressBar::new(keys as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        for index in chosen {
            bar.set_message(PROGRAMS[index].name);
            let sheets = self.sheets(&font, &PROGRAMS[index], &bar)?;
            self.write_program(&font, index, &sheets)?;
        }
        bar.finish_and_clear();
        let bytes = std::fs::read(soundfont).map_err(|source| MaterialError::io(soundfont, source))?;
        let hash: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let facts = json!({
            "format": FORMAT, "command": self.command, "rate": RATE, "velocities": VELOCITIES, "noise_edges_hz": noise_edges(),
            "sound_font": font.name(), "sound_font_sha256": hash,
            "sources": ["FluidR3 GM sound font (MIT): Frank Wen and others"],
        });
        Ok(write_bytes(&self.out.join("set.json"), format!("{facts:#}\n").as_bytes())?)
    }

    fn chosen(&self) -> Result<Vec<usize>> {
        let known = || PROGRAMS.map(|program| program.name).join(", ");
        let index = |name: &String| {
            let found = PROGRAMS.iter().position(|program| program.name.eq_ignore_ascii_case(name.trim()));
            found.ok_or_else(|| MaterialError::UnknownProgram { name: name.clone(), known: known() })
        };
        if self.programs.is_empty() {
            Ok((0..PROGRAMS.len()).collect())
        } else {
            self.programs.iter().map(index).collect()
        }
    }

    /// All keys of a program, on several threads; the result does not depend on how many.
    fn sheets(&self, font: &Instruments, program: &Program, bar: &ProgressBar) -> Result<Vec<KeySheet>> {
        let (next, made) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        thread::scope(|scope| {
            for _ in 0..self.threads.max(1) {
                scope.spawn(|| {
                    loop {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        if at >= program.count() {
                            break;
                        }
                        let sheet = sheet(font, program, program.keys.0 + at as u8);
                        made.lock().unwrap_or_else(PoisonError::into_inner).push((at, sheet));
                        bar.inc(1);
                    }
                });
            }
        });
        let mut made = made.into_inner().unwrap_or_else(PoisonError::into_inner);
        made.sort_by_key(|(at, _)| *at);
        made.into_iter().map(|(_, sheet)| sheet).collect()
    }

    /// `levels` `[note][age][LEVELS]` in dB at velocity 127, `glide` `[note][age]` in semitones, `notes` `[pair][key, velocity,
    /// note]` with keys counted from the lowest, `ages` in seconds, `octaves` `[key][partial]`, `release` and `fall` `[key]` in dB
    /// per second, `power` `[key][ms]` of both channels in dB at velocity 127, read in windows of `smoothing` `[key]` seconds,
    /// `level` `[1]` in dB.
    fn write_program(&self, font: &Instruments, index: usize, sheets: &[KeySheet]) -> Result<()> {
        let program = &PROGRAMS[index];
        let ages = ages(program.seconds());
        let (mut levels, mut glide, mut notes, mut count) = (Vec::new(), Vec::new(), Vec::new(), 0);
        for (key, sheet) in sheets.iter().enumerate() {
            for (velocity, note) in &sheet.velocities {
                notes
                    .extend([key, usize::from(*velocity), count + note].iter().flat_map(|x| (*x as i32).to_le_bytes()));
            }
            for (tone, semitones) in sheet.frames.iter().flatten() {
                let sides = tone.partials.iter().flatten().chain(tone.noise.iter().flatten());
                levels.extend(sides.flat_map(|level| f16::from_f32(decibels(*level)).to_le_bytes()));
                glide.extend(f16::from_f32(*semitones).to_le_bytes());
            }
            count += sheet.frames.len();
        }
        let middle = if program.role == Role::Drums { 38 } else { (program.keys.0 + program.keys.1) / 2 };
        let level = level_db(&render_held(font, program, middle, 100)?);
        let powers = sheets.iter().flat_map(|sheet| &sheet.power);
        let powers: Vec<u8> = powers.flat_map(|power| f16::from_f32(decibels(power.sqrt())).to_le_bytes()).collect();
        let floats = |values: Vec<f32>| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
        let pairs = notes.len() / 12;
        let tensors = [
            ("levels", Dtype::F16, vec![count, ages.len(), LEVELS], levels),
            ("glide", Dtype::F16, vec![count, ages.len()], glide),
            ("notes", Dtype::I32, vec![pairs, 3], notes),
            ("ages", Dtype::F32, vec![ages.len()], floats(ages)),
            (
                "octaves",
                Dtype::F32,
                vec![sheets.len(), PARTIALS],
                floats(sheets.iter().flat_map(|s| s.octaves).collect()),
            ),
            ("release", Dtype::F32, vec![sheets.len()], floats(sheets.iter().map(|s| s.release).collect())),
            ("fall", Dtype::F32, vec![sheets.len()], floats(sheets.iter().map(|s| s.fall).collect())),
            ("power", Dtype::F16, vec![sheets.len(), powers.len() / 2 / sheets.len().max(1)], powers),
            ("smoothing", Dtype::F32, vec![sheets.len()], floats(sheets.iter().map(|s| s.smoothing).collect())),
            ("level", Dtype::F32, vec![1], floats(vec![level])),
        ];
        let path = self.out.join(format!("{index}.safetensors"));
        let views: std::result::Result<Vec<_>, _> = tensors
            .iter()
            .map(|(name, kind, shape, bytes)| Ok((*name, TensorView::new(*kind, shape.clone(), bytes)?)))
            .collect();
        let made = views.and_then(|views| safetensors::serialize(views, None));
        let bytes =
            made.map_err(|error: safetensors::SafeTensorError| MaterialError::data(&path, error.to_string()))?;
        Ok(write_bytes(&path, &bytes)?)
    }
}

fn decibels(amplitude: f32) -> f32 {
    (20.0 * amplitude.max(1e-9).log10()).max(FLOOR_DB)
}

/// Renders and analyses a key.
fn sheet(font: &Instruments, program: &Program, key: u8) -> Result<KeySheet> {
    let loudest = render_held(font, program, key, LOUDEST)?;
    let (hz, glide) = partials_of(&loudest, program, key);
    let ages = ages(program.seconds());
    let mut sheet = KeySheet {
        octaves: octaves(program, key, &hz),
        release: 0.0,
        fall: fall_of(&loudest, program.seconds()),
        power: Vec::new(),
        smoothing: smoothing(&loudest, RATE as f32, program, key),
        velocities: Vec::new(),
        frames: Vec::new(),
    };
    sheet.power = power(&loudest, program, sheet.smoothing);
    if program.role != Role::Drums {
        let let_go = render(font, program, key, LOUDEST, f64::from(RELEASED), 2.0)?;
        sheet.release = release_of(&loudest, &let_go, RELEASED);
    }
    let mut last: Option<Stereo> = None;
    let all = program.role == Role::Drums || key.is_multiple_of(SPARSE);
    for velocity in VELOCITIES.into_iter().filter(|velocity| all || *velocity == LOUDEST) {
        let mut sound = render_held(font, program, key, velocity)?;
        // The sound font's law of velocity is left out of what is learned.
        let gain = (127.0 / f32::from(velocity)).powi(2);
        sound.iter_mut().flatten().for_each(|sample| *sample *= gain);
        if !last.as_ref().is_some_and(|last| are_alike(last, &sound)) {
            let analysis = NoteAnalysis::new(&sound, RATE as f32, hz, glide.clone());
            sheet.frames.push(ages.iter().map(|age| analysis.frame(*age)).collect());
        }
        sheet.velocities.push((velocity, sheet.frames.len() - 1));
        last = Some(sound);
    }
    Ok(sheet)
}

/// Power of a key's loudest note every millisecond of what is learned, at velocity 127.
fn power(loudest: &Stereo, program: &Program, smoothing: f32) -> Vec<f32> {
    let gain = (127.0 / f32::from(LOUDEST)).powi(4);
    let mut powers = powers(loudest, RATE as f32, smoothing);
    powers.truncate((program.seconds() * 1_000.0) as usize);
    powers.iter_mut().for_each(|power| *power *= gain);
    powers
}

/// Whether two sounds are the same up to what rounding does.
fn are_alike(one: &Stereo, other: &Stereo) -> bool {
    let peak = one.iter().flatten().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
    let differs = |(one, other): (&f32, &f32)| (one - other).abs() > 1e-4 * peak;
    !one.iter().zip(other).any(|(one, other)| one.iter().zip(other).any(differs))
}

/// Frequencies as the weight file has them: octaves above the key's own multiples, those of drums above a fixed frequency.
fn octaves(program: &Program, key: u8, hz: &[f32; PARTIALS]) -> [f32; PARTIALS] {
    std::array::from_fn(|partial| match hz[partial] {
        hz if hz <= 0.0 => NO_PARTIAL,
        hz if program.role == Role::Drums => (hz / DRUM_REFERENCE).log2(),
        hz => (hz / (nominal_hz(program, key) * (partial + 1) as f32)).log2(),
    })
}
