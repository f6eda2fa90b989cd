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
  /** Whether fingers, keys and screen readers are offered a button for pictures that have none. */
  opener?: "auto" | "none";
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
  src?: string;
  alt?: string;
  natural?: { width: number; height: number };
}

/** What became of a share. */
export interface Receipt {
  id: string;
  url: string;
  clipping: { url: string; width: number; height: number; type: string; bytes: number };
  deliveries: Delivery[];
}

/** What became of it at one target. */
export interface Delivery {
  target: string;
  state: "queued" | "sending" | "posted" | "failed" | "unknown";
  url?: string;
  reason?: string;
  /** The same in other languages, where the words are the server's own. */
  reason_in?: { "zh-Hans": string; ar: string };
  /** What is done of it already, while it is under way. */
  step?: "uploaded" | "published";
  /** When it is tried again, while it waits: RFC 3339, in UTC. */
  due_at?: string;
  /** Whether the visitor must connect the account again first. */
  connect_again?: boolean;
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
  /**
   * Opens the overlay on a picture, of this page or of a frame of the same site, with a part selected; whether that picture can be
   * shared. Rejects with a TypeError what is no element.
   */
  open(picture: HTMLElement, how?: { region?: Region }): Promise<boolean>;
  /** Closes the overlay. */
  close(): void;
  /**
   * Calls `listener` with what happens, and the element it happens on: the picture, or the frame that the picture is in; the
   * document for a picture that is not on the page any more. The result ends that.
   */
  on<Name extends keyof Events>(name: Name, listener: (detail: Events[Name], on: EventTarget) => void): () => void;
}

/** Puts the script on the page, once, and answers when it is there. */
export function load(options: Options): Promise<Cutline>;

declare global {
  interface Window {
    readonly cutline?: Cutline;
  }
  interface HTMLElementTagNameMap {
    "cutline-picture": HTMLElement;
  }
  interface DocumentEventMap {
    "cutline:ready": CustomEvent<null>;
  }
  interface GlobalEventHandlersEventMap {
    /** Before the overlay comes by itself; prevented, it does not come. */
    "cutline:dwell": CustomEvent<null>;
    "cutline:open": CustomEvent<Source>;
    "cutline:region": CustomEvent<Region>;
    "cutline:shared": CustomEvent<Receipt>;
    "cutline:refused": CustomEvent<string>;
    "cutline:close": CustomEvent<null>;
  }
}
