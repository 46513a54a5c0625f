//! The editor's picture, without the window around it.

use std::sync::atomic::Ordering::Relaxed;

use egui::{Align2, Rect, ScrollArea, Sense, Ui, vec2};
use nice_plug::params::Param;
use ringbuf::traits::Consumer;
use songweave_dsp::{
    mash::mask::effective_faders,
    stream::layout::{PARTS, Part},
};

use crate::editor::{
    accompany::{
        band_view::{self, Page},
        midi_menu::MidiMenu,
        song_view::SongPage,
        tune_view,
    },
    controls::{
        button,
        choice::Choice,
        slider::{Look, Slider},
    },
    footer::Footer,
    listen::listen_view::ListenView,
    pictures::{
        fit,
        heat_map::{COLUMNS, HeatMap},
        lanes::Lanes,
        meters::Meters,
        roll::Roll,
    },
    preset_bar::PresetBar,
    scale::Scale,
    scene::{GAP, ROW, ROWS, SMALLEST, Scene},
    sentences, side_chain, theme,
};
use crate::{
    params::SongweaveParams,
    shared::{Shared, locked},
};

/// What an open editor remembers.
#[derive(Default)]
pub struct View {
    heat_map: HeatMap,
    lanes: Lanes,
    roll: Roll,
    page: Page,
    midi: MidiMenu,
    song: SongPage,
    presets: PresetBar,
    /// Whether song B was heard since the window was opened; a bounce starts the plugin anew and changes nothing about it.
    heard_b: bool,
    meters: Meters,
    footer: Footer,
    scale: Scale,
    listen: ListenView,
    light: bool,
}

impl View {
    /// Draws the whole picture into the space there is; where that is too small, it can be scrolled.
    pub fn show(&mut self, ui: &mut Ui, scene: &Scene<'_>) {
        self.collect(scene.shared);
        self.light = locked(&scene.params.state.memory).light;
        self.heat_map.light(self.light);
        self.midi.collect(scene.shared);
        let window = ui.max_rect();
        ui.painter().rect_filled(window, 0.0, theme::BACKGROUND);
        let smallest = vec2(SMALLEST.0, SMALLEST.1);
        if window.width() < smallest.x || window.height() < smallest.y {
            ScrollArea::both().auto_shrink(false).show(ui, |ui| {
                let (rect, _) = ui.allocate_exact_size(window.size().max(smallest), Sense::hover());
                self.show_in(ui, rect, scene);
            });
        } else {
            self.show_in(ui, window, scene);
        }
        self.scale.show_corner(ui, window);
        if self.light {
            theme::light::turn(ui);
        }
    }

    fn show_in(&mut self, ui: &mut Ui, mut rect: Rect, scene: &Scene<'_>) {
        rect = rect.shrink2(vec2(14.0, 10.0));
        self.show_header(ui, theme::cut_top(&mut rect, 26.0), scene);
        theme::cut_top(&mut rect, 6.0);
        self.presets.show(ui, theme::cut_top(&mut rect, 26.0), scene);
        theme::cut_top(&mut rect, 8.0);
        let accompanies = scene.params.mode.value() == 1;
        let status = theme::cut_top(&mut rect, fit::HEIGHT);
        self.listen.follow(scene.shared);
        if accompanies {
            band_view::show_status(ui, status, scene);
        } else {
            fit::show(ui, status, &scene.shared.status.listening(), self.listen.similarity());
        }
        theme::cut_top(&mut rect, GAP);
        let warnings = self.warnings(scene);
        let height = Footer::height(ui, rect.width(), &warnings);
        self.footer.show(ui, theme::cut_bottom(&mut rect, height), scene, &warnings);
        theme::cut_bottom(&mut rect, GAP);
        if self.listen.is_open() {
            self.listen.show(ui, rect, scene, accompanies);
            return;
        }
        let controls = theme::cut_bottom(&mut rect, 22.0 + ROWS as f32 * ROW + 10.0);
        match (accompanies, self.page) {
            (false, _) => self.show_controls(ui, controls, scene),
            (true, Page::Band) => band_view::show_controls(ui, controls, self.roll.host_tempo(), scene),
            (true, Page::Tune) => tune_view::show_controls(ui, controls, scene),
            (true, Page::Song) => self.song.show(ui, controls, scene),
        }
        theme::cut_bottom(&mut rect, GAP);
        let meters = theme::cut_right(&mut rect, 168.0);
        theme::cut_right(&mut rect, GAP);
        if accompanies {
            band_view::show_roll(ui, rect, &self.roll, (&mut self.page, &mut self.midi), scene);
        } else {
            self.show_map(ui, rect, scene);
        }
        ui.painter().rect_filled(meters, theme::CORNER, theme::PANEL);
        self.meters.show(ui, meters.shrink2(vec2(8.0, 4.0)), &scene.shared.telemetry, accompanies);
    }

