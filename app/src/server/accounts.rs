//! `/accounts`: which accounts this browser has connected, how to connect another, and how to be rid of all of it.
//!
//! Plain forms: the page works without script. What went wrong is told by its kind, in the visitor's language.

use leptos::prelude::*;

use super::Site;
use super::document::{Head, Locale};
use crate::icons::target_icon;
use crate::language::Language;

/// The page and what is on it.
#[derive(Clone, Debug, Default)]
pub struct AccountsView {
    /// The visitor's accounts, the oldest first.
    pub accounts: Vec<AccountLine>,
    /// Ways to sign in that the site's owner has configured: their names in addresses, and what visitors read.
    pub ways: Vec<(String, String)>,
    /// What has just been done, or not.
    pub notice: Option<AccountsNotice>,
    /// The server that the visitor typed before.
    pub server: String,
    /// Whether this browser is known here.
    pub is_known: bool,
}

/// One account.
#[derive(Clone, Debug)]
pub struct AccountLine {
    /// What forms name it by.
    pub id: String,
    /// What its platform is called.
    pub platform: String,
    /// The platform's icon.
    pub icon: String,
    /// What people call it.
    pub name: String,
    /// Its server, as the form takes it.
    pub server: String,
    /// The way in which it was connected.
    pub way: String,
    /// Whether its server no longer takes what this site has of it.
    pub is_refused: bool,
    /// Since when it is connected, RFC 3339.
    pub since: String,
}

/// What a visitor is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountsNotice {
    /// An account is connected.
    Connected,
    /// One is disconnected.
    Disconnected,
    /// Nothing of the visitor is kept any more.
    Forgotten,
    /// What was typed names no server that may be called.
    BadServer,
    /// The server cannot be reached.
    Unreachable,
    /// It answers otherwise than a server of its platform does.
    Strange,
    /// The visitor has as many accounts, or sign-ins under way, as there may be.
    TooMany,
    /// The sign-in is over, or began elsewhere.
    Stale,
    /// The answer came from another server than the one asked.
    OtherServer,
    /// The visitor said no.
    Denied,
    /// The server did not take its own code.
    Refused,
}

impl AccountsNotice {
    /// What the address of the page calls it, after something was done.
    #[must_use]
    pub fn in_address(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Disconnected => "disconnected",
            Self::Forgotten => "forgotten",
            _ => "",
        }
    }

    /// Reads that.
    #[must_use]
    pub fn of_address(text: &str) -> Option<Self> {
        let done = [Self::Connected, Self::Disconnected, Self::Forgotten];
        done.into_iter().find(|notice| notice.in_address() == text)
    }

    fn is_good(self) -> bool {
        !self.in_address().is_empty()
    }
}

pub(super) fn accounts(site: &Site, locale: &Locale, view: AccountsView) -> (Head, AnyView) {
    let words = Words::of(locale.language);
    let AccountsView { accounts, ways, notice, server, is_known } = view;
    let head = Head { title: words.title.to_owned(), leaves_by_form: true, ..Head::default() };
    let notice = notice.map(|notice| {
        let (class, role) =
            if notice.is_good() { ("accounts__done", "status") } else { ("accounts__problem", "alert") };
        view! { <p class=class role=role>{words.notice(notice)}</p> }
    });
    let list = if accounts.is_empty() {
        view! { <p>{words.none}</p> }.into_any()
    } else {
        let lines = accounts.into_iter().map(|account| line(locale, words, account)).collect_view();
        view! { <ul class="accounts__list">{lines}</ul> }.into_any()
    };
    let others = ways
        .into_iter()
        .map(|(way, title)| {
            let text = words.sign_in_at.replace("{title}", &title);
            view! {
                <form method="post" action=locale.href("/accounts/connect")>
                    <input type="hidden" name="way" value=way />
                    <button type="submit" class="button">{text}</button>
                </form>
            }
        })
        .collect_view();
    let kept = is_known.then(|| {
        view! {
            <section>
                <h2>{words.kept}</h2>
                <p>{words.kept_what}</p>
                <p><a href="/accounts/export" download="cutline.json">{words.export}</a></p>
                <form method="post" action=locale.href("/accounts/forget")>
                    <button type="submit" class="button button--danger">{words.forget}</button>
                </form>
            </section>
        }
    });
    let body = view! {
        <article class="accounts">
            <h1>{words.title}</h1>
            <p class="lead">{words.lead.replace("{site}", &site.name)}</p>
            {notice}
            {list}
            <section>
                <h2>{words.connect}</h2>
                <form class="accounts__connect" method="post" action=locale.href("/accounts/connect")>
                    <input type="hidden" name="way" value="mastodon" />
                    <label>
                        <span>{words.server}</span>
                        <input
                            type="text"
                            name="server"
                            required=true
                            inputmode="url"
                            autocapitalize="none"
                            spellcheck="false"
                            dir="ltr"
                            placeholder="example.social"
                            value=server
                        />
                    </label>
                    <button type="submit" class="button">{words.go_on}</button>
                </form>
                {others}
                {bluesky(locale, words)}
                <p class="accounts__note">{words.cookie}</p>
            </section>
            {kept}
        </article>
    };
    (head, body.into_any())
}

