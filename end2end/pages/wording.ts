// The words by which page objects find their way about the overlay, in its three languages: those of app/src/language.rs.
const SIDES = ["north-west", "north", "north-east", "east", "south-east", "south", "south-west", "west"] as const;

/** The eight grips by the side they stand on. */
export type Handle = (typeof SIDES)[number];

const handles = (names: string[]) => Object.fromEntries(SIDES.map((side, at) => [side, names[at]!])) as Record<Handle, string>;

export interface Wording {
  handles: Record<Handle, string>;
  selection: string;
  description: string;
  alt: string;
  share: string;
  close: string;
  details: string;
  tools: string;
  undo: string;
  sharePage: string;
  /** The labels of the numbers in percent. */
  left: string;
  top: string;
  width: string;
  height: string;
}

export const WORDING = {
  en: {
    handles: handles([
      "Resize from the top left corner",
      "Resize from the top edge",
      "Resize from the top right corner",
      "Resize from the right edge",
      "Resize from the bottom right corner",
      "Resize from the bottom edge",
      "Resize from the bottom left corner",
      "Resize from the left edge",
    ]),
    selection: "Selection",
    description: "Description",
    alt: "Alt text",
    share: "Share",
    close: "Close",
    details: "Details",
    tools: "Adjust the selection",
    undo: "Undo",
    sharePage: "Open the share page",
    left: "Left %",
    top: "Top %",
    width: "Width %",
    height: "Height %",
  },
  zh: {
    handles: handles(["从左上角调整大小", "从上边调整大小", "从右上角调整大小", "从右边调整大小", "从右下角调整大小", "从下边调整大小", "从左下角调整大小", "从左边调整大小"]),
    selection: "选区",
    description: "描述",
    alt: "替代文字",
    share: "分享",
    close: "关闭",
    details: "详细内容",
    tools: "调整选区",
    undo: "撤销",
    sharePage: "打开分享页面",
    left: "左 %",
    top: "上 %",
    width: "宽 %",
    height: "高 %",
  },
  ar: {
    handles: handles([
      "تغيير الحجم من الزاوية العليا اليسرى",
      "تغيير الحجم من الحافة العليا",
      "تغيير الحجم من الزاوية العليا اليمنى",
      "تغيير الحجم من الحافة اليمنى",
      "تغيير الحجم من الزاوية السفلى اليمنى",
      "تغيير الحجم من الحافة السفلى",
      "تغيير الحجم من الزاوية السفلى اليسرى",
      "تغيير الحجم من الحافة اليسرى",
    ]),
    selection: "التحديد",
    description: "الوصف",
    alt: "النص البديل",
    share: "مشاركة",
    close: "إغلاق",
    details: "التفاصيل",
    tools: "ضبط التحديد",
    undo: "تراجع",
    sharePage: "فتح صفحة المشاركة",
    left: "اليسار ٪",
    top: "الأعلى ٪",
    width: "العرض ٪",
    height: "الارتفاع ٪",
  },
} satisfies Record<string, Wording>;

/** A language of the overlay's. */
export type Language = keyof typeof WORDING;
