//! What a visitor reads of a delivery or a removal that waits or failed, in other languages than English.
//!
//! A reason is kept in English, as it was written when it came about: it is of sentences of ours and of what a platform said. Ours are
//! known here by their English words, which are their keys; a platform's own stay as they are, behind the sentence of ours that they
//! stand in. Made when a reason is told, so that reasons of before speak a language that was learned since.

use cutline_model::InOtherLanguages;

/// Sentences in English, Simplified Chinese and Arabic; `{}` is a name or a number, at the end of a sentence whatever follows.
const SENTENCES: [[&str; 3]; 79] = [
    ["{} took too long.", "{} 用时过长。", "استغرق {} وقتًا طويلًا."],
    ["{} asked not to be called for a while.", "{} 要求暂时不要访问。", "طلب {} عدم الاتصال به لبعض الوقت."],
    [
        "{} asks for a pause before the next post.",
        "{} 要求稍候再发布下一条。",
        "يطلب {} التوقف قليلًا قبل النشر التالي.",
    ],
    ["{} has a problem at the moment ({}).", "{} 目前出现问题（{}）。", "لدى {} مشكلة الآن ({})."],
    ["{} has a problem at the moment: {}", "{} 目前出现问题：{}", "لدى {} مشكلة الآن: {}"],
    [
        "{} has moved; this site's settings must name its new address.",
        "{} 已迁移，本站的设置须填写其新地址。",
        "انتقل {}؛ يجب أن تذكر إعدادات هذا الموقع عنوانه الجديد.",
    ],
    ["{} refused the post ({}).", "{} 拒绝了这条内容（{}）。", "رفض {} المنشور ({})."],
    ["{} refused the post: {}", "{} 拒绝了这条内容：{}", "رفض {} المنشور: {}"],
    ["{} cannot be reached at the moment.", "目前无法连接 {}。", "لا يمكن الوصول إلى {} الآن."],
    ["{} did not answer as a {} server does.", "{} 的应答不像 {} 服务器。", "لم يجب {} كما يجيب خادم {}."],
    [
        "{} did not say whether it took the post.",
        "{} 没有说明是否已接收这条内容。",
        "لم يذكر {} هل قبل المنشور.",
    ],
    [
        "{} did not say how its picture can be removed.",
        "{} 没有说明如何删除图片。",
        "لم يذكر {} كيف تُزال صورته.",
    ],
    [
        "{} took too long to process the picture.",
        "{} 处理图片用时过长。",
        "استغرق {} وقتًا طويلًا في معالجة الصورة.",
    ],
    ["{} lets no program remove posts.", "{} 不允许程序删除内容。", "لا يسمح {} لأي برنامج بإزالة المنشورات."],
    ["{} is still fetching the picture.", "{} 仍在获取图片。", "ما زال {} يجلب الصورة."],
    ["{} could not take the picture: {}", "{} 无法接收图片：{}", "لم يستطع {} أخذ الصورة: {}"],
    [
        "{} fetches pictures from this site, which has no public https address (public_url).",
        "{} 须从本站获取图片，而本站没有公开的 https 地址（public_url）。",
        "يجلب {} الصور من هذا الموقع، وليس له عنوان https عام (public_url).",
    ],
    ["{} says: {}", "{} 表示：{}", "يقول {}: {}"],
    ["{} is not a member of {}.", "{} 不是 {} 的成员。", "{} ليس عضوًا في {}."],
    ["{} does not let this account post: {}", "{} 不允许此账户发布：{}", "لا يسمح {} لهذا الحساب بالنشر: {}"],
    [
        "{} asks for a proof of work, which is not made here: {}",
        "{} 要求工作量证明，本站不提供：{}",
        "يطلب {} إثبات عمل لا يُصنع هنا: {}",
    ],
    ["{} takes neither pictures nor links.", "{} 不接受图片，也不接受链接。", "لا يقبل {} الصور ولا الروابط."],
    [
        "{} wants a flair on each post; this site's settings must name one.",
        "{} 要求每条内容带有标签，本站的设置须指定一个。",
        "يريد {} وسمًا على كل منشور؛ يجب أن تذكر إعدادات هذا الموقع وسمًا.",
    ],
    [
        "There is no {} on Reddit, or not for this account.",
        "Reddit 上没有 {}，或此账户无法访问。",
        "لا وجود لـ {} على Reddit، أو ليس لهذا الحساب.",
    ],
    [
        "Reddit did not take the picture in time.",
        "Reddit 没有及时接收图片。",
        "لم يأخذ Reddit الصورة في الوقت المناسب.",
    ],
    [
        "Instagram takes pictures from 4:5 (upright) to 1.91:1 (wide).",
        "Instagram 只接受 4:5（竖）至 1.91:1（横）的图片。",
        "يقبل Instagram الصور من 4:5 (طولية) إلى 1.91:1 (عريضة).",
    ],
    ["Choose a part of such a shape.", "请选择这种比例的部分。", "اختر جزءًا بهذا الشكل."],
    [
        "The site's account at {} must be connected again.",
        "本站在 {} 的账户须重新连接。",
        "يجب ربط حساب الموقع لدى {} من جديد.",
    ],
    [
        "This account must be connected again, under “My accounts”; then try again.",
        "请先在“我的账户”中重新连接此账户，然后重试。",
        "يجب ربط هذا الحساب من جديد في «حساباتي»، ثم أعد المحاولة.",
    ],
    [
        "This account is no longer connected to this site.",
        "此账户已不再与本站连接。",
        "لم يعد هذا الحساب مرتبطًا بهذا الموقع.",
    ],
    ["This site no longer posts to {}.", "本站不再发布到 {}。", "لم يعد هذا الموقع ينشر إلى {}."],
    [
        "This server does not know the target at the moment.",
        "本服务器目前没有这个分享目标。",
        "لا يعرف هذا الخادم الوجهة الآن.",
    ],
    [
        "This server cannot open the account at the moment.",
        "本服务器目前无法打开此账户。",
        "لا يستطيع هذا الخادم فتح الحساب الآن.",
    ],
    [
        "This server could not open the account in time.",
        "本服务器未能及时打开此账户。",
        "لم يستطع هذا الخادم فتح الحساب في الوقت المناسب.",
    ],
    [
        "What this server keeps of it is damaged.",
        "本服务器存储的相关内容已损坏。",
        "ما يحفظه هذا الخادم عنه تالف.",
    ],
    [
        "This server could not read or write what it keeps at the moment.",
        "本服务器目前无法读写其存储的内容。",
        "لم يستطع هذا الخادم قراءة ما يحفظه أو كتابته الآن.",
    ],
    ["This server had no time for it.", "本服务器没有来得及处理。", "لم يجد هذا الخادم وقتًا لذلك."],
    [
        "This server works on too many pictures at the moment.",
        "本服务器正在处理的图片太多。",
        "يعمل هذا الخادم على صور كثيرة الآن.",
    ],
    [
        "The server stopped while it was posting; it will go on where it was.",
        "服务器在发布时停止了，将从中断处继续。",
        "توقف الخادم أثناء النشر؛ وسيتابع من حيث توقف.",
    ],
    [
        "The server stopped at each of {} attempts in a row.",
        "服务器在连续 {} 次尝试中都停止了。",
        "توقف الخادم في كل من {} محاولات متتالية.",
    ],
    [
        "Posting broke off here, so nobody knows whether the post was made.",
        "发布在本站中断，无法确定是否已发布。",
        "انقطع النشر هنا، فلا يُعرف هل نُشر المنشور.",
    ],
    [
        "It is not known whether the post was made; it is looked for again in a minute.",
        "尚不确定是否已发布，一分钟后再查找。",
        "لا يُعرف هل نُشر المنشور؛ سيُبحث عنه مرة أخرى بعد دقيقة.",
    ],
    [
        "It is not known whether the post was made; it is sent again in a minute, as the same post.",
        "尚不确定是否已发布，一分钟后作为同一条内容再次发送。",
        "لا يُعرف هل نُشر المنشور؛ سيُرسل مرة أخرى بعد دقيقة على أنه المنشور نفسه.",
    ],
    [
        "It did not become known within a day whether the post was made.",
        "一天之内仍无法确定是否已发布。",
        "لم يُعرف خلال يوم هل نُشر المنشور.",
    ],
    ["It would take longer than a day.", "所需时间将超过一天。", "سيستغرق ذلك أكثر من يوم."],
    ["Given up after attempt {}.", "在第 {} 次尝试后放弃。", "تُرك بعد المحاولة {}."],
    [
        "Look there first; if it is not there, try again.",
        "请先到那里查看，如果没有再重试。",
        "ابحث عنه هناك أولًا؛ فإن لم تجده فأعد المحاولة.",
    ],
    [
        "The picture cannot be made to fit {}: {}",
        "无法使图片符合 {} 的要求：{}",
        "لا يمكن جعل الصورة تناسب {}: {}",
    ],
    [
        "The picture could not be made to fit {}.",
        "未能使图片符合 {} 的要求。",
        "لم يتيسر جعل الصورة تناسب {}.",
    ],
    [
        "The clipping is no longer on this server.",
        "截取的图片已不在本服务器上。",
        "لم تعد القصاصة على هذا الخادم.",
    ],
    ["{} still works on the picture.", "{} 仍在处理图片。", "ما زال {} يعالج الصورة."],
    ["Remove the post there.", "请到那里删除这条内容。", "أزل المنشور هناك."],
    ["Remove it there.", "请到那里删除。", "أزله هناك."],
    ["Look there, and remove it.", "请到那里查看并删除。", "ابحث عنه هناك وأزله."],
    ["Try again.", "请重试。", "أعد المحاولة."],
    ["Its server did not answer for too long.", "其服务器太久没有应答。", "لم يجب خادمه مدة طويلة."],
    ["It is not known whether there is a post.", "尚不确定是否有这条内容。", "لا يُعرف هل يوجد منشور."],
    [
        "Posts there cannot be removed from here.",
        "无法从本站删除那里的内容。",
        "لا يمكن إزالة المنشورات هناك من هنا.",
    ],
    [
        "The server stopped at each of {} attempts.",
        "服务器在 {} 次尝试中都停止了。",
        "توقف الخادم في كل من {} محاولات.",
    ],
    ["This site no longer posts there.", "本站不再发布到那里。", "لم يعد هذا الموقع ينشر هناك."],
    [
        "The picture stays at {}: who runs the site can remove its file, no program.",
        "图片仍在 {}：只有网站管理者能删除其文件，程序不能。",
        "تبقى الصورة في {}: يستطيع من يدير الموقع إزالة ملفها، ولا يستطيع ذلك أي برنامج.",
    ],
    ["The picture at VK is not known any more.", "VK 上的图片已无从得知。", "لم تعد الصورة لدى VK معروفة."],
    [
        "What the picture is called there is not known any more.",
        "图片在那里的名称已无从得知。",
        "لم يعد اسم الصورة هناك معروفًا.",
    ],
    ["The note was made for another account.", "这条内容是为另一个账户生成的。", "أُعدَّت الملاحظة لحساب آخر."],
    ["The request cannot be signed.", "无法签署请求。", "لا يمكن توقيع الطلب."],
    [
        "The clipping's media type cannot be sent.",
        "无法发送这种类型的图片。",
        "لا يمكن إرسال نوع القصاصة هذا.",
    ],
    [
        "The clipping cannot be read on this server at the moment.",
        "本服务器目前无法读取截取的图片。",
        "لا يمكن قراءة القصاصة على هذا الخادم الآن.",
    ],
    ["This target refuses everything.", "这个分享目标拒绝一切。", "ترفض هذه الوجهة كل شيء."],
    ["This target is never there.", "这个分享目标从不在线。", "هذه الوجهة غير موجودة دائمًا."],
    [
        "This target never says whether it has posted.",
        "这个分享目标从不说明是否已发布。",
        "لا تذكر هذه الوجهة أبدًا هل نشرت.",
    ],
    [
        "The app must be added to the channel there.",
        "须先在那里将此应用添加到频道。",
        "يجب إضافة التطبيق إلى القناة هناك.",
    ],
    [
        "There is no such place there, or the account does not see it.",
        "那里没有这个地方，或此账户看不到它。",
        "لا وجود لهذا المكان هناك، أو لا يراه الحساب.",
    ],
    ["That place is closed.", "那个地方已关闭。", "ذلك المكان مغلق."],
    ["The account is banned there.", "此账户在那里被封禁。", "الحساب محظور هناك."],
    ["The account may not post there.", "此账户不得在那里发布。", "لا يجوز للحساب النشر هناك."],
    ["The picture is too large for that place.", "图片对那里来说太大。", "الصورة أكبر مما يُقبل هناك."],
    ["No pictures may be posted there.", "那里不允许发布图片。", "لا يجوز نشر الصور هناك."],
    ["The text is too long for that place.", "文字对那里来说太长。", "النص أطول مما يُقبل هناك."],
    [
        "The words hold what may not be said there.",
        "文字含有那里不允许的内容。",
        "في الكلمات ما لا يجوز قوله هناك.",
    ],
];

