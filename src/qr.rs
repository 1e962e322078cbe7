//! QR codes as SVG, drawn here so that no foreign service sees a payment link.

use qrcode::{Color, EcLevel, QrCode};

use crate::{Error, Result};

/// Light modules around the code: fewer, and some readers do not find it.
const QUIET_ZONE: usize = 4;

/// A whole `<svg>` element without size, for a page to scale. Always dark on light, because many
/// readers know nothing else. `title` is what a screen reader says.
pub fn svg(text: &str, title: &str) -> Result<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M)
        .map_err(|_| Error::provider("qr_too_long", "the text does not fit into a QR code"))?;
    let side = code.width();
    let dark: Vec<bool> = code.into_colors().iter().map(|c| *c == Color::Dark).collect();
    let whole = side + 2 * QUIET_ZONE;
    let (path, title) = (path(&dark, side), escape(title));
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {whole} {whole}\" role=\"img\" \
         aria-label=\"{title}\" shape-rendering=\"crispEdges\"><title>{title}</title>\
         <path fill=\"#fff\" d=\"M0 0h{whole}v{whole}H0z\"/><path fill=\"#000\" d=\"{path}\"/></svg>"
    ))
}

/// One rectangle per run of dark modules in a row.
fn path(dark: &[bool], side: usize) -> String {
    let mut path = String::new();
    for (y, row) in dark.chunks(side).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|a, b| a == b) {
            if run[0] {
                let (left, top, width) = (x + QUIET_ZONE, y + QUIET_ZONE, run.len());
                path.push_str(&format!("M{left} {top}h{width}v1h-{width}z"));
            }
            x += run.len();
        }
    }
    path
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "weixin://wxpay/bizpayurl?pr=JyC91EIz1";
    const SCALE: usize = 4;

    /// Paints the path as a browser would, and reads it with another library.
    fn read_again(svg: &str) -> String {
        let after = |text: &str, mark: &str| text.split_once(mark).unwrap().1.to_owned();
        let whole: usize = after(svg, "viewBox=\"0 0 ").split(' ').next().unwrap().parse().unwrap();
        let path = after(svg, "fill=\"#000\" d=\"");
        let path = path.split_once('"').unwrap().0;
        let mut dark = vec![false; whole * whole];
        for run in path.split('M').skip(1) {
            let (x, rest) = run.split_once(' ').unwrap();
            let (y, rest) = rest.split_once('h').unwrap();
            let width = rest.split_once('v').unwrap().0;
            let [x, y, width] = [x, y, width].map(|n| n.parse::<usize>().unwrap());
            assert!(x >= QUIET_ZONE && y >= QUIET_ZONE && x + width + QUIET_ZONE <= whole);
            dark[y * whole + x..][..width].fill(true);
        }
        let pixels = whole * SCALE;
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(pixels, pixels, |x, y| {
            if dark[y / SCALE * whole + x / SCALE] { 0 } else { 255 }
        });
        image.detect_grids()[0].decode().unwrap().1
    }

    #[test]
    fn other_readers_read_what_was_written() {
        let longest = format!("weixin://{}", "a".repeat(246));
        for text in [URL, longest.as_str(), "中文"] {
            assert_eq!(read_again(&svg(text, "x").unwrap()), text);
        }
    }

    #[test]
    fn the_title_is_text() {
        let svg = svg(URL, "<b>&\"").unwrap();
        assert!(svg.contains("<title>&lt;b&gt;&amp;&quot;</title>"));
        assert!(svg.contains("role=\"img\" aria-label=\"&lt;b&gt;&amp;&quot;\""));
    }

    #[test]
    fn too_much_text_is_an_error() {
        assert_eq!(svg(&"a".repeat(5000), "").unwrap_err().key(), "qr_too_long");
    }
}
