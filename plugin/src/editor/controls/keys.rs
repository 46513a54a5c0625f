//! Which control the keys go to.

use egui::{EventFilter, Response, Ui};

/// Whether the keys go to a control, which then keeps those that `filter` names from moving on to the next one.
pub fn go_to(ui: &Ui, response: &Response, filter: EventFilter) -> bool {
    if !response.has_focus() || response.gained_focus() {
        return false;
    }
    ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
    // The filter holds from the next picture on: until then an arrow moves on, and must not move the control as well.
    let (pass, id) = (ui.ctx().cumulative_pass_nr(), response.id.with("keys"));
    let before = ui.data_mut(|data| std::mem::replace(data.get_temp_mut_or_default::<u64>(id), pass));
    before + 1 == pass
}
