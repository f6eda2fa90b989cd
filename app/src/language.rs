//! The languages Cutline speaks, and every word of the overlay in each of them: long, since each language is read as a whole.
//!
//! A plain table: the overlay is also used on sites that bring their own translations, so it must not drag in a
//! translation crate. The words of the hosted pages stand in `server/words.rs`, which the browser never loads.

use cutline_model::{Problem, ProblemCode};
use serde::{Deserialize, Serialize};

use crate::overlay::selection::Handle;

/// A language of the visitor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Simplified Chinese.
    SimplifiedChinese,
    /// Arabic, written from right to left.
    Arabic,
}

impl Language {
    /// All of them, in the order of the language switch.
    pub const ALL: [Self; 3] = [Self::English, Self::SimplifiedChinese, Self::Arabic];

    /// The language of a BCP 47 tag such as `zh-CN`, when it is one of ours.
    #[must_use]
    pub fn of_tag(tag: &str) -> Option<Self> {
        match tag.split('-').next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "en" => Some(Self::English),
            "zh" => Some(Self::SimplifiedChinese),
            "ar" => Some(Self::Arabic),
            _ => None,
        }
    }

    /// The best of ours for an `Accept-Language` header; English when none fits.
    #[must_use]
    pub fn accepted(header: &str) -> Self {
        let quality = |entry: &str| {
            entry.split_once(";q=").map_or(1.0, |(_, q)| q.trim().parse::<f64>().unwrap_or(0.0))
        };
        let mut best = (0.0, Self::English);
        for entry in header.split(',') {
            let tag = entry.split(';').next().unwrap_or_default().trim();
            if let Some(language) = Self::of_tag(tag)
                && quality(entry) > best.0
            {
                best = (quality(entry), language);
            }
        }
        best.1
    }

    /// Its BCP 47 tag, for the `lang` attribute.
    #[must_use]
    pub fn tag(self) -> &'static str {
        self.labels().tag
    }

    /// The direction it is written in, for the `dir` attribute.
    #[must_use]
    pub fn direction(self) -> &'static str {
        self.labels().direction
    }

    /// Its own name.
    #[must_use]
    pub fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::SimplifiedChinese => "简体中文",
            Self::Arabic => "العربية",
        }
    }

    /// The overlay's words.
    #[must_use]
    pub fn labels(self) -> &'static Labels {
        match self {
            Self::English => &ENGLISH,
            Self::SimplifiedChinese => &CHINESE,
            Self::Arabic => &ARABIC,
        }
    }
}

