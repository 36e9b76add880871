// Writes a picture of a browser again with a palette of at most 256 colours, which pages of text need few of: a third of
// its size. Reads the PNGs that Chromium makes: 8 bits a sample, with or without alpha, which is left out.
"use strict";

const zlib = require("node:zlib");

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const COLOURS = 256;
const RGB = 2;
const RGBA = 6;
const PALETTE = 3;

function* chunks(png) {
  for (let at = SIGNATURE.length; at < png.length; ) {
    const length = png.readUInt32BE(at);
    yield { type: png.toString("latin1", at + 4, at + 8), data: png.subarray(at + 8, at + 8 + length) };
    at += length + 12;
  }
}

// The pixels, each as one number of red, green and blue.
function read(png) {
  let header;
  const parts = [];
  for (const { type, data } of chunks(png)) {
    if (type === "IHDR") header = data;
    if (type === "IDAT") parts.push(data);
  }
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const [depth, kind, interlaced] = [header[8], header[9], header[12]];
  if (depth !== 8 || ![RGB, RGBA].includes(kind) || interlaced) throw new Error("this is no PNG of Chromium's");
  const samples = kind === RGB ? 3 : 4;
  const lines = unfiltered(zlib.inflateSync(Buffer.concat(parts)), width * samples, height, samples);
  const pixels = new Uint32Array(width * height);
  for (let n = 0; n < pixels.length; n += 1) {
    const at = n * samples;
    pixels[n] = (lines[at] << 16) | (lines[at + 1] << 8) | lines[at + 2];
  }
  return { width, height, pixels };
}

function unfiltered(raw, length, height, samples) {
  const lines = Buffer.alloc(length * height);
  for (let y = 0; y < height; y += 1) {
    const filter = raw[y * (length + 1)];
    const [from, to] = [y * (length + 1) + 1, y * length];
    for (let x = 0; x < length; x += 1) {
      const left = x < samples ? 0 : lines[to + x - samples];
      const above = y === 0 ? 0 : lines[to + x - length];
      const corner = x < samples || y === 0 ? 0 : lines[to + x - length - samples];
      lines[to + x] = raw[from + x] + predicted(filter, left, above, corner);
    }
  }
  return lines;
}

function predicted(filter, left, above, corner) {
  switch (filter) {
    case 0: return 0;
    case 1: return left;
    case 2: return above;
    case 3: return (left + above) >> 1;
    case 4: return paeth(left, above, corner);
    default: throw new Error(`no PNG has a filter ${filter}`);
  }
}

function paeth(left, above, corner) {
  const guess = left + above - corner;
  const [byLeft, byAbove, byCorner] = [left, above, corner].map((one) => Math.abs(guess - one));
  if (byLeft <= byAbove && byLeft <= byCorner) return left;
  return byAbove <= byCorner ? above : corner;
}

const SHIFTS = [16, 8, 0];
const sample = (colour, shift) => (colour >> shift) & 0xff;

// How far the colours of a box lie apart, and in which sample the most.
function spread(box) {
  const spans = SHIFTS.map((shift) => {
    const values = box.map(([colour]) => sample(colour, shift));
    return { shift, span: Math.max(...values) - Math.min(...values) };
  });
  return spans.reduce((most, one) => (one.span > most.span ? one : most));
}

// The mean of a box by how often its colours occur; what covers half of it stays as it is, so that no ground changes.
function mean(box) {
  const total = box.reduce((sum, [, count]) => sum + count, 0);
  const [colour, count] = box.reduce((most, one) => (one[1] > most[1] ? one : most));
  if (count * 2 >= total) return colour;
  return SHIFTS.reduce((all, shift) => {
    const sum = box.reduce((so, [one, times]) => so + sample(one, shift) * times, 0);
    return all | (Math.round(sum / total) << shift);
  }, 0);
}

// Cuts the box whose colours lie furthest apart until there are enough boxes: which entry each colour has.
function palette(pixels) {
  const counts = new Map();
  for (const colour of pixels) counts.set(colour, (counts.get(colour) || 0) + 1);
  const boxes = [[...counts].sort(([, one], [, other]) => other - one)];
  while (boxes.length < Math.min(COLOURS, counts.size)) {
    const spans = boxes.map(spread);
    const widest = spans.reduce((most, one, n) => (one.span > spans[most].span ? n : most), 0);
    const { shift } = spans[widest];
    const [box] = boxes.splice(widest, 1);
    const values = box.map(([colour]) => sample(colour, shift));
    const middle = (Math.max(...values) + Math.min(...values)) / 2;
    boxes.push(box.filter((_, n) => values[n] <= middle), box.filter((_, n) => values[n] > middle));
  }
  const entries = new Map();
  boxes.forEach((box, n) => box.forEach(([colour]) => entries.set(colour, n)));
  return { colours: boxes.map(mean), entries };
}

const CRCS = Array.from({ length: 256 }, (_, n) => {
  let crc = n;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const crc = body.reduce((so, byte) => CRCS[(so ^ byte) & 0xff] ^ (so >>> 8), -1);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeInt32BE(~crc, 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

function write(width, height, pixels) {
  const { colours, entries } = palette(pixels);
  const lines = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) lines[y * (width + 1) + 1 + x] = entries.get(pixels[y * width + x]);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, PALETTE, 0, 0, 0], 8);
  const table = Buffer.from(colours.flatMap((colour) => SHIFTS.map((shift) => sample(colour, shift))));
  const data = zlib.deflateSync(lines, { level: 9, memLevel: 9 });
  return Buffer.concat([
    SIGNATURE, chunk("IHDR", header), chunk("PLTE", table), chunk("IDAT", data), chunk("IEND", Buffer.alloc(0)),
  ]);
}

exports.withPalette = (png) => {
  const { width, height, pixels } = read(png);
  return write(width, height, pixels);
};
