//! On Linux: a window of an X server.

use crate::HostError;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT, ConfigureWindowAux, ConnectionExt as _, CreateWindowAux, ImageFormat,
    MOTION_NOTIFY_EVENT, WindowClass,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

/// A window on the X server that `DISPLAY` names; closed when dropped.
pub struct HostWindow {
    connection: RustConnection,
    window: u32,
    size: (u16, u16),
}

impl HostWindow {
    /// Opens and shows a window of `width` × `height` pixels at the top left corner.
    ///
    /// # Errors
    /// When there is no X server or it refuses.
    pub fn open(width: u16, height: u16) -> Result<Self, HostError> {
        let (connection, screen) = x11rb::connect(None).map_err(display)?;
        let window = connection.generate_id().map_err(display)?;
        let screen = &connection.setup().roots[screen];
        let (depth, root, visual) = (screen.root_depth, screen.root, screen.root_visual);
        let values = CreateWindowAux::new().background_pixel(screen.black_pixel);
        connection
            .create_window(depth, window, root, 0, 0, width, height, 0, WindowClass::INPUT_OUTPUT, visual, &values)
            .map_err(display)?;
        connection.map_window(window).map_err(display)?;
        connection.sync().map_err(display)?;
        Ok(Self { connection, window, size: (width, height) })
    }

    /// The X server's number of the window, which editors are attached to.
    #[must_use]
    pub fn id(&self) -> usize {
        self.window as usize
    }

    /// Nothing: an X server's windows need no turn of the program's.
    pub fn idle(&self) {}

    /// Gives the window another size in pixels.
    ///
    /// # Errors
    /// When the X server refuses.
    pub fn resize(&mut self, width: u16, height: u16) -> Result<(), HostError> {
        let size = ConfigureWindowAux::new().width(u32::from(width)).height(u32::from(height));
        self.connection.configure_window(self.window, &size).map_err(display)?;
        self.connection.sync().map_err(display)?;
        self.size = (width, height);
        Ok(())
    }

    /// Moves the pointer to a place in the window, in pixels, and presses its left button for a moment.
    ///
    /// # Errors
    /// When the X server does not let programs move the pointer.
    pub fn click(&self, x: i16, y: i16) -> Result<(), HostError> {
        for (event, button) in [(MOTION_NOTIFY_EVENT, 0), (BUTTON_PRESS_EVENT, 1), (BUTTON_RELEASE_EVENT, 1)] {
            // The window is at the screen's corner.
            self.connection.xtest_fake_input(event, button, 0, x11rb::NONE, x, y, 0).map_err(display)?;
            self.connection.sync().map_err(display)?;
            // An editor looks at the pointer once a picture.
            std::thread::sleep(std::time::Duration::from_millis(80));
        }
        Ok(())
    }

    /// What the window shows now: width, height, and 8-bit RGB rows from the top.
    ///
    /// # Errors
    /// When the X server does not hand out the picture or keeps its pixels in less than 24 bits.
    pub fn picture(&self) -> Result<(u32, u32, Vec<u8>), HostError> {
        picture_of(&self.connection, self.window, self.size)
    }
}

impl Drop for HostWindow {
    fn drop(&mut self) {
        // Nobody is left to hear of a failure.
        let _ = self.connection.destroy_window(self.window);
        let _ = self.connection.flush();
    }
}

fn picture_of(
    connection: &RustConnection,
    window: u32,
    (width, height): (u16, u16),
) -> Result<(u32, u32, Vec<u8>), HostError> {
    let asked = connection.get_image(ImageFormat::Z_PIXMAP, window, 0, 0, width, height, u32::MAX).map_err(display)?;
    let image = asked.reply().map_err(display)?;
    if image.depth < 24 {
        return Err(HostError::Display(format!("the screen has {} bits a pixel, 24 are needed", image.depth)));
    }
    // An X server on a little-endian machine keeps pixels as blue, green, red, unused.
    let pixels = image.data.chunks_exact(4).flat_map(|pixel| [pixel[2], pixel[1], pixel[0]]).collect();
    Ok((width.into(), height.into(), pixels))
}

/// What each window shows that programs have on the X server `name`, as [`HostWindow::picture`] gives it. Among them are those
/// that nobody sees: into such Wine draws what belongs into a child of a window.
///
/// # Errors
/// When there is no such X server.
pub fn pictures(name: &str) -> Result<Vec<(u32, u32, Vec<u8>)>, HostError> {
    let (connection, screen) = x11rb::connect(Some(name)).map_err(display)?;
    let mut windows = vec![connection.setup().roots[screen].root];
    let mut found = Vec::new();
    while let Some(window) = windows.pop() {
        // A window may be gone by now.
        let Ok(tree) = connection.query_tree(window).map_err(display)?.reply() else { continue };
        windows.extend(tree.children);
        let Ok(place) = connection.get_geometry(window).map_err(display)?.reply() else { continue };
        found.extend(picture_of(&connection, window, (place.width, place.height)));
    }
    Ok(found)
}

fn display(error: impl ToString) -> HostError {
    HostError::Display(error.to_string())
}
