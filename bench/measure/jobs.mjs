// What is measured: for each job a picture, a part of it, and everyone who can cut it. The part is the middle fifth of
// each side (x = y = 40 %, w = h = 20 %), written as a JPEG of quality 85; an animation stays one.
//
// "warm" stands for a library in a process that runs already, bytes in and bytes out; the others are whole processes.
import path from "node:path";
import { process_, warm } from "./contenders.mjs";
import { corpus, cutline, fetches, here, out, peers, tool, warm as engine } from "./places.mjs";
import { services } from "./services.mjs";

const REGION = "xywh=percent:40,40,20,20";

export function jobs(host) {
  return [
    baseline("baseline 12 MP", "j12.jpg", 4032, 3024),
    baseline("baseline 24 MP", "j24.jpg", 6000, 4000),
    baseline("baseline 100 MP", "j100.jpg", 11648, 8736),
    { ...baseline("progressive 24 MP", "j24p.jpg", 6000, 4000), group: "progressive" },
    baseline("restart markers 24 MP", "j24dri.jpg", 6000, 4000),
    baseline("4:4:4 24 MP", "j24_444.jpg", 6000, 4000),
    lossless("lossless 24 MP", "j24.jpg", 6000, 4000),
    memory("streamed 100 MP", "j100.jpg"),
    other("PNG 24 MP", "png", "p24.png", 6000, 4000, ["sharp", "vips", "gm", "pillow"]),
    other("WebP 12 MP", "webp", "w12.webp", 4032, 3024, ["sharp", "vips", "gm", "pillow"]),
    other("AVIF 12 MP", "avif", "a12.avif", 4032, 3024, ["sharp", "avifdec"]),
    animation("GIF 60 frames", "a.gif", 480, 360),
    http("HTTP 24 MP", host, "j24.jpg", 6000, 4000),
    fetching("fetch 10 MB, kept", "whole", `http://${host}/10MB`),
    fetching("fetch 10 MB, dropped", "pieces", `http://${host}/10MB`),
  ];
}

function part(width, height) {
  const [left, top] = [Math.round(width * 0.4), Math.round(height * 0.4)];
  return { left, top, width: Math.round(width * 0.6) - left, height: Math.round(height * 0.6) - top };
}

const ours = (file, ...how) =>
  process_("cutline", [cutline, "crop", file, REGION, path.join(out, "cutline.jpg"), ...how]);
const oursWarm = (file, format) => warm("cutline, warm", [engine, file, REGION, "85", format]);

function peer(name, file, { left, top, width, height }) {
  const result = path.join(out, `${name}.jpg`);
  const box = `${width}x${height}+${left}+${top}`;
  const sharp = path.join(here, "contenders/sharp.mjs");
  const pillow = path.join(here, "contenders/pillow.py");
  const made = {
    sharp: () =>
      warm("sharp, warm", [process.execPath, sharp, file, left, top, width, height].map(String), {
        BENCH_NPM: path.join(peers, "npm"),
      }),
    vips: () =>
      process_("vips", [tool("vips"), "crop", `${file}[access=sequential]`, `${result}[Q=85]`, left, top, width, height].map(String)),
    jpegtran: () => process_("jpegtran", [tool("jpegtran"), "-copy", "none", "-crop", box, "-outfile", result, file]),
    djpeg: () =>
      process_("djpeg, cjpeg", ["sh", "-c", '"$0" -crop "$1" "$2" | "$3" -quality 85 -outfile "$4"',
        tool("djpeg"), box, file, tool("cjpeg"), result]),
    gm: () => process_("GraphicsMagick", [tool("gm"), "convert", file, "-crop", box, "-quality", "85", result]),
    convert: () => process_("ImageMagick", [tool("convert"), file, "-crop", box, "+repage", "-quality", "85", result]),
    pillow: () =>
      process_("Pillow", [path.join(peers, "python/bin/python"), pillow, file, result, left, top, left + width, top + height].map(String)),
    avifdec: () => process_("avifdec", [tool("avifdec"), "-j", "1", "-c", "dav1d", file, path.join(out, "avifdec.y4m")]),
  };
  return made[name]();
}

function baseline(name, picture, width, height) {
  const names = ["sharp", "vips", "djpeg", "jpegtran", "gm", "convert", "pillow"];
  return other(name, "jpeg", picture, width, height, names);
}

function other(name, group, picture, width, height, names) {
  const file = path.join(corpus, picture);
  const contenders = [ours(file, "--quality", "85"), oursWarm(file, "jpeg"), ...names.map((peerName) => peer(peerName, file, part(width, height)))];
  return { name, group, contenders };
}

function lossless(name, picture, width, height) {
  const file = path.join(corpus, picture);
  const contenders = [ours(file, "--lossless"), oursWarm(file, "lossless"), peer("jpegtran", file, part(width, height))];
  return { name, group: "lossless", contenders };
}

/** The picture comes in over a pipe's end, as a fetch brings it; what the program holds before it begins is subtracted. */
function memory(name, picture) {
  const file = path.join(corpus, picture);
  const command = [cutline, "crop", "-", REGION, path.join(out, "streamed.jpg"), "--quality", "85"];
  const contenders = [process_("cutline", command, file), process_("cutline --version", [cutline, "--version"])];
  return { name, group: "memory", contenders };
}

function animation(name, picture, width, height) {
  const file = path.join(corpus, picture);
  return { name, group: "gif", contenders: [oursWarm(file, "gif"), peer("sharp", file, part(width, height))] };
}

/** The guarded fetcher against a plain client of the same language, ten times one after the other. */
function fetching(name, how, url) {
  const contender = (client) => warm(client, [fetches, client, how, url]);
  return { name, group: "fetch", contenders: [contender("cutline"), contender("reqwest")] };
}

function http(name, host, picture, width, height) {
  return { name, group: "http", contenders: services(host, picture, part(width, height)) };
}
