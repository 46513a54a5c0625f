//! The library behind safe calls.

use std::{
    ffi::{CString, c_char},
    path::Path,
    ptr,
};

use songweave_abi::{ENTRY_POINT, NetworkId, Open, Shape, Status, Table, Text, VERSION, Values};

use crate::DeviceError;

/// Bytes of a sentence of the library's.
const ROOM: usize = 512;

/// A library with an open device, which is let go when this is dropped. Its code stays in memory: threads of a driver may
/// run in it.
#[derive(Debug)]
pub struct Library {
    table: &'static Table,
    name: String,
}

/// Room for a sentence of the library's.
struct Sentence([u8; ROOM]);

impl Sentence {
    const fn new() -> Self {
        Self([0; ROOM])
    }

    const fn text(&mut self) -> Text {
        Text { place: self.0.as_mut_ptr().cast::<c_char>(), room: ROOM }
    }

    /// What was written, or what a status means where nothing was.
    fn read(&self, status: Status) -> String {
        // A library that writes no zero is not read beyond the room.
        let end = self.0.iter().position(|byte| *byte == 0).unwrap_or(ROOM);
        let written = String::from_utf8_lossy(&self.0[..end]).trim().to_owned();
        if written.is_empty() { meaning(status) } else { written }
    }
}

fn meaning(status: Status) -> String {
    match status {
        Status::NO_SUCH_NETWORK => "the network is gone".to_owned(),
        Status::MISFIT => "it was given numbers that do not fit".to_owned(),
        Status::NOT_FINITE => "a number is not finite".to_owned(),
        Status(other) => format!("it says {other}"),
    }
}

/// The outcome of a call.
fn check(status: Status, sentence: &Sentence) -> Result<(), DeviceError> {
    if status == Status::DONE { Ok(()) } else { Err(DeviceError::Failed(sentence.read(status))) }
}

impl Library {
    /// Loads a file and opens its device.
    ///
    /// # Errors
    /// When the file is no such library, or there is no device that it can use.
    pub fn open(file: &Path) -> Result<Self, DeviceError> {
        let unloadable = |error: libloading::Error| DeviceError::Unloadable {
            file: file.display().to_string(),
            reason: error.to_string(),
        };
        // The system looks for a bare name in places of its own.
        let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
        // SAFETY: a library of ours, or of whoever may write to the user's folders; its initialisers are the system's and the
        // driver's. Its function is of the type that the name stands for.
        let open: Open = unsafe {
            let library = libloading::Library::new(&file).map_err(unloadable)?;
            let open = *library.get::<Open>(ENTRY_POINT.to_bytes_with_nul()).map_err(unloadable)?;
            std::mem::forget(library);
            open
        };
        // SAFETY: as above.
        unsafe { Self::from_entry_point(open) }
    }

    /// Opens the device of a library that is loaded already.
    ///
    /// # Safety
    /// The function and the table that it gives must do what [`songweave_abi`] says.
    ///
    /// # Errors
    /// When it is of another version, or there is no device that it can use.
    pub unsafe fn from_entry_point(open: Open) -> Result<Self, DeviceError> {
        let mut sentence = Sentence::new();
        // SAFETY: the sentence has the room that it says, and the caller's promise.
        let table = unsafe { open(VERSION, sentence.text()).as_ref() };
        let table = table.ok_or_else(|| DeviceError::NoDevice(sentence.read(Status::DEVICE)))?;
        if table.version != VERSION {
            return Err(DeviceError::OtherVersion { found: table.version, wanted: VERSION });
        }
        let mut name = Sentence::new();
        // SAFETY: as above.
        let status = unsafe { (table.device)(name.text()) };
        check(status, &Sentence::new())?;
        Ok(Self { table, name: name.read(status) })
    }

    /// The name of the device.
    #[must_use]
    pub fn device(&self) -> &str {
        &self.name
    }

