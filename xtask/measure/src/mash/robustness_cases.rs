//! The cases of [`crate::mash::robustness`]: voices, instruments, kinds of songs, recordings and damaged samples.

use std::path::Path;

use songweave_audio::{decode::decode, resample::resample};
use songweave_dsp::stream::layout::{Part, SONGS};

use songweave_score::{error::Result, random::Random};
use songweave_synth::{
    demo_songs::{RATE, TEMPO, mixture, song_a, song_b},
    song::{Song, Stereo, active_level},
    voices::{
        singer::Singer,
        singing::{Voice, phrases},
        syllables::{Delivery, SyllableVoice},
    },
};

/// Voices of a kind that are tried.
const SINGERS: u64 = 3;
/// Seconds of a recording that are played.
const EXCERPT: usize = 25;

/// What a case is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A sings: how well is the voice told apart?
    Voice,
    /// Nobody sings in A.
    NoVoice,
    /// Nothing is known but that it must not blow up.
    Any,
}

/// Two songs of one variant of a case.
#[derive(Debug, Clone)]
pub enum Sound {
    /// Songs whose parts are known.
    Known(Box<[Song; SONGS]>),
    /// Mixtures `[song][channel][sample]`.
    Mixtures([Stereo; SONGS]),
}

/// A case: one or more variants of the same question.
#[derive(Debug, Clone)]
pub struct Case {
    /// Short name.
    pub name: String,
    /// In words.
    pub about: String,
    /// What it is about.
    pub kind: Kind,
    /// Samples per second.
    pub rate: u32,
    /// What is played.
    pub sounds: Vec<Sound>,
}

/// All cases; the first one is the reference for the others.
pub struct Cases {
    /// What can be measured.
    pub cases: Vec<Case>,
    /// What cannot, for want of data.
    pub left_out: Vec<String>,
}

impl Cases {
    /// The cases that are made by code and those made of recordings in the data folder, as far as they are there.
    ///
    /// # Errors
    /// A recording that is there cannot be read.
    pub fn open(data: &Path) -> Result<Self> {
        let mut left_out = Vec::new();
        let mut cases = voices(data, &mut left_out)?;
        cases.extend(instruments());
        cases.extend(songs()?);
        cases.extend(full_mixes(data, &mut left_out)?);
        cases.extend(damaged());
        Ok(Self { cases, left_out })
    }
}

fn case(name: &str, about: &str, kind: Kind, sounds: Vec<Sound>) -> Case {
    Case { name: name.to_owned(), about: about.to_owned(), kind, rate: RATE, sounds }
}

/// Song A sings `voice` over the band of the demo's song B, song B is the demo's song A.
fn sung(voice: Stereo) -> Sound {
    let (mut a, b) = (song_b(), song_a());
    let gain = active_level(&b.parts[Part::Vocals as usize], RATE) / active_level(&voice, RATE).max(1e-6);
    let mut voice = voice;
    for channel in &mut voice {
        channel.resize(a.samples(), 0.0);
        channel.iter_mut().for_each(|sample| *sample *= gain);
    }
    a.parts[Part::Vocals as usize] = voice;
    Sound::Known(Box::new([a, b]))
}

/// Voices over a band: the first case is the reference.
fn voices(data: &Path, left_out: &mut Vec<String>) -> Result<Vec<Case>> {
    let kinds = [
        ("man", "three synthetic men singing over a band", 1.0, false, 1),
        ("woman", "three synthetic women singing over a band", 1.18, false, 1),
        ("child", "three synthetic children singing over a band", 1.35, false, 1),
        ("man speaking", "three synthetic men speaking over a band", 1.0, true, 1),
        ("woman speaking", "three synthetic women speaking over a band", 1.18, true, 1),
        ("choir", "four synthetic women and men in unison over a band", 1.1, false, 4),
    ];
    let mut cases: Vec<Case> = kinds
        .into_iter()
        .map(|(name, about, tract, spoken, voices)| {
            let sounds = (0..SINGERS).map(|seed| synthetic(seed, tract, spoken, voices)).collect();
            case(name, about, Kind::Voice, sounds)
        })
        .collect();
    cases.extend(recorded(data, left_out)?);
    for (name, faster) in [("vocadito_10.wav", 1.0), ("vocal-da-80bpm.wav", 1.0), ("vocadito_10.wav", 1.25)] {
        let path = data.join("clips").join(name);
        if !path.is_file() {
            left_out.push(format!("{} is not there", path.display()));
            continue;
        }
        let about = if faster > 1.0 {
            "a cappella recording, pitch and formants a quarter up, over a band"
        } else {
            "a cappella recording over a band"
        };
        let title = if faster > 1.0 { format!("{name}, raised") } else { name.to_owned() };
        let audio = decode(&path)?;
        let (rate, stereo) = (audio.rate, audio.into_stereo());
        let voice = pair(resample(&stereo, (rate as f32 * faster) as u32, RATE)?);
        cases.push(case(&title, about, Kind::Voice, vec![sung(voice)]));
    }
    Ok(cases)
}

