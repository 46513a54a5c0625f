//! What hosts ask of the plugin beside its sound: values read back, ends of notes, the tail.
#![allow(clippy::unwrap_used, missing_docs)]

use songweave_host::{
    Block, ClapProcessor, Event, EventKind, Transport, Vst3Plugin, Vst3Processor, Vst3Setup, silent_bus,
};
use songweave_tests::{
    accompany::{RATE, choose, voice},
    bounce::{SONGWEAVE, instance, parameter, parameter_event, plain_instance, songs, vst3_instance},
};

fn vocals(plugin: &Vst3Plugin) -> u32 {
    plugin.parameters().iter().find(|info| info.name == "Vocals").unwrap().id
}

/// Plays a block of both songs; returns the main output.
fn play(processor: &mut Vst3Processor, songs: &[Vec<Vec<f32>>; 2], events: &[Event]) -> Vec<Vec<f32>> {
    let frames = songs[0][0].len();
    let mut outputs = [silent_bus(2, frames)];
    let mut block = Block {
        frames,
        inputs: &mut songs.clone(),
        outputs: &mut outputs,
        events,
        transport: None,
        events_out: &mut vec![],
    };
    processor.process(&mut block).unwrap();
    let [main] = outputs;
    main
}

#[test]
fn a_value_set_while_a_vst3_processes_is_read_back_and_kept() {
    let mut plugin = vst3_instance("Songweave").unwrap();
    let id = vocals(&plugin);
    let mut processor = plugin.activate(&Vst3Setup::default()).unwrap();
    assert_eq!(processor.tail(), None, "unknown before the first block");
    plugin.set_value(id, 0.25);
    assert!((plugin.value(id) - 0.25).abs() < 1e-6, "{}", plugin.value(id));
    play(&mut processor, &songs(1, 512), &[parameter_event(100, id, 0.75)]);
    assert!((plugin.value(id) - 0.75).abs() < 1e-6, "the value that the audio heard is the newer one");
    plugin.set_value(id, 0.5);
    plugin.deactivate(processor);
    assert!((plugin.value(id) - 0.5).abs() < 1e-6, "lost when processing ended");
}

#[test]
fn what_a_host_repeats_to_the_controller_of_a_vst3_is_not_heard() {
    let heard = |repeats: bool| {
        let mut plugin = vst3_instance("Songweave").unwrap();
        let id = vocals(&plugin);
        let mut processor = plugin.activate(&Vst3Setup { offline: true, ..Vst3Setup::default() }).unwrap();
        let mut out = vec![];
        for block in 0..40 {
            if repeats {
                plugin.set_value(id, f64::from(block) / 40.0);
            }
            out.push(play(&mut processor, &songs(block as u64, 512), &[]));
        }
        plugin.deactivate(processor);
        out
    };
    assert!(heard(true) == heard(false));
}

#[test]
fn a_vst3_registers_only_the_controllers_that_are_heard() {
    let plugin = vst3_instance("Songweave").unwrap();
    let hidden: Vec<_> = plugin.parameters().into_iter().filter(|info| info.name.starts_with("MIDI Ch. ")).collect();
    let every = (0..16).flat_map(|channel| (0..130).map(move |number| (channel, number)));
    let mapped = every.filter_map(|(channel, number)| plugin.controller(channel, number));
    assert_eq!(hidden.len(), 8 * 16);
    assert!(hidden.iter().all(|info| info.hidden && info.read_only && !info.automatable));
    assert!(hidden.iter().map(|info| info.id).eq(mapped), "a host sends to what is registered, and nothing else");
    assert!([1, 7, 122, 128, 129].iter().all(|number| plugin.controller(0, *number).is_none()));
}

