//! The words of the hosted pages, in each language. The overlay's own are in `language.rs`, which the browser loads.

use crate::language::Language;

/// The pages' words in one language.
pub(super) struct Words {
    pub(super) skip: &'static str,
    pub(super) site: &'static str,
    pub(super) languages: &'static str,
    pub(super) galleries: &'static str,
    pub(super) board: &'static str,
    pub(super) board_about: &'static str,
    pub(super) board_empty: &'static str,
    pub(super) share_of: &'static str,
    pub(super) older: &'static str,
    pub(super) newest: &'static str,
    pub(super) pages: &'static str,
    pub(super) about: &'static str,
    pub(super) how: &'static str,
    pub(super) a_part: &'static str,
    pub(super) just_shared: &'static str,
    pub(super) from: &'static str,
    pub(super) in_context: &'static str,
    pub(super) whole_picture: &'static str,
    pub(super) shared_to: &'static str,
    pub(super) compose: &'static str,
    pub(super) which_part: &'static str,
    pub(super) show: &'static str,
    pub(super) back: &'static str,
}

impl Words {
    pub(super) fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &ENGLISH,
            Language::SimplifiedChinese => &CHINESE,
            Language::Arabic => &ARABIC,
        }
    }
}

static ENGLISH: Words = Words {
    skip: "Skip to the content",
    site: "Site",
    languages: "Languages",
    galleries: "Galleries",
    board: "Board",
    board_about: "Parts of pictures that visitors of this site have shared.",
    board_empty: "Nothing has been shared yet. Rest the pointer on a picture of a gallery, select a part and share it here.",
    share_of: "Share {id}",
    older: "Older",
    newest: "Newest",
    pages: "Pages of the board",
    about: "Share a part of a picture: select it where it stands, and post just that.",
    how: "Rest the pointer on a picture, or press “Share a part”: select what you want to show, and share just that.",
    a_part: "A part of a picture",
    just_shared: "Shared.",
    from: "From",
    in_context: "In context",
    whole_picture: "The whole picture, with the shared part marked",
    shared_to: "Shared to",
    compose: "Share a part of a picture",
    which_part: "Which part, in percent of the picture",
    show: "Show this part",
    back: "To the galleries",
};

static CHINESE: Words = Words {
    skip: "跳到内容",
    site: "网站",
    languages: "语言",
    galleries: "图库",
    board: "公告板",
    board_about: "本站访客分享的图片局部。",
    board_empty: "还没有人分享。把指针停在图库的一张图片上,选出一部分并分享到这里。",
    share_of: "分享 {id}",
    older: "更早",
    newest: "最新",
    pages: "公告板的页面",
    about: "分享图片的一部分:在原处选取,只发布这一部分。",
    how: "把指针停在图片上,或按“分享局部”:选出想展示的部分,只分享它。",
    a_part: "图片的一部分",
    just_shared: "已分享。",
    from: "来自",
    in_context: "在原图中",
    whole_picture: "整张图片,标出了分享的部分",
    shared_to: "分享到",
    compose: "分享图片的一部分",
    which_part: "哪一部分(占图片的百分比)",
    show: "显示这一部分",
    back: "返回图库",
};

static ARABIC: Words = Words {
    skip: "انتقل إلى المحتوى",
    site: "الموقع",
    languages: "اللغات",
    galleries: "المعارض",
    board: "اللوحة",
    board_about: "أجزاء من صور شاركها زوار هذا الموقع.",
    board_empty: "لم يُشارك شيء بعد. ضع المؤشر على صورة في معرض، وحدد جزءًا منها وشاركه هنا.",
    share_of: "مشاركة {id}",
    older: "الأقدم",
    newest: "الأحدث",
    pages: "صفحات اللوحة",
    about: "شارك جزءًا من صورة: حدده في مكانه وانشره وحده.",
    how: "ضع المؤشر على صورة أو اضغط «مشاركة جزء»، ثم حدد ما تريد عرضه وشاركه وحده.",
    a_part: "جزء من صورة",
    just_shared: "تمت المشاركة.",
    from: "من",
    in_context: "في سياقه",
    whole_picture: "الصورة كاملة مع تمييز الجزء المشارك",
    shared_to: "شورك إلى",
    compose: "مشاركة جزء من صورة",
    which_part: "أي جزء، بالنسبة المئوية من الصورة",
    show: "عرض هذا الجزء",
    back: "إلى المعارض",
};
