//! On Windows: a popup window at the screen's corner. Its thread must call [`HostWindow::idle`] again and again.

use crate::HostError;
use std::ptr::{null, null_mut};
use std::{io, thread, time::Duration};
use windows_sys::Win32::Foundation::{HWND, RECT};
use windows_sys::Win32::Graphics::Gdi::{
    BI_RGB, BITMAPINFO, BITMAPINFOHEADER, BitBlt, CreateCompatibleBitmap, CreateCompatibleDC, DIB_RGB_COLORS, DeleteDC,
    DeleteObject, GetDC, GetDIBits, HBITMAP, HDC, ReleaseDC, SRCCOPY, SelectObject,
};
use windows_sys::Win32::UI::Input::KeyboardAndMouse::{MOUSEEVENTF_LEFTDOWN, MOUSEEVENTF_LEFTUP, mouse_event};
use windows_sys::Win32::UI::WindowsAndMessaging::{
    CreateWindowExW, DestroyWindow, DispatchMessageW, GetWindowRect, MSG, PM_REMOVE, PeekMessageW, SWP_NOMOVE,
    SWP_NOZORDER, SetCursorPos, SetWindowPos, TranslateMessage, WS_CLIPCHILDREN, WS_POPUP, WS_VISIBLE,
};

/// A window of this thread; closed when dropped.
pub struct HostWindow {
    window: HWND,
}

impl HostWindow {
    /// Opens and shows a window of `width` × `height` pixels at the top left corner.
    ///
    /// # Errors
    /// When Windows refuses.
    pub fn open(width: u16, height: u16) -> Result<Self, HostError> {
        // The class of plain labels is always there, and is all that a parent of an editor needs.
        let class: Vec<u16> = "STATIC\0".encode_utf16().collect();
        let style = WS_POPUP | WS_VISIBLE | WS_CLIPCHILDREN;
        let size = (i32::from(width), i32::from(height));
        // SAFETY: the class's name ends with a zero; everything else may be null.
        let window = unsafe {
            let (menu, instance) = (null_mut(), null_mut());
            CreateWindowExW(0, class.as_ptr(), null(), style, 0, 0, size.0, size.1, null_mut(), menu, instance, null())
        };
        if window.is_null() { Err(refused()) } else { Ok(Self { window }) }
    }

    /// The window's handle, which editors are attached to.
    #[must_use]
    pub fn id(&self) -> usize {
        self.window as usize
    }

    /// Hands out the messages that wait for this thread, editors' timers among them.
    pub fn idle(&self) {
        // SAFETY: zeros are a valid message, which the call fills.
        unsafe {
            let mut message: MSG = std::mem::zeroed();
            while PeekMessageW(&mut message, null_mut(), 0, 0, PM_REMOVE) != 0 {
                TranslateMessage(&message);
                DispatchMessageW(&message);
            }
        }
    }

    /// Gives the window another size in pixels.
    ///
    /// # Errors
    /// When Windows refuses.
    pub fn resize(&mut self, width: u16, height: u16) -> Result<(), HostError> {
        let (width, height) = (i32::from(width), i32::from(height));
        // SAFETY: the window lives as long as this object.
        let done = unsafe { SetWindowPos(self.window, null_mut(), 0, 0, width, height, SWP_NOMOVE | SWP_NOZORDER) };
        if done == 0 { Err(refused()) } else { Ok(()) }
    }

    /// Moves the pointer to a place in the window, in pixels, and presses its left button for a moment.
    ///
    /// # Errors
    /// When Windows does not let programs move the pointer.
    pub fn click(&self, x: i16, y: i16) -> Result<(), HostError> {
        // SAFETY: calls without pointers. The window is at the screen's corner.
        unsafe {
            if SetCursorPos(x.into(), y.into()) == 0 {
                return Err(refused());
            }
            for event in [MOUSEEVENTF_LEFTDOWN, MOUSEEVENTF_LEFTUP] {
                mouse_event(event, 0, 0, 0, 0);
                self.idle();
                // An editor looks at the pointer once a picture.
                thread::sleep(Duration::from_millis(80));
            }
        }
        Ok(())
    }

    /// What the screen shows of the window now: width, height, and 8-bit RGB rows from the top.
    ///
    /// # Errors
    /// When Windows does not hand out the picture.
    pub fn picture(&self) -> Result<(u32, u32, Vec<u8>), HostError> {
        let mut rect = RECT::default();
        // SAFETY: the window lives as long as this object.
        if unsafe { GetWindowRect(self.window, &mut rect) } == 0 {
            return Err(refused());
        }
        let (width, height) = (rect.right - rect.left, rect.bottom - rect.top);
        let copy = Copy::of_screen(width, height);
        let pixels = copy.pixels(width, height)?;
        // Windows keeps pixels as blue, green, red, unused.
        let rows = pixels.chunks_exact(4).flat_map(|pixel| [pixel[2], pixel[1], pixel[0]]).collect();
        Ok((width.unsigned_abs(), height.unsigned_abs(), rows))
    }
}

impl Drop for HostWindow {
    fn drop(&mut self) {
        // SAFETY: made by this thread. Nobody is left to hear of a failure.
        unsafe { DestroyWindow(self.window) };
    }
}

/// A picture of the screen's upper left corner. Not of the window: what OpenGL draws into its children is not in it.
struct Copy {
    screen: HDC,
    memory: HDC,
    bitmap: HBITMAP,
}

impl Copy {
    fn of_screen(width: i32, height: i32) -> Self {
        // SAFETY: handles from the calls before; where one is null the next call fails and nothing is drawn.
        unsafe {
            let screen = GetDC(null_mut());
            let (memory, bitmap) = (CreateCompatibleDC(screen), CreateCompatibleBitmap(screen, width, height));
            let before = SelectObject(memory, bitmap);
            BitBlt(memory, 0, 0, width, height, screen, 0, 0, SRCCOPY);
            SelectObject(memory, before);
            Self { screen, memory, bitmap }
        }
    }

    fn pixels(&self, width: i32, height: i32) -> Result<Vec<u8>, HostError> {
        let mut pixels = vec![0_u8; 4 * width.unsigned_abs() as usize * height.unsigned_abs() as usize];
        let header = BITMAPINFOHEADER {
            biSize: size_of::<BITMAPINFOHEADER>() as u32,
            biWidth: width,
            biHeight: -height, // from the top
            biPlanes: 1,
            biBitCount: 32,
            biCompression: BI_RGB,
            ..BITMAPINFOHEADER::default()
        };
        let mut info = BITMAPINFO { bmiHeader: header, ..BITMAPINFO::default() };
        let (into, rows) = (pixels.as_mut_ptr().cast(), height.unsigned_abs());
        // SAFETY: `pixels` has room for all rows of four bytes a pixel.
        let read = unsafe { GetDIBits(self.memory, self.bitmap, 0, rows, into, &mut info, DIB_RGB_COLORS) };
        if read == 0 { Err(refused()) } else { Ok(pixels) }
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        // SAFETY: handles of this object, which nobody else has.
        unsafe {
            DeleteObject(self.bitmap);
            DeleteDC(self.memory);
            ReleaseDC(null_mut(), self.screen);
        }
    }
}

fn refused() -> HostError {
    HostError::Display(io::Error::last_os_error().to_string())
}
