//! A lead sheet as PDF: the chords of every bar in lines of four, a letter for every section.

use super::{Sheet, name};
use pdf_writer::{Content, Finish, Name, Pdf, Rect, Ref, Str};

/// Size of an A4 page and its margins, in points.
const PAGE: (f32, f32) = (595.0, 842.0);
const MARGIN: f32 = 50.0;
/// Bars of a line, and height of a line.
const BARS: usize = 4;
const LINE: f32 = 38.0;
/// Size of chords, of a bar with many of them, and of the title.
const CHORD: f32 = 13.0;
const SMALL: f32 = 8.5;
const TITLE: f32 = 18.0;
/// Fonts that every reader has.
const PLAIN: Name<'static> = Name(b"F1");
const BOLD: Name<'static> = Name(b"F2");

/// A line of bars and the letter of the section that begins with it.
struct Line {
    section: Option<char>,
    bars: Vec<String>,
}

/// The sheet as the bytes of a PDF.
pub(super) fn of(sheet: &Sheet<'_>) -> Vec<u8> {
    let lines = lines(sheet);
    let on_first = ((PAGE.1 - 2.0 * MARGIN - 60.0) / LINE) as usize;
    let on_others = ((PAGE.1 - 2.0 * MARGIN) / LINE) as usize;
    let (first, rest) = lines.split_at(on_first.min(lines.len()));
    let pages: Vec<&[Line]> = std::iter::once(first).chain(rest.chunks(on_others)).collect();
    let [catalog, tree, plain, bold] = [1, 2, 3, 4].map(Ref::new);
    let page = |index: usize| (Ref::new(5 + 2 * index as i32), Ref::new(6 + 2 * index as i32));
    let mut pdf = Pdf::new();
    pdf.catalog(catalog).pages(tree);
    pdf.pages(tree).kids((0..pages.len()).map(|index| page(index).0)).count(pages.len() as i32);
    pdf.type1_font(plain).base_font(Name(b"Helvetica"));
    pdf.type1_font(bold).base_font(Name(b"Helvetica-Bold"));
    for (index, lines) in pages.into_iter().enumerate() {
        let (id, content) = page(index);
        let mut leaf = pdf.page(id);
        leaf.media_box(Rect::new(0.0, 0.0, PAGE.0, PAGE.1)).parent(tree).contents(content);
        leaf.resources().fonts().pair(PLAIN, plain).pair(BOLD, bold);
        leaf.finish();
        pdf.stream(content, &drawn(sheet, lines, index == 0));
    }
    pdf.finish()
}

fn lines(sheet: &Sheet) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for (order, (index, bar)) in sheet.bars().enumerate() {
        let section = sheet.section(index, order == 0);
        if section.is_some() || lines.last().is_none_or(|line| line.bars.len() == BARS) {
            lines.push(Line { section, bars: Vec::new() });
        }
        let chords: Vec<String> = bar.chords.iter().map(|chord| name(chord.chord)).collect();
        if let Some(line) = lines.last_mut() {
            line.bars.push(chords.join("  "));
        }
    }
    lines
}

fn drawn(sheet: &Sheet, lines: &[Line], first: bool) -> Vec<u8> {
    let mut content = Content::new();
    let mut top = PAGE.1 - MARGIN;
    if first {
        write(&mut content, BOLD, TITLE, (MARGIN, top - 14.0), sheet.title);
        write(&mut content, PLAIN, SMALL + 1.5, (MARGIN, top - 34.0), &sheet.heading());
        top -= 60.0;
    }
    let width = (PAGE.0 - 2.0 * MARGIN) / BARS as f32;
    for line in lines {
        if let Some(letter) = line.section {
            write(&mut content, BOLD, CHORD, (MARGIN - 22.0, top - 22.0), &letter.to_string());
        }
        for (bar, chords) in line.bars.iter().enumerate() {
            let left = MARGIN + bar as f32 * width;
            content.move_to(left, top - 6.0).line_to(left, top - 30.0).stroke();
            let size = if chords.len() > 12 { SMALL } else { CHORD };
            write(&mut content, PLAIN, size, (left + 6.0, top - 22.0), chords);
        }
        let right = MARGIN + line.bars.len() as f32 * width;
        content.move_to(right, top - 6.0).line_to(right, top - 30.0).stroke();
        top -= LINE;
    }
    content.finish().into_vec()
}

/// Writes a line of text; letters that the fonts do not have become question marks.
fn write(content: &mut Content, font: Name, size: f32, (x, y): (f32, f32), text: &str) {
    let bytes: Vec<u8> = text.chars().map(|letter| u8::try_from(letter).unwrap_or(b'?')).collect();
    content.begin_text().set_font(font, size).next_line(x, y).show(Str(&bytes)).end_text();
}
