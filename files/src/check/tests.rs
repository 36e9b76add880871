//! Files of each kind, right ones and hostile ones, all of which are made here.

use std::io::{Cursor, Write as _};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;

const MAIN: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml";

fn look(bytes: &[u8], kind: FileKind) -> Result<(), NotFit> {
    look_as(bytes, kind, Encoding::Utf8)
}

fn look_as(bytes: &[u8], kind: FileKind, csv: Encoding) -> Result<(), NotFit> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, bytes).unwrap();
    check(&path, kind, csv)
}

#[track_caller]
fn taken(bytes: &[u8], kind: FileKind) {
    assert!(look(bytes, kind).is_ok(), "{kind}: {:?}", look(bytes, kind));
}

#[track_caller]
fn refused(bytes: &[u8], kind: FileKind, fault: Fault) {
    match look(bytes, kind) {
        Err(NotFit::Unfit(unfit)) => assert_eq!(unfit.fault, fault, "{kind}: {unfit}"),
        other => panic!("{kind}: {other:?}"),
    }
}

fn types(of: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><Types><Default Extension=\"xml\" ContentType=\"application/xml\"/>\
         <Override PartName=\"/xl/workbook.xml\" ContentType=\"{of}\"/></Types>"
    )
}

/// A workbook of these parts besides those that every workbook has.
fn workbook(more: &[(&str, &[u8])]) -> Vec<u8> {
    let types = types(MAIN);
    let usual: [(&str, &[u8]); 3] = [
        ("[Content_Types].xml", types.as_bytes()),
        ("_rels/.rels", b"<Relationships><Relationship Id='1' Type='http://x/officeDocument' Target='xl/workbook.xml'/></Relationships>"),
        ("xl/workbook.xml", b"<workbook/>"),
    ];
    archive(&[&usual[..], more].concat())
}

fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// Where this stands in some bytes, all places.
fn places(bytes: &[u8], of: &[u8]) -> Vec<usize> {
    let windows = bytes.windows(of.len()).enumerate();
    windows.filter(|(_, window)| *window == of).map(|(at, _)| at).collect()
}

#[test]
fn a_workbook_is_taken_and_one_with_links_that_somebody_follows() {
    taken(&workbook(&[]), FileKind::Xlsx);
    let link = b"<Relationships><Relationship Type='http://x/relationships/hyperlink' Target='https://example.org/?a=1&amp;b=2' TargetMode='External'/></Relationships>";
    taken(&workbook(&[("xl/worksheets/_rels/sheet1.xml.rels", link)]), FileKind::Xlsx);
    let zeros = vec![b'0'; 5 * 1024 * 1024];
    taken(&workbook(&[("xl/worksheets/sheet1.xml", &zeros)]), FileKind::Xlsx);
}

#[test]
fn what_is_no_workbook_is_not_taken_for_one() {
    refused(b"", FileKind::Xlsx, Fault::Empty);
    refused(b"hello", FileKind::Xlsx, Fault::NotItsKind);
    refused(&compound(&records(&[]), &[]), FileKind::Xlsx, Fault::NotItsKind);
    refused(b"%PDF-1.7\n%%EOF\n and so on, and so on", FileKind::Xlsx, Fault::NotItsKind);
    refused(&archive(&[("a.txt", b"x")]), FileKind::Xlsx, Fault::NotItsKind);
    let document = types("application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml");
    refused(&archive(&[("[Content_Types].xml", document.as_bytes())]), FileKind::Xlsx, Fault::NotItsKind);
    let whole = workbook(&[]);
    refused(&whole[..whole.len() / 2], FileKind::Xlsx, Fault::Damaged);
    refused(&[whole.as_slice(), b"MZ and a program"].concat(), FileKind::Xlsx, Fault::Active);
    refused(&[b"MZ and a program".as_slice(), &whole].concat(), FileKind::Xlsx, Fault::NotItsKind);
}

