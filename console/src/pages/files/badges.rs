//! How a file stands, and what the scanner has said of it, in a word and a shape.

use domain::Scan;
use maud::Markup;
use operations::files::FileStanding;

use crate::pieces::badge::{Tone, badge};
use crate::words::Lang;

pub(super) fn of_standing(standing: FileStanding, lang: Lang) -> Markup {
    badge(tone(standing), word(standing, lang))
}

const fn tone(standing: FileStanding) -> Tone {
    match standing {
        FileStanding::Storing => Tone::Busy,
        FileStanding::Stored => Tone::Good,
        FileStanding::Expired => Tone::Quiet,
        FileStanding::Removing => Tone::Waiting,
    }
}

pub(super) fn word(standing: FileStanding, lang: Lang) -> &'static str {
    match standing {
        FileStanding::Storing => lang.of("being stored", "guardándose"),
        FileStanding::Stored => lang.of("stored", "guardado"),
        FileStanding::Expired => lang.of("expired", "vencido"),
        FileStanding::Removing => lang.of("being removed", "eliminándose"),
    }
}

pub(super) fn of_scan(scan: Scan, lang: Lang) -> Markup {
    match scan {
        Scan::Clean => badge(Tone::Good, scanned(scan, lang)),
        Scan::NotScanned => badge(Tone::Warning, scanned(scan, lang)),
    }
}

pub(super) fn scanned(scan: Scan, lang: Lang) -> &'static str {
    match scan {
        Scan::Clean => lang.of("clean", "limpio"),
        Scan::NotScanned => lang.of("not scanned", "sin analizar"),
    }
}
