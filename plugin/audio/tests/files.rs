//! Reading and writing of audio files of every kind, good and bad.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use songweave_audio::{
    decode::{Audio, AudioReader, decode},
    draft::{Draft, write_bytes},
    write::{write_flac, write_wav},
};

/// A folder of its own that vanishes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("songweave-audio-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, contents: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, contents).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn tone() -> Audio {
    let sine = |n: usize| 0.5 * (std::f32::consts::TAU * 1_000.0 * n as f32 / 44_100.0).sin();
    let channel: Vec<f32> = (0..22_050).map(sine).collect();
    Audio { rate: 44_100, channels: vec![channel.clone(), channel] }
}

/// Level and crossings of zero per second of the middle of a recording.
fn level_and_pitch(audio: &Audio) -> (f32, f32) {
    let middle = &audio.channels[0][5_000..15_000];
    let level = (middle.iter().map(|sample| sample * sample).sum::<f32>() / middle.len() as f32).sqrt();
    let crossings = middle.windows(2).filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0).count();
    (level, crossings as f32 * 44_100.0 / middle.len() as f32)
}

fn complaint(path: &Path) -> String {
    decode(path).unwrap_err().to_string()
}

#[test]
fn wav_comes_back_exactly_and_flac_within_half_a_step() {
    let folder = Folder::new("round");
    let (wav, flac) = (folder.0.join("tone.wav"), folder.0.join("tone.flac"));
    write_wav(&wav, &tone()).unwrap();
    write_flac(&flac, &tone()).unwrap();
    assert_eq!(decode(&wav).unwrap(), tone());
    let read = decode(&flac).unwrap();
    let errors = read.channels[1].iter().zip(&tone().channels[1]).map(|(a, b)| (a - b).abs()).collect::<Vec<_>>();
    assert_eq!((read.rate, read.samples()), (44_100, 22_050));
    assert!(errors.into_iter().fold(0.0, f32::max) < 1.0 / 32_768.0);
    assert_eq!(std::fs::read_dir(&folder.0).unwrap().count(), 2, "no temporary file stays behind");
}

#[test]
fn lossy_formats_are_read() {
    for name in ["tone.mp3", "tone.ogg", "tone.m4a"] {
        let audio = decode(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)).unwrap();
        let (level, pitch) = level_and_pitch(&audio);
        assert_eq!((audio.rate, audio.channels.len()), (44_100, 2), "{name}");
        // MP3 files of unknown length end with the last whole frame.
        let tolerance = if name.ends_with("m4a") { 0.025 } else { 0.06 };
        assert!((audio.seconds() - 0.5).abs() < tolerance, "{name}: {} s", audio.seconds());
        assert!((level - 0.25).abs() < 0.02 && (pitch - 1_000.0).abs() < 10.0, "{name}: {level}, {pitch} Hz");
    }
}

#[test]
fn every_bad_file_gets_one_clear_sentence() {
    let folder = Folder::new("bad");
    assert!(complaint(&folder.0.join("none.wav")).contains("no such file"));
    assert!(complaint(&folder.file("nothing.wav", b"")).contains("holds no sound"));
    assert!(complaint(&folder.file("text.wav", b"this is a letter, not a song")).contains("cannot be read as audio"));
    let film = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/silent_film.mp4");
    assert!(complaint(&film).contains("no audio track"));
    let empty = folder.0.join("empty.wav");
    write_wav(&empty, &Audio { rate: 44_100, channels: vec![vec![]] }).unwrap();
    assert!(complaint(&empty).contains("holds no sound"));
    assert!(decode(&folder.0).is_err());
}

#[test]
fn a_cut_off_file_gives_what_is_there() {
    let folder = Folder::new("cut");
    let path = folder.0.join("tone.wav");
    write_wav(&path, &tone()).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let cut = folder.file("cut.wav", &bytes[..bytes.len() / 2]);
    let audio = decode(&cut).unwrap();
    assert!(audio.samples() > 5_000 && audio.samples() < 12_000, "{}", audio.samples());
}

