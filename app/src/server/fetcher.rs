//! `/about/fetcher`: what comes to other people's servers from here, and how they keep their pictures out.
//!
//! The fetcher's User-Agent names this page, so whoever finds it in a log is told in one place. The page says what the
//! code does: `fetch/page/wishes.rs`, `fetch/reservations.rs` and `fetch/exchange.rs` in the engine.

use leptos::prelude::*;

use super::document::{Head, Locale};
use crate::language::Language;

/// What the page says of this site's fetcher.
#[derive(Clone, Debug)]
pub struct FetcherView {
    /// What it calls itself.
    pub user_agent: String,
    /// Whether `noimageindex` and TDM reservations are kept.
    pub respects_reservations: bool,
}

struct Words {
    title: &'static str,
    lead: &'static str,
    manner: &'static str,
    name: &'static str,
    ways: &'static str,
    element: &'static str,
    page: &'static str,
    server: &'static str,
    reserved: &'static str,
    refused: &'static str,
}

const ELEMENT: [&str; 4] = ["data-cutline=\"off\"", "data-pin-nopin", "data-nopin", "nopin"];
const PAGE: [&str; 2] =
    ["<meta name=\"cutline\" content=\"off\">", "<meta name=\"pinterest\" content=\"nopin\">"];
const SERVER: [&str; 1] = ["X-Cutline: none"];
const RESERVED: [&str; 4] = [
    "X-Robots-Tag: noimageindex",
    "<meta name=\"robots\" content=\"noimageindex\">",
    "TDM-Reservation: 1",
    "<meta name=\"tdm-reservation\" content=\"1\">",
];

pub(super) fn fetcher(locale: &Locale, view: FetcherView) -> (Head, AnyView) {
    let words = Words::of(locale.language);
    let way = |text: &'static str, codes: &'static [&'static str]| {
        let codes = codes.iter().map(|code| view! { <li><code dir="ltr">{*code}</code></li> }).collect_view();
        view! { <p>{text}</p><ul>{codes}</ul> }
    };
    let reserved = view.respects_reservations.then(|| way(words.reserved, &RESERVED));
    let head =
        Head { title: words.title.to_owned(), description: Some(words.lead.to_owned()), ..Head::default() };
    let body = view! {
        <h1>{words.title}</h1>
        <p class="lead">{words.lead}</p>
        <p>{words.manner}</p>
        <p>{words.name} " " <code dir="ltr">{view.user_agent}</code></p>
        <h2>{words.ways}</h2>
        {way(words.element, &ELEMENT)}
        {way(words.page, &PAGE)}
        {way(words.server, &SERVER)}
        {reserved}
        <p>{words.refused}</p>
    };
    (head, body.into_any())
}

impl Words {
    fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &ENGLISH,
            Language::SimplifiedChinese => &CHINESE,
            Language::Arabic => &ARABIC,
        }
    }
}

static ENGLISH: Words = Words {
    title: "The fetcher",
    lead: "When a visitor of this site shares a part of a picture, its server fetches that picture, or the page that it is on, cuts the part out and shows it with a link to where it is from.",
    manner: "It comes when a visitor asks for it, and follows no links by itself. It sends no cookies, no referrer and nothing about the visitor. A whole picture may be kept for a while, as far as its Cache-Control allows.",
    name: "It calls itself:",
    ways: "How to keep pictures out",
    element: "One picture, by an attribute of it; the first of these also keeps out everything inside an element:",
    page: "All pictures of a page, in its head:",
    server: "What is at one address, page or picture, by a header of the answer:",
    reserved: "Reservations are kept as well; the visitor is told to share a link instead:",
    refused: "A server that refuses it by its name is obeyed too: no other name is tried.",
};

static CHINESE: Words = Words {
    title: "抓取程序",
    lead: "本站的访客分享图片的一部分时，服务器会获取这张图片或它所在的页面，剪下这一部分，并附上指向来源的链接。",
    manner: "它只在访客请求时访问，不会自行跟随链接；不发送 Cookie、来源页地址，也不发送任何访客信息。在图片的 Cache-Control 允许的范围内，完整的图片可能会暂时保存。",
    name: "它的名称是：",
    ways: "如何不让图片被分享",
    element: "单张图片：加上以下任一属性；其中第一个写在任何元素上，还会排除该元素内的全部内容：",
    page: "整个页面的图片：写在页面的 head 中：",
    server: "某个地址上的页面或图片：写在响应头中：",
    reserved: "以下保留声明同样会被遵守，访客会被告知改为分享链接：",
    refused: "服务器按名称拒绝它时，它会遵守，不会换用其他名称。",
};

static ARABIC: Words = Words {
    title: "برنامج الجلب",
    lead: "عندما يشارك زائر لهذا الموقع جزءًا من صورة، يجلب الخادم تلك الصورة أو الصفحة التي هي فيها، ويقص الجزء ويعرضه مع رابط إلى مصدره.",
    manner: "لا يأتي إلا عندما يطلب زائر ذلك، ولا يتبع الروابط من تلقاء نفسه، ولا يرسل ملفات تعريف الارتباط ولا عنوان الصفحة المحيلة ولا شيئًا عن الزائر. وقد تُحفظ صورة كاملة لبعض الوقت بقدر ما تسمح به ترويسة Cache-Control.",
    name: "اسمه:",
    ways: "كيف تمنع مشاركة الصور",
    element: "صورة واحدة بإضافة إحدى هذه السمات إليها، والأولى منها تستثني أيضًا كل ما بداخل العنصر:",
    page: "كل صور الصفحة، في رأسها:",
    server: "ما يوجد في عنوان واحد، صفحة كان أو صورة، بترويسة في الرد:",
    reserved: "تُحترم هذه التحفظات أيضًا، ويُطلب من الزائر أن يشارك رابطًا بدلًا من الصورة:",
    refused: "وإذا رفضه خادم باسمه امتثل لذلك ولم يجرب اسمًا آخر.",
};