#[test]
fn the_pedal_of_a_vst3_holds_a_chord_and_all_notes_off_ends_it() {
    const BAR: usize = 96_000;
    let sung = voice(8);
    let press = 4 * BAR - 512;
    // Whether bass and pad play nothing but the chord, two bars after it was played.
    let holds = |controllers: &[(usize, u8, f64)]| {
        let mut plugin = vst3_instance("Songweave").unwrap();
        let mode = plugin.parameters().iter().find(|info| info.name == "Mode").unwrap().id;
        plugin.set_value(mode, plugin.parse(mode, "Accompany").unwrap());
        let id = |number| plugin.controller(2, number).unwrap();
        let mut sent: Vec<_> = controllers
            .iter()
            .map(|&(at, number, value)| (at, EventKind::Parameter { id: id(number), value }))
            .collect();
        for key in [61, 65, 68] {
            sent.push((press + 10, EventKind::NoteOn { channel: 2, key, velocity: 0.8 }));
            sent.push((press + 50, EventKind::NoteOff { channel: 2, key, velocity: 0.0 }));
        }
        sent.sort_by_key(|(at, _)| *at);
        let mut processor = plugin.activate(&Vst3Setup { offline: true, ..Vst3Setup::default() }).unwrap();
        let from = 6 * BAR + plugin.latency() as usize;
        let mut keys = vec![];
        for (index, block) in sung.chunks(512).enumerate() {
            let start = index * 512;
            let due = sent.iter().filter(|(at, _)| (start..start + block.len()).contains(at));
            let events: Vec<_> = due.map(|(at, kind)| Event { time: (at - start) as u32, kind: *kind }).collect();
            let mut told = vec![];
            let mut block = Block {
                frames: block.len(),
                inputs: &mut [vec![block.to_vec(); 2], silent_bus(2, block.len())],
                outputs: &mut [silent_bus(2, block.len())],
                events: &events,
                transport: Some(Transport { position: start as u64, ..Transport::default() }),
                events_out: &mut told,
            };
            processor.process(&mut block).unwrap();
            keys.extend(told.iter().filter_map(|event| match event.kind {
                EventKind::NoteOn { channel: 1 | 2, key, .. } if (from..from + BAR).contains(&start) => Some(key % 12),
                _ => None,
            }));
        }
        plugin.deactivate(processor);
        assert!(!keys.is_empty(), "nothing is played");
        keys.iter().all(|key| [1, 5, 8].contains(key))
    };
    assert!(holds(&[(press, 64, 1.0)]), "the pedal does not hold it");
    assert!(!holds(&[]), "it holds without a pedal");
    for number in [64, 120, 121, 123, 127] {
        assert!(!holds(&[(press, 64, 1.0), (press + 600, number, 0.0)]), "CC{number} does not end it");
    }
}

/// Plays a voice in Accompany; returns what was told.
fn accompany(processor: &mut ClapProcessor, start: usize, voice: &[f32]) -> Vec<Event> {
    let mut told = vec![];
    for (index, block) in voice.chunks(512).enumerate() {
        let position = (start + index * 512) as u64;
        let mut block = Block {
            frames: block.len(),
            inputs: &mut [vec![block.to_vec(); 2], silent_bus(2, block.len())],
            outputs: &mut [silent_bus(2, block.len())],
            events: &[],
            transport: Some(Transport { position, ..Transport::default() }),
            events_out: &mut told,
        };
        processor.process(&mut block).unwrap();
    }
    told
}

/// Keys that sound after events, with their channels.
fn sounding(told: &[Event]) -> Vec<(u8, u8)> {
    let mut sounding = vec![];
    for event in told {
        match event.kind {
            EventKind::NoteOn { channel, key, .. } => sounding.push((channel, key)),
            EventKind::NoteOff { channel, key, .. } => sounding.retain(|note| *note != (channel, key)),
            _ => {}
        }
    }
    sounding
}

#[test]
fn notes_that_sound_at_deactivation_end_in_the_next_block() {
    let mut plugin = instance(SONGWEAVE).unwrap();
    plugin.set_offline(true).unwrap();
    choose(&mut plugin, "Mode", "Accompany").unwrap();
    let mut processor = plugin.activate(RATE.into(), 512).unwrap();
    // Blocks of a voice until the band holds a note.
    let (sung, mut told, mut at) = (voice(8), vec![], 0);
    while at + 512 <= sung.len() && (at < sung.len() / 2 || sounding(&told).is_empty()) {
        told.extend(accompany(&mut processor, at, &sung[at..at + 512]));
        at += 512;
    }
    assert!(!sounding(&told).is_empty(), "the band holds nothing");
    plugin.deactivate(processor);
    let mut processor = plugin.activate(RATE.into(), 512).unwrap();
    let first = accompany(&mut processor, 0, &[0.0; 512]);
    assert!(first.iter().all(|event| event.time == 0));
    told.extend(first);
    assert_eq!(sounding(&told), []);
    plugin.deactivate(processor);
}

#[test]
fn the_tail_of_a_band_is_as_long_as_it_plays_on() {
    let mut plugin = instance(SONGWEAVE).unwrap();
    plugin.set_offline(true).unwrap();
    choose(&mut plugin, "Mode", "Accompany").unwrap();
    let mut processor = plugin.activate(RATE.into(), 512).unwrap();
    let sung = voice(6);
    let mut told = accompany(&mut processor, 0, &sung);
    assert!(!told.is_empty(), "the band plays nothing");
    let tail = processor.tail().unwrap() as usize;
    let rest = accompany(&mut processor, sung.len(), &vec![0.0; tail]);
    assert!(rest.iter().any(|event| matches!(event.kind, EventKind::NoteOn { .. })), "it does not play on");
    told.extend(rest);
    assert_eq!(sounding(&told), [], "cut by the tail");
    assert_eq!(accompany(&mut processor, sung.len() + tail, &vec![0.0; 8 * 48_000]), [], "it plays on after its tail");
    plugin.deactivate(processor);
    let mut mash = instance(SONGWEAVE).unwrap();
    let mut processor = mash.activate(RATE.into(), 512).unwrap();
    accompany(&mut processor, 0, &[0.0; 512]);
    assert_eq!(processor.tail(), Some(u64::from(mash.latency())));
    mash.deactivate(processor);
}

