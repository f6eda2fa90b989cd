// Pages that ask more of a parser than ordinary ones: each has something that browsers put right, look for elsewhere or
// do not take for a picture at all. Addresses are told apart by their names; `x` ones are no pictures of the document.
// Left out, because we differ on purpose: UTF-8 that nothing declares (browsers garble it), a few letters that nothing
// declares (they can be anything), a `<base>` that does not parse (Chromium then finds no picture at all, the standard says
// that it counts for nothing), sources of types that are not cut here (SVG), and XHTML with mistakes, which ends there.

export interface HandmadePage {
  /** What is special about it. */
  name: string;
  /** Its bytes; a string is UTF-8. */
  body: string | Uint8Array;
  /** The `Content-Type`, if it is not plain `text/html`. */
  type?: string;
}

/** Text whose characters are its bytes. */
const bytes = (text: string) => Buffer.from(text, "latin1");

/** A byte order mark and UTF-16. */
const utf16 = (text: string, isBigEndian: boolean) => {
  const page = Buffer.from(`\ufeff${text}`, "utf16le");
  return isBigEndian ? page.swap16() : page;
};

// A lamp in two old encodings; in the address of a picture it shows which encoding the page was read in.
const LAMP_GBK = "\xb5\xc6";
const LAMP_SJIS = "\x93\x94";

const XMLNS = 'xmlns="http://www.w3.org/1999/xhtml"';
const XHTML = "application/xhtml+xml";

