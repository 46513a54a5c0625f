//! Nothing is allocated on the audio thread, with a planted allocation to prove that one would be seen.
#![allow(clippy::unwrap_used, missing_docs)]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    hint::black_box,
    sync::Arc,
};

use songweave_dsp::{
    band::{INSTRUMENTS, schedule::NoteEvent, sink::BandSink},
    exchange::{
        controls::{BandControls, Controls, Mode, TuneControls, TuneTarget},
        frame::Transport,
        telemetry::{Telemetry, columns},
    },
    stream::{
        layout::{CHANNELS, StreamLayout},
        path::{AudioPath, BlockInfo},
    },
    tune::TuneNote,
};
use songweave_engine::runtime::{slot::ModelSlot, status::Status, thread::Engine};
use songweave_host::{Block, Transport as HostTransport, Vst3Setup, silent_bus};
use songweave_tests::{
    bounce::{MULTI_OUT, SONGWEAVE, instance, parameter, parameter_event, vst3_instance},
    signal::{block_sizes, noise},
};

/// Counts what the current thread allocates and frees while it is asked to.
struct Counting;

thread_local! {
    static COUNTING: Cell<bool> = const { Cell::new(false) };
    static CALLS: Cell<usize> = const { Cell::new(0) };
}

fn count() {
    if COUNTING.get() {
        CALLS.set(CALLS.get() + 1);
    }
}

// SAFETY: forwards everything to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count();
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(work: impl FnOnce()) -> usize {
    CALLS.set(0);
    COUNTING.set(true);
    work();
    COUNTING.set(false);
    CALLS.get()
}

#[test]
fn a_planted_allocation_is_seen() {
    assert_eq!(allocations(|| drop(black_box(Box::new(1)))), 2, "one allocation, one release");
    assert_eq!(allocations(|| _ = black_box(1)), 0);
}

#[test]
fn the_audio_path_allocates_nothing() {
    for (rate, mask_delay) in [(22_050.0, 0), (48_000.0, 0), (192_000.0, 0), (48_000.0, 30), (192_000.0, 30)] {
        let (slot, status) = (Arc::new(ModelSlot::embedded().unwrap()), Arc::new(Status::default()));
        let layout = StreamLayout::for_sample_rate(rate).with_mask_delay(mask_delay);
        let (engine, audio) = Engine::start(layout, slot, status, Arc::default(), None).unwrap();
        let telemetry = Arc::new(Telemetry::default());
        telemetry.watched.store(true, std::sync::atomic::Ordering::Relaxed);
        let (sender, _receiver) = columns();
        let mut path = AudioPath::new(layout, false, audio, telemetry, sender).with_parts();
        let mut clock = engine.clock(false).unwrap();
        let mut left = noise(1, 8192);
        let mut right = left.clone();
        left[7] = f32::NAN;
        let side = [noise(3, 8192), noise(4, 8192)];
        for (n, largest) in [1, 64, 441, 512, 1024, 8192].into_iter().enumerate() {
            for size in block_sizes(n as u64, largest).take(100) {
                let controls = Controls {
                    bypass: size % 7 == 0,
                    freeze: size % 3 == 0,
                    delta: size % 5 == 0,
                    attack: 0.01,
                    transpose_b: (size % 13) as i8 - 6,
                    match_keys: size % 11 == 0,
                    mode: if size % 4 < 2 { Mode::Accompany } else { Mode::Mash },
                    // A locked chord: the band plays at once.
                    band: BandControls { chord_root: Some((size % 12) as u8), ..BandControls::default() },
                    ..Controls::default()
                };
                let beats = Some(size as f64 / 100.0);
                let transport = Transport { playing: size % 9 > 0, tempo: Some(300.0), beats, ..Transport::default() };
                let info = BlockInfo { controls, transport, position_samples: Some((size * 1000) as i64) };
                let side = [&side[0][..size], &side[1][..size]];
                let count = allocations(|| {
                    clock.begin_block(size);
                    path.play_key(size / 2, (size % 128) as u8, size % 2 == 0);
                    path.process(&mut [&mut left[..size], &mut right[..size]], &side, &info, &mut clock, &mut ());
                    if size % 50 == 0 {
                        path.reset(&controls);
                        clock.reset();
                    }
                });
                assert_eq!(count, 0, "{rate} Hz, block of {size}");
            }
        }
    }
}