    /// Everything that the user must know.
    fn warnings(&self, scene: &Scene<'_>) -> Vec<String> {
        let mut warnings = sentences::warnings(scene.shared);
        warnings.extend(self.presets.warnings().iter().cloned());
        warnings.extend(self.scale.warning().map(str::to_owned));
        warnings.extend(self.listen.warning().map(str::to_owned));
        warnings
    }

    /// Takes the columns that came since the last picture.
    fn collect(&mut self, shared: &Shared) {
        if let Some(columns) = &mut *locked(&shared.columns) {
            for column in columns.mask.pop_iter() {
                self.lanes.push(&column);
                self.heat_map.push(column);
            }
            columns.band.pop_iter().for_each(|column| self.roll.push(column));
        }
    }

    fn show_header(&mut self, ui: &mut Ui, mut rect: Rect, scene: &Scene<'_>) {
        let title = egui::FontId::proportional(18.0);
        let after = theme::write(ui.painter(), rect, Align2::LEFT_CENTER, scene.title, title, theme::TEXT);
        let mut modes = rect.with_min_x(after.right() + 14.0);
        band_view::show_modes(ui, &mut modes, scene);
        theme::cut_left(&mut modes, 10.0);
        let listen = theme::cut_left(&mut modes, 70.0).shrink2(vec2(0.0, 2.0));
        if button::button(ui, listen, "Listen", self.listen.is_open(), theme::BOTH).clicked() {
            self.listen.turn();
        }
        self.scale.show(ui, theme::cut_right(&mut rect, 76.0).shrink2(vec2(0.0, 2.0)));
        theme::cut_right(&mut rect, 8.0);
        let bypass = theme::cut_right(&mut rect, 70.0).shrink2(vec2(0.0, 2.0));
        button::switch(ui, bypass, &scene.params.bypass, &scene.hand, theme::WARNING);
        theme::cut_right(&mut rect, 8.0);
        let light = theme::cut_right(&mut rect, 50.0).shrink2(vec2(0.0, 2.0));
        if button::button(ui, light, "Light", self.light, theme::BOTH).clicked() {
            locked(&scene.params.state.memory).light ^= true;
        }
    }

    fn show_map(&mut self, ui: &mut Ui, mut rect: Rect, scene: &Scene<'_>) {
        let timing = scene.shared.timing();
        let present = scene.shared.telemetry.b_present.load(Relaxed);
        self.heard_b |= timing.is_some() && present;
        if !self.heard_b {
            return side_chain::show(ui, rect);
        }
        let mut tabs = theme::cut_top(&mut rect, 22.0);
        theme::cut_top(&mut rect, 6.0);
        for (part, name) in TABS {
            let tab = theme::cut_left(&mut tabs, 66.0);
            if button::button(ui, tab, name, self.heat_map.part() == part, theme::BOTH).clicked() {
                self.heat_map.choose(part);
            }
            theme::cut_left(&mut tabs, 4.0);
        }
        let span = timing.map(|timing| COLUMNS as f32 * timing.hop as f32 / timing.sample_rate);
        if let Some(span) = span {
            let text = format!("the last {span:.0} seconds, in Hz");
            theme::write(ui.painter(), tabs, Align2::RIGHT_CENTER, text, theme::small_font(), theme::DIM);
        }
        self.lanes.show(ui, theme::cut_bottom(&mut rect, Lanes::HEIGHT));
        theme::cut_bottom(&mut rect, 6.0);
        scene.shared.audition.hold(self.heat_map.show(ui, rect, span));
    }

    fn show_controls(&self, ui: &mut Ui, mut rect: Rect, scene: &Scene<'_>) {
        let width = (rect.width() - GAP) * 0.46;
        let faders = theme::cut_left(&mut rect, width);
        theme::cut_left(&mut rect, GAP);
        for panel in [faders, rect] {
            ui.painter().rect_filled(panel, theme::CORNER, theme::PANEL);
        }
        let inside = vec2(12.0, 5.0);
        self.show_faders(ui, faders.shrink2(inside), scene);
        show_amounts(ui, rect.shrink2(inside), scene);
    }

