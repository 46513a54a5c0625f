//! The Listen page: what the songs are and where they lie among all music. Somebody listens only while it is open.

use std::sync::{Arc, Mutex, atomic::Ordering::Relaxed};

use egui::{Align2, Color32, FontId, Rect, Shape, Stroke, Ui, pos2, vec2};
use songweave_dsp::{
    exchange::{sound::SoundReceiver, telemetry::Telemetry},
    stream::layout::{SONGS, StreamLayout},
};
use songweave_engine::{
    follow::Listening,
    listener::{
        GENRES,
        songs::{SongSound, SongsListener, similarity},
        thread::ListenerThread,
    },
};

use crate::{
    editor::{
        listen::library_view::LibraryView,
        scene::{GAP, Scene},
        theme,
    },
    shared::{Shared, Timing, locked},
};

const LINE: f32 = 20.0;
/// Height of what is told of a song.
const CARD: f32 = 124.0;
const COLOURS: [Color32; SONGS] = [theme::SONG_A, theme::SONG_B];
const NAMES: [&str; SONGS] = ["A", "B"];

/// The page and who listens for it.
#[derive(Default)]
pub struct ListenView {
    open: bool,
    listener: Option<(Timing, Result<ListenerThread, String>)>,
    sounds: [Option<SongSound>; SONGS],
    library: LibraryView,
}

impl ListenView {
    /// Whether the page is shown.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.open
    }

    /// Opens or closes the page.
    pub const fn turn(&mut self) {
        self.open = !self.open;
    }

    /// How alike the songs sound, 0…1, while both are heard.
    #[must_use]
    pub fn similarity(&self) -> Option<f32> {
        let [Some(a), Some(b)] = &self.sounds else { return None };
        self.listener.as_ref().map(|_| similarity(&a.vector, &b.vector))
    }

    /// Why nobody listens, if nobody can.
    #[must_use]
    pub fn warning(&self) -> Option<&str> {
        self.listener.as_ref()?.1.as_ref().err().map(String::as_str)
    }

    /// Starts and ends the listener with the page and with the stream, and hears what it says.
    pub fn follow(&mut self, shared: &Shared) {
        let timing = shared.timing().filter(|_| self.open);
        if timing != self.listener.as_ref().map(|(timing, _)| *timing) {
            // The old one ends before the new one begins.
            self.listener = None;
            self.sounds = Default::default();
            self.listener =
                timing.map(|timing| (timing, start(shared, timing.sample_rate, self.library.begin(shared))));
        }
        if let Some((_, Ok(listener))) = &self.listener {
            self.sounds = listener.sounds();
        }
    }

    /// Draws the page.
    pub fn show(&mut self, ui: &mut Ui, mut rect: Rect, scene: &Scene<'_>, accompanies: bool) {
        let width = (rect.width() * 0.5).min(rect.height() * 1.35);
        let map = theme::cut_left(&mut rect, width);
        theme::cut_left(&mut rect, GAP);
        self.show_map(ui, map);
        let facts = self.facts(scene, accompanies);
        for (song, facts) in facts.iter().enumerate().take(if accompanies { 1 } else { SONGS }) {
            let card = theme::cut_top(&mut rect, CARD);
            theme::cut_top(&mut rect, GAP);
            self.show_song(ui, card, song, facts);
        }
        self.library.show(ui, rect, accompanies);
    }

    /// Key and tempo of both songs. In Accompany the key is the one that the band plays in.
    fn facts(&self, scene: &Scene<'_>, accompanies: bool) -> [String; SONGS] {
        let heard: Listening = scene.shared.status.listening();
        let key = scene.shared.status.band().harmony.key;
        std::array::from_fn(|song| {
            let (key, tempo) = if accompanies {
                (key, self.sounds[song].as_ref().and_then(|sound| sound.music.tempo))
            } else {
                (heard.songs[song].key, heard.songs[song].tempo)
            };
            let key = key.map_or_else(|| "key not sure yet".to_owned(), |heard| heard.key.name());
            let tempo = tempo.map_or_else(|| "tempo not sure yet".to_owned(), |tempo| format!("{:.1} BPM", tempo.bpm));
            format!("{key}, {tempo}")
        })
    }

    fn show_song(&self, ui: &mut Ui, mut rect: Rect, song: usize, facts: &str) {
        ui.painter().rect_filled(rect, theme::CORNER, theme::PANEL);
        rect = rect.shrink2(vec2(12.0, 8.0));
        let mut heading = theme::cut_top(&mut rect, LINE + 6.0);
        let letter = theme::cut_left(&mut heading, 26.0);
        theme::write(ui.painter(), letter, Align2::LEFT_CENTER, NAMES[song], FontId::proportional(20.0), COLOURS[song]);
        theme::sentence(ui, heading, facts, theme::TEXT);
        let Some(sound) = &self.sounds[song] else {
            theme::sentence(
                ui,
                theme::cut_top(&mut rect, LINE),
                "Nothing heard yet: play for three seconds.",
                theme::DIM,
            );
            return;
        };
        match sound.likeliest() {
            None => {
                theme::sentence(ui, theme::cut_top(&mut rect, LINE), "Genre: not sure.", theme::DIM);
            }
            Some(likeliest) => {
                for (name, probability) in likeliest {
                    show_genre(ui, theme::cut_top(&mut rect, LINE), name, probability, COLOURS[song]);
                }
            }
        }
        let text = format!("Register: {}", register(sound.register_hz));
        theme::sentence(ui, theme::cut_top(&mut rect, LINE), &text, theme::TEXT);
    }

    /// The genres by their names, and the songs with the way that they have come.
    fn show_map(&self, ui: &mut Ui, rect: Rect) {
        ui.painter().rect_filled(rect, theme::CORNER, theme::PANEL);
        let inside = rect.shrink(28.0);
        let at = |[x, y]: [f32; 2]| {
            let part = |value: f32| 0.5 + 0.42 * value.clamp(-1.15, 1.15);
            pos2(inside.left() + part(x) * inside.width(), inside.bottom() - part(y) * inside.height())
        };
        if let Some((_, Ok(listener))) = &self.listener {
            let mut written: Vec<Rect> = Vec::new();
            for (name, place) in GENRES.iter().zip(listener.places()) {
                let mut centre = at(*place);
                // Names that would lie on one another are moved down, line by line.
                while written.iter().any(|other| other.intersects(Rect::from_center_size(centre, vec2(64.0, 12.0)))) {
                    centre.y += 14.0;
                }
                written.push(ui.painter().text(centre, Align2::CENTER_CENTER, name, theme::font(), theme::DIM));
            }
        }
        for (sound, colour) in self.sounds.iter().zip(COLOURS) {
            let way: Vec<_> = sound.iter().flat_map(|sound| &sound.trail).map(|place| at(*place)).collect();
            if let Some(newest) = way.last().copied() {
                ui.painter().add(Shape::line(way, Stroke::new(1.5, colour.gamma_multiply(0.5))));
                ui.painter().circle_filled(newest, 7.0, colour);
            }
        }
        for (index, name) in NAMES.iter().enumerate().filter(|(index, _)| self.sounds[*index].is_some()) {
            let newest = self.sounds[index].as_ref().and_then(|sound| sound.trail.last());
            newest.into_iter().for_each(|place| {
                ui.painter().text(at(*place), Align2::CENTER_CENTER, name, theme::small_font(), theme::BACKGROUND);
            });
        }
        let caption = "What sounds alike lies together; the line is the way of the last minutes.";
        theme::sentence(ui, rect.shrink(8.0).with_min_y(rect.bottom() - 24.0), caption, theme::DIM);
    }
}