/// A WAV file of 16-bit samples: `id` RIFF, RF64 or BW64, lengths as told, format tag and channel mask.
fn wav(id: &[u8; 4], lengths: [u32; 2], ds64: Option<u64>, mask: Option<u32>, frames: &[Vec<i16>]) -> Vec<u8> {
    let channels = frames[0].len() as u16;
    let mut bytes = [&id[..], &lengths[0].to_le_bytes(), b"WAVE"].concat();
    if let Some(length) = ds64 {
        bytes.extend([b"ds64", &28_u32.to_le_bytes()[..], &0_u64.to_le_bytes(), &length.to_le_bytes()].concat());
        bytes.extend([0; 12]);
    }
    bytes.extend([b"fmt ", &(if mask.is_some() { 40_u32 } else { 16 }).to_le_bytes()[..]].concat());
    let tag = if mask.is_some() { 0xFFFE_u16 } else { 1 };
    bytes.extend([tag.to_le_bytes(), channels.to_le_bytes()].concat());
    bytes.extend([44_100_u32.to_le_bytes(), (44_100 * 2 * u32::from(channels)).to_le_bytes()].concat());
    bytes.extend([(2 * channels).to_le_bytes(), 16_u16.to_le_bytes()].concat());
    if let Some(mask) = mask {
        bytes.extend([22_u16.to_le_bytes(), 16_u16.to_le_bytes()].concat());
        bytes.extend(mask.to_le_bytes());
        bytes.extend(b"\x01\0\0\0\0\0\x10\0\x80\0\0\xAA\0\x38\x9B\x71");
    }
    bytes.extend([&b"data"[..], &lengths[1].to_le_bytes()].concat());
    bytes.extend(frames.iter().flatten().flat_map(|sample| sample.to_le_bytes()));
    bytes
}

/// A file whose only sound is in one channel of many, at half of full scale.
fn alone(channel: usize, channels: usize) -> Vec<Vec<i16>> {
    vec![(0..channels).map(|at| if at == channel { 16_384 } else { 0 }).collect(); 1_000]
}

fn remarks(path: &Path) -> (usize, Vec<String>) {
    let mut reader = AudioReader::open(path).unwrap();
    let mut samples = 0;
    while let Some(block) = reader.read().unwrap() {
        samples += block[0].len();
    }
    (samples, reader.remarks().to_vec())
}

#[test]
fn surround_is_mixed_down_by_its_layout() {
    let folder = Folder::new("surround");
    let shared = std::f32::consts::FRAC_1_SQRT_2 / 2.0;
    // Left, right, centre, low frequencies, then the surround channels at the side, and one in the middle behind.
    let (sides, behind) = (0x60F, 0x10F);
    let cases = [
        (Some(sides), 6, 0, [0.5, 0.0]),
        (Some(sides), 6, 1, [0.0, 0.5]),
        (Some(sides), 6, 2, [shared, shared]),
        (Some(sides), 6, 3, [0.0, 0.0]),
        (Some(sides), 6, 4, [shared, 0.0]),
        (Some(sides), 6, 5, [0.0, shared]),
        (Some(behind), 5, 4, [0.25, 0.25]),
        // Without a layout six channels are 5.1 in the order of WAV.
        (None, 6, 2, [shared, shared]),
        (None, 2, 1, [0.0, 0.5]),
    ];
    for (mask, channels, channel, wanted) in cases {
        let bytes = wav(b"RIFF", [0, 0], None, mask, &alone(channel, channels));
        let path = folder.file("one.wav", &bytes);
        let audio = decode(&path).unwrap();
        let heard = [audio.channels[0][500], audio.channels[1][500]];
        assert_eq!(audio.channels.len(), 2);
        let close = heard.iter().zip(wanted).all(|(heard, wanted)| (heard - wanted).abs() < 1e-4);
        assert!(close, "{channel} of {channels}: {heard:?}, not {wanted:?}");
        assert_eq!(remarks(&path).1.iter().any(|said| said.contains("ITU-R BS.775")), channels > 2);
    }
    for (mask, channels) in [(None, 4), (None, 8), (Some(0), 6 + 1), (Some(0x3), 4), (Some(0x2D03F), 10)] {
        let path = folder.file("unknown.wav", &wav(b"RIFF", [0, 0], None, mask, &alone(0, channels)));
        let said = complaint(&path);
        assert!(said.contains(&format!("{channels} channels")) && said.contains("mix it down to stereo"), "{said}");
    }
}