/// `reason` in the languages that the pages speak beside English; none where no sentence of ours is in it.
#[must_use]
pub fn translated(reason: &str) -> Option<InOtherLanguages> {
    let sentences = sentences(reason)?;
    let put = |language: usize, join: &str| {
        let said = sentences.iter().map(|(sentence, values)| filled(sentence[language], values));
        said.collect::<Vec<_>>().join(join)
    };
    Some(InOtherLanguages { chinese: put(1, ""), arabic: put(2, " ") })
}

type Said<'a> = (&'static [&'static str; 3], Vec<&'a str>);

/// The sentences of `reason`, with what is named in each; none where one is not known.
fn sentences(reason: &str) -> Option<Vec<Said<'_>>> {
    let mut said = Vec::new();
    let mut rest = reason;
    while !rest.is_empty() {
        let (sentence, values, after) = SENTENCES.iter().find_map(|sentence| {
            let (values, after) = values_of(sentence[0], rest)?;
            Some((sentence, values, after))
        })?;
        said.push((sentence, values));
        rest = after;
    }
    (!said.is_empty()).then_some(said)
}

/// What stands for each `{}` of `pattern` at the beginning of `text`, and what comes behind that sentence.
fn values_of<'a>(pattern: &str, text: &'a str) -> Option<(Vec<&'a str>, &'a str)> {
    let mut parts = pattern.split("{}");
    let mut rest = text.strip_prefix(parts.next()?)?;
    let mut values = Vec::new();
    for part in parts {
        if part.is_empty() {
            // Somebody else's words, to the end.
            values.push(rest);
            return Some((values, ""));
        }
        let end = rest.find(part)?;
        let (value, after) = (&rest[..end], &rest[end + part.len()..]);
        // A name does not reach from one sentence into another.
        if value.is_empty() || value.contains(". ") {
            return None;
        }
        values.push(value);
        rest = after;
    }
    match rest.strip_prefix(' ') {
        Some(after) => Some((values, after)),
        None => rest.is_empty().then_some((values, "")),
    }
}

fn filled(pattern: &str, values: &[&str]) -> String {
    let mut parts = pattern.split("{}");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.zip(values).fold(first, |text, (part, value)| text + value + part)
}

#[cfg(test)]
mod tests;