/// The form for an account on Bluesky; what is typed there is not shown again.
fn bluesky(locale: &Locale, words: &'static Words) -> impl IntoView + use<> {
    let field = |label: &'static str, name: &'static str, kind: &'static str, hint: &'static str| {
        view! {
            <label>
                <span>{label}</span>
                <input
                    type=kind
                    name=name
                    required=name != "server"
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    dir="ltr"
                    placeholder=hint
                />
            </label>
        }
    };
    view! {
        <details>
            <summary>"Bluesky"</summary>
            <form class="accounts__connect" method="post" action=locale.href("/accounts/bluesky")>
                {field(words.handle, "handle", "text", "alice.bsky.social")}
                {field(words.app_password, "password", "password", "xxxx-xxxx-xxxx-xxxx")}
                {field(words.data_server, "server", "text", "bsky.social")}
                <button type="submit" class="button">{words.connect}</button>
            </form>
        </details>
    }
}

fn line(locale: &Locale, words: &'static Words, account: AccountLine) -> impl IntoView + use<> {
    let AccountLine { id, platform, icon, name, server, way, is_refused, since } = account;
    let day = since.get(..10).unwrap_or_default().to_owned();
    let signs_in = way != "bluesky";
    let again = is_refused.then(|| {
        view! {
            <p class="accounts__refused">{words.refused}</p>
        }
    });
    let sign_in = (is_refused && signs_in).then(|| {
        view! {
            <form method="post" action=locale.href("/accounts/connect")>
                <input type="hidden" name="way" value=way />
                <input type="hidden" name="server" value=server />
                <button type="submit" class="button" aria-label=format!("{}: {name}", words.again)>{words.again}</button>
            </form>
        }
    });
    view! {
        <li class="accounts__account">
            {target_icon(&icon)}
            <span class="accounts__name"><bdi>{name.clone()}</bdi></span>
            <span class="accounts__platform">{platform} " · " <time datetime=since>{day}</time></span>
            {again}
            {sign_in}
            <form method="post" action=locale.href("/accounts/disconnect")>
                <input type="hidden" name="id" value=id />
                <button type="submit" class="button button--quiet" aria-label=format!("{}: {name}", words.disconnect)>
                    {words.disconnect}
                </button>
            </form>
        </li>
    }
}

struct Words {
    title: &'static str,
    lead: &'static str,
    none: &'static str,
    connect: &'static str,
    server: &'static str,
    go_on: &'static str,
    handle: &'static str,
    app_password: &'static str,
    data_server: &'static str,
    sign_in_at: &'static str,
    cookie: &'static str,
    refused: &'static str,
    again: &'static str,
    disconnect: &'static str,
    kept: &'static str,
    kept_what: &'static str,
    export: &'static str,
    forget: &'static str,
    /// In the order of [`AccountsNotice`].
    notices: [&'static str; 11],
}

impl Words {
    fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &ENGLISH,
            Language::SimplifiedChinese => &CHINESE,
            Language::Arabic => &ARABIC,
        }
    }

    fn notice(&self, notice: AccountsNotice) -> &'static str {
        self.notices.get(notice as usize).copied().unwrap_or_default()
    }
}

static ENGLISH: Words = Words {
    title: "My accounts",
    lead: "Connect an account of yours, and what you share from {site} goes out in your own name.",
    none: "No account is connected in this browser.",
    connect: "Connect an account",
    server: "Your server (Mastodon, Pixelfed, GoToSocial, Akkoma, Friendica …)",
    go_on: "Sign in there",
    handle: "Handle",
    app_password: "App password (Settings, Privacy and security, App passwords)",
    data_server: "Data server, if it is not Bluesky's own",
    sign_in_at: "Sign in at {title}",
    cookie: "Your server asks whether this site may post for you; this site never sees your password. A cookie then remembers this browser for thirty days after your last visit.",
    refused: "The server no longer takes what this site has of the account.",
    again: "Connect again",
    disconnect: "Disconnect",
    kept: "What this site keeps of you",
    kept_what: "The accounts above, sealed, and which shares went out with them. Shares stay when it is deleted: the export has the links by which you delete them.",
    export: "Export it (JSON)",
    forget: "Disconnect all and delete it",
    notices: [
        "The account is connected.",
        "The account is disconnected.",
        "All accounts are disconnected, and nothing is kept of this browser.",
        "There is no server of that name that can be called. Write it like example.social.",
        "The server cannot be reached at the moment. Look at its name, or try again later.",
        "There is no server of this kind at that address. Ask whoever runs it.",
        "That are too many at once. Disconnect one, or try again in ten minutes.",
        "This sign-in is over, or began in another browser. Begin again.",
        "The answer came from another server than the one you signed in at, so it was not believed. Begin again.",
        "You, or your server, said no. Nothing is connected.",
        "The server did not take the sign-in: perhaps it took too long. Begin again.",
    ],
};