export const HANDMADE: HandmadePage[] = [
  { name: "unclosed tags", body: "<p><img src=1><p><b><i><img src=2 alt=two<img src=3><img src='4'><img src=5" },
  { name: "misnested tags", body: "<b><p><img src=1></b><img src=2></p><a><a><img src=3></a><img src=4></a>" },
  { name: "pictures put before their table", body: "<table><tr><td><img src=2></td></tr><img src=1><tr><img src=1b></table><img src=3>" },
  { name: "a table in a table", body: "<table><tr><td><table><img src=1><tr><td><img src=2></table></td><img src=0></tr></table>" },
  { name: "a caption and a column group", body: "<table><caption><img src=1></caption><colgroup><img src=0></colgroup><tr><th><img src=2></table>" },
  { name: "templates", body: "<template><img src=x><template><img src=x></template></template><img src=1><div><template><img src=x></template></div>" },
  { name: "a shadow root in the page", body: "<div><template shadowrootmode=open><img src=x></template><img src=1></div>" },
  { name: "noscript", body: "<head><noscript><img src=x></noscript></head><noscript><img src=x></noscript><img src=1 data-src=2>" },
  { name: "text that looks like a picture", body: "<!-- <img src=x> --><script>'<img src=x>'</script><style><img src=x></style><textarea><img src=x></textarea><xmp><img src=x></xmp><img src=1>" },
  { name: "a script that is never closed", body: "<img src=1><script>'<img src=x>'" },
  { name: "a script that opens a comment", body: "<script><!-- <script> '<img src=x>' </script> '<img src=x>' --></script><img src=1>" },
  { name: "plain text", body: "<img src=1><plaintext><img src=x>" },
  { name: "frames", body: "<iframe srcdoc='<img src=x>'></iframe><iframe><img src=x></iframe><noframes><img src=x></noframes><img src=1>" },
  { name: "a frameset", body: "<frameset><frame><img src=x></frameset><img src=x>" },
  { name: "a frameset after a picture", body: "<img src=1><frameset><frame></frameset><img src=2>" },
  { name: "svg and its images", body: "<svg><image href=x /><image xlink:href=x /><title><img src=1></title><img src=2><foreignObject><img src=3></foreignObject></svg><img src=4>" },
  { name: "pictures in foreignObject and in MathML", body: "<svg><foreignObject><img src=1><p><img src=2></foreignObject></svg><math><mi><img src=3></mi><annotation-xml encoding=text/html><img src=4></annotation-xml></math>" },
  { name: "the old image element", body: "<image src=1 alt=one><IMG SRC=2>" },
  { name: "inputs and objects", body: "<input type=image src=x><object data=x><img src=1></object><video poster=x><img src=2></video><audio><img src=3></audio><canvas><img src=4></canvas>" },
  { name: "a select and buttons", body: "<button><img src=1></button><button><button><img src=2></button></button>" },
  { name: "nested picture elements", body: "<picture><source srcset=a><picture><source srcset=b><img src=1></picture><img src=2></picture>" },
  { name: "sources after the picture", body: "<picture><img src=1><source srcset=x></picture><picture><div><source srcset=x></div><img src=2></picture>" },
  { name: "a source outside picture", body: "<source srcset=x><img src=1><div><source srcset=x><img src=2></div>" },
  { name: "two pictures in one picture element", body: "<picture><source srcset=a media=print><img src=1><source srcset=b><img src=2></picture>" },
  { name: "sources by type and media", body: "<picture><source type=image/nonsense srcset=n><source media='(max-width: 700px)' srcset='s 1x, s2 2x'><source media='(min-width: 1500px)' srcset='l 800w, l2 1600w' sizes=50vw><img src=1 srcset='2 2x'></picture>" },
  { name: "types of picture", body: ["jpeg", "jpg", "pjpeg", "png", "x-png", "apng", "gif", "webp", "avif", "bmp", "x-icon", "vnd.microsoft.icon", "nonsense", "PNG; x=y"].map((type) => `<picture><source type="image/${type}" srcset="${type} 2x"><img src=1></picture>`).join("") },
  { name: "types that are none", body: ["image", "", " ", "png", "text/html"].map((type, at) => `<picture><source type="${type}" srcset="s${at} 2x"><img src=1></picture>`).join("") },
  { name: "a large picture of an unknown type", body: "<picture><source type=image/nonsense srcset='n 4000w'><img src=1></picture>" },
  { name: "a large picture for print and one for no screen", body: "<picture><source media=print srcset='p 4000w'><source media='not all' srcset='q 4000w'><img src=1></picture>" },
  { name: "a source with an empty srcset", body: "<picture><source srcset><source srcset=' , '><source src=x><img src=1></picture>" },
  { name: "srcset without src", body: "<img srcset='1 1x, 2 2x'><img srcset='3 300w, 4 900w' sizes='(max-width: 800px) 100vw, 30vw'>" },
  { name: "commas in a srcset", body: "<img src=0 srcset='a,b 1x,c,d 2x'><img src=0 srcset='data:image/gif;base64,R0lGODlhAQABAAAAACw= 1x, e 2x'><img src=0 srcset='f,g,'>" },
  { name: "a srcset with mistakes", body: "<img src=0 srcset='a 0w, b -1x, c 2q, d 1x 1w, e 2x'><img src=0 srcset='f 100w 50h, g (x,y) 1x, h 200w'><img src=0 srcset=', ,'>" },
  { name: "a base after the picture", body: "<img src=pic/1><img srcset='pic/2 1x, pic/3 2x'><picture><source srcset=pic/4><img src=pic/5></picture><base href=/late/><img src=pic/6>" },
  { name: "a base that the parser meets before the picture", body: "<table><tr><td><base href=/late/></td></tr><img src=1></table>" },
  { name: "two bases", body: "<base target=_top><base href=/one/><base href=/two/><img src=1><img srcset=2>" },
  { name: "a base in the body and in a template", body: "<template><base href=/x/></template><body><div><base href=//localhost/in-body/></div><img src=1>" },
  { name: "a base of its own kind", body: "<base href='data:text/html,x'><img src=1>" },
  { name: "a base without a path", body: "<base href='?a#b'><img src=1><img src='?c'><img src='#d'>" },
  { name: "addresses that need tidying", body: "<img src=' 1\n'><img src='a b\t.png'><img src='//127.0.0.1:9/x/../y'><img src='\\back\\slash'><img src='%zz?ü#ü'><img src='HTTP://LOCALHOST:80/'>", type: "text/html; charset=utf-8" },
  { name: "pictures without an address", body: "<img><img src><img src=''><img src='  '><img alt=four><img src='http://['><img src=7>" },
  { name: "addresses of other kinds", body: "<img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='><img src=blob:http://127.0.0.1/1><img src='javascript:1'><img src='about:blank'>" },
  { name: "late-loading pictures", body: "<img data-src=l1><img src=1 data-srcset='l2 2x' data-original=l3><img loading=lazy src=2><picture><source data-srcset=l4><img data-lazy-src=l5></picture>" },
  { name: "one picture many times", body: "<img src=1 alt=a><img src=1 alt=b><img src=1#c><img src=1?><img src=1>" },
  { name: "attributes said twice and entities", body: "<img src=1 src=x alt='a &amp; b &lt;i>' SRC=x><img src='?a=1&copy=2&amp;b=3&lang=4'><img src=&#50;&NotEqualTilde;>" },
  { name: "zero bytes and odd characters", body: bytes("<img src=1\0><im\0g src=x><img/src=2/><img\x0csrc=3><img src=\"4\"alt=4>") },
  { name: "content after the end", body: "<html><body><img src=1></body></html><img src=2><html data-x><body><img src=3>" },
  { name: "pictures in the head", body: "<head><title>t</title><img src=1></head><body><img src=2>" },
  { name: "quirks", body: "<p><table><img src=1><tr><td></table><img src=2>" },
  { name: "standards", body: "<!doctype html><p><table><img src=1><tr><td></table><img src=2>" },
  { name: "deep nesting", body: `${"<div>".repeat(600)}<img src=1>${"</div>".repeat(590)}<img src=2>` },
  { name: "many formatting elements", body: `${"<b><i><u><p>".repeat(40)}<img src=1>${"</b>".repeat(30)}<img src=2>` },
  { name: "lists and headings left open", body: "<ul><li><img src=1><li><h1><img src=2><h2><img src=3><dl><dt><img src=4><dd><img src=5>" },
  { name: "a form in a form", body: "<form><img src=1><form><img src=2></form><img src=3></form><img src=4>" },
  { name: "rubies and a nobr", body: "<ruby><rb><img src=1><rt><img src=2><rp><img src=3></ruby><nobr><img src=4><nobr><img src=5>" },
  { name: "cdata and declarations", body: "<![CDATA[<img src=x1>]]><?php <img src=x2> ?><svg><![CDATA[<img src=x>]]></svg><img src=1>" },
  { name: "a picture made of another element", body: "<div is=img src=x></div><img is=x-img src=1><imgx src=x><x-img src=x></x-img>" },
  { name: "UTF-8 by the header", body: "<img src='1?灯' alt=灯>", type: "text/html; charset=utf-8" },
  { name: "GBK by the header", body: bytes(`<img src='1?${LAMP_GBK}' alt=${LAMP_GBK}>`), type: "text/html; charset=gbk" },
  { name: "GBK by its meta", body: bytes(`<meta charset=gb2312><img src='1?${LAMP_GBK}' alt=${LAMP_GBK}>`) },
  { name: "Shift_JIS by a pragma", body: bytes(`<meta http-equiv=content-type content='text/html; charset=Shift_JIS'><img src='1?${LAMP_SJIS}' alt=${LAMP_SJIS}>`) },
  { name: "the header against the meta", body: bytes(`<meta charset=utf-8><img src='1?${LAMP_SJIS}'>`), type: "text/html; charset=shift_jis" },
  { name: "a byte order mark against the header", body: "\ufeff<img src='1?灯' alt=灯>", type: "text/html; charset=gbk" },
  { name: "UTF-16 little-endian", body: utf16("<img src='1?灯' alt=灯>", false) },
  { name: "UTF-16 big-endian against the header", body: utf16("<img src='1?灯' alt=灯>", true), type: "text/html; charset=gbk" },
  { name: "UTF-16 in the meta of an ASCII page", body: "<meta charset=utf-16><img src='1?é' alt=é>" },
  { name: "an encoding that does not exist", body: bytes(`<meta charset=gbk><img src='1?${LAMP_GBK}'>`), type: "text/html; charset=nonsense" },
  { name: "a meta in a comment", body: bytes(`<!-- <meta charset=shift_jis> --><meta charset=gbk><img src='1?${LAMP_GBK}'>`) },
  { name: "a late meta in the head", body: bytes(`<head><title>${"a".repeat(1500)}</title><meta charset=gbk></head><img src='1?${LAMP_GBK}'>`) },
  { name: "a late meta after a script and a style", body: bytes(`<script>"<p>${"a".repeat(2000)}"</script><style>${"b".repeat(900)}</style><meta charset=gbk><img src='1?${LAMP_GBK}'>`) },
  { name: "a late meta in the body", body: bytes(`<p>${"a".repeat(1500)}</p><meta charset=gbk><p>na\xefve caf\xe9 d\xe9j\xe0 vu, fran\xe7ais</p><img src='1?\xe9'>`) },
  { name: "windows-1252 without a word", body: bytes("<p>na\xefve caf\xe9 d\xe9j\xe0 vu, fran\xe7ais</p><img src='1?\xe9' alt=\xe9>") },
  { name: "an encoding with escapes", body: bytes("<meta charset=iso-2022-jp><img src='1?\x1b$BEt\x1b(B' alt='\x1b$BEt\x1b(B'>") },
  { name: "Shift_JIS without a word", body: bytes("<title>\x93\xfa\x96{\x8c\xea\x82\xcc\x83y\x81[\x83W</title><p>\x82\xb1\x82\xea\x82\xcd\x93\xfa\x96{\x8c\xea\x82\xcc\x95\xb6\x8f\xcd\x82\xc5\x82\xb7\x81B\x8e\xca\x90^\x82\xf0\x82\xb2\x97\x97\x82\xad\x82\xbe\x82\xb3\x82\xa2\x81B</p><img src='1?\x93\x94'>") },
  { name: "GBK without a word", body: bytes("<title>\xd6\xd0\xce\xc4\xcd\xf8\xd2\xb3</title><p>\xd5\xe2\xca\xc7\xd2\xbb\xb8\xf6\xd6\xd0\xce\xc4\xcd\xf8\xd2\xb3\xa3\xac\xc0\xef\xc3\xe6\xd3\xd0\xcd\xbc\xc6\xac</p><img src='1?\xb5\xc6'>") },
  { name: "an XML declaration in HTML", body: bytes(`<?xml version="1.0" encoding="gbk"?><img src='1?${LAMP_GBK}' alt=${LAMP_GBK}>`) },
  { name: "an XML declaration against the meta", body: bytes(`<?xml version="1.0" encoding="gbk"?><meta charset=shift_jis><img src='1?${LAMP_SJIS}'>`) },
  { name: "XHTML", body: `<?xml version="1.0"?><html ${XMLNS}><head><title/><style/><script src="a"/></head><body><iframe src="x"/><img src="1" alt="one"/><p/><img src="2"/></body></html>`, type: XHTML },
  { name: "XHTML with noscript, template and other namespaces", body: `<html ${XMLNS}><head><title>a</title></head><body><noscript><img src="1"/></noscript><template><img src="x"/></template><IMG src="x"/><svg xmlns="http://www.w3.org/2000/svg"><image href="x"/></svg><x:img xmlns:x="http://www.w3.org/1999/xhtml" src="2"/><div xmlns=""><img src="x"/></div><script><![CDATA[ "<img/>" ]]></script><picture><source srcset="3 2x"/><img src="4"/></picture></body></html>`, type: XHTML },
  { name: "XHTML in GBK", body: bytes(`<?xml version="1.0" encoding="gbk"?><html ${XMLNS}><body><img src="1?${LAMP_GBK}" alt="${LAMP_GBK}"/></body></html>`), type: XHTML },
  { name: "XHTML that says nothing of its characters", body: `<html ${XMLNS}><head><meta charset="gbk"/></head><body><img src="1?灯" alt="灯"/></body></html>`, type: XHTML },
  { name: "XHTML with a base after the picture", body: `<html ${XMLNS}><body><img src="1"/><base href="/late/"/><img src="2"/></body></html>`, type: XHTML },
  { name: "characters that the encoding cannot write", body: bytes("<meta charset=windows-1252><img src='1?&#28783;'>") },
];

/** `srcset`s whose candidates browsers and we must read alike: the smallest and the largest are compared. */
export const SRCSETS: string[] = [
  "a 100w, b 900w, c 400w",
  "a 100w,b 900w,c 400w",
  "a, b 2x, c 3x",
  "a 1x, b 1x, c 2x, d 2x",
  "a 100w, b 100w, c 200w, d 200w",
  "a,b 100w, c,d 300w",
  "a 100w 20h, b 20h 900w, c 50h",
  "a 1x 20h, b 2x",
  "a 0w, b 10w, c 20W, d 20w",
  "a +10w, b 10.5w, c 1e2w, d 7w",
  "a 1.x, b .5x, c 2e0x, d 1e400x, e +3x",
  "a (1, 2) 9x, b 1x, c (3x), d 2x",
  "a 100w (, b 200w), c 300w",
  "a\t100w\n,\rb\f200w",
  "a\u00a0100w 100w, b 200w",
  "a 100w 100w, b 50w 2x, c 2x 50w, d 60w",
  ",,,a 100w,,,b 200w,,,",
  "a 99999999999w, b 5w",
  "a -0x, b 1x",
  "a NaNx, b Infinityx, c 1x, d 0x10x",
];