/// Takes the songs off the audio thread as long as it lives.
struct Tap {
    sound: Arc<Mutex<Option<SoundReceiver>>>,
    telemetry: Arc<Telemetry>,
}

impl Tap {
    fn pull(&self, listener: &mut SongsListener) {
        if let Some(receiver) = &mut *locked(&self.sound) {
            receiver.want(true);
            let present = [true, self.telemetry.b_present.load(Relaxed)];
            while let Some(hop) = receiver.next_hop() {
                listener.hear(&hop, present);
            }
        }
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        if let Some(receiver) = &*locked(&self.sound) {
            receiver.want(false);
        }
    }
}

fn start(
    shared: &Shared,
    sample_rate: f32,
    look_up: impl FnMut(&[Option<SongSound>; SONGS]) + Send + 'static,
) -> Result<ListenerThread, String> {
    let tap = Tap { sound: shared.sound.clone(), telemetry: shared.telemetry.clone() };
    ListenerThread::start(&StreamLayout::for_sample_rate(sample_rate), move |listener| tap.pull(listener), look_up)
}

fn show_genre(ui: &mut Ui, mut rect: Rect, name: &str, probability: f32, colour: Color32) {
    theme::sentence(
        ui,
        theme::cut_left(&mut rect, 150.0),
        &format!("{name} {:.0} %", 100.0 * probability),
        theme::TEXT,
    );
    let bar = rect.shrink2(vec2(0.0, 6.0));
    ui.painter().rect_filled(bar, theme::CORNER, theme::GROOVE);
    let filled = bar.with_max_x(bar.left() + probability.clamp(0.0, 1.0) * bar.width());
    ui.painter().rect_filled(filled, theme::CORNER, colour);
}

/// Where most of the power lies, in words.
fn register(hz: f32) -> String {
    let word = match hz {
        ..150.0 => "low",
        ..600.0 => "middle",
        _ => "high",
    };
    format!("{word}, half of the power lies above {hz:.0} Hz")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registers_are_told_in_words() {
        assert!(register(80.0).starts_with("low") && register(300.0).starts_with("middle"));
        assert_eq!(register(1_200.4), "high, half of the power lies above 1200 Hz");
    }
}
