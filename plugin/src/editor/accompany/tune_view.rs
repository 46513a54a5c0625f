//! Tune in the editor: the cents meter, and the controls of Tune and of the instruments' sounds.

use egui::{Align2, Color32, FontId, Id, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};
use songweave_dsp::tune::TuneView;

use crate::editor::{
    accompany::keyboard,
    controls::{
        help,
        rows::{choice_row, columns, heading, row},
    },
    scene::{ROW, Scene},
    theme,
};
use crate::units;

/// Height of the cents meter.
pub const METER: f32 = 46.0;
/// Cents at both ends of the meter.
const MOST_CENTS: f32 = 50.0;
/// Cents within which a note counts as met.
const MET: f32 = 10.0;
/// Hops that the needle leaves a trace of, about a second and a half.
const TRACE: usize = 140;

/// Draws how far what is sung is from its target, from 50 cents flat to 50 cents sharp, and above it how far it was: `tuned`
/// is what was sung and aimed at in the last hops, the newest first.
pub fn show_meter(ui: &Ui, rect: Rect, tuned: impl Iterator<Item = TuneView>) {
    let tuned: Vec<TuneView> = tuned.take(TRACE).collect();
    let view = tuned.first().copied().unwrap_or_default();
    let response = ui.interact(rect, Id::unique("cents"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, "Cents"));
    help::point(response, "Cents");
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, theme::CORNER, theme::PANEL);
    let mut inside = rect.shrink2(vec2(12.0, 3.0));
    let name = theme::cut_left(&mut inside, 64.0);
    let cents = theme::cut_right(&mut inside, 64.0);
    let x = |cents: f32| inside.center().x + 0.5 * inside.width() * (cents / MOST_CENTS).clamp(-1.0, 1.0);
    for tick in (-50..=50).step_by(10) {
        let length = if tick % 50 == 0 { 0.5 } else { 0.25 };
        let bottom = inside.bottom();
        let line = Stroke::new(1.0, theme::DIM.gamma_multiply(0.7));
        painter.vline(x(tick as f32), bottom - length * inside.height()..=bottom, line);
    }
    for (ago, off) in
        tuned.iter().enumerate().filter_map(|(ago, view)| Some((ago as f32 / TRACE as f32, view.cents()?)))
    {
        let at = pos2(x(off), inside.bottom() - ago * inside.height());
        painter.circle_filled(at, 1.3, colour_of(off).gamma_multiply(0.75 * (1.0 - ago)));
    }
    let Some((target, off)) = view.target.zip(view.cents()) else {
        theme::write(&painter, name, Align2::LEFT_CENTER, "–", FontId::proportional(20.0), theme::DIM);
        return;
    };
    let colour = colour_of(off);
    theme::write(
        &painter,
        name,
        Align2::LEFT_CENTER,
        units::note(i32::from(target)),
        FontId::proportional(20.0),
        theme::TEXT,
    );
    theme::write(
        &painter,
        cents,
        Align2::RIGHT_CENTER,
        format!("{:+} cents", off.round() as i32),
        theme::font(),
        colour,
    );
    let needle = Rect::from_center_size(pos2(x(off), inside.bottom() - 7.0), vec2(6.0, 14.0));
    painter.rect_filled(needle, 2.0, colour);
}

/// The colour of a voice that is so many cents off.
fn colour_of(cents: f32) -> Color32 {
    if cents.abs() <= MET { theme::TEXT } else { theme::WARNING }
}

/// Draws the controls of Tune, of the melody, and of what the band is played with.
pub fn show_controls(ui: &mut Ui, rect: Rect, scene: &Scene<'_>) {
    let [left, middle, right] = columns(rect);
    let (tune, band) = (&scene.params.tune, &scene.params.band);
    let mut place = heading(ui, left, "Tune the voice");
    row(ui, &mut place, &tune.amount, scene);
    row(ui, &mut place, &tune.speed, scene);
    choice_row(ui, &mut place, &tune.target, scene);
    choice_row(ui, &mut place, &tune.key, scene);
    choice_row(ui, &mut place, &tune.scale, scene);
    row(ui, &mut place, &tune.humanise, scene);
    let mut place = heading(ui, middle, "Voice and melody");
    row(ui, &mut place, &tune.formant, scene);
    row(ui, &mut place, &tune.reference, scene);
    row(ui, &mut place, &tune.melody_low, scene);
    row(ui, &mut place, &tune.melody_high, scene);
    row(ui, &mut place, &tune.melody_adventure, scene);
    keyboard::show(ui, theme::cut_top(&mut place, ROW).shrink2(vec2(0.0, 2.0)), scene);
    let mut place = heading(ui, right, "The band");
    for sound in band.sounds() {
        choice_row(ui, &mut place, sound, scene);
    }
    row(ui, &mut place, &band.duck, scene);
    // To tune without a band nobody has to leave this page.
    row(ui, &mut place, &band.band_level, scene);
}