#[test]
fn the_band_allocates_nothing_while_it_is_drawn() {
    let (slot, status) = (Arc::new(ModelSlot::embedded().unwrap()), Arc::new(Status::default()));
    let layout = StreamLayout::for_sample_rate(48_000.0);
    let (engine, audio) = Engine::start(layout, slot, status, Arc::default(), None).unwrap();
    let (sender, _receiver) = columns();
    let mut path = AudioPath::new(layout, false, audio, Arc::new(Telemetry::default()), sender);
    // Waits for every decision, so that the notes come whatever else the machine does.
    let mut clock = engine.clock(true).unwrap();
    let band = BandControls { chord_root: Some(0), density: 1.0, ..BandControls::default() };
    let controls = Controls { mode: Mode::Accompany, band, ..Controls::default() };
    let side: [&[f32]; 0] = [];
    let (mut drawn, mut position) = (Drawn::default(), 0);
    for size in block_sizes(9, 2048).take(200) {
        let (mut left, mut right) = (vec![0.0; size], vec![0.0; size]);
        let beats = Some(position as f64 / 24_000.0);
        let transport = Transport { playing: true, tempo: Some(120.0), beats, ..Transport::default() };
        let info = BlockInfo { controls, transport, position_samples: Some(position as i64) };
        let count = allocations(|| {
            clock.begin_block(size);
            path.process(&mut [&mut left, &mut right], &side, &info, &mut clock, &mut drawn);
        });
        assert_eq!(count, 0, "block of {size} at sample {position}");
        position += size;
    }
    assert!(drawn.notes > 20 && drawn.samples.iter().all(|samples| *samples > 1_000), "{drawn:?}");
}

/// Counts the band's notes and, per instrument, the samples in which it sounds.
#[derive(Debug, Default)]
struct Drawn {
    notes: usize,
    samples: [usize; INSTRUMENTS],
}

impl BandSink for Drawn {
    fn note(&mut self, _: usize, event: NoteEvent) {
        self.notes += usize::from(event.velocity > 0);
    }

    fn sung(&mut self, _: usize, _: TuneNote) {}

    fn beside(&mut self, _: usize, heard: &[[f32; CHANNELS]; INSTRUMENTS]) {
        for (samples, heard) in self.samples.iter_mut().zip(heard) {
            *samples += usize::from(heard.iter().any(|sample| *sample != 0.0));
        }
    }
}

#[test]
fn the_tuner_allocates_nothing_whatever_it_aims_at() {
    for rate in [22_050.0, 48_000.0, 192_000.0] {
        let (slot, status) = (Arc::new(ModelSlot::embedded().unwrap()), Arc::new(Status::default()));
        let layout = StreamLayout::for_sample_rate(rate);
        let (engine, audio) = Engine::start(layout, slot, status, Arc::default(), None).unwrap();
        let (sender, _receiver) = columns();
        let mut path = AudioPath::new(layout, false, audio, Arc::new(Telemetry::default()), sender);
        let mut clock = engine.clock(false).unwrap();
        let (mut phase, mut changed) = (0.0_f32, 0);
        let mut voice = vec![0.0; 4096];
        let side: [&[f32]; 0] = [];
        for (block, size) in block_sizes(5, 4096).take(200).enumerate() {
            // A saw that glides, with gaps.
            for sample in &mut voice[..size] {
                phase = (phase + (150.0 + block as f32) / rate).fract();
                *sample = if block % 8 == 7 { 0.0 } else { 0.4 * (phase - 0.5) };
            }
            let tune = TuneControls {
                amount: 1.0 - (block / 50 % 2) as f32 * 0.5,
                speed: (block % 3) as f32 * 0.1,
                target: [TuneTarget::Scale, TuneTarget::Midi, TuneTarget::Chord, TuneTarget::Melody][block / 13 % 4],
                formant: (block % 25) as f32 - 12.0,
                humanise: 0.5,
                ..TuneControls::OFF
            };
            let controls = Controls { mode: Mode::Accompany, tune, ..Controls::default() };
            let info = BlockInfo { controls, ..BlockInfo::default() };
            let mut right = voice.clone();
            let count = allocations(|| {
                clock.begin_block(size);
                path.play_key(size / 2, (40 + block % 40) as u8, block % 2 == 0);
                path.process(
                    &mut [&mut voice[..size], &mut right[..size]],
                    &side,
                    &info,
                    &mut clock,
                    &mut Notes(&mut changed),
                );
            });
            assert_eq!(count, 0, "{rate} Hz, block of {size}");
        }
        assert!(changed > 4, "{rate} Hz: {changed} notes were told, so nothing was tuned");
    }
}

