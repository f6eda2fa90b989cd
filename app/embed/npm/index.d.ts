/** What the script is told; EMBEDDING.md says more of each. */
export interface Options {
  /** The server's address, for example `https://share.example.org`. */
  host: string;
  /** The site's key. */
  key?: string;
  /** The targets to offer; all that the server allows by default. */
  targets?: string[];
  /** How long the pointer must rest, in milliseconds. */
  dwell?: number;
  /** Smallest width and height of a picture that reacts, in CSS pixels. */
  threshold?: number;
  lang?: "en" | "zh" | "ar";
  theme?: "auto" | "light" | "dark";
  /** Only pictures that match this CSS selector react. */
  selector?: string;
  /** Pictures that match this CSS selector, or are inside of what does, do not. */
  off?: string;
  /** The name of the script; `v1-….js` of the server's `/embed/v1.json` to pin it, together with `integrity`. */
  script?: string;
  integrity?: string;
  /** For pages whose content security policy goes by nonces. */
  nonce?: string;
}

/** A part of a picture, as a media fragment: `xywh=percent:25,10,30,40`. */
export type Region = string;

/** A picture as the server is told of it. */
export interface Source {
  image_url?: string;
  page_url?: string;
  index?: number;
  natural?: { width: number; height: number };
}

/** What became of a share. */
export interface Receipt {
  id: string;
  url: string;
  clipping: { url: string; width: number; height: number; type: string; bytes: number };
  deliveries: { target: string; state: "queued" | "sending" | "posted" | "failed" | "unknown"; url?: string; reason?: string }[];
}

/** What can be heard, and what is told with it. */
export interface Events {
  ready: null;
  open: Source;
  region: Region;
  shared: Receipt;
  refused: string;
  close: null;
}

export interface Cutline {
  /** Opens the overlay on a picture, with a part selected; whether that picture can be shared. */
  open(picture: HTMLImageElement, how?: { region?: Region }): Promise<boolean>;
  /** Closes the overlay. */
  close(): void;
  /** Calls `listener` with what happens, and the picture it happens on; the result ends that. */
  on<Name extends keyof Events>(name: Name, listener: (detail: Events[Name], picture: EventTarget) => void): () => void;
}

/** Puts the script on the page, once, and answers when it is there. */
export function load(options: Options): Promise<Cutline>;

declare global {
  interface Window {
    readonly cutline?: Cutline;
  }
  interface DocumentEventMap {
    "cutline:ready": CustomEvent<null>;
    "cutline:open": CustomEvent<Source>;
    "cutline:region": CustomEvent<Region>;
    "cutline:shared": CustomEvent<Receipt>;
    "cutline:refused": CustomEvent<string>;
    "cutline:close": CustomEvent<null>;
  }
}