#[test]
fn macros_other_files_and_data_from_elsewhere_are_refused() {
    let outside = b"<Relationships><Relationship Type='http://x/oleObject' Target='a>b' TargetMode = \"external\"/></Relationships>";
    let hidden = b"<!DOCTYPE x [<!ENTITY e 'External'>]><Relationships><Relationship Type='x' TargetMode='&e;'/></Relationships>";
    for (name, bytes, fault) in [
        ("xl/vbaProject.bin", b"x".as_slice(), Fault::Active),
        ("xl/VBAPROJECT.bin", b"x", Fault::Active),
        ("xl/macrosheets/sheet1.xml", b"x", Fault::Active),
        ("xl/activeX/activeX1.bin", b"x", Fault::Active),
        ("xl/embeddings/oleObject1.bin", b"x", Fault::Active),
        ("xl/externalLinks/externalLink1.xml", b"x", Fault::External),
        ("xl/connections.xml", b"x", Fault::External),
        ("xl/_rels/workbook.xml.rels", outside, Fault::External),
        ("xl/_rels/workbook.xml.rels", hidden, Fault::Damaged),
        ("xl/_rels/workbook.xml.rels", b"\xff\xfe<\0", Fault::Damaged),
        ("../../etc/cron.d/x", b"x", Fault::Bomb),
        ("/etc/passwd", b"x", Fault::Bomb),
        ("xl\\..\\x", b"x", Fault::Bomb),
    ] {
        refused(&workbook(&[(name, bytes)]), FileKind::Xlsx, fault);
    }
    let macros = types("application/vnd.ms-excel.sheet.macroEnabled.main+xml");
    refused(&archive(&[("[Content_Types].xml", macros.as_bytes())]), FileKind::Xlsx, Fault::Active);
}

#[test]
fn a_bomb_is_refused_before_it_is_unpacked() {
    let zeros = vec![b'0'; 9 * 1024 * 1024];
    let bomb = workbook(&[("xl/worksheets/sheet1.xml", &zeros)]);
    assert!(bomb.len() < 64 * 1024, "{}", bomb.len());
    refused(&bomb, FileKind::Xlsx, Fault::Bomb);
    // Its headers say that it is small.
    let mut lie = bomb.clone();
    for place in places(&bomb, &u32::try_from(zeros.len()).unwrap().to_le_bytes()) {
        lie[place..place + 4].copy_from_slice(&7_u32.to_le_bytes());
    }
    assert!(look(&lie, FileKind::Xlsx).is_err());
    let many: Vec<(String, &[u8])> = (0..5_001).map(|n| (format!("xl/{n}.xml"), b"".as_slice())).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
    refused(&workbook(&many), FileKind::Xlsx, Fault::Bomb);
}

#[test]
fn parts_that_overlap_are_encrypted_or_are_listed_otherwise_are_refused() {
    let whole = workbook(&[("xl/a.xml", b"<a/>"), ("xl/b.xml", b"<b/>")]);
    let entries = places(&whole, b"PK\x01\x02");
    let (one, other) = (entries[entries.len() - 2], entries[entries.len() - 1]);
    let mut overlapping = whole.clone();
    overlapping.copy_within(one + 42..one + 46, other + 42);
    refused(&overlapping, FileKind::Xlsx, Fault::Bomb);
    let mut encrypted = whole.clone();
    let local = places(&whole, b"PK\x03\x04");
    encrypted[other + 8] |= 1;
    encrypted[local[local.len() - 1] + 6] |= 1;
    refused(&encrypted, FileKind::Xlsx, Fault::Encrypted);
    refused(&compound(&records(&[]), &["EncryptionInfo", "EncryptedPackage"]), FileKind::Xlsx, Fault::Encrypted);
    let mut fewer = whole.clone();
    let end = *places(&whole, b"PK\x05\x06").last().unwrap();
    fewer[end + 8] -= 1;
    fewer[end + 10] -= 1;
    assert!(look(&fewer, FileKind::Xlsx).is_err());
}

/// A compound file with a workbook of these records, and storages of these names.
fn compound(records: &[u8], names: &[&str]) -> Vec<u8> {
    const FREE: u32 = 0xffff_ffff;
    const END: u32 = 0xffff_fffe;
    const TABLE: u32 = 0xffff_fffd;
    let mut header = vec![0; 512];
    header[..8].copy_from_slice(&[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]);
    header[0x1e] = 9;
    header[0x20] = 6;
    let mut put = |at: usize, number: u32| header[at..at + 4].copy_from_slice(&number.to_le_bytes());
    put(0x2c, 1);
    put(0x30, 1);
    put(0x38, 4096);
    put(0x44, END);
    (0..109).for_each(|at| put(0x4c + 4 * at, if at == 0 { 0 } else { FREE }));
    // Sector 0 is the table, 1 and 2 the directory, and the workbook comes behind them.
    let mut table = vec![TABLE, 2, END];
    table.extend((0..8).map(|at| if at == 7 { END } else { 4 + at }));
    table.resize(128, FREE);
    let entries: Vec<(&str, u8)> =
        [("Root Entry", 5), ("Workbook", 2)].into_iter().chain(names.iter().map(|name| (*name, 1))).collect();
    let mut directory = Vec::new();
    for (name, kind) in entries {
        let mut entry = vec![0; 128];
        let units: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        entry[..units.len()].copy_from_slice(&units);
        entry[0x40] = u8::try_from(units.len() + 2).unwrap();
        entry[0x42] = kind;
        entry[0x74] = 3;
        entry[0x78..0x7c].copy_from_slice(&4096_u32.to_le_bytes());
        directory.extend(entry);
    }
    directory.resize(1024, 0);
    let mut stream = records.to_vec();
    stream.resize(4096, 0);
    let table: Vec<u8> = table.into_iter().flat_map(u32::to_le_bytes).collect();
    [header, table, directory, stream].concat()
}

