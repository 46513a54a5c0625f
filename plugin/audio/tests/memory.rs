//! Songs of any length pass through little memory: what `render` reads, converts and writes is never held whole.

#![allow(clippy::unwrap_used)]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicIsize, Ordering::Relaxed},
};

use songweave_audio::{store::StereoStore, wav::WavWriter};

static HELD: AtomicIsize = AtomicIsize::new(0);
static MOST: AtomicIsize = AtomicIsize::new(0);

/// Counts the bytes that are held.
struct Counting;

fn held(change: isize) {
    MOST.fetch_max(HELD.fetch_add(change, Relaxed) + change, Relaxed);
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

const RATE: u32 = 48_000;
const BLOCK: usize = 4_096;
const MIB: isize = 1 << 20;

/// Writes a song of so many minutes, reads it at another rate, and writes what was read; returns the bytes that were held most.
fn pass(minutes: usize) -> isize {
    let folder = tempfile::tempdir().unwrap();
    let (song, copy) = (folder.path().join("song.wav"), folder.path().join("copy.wav"));
    let before = HELD.load(Relaxed);
    MOST.store(before, Relaxed);
    let mut writer = WavWriter::create(&song, RATE, 2).unwrap();
    for block in 0..minutes * 60 * RATE as usize / BLOCK {
        let channel: Vec<f32> = (0..BLOCK).map(|n| ((block * BLOCK + n) as f32 * 0.05).sin()).collect();
        writer.write(&[channel.clone(), channel], 0..BLOCK).unwrap();
    }
    writer.finish().unwrap();
    let store = StereoStore::decode(&song, Some(32_000)).unwrap();
    let mut writer = WavWriter::create(&copy, 32_000, 2).unwrap();
    let mut channels = [vec![0.0; BLOCK], vec![0.0; BLOCK]];
    for from in (0..store.samples()).step_by(BLOCK) {
        let [left, right] = &mut channels;
        store.read(from, left, right).unwrap();
        writer.write(&channels, 0..BLOCK).unwrap();
    }
    writer.finish().unwrap();
    MOST.load(Relaxed) - before
}

#[test]
fn memory_does_not_grow_with_the_song() {
    // Of 61 and 183 MiB of samples at the rate at which they are read; up to 32 MiB are held before they go to the disk.
    let [short, long] = [4, 12].map(pass);
    assert!(long < short + 4 * MIB && long < 120 * MIB, "{short} bytes for four minutes, {long} for twelve");
}
