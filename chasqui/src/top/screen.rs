//! The screen of `chasqui top`: draws what is seen, and does what keys ask. The terminal is given back as it was, also after
//! a signal or a panic.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use domain::Tenant;
use operations::overview::{Overview, Watching};
use ratatui::Frame;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::Line;
use ratatui::widgets::{Block, Paragraph, Row, Sparkline};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::tables::{Chart, Table, charts, head, tables};
use crate::roles::stop_on_signal;

const EVERY: Duration = Duration::from_secs(2);
/// The section of the charts. The tables say theirs.
const CHARTS: u8 = 4;
const HELP: &str = "q quit   p pause   1 lanes  2 channels  3 providers  4 charts  0 all   ? this line";

/// What the keys have asked for.
#[derive(Default)]
struct Asked {
    /// None for all of them.
    section: Option<u8>,
    is_paused: bool,
    shows_help: bool,
    quits: bool,
}

/// Gives the terminal back whichever way the screen ends.
struct Restored;

impl Drop for Restored {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

/// Shows the overview until somebody quits.
///
/// # Errors
/// The terminal cannot be drawn on.
pub(super) async fn show(watching: &Watching, tenant: Option<&Tenant>) -> Result<()> {
    let stop = CancellationToken::new();
    tokio::spawn(stop_on_signal(stop.clone()));
    let mut seen = watching.look(tenant.cloned()).await;
    let _restored = Restored;
    let mut terminal = ratatui::try_init().context("the terminal cannot be drawn on")?;
    let (mut keys, mut asked) = (keys(), Asked::default());
    let mut ticks = tokio::time::interval(EVERY);
    while !asked.quits {
        terminal.draw(|frame| draw(frame, &seen, &asked)).context("the terminal cannot be drawn on")?;
        tokio::select! {
            () = stop.cancelled() => break,
            key = keys.recv() => match key {
                Some(Event::Key(key)) if key.kind != KeyEventKind::Release => asked.hear(key.code, key.modifiers),
                // The terminal has another size: it is drawn anew.
                Some(_) => {}
                None => break,
            },
            _ = ticks.tick(), if !asked.is_paused => seen = refreshed(watching, tenant, seen).await,
        }
    }
    Ok(())
}

/// What is seen now, or what was seen last where that takes too long: keys are heard after it.
async fn refreshed(watching: &Watching, tenant: Option<&Tenant>, seen: Arc<Overview>) -> Arc<Overview> {
    let looked = tokio::time::timeout(EVERY, watching.look(tenant.cloned())).await;
    looked.unwrap_or(seen)
}

/// The keys as they are pressed. They are waited for in a thread of its own, which ends with the process.
fn keys() -> mpsc::Receiver<Event> {
    let (heard, keys) = mpsc::channel(16);
    std::thread::spawn(move || {
        while let Ok(event) = event::read() {
            if heard.blocking_send(event).is_err() {
                return;
            }
        }
    });
    keys
}

impl Asked {
    fn hear(&mut self, key: KeyCode, with: KeyModifiers) {
        match key {
            KeyCode::Char('c') if with.contains(KeyModifiers::CONTROL) => self.quits = true,
            KeyCode::Char('q') => self.quits = true,
            KeyCode::Char('p') => self.is_paused = !self.is_paused,
            KeyCode::Char('?') => self.shows_help = !self.shows_help,
            KeyCode::Char('0') | KeyCode::Esc => self.section = None,
            KeyCode::Char('1') => self.section = Some(1),
            KeyCode::Char('2') => self.section = Some(2),
            KeyCode::Char('3') => self.section = Some(3),
            KeyCode::Char('4') => self.section = Some(CHARTS),
            _ => {}
        }
    }

    fn shows(&self, section: u8) -> bool {
        self.section.is_none_or(|only| only == section)
    }
}

fn draw(frame: &mut Frame<'_>, seen: &Overview, asked: &Asked) {
    let tables: Vec<Table> = tables(seen).into_iter().filter(|table| asked.shows(table.section)).collect();
    let head = words(seen, asked);
    let heights = [height(head.len())].into_iter().chain(tables.iter().map(|table| height(table.rows.len() + 3)));
    let charts_height = if asked.shows(CHARTS) { Constraint::Min(3) } else { Constraint::Length(0) };
    let areas = Layout::vertical(heights.chain([charts_height])).split(frame.area());
    let [first, middle @ .., last] = &areas[..] else { return };
    frame.render_widget(Paragraph::new(head), *first);
    for (table, area) in tables.iter().zip(middle) {
        draw_table(frame, table, *area);
    }
    if asked.shows(CHARTS) {
        draw_charts(frame, &charts(seen), *last);
    }
}

fn height(lines: usize) -> Constraint {
    Constraint::Length(u16::try_from(lines).unwrap_or(u16::MAX))
}

/// The lines above everything. What does not answer is seen at once.
fn words(seen: &Overview, asked: &Asked) -> Vec<Line<'static>> {
    let mut lines: Vec<Line<'static>> = head(seen).into_iter().map(Line::from).collect();
    for silent in lines.iter_mut().skip(1) {
        *silent = std::mem::take(silent).style(Style::new().fg(Color::Red));
    }
    let paused = if asked.is_paused { "paused: p goes on   " } else { "" };
    let help = if asked.shows_help { HELP } else { "? help" };
    lines.push(Line::from(format!("{paused}{help}")).style(Style::new().add_modifier(Modifier::DIM)));
    lines
}

fn draw_table(frame: &mut Frame<'_>, table: &Table, area: Rect) {
    let rows = table.rows.iter().map(|row| Row::new(row.clone()));
    let widths = table.widths().into_iter().map(height);
    let heads = Row::new(table.heads.to_vec()).style(Style::new().add_modifier(Modifier::BOLD));
    let drawn = ratatui::widgets::Table::new(rows, widths).header(heads).column_spacing(2);
    frame.render_widget(drawn.block(Block::bordered().title(table.title)), area);
}

fn draw_charts(frame: &mut Frame<'_>, charts: &[Chart], area: Rect) {
    let parts = Layout::horizontal(charts.iter().map(|_| Constraint::Fill(1))).split(area);
    for (chart, part) in charts.iter().zip(parts.iter()) {
        let most = chart.values.iter().copied().max().unwrap_or_default();
        let block = Block::bordered().title(format!("{}, at most {most} a minute", chart.title));
        // The newest minutes where there is not room for all.
        let room = usize::from(part.width.saturating_sub(2));
        let newest = chart.values.len().saturating_sub(room);
        frame.render_widget(Sparkline::default().block(block).data(chart.values[newest..].to_vec()), *part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_choose_a_section_and_pause_and_quit() {
        let mut asked = Asked::default();
        let none = KeyModifiers::NONE;
        assert!((1..=CHARTS).all(|section| asked.shows(section)));
        asked.hear(KeyCode::Char('3'), none);
        assert!(asked.shows(3) && !asked.shows(1) && !asked.shows(CHARTS));
        asked.hear(KeyCode::Esc, none);
        assert!(asked.shows(1));
        asked.hear(KeyCode::Char('p'), none);
        assert!(asked.is_paused);
        asked.hear(KeyCode::Char('c'), none);
        assert!(!asked.quits, "only with control");
        asked.hear(KeyCode::Char('c'), KeyModifiers::CONTROL);
        assert!(asked.quits);
    }
}
