//! `--mask-out`: who is heard in every part, band and hop.

use crate::drawing::picture::{self, Picture};
use crate::render::job::Job;
use crate::render::lanes::{Lane, Lanes};
use anyhow::{Result, ensure};
use serde_json::json;
use songweave_audio::draft::{Draft, write_bytes};
use songweave_audio::spool::{Spool, SpoolReader};
use songweave_dsp::analysis::bands::centre_hz;
use songweave_dsp::exchange::telemetry::MaskColumn;
use songweave_dsp::stream::layout::{BANDS, PARTS, Part};
use std::path::{Path, PathBuf};

/// Height of a band in the picture, in pixels.
const BAND_PIXELS: u32 = 2;
/// Height of the line between parts, in pixels.
const GAP: u32 = 4;
/// Widest picture, in pixels; longer songs share a column among hops.
const WIDEST: usize = 4000;
/// Powers from this one up to full brightness are shown, in dB below the loudest.
const SHOWN_DB: f32 = 60.0;

/// One number for each part and band.
type Field = [[f32; BANDS]; PARTS];

/// The mask of a render on its way. Its columns lie in a temporary file, since the array begins with their number and a
/// picture's brightness follows the loudest of them.
pub(in crate::render) struct MaskOut {
    path: PathBuf,
    hop: usize,
    rate: u32,
    columns: usize,
    /// Largest power so far.
    loudest: f32,
    lanes: [Lane; PARTS],
    spool: Spool,
}

impl MaskOut {
    /// The mask of a render, which becomes a picture or an array at `path`.
    pub(in crate::render) fn new(path: &Path, job: &Job, latency: usize) -> Result<Self> {
        Self::at(path, job.layout(latency).hop, job.inputs.sample_rate)
    }

    /// The same with columns `hop` samples apart at `rate` samples per second.
    fn at(path: &Path, hop: usize, rate: u32) -> Result<Self> {
        let lanes = std::array::from_fn(|_| Lane::new(hop, rate));
        Ok(Self { path: path.to_owned(), hop, rate, columns: 0, loudest: 1e-12, lanes, spool: Spool::new()? })
    }

    fn is_array(&self) -> bool {
        self.path.extension().is_some_and(|kind| kind == "npy")
    }

    /// Appends the mask of the next hop.
    pub(in crate::render) fn push(&mut self, column: &MaskColumn) -> Result<()> {
        self.columns += 1;
        self.lanes.iter_mut().zip(column.faders).for_each(|(lane, fader)| lane.push(fader));
        self.spool.write(column.heard.as_flattened())?;
        if !self.is_array() {
            self.loudest = column.power.iter().flatten().fold(self.loudest, |loudest, power| loudest.max(*power));
            self.spool.write(column.power.as_flattened())?;
        }
        Ok(())
    }

    /// Writes the mask of every hop as a picture or as an array, and the lanes of its faders.
    pub(in crate::render) fn finish(self) -> Result<()> {
        ensure!(self.columns > 0, "there is no mask in Accompany; leave out --mask-out");
        let is_array = self.is_array();
        let Self { path, hop, rate, columns, loudest, lanes, spool } = self;
        Lanes::of(lanes).write(&Lanes::path(&path))?;
        if !is_array {
            return picture(columns, loudest, &mut spool.read()?)?.write(&path);
        }
        write_array(&path, columns, &mut spool.read()?)?;
        let hop_seconds = hop as f64 / f64::from(rate);
        let description = json!({
            "axes": ["frame", "part", "band"],
            "values": "0 = only A, 1 = only B",
            "hop_seconds": hop_seconds,
            "first_frame_ends_at_seconds": hop_seconds,
            "parts": Part::ALL.map(Part::name),
            "band_edges_hz": edges(),
        });
        Ok(write_bytes(&path.with_extension("json"), format!("{description:#}\n").as_bytes())?)
    }
}

/// Where bands meet: halfway between their centres, `BANDS` + 1 of them.
fn edges() -> Vec<f32> {
    let between = (1..BANDS).map(|band| (centre_hz(band - 1) * centre_hz(band)).sqrt());
    [centre_hz(0)].into_iter().chain(between).chain([centre_hz(BANDS - 1)]).collect()
}

/// NumPy's file format, version 1: a header of text, then the numbers.
fn write_array(path: &Path, columns: usize, spool: &mut SpoolReader) -> Result<()> {
    let shape = format!("({columns}, {PARTS}, {BANDS})");
    let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}");
    // Magic, version, length and header fill a multiple of 64 bytes; the header ends with a line feed.
    let padded = (10 + header.len() + 1).next_multiple_of(64) - 10;
    let mut file = Draft::create(path)?;
    file.write(b"\x93NUMPY\x01\x00")?;
    file.write(&(padded as u16).to_le_bytes())?;
    file.write(format!("{header:<width$}\n", width = padded - 1).as_bytes())?;
    let mut heard: Field = [[0.0; BANDS]; PARTS];
    for _ in 0..columns {
        spool.fill(heard.as_flattened_mut())?;
        for value in heard.as_flattened() {
            file.write(&value.to_le_bytes())?;
        }
    }
    Ok(file.finish()?)
}

/// The parts above one another, low bands at the bottom of each; hue says who, brightness how loud.
fn picture(columns: usize, loudest: f32, spool: &mut SpoolReader) -> Result<Picture> {
    let width = columns.clamp(1, WIDEST);
    let lane = BANDS as u32 * BAND_PIXELS;
    let mut picture = Picture::new(width as u32, (lane + GAP) * PARTS as u32 - GAP, [40, 40, 40]);
    for x in 0..width {
        let hops = (x + 1) * columns / width - x * columns / width;
        let (heard, power) = means(hops, spool)?;
        for (part, band) in (0..PARTS).flat_map(|part| (0..BANDS).map(move |band| (part, band))) {
            let light = (10.0 * (power[part][band] / loudest).max(1e-12).log10() / SHOWN_DB + 1.0).clamp(0.0, 1.0);
            let colour = picture::between_songs(heard[part][band], light);
            let bottom = part as u32 * (lane + GAP) + lane - (band as u32 + 1) * BAND_PIXELS;
            (0..BAND_PIXELS).for_each(|row| picture.set(x as u32, bottom + row, colour));
        }
    }
    Ok(picture)
}

