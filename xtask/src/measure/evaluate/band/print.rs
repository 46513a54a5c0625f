//! Figures as a person reads them: a line for each song, then a table for all.

use songweave_measure::band::{
    chord_figures::HarmonyFigures,
    grid::Playing,
    sung::{
        figures::{HARMONIES, MannerFigures, Overall, Report, SongFigures},
        recovery::WAYS,
    },
};
use songweave_measure::statistics::{Estimate, mean};

pub(super) fn report(report: &Report) {
    println!("Measured after two bars of listening; changes, entropy and note-in-chord of the annotation in brackets.");
    report.songs.iter().for_each(song);
    println!("All {} songs, up to {} s each (95 % intervals: songs drawn anew)", report.songs.len(), report.seconds);
    for name in HARMONIES {
        if let Some(overall) = report.harmony.get(name) {
            way(name, overall);
        }
    }
    if report.lost_in_hearing.is_some() {
        println!("  lost in hearing: note-in-chord {}", figure(report.lost_in_hearing.as_ref(), 3));
    }
    println!(
        "  hearing: raw pitch accuracy {}, voicing recall {}, false alarm {}",
        figure(report.raw_pitch.as_ref(), 3),
        figure(report.voicing_recall.as_ref(), 3),
        figure(report.voicing_false_alarm.as_ref(), 3)
    );
    manners(&report.songs);
    let grid: Vec<_> = report.onset_f1.iter().map(|(name, f1)| format!("{name} {}", figure(Some(f1), 3))).collect();
    println!("  onset F1 against the grid: {}", grid.join(", "));
    println!(
        "  first sound {} bars after the first sung note; within two bars in {} of the songs",
        figure(report.first_sound_bars.as_ref(), 2),
        figure(report.sounds_in_two_bars.as_ref(), 2)
    );
    if report.first_learned_bars.is_some() {
        println!(
            "  learned: first chord {} bars after the first sung note; {} of the changes on bar lines and half bars (annotated {})",
            figure(report.first_learned_bars.as_ref(), 2),
            figure(report.on_the_line[0].as_ref(), 2),
            figure(report.on_the_line[1].as_ref(), 2)
        );
        println!(
            "  a host's tempo that is not the singer's is noticed in {} of the songs, the singer's told in {}; false alarms in {}",
            figure(report.beat[0].as_ref(), 2),
            figure(report.beat[1].as_ref(), 2),
            figure(report.beat[2].as_ref(), 2)
        );
    }
    println!("  a tritone jump at bar 5 is made good within four beats of the first note after it:");
    let in_time = &report.recovered_in_time;
    for (what, shares) in [("in the new key", &in_time.in_key), ("note-in-chord as usual", &in_time.as_usual)] {
        let ways: Vec<_> = WAYS.iter().map(|way| format!("{way} {}", figure(shares.get(way), 2))).collect();
        println!("    {what}: {}", ways.join(", "));
    }
    playing(report);
    println!("  missed hops: {}", report.missed_hops);
}

fn song(song: &SongFigures) {
    let (Some(heard), Some(truth)) = (song.harmony.get(HARMONIES[0]), song.harmony.get(HARMONIES[2])) else { return };
    let jump = song.recovery.as_ref().and_then(|recovery| recovery.in_key.get(WAYS[0]));
    let jump = jump.map_or_else(String::new, |beats| {
        beats.map_or_else(|| ", jump not made good".to_owned(), |beats| format!(", jump {beats:.1} beats"))
    });
    println!(
        "  {:<8} {:>3.0} BPM  note-in-chord {:.3} ({:.3}), root {:.3}, maj/min {:.3}, changes {:.2} ({:.2}), entropy {:.2} \
         ({:.2}), pitch {:.3}{jump}",
        song.song,
        song.tempo,
        heard.note_in_chord,
        truth.note_in_chord,
        heard.root,
        heard.major_minor,
        heard.changes_per_bar,
        truth.changes_per_bar,
        heard.bigram_entropy,
        truth.bigram_entropy,
        song.hearing.raw_pitch
    );
}

