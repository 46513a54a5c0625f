//! How far the wheel was turned over a control.

use egui::{Event, MouseWheelUnit, Response, Ui};

/// Points of a smooth wheel that are one notch.
const POINTS: f32 = 40.0;

/// Notches by which the wheel was turned over a control since the last picture, up counts positive. Parts of a notch are kept
/// until they make a whole one.
pub fn notches(ui: &Ui, response: &Response) -> f32 {
    if !response.hovered() {
        return 0.0;
    }
    let turned: f32 = ui.input(|input| input.events.iter().filter_map(turn).sum());
    let id = response.id.with("wheel");
    let turned = turned + ui.data(|data| data.get_temp::<f32>(id)).unwrap_or(0.0);
    let whole = turned.trunc();
    ui.data_mut(|data| data.insert_temp(id, turned - whole));
    whole
}

fn turn(event: &Event) -> Option<f32> {
    let Event::MouseWheel { unit, delta, .. } = event else { return None };
    // With Shift some systems turn the wheel's way sideways.
    let way = if delta.y == 0.0 { delta.x } else { delta.y };
    Some(if *unit == MouseWheelUnit::Point { way / POINTS } else { way })
}