/// Who is heard and how loud, on average over the next hops.
fn means(hops: usize, spool: &mut SpoolReader) -> Result<(Field, Field)> {
    let mut sums = [[[0.0; BANDS]; PARTS]; 2];
    let mut next: Field = [[0.0; BANDS]; PARTS];
    for _ in 0..hops {
        for sum in &mut sums {
            spool.fill(next.as_flattened_mut())?;
            sum.as_flattened_mut().iter_mut().zip(next.as_flattened()).for_each(|(sum, next)| *sum += next);
        }
    }
    sums.as_flattened_mut().as_flattened_mut().iter_mut().for_each(|sum| *sum /= hops.max(1) as f32);
    Ok(sums.into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use songweave_dsp::exchange::controls::Controls;
    use songweave_dsp::exchange::{decision::MashDecision, frame::SongBands};
    use std::alloc::{GlobalAlloc, Layout, System};
    use std::cell::Cell;

    thread_local! {
        static HELD: Cell<isize> = const { Cell::new(0) };
        static MOST: Cell<isize> = const { Cell::new(0) };
    }

    /// Counts the bytes that the present thread holds.
    struct Counting;

    fn held(change: isize) {
        HELD.set(HELD.get() + change);
        MOST.set(MOST.get().max(HELD.get()));
    }

    // SAFETY: forwards everything to the system's allocator.
    unsafe impl GlobalAlloc for Counting {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            held(layout.size() as isize);
            unsafe { System.alloc(layout) }
        }

        unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
            held(-(layout.size() as isize));
            unsafe { System.dealloc(pointer, layout) }
        }
    }

    #[global_allocator]
    static ALLOCATOR: Counting = Counting;

    /// A column in which every number is another one in every hop.
    fn column(hop: usize) -> MaskColumn {
        let number = |n: usize| ((hop * 769 + n) * 7919 % 10_007) as f32 / 10_007.0;
        let songs = [SongBands::SILENT; 2];
        let mut column = MaskColumn::new(&MashDecision::UNDECIDED, &Controls::default(), &songs);
        column.heard.as_flattened_mut().iter_mut().enumerate().for_each(|(n, value)| *value = number(n));
        column.power.as_flattened_mut().iter_mut().enumerate().for_each(|(n, value)| *value = number(n + 384).powi(4));
        column
    }

    /// Writes so many columns under a name; returns the contents and the bytes that were held most.
    fn written(name: &str, columns: usize) -> (Vec<u8>, isize) {
        let path = std::env::temp_dir().join(format!("songweave-mask-{}-{name}", std::process::id()));
        let before = HELD.get();
        MOST.set(before);
        let mut mask = MaskOut::at(&path, 512, 48_000).unwrap();
        (0..columns).for_each(|hop| mask.push(&column(hop)).unwrap());
        mask.finish().unwrap();
        let most = MOST.get() - before;
        let contents = std::fs::read(&path).unwrap();
        for path in [path.clone(), Lanes::path(&path), path.with_extension("json")] {
            let _ = std::fs::remove_file(path);
        }
        (contents, most)
    }

    #[test]
    fn an_array_holds_every_column_and_a_picture_their_means() {
        const HOPS: usize = 9_001;
        let columns: Vec<_> = (0..HOPS).map(column).collect();
        let (array, _) = written("whole.npy", HOPS);
        let (header, numbers) = array.split_at(128);
        assert!(String::from_utf8_lossy(header).contains("'shape': (9001, 4, 96)"));
        assert!(
            numbers == columns.iter().flat_map(|c| c.heard).flatten().flat_map(f32::to_le_bytes).collect::<Vec<_>>()
        );
        let loudest = columns.iter().flat_map(|c| c.power).flatten().fold(0.0, f32::max);
        let (png, _) = written("whole.png", HOPS);
        let picture = image::load_from_memory(&png).unwrap().to_rgb8();
        for (x, part, band) in [(0, 0, 0), (1_234, 2, 95), (3_999, 3, 40)] {
            let hops = &columns[x * HOPS / WIDEST..(x + 1) * HOPS / WIDEST];
            let mean = |value: fn(&MaskColumn) -> &Field| {
                hops.iter().map(|column| value(column)[part][band]).sum::<f32>() / hops.len() as f32
            };
            let light = 1.0 + 10.0 * (mean(|c| &c.power) / loudest).log10() / SHOWN_DB;
            let y = (part * (BANDS * 2 + 4) + (BANDS - 1 - band) * 2) as u32;
            let wanted = picture::between_songs(mean(|c| &c.heard), light.clamp(0.0, 1.0));
            assert_eq!(picture.get_pixel(x as u32, y).0, wanted, "{x}, part {part}, band {band}");
        }
    }

    #[test]
    fn memory_does_not_grow_with_the_song() {
        const MIB: isize = 1 << 20;
        // An array of 31 MB, and a picture of 61 MB of numbers.
        let (array, most) = written("long.npy", 20_000);
        assert!(array.len() as isize > 29 * MIB && most < MIB, "{most} bytes for an array of {}", array.len());
        let [short, long] = [8_000, 20_000].map(|columns| written("long.png", columns).1);
        assert!(long < short + MIB, "{short} bytes, then {long}");
    }
}