fn synthetic(seed: u64, tract: f32, spoken: bool, voices: u64) -> Sound {
    let mut random = Random::for_task(11, seed);
    let samples = song_b().samples();
    let melody = phrases(60.0 / TEMPO, samples as f64 / f64::from(RATE), 50.0, &mut random);
    let mut sum: Stereo = [vec![0.0; samples], vec![0.0; samples]];
    for _ in 0..voices {
        let tract = if voices > 1 { random.between(1.0, 1.2) } else { tract };
        let singer = Singer { tract, spoken, ..Singer::random(&mut random) };
        let voice = Voice::Synthetic(singer).part(&melody, samples, RATE, &mut random);
        add(&mut sum, &voice);
    }
    sung(sum)
}

/// The recorded syllables, as they are and as of a smaller person.
fn recorded(data: &Path, left_out: &mut Vec<String>) -> Result<Vec<Case>> {
    let folder = data.join("erithacus");
    if !folder.join("oto.ini").is_file() {
        left_out.push(format!("{} is not there", folder.display()));
        return Ok(Vec::new());
    }
    let voice = SyllableVoice::load(&folder, RATE)?;
    let sound = |seed: u64, tract: f32| {
        let mut random = Random::for_task(12, seed);
        let samples = song_b().samples();
        let melody = phrases(60.0 / TEMPO, samples as f64 / f64::from(RATE), 50.0, &mut random);
        let delivery = Delivery { tract, fall: 0.0, ..Delivery::random(&mut random) };
        sung(Voice::Recorded(&voice, delivery).part(&melody, samples, RATE, &mut random))
    };
    let kinds = [
        ("recorded man", "recorded syllables over a band", 1.0),
        ("recorded, smaller", "recorded syllables with a woman's formants over a band", 1.2),
    ];
    Ok(kinds
        .into_iter()
        .map(|(name, about, tract)| {
            case(name, about, Kind::Voice, (0..SINGERS).map(|seed| sound(seed, tract)).collect())
        })
        .collect())
}

/// One instrument alone, and a voice alone.
fn instruments() -> Vec<Case> {
    let alone = |part: Part| {
        let mut a = if part == Part::Vocals { song_a() } else { song_b() };
        for (index, stem) in a.parts.iter_mut().enumerate() {
            if index != part as usize {
                stem.iter_mut().for_each(|channel| channel.fill(0.0));
            }
        }
        vec![Sound::Known(Box::new([a, song_a()]))]
    };
    vec![
        case("solo melody", "a reed alone", Kind::NoVoice, alone(Part::Other)),
        case("solo drums", "drums alone", Kind::NoVoice, alone(Part::Drums)),
        case("solo bass", "a bass alone", Kind::NoVoice, alone(Part::Bass)),
        case("voice alone", "a voice without a band", Kind::Any, alone(Part::Vocals)),
        case("no voice", "a band without a voice", Kind::NoVoice, vec![Sound::Known(Box::new([song_b(), song_a()]))]),
    ]
}

/// The two demo songs, changed in ways that songs come in.
fn songs() -> Result<Vec<Case>> {
    let both = |change: &dyn Fn(&mut Song)| {
        let mut songs = [song_a(), song_b()];
        songs.iter_mut().for_each(change);
        vec![Sound::Known(Box::new(songs))]
    };
    let scale =
        |gain: f32| move |song: &mut Song| song.parts.iter_mut().flatten().flatten().for_each(|sample| *sample *= gain);
    let turned = |song: &mut Song| {
        let rights = song.parts.iter_mut().flat_map(|part| &mut part[1]);
        rights.for_each(|sample| *sample = -*sample);
    };
    let left = |song: &mut Song| song.parts.iter_mut().for_each(|part| part[1].fill(0.0));
    let offset =
        |song: &mut Song| song.parts[Part::Other as usize].iter_mut().flatten().for_each(|sample| *sample += 0.3);
    let mut cases = vec![
        case("mono", "both demo songs, the same on both sides", Kind::Voice, both(&|_| {})),
        case("one side", "both demo songs on the left only", Kind::Voice, both(&left)),
        case("out of phase", "both demo songs with the right side turned over", Kind::Voice, both(&turned)),
        case("very quiet", "both demo songs 60 dB down", Kind::Voice, both(&scale(0.001))),
        case("very loud", "both demo songs 40 dB up, far above full scale", Kind::Voice, both(&scale(100.0))),
        case("offset", "both demo songs with a constant of 0.3 in the rest", Kind::Voice, both(&offset)),
        case(
            "the same song twice",
            "song A on both inputs",
            Kind::Voice,
            vec![Sound::Known(Box::new([song_a(), song_a()]))],
        ),
    ];
    for (name, about, rates) in [
        ("8 kHz material", "both demo songs with nothing above 4 kHz", vec![8_000, RATE]),
        ("8 kHz host", "both demo songs in a host at 8 kHz", vec![8_000]),
        ("96 kHz host", "both demo songs in a host at 96 kHz", vec![96_000]),
    ] {
        let mut songs = [song_a(), song_b()];
        for song in &mut songs {
            for &rate in &rates {
                convert(song, rate)?;
            }
        }
        let rate = songs[0].rate;
        cases.push(Case { rate, ..case(name, about, Kind::Voice, vec![Sound::Known(Box::new(songs))]) });
    }
    Ok(cases)
}

