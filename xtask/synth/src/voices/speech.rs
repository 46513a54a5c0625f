//! Speech synthesisers as outside programs: who can speak on this machine, and what they say as sound.

use songweave_audio::decode::decode;
use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use songweave_score::error::{MaterialError, Result};

/// Voices of eSpeak NG: language or accent and variant, men, women and children.
const ESPEAK: [&str; 28] = [
    "en-us+f1",
    "en-gb+f2",
    "en-us+f3",
    "de+f4",
    "en-us+f5",
    "en-us+m1",
    "en-gb+m2",
    "en-us+m3",
    "fr-fr+m4",
    "en-us+m5",
    "es+m6",
    "en-gb-scotland+m7",
    "en-us+m8",
    "en-us+klatt2",
    "en-us+klatt4",
    "it+klatt6",
    "en-us+Annie",
    "en-us+linda",
    "en-gb+steph",
    "pt-br+belinda",
    "en-us+anika",
    "sv+Alicia",
    "en-us+grandma",
    "en-us+Storm",
    "en-us+travis",
    "nl+victor",
    "pl+michel",
    "en-us+Andrea",
];
/// Voices of Flite, recorded people.
const FLITE: [&str; 4] = ["slt", "rms", "awb", "kal16"];
/// Voices of Festival, recorded people.
const FESTIVAL: [&str; 3] = ["cmu_us_slt_arctic_hts", "ked_diphone", "upc_ca_ona_hts"];

/// A program that turns text to sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Program {
    Espeak,
    Flite,
    Festival,
}

/// A speaker of an outside program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Speaker {
    program: Program,
    voice: &'static str,
}

/// Everyone who could speak if all programs and their voices were installed.
#[must_use]
pub fn speakers() -> Vec<Speaker> {
    let of = |program, voices: &[&'static str]| -> Vec<Speaker> {
        voices.iter().map(|&voice| Speaker { program, voice }).collect()
    };
    // Recorded people first: they take longest to prepare.
    [of(Program::Festival, &FESTIVAL), of(Program::Flite, &FLITE), of(Program::Espeak, &ESPEAK)].concat()
}

impl Speaker {
    /// Program and voice, such as `espeak-ng en-us+f1`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} {}", self.program.command(), self.voice)
    }

    /// Whether the voice is made of recordings of a person, not of rules.
    #[must_use]
    pub const fn is_person(&self) -> bool {
        !matches!(self.program, Program::Espeak)
    }

    /// Speaks a text at `pace` words per minute: mono samples and their rate in Hz. `file` is written on the way and
    /// removed.
    ///
    /// # Errors
    /// The program or its voice is not installed, or what it wrote is no sound.
    pub fn say(&self, text: &str, pace: u32, file: &Path) -> Result<(Vec<f32>, u32)> {
        let ran = self.run(text, pace, file);
        let sound = ran.and_then(|()| Ok(decode(file)?));
        let text_file = file.with_extension("txt");
        for left in [file, &text_file] {
            // Nothing to remove where the program failed or took its text as an argument.
            let _ = std::fs::remove_file(left);
        }
        let mut audio = sound?;
        let samples = audio.channels.drain(..).next().unwrap_or_default();
        if samples.iter().all(|&sample| sample == 0.0) {
            return Err(MaterialError::data(Path::new(self.program.command()), "said nothing; reinstall its voices"));
        }
        Ok((samples, audio.rate))
    }

    fn run(&self, text: &str, pace: u32, file: &Path) -> Result<()> {
        let mut command = Command::new(self.program.command());
        match self.program {
            Program::Espeak => {
                command.args(["-v", self.voice, "-s", &pace.to_string(), "-w"]).arg(file).arg(text);
            }
            Program::Flite => {
                let stretch = format!("duration_stretch={:.2}", 170.0 / pace as f32);
                command.args(["-voice", self.voice, "--setf", &stretch, "-t", text, "-o"]).arg(file);
            }
            Program::Festival => {
                let source: PathBuf = file.with_extension("txt");
                std::fs::write(&source, text).map_err(|error| MaterialError::io(&source, error))?;
                command.args(["-eval", &format!("(voice_{})", self.voice), "-o"]).arg(file).arg(source);
            }
        }
        let name = Path::new(self.program.command());
        let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        let status = status.map_err(|_| MaterialError::data(name, "not installed; install it for more voices"))?;
        let refused = || MaterialError::data(name, format!("has no voice {}; install it for more voices", self.voice));
        status.success().then_some(()).ok_or_else(refused)
    }
}

impl Program {
    const fn command(self) -> &'static str {
        match self {
            Self::Espeak => "espeak-ng",
            Self::Flite => "flite",
            Self::Festival => "text2wave",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_without_the_voice_is_reported_in_one_sentence() {
        let file = std::env::temp_dir().join(format!("songweave-no-voice-{}.wav", std::process::id()));
        let nobody = Speaker { program: Program::Espeak, voice: "xx-nobody" };
        let error = nobody.say("hello", 150, &file).map(|_| ()).map_err(|error| error.to_string());
        assert!(error.is_err_and(|text| text.starts_with("espeak-ng: ") && !text.contains('\n')));
        assert!(!file.exists());
    }
}