/// Counts the tuner's notes.
struct Notes<'a>(&'a mut usize);

impl BandSink for Notes<'_> {
    fn note(&mut self, _: usize, _: NoteEvent) {}

    fn sung(&mut self, _: usize, _: TuneNote) {
        *self.0 += 1;
    }

    fn beside(&mut self, _: usize, _: &[[f32; CHANNELS]; INSTRUMENTS]) {}
}

#[test]
fn the_plugin_allocates_nothing_in_a_clap_host() {
    for id in [SONGWEAVE, MULTI_OUT] {
        let mut plugin = instance(id).unwrap();
        let numbers = [
            "Vocals",
            "Balance",
            "Freeze",
            "Delta listen",
            "Solo",
            "Bypass",
            "Low limit",
            "Attack",
            "Mix",
            "Transpose B",
            "Match keys",
            "Chord root",
            "Style",
            "Density",
            "Seed",
            "Band level",
            "Tune amount",
            "Tune target",
            "Tune notes",
            "Formant",
            "Mode",
        ]
        .map(|name| parameter(&mut plugin, name));
        let mut processor = plugin.activate(48_000.0, 8192).unwrap();
        let outputs = plugin.ports(false).len();
        let mut events_out = Vec::with_capacity(64);
        for (n, largest) in [1, 64, 441, 512, 1024, 8192].into_iter().enumerate() {
            for (round, frames) in block_sizes(n as u64, largest).take(60).enumerate() {
                let mut inputs = [vec![noise(1, frames), noise(2, frames)], vec![noise(3, frames), noise(4, frames)]];
                let mut outputs: Vec<_> = (0..outputs).map(|_| silent_bus(2, frames)).collect();
                let changed =
                    |(at, id): (usize, &u32)| parameter_event(at * frames / 19, *id, (round % 3) as f64 / 2.0);
                let events: Vec<_> = numbers.iter().enumerate().map(changed).collect();
                let transport = Some(HostTransport { position: (round * 100_000) as u64, ..HostTransport::default() });
                let mut block = Block {
                    frames,
                    inputs: &mut inputs,
                    outputs: &mut outputs,
                    events: &events,
                    transport,
                    events_out: &mut events_out,
                };
                // The first block starts the plugin on this thread and lets the host allocate its own lists.
                let mut result = Ok(());
                let count = allocations(|| result = processor.process(&mut block));
                result.unwrap();
                assert!(count == 0 || (n, round) == (0, 0), "{id}: {count} allocations in a block of {frames}");
            }
        }
        plugin.deactivate(processor);
    }
}

#[test]
fn a_vst3_whose_parameters_all_move_at_every_sample_allocates_nothing() {
    const FRAMES: usize = 128;
    let mut plugin = vst3_instance("Songweave").unwrap();
    let ids: Vec<u32> = plugin.parameters().iter().filter(|info| info.automatable).map(|info| info.id).collect();
    let mut processor = plugin.activate(&Vst3Setup { max_block: FRAMES as u32, ..Vst3Setup::default() }).unwrap();
    for round in 0..4 {
        let mut inputs = [silent_bus(2, FRAMES), silent_bus(2, FRAMES)];
        let mut outputs = [silent_bus(2, FRAMES)];
        let moved = |at: usize| ids.iter().map(move |id| parameter_event(at, *id, ((at + round) % 11) as f64 / 10.0));
        let events: Vec<_> = (0..FRAMES).flat_map(moved).collect();
        let mut block = Block {
            frames: FRAMES,
            inputs: &mut inputs,
            outputs: &mut outputs,
            events: &events,
            transport: None,
            events_out: &mut Vec::with_capacity(64),
        };
        let mut count = 0;
        processor.process_around(&mut block, |call| count = allocations(call)).unwrap();
        assert!(count == 0 || round == 0, "{count} allocations for {} changes", events.len());
    }
    plugin.deactivate(processor);
}