fn way(name: &str, overall: &Overall) {
    println!("  {name}");
    println!(
        "    note-in-chord {}, root {}, maj/min {}",
        figure(overall.note_in_chord.as_ref(), 3),
        figure(overall.root.as_ref(), 3),
        figure(overall.major_minor.as_ref(), 3)
    );
    println!(
        "    changes per bar {}, onset distance {} steps, bigram entropy {} bits, Vendi {}",
        figure(overall.changes_per_bar.as_ref(), 2),
        figure(overall.onset_distance.as_ref(), 2),
        figure(overall.bigram_entropy.as_ref(), 2),
        overall.vendi.map_or_else(|| "-".to_owned(), |vendi| format!("{vendi:.1}"))
    );
}

/// Other ways to sing, each as the mean over the songs.
fn manners(songs: &[SongFigures]) {
    let mut names: Vec<&str> = songs.iter().flat_map(|song| song.manners.iter().map(|manner| manner.manner)).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let of: Vec<_> = songs.iter().flat_map(|song| &song.manners).filter(|manner| manner.manner == name).collect();
        let mean =
            |figure: &dyn Fn(&MannerFigures) -> f64| mean(of.iter().map(|manner| figure(manner))).unwrap_or(f64::NAN);
        println!(
            "  {name}: raw pitch {:.3}, voicing recall {:.3}, false alarm {:.3}; note-in-chord {:.3}, maj/min {:.3}",
            mean(&|manner| manner.hearing.raw_pitch),
            mean(&|manner| manner.hearing.voicing_recall),
            mean(&|manner| manner.hearing.voicing_false_alarm),
            mean(&|manner| manner.harmony.note_in_chord),
            mean(&|manner| manner.harmony.major_minor)
        );
        let learned: Vec<_> = of.iter().filter_map(|manner| manner.learned.as_ref()).collect();
        if !learned.is_empty() {
            let mean = |figure: &dyn Fn(&(HarmonyFigures, f64)) -> f64| {
                songweave_measure::statistics::mean(learned.iter().map(|learned| figure(learned))).unwrap_or(f64::NAN)
            };
            println!(
                "    learned: note-in-chord {:.3}, maj/min {:.3}, {:.2} changes of key a minute",
                mean(&|(harmony, _)| harmony.note_in_chord),
                mean(&|(harmony, _)| harmony.major_minor),
                mean(&|(_, changes)| *changes)
            );
        }
    }
}

fn playing(report: &Report) {
    let played: Vec<&Playing> = report.songs.iter().filter_map(|song| song.playing.as_ref()).collect();
    let mean = |figure: &dyn Fn(&Playing) -> Option<f64>| {
        Estimate::of(&played.iter().filter_map(|playing| figure(playing)).collect::<Vec<_>>())
    };
    let text = |figure: Option<f64>| figure.map_or_else(|| "-".to_owned(), |figure| format!("{figure:.2}"));
    println!(
        "  drums {} hits per bar (Groove {}), kick on 1 and 3: {} (Groove {}), snare on 2 and 4: {} (Groove {})",
        figure(mean(&|playing| Some(playing.drums_per_bar)).as_ref(), 1),
        text(report.groove.map(|groove| groove.drums_per_bar)),
        figure(mean(&|playing| playing.kick_on_one_and_three).as_ref(), 2),
        text(report.groove.and_then(|groove| groove.kick_on_one_and_three)),
        figure(mean(&|playing| playing.snare_on_two_and_four).as_ref(), 2),
        text(report.groove.and_then(|groove| groove.snare_on_two_and_four))
    );
    println!(
        "  bass {} notes per bar, on the first beat of {} of the bars; keys {} per bar",
        figure(mean(&|playing| Some(playing.bass_per_bar)).as_ref(), 1),
        figure(mean(&|playing| Some(playing.bass_on_one)).as_ref(), 2),
        figure(mean(&|playing| Some(playing.keys_per_bar)).as_ref(), 1)
    );
}

/// A mean with its interval.
pub(super) fn figure(estimate: Option<&Estimate>, digits: usize) -> String {
    estimate.map_or_else(
        || "-".to_owned(),
        |estimate| format!("{:.digits$}{}", estimate.mean, estimate.brackets(1.0, digits)),
    )
}
