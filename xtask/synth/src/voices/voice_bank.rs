//! Everyone who can sing: recorded syllables and the speakers of the speech synthesisers that are installed.

use std::{
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use indicatif::{ProgressBar, ProgressStyle};

use crate::voices::{
    lyrics::verse,
    speech::{Speaker, speakers},
    syllables::SyllableVoice,
    utterance::Utterance,
};
use songweave_score::{
    error::Result,
    random::{Random, hash},
};

/// Verses that a speaker reads, each of [`PHRASES`] phrases.
const VERSES: usize = 6;
const PHRASES: usize = 7;

/// Voices to sing with; none by default.
#[derive(Debug, Default)]
pub struct VoiceBank {
    /// The recorded syllables, once per sample rate.
    recorded: Vec<(u32, SyllableVoice)>,
    /// The recorded syllables taken apart, to be delivered in every style.
    pub singer: Option<Utterance>,
    /// What the installed speech synthesisers with recorded voices have said.
    pub people: Vec<Utterance>,
    /// What the installed speech synthesisers that work by rules have said.
    pub machines: Vec<Utterance>,
    /// Why speakers are missing, one sentence each.
    pub missing: Vec<String>,
}

impl VoiceBank {
    /// Reads the recorded syllables for some sample rates (Hz) and lets every installed speech synthesiser read made-up
    /// lyrics, about a minute per speaker; shows a progress bar and what is not installed.
    ///
    /// # Errors
    /// The folder of recorded syllables is missing or broken. Missing speech synthesisers are no error.
    pub fn open(syllables: &Path, rates: &[u32]) -> Result<Self> {
        let recorded: Vec<(u32, SyllableVoice)> = rates
            .iter()
            .map(|&rate| SyllableVoice::load(syllables, rate).map(|voice| (rate, voice)))
            .collect::<Result<_>>()?;
        let singer = recorded.first().and_then(|(rate, voice)| Utterance::of("erithacus", &voice.sound(), *rate));
        let ([people, machines], missing) = speech();
        missing.iter().for_each(|sentence| eprintln!("voices: {sentence}"));
        Ok(Self { recorded, singer, people, machines, missing })
    }

    /// The recorded syllables at a rate in Hz; `None` where they were not opened for it.
    #[must_use]
    pub fn recorded(&self, rate: u32) -> Option<&SyllableVoice> {
        self.recorded.iter().find(|(found, _)| *found == rate).map(|(_, voice)| voice)
    }

    /// Names of all voices, for the record of a data set.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.singer.iter().chain(&self.people).chain(&self.machines).map(|voice| voice.name.clone()).collect()
    }

    /// A random speaker, recorded people and machines equally often; `None` when no synthesiser is installed.
    #[must_use]
    pub fn speaker(&self, random: &mut Random) -> Option<&Utterance> {
        let group = if self.machines.is_empty() || (random.chance(0.5) && !self.people.is_empty()) {
            &self.people
        } else {
            &self.machines
        };
        random.pick(group)
    }
}

/// What people and machines say, in the order of the speakers, and one sentence for every kind of failure.
fn speech() -> ([Vec<Utterance>; 2], Vec<String>) {
    let speakers = speakers();
    let bar = ProgressBar::new(speakers.len() as u64);
    if let Ok(style) = ProgressStyle::with_template("voices {bar:30} {pos}/{len} {elapsed}") {
        bar.set_style(style);
    }
    let next = AtomicUsize::new(0);
    let heard = Mutex::new(Vec::new());
    let work = || {
        while let Some((index, speaker)) = take(&next, &speakers) {
            let said = listen(speaker);
            heard.lock().unwrap_or_else(PoisonError::into_inner).push((index, said));
            bar.inc(1);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(work);
        }
    });
    bar.finish_and_clear();
    let mut heard = heard.into_inner().unwrap_or_else(PoisonError::into_inner);
    heard.sort_by_key(|(index, _)| *index);
    let (mut voices, mut missing) = ([Vec::new(), Vec::new()], Vec::new());
    for (index, said) in heard {
        match said {
            Ok(voice) => voices[usize::from(!speakers[index].is_person())].extend(voice),
            Err(error) => missing.push(error.to_string()),
        }
    }
    missing.dedup();
    (voices, missing)
}

fn take<'a>(next: &AtomicUsize, speakers: &'a [Speaker]) -> Option<(usize, &'a Speaker)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    speakers.get(index).map(|speaker| (index, speaker))
}

/// A speaker's verses taken apart; the speaker's name decides the words.
fn listen(speaker: &Speaker) -> Result<Option<Utterance>> {
    let name = speaker.name();
    let seed = hash(&name);
    let mut random = Random::for_task(seed, 0);
    let pace = 130 + random.index(50) as u32;
    let (mut sound, mut rate) = (Vec::new(), 0);
    for index in 0..VERSES {
        let file = format!("songweave-voice-{}-{seed:016x}-{index}.wav", std::process::id());
        let said = speaker.say(&verse(PHRASES, &mut random), pace, &std::env::temp_dir().join(file))?;
        sound.extend(said.0);
        rate = said.1;
    }
    Ok(Utterance::of(&name, &sound, rate))
}
