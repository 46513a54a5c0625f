//! The packets of an audio file, from its container to samples.

use std::path::Path;

use symphonia::core::{
    audio::Channels,
    codecs::audio::{AudioDecoder, AudioDecoderOptions},
    errors::Error as SymphoniaError,
    formats::{FormatOptions, FormatReader, TrackType, probe::Hint},
    io::{MediaSource, MediaSourceStream},
    meta::MetadataOptions,
    packet::Packet,
};

use crate::error::{AudioError, Result};

/// A file that the decoder gives up, in its words.
pub(crate) fn unreadable(path: &Path, error: &SymphoniaError) -> AudioError {
    AudioError::Unreadable { path: path.to_owned(), reason: error.to_string() }
}

/// The packets of a file's audio track.
pub(crate) struct Packets {
    format: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track: u32,
    /// Sample rate and channels, from the first packet on.
    pub(crate) kind: Option<(u32, Channels)>,
    /// The last packet, `[channel][sample]`.
    pub(crate) planes: Vec<Vec<f32>>,
}

impl Packets {
    /// Opens the audio track of `source`, which is the file at `path`.
    ///
    /// # Errors
    /// It is no audio, or of an unknown kind.
    pub(crate) fn open(path: &Path, source: Box<dyn MediaSource>) -> Result<Self> {
        let unreadable = |error| unreadable(path, &error);
        let mut hint = Hint::new();
        if let Some(extension) = path.extension().and_then(|extension| extension.to_str()) {
            hint.with_extension(extension);
        }
        let stream = MediaSourceStream::new(source, Default::default());
        let format = symphonia::default::get_probe()
            .probe(&hint, stream, FormatOptions::default(), MetadataOptions::default())
            .map_err(unreadable)?;
        let none = || AudioError::NoAudioTrack(path.to_owned());
        let track = format.default_track(TrackType::Audio).ok_or_else(none)?;
        let parameters = track.codec_params.as_ref().and_then(|parameters| parameters.audio()).ok_or_else(none)?;
        let decoder = symphonia::default::get_codecs()
            .make_audio_decoder(parameters, &AudioDecoderOptions::default())
            .map_err(unreadable)?;
        Ok(Self { track: track.id, decoder, kind: None, planes: Vec::new(), format })
    }

    /// Samples that the container promises, where it counts in samples of `rate`.
    pub(crate) fn promised(&self, rate: u32) -> Option<u64> {
        let track = self.format.tracks().iter().find(|track| track.id == self.track)?;
        let base = track.time_base?;
        track.num_frames.filter(|_| base.numer.get() == 1 && base.denom.get() == rate)
    }

    /// Decodes the next packet; false at the end.
    ///
    /// # Errors
    /// The file cannot be read any further.
    pub(crate) fn advance(&mut self) -> std::result::Result<bool, SymphoniaError> {
        while let Some(packet) = self.next()? {
            if self.decode(&packet)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The next packet as it is; `None` at the end.
    ///
    /// # Errors
    /// The file cannot be read any further.
    pub(crate) fn next(&mut self) -> std::result::Result<Option<Packet>, SymphoniaError> {
        loop {
            match self.format.next_packet() {
                Ok(Some(packet)) if packet.track_id != self.track => {}
                // A cut-off file: what was there is good.
                Err(SymphoniaError::IoError(error)) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                    return Ok(None);
                }
                answer => return answer,
            }
        }
    }

    /// Decodes a packet into `planes`; false where it is damaged.
    ///
    /// # Errors
    /// Sample rate or channels change on the way.
    pub(crate) fn decode(&mut self, packet: &Packet) -> std::result::Result<bool, SymphoniaError> {
        let buffer = match self.decoder.decode(packet) {
            Ok(buffer) => buffer,
            Err(SymphoniaError::DecodeError(_)) => return Ok(false),
            Err(error) => return Err(error),
        };
        let kind = (buffer.spec().rate(), buffer.spec().channels().clone());
        if *self.kind.get_or_insert_with(|| kind.clone()) != kind {
            return Err(SymphoniaError::Unsupported("sample rate or channels change on the way"));
        }
        buffer.copy_to_vecs_planar(&mut self.planes);
        Ok(true)
    }

    /// Where a packet begins and ends, in seconds; `None` where the container has no clock.
    pub(crate) fn seconds(&self, packet: &Packet) -> Option<(f64, f64)> {
        let track = self.format.tracks().iter().find(|track| track.id == self.track)?;
        let base = track.time_base?;
        let begin = base.calc_time_saturating(packet.pts).as_secs_f64();
        Some((begin, begin + base.calc_duration_saturating(packet.dur).as_secs_f64()))
    }

    /// Forgets what was decoded, before packets that do not follow on the last one.
    pub(crate) fn jump(&mut self) {
        self.decoder.reset();
    }
}