fn convert(song: &mut Song, rate: u32) -> Result<()> {
    for part in &mut song.parts {
        *part = pair(resample(&*part, song.rate, rate)?);
    }
    song.rate = rate;
    Ok(())
}

/// Recordings of whole songs, whose parts nobody knows.
fn full_mixes(data: &Path, left_out: &mut Vec<String>) -> Result<Vec<Case>> {
    let path = |name: &str| data.join("clips").join(name);
    let (song, jazz) = (path("spleeter_example.mp3"), path("vibe_ace.ogg"));
    for path in [&song, &jazz].into_iter().filter(|path| !path.is_file()) {
        left_out.push(format!("{} is not there", path.display()));
    }
    if !song.is_file() || !jazz.is_file() {
        return Ok(Vec::new());
    }
    let (song, jazz) = (recording(&song)?, recording(&jazz)?);
    Ok(vec![
        case(
            "real song over real jazz",
            "a recorded song with a voice as A, recorded jazz without one as B",
            Kind::Any,
            vec![Sound::Mixtures([song.clone(), jazz.clone()])],
        ),
        case(
            "real jazz over real song",
            "the other way round: nobody sings in A",
            Kind::NoVoice,
            vec![Sound::Mixtures([jazz, song])],
        ),
    ])
}

fn recording(path: &Path) -> Result<Stereo> {
    let audio = decode(path)?;
    let rate = audio.rate;
    let stereo = audio.into_stereo().map(|mut channel| {
        channel.truncate(EXCERPT * rate as usize);
        channel
    });
    Ok(pair(resample(&stereo, rate, RATE)?))
}

/// Silence, noise and samples that no song has.
pub(crate) fn damaged() -> Vec<Case> {
    let (a, b) = (sides(&song_a()), sides(&song_b()));
    let silent: Stereo = a.each_ref().map(|channel| vec![0.0; channel.len()]);
    let mut random = Random::new(5);
    let mut noise = || silent.each_ref().map(|channel| channel.iter().map(|_| random.noise()).collect());
    let both = |change: &dyn Fn(usize, f32) -> f32| {
        [&a, &b].map(|song| {
            song.each_ref().map(|channel| channel.iter().enumerate().map(|(n, &sample)| change(n, sample)).collect())
        })
    };
    let noises: [Stereo; SONGS] = [noise(), noise()];
    // Twenty milliseconds of one song, then of the other.
    let turn = |one: &Stereo, other: &Stereo| -> Stereo {
        [0, 1].map(|side: usize| {
            one[side]
                .iter()
                .zip(&other[side])
                .enumerate()
                .map(|(n, (one, other))| if n / 882 % 2 == 0 { *one } else { *other })
                .collect()
        })
    };
    let broken = |n: usize, sample: f32| match n % 1_000 {
        0 => f32::NAN,
        1 => f32::INFINITY,
        2 => 1e30,
        _ => sample,
    };
    let any =
        |name: &str, about: &str, songs: [Stereo; SONGS]| case(name, about, Kind::Any, vec![Sound::Mixtures(songs)]);
    vec![
        any("silence", "both songs silent", [silent.clone(), silent.clone()]),
        any("only A", "song B silent", [a.clone(), silent.clone()]),
        any("only B", "song A silent", [silent.clone(), b.clone()]),
        any("clipping", "both demo songs 30 dB into the ceiling", both(&|_, sample| (30.0 * sample).clamp(-1.0, 1.0))),
        any("noise", "white noise at full scale on both inputs", noises),
        any(
            "clicks",
            "single samples at full scale, two a second",
            both(&|n, _| if n % 22_050 == 0 { 1.0 } else { 0.0 }),
        ),
        any("fast alternation", "the songs change places fifty times a second", [turn(&a, &b), turn(&b, &a)]),
        any("damaged samples", "not-a-number, infinity and 1e30 among the samples", both(&broken)),
    ]
}

fn sides(song: &Song) -> Stereo {
    let channel = mixture(song).channels.swap_remove(0);
    [channel.clone(), channel]
}

fn pair(mut channels: Vec<Vec<f32>>) -> Stereo {
    let right = channels.pop().unwrap_or_default();
    [channels.pop().unwrap_or_else(|| right.clone()), right]
}

fn add(to: &mut Stereo, sound: &Stereo) {
    for (to, sound) in to.iter_mut().zip(sound) {
        to.iter_mut().zip(sound).for_each(|(to, sample)| *to += sample);
    }
}