/// Records by their kinds and their data, between those that begin and end a workbook.
fn records(of: &[(u16, &[u8])]) -> Vec<u8> {
    let begin: &[u8] = &[0; 16];
    let mut all: Vec<(u16, &[u8])> = vec![(0x0809, begin)];
    all.extend_from_slice(of);
    all.push((0x000a, &[]));
    let mut bytes = Vec::new();
    for (kind, data) in all {
        bytes.extend(kind.to_le_bytes());
        bytes.extend(u16::try_from(data.len()).unwrap().to_le_bytes());
        bytes.extend(data);
    }
    bytes
}

#[test]
fn an_old_workbook_is_taken_and_one_with_macros_passwords_or_other_files_is_not() {
    let sheet: (u16, &[u8]) = (0x0085, &[0, 0, 0, 0, 0, 0, 1, 0, b'A']);
    let own: (u16, &[u8]) = (0x01ae, &[1, 0, 0x01, 0x04]);
    taken(&compound(&records(&[sheet, own]), &[]), FileKind::Xls);
    let other: (u16, &[u8]) = (0x01ae, &[1, 0, 5, 0, 0, 1]);
    refused(&compound(&records(&[other]), &[]), FileKind::Xls, Fault::External);
    let macros: (u16, &[u8]) = (0x0085, &[0, 0, 0, 0, 0, 1, 1, 0, b'A']);
    refused(&compound(&records(&[macros]), &[]), FileKind::Xls, Fault::Active);
    let password: (u16, &[u8]) = (0x002f, &[0; 6]);
    refused(&compound(&records(&[password]), &[]), FileKind::Xls, Fault::Encrypted);
    refused(&compound(&records(&[]), &["_VBA_PROJECT_CUR"]), FileKind::Xls, Fault::Active);
    refused(&compound(&records(&[]), &["MBD0001A2B3"]), FileKind::Xls, Fault::Active);
    refused(&compound(&records(&[]), &["EncryptedPackage"]), FileKind::Xls, Fault::Encrypted);
    refused(&compound(b"nothing", &[]), FileKind::Xls, Fault::Damaged);
    refused(&workbook(&[]), FileKind::Xls, Fault::NotItsKind);
    let mut document = compound(&records(&[]), &[]);
    let name = places(&document, &"Workbook".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>())[0];
    document[name] = b'X';
    refused(&document, FileKind::Xls, Fault::NotItsKind);
    // A chain that leads back to where it came from.
    let mut circle = compound(&records(&[]), &[]);
    circle[512 + 4..512 + 8].copy_from_slice(&1_u32.to_le_bytes());
    refused(&circle, FileKind::Xls, Fault::Damaged);
    let whole = compound(&records(&[sheet]), &[]);
    for cut in [9, 600, 1_200, 2_060] {
        assert!(look(&whole[..cut], FileKind::Xls).is_err(), "{cut}");
    }
}