    fn show_faders(&self, ui: &mut Ui, mut rect: Rect, scene: &Scene<'_>) {
        let columns = (66.0, 56.0);
        let mut heading = theme::cut_top(&mut rect, 22.0);
        theme::write(ui.painter(), heading, Align2::LEFT_CENTER, "Who is heard", theme::small_font(), theme::DIM);
        theme::cut_left(&mut heading, SOLO + 6.0 + columns.0);
        theme::cut_right(&mut heading, columns.1);
        theme::write(ui.painter(), heading, Align2::LEFT_CENTER, "A", theme::font(), theme::SONG_A);
        theme::write(ui.painter(), heading, Align2::RIGHT_CENTER, "B", theme::font(), theme::SONG_B);
        let controls = scene.params.controls();
        let lead = self.heat_map.newest().map_or([0.5; PARTS], |column| column.lead);
        let effective = effective_faders(&controls, &lead);
        let mash = &scene.params.mash;
        let parts = Part::ALL.map(|part| (mash.fader(part), effective[part as usize]));
        for (index, (param, effective)) in parts.into_iter().chain([(&mash.balance, controls.balance)]).enumerate() {
            let mut row = theme::cut_top(&mut rect, ROW);
            let solo = theme::cut_left(&mut row, SOLO);
            if let Some(part) = Part::ALL.get(index) {
                show_solo(ui, solo.shrink2(vec2(0.0, 4.0)), *part, scene);
            }
            theme::cut_left(&mut row, 6.0);
            Slider { param, hand: &scene.hand, look: Look::AToB { effective }, columns }.show(ui, row);
        }
        show_transposition(ui, theme::cut_top(&mut rect, ROW), scene);
    }
}

const TABS: [(Option<Part>, &str); PARTS + 1] = [
    (None, "All parts"),
    (Some(Part::Vocals), "Vocals"),
    (Some(Part::Drums), "Drums"),
    (Some(Part::Bass), "Bass"),
    (Some(Part::Other), "Other"),
];

/// Width of a button for listening to one part.
const SOLO: f32 = 20.0;

/// A button for listening to one part of the mash.
fn show_solo(ui: &Ui, rect: Rect, part: Part, scene: &Scene<'_>) {
    let (solo, on) = (&scene.params.mash.solo, scene.params.mash.solo() == Some(part));
    let name = format!("Solo {part:?}");
    if button::named(ui, rect, ("S", &name), on.then_some(theme::WARNING), true).clicked() {
        let wanted = if on { 0 } else { part as i32 + 1 };
        scene.hand.turn(solo, solo.preview_normalized(wanted));
    }
}

/// Song B's transposition, by hand and by itself.
fn show_transposition(ui: &mut Ui, mut row: Rect, scene: &Scene<'_>) {
    let mash = &scene.params.mash;
    let switch = theme::cut_right(&mut row, 92.0).shrink2(vec2(0.0, 3.0));
    theme::cut_right(&mut row, GAP);
    let columns = (92.0, 88.0);
    Slider { param: &mash.transpose_b, hand: &scene.hand, look: Look::Offset, columns }.show(ui, row);
    button::switch(ui, switch, &mash.match_keys, &scene.hand, theme::BOTH);
}

fn show_amounts(ui: &mut Ui, mut rect: Rect, scene: &Scene<'_>) {
    let SongweaveParams { mash, mix, output, .. } = scene.params;
    let width = (rect.width() - 24.0) * 0.5;
    let mut right = theme::cut_right(&mut rect, width);
    theme::cut_right(&mut rect, 24.0);
    let left = [&mash.auto, &mash.depth, &mash.low, &mash.high];
    let columns = [
        (&mut rect, "Mask", left, (66.0, 58.0)),
        (&mut right, "Time and level", [&mash.attack, &mash.release, mix, output], (54.0, 58.0)),
    ];
    for (rect, name, params, columns) in columns {
        let heading = theme::cut_top(rect, 22.0);
        theme::write(ui.painter(), heading, Align2::LEFT_CENTER, name, theme::small_font(), theme::DIM);
        for param in params {
            let row = theme::cut_top(rect, ROW);
            Slider { param, hand: &scene.hand, look: Look::Amount, columns }.show(ui, row);
        }
    }
    for (rect, param) in [(&mut rect, &mash.freeze), (&mut right, &mash.delta)] {
        let place = theme::cut_top(rect, ROW).shrink2(vec2(0.0, 3.0));
        button::switch(ui, place, param, &scene.hand, theme::BOTH);
    }
    show_quality(ui, theme::cut_top(&mut rect, ROW), theme::cut_top(&mut right, ROW), scene);
}

/// The choice of the quality, and beside it what each costs and gives.
fn show_quality(ui: &mut Ui, row: Rect, beside: Rect, scene: &Scene<'_>) {
    Choice { param: &scene.params.mash.quality, hand: &scene.hand, label: 66.0 }.show(ui, row);
    let rate = scene.shared.timing().map_or(48_000.0, |timing| timing.sample_rate);
    let latency = |studio| scene.shared.layout(rate, scene.params.band.look_ahead_seconds(), studio).latency();
    if scene.shared.slot.as_ref().is_some_and(|slot| slot.has_studio()) {
        let told = sentences::qualities([false, true].map(latency), rate);
        theme::write(ui.painter(), beside, Align2::LEFT_CENTER, told, theme::small_font(), theme::DIM);
    }
}

#[cfg(test)]
mod tests;
