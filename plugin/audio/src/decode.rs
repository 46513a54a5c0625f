//! Any audio file to samples.

use std::{io::Cursor, path::Path};

use symphonia::core::{
    codecs::audio::{AudioDecoder, AudioDecoderOptions},
    errors::Error as SymphoniaError,
    formats::{FormatOptions, FormatReader, TrackType, probe::Hint},
    io::MediaSourceStream,
    meta::MetadataOptions,
};

use crate::{
    error::{AudioError, Result},
    priming::priming,
};

/// Sound with its sample rate.
#[derive(Debug, Clone, PartialEq)]
pub struct Audio {
    /// Samples per second.
    pub rate: u32,
    /// `[channel][sample]`, full scale ±1.
    pub channels: Vec<Vec<f32>>,
}

impl Audio {
    /// Samples per channel.
    #[must_use]
    pub fn samples(&self) -> usize {
        self.channels.first().map_or(0, Vec::len)
    }

    /// Length in seconds.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.samples() as f64 / f64::from(self.rate)
    }

    /// Left and right: mono on both sides, of more than two channels the first two.
    #[must_use]
    pub fn into_stereo(mut self) -> [Vec<f32>; 2] {
        self.channels.truncate(2);
        let right = self.channels.pop().unwrap_or_default();
        let left = self.channels.pop().unwrap_or_else(|| right.clone());
        [left, right]
    }
}

/// Reads a WAV, FLAC, MP3, OGG Vorbis or M4A/AAC file. Damaged packets are left out.
///
/// # Errors
/// The file is missing, empty, not audio or of an unknown kind.
pub fn decode(path: &Path) -> Result<Audio> {
    let unreadable =
        |error: SymphoniaError| AudioError::Unreadable { path: path.to_owned(), reason: error.to_string() };
    let file = std::fs::read(path).map_err(|source| AudioError::io(path, source))?;
    if file.is_empty() {
        return Err(AudioError::Empty(path.to_owned()));
    }
    let priming = priming(&file);
    let mut hint = Hint::new();
    if let Some(extension) = path.extension().and_then(|extension| extension.to_str()) {
        hint.with_extension(extension);
    }
    let stream = MediaSourceStream::new(Box::new(Cursor::new(file)), Default::default());
    let mut format = symphonia::default::get_probe()
        .probe(&hint, stream, FormatOptions::default(), MetadataOptions::default())
        .map_err(unreadable)?;
    let track = format.default_track(TrackType::Audio).ok_or_else(|| AudioError::NoAudioTrack(path.to_owned()))?;
    let id = track.id;
    let parameters = track.codec_params.as_ref().and_then(|parameters| parameters.audio());
    let parameters = parameters.ok_or_else(|| AudioError::NoAudioTrack(path.to_owned()))?;
    let mut decoder = symphonia::default::get_codecs()
        .make_audio_decoder(parameters, &AudioDecoderOptions::default())
        .map_err(unreadable)?;
    let mut audio = decode_track(&mut *format, &mut *decoder, id).map_err(unreadable)?;
    if let (Some(audio), Some(priming)) = (&mut audio, priming) {
        for channel in &mut audio.channels {
            channel.drain(..priming.delay.min(channel.len()));
            channel.truncate(priming.length.unwrap_or(usize::MAX));
        }
    }
    audio.filter(|audio| audio.samples() > 0).ok_or_else(|| AudioError::Empty(path.to_owned()))
}

fn decode_track(
    format: &mut dyn FormatReader,
    decoder: &mut dyn AudioDecoder,
    track: u32,
) -> std::result::Result<Option<Audio>, SymphoniaError> {
    let mut audio: Option<Audio> = None;
    let mut planes: Vec<Vec<f32>> = Vec::new();
    loop {
        let packet = match format.next_packet() {
            Ok(Some(packet)) => packet,
            Ok(None) => break,
            // A cut-off file: what was there is good.
            Err(SymphoniaError::IoError(error)) if error.kind() == std::io::ErrorKind::UnexpectedEof => break,
            Err(error) => return Err(error),
        };
        if packet.track_id != track {
            continue;
        }
        let buffer = match decoder.decode(&packet) {
            Ok(buffer) => buffer,
            Err(SymphoniaError::DecodeError(_)) => continue,
            Err(error) => return Err(error),
        };
        buffer.copy_to_vecs_planar(&mut planes);
        let rate = buffer.spec().rate();
        let audio = audio.get_or_insert_with(|| Audio { rate, channels: vec![Vec::new(); planes.len()] });
        for (channel, plane) in audio.channels.iter_mut().zip(&planes) {
            channel.extend_from_slice(plane);
        }
    }
    Ok(audio)
}
