#![allow(clippy::unwrap_used)]
use super::*;
use songweave_dsp::band::Quality;
use songweave_engine::band::take::{sections::Section, view::BarChord};
use songweave_engine::follow::key::Key;

fn bar(number: i64, chords: &[(u32, u8, Quality)], melody: &[(usize, u8)]) -> BarView {
    let chords = chords.iter().map(|&(step, root, quality)| BarChord {
        step,
        chord: Chord { root, quality, bass: root },
        locked: false,
    });
    let keys: Vec<(Option<u8>, bool)> = melody
        .iter()
        .flat_map(|&(steps, key)| (0..steps).map(move |step| ((key > 0).then_some(key), key > 0 && step == 0)))
        .collect();
    BarView {
        ticks: Some(number * 3_840),
        number,
        steps: 16,
        steps_per_beat: 4,
        chords: chords.collect(),
        melody: keys.iter().map(|(key, _)| *key).collect(),
        onsets: keys.iter().map(|(_, onset)| *onset).collect(),
    }
}

fn song() -> SongView {
    let section = |first, bars, label| Section { first, bars, label, sung: true, level: 0.0, material: 0 };
    SongView {
        bars: vec![
            bar(0, &[(0, 5, Quality::Major)], &[(16, 0)]),
            bar(1, &[(0, 5, Quality::Major), (8, 10, Quality::Major)], &[(6, 69), (10, 70)]),
            bar(2, &[(0, 0, Quality::Dominant7)], &[(16, 72)]),
            bar(3, &[(0, 5, Quality::Major)], &[(4, 65), (12, 0)]),
        ],
        sections: vec![section(0, 3, 0), section(3, 1, 1)],
        styles: vec![None, None],
        key: Some(Key { tonic: 5, minor: false }),
        key_changes: 0,
    }
}

fn sheet(song: &SongView) -> Sheet<'_> {
    Sheet { title: "Ants & <Bees>", tempo: 96.0, time_signature: (4, 4), song }
}

#[test]
fn a_sheet_as_text_has_a_line_of_bars_a_section() {
    let lines: Vec<String> = text::of(&sheet(&song())).lines().map(|line| line.trim_end().to_owned()).collect();
    assert_eq!(
        lines,
        [
            "Ants & <Bees>",
            "F major, 96 BPM, 4/4",
            "",
            "A",
            "| F  Bb           | C7              |",
            "",
            "B",
            "| F               |"
        ]
    );
}

#[test]
fn a_sheet_as_musicxml_has_bars_that_are_full_and_chords_where_they_sound() {
    let xml = musicxml::of(&sheet(&song()));
    assert!(xml.contains("<work-title>Ants &amp; &lt;Bees&gt;</work-title>") && xml.contains("<fifths>-1</fifths>"));
    let bars: Vec<&str> = xml.split("<measure ").skip(1).collect();
    assert_eq!(bars.len(), 3);
    for bar in &bars {
        let durations = bar.split("<duration>").skip(1);
        let steps: usize = durations.map(|text| text.split('<').next().unwrap().parse::<usize>().unwrap()).sum();
        assert_eq!(steps, 16);
    }
    // Six 16ths of A, then B flat: two up to the second chord, eight after it, tied.
    let flat = "<step>B</step><alter>-1</alter>";
    assert_eq!((bars[0].matches(flat).count(), bars[0].matches("<tie ").count()), (2, 2));
    assert_eq!(bars[0].matches("<root-step>B</root-step><root-alter>-1</root-alter>").count(), 1);
    assert!(bars[1].contains("<kind>dominant</kind>") && bars[2].contains("<rehearsal>B</rehearsal>"));
}

#[test]
fn a_sheet_as_pdf_has_as_many_pages_as_it_needs() {
    let one = String::from_utf8_lossy(&pdf::of(&sheet(&song()))).into_owned();
    assert!(one.starts_with("%PDF-") && one.contains("(F  Bb)") && one.contains("/Count 1"));
    let mut long = song();
    long.bars = (0..400).map(|number| BarView { number, ..long.bars[2].clone() }).collect();
    assert!(String::from_utf8_lossy(&pdf::of(&sheet(&long))).contains("/Count 6"));
    let empty = SongView::default();
    assert!(pdf::of(&sheet(&empty)).starts_with(b"%PDF-") && !text::of(&sheet(&empty)).is_empty());
}

#[test]
fn names_of_files_tell_the_form() {
    assert!(["a.txt", "a.musicxml", "a.pdf"].iter().all(|name| check(Path::new(name)).is_ok()));
    assert!(["a", "a.xml", "a.doc"].iter().all(|name| check(Path::new(name)).is_err()));
}