#[test]
fn a_table_is_text_in_rows() {
    for right in [
        "a,b\n1,2\n",
        "\u{feff}a;b\r\n1;\"x;\ny\"\r\n\r\n",
        "name\nAña\n",
        "name\nAna, the first\n",
        "a\tb\n=1+1\t@x\n",
        "one",
    ] {
        taken(right.as_bytes(), FileKind::Csv);
    }
    for (wrong, fault) in [
        (b"a,b\n1,2,3\n".as_slice(), Fault::Damaged),
        (b"\n\n", Fault::Damaged),
        (b"a,b\n\0,2\n", Fault::NotItsKind),
        (b"a,b\n\x1b[2J,2\n", Fault::NotItsKind),
        (b"<html><body>a,b</body></html>\n", Fault::NotItsKind),
        (b"a,b\n<SCRIPT>x</SCRIPT>,2\n", Fault::NotItsKind),
        (b"MZ\x90\0\x03", Fault::NotItsKind),
        (b"a,b\n\xe9,2\n", Fault::NotItsKind),
        (b"a,b\n1,\xc3", Fault::NotItsKind),
    ] {
        refused(wrong, FileKind::Csv, fault);
    }
    assert!(look_as(b"a,b\n\xe9,2\n", FileKind::Csv, Encoding::Latin1Too).is_ok());
    // A character lies across every border of what is read at once.
    let long = format!("a\n{}\n", "ñ€😀".repeat(100_000));
    taken(long.as_bytes(), FileKind::Csv);
}

#[test]
fn a_document_has_nothing_in_it_that_runs() {
    let document = |more: &str| format!("%PDF-1.7\n1 0 obj\n<< /Type /Catalog {more} >>\nendobj\n%%EOF\n");
    taken(document("").as_bytes(), FileKind::Pdf);
    taken(document("/OpenAction [3 0 R /Fit] /JSX 1").as_bytes(), FileKind::Pdf);
    // What is packed looks like anything.
    taken(document("/Length 9 >>\nstream\n /JS (x) \nendstream\n<<").as_bytes(), FileKind::Pdf);
    for (more, fault) in [
        ("/Encrypt 5 0 R", Fault::Encrypted),
        ("/JS (app.alert(1))", Fault::Active),
        ("/S/JavaScript", Fault::Active),
        ("/S/J#61vaScr#69pt ", Fault::Active),
        ("/S /Launch /F (cmd.exe)", Fault::Active),
        ("/EmbeddedFiles 7 0 R", Fault::Active),
        (">>\nstream\nx", Fault::Damaged),
        ("% stream\n /S /JavaScript /JS (x) (endstream)", Fault::Active),
    ] {
        refused(document(more).as_bytes(), FileKind::Pdf, fault);
    }
    refused(b"<html>%PDF-1.7 %%EOF", FileKind::Pdf, Fault::NotItsKind);
    refused(b"%PDF-1.7\nand then nothing", FileKind::Pdf, Fault::Damaged);
}

fn png(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, data) in chunks {
        bytes.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
        bytes.extend(*kind);
        bytes.extend(*data);
        bytes.extend([0; 4]);
    }
    bytes
}

#[test]
fn a_picture_has_a_size_and_ends_where_it_ends() {
    let size = [0, 0, 0, 2, 0, 0, 0, 3, 8, 2, 0, 0, 0];
    let right = png(&[(b"IHDR", &size), (b"tEXt", b"x"), (b"IDAT", b"pixels"), (b"IEND", b"")]);
    taken(&right, FileKind::Png);
    refused(&[right.as_slice(), b"PK\x03\x04"].concat(), FileKind::Png, Fault::Active);
    refused(&right[..right.len() - 1], FileKind::Png, Fault::Damaged);
    refused(&png(&[(b"IHDR", &size), (b"IEND", b"")]), FileKind::Png, Fault::Damaged);
    refused(&png(&[(b"IDAT", b"x"), (b"IEND", b"")]), FileKind::Png, Fault::Damaged);
    let huge = [0, 1, 0, 0, 0, 1, 0, 0, 8, 2, 0, 0, 0];
    refused(&png(&[(b"IHDR", &huge), (b"IDAT", b"x"), (b"IEND", b"")]), FileKind::Png, Fault::Bomb);
    refused(b"GIF89a, and some more", FileKind::Png, Fault::NotItsKind);
    let photo = [
        &[0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2][..],
        &[0xff, 0xff, 0xc0, 0, 11, 8, 0, 3, 0, 2, 1, 1, 0x11, 0],
        &[0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 5, 6, 7, 0xff, 0xd9],
    ];
    let photo = photo.concat();
    taken(&photo, FileKind::Jpeg);
    taken(&[photo.as_slice(), &[0; 64]].concat(), FileKind::Jpeg);
    refused(&[photo.as_slice(), b"<?php"].concat(), FileKind::Jpeg, Fault::Damaged);
    refused(&photo[..photo.len() - 2], FileKind::Jpeg, Fault::Damaged);
    refused(&right, FileKind::Jpeg, Fault::NotItsKind);
    refused(&[0xff, 0xd8, 0xff, 0xd9, 0, 0], FileKind::Jpeg, Fault::Damaged);
}
