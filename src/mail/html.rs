//! The HTML form of a letter: tables and inline styles, because mail clients know little else. A
//! `<style>` adds the dark colours and the phone for those that read it. Nothing is loaded from
//! anywhere.

use super::page::{Block, Frame, Page, Tone};

const FONT: &str = "system-ui,-apple-system,'Segoe UI','PingFang SC','Hiragino Sans GB','Microsoft YaHei',\
    'Noto Sans CJK SC','Noto Sans SC',sans-serif";
const MONO: &str = "ui-monospace,SFMono-Regular,Menlo,Consolas,'Liberation Mono',monospace";

/// The colours are those of the site's own pages, see addon/assets/chathub.css.
const STYLE: &str = "\
:root{color-scheme:light dark;supported-color-schemes:light dark}\
body{margin:0;padding:0;-webkit-text-size-adjust:100%;text-size-adjust:100%}\
a{color:#0b6b50}\
@media (max-width:480px){.pad{padding:24px 20px 8px!important}.outer{padding:12px 8px 24px!important}\
.title{font-size:21px!important}\
.label{width:76px!important;padding-left:12px!important}.value{padding-left:8px!important;padding-right:12px!important}\
.button{width:100%!important}.button a{display:block!important;text-align:center!important}}\
@media (prefers-color-scheme:dark){.paper{background:#111614!important}\
.card{background:#19201d!important;border-color:#2b3530!important}\
.ink,.ink a{color:#eaf0ec!important}.soft{color:#a3b0a9!important}.soft a,.link{color:#5fcfa5!important}\
.sunken{background:#0c100e!important;border-color:#2b3530!important}.rule{border-color:#2b3530!important}\
.mark,.button td{background:#5fcfa5!important}.button a{color:#05241a!important;background:#5fcfa5!important;\
border-color:#5fcfa5!important}.calm{background:#16362b!important}.calm td{color:#eaf0ec!important}\
.calm a{color:#86e0bf!important}.warning{background:#38290f!important}.warning td{color:#f2bd66!important}\
.number{background:#16362b!important;color:#86e0bf!important}}";

pub(super) fn write(page: &Page, frame: &Frame<'_>) -> String {
    let language = page.language.tag();
    let title = escaped(&page.title);
    let subject = escaped(&page.subject);
    let preheader = preheader(&page.preheader);
    let site = escaped(frame.site_name);
    let blocks: String = page.blocks.iter().map(block).collect();
    let foot = foot(page, frame);
    format!(
        "<!DOCTYPE html>\n\
<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
<meta name=\"color-scheme\" content=\"light dark\">\n\
<meta name=\"supported-color-schemes\" content=\"light dark\">\n\
<meta name=\"format-detection\" content=\"telephone=no,date=no,address=no,email=no\">\n\
<title>{subject}</title>\n<style>{STYLE}</style>\n</head>\n\
<body class=\"paper\" style=\"margin:0;padding:0;background:#faf9f5;\">\n{preheader}\n\
<table role=\"presentation\" class=\"paper\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" \
style=\"background:#faf9f5;\"><tr><td class=\"outer\" align=\"center\" style=\"padding:32px 16px 40px;\">\n\
<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" \
style=\"max-width:600px;\">\n\
<tr><td style=\"padding:0 4px 16px;\"><table role=\"presentation\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\">\
<tr><td class=\"mark\" width=\"10\" style=\"width:10px;background:#0b6b50;border-radius:3px;font-size:0;\
line-height:0;\">&nbsp;</td><td class=\"ink\" style=\"padding-left:10px;font:700 16px/24px {FONT};color:#16211d;\">\
{site}</td></tr></table></td></tr>\n\
<tr><td class=\"card pad\" style=\"background:#ffffff;border:1px solid #e2dfd4;border-radius:12px;padding:36px 40px 18px;\">\n\
<h1 class=\"ink title\" style=\"margin:0 0 20px;font:700 24px/1.35 {FONT};color:#16211d;\">{title}</h1>\n\
{blocks}</td></tr>\n{foot}\
</table>\n</td></tr></table>\n</body>\n</html>\n"
    )
}

/// Blanks behind it keep the letter's first words out of the list of mails.
fn preheader(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    format!(
        "<div style=\"display:none;max-height:0;max-width:0;overflow:hidden;opacity:0;font-size:1px;\
line-height:1px;color:#faf9f5;\">{}{}</div>",
        escaped(text),
        "&#8199;&#65279;&#847; ".repeat(40)
    )
}

fn foot(page: &Page, frame: &Frame<'_>) -> String {
    let support = frame.support_email.map_or_else(String::new, |address| {
        let label = page.language.pick("需要帮助？请联系 ", "Questions? Write to ");
        let address = escaped(address);
        format!("<br>{label}<a class=\"link\" href=\"mailto:{address}\" style=\"color:#0b6b50;\">{address}</a>")
    });
    format!(
        "<tr><td class=\"soft\" style=\"padding:20px 4px 0;font:400 13px/1.7 {FONT};color:#56625c;\">{}{support}\
</td></tr>\n",
        escaped(&frame.reason)
    )
}

