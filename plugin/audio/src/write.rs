//! Files that appear under their names only when they are complete, and samples in them: WAV (32-bit float), FLAC (16-bit).

use std::{
    ffi::OsString,
    fs::{File, OpenOptions},
    io::{self, BufWriter, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use flacenc::{component::BitRepr, error::Verify};

use crate::{
    decode::Audio,
    error::{AudioError, Result},
    wav::WavWriter,
};

/// A file on its way: it stands beside its name until [`Draft::finish`] puts it there, and vanishes when that never comes.
/// What is no file (a device, a pipe) is written straight into, and a link stays a link to the file that is replaced.
#[derive(Debug)]
pub struct Draft {
    path: PathBuf,
    file: BufWriter<File>,
    /// Where the contents stand, and where they belong. `None` for devices and pipes.
    rename: Option<(PathBuf, PathBuf)>,
}

impl Draft {
    /// Begins a file.
    ///
    /// # Errors
    /// The folder or the device cannot be written to, or `path` is a folder.
    pub fn create(path: &Path) -> Result<Self> {
        let fail = |reason| AudioError::io(path, reason);
        let rename = match std::fs::metadata(path) {
            Ok(found) if found.is_dir() => return Err(fail(io::ErrorKind::IsADirectory.into())),
            Ok(found) if !found.is_file() => None,
            Ok(_) => {
                let place = path.canonicalize().map_err(fail)?;
                Some((temporary(&place), place))
            }
            Err(_) => Some((temporary(path), path.to_owned())),
        };
        let file = match &rename {
            Some((temporary, _)) => File::create(temporary),
            None => OpenOptions::new().write(true).open(path),
        };
        let file = BufWriter::new(file.map_err(fail)?);
        Ok(Self { path: path.to_owned(), file, rename })
    }

    /// The name that was asked for.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends bytes.
    ///
    /// # Errors
    /// The disk is full, or whatever else the system says.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(|reason| AudioError::io(&self.path, reason))
    }

    /// Writes the first bytes anew; devices and pipes, which cannot go back, are left as they are.
    ///
    /// # Errors
    /// As [`Draft::write`].
    pub fn rewrite_start(&mut self, bytes: &[u8]) -> Result<()> {
        if self.rename.is_none() {
            return Ok(());
        }
        let written = self.file.seek(SeekFrom::Start(0)).and_then(|_| self.file.write_all(bytes));
        written.map_err(|reason| AudioError::io(&self.path, reason))
    }

    /// Puts the file under its name.
    ///
    /// # Errors
    /// What is left cannot be written, or the file not be renamed; nothing stays behind then.
    pub fn finish(mut self) -> Result<()> {
        let done = self.file.flush().and_then(|()| match &self.rename {
            Some((temporary, place)) => std::fs::rename(temporary, place),
            None => Ok(()),
        });
        done.map_err(|reason| AudioError::io(&self.path, reason))?;
        self.rename = None;
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if let Some((temporary, _)) = &self.rename {
            // Nothing is left to be said when even that fails.
            let _ = std::fs::remove_file(temporary);
        }
    }
}

/// Writes `contents` as a [`Draft`].
///
/// # Errors
/// The folder or the device cannot be written to.
pub fn write_bytes(path: &Path, contents: &[u8]) -> Result<()> {
    let mut draft = Draft::create(path)?;
    draft.write(contents)?;
    draft.finish()
}

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

fn temporary(path: &Path) -> PathBuf {
    let mut name = path.file_name().map_or_else(OsString::new, OsString::from);
    name.push(format!(".{}.partial", std::process::id()));
    path.with_file_name(name)
}