    /// Reads the weight file of a kind of network onto the device.
    ///
    /// # Errors
    /// When it is refused or does not fit in the device's memory.
    pub fn load(&self, kind: &str, weights: &[u8]) -> Result<NetworkId, DeviceError> {
        let refused = |reason: String| DeviceError::Refused { kind: kind.to_owned(), reason };
        let name = CString::new(kind).map_err(|_| refused("its name has a zero in it".to_owned()))?;
        let (mut network, mut sentence) = (0, Sentence::new());
        // SAFETY: all pointers are to what lives until the call returns, with the lengths that are said.
        let status = unsafe {
            (self.table.load)(name.as_ptr(), weights.as_ptr(), weights.len(), &raw mut network, sentence.text())
        };
        if status == Status::DONE { Ok(network) } else { Err(refused(sentence.read(status))) }
    }

    /// How many maps a network has.
    ///
    /// # Errors
    /// When there is no such network.
    pub fn maps(&self, network: NetworkId) -> Result<usize, DeviceError> {
        let mut count = 0;
        // SAFETY: the place can be written to.
        check(unsafe { (self.table.maps)(network, &raw mut count) }, &Sentence::new())?;
        Ok(count)
    }

    /// The sizes of one of them.
    ///
    /// # Errors
    /// When there is no such network or map.
    pub fn shape(&self, network: NetworkId, map: usize) -> Result<Shape, DeviceError> {
        let mut shape = Shape::default();
        // SAFETY: the place can be written to.
        check(unsafe { (self.table.shape)(network, map, &raw mut shape) }, &Sentence::new())?;
        Ok(shape)
    }

    /// Runs a map from an empty memory over `[batch][time][in]`, `size` = `[batch, time]`; the answer is `[batch][time][out]`.
    ///
    /// # Errors
    /// When the sizes do not fit, a number is not finite, or the device fails; `output` then is as it was.
    pub fn forward(
        &self,
        network: NetworkId,
        map: usize,
        size: [usize; 2],
        input: &[f32],
        output: &mut [f32],
    ) -> Result<(), DeviceError> {
        let mut sentence = Sentence::new();
        // SAFETY: the slices live until the call returns and have the lengths that are said.
        check(unsafe { (self.table.forward)(network, map, &values(size, input, output), sentence.text()) }, &sentence)
    }

    /// As [`Self::forward`], going on from what the map remembers.
    ///
    /// # Errors
    /// As [`Self::forward`]; the memory then is as it was.
    pub fn step(
        &self,
        network: NetworkId,
        map: usize,
        size: [usize; 2],
        input: &[f32],
        output: &mut [f32],
    ) -> Result<(), DeviceError> {
        let mut sentence = Sentence::new();
        // SAFETY: as in `forward`.
        check(unsafe { (self.table.step)(network, map, &values(size, input, output), sentence.text()) }, &sentence)
    }

    /// Makes all maps of a network forget.
    ///
    /// # Errors
    /// When there is no such network.
    pub fn reset(&self, network: NetworkId) -> Result<(), DeviceError> {
        // SAFETY: nothing is pointed to.
        check(unsafe { (self.table.reset)(network) }, &Sentence::new())
    }

    /// Frees a network.
    ///
    /// # Errors
    /// When there is no such network.
    pub fn free(&self, network: NetworkId) -> Result<(), DeviceError> {
        // SAFETY: nothing is pointed to.
        check(unsafe { (self.table.free)(network) }, &Sentence::new())
    }

    /// How many networks are loaded, by everybody in this process.
    ///
    /// # Errors
    /// When the library fails.
    pub fn loaded(&self) -> Result<usize, DeviceError> {
        let mut count = 0;
        // SAFETY: the place can be written to.
        check(unsafe { (self.table.loaded)(&raw mut count) }, &Sentence::new())?;
        Ok(count)
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        // SAFETY: nothing is pointed to. A device that fails to close is left to the system.
        let _ = unsafe { (self.table.close)() };
    }
}

const fn values([batch, time]: [usize; 2], input: &[f32], output: &mut [f32]) -> Values {
    Values {
        batch,
        time,
        input: if input.is_empty() { ptr::null() } else { input.as_ptr() },
        input_length: input.len(),
        output: output.as_mut_ptr(),
        output_length: output.len(),
    }
}

#[cfg(test)]
mod tests;