static CHINESE: Words = Words {
    title: "我的账号",
    lead: "连接你自己的账号,你从{site}分享的内容就会以你的名义发布。",
    none: "此浏览器没有连接账号。",
    connect: "连接账号",
    server: "你的服务器(Mastodon、Pixelfed、GoToSocial、Akkoma、Friendica……)",
    go_on: "前往登录",
    handle: "用户名(handle)",
    app_password: "应用密码(设置、隐私与安全、应用密码)",
    data_server: "数据服务器(若不是 Bluesky 官方的)",
    sign_in_at: "在 {title} 登录",
    cookie: "你的服务器会询问是否允许本站代你发布;本站不会看到你的密码。之后,一个 Cookie 会记住此浏览器,直到你最后一次访问后三十天。",
    refused: "服务器不再接受本站持有的授权。",
    again: "重新连接",
    disconnect: "断开连接",
    kept: "本站保存的关于你的信息",
    kept_what: "以上账号(已加密),以及用它们发布了哪些分享。删除后分享仍会保留:导出文件中有删除它们的链接。",
    export: "导出(JSON)",
    forget: "全部断开并删除",
    notices: [
        "账号已连接。",
        "账号已断开。",
        "所有账号均已断开,本站不再保存此浏览器的任何信息。",
        "没有可访问的此名称的服务器。请写成 example.social 的形式。",
        "暂时无法连接该服务器。请检查名称,或稍后再试。",
        "该地址没有此类服务器。请询问其管理员。",
        "一次太多了。请断开一个,或十分钟后再试。",
        "此次登录已结束,或是在另一浏览器中开始的。请重新开始。",
        "回复来自另一个服务器,而不是你登录的那个,因此未被采信。请重新开始。",
        "你或你的服务器拒绝了。没有连接任何账号。",
        "服务器没有接受此次登录,可能耗时太久。请重新开始。",
    ],
};

static ARABIC: Words = Words {
    title: "حساباتي",
    lead: "اربط حسابًا لك، فيُنشر ما تشاركه من {site} باسمك.",
    none: "لا حساب مربوط في هذا المتصفح.",
    connect: "ربط حساب",
    server: "خادمك (Mastodon أو Pixelfed أو GoToSocial أو Akkoma أو Friendica…)",
    go_on: "تسجيل الدخول هناك",
    handle: "المعرّف (handle)",
    app_password: "كلمة مرور التطبيق (الإعدادات، الخصوصية والأمان، كلمات مرور التطبيقات)",
    data_server: "خادم البيانات إن لم يكن خادم Bluesky نفسه",
    sign_in_at: "تسجيل الدخول في {title}",
    cookie: "يسألك خادمك هل يُسمح لهذا الموقع بالنشر عنك، ولا يرى هذا الموقع كلمة مرورك أبدًا. ثم يتذكر ملف تعريف ارتباط هذا المتصفح ثلاثين يومًا بعد آخر زيارة لك.",
    refused: "لم يعد الخادم يقبل ما لدى هذا الموقع من الحساب.",
    again: "اربطه من جديد",
    disconnect: "فصل",
    kept: "ما يحفظه هذا الموقع عنك",
    kept_what: "الحسابات أعلاه مختومةً، والمشاركات التي نُشرت بها. تبقى المشاركات بعد الحذف، وفي ملف التصدير روابط حذفها.",
    export: "تصدير (JSON)",
    forget: "افصل الكل واحذفه",
    notices: [
        "رُبط الحساب.",
        "فُصل الحساب.",
        "فُصلت كل الحسابات ولم يعد شيء محفوظًا عن هذا المتصفح.",
        "لا خادم بهذا الاسم يمكن الاتصال به. اكتبه مثل example.social.",
        "تعذر الوصول إلى الخادم الآن. راجع اسمه أو حاول لاحقًا.",
        "لا خادم من هذا النوع في ذلك العنوان. اسأل من يديره.",
        "هذا كثير دفعة واحدة. افصل حسابًا أو حاول بعد عشر دقائق.",
        "انتهى تسجيل الدخول هذا أو بدأ في متصفح آخر. ابدأ من جديد.",
        "جاء الرد من خادم غير الذي سجلت الدخول فيه فلم يُصدَّق. ابدأ من جديد.",
        "رفضتَ أنت أو رفض خادمك. لم يُربط شيء.",
        "لم يقبل الخادم تسجيل الدخول، ربما طال وقته. ابدأ من جديد.",
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_notice_has_its_own_words() {
        for language in Language::ALL {
            let words = Words::of(language);
            assert_eq!(words.notice(AccountsNotice::Connected), words.notices[0]);
            assert_eq!(words.notice(AccountsNotice::Refused), words.notices[10]);
        }
    }

    #[test]
    fn only_what_was_done_stands_in_an_address() {
        assert_eq!(AccountsNotice::of_address("connected"), Some(AccountsNotice::Connected));
        for other in ["", "refused", "<script>"] {
            assert_eq!(AccountsNotice::of_address(other), None, "{other}");
        }
    }
}
