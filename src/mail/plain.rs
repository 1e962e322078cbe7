//! The plain-text form of a letter.

use super::page::{Block, Frame, Page, one_line};

pub(super) fn write(page: &Page, frame: &Frame<'_>) -> String {
    let mut parts = vec![frame.site_name.to_owned(), page.title.clone()];
    parts.extend(page.blocks.iter().map(block));
    let mut foot = format!("-- \n{}\n{}", frame.site_name, frame.reason);
    if let Some(address) = frame.support_email {
        foot += &format!("\n{}{address}", page.language.pick("客服邮箱：", "Support: "));
    }
    parts.push(foot);
    parts.join("\n\n") + "\n"
}

fn block(block: &Block) -> String {
    match block {
        Block::Text(text) => text.clone(),
        Block::Facts(facts) => {
            let lines = facts.iter().map(|(label, value)| format!("{label}: {}", one_line(value)));
            lines.collect::<Vec<_>>().join("\n")
        }
        Block::Figure { figure, caption } => format!("{figure} ({caption})"),
        Block::Button { label, url, .. } => format!("{label}:\n{url}"),
        Block::Code { caption, code } => {
            let lines = code.lines().map(|line| format!("    {line}"));
            format!("{caption}:\n\n{}", lines.collect::<Vec<_>>().join("\n"))
        }
        Block::Note { text, link, .. } => match link {
            Some(link) => format!("* {text}\n  {link}"),
            None => format!("* {text}"),
        },
        Block::Steps(steps) => {
            let lines = steps.iter().enumerate().map(|(at, step)| format!("{}. {step}", at + 1));
            lines.collect::<Vec<_>>().join("\n")
        }
    }
}
