//! What of the user's library goes with what is playing: looked up on the listener's thread, shown on the Listen page.

use std::sync::{Arc, Mutex};

use egui::{Align2, Rect, Ui, vec2};
use songweave_dsp::stream::layout::SONGS;
use songweave_engine::{listener::songs::SongSound, runtime::status::Status};
use songweave_library::{
    companions::{Companion, Companions, Playing},
    error::Result,
    similarity::catalogue::Entry,
};

use crate::{
    editor::{controls::button, theme},
    shared::{Shared, locked},
};

const LINE: f32 = 18.0;
const HEADING: f32 = 24.0;
/// Songs that are looked up; fewer are shown where there is no room.
const SONGS_TOLD: usize = 8;

/// Songs that go with what is playing, or one sentence on why there are none; `None` before there is an answer.
type Answer = Option<std::result::Result<Vec<Companion>, String>>;

/// What was looked up for the songs that play.
#[derive(Default)]
struct Answers {
    /// For song A.
    with_a: Answer,
    /// For both songs as they are heard together, while both are.
    with_both: Answer,
}

/// The list, and where the listener's thread writes it.
#[derive(Default)]
pub struct LibraryView {
    answers: Arc<Mutex<Answers>>,
    both: bool,
}

impl LibraryView {
    /// Forgets what was looked up, and returns what looks up anew on the thread of whoever listens.
    pub fn begin(&mut self, shared: &Shared) -> impl FnMut(&[Option<SongSound>; SONGS]) + Send + 'static {
        self.answers = Arc::default();
        let (answers, status) = (self.answers.clone(), shared.status.clone());
        let mut companions = Companions::new(shared.library.clone());
        move |sounds| {
            let answer = look_up(&mut companions, &status, sounds);
            *locked(&answers) = answer;
        }
    }

    /// Draws the list.
    pub fn show(&mut self, ui: &mut Ui, mut rect: Rect, accompanies: bool) {
        ui.painter().rect_filled(rect, theme::CORNER, theme::PANEL);
        rect = rect.shrink2(vec2(12.0, 8.0));
        let mut heading = theme::cut_top(&mut rect, HEADING);
        let answers = locked(&self.answers);
        self.both &= !accompanies && answers.with_both.is_some();
        let title = if accompanies { "In your library, with A" } else { "In your library, with" };
        let left = theme::cut_left(&mut heading, 150.0);
        theme::write(ui.painter(), left, Align2::LEFT_CENTER, title, theme::font(), theme::DIM);
        for (name, both, there) in [("A", false, true), ("A and B", true, answers.with_both.is_some())] {
            let place = theme::cut_left(&mut heading, 66.0).shrink2(vec2(0.0, 2.0));
            theme::cut_left(&mut heading, 4.0);
            if there && !accompanies && button::button(ui, place, name, self.both == both, theme::BOTH).clicked() {
                self.both = both;
            }
        }
        let answer = if self.both { &answers.with_both } else { &answers.with_a };
        match answer {
            None => line(ui, &mut rect, "Nothing looked up yet.", theme::DIM),
            Some(Err(sentence)) => _ = theme::paragraph(ui, rect, sentence, theme::DIM),
            Some(Ok(found)) if found.is_empty() => line(ui, &mut rect, "Nothing in it can be compared.", theme::DIM),
            Some(Ok(found)) => {
                let room = (rect.height() / (2.0 * LINE)).max(0.0) as usize;
                found.iter().take(room).for_each(|companion| show_song(ui, &mut rect, companion));
            }
        }
    }
}

fn look_up(companions: &mut Companions, status: &Status, sounds: &[Option<SongSound>; SONGS]) -> Answers {
    let answer = |found: Result<Vec<Companion>>| Some(found.map_err(|error| sentence(&error.to_string())));
    let [a, b] = sounds.each_ref().map(|sound| sound.as_ref().map(Playing::from));
    let Some(a) = a else {
        // Read before it is needed, since that may take a second. Only what is wrong is told yet.
        return Answers { with_a: companions.read().err().and_then(|error| answer(Err(error))), with_both: None };
    };
    let together = b.map(|b| a.with(&b.transposed(status.listening().transposed)));
    Answers {
        with_a: answer(companions.of(&a, SONGS_TOLD)),
        with_both: together.and_then(|both| answer(companions.of(&both, SONGS_TOLD))),
    }
}

fn show_song(ui: &mut Ui, rect: &mut Rect, companion: &Companion) {
    let Companion { entry, similarity, partner } = companion;
    let mut first = theme::cut_top(rect, LINE);
    let fit = format!("fit {:.0} %, alike {:.0} %", 100.0 * partner.score, 100.0 * similarity.max(0.0));
    let right = theme::cut_right(&mut first, 118.0);
    theme::write(ui.painter(), right, Align2::RIGHT_CENTER, fit, theme::small_font(), theme::BOTH);
    theme::sentence(ui, first, &entry.name(), theme::TEXT);
    line(ui, rect, &format!("{}; {}", facts(entry), partner.why), theme::DIM);
}

/// Key and tempo.
fn facts(entry: &Entry) -> String {
    let key = entry.key.map_or_else(|| "key not sure".to_owned(), |key| key.name());
    let tempo = entry.bpm.map_or_else(|| "tempo not sure".to_owned(), |bpm| format!("{bpm:.0} BPM"));
    format!("{key}, {tempo}")
}

fn line(ui: &mut Ui, rect: &mut Rect, text: &str, colour: egui::Color32) {
    theme::sentence(ui, theme::cut_top(rect, LINE), text, colour);
}

/// With a capital and a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_wrong_is_a_sentence() {
        assert_eq!(sentence("x: there is none"), "X: there is none.");
        let mut companions = Companions::new(Some("/nowhere/library.sqlite".into()));
        let answers = look_up(&mut companions, &Status::default(), &[None, None]);
        let told = answers.with_a.map(|answer| answer.map(|_| ()));
        let wanted = "/nowhere/library.sqlite: there is no library yet; make one with `songweave index FOLDER`.";
        assert_eq!(told, Some(Err(wanted.to_owned())));
        assert!(answers.with_both.is_none());
    }
}