#[test]
fn unfinished_and_long_headers_are_read_to_the_end() {
    let folder = Folder::new("headers");
    let frames: Vec<Vec<i16>> = (0..44_100).map(|n| vec![(n % 1_000) as i16, 7]).collect();
    let data = 4 * frames.len() as u32;
    let unfinished = [[0, 0], [36, 0], [u32::MAX, u32::MAX], [36, u32::MAX], [0, data], [36, data]];
    for lengths in unfinished {
        let path = folder.file("a.wav", &wav(b"RIFF", lengths, None, None, &frames));
        let (samples, said) = remarks(&path);
        assert_eq!(samples, 44_100, "{lengths:?}");
        assert_eq!(
            said.iter().any(|said| said.contains("never finished")),
            lengths[1] != data,
            "{lengths:?}: {said:?}"
        );
    }
    for id in [b"RF64", b"BW64"] {
        let mut bytes = wav(id, [u32::MAX; 2], Some(data.into()), None, &frames);
        // What follows the samples is not sound.
        bytes.extend([&b"LIST"[..], &400_u32.to_le_bytes(), &[99; 400]].concat());
        assert_eq!(remarks(&folder.file("long.wav", &bytes)), (44_100, vec![]), "{id:?}");
    }
    let mut wave64 = [&b"riff\x2E\x91\xCF\x11\xA5\xD6\x28\xDB\x04\xC1\0\0"[..], &0_u64.to_le_bytes()].concat();
    let guid = |id: &[u8]| [id, &b"\xF3\xAC\xD3\x11\x8C\xD1\0\xC0\x4F\x8E\xDB\x8A"[..]].concat();
    let plain = wav(b"RIFF", [0, 0], None, None, &frames);
    wave64.extend([guid(b"wave"), guid(b"junk"), 29_u64.to_le_bytes().to_vec(), vec![1; 8]].concat());
    wave64.extend([guid(b"fmt "), 40_u64.to_le_bytes().to_vec(), plain[20..36].to_vec()].concat());
    wave64.extend([guid(b"data"), u64::from(data + 24).to_le_bytes().to_vec(), plain[44..].to_vec()].concat());
    assert_eq!(remarks(&folder.file("song.w64", &wave64)), (44_100, vec![]));
    assert_eq!(decode(&folder.file("song.w64", &wave64)).unwrap(), decode(&folder.file("a.wav", &plain)).unwrap());
}

#[test]
fn a_file_that_ends_early_says_how_much_is_missing() {
    let folder = Folder::new("early");
    let (wav, flac) = (folder.0.join("tone.wav"), folder.0.join("tone.flac"));
    let channel = tone().channels[0].repeat(8);
    let long = Audio { rate: 44_100, channels: vec![channel.clone(), channel] };
    write_wav(&wav, &long).unwrap();
    write_flac(&flac, &long).unwrap();
    for path in [wav, flac] {
        assert_eq!(remarks(&path), (176_400, vec![]));
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        let (samples, said) = remarks(&path);
        let missing = format!("{:.1} of 4.0 s are missing", 4.0 - samples as f64 / 44_100.0);
        assert!(samples > 60_000 && said.len() == 1 && said[0].contains(&missing), "{samples}: {said:?}");
    }
}

#[test]
fn what_is_not_decoded_is_named() {
    let folder = Folder::new("named");
    for (name, bytes) in
        [("a.wv", &b"wvpk\x20\0\0\0\x10\x04\0\0\0\0\0\0"[..]), ("a.opus", b"OggS\0\x02\0\0\0\0\0\0\0\0")]
    {
        assert!(complaint(&folder.file(name, bytes)).contains("Opus, WavPack and WMA have to be converted"));
    }
}

#[test]
#[cfg(unix)]
fn devices_are_written_into_and_a_failed_write_leaves_nothing() {
    use std::os::unix::fs::FileTypeExt;
    write_wav(Path::new("/dev/null"), &tone()).unwrap();
    assert!(Path::new("/dev/null").metadata().unwrap().file_type().is_char_device());
    if Path::new("/dev/full").exists() {
        let said = write_wav(Path::new("/dev/full"), &tone()).unwrap_err();
        assert!(said.to_string().starts_with("/dev/full: ") && std::error::Error::source(&said).is_none(), "{said}");
        assert!(Path::new("/dev/full").metadata().unwrap().file_type().is_char_device());
    }
    let folder = Folder::new("draft");
    let (file, link) = (folder.file("song.wav", b"old"), folder.0.join("link.wav"));
    std::os::unix::fs::symlink("song.wav", &link).unwrap();
    let mut draft = Draft::create(&file).unwrap();
    draft.write(b"half of it").unwrap();
    drop(draft);
    assert_eq!((std::fs::read(&file).unwrap(), std::fs::read_dir(&folder.0).unwrap().count()), (b"old".to_vec(), 2));
    write_bytes(&link, b"new").unwrap();
    assert!(link.is_symlink(), "a link stays a link");
    assert_eq!(std::fs::read(&file).unwrap(), b"new");
}

#[test]
fn what_cannot_be_written_says_so() {
    let nowhere = Path::new("/nowhere/at/all/x.wav");
    assert!(write_wav(nowhere, &tone()).unwrap_err().to_string().contains("no such file or folder"));
    let none = Audio { rate: 44_100, channels: vec![] };
    let folder = Folder::new("unwritable");
    assert!(write_flac(&folder.0.join("x.flac"), &none).unwrap_err().to_string().contains("FLAC holds 1 to 8"));
}