/// Where a host is at a sample of a song at 120 BPM that has one bar of 2/4 after four of 4/4.
fn after_a_short_bar(sample: usize) -> Transport {
    let quarters = sample as f64 / f64::from(RATE) * 2.0;
    let (bar_start, beats) = match quarters {
        ..16.0 => ((quarters / 4.0).floor() * 4.0, 4),
        ..18.0 => (16.0, 2),
        _ => (18.0 + ((quarters - 18.0) / 4.0).floor() * 4.0, 4),
    };
    Transport {
        position: sample as u64,
        time_signature: (beats, 4),
        bar_start: Some(bar_start),
        ..Transport::default()
    }
}

/// What the band plays to a voice with a short bar in the song, when a parameter without effect moves at these frames of every block.
fn played_after_a_short_bar(
    process: &mut dyn FnMut(&mut Block<'_>),
    id: u32,
    frames: &[usize],
) -> Vec<(usize, EventKind)> {
    // The metre changes where a block begins.
    const BLOCK: usize = 4_000;
    let mut played = vec![];
    for (index, voice) in voice(12).chunks(BLOCK).enumerate() {
        let mut told = vec![];
        let moved = |frame: &usize| parameter_event(*frame, id, if index % 2 == 0 { 0.25 } else { 0.75 });
        process(&mut Block {
            frames: voice.len(),
            inputs: &mut [vec![voice.to_vec(); 2], silent_bus(2, voice.len())],
            outputs: &mut [silent_bus(2, voice.len())],
            events: &frames.iter().filter(|frame| **frame < voice.len()).map(moved).collect::<Vec<_>>(),
            transport: Some(after_a_short_bar(index * BLOCK)),
            events_out: &mut told,
        });
        let notes = told.into_iter().filter(|event| !matches!(event.kind, EventKind::Parameter { .. }));
        played.extend(notes.map(|event| (index * BLOCK + event.time as usize, event.kind)));
    }
    played
}

#[test]
fn a_parameter_that_moves_inside_a_block_moves_no_bar() {
    let clap = |frames: &[usize]| {
        let mut plugin = instance(SONGWEAVE).unwrap();
        plugin.set_offline(true).unwrap();
        choose(&mut plugin, "Mode", "Accompany").unwrap();
        let id = parameter(&mut plugin, "Vocals");
        let mut processor = plugin.activate(RATE.into(), 4_096).unwrap();
        let played = played_after_a_short_bar(&mut |block| processor.process(block).unwrap(), id, frames);
        plugin.deactivate(processor);
        played
    };
    let vst3 = |frames: &[usize]| {
        let mut plugin = vst3_instance("Songweave").unwrap();
        let mode = plugin.parameters().into_iter().find(|info| info.name == "Mode").unwrap().id;
        plugin.set_value(mode, plugin.parse(mode, "Accompany").unwrap());
        let id = vocals(&plugin);
        let setup = Vst3Setup { offline: true, max_block: 4_096, ..Vst3Setup::default() };
        let mut processor = plugin.activate(&setup).unwrap();
        let played = played_after_a_short_bar(&mut |block| processor.process(block).unwrap(), id, frames);
        plugin.deactivate(processor);
        played
    };
    for (format, play) in [("CLAP", &clap as &dyn Fn(&[usize]) -> _), ("VST3", &vst3)] {
        let wanted = play(&[]);
        let begins = |(sample, kind): &&(usize, EventKind)| {
            matches!(kind, EventKind::NoteOn { .. }) && *sample > 9 * RATE as usize + 4_000
        };
        assert!(wanted.iter().filter(begins).count() > 20, "{format}: the band stops after the short bar");
        assert!(play(&[1_500, 2_900]) == wanted, "{format}: other notes");
    }
}

#[test]
fn a_clap_host_that_offers_nothing_plays_and_is_refused_an_editor() {
    let mut plugin = plain_instance(SONGWEAVE).unwrap();
    let mut processor = plugin.activate(RATE.into(), 512).unwrap();
    let mut outputs = [silent_bus(2, 512)];
    let mut block = Block {
        frames: 512,
        inputs: &mut songs(1, 512),
        outputs: &mut outputs,
        events: &[],
        transport: None,
        events_out: &mut vec![],
    };
    processor.process(&mut block).unwrap();
    plugin.deactivate(processor);
    assert!(plugin.attach_editor(0, 1.0).is_err());
    assert!(!plugin.save_state().unwrap().is_empty());
}