fn block(block: &Block) -> String {
    match block {
        Block::Text(text) => format!(
            "<p class=\"ink\" style=\"margin:0 0 20px;font:400 16px/1.7 {FONT};color:#16211d;\">{}</p>\n",
            escaped(text)
        ),
        Block::Facts(facts) => facts_table(facts),
        Block::Figure { figure, caption } => format!(
            "<p class=\"ink\" style=\"margin:0;font:700 36px/1.2 {FONT};letter-spacing:-.5px;color:#16211d;\">{}</p>\n\
<p class=\"soft\" style=\"margin:4px 0 24px;font:400 14px/1.6 {FONT};color:#56625c;\">{}</p>\n",
            escaped(figure),
            escaped(caption)
        ),
        Block::Button { label, url, spelled_out } => {
            button(label, url) + &spelled_out.map_or_else(String::new, |words| address(words, url))
        }
        Block::Code { caption, code } => format!(
            "<p class=\"soft\" style=\"margin:0 0 6px;font:600 13px/1.5 {FONT};color:#56625c;\">{}</p>\n\
<pre class=\"ink sunken\" style=\"margin:0 0 20px;padding:14px 16px;background:#f2f0e9;border:1px solid #e2dfd4;\
border-radius:8px;font:400 13px/1.6 {MONO};color:#16211d;white-space:pre-wrap;word-break:break-word;overflow-wrap:anywhere;\
-webkit-user-select:all;user-select:all;\">{}</pre>\n",
            escaped(caption),
            escaped(code)
        ),
        Block::Note { tone, text, link } => note(*tone, text, link.as_deref()),
        Block::Steps(steps) => steps_table(steps),
    }
}

fn facts_table(facts: &[(&'static str, String)]) -> String {
    let rows = facts.iter().enumerate().map(|(at, (label, value))| {
        let line = if at == 0 { "" } else { "border-top:1px solid #e2dfd4;" };
        format!(
            "<tr><td class=\"soft rule label\" width=\"120\" valign=\"top\" style=\"{line}width:120px;\
padding:10px 0 10px 16px;font:400 14px/1.6 {FONT};color:#56625c;\">{}</td>\
<td class=\"ink rule value\" valign=\"top\" style=\"{line}padding:10px 16px;font:600 14px/1.6 {FONT};\
color:#16211d;word-break:break-word;overflow-wrap:anywhere;\">{}</td></tr>",
            escaped(label),
            escaped(value)
        )
    });
    format!(
        "<table role=\"presentation\" class=\"sunken\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" \
style=\"margin:0 0 20px;background:#f2f0e9;border:1px solid #e2dfd4;border-radius:8px;\
border-collapse:separate;\">{}</table>\n",
        rows.collect::<String>()
    )
}

fn button(label: &str, url: &str) -> String {
    let url = escaped(url);
    format!(
        "<table role=\"presentation\" class=\"button\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" \
style=\"margin:4px 0 24px;min-width:200px;\"><tr><td align=\"center\" style=\"background:#0b6b50;border-radius:8px;\">\
<a href=\"{url}\" style=\"display:inline-block;padding:12px 28px;border:1px solid #0b6b50;border-radius:8px;\
background:#0b6b50;font:600 16px/24px {FONT};color:#ffffff;text-decoration:none;\">{}</a></td></tr></table>\n",
        escaped(label)
    )
}

/// For readers whose mail client shows no button.
fn address(words: &str, url: &str) -> String {
    let url = escaped(url);
    format!(
        "<p class=\"soft\" style=\"margin:0 0 20px;font:400 13px/1.7 {FONT};color:#56625c;word-break:break-word;\
overflow-wrap:anywhere;\">{}<br><a class=\"link\" href=\"{url}\" style=\"color:#0b6b50;\">{url}</a></p>\n",
        escaped(words)
    )
}

fn note(tone: Tone, text: &str, link: Option<&str>) -> String {
    let link = link.map(escaped).map_or_else(String::new, |url| {
        format!("<br><a class=\"link\" href=\"{url}\" style=\"color:#0b6b50;\">{url}</a>")
    });
    let (class, background, ink) = match tone {
        Tone::Calm => ("calm", "#e2f0e9", "#16211d"),
        Tone::Warning => ("warning", "#fdf1d8", "#8a5300"),
    };
    format!(
        "<table role=\"presentation\" class=\"{class}\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" \
style=\"margin:0 0 20px;background:{background};border-radius:8px;\"><tr><td style=\"padding:12px 16px;\
font:400 14px/1.7 {FONT};color:{ink};word-break:break-word;overflow-wrap:anywhere;\">{}{link}</td></tr></table>\n",
        escaped(text)
    )
}

fn steps_table(steps: &[String]) -> String {
    let rows = steps.iter().enumerate().map(|(at, step)| {
        format!(
            "<tr><td width=\"24\" valign=\"top\" style=\"width:24px;padding:0 12px 12px 0;\">\
<div class=\"number\" style=\"width:24px;height:24px;border-radius:12px;background:#e2f0e9;color:#084f3b;\
font:700 13px/24px {FONT};text-align:center;\">{}</div></td>\
<td class=\"ink\" valign=\"top\" style=\"padding:0 0 12px;font:400 15px/24px {FONT};color:#16211d;\">{}</td></tr>",
            at + 1,
            escaped(step)
        )
    });
    format!(
        "<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" \
style=\"margin:0 0 8px;\">{}</table>\n",
        rows.collect::<String>()
    )
}

/// For text and for attribute values. Web addresses within a text stay text: what a company calls
/// itself is no link of ours.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() && !matches!(c, '\n' | '\t') => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_text_becomes_markup() {
        assert_eq!(escaped("A&B <b>\"x\"'\r\0"), "A&amp;B &lt;b&gt;&quot;x&quot;&#39;  ");
    }
}