/// The overlay's words in one language. `{…}` stands for what is filled in.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "each word explains itself; what is filled in stands in braces")]
pub struct Labels {
    /// The BCP 47 tag of the language that the words are in, for the `lang` attribute: by it they are read aloud.
    pub tag: &'static str,
    /// The direction they are written in, `ltr` or `rtl`, for the `dir` attribute.
    pub direction: &'static str,
    pub opener: &'static str,
    pub dialog: &'static str,
    pub selection: &'static str,
    pub selection_help: &'static str,
    pub corner_help: &'static str,
    pub handles: [&'static str; 8],
    pub from_left: &'static str,
    pub from_top: &'static str,
    pub pixels: &'static str,
    pub spoken: &'static str,
    pub description: &'static str,
    pub alt: &'static str,
    pub alt_help: &'static str,
    pub too_long: &'static str,
    pub targets: &'static str,
    pub tools: &'static str,
    pub shape: &'static str,
    pub free: &'static str,
    pub original: &'static str,
    pub corners: &'static str,
    pub first_corner: &'static str,
    pub second_corner: &'static str,
    pub taken_corner: &'static str,
    pub out_of_sight: &'static str,
    pub another_picture: &'static str,
    pub undo: &'static str,
    pub redo: &'static str,
    pub numbers: &'static str,
    pub percent: &'static str,
    pub percent_sign: &'static str,
    pub in_pixels: &'static str,
    pub px: &'static str,
    pub less: &'static str,
    pub more: &'static str,
    pub left: &'static str,
    pub top: &'static str,
    pub width: &'static str,
    pub height: &'static str,
    pub whole: &'static str,
    pub share: &'static str,
    pub sharing: &'static str,
    pub fetching: &'static str,
    pub cutting: &'static str,
    pub close: &'static str,
    pub details: &'static str,
    pub no_target: &'static str,
    pub offline: &'static str,
    pub shared: &'static str,
    pub share_page: &'static str,
    pub queued: &'static str,
    pub sending: &'static str,
    pub posted: &'static str,
    pub failed: &'static str,
    pub unknown: &'static str,
    pub uploaded: &'static str,
    pub published: &'static str,
    pub step: &'static str,
    pub see_post: &'static str,
    pub delete: &'static str,
    pub retry: &'static str,
    pub retry_all: &'static str,
    pub copy_link: &'static str,
    pub copy_attribution: &'static str,
    pub copied: &'static str,
    pub copy_picture: &'static str,
    pub picture_copied: &'static str,
    pub not_allowed: &'static str,
    pub save_picture: &'static str,
    pub other_app: &'static str,
    pub board: &'static str,
    pub quoted: &'static str,
    pub elsewhere: &'static str,
    pub my_accounts: &'static str,
    pub connect_again: &'static str,
    /// What is said in a target's line, after its name: without places to fill, as the next three.
    pub shortened: &'static str,
    pub alt_shortened: &'static str,
    pub alt_in_text: &'static str,
    pub made_smaller: &'static str,
    /// What kinds of problem are called, in the order of [`Labels::problem`]; `None` shows the server's English words.
    pub problems: Option<[&'static str; 11]>,
}

impl Labels {
    /// The name of a handle.
    #[must_use]
    pub fn handle(&self, handle: Handle) -> &'static str {
        Handle::ALL.iter().zip(self.handles).find(|(one, _)| **one == handle).map_or("", |(_, label)| label)
    }

    /// What to tell the visitor about a problem: the server's own words in English, else the same by its code.
    #[must_use]
    pub fn problem(&self, problem: &Problem) -> String {
        let Some(
            [
                request,
                missing,
                changed,
                unsupported,
                too_large,
                kept_out,
                reserved,
                origin,
                slow,
                busy,
                internal,
            ],
        ) = self.problems
        else {
            return problem.detail.clone();
        };
        match problem.code {
            ProblemCode::Malformed
            | ProblemCode::InvalidField
            | ProblemCode::InvalidParameter
            | ProblemCode::UnknownTarget
            | ProblemCode::IdempotencyConflict
            | ProblemCode::TooLarge
            | ProblemCode::WrongKey
            | ProblemCode::CrossSite => request,
            ProblemCode::NotFound | ProblemCode::Gone | ProblemCode::PictureNotFound => missing,
            ProblemCode::PictureChanged => changed,
            ProblemCode::PictureUnsupported => unsupported,
            ProblemCode::PictureTooLarge => too_large,
            ProblemCode::KeptOut => kept_out,
            ProblemCode::Reserved => reserved,
            ProblemCode::OriginUnreachable | ProblemCode::OriginRefused => origin,
            ProblemCode::OriginTimeout => slow,
            ProblemCode::Busy | ProblemCode::TooMany => busy,
            ProblemCode::Internal => internal,
        }
        .to_owned()
    }
}

/// `text` with each `{name}` replaced by its value.
#[must_use]
pub fn fill(text: &str, values: &[(&str, &str)]) -> String {
    values.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

/// The words in English.
pub const ENGLISH: Labels = Labels {
    tag: "en",
    direction: "ltr",
    opener: "Share a part",
    dialog: "Share a part of: {title}",
    selection: "Selection",
    selection_help: "Arrow keys move it by one pixel, with Shift by ten, with Control to the edge. Tab leads to its handles.",
    corner_help: "Arrow keys move it by one pixel, with Shift by ten, with Control to the edge. Enter takes it up: then press on the picture where it goes.",
    handles: [
        "Resize from the top left corner",
        "Resize from the top edge",
        "Resize from the top right corner",
        "Resize from the right edge",
        "Resize from the bottom right corner",
        "Resize from the bottom edge",
        "Resize from the bottom left corner",
        "Resize from the left edge",
    ],
    from_left: "{percent} percent from the left",
    from_top: "{percent} percent from the top",
    pixels: "{width} × {height} pixels",
    spoken: "{width} percent wide, {height} percent high, {left} percent from the left, {top} percent from the top",
    description: "Description",
    alt: "Alt text",
    alt_help: "What the part shows, for people who cannot see it",
    too_long: "{count} characters too many",
    targets: "Share to",
    tools: "Adjust the selection",
    shape: "Shape",
    free: "Free",
    original: "As the picture",
    corners: "Set two corners",
    first_corner: "Press on the picture where one corner goes.",
    second_corner: "Now press where the opposite corner goes.",
    taken_corner: "Press on the picture where this corner goes.",
    out_of_sight: "The picture is out of sight. What you selected and wrote is kept.",
    another_picture: "The page shows another picture now. Press Share once more to share a part of it. {title}",
    undo: "Undo",
    redo: "Redo",
    numbers: "Exact numbers",
    percent: "Percent",
    percent_sign: "%",
    in_pixels: "Pixels",
    px: "px",
    less: "less",
    more: "more",
    left: "Left",
    top: "Top",
    width: "Width",
    height: "Height",
    whole: "Whole picture",
    share: "Share",
    sharing: "Sharing…",
    fetching: "Fetching the picture…",
    cutting: "Cutting out the part…",
    close: "Close",
    details: "Details",
    no_target: "Choose where to share.",
    offline: "This site cannot be reached. Check your connection and try again; nothing is posted twice.",
    shared: "Shared",
    share_page: "Open the share page",
    queued: "waiting",
    sending: "sending",
    posted: "posted",
    failed: "failed",
    unknown: "not certain",
    uploaded: "picture uploaded",
    published: "post sent",
    step: "{state} ({step})",
    see_post: "See the post",
    delete: "Delete this share …",
    retry: "Try again",
    retry_all: "Try all again",
    copy_link: "Copy the link",
    copy_attribution: "Copy link and credit",
    copied: "The link is copied.",
    copy_picture: "Copy the picture",
    picture_copied: "The picture is copied.",
    not_allowed: "The browser did not allow it.",
    save_picture: "Save the picture",
    other_app: "Another app…",
    board: "Board",
    quoted: "This part was shared",
    elsewhere: "Share elsewhere…",
    my_accounts: "My accounts",
    connect_again: "Connect again",
    shortened: "The text will be shortened.",
    alt_shortened: "The alt text will be shortened.",
    alt_in_text: "No field for alt text there; it will stand in the text.",
    made_smaller: "The picture will be made smaller.",
    problems: None,
};

/// The words in Simplified Chinese.
pub const CHINESE: Labels = Labels {
    tag: "zh-Hans",
    direction: "ltr",
    opener: "分享局部",
    dialog: "分享图片的一部分：{title}",
    selection: "选区",
    selection_help: "方向键移动一个像素，按住 Shift 移动十个像素，按住 Control 移到边缘。按 Tab 键可到各个控制点。",
    corner_help: "方向键移动一个像素，按住 Shift 移动十个像素，按住 Control 移到边缘。按 Enter 键拿起它，再在图片上点按它的新位置。",
    handles: [
        "从左上角调整大小",
        "从上边调整大小",
        "从右上角调整大小",
        "从右边调整大小",
        "从右下角调整大小",
        "从下边调整大小",
        "从左下角调整大小",
        "从左边调整大小",
    ],
    from_left: "距左边 {percent}%",
    from_top: "距上边 {percent}%",
    pixels: "{width} × {height} 像素",
    spoken: "宽 {width}%，高 {height}%，距左边 {left}%，距上边 {top}%",
    description: "描述",
    alt: "替代文字",
    alt_help: "为看不到图片的人说明这部分的内容",
    too_long: "超出 {count} 个字符",
    targets: "分享到",
    tools: "调整选区",
    shape: "比例",
    free: "自由",
    original: "与图片相同",
    corners: "点选两个角",
    first_corner: "请在图片上点一下，定下一个角。",
    second_corner: "再点一下，定下对角。",
    taken_corner: "请在图片上点一下，定下这个角的位置。",
    out_of_sight: "图片暂时看不到。选区和文字都已保留。",
    another_picture: "页面现在显示的是另一张图片。若要分享它的一部分，请再按一次“分享”。{title}",
    undo: "撤销",
    redo: "重做",
    numbers: "精确数值",
    percent: "百分比",
    percent_sign: "%",
    in_pixels: "像素",
    px: "像素",
    less: "减少",
    more: "增加",
    left: "左",
    top: "上",
    width: "宽",
    height: "高",
    whole: "整张图片",
    share: "分享",
    sharing: "正在分享…",
    fetching: "正在获取图片…",
    cutting: "正在裁剪…",
    close: "关闭",
    details: "详细内容",
    no_target: "请选择分享到哪里。",
    offline: "无法连接到本站。请检查网络后再试一次，不会重复发布。",
    shared: "已分享",
    share_page: "打开分享页面",
    queued: "等待中",
    sending: "发送中",
    posted: "已发布",
    failed: "失败",
    unknown: "不确定",
    uploaded: "图片已上传",
    published: "帖子已发出",
    step: "{state}（{step}）",
    see_post: "查看帖子",
    delete: "删除这个分享…",
    retry: "重试",
    retry_all: "全部重试",
    copy_link: "复制链接",
    copy_attribution: "复制链接和署名",
    copied: "链接已复制。",
    copy_picture: "复制图片",
    picture_copied: "图片已复制。",
    not_allowed: "浏览器不允许此操作。",
    save_picture: "保存图片",
    other_app: "其他应用…",
    board: "公告板",
    quoted: "这一部分曾被分享",
    elsewhere: "分享到别处…",
    my_accounts: "我的账号",
    connect_again: "重新连接",
    shortened: "文字将被缩短。",
    alt_shortened: "替代文字将被缩短。",
    alt_in_text: "那里没有替代文字栏，将写在正文中。",
    made_smaller: "图片将缩小。",
    problems: Some([
        "请求有误，请检查选区、文字和分享目标。",
        "找不到这张图片。",
        "图片已经改变，请重新加载页面后再选择。",
        "这不是可以裁剪的图片。",
        "图片太大。",
        "图片的所有者不希望它被分享，请改为分享其页面的链接。",
        "图片的所有者保留了权利，因此不能分享图片，但可以分享链接和署名。",
        "无法取得图片。",
        "图片所在的服务器响应太慢，请稍后再试。",
        "现在请求太多，请稍后再试。",
        "本站出错了，请稍后再试。",
    ]),
};

/// The words in Arabic.
pub const ARABIC: Labels = Labels {
    tag: "ar",
    direction: "rtl",
    opener: "مشاركة جزء",
    dialog: "مشاركة جزء من: {title}",
    selection: "التحديد",
    selection_help: "مفاتيح الأسهم تحركه بكسلًا واحدًا، ومع Shift عشرة، ومع Control إلى الحافة. ومفتاح Tab ينقلك إلى المقابض.",
    corner_help: "مفاتيح الأسهم تحركها بكسلًا واحدًا، ومع Shift عشرة، ومع Control إلى الحافة. ومفتاح Enter يلتقطها، ثم اضغط على الصورة حيث تريدها.",
    handles: [
        "تغيير الحجم من الزاوية العليا اليسرى",
        "تغيير الحجم من الحافة العليا",
        "تغيير الحجم من الزاوية العليا اليمنى",
        "تغيير الحجم من الحافة اليمنى",
        "تغيير الحجم من الزاوية السفلى اليمنى",
        "تغيير الحجم من الحافة السفلى",
        "تغيير الحجم من الزاوية السفلى اليسرى",
        "تغيير الحجم من الحافة اليسرى",
    ],
    from_left: "{percent}٪ من اليسار",
    from_top: "{percent}٪ من الأعلى",
    pixels: "{width} × {height} بكسل",
    spoken: "العرض {width}٪، الارتفاع {height}٪، {left}٪ من اليسار، {top}٪ من الأعلى",
    description: "الوصف",
    alt: "النص البديل",
    alt_help: "ما الذي يظهر في هذا الجزء، لمن لا يستطيع رؤيته",
    too_long: "عدد الأحرف الزائدة: {count}",
    targets: "المشاركة إلى",
    tools: "ضبط التحديد",
    shape: "النسبة",
    free: "حرة",
    original: "مثل الصورة",
    corners: "تعيين زاويتين",
    first_corner: "اضغط على الصورة حيث تكون إحدى الزاويتين.",
    second_corner: "اضغط الآن حيث تكون الزاوية المقابلة.",
    taken_corner: "اضغط على الصورة حيث تكون هذه الزاوية.",
    out_of_sight: "الصورة ليست ظاهرة الآن. ما حددته وكتبته محفوظ.",
    another_picture: "تعرض الصفحة الآن صورة أخرى. لمشاركة جزء منها اضغط «مشاركة» مرة أخرى. {title}",
    undo: "تراجع",
    redo: "إعادة",
    numbers: "أرقام دقيقة",
    percent: "نسبة مئوية",
    percent_sign: "٪",
    in_pixels: "بكسل",
    px: "بكسل",
    less: "أقل",
    more: "أكثر",
    left: "اليسار",
    top: "الأعلى",
    width: "العرض",
    height: "الارتفاع",
    whole: "الصورة كاملة",
    share: "مشاركة",
    sharing: "تجري المشاركة…",
    fetching: "يجري جلب الصورة…",
    cutting: "يجري قص الجزء…",
    close: "إغلاق",
    details: "التفاصيل",
    no_target: "اختر أين تريد المشاركة.",
    offline: "تعذر الوصول إلى الموقع. تحقق من الاتصال وحاول مرة أخرى، ولن يُنشر شيء مرتين.",
    shared: "تمت المشاركة",
    share_page: "فتح صفحة المشاركة",
    queued: "في الانتظار",
    sending: "يُرسل",
    posted: "نُشر",
    failed: "فشل",
    unknown: "غير مؤكد",
    uploaded: "رُفعت الصورة",
    published: "أُرسل المنشور",
    step: "{state} ({step})",
    see_post: "عرض المنشور",
    delete: "حذف هذه المشاركة…",
    retry: "إعادة المحاولة",
    retry_all: "إعادة محاولة الكل",
    copy_link: "نسخ الرابط",
    copy_attribution: "نسخ الرابط ونسب العمل",
    copied: "نُسخ الرابط.",
    copy_picture: "نسخ الصورة",
    picture_copied: "نُسخت الصورة.",
    not_allowed: "لم يسمح المتصفح بذلك.",
    save_picture: "حفظ الصورة",
    other_app: "تطبيق آخر…",
    board: "اللوحة",
    quoted: "شورك هذا الجزء",
    elsewhere: "المشاركة في مكان آخر…",
    my_accounts: "حساباتي",
    connect_again: "اربطه من جديد",
    shortened: "سيُختصر النص.",
    alt_shortened: "سيُختصر النص البديل.",
    alt_in_text: "لا حقل للنص البديل هناك، فسيوضع في النص.",
    made_smaller: "ستُصغَّر الصورة.",
    problems: Some([
        "الطلب غير صحيح. تحقق من التحديد والنص ووجهة المشاركة.",
        "لم يُعثر على الصورة.",
        "تغيرت الصورة. أعد تحميل الصفحة ثم حدد من جديد.",
        "هذه ليست صورة يمكن قصها.",
        "الصورة كبيرة جدًا.",
        "لا يريد صاحب الصورة مشاركتها. شارك رابط صفحتها بدلًا منها.",
        "يحتفظ صاحب الصورة بحقوقها، لذلك لا يُشارك أي جزء منها. يمكن مشاركة رابطها ونسبها إلى صاحبها.",
        "تعذر الحصول على الصورة.",
        "استغرق خادم الصورة وقتًا طويلًا. حاول لاحقًا.",
        "الطلبات كثيرة الآن. حاول بعد قليل.",
        "حدث خطأ في هذا الموقع. حاول لاحقًا.",
    ]),
};

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(header: &str, expected: Language) {
        assert_eq!(Language::accepted(header), expected);
    }

    sentences! {
        who_asks_for_nothing_gets_english: accepts("", Language::English);
        who_asks_for_what_is_not_there_gets_english: accepts("fr", Language::English);
        chinese_of_any_region_is_chinese: accepts("zh-CN,zh;q=0.9,en;q=0.8", Language::SimplifiedChinese);
        the_first_that_is_there_is_taken: accepts("de, ar;q=0.7, en;q=0.3", Language::Arabic);
        the_one_with_the_most_weight_is_taken: accepts("en;q=0.1, zh;q=0.2", Language::SimplifiedChinese);
        what_is_not_wanted_is_not_given: accepts("ar;q=0, en", Language::English);
        a_weight_that_is_none_counts_for_nothing: accepts("ar;q=much, zh;q=0.1", Language::SimplifiedChinese);
        a_tag_is_read_in_any_case: accepts("AR-eg", Language::Arabic);
    }

    #[test]
    fn each_language_is_read_from_its_own_tag() {
        for language in Language::ALL {
            assert_eq!(Language::of_tag(language.tag()), Some(language));
        }
    }

    #[test]
    fn arabic_alone_is_written_from_right_to_left() {
        let directions = Language::ALL.map(Language::direction);
        assert_eq!(directions, ["ltr", "ltr", "rtl"]);
    }

    /// That `text` of each language has these places to be filled, and no other.
    fn has_places(text: fn(&Labels) -> &'static str, names: &[&str]) {
        for language in Language::ALL {
            let text = text(language.labels());
            let places = text.matches('{').count();
            assert_eq!(places, names.len(), "{language:?}: {text}");
            for name in names {
                assert!(text.contains(&format!("{{{name}}}")), "{language:?}: {text} lacks {name}");
            }
        }
    }

    sentences! {
        the_dialogs_name_has_the_pictures_title: has_places(|labels| labels.dialog, &["title"]);
        what_tells_of_another_picture_has_its_title: has_places(|labels| labels.another_picture, &["title"]);
        the_read_out_has_width_and_height: has_places(|labels| labels.pixels, &["width", "height"]);
        what_an_upright_edge_says_has_its_percent: has_places(|labels| labels.from_left, &["percent"]);
        what_a_level_edge_says_has_its_percent: has_places(|labels| labels.from_top, &["percent"]);
        what_is_too_long_has_a_count: has_places(|labels| labels.too_long, &["count"]);
        what_is_spoken_has_all_four_numbers: has_places(|labels| labels.spoken, &["width", "height", "left", "top"]);
    }

    /// Read in the sources, since nothing lists the words of four tables.
    #[test]
    fn chinese_words_have_chinese_punctuation() {
        let sources = [
            include_str!("language.rs"),
            include_str!("server/words.rs"),
            include_str!("server/accounts/words.rs"),
            include_str!("server/fetcher.rs"),
        ];
        let is_chinese = |character: char| ('\u{4e00}'..='\u{9fff}').contains(&character);
        let is_latin = |character: char| ",:;?!()".contains(character);
        for line in sources.into_iter().flat_map(str::lines) {
            let mut pairs = line.chars().zip(line.chars().skip(1));
            let mixed = pairs.find(|(one, next)| {
                is_chinese(*one) && is_latin(*next) || is_latin(*one) && is_chinese(*next)
            });
            assert_eq!(mixed, None, "{line}");
        }
    }

    #[test]
    fn handles_have_eight_different_names_in_each_language() {
        for language in Language::ALL {
            let names: std::collections::BTreeSet<_> =
                Handle::ALL.map(|handle| language.labels().handle(handle)).into();
            assert_eq!(names.len(), 8, "{language:?}");
        }
    }

    #[test]
    fn a_value_that_looks_like_a_place_is_filled_in_as_it_is() {
        assert_eq!(fill("{title}", &[("title", "{width}")]), "{width}");
    }

    #[test]
    fn a_place_that_nobody_fills_stays() {
        assert_eq!(fill("{a} and {b}", &[("a", "one")]), "one and {b}");
    }

    #[test]
    fn a_problem_is_told_in_the_visitors_language() {
        let problem =
            Problem::new(ProblemCode::PictureTooLarge, "The picture has more than 50 million pixels.");
        assert_eq!(Language::English.labels().problem(&problem), problem.detail);
        assert_eq!(Language::SimplifiedChinese.labels().problem(&problem), "图片太大。");
        let problem = Problem::new(ProblemCode::KeptOut, "The owner of this picture reserves it.");
        for (language, expected) in [
            (Language::English, &*problem.detail),
            (Language::SimplifiedChinese, "图片的所有者不希望它被分享，请改为分享其页面的链接。"),
            (Language::Arabic, "لا يريد صاحب الصورة مشاركتها. شارك رابط صفحتها بدلًا منها."),
        ] {
            assert_eq!(language.labels().problem(&problem), expected);
        }
    }
}
