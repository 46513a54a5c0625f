//! Whole sounds as files: WAV (32-bit float), FLAC (16-bit).

use std::path::Path;

use flacenc::{component::BitRepr, error::Verify};

use crate::{
    decode::Audio,
    draft::write_bytes,
    error::{AudioError, Result},
    wav::WavWriter,
};

/// Writes a 32-bit float WAV file.
///
/// # Errors
/// The file cannot be written, or the sound has no channel or more than a WAV file holds.
pub fn write_wav(path: &Path, audio: &Audio) -> Result<()> {
    let mut writer = WavWriter::create(path, audio.rate, audio.channels.len())?;
    writer.write(&audio.channels, 0..audio.channels.iter().map(Vec::len).min().unwrap_or(0))?;
    writer.finish()
}

/// The bytes of a 16-bit FLAC file; samples beyond full scale are clipped.
///
/// # Errors
/// The sound has no channel, more than eight, or a rate that FLAC does not know.
pub fn flac_bytes(path: &Path, audio: &Audio) -> Result<Vec<u8>> {
    let encode = |reason: String| AudioError::Encode { path: path.to_owned(), reason };
    if audio.channels.is_empty() || audio.channels.len() > 8 {
        return Err(encode(format!("{} channels, FLAC holds 1 to 8", audio.channels.len())));
    }
    let samples: Vec<i32> =
        interleaved(&audio.channels).map(|sample| (sample.clamp(-1.0, 1.0) * 32_767.0).round() as i32).collect();
    let mut config = flacenc::config::Encoder::default();
    // The same bytes whatever the number of cores.
    config.multithread = false;
    let config = config.into_verified().map_err(|(_, error)| encode(error.to_string()))?;
    let source = flacenc::source::MemSource::from_samples(&samples, audio.channels.len(), 16, audio.rate as usize);
    let mut stream = flacenc::encode_with_fixed_block_size(&config, source, config.block_size)
        .map_err(|error| encode(error.to_string()))?;
    // flacenc counts the short last block as the smallest. The format does not, and symphonia refuses such a file.
    let block = config.block_size;
    stream.stream_info_mut().set_block_sizes(block, block).map_err(|error| encode(error.to_string()))?;
    let mut sink = flacenc::bitsink::ByteSink::new();
    stream.write(&mut sink).map_err(|error| encode(error.to_string()))?;
    Ok(sink.as_slice().to_vec())
}

/// Writes a 16-bit FLAC file; samples beyond full scale are clipped.
///
/// # Errors
/// As [`flac_bytes`], or the file cannot be written.
pub fn write_flac(path: &Path, audio: &Audio) -> Result<()> {
    write_bytes(path, &flac_bytes(path, audio)?)
}

fn interleaved(channels: &[Vec<f32>]) -> impl Iterator<Item = f32> {
    let samples = channels.iter().map(Vec::len).min().unwrap_or(0);
    (0..samples).flat_map(move |n| channels.iter().map(move |channel| channel[n]))
}
