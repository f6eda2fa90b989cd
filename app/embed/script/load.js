// Fetches the overlay when it is wanted, and starts it: glue, module and style by the hashes that are built in here, so that a
// page that pins this script by its `integrity` has pinned all of it; and what the server has for this site.

/** Name and hash of each file beside this script, put in by build.mjs. */
export const FILES = __FILES__;

/** How often one was asked for: browsers remember that a module could not be had, and under another address ask again. */
let attempts = 0;

/** A module script, checked before it runs. */
export async function importChecked([name, integrity], base, nonce) {
  const { href } = new URL(`${name}#${attempts++}`, base);
  // An import takes no integrity, but finds what was fetched and checked before: by a preload, or where browsers know none of
  // modules (Safari before 17), by a script, which has nothing to do yet.
  const link = document.createElement("link");
  const first = link.relList.supports("modulepreload")
    ? Object.assign(link, { rel: "modulepreload", href })
    : Object.assign(document.createElement("script"), { type: "module", src: href });
  Object.assign(first, { integrity, crossOrigin: "anonymous", nonce });
  await new Promise((resolve, reject) => {
    first.onload = resolve;
    first.onerror = () => reject(new Error(`${name} cannot be had`));
    document.head.append(first);
  }).finally(() => first.remove());
  return import(href);
}

async function get(url, more) {
  const answer = await fetch(url, { credentials: "omit", ...more });
  if (answer.ok) return answer;
  const problem = await answer.json().catch(() => {});
  throw new Error(problem?.detail ?? `${url}: ${answer.status}`);
}

/**
 * The overlay's module, started; `told` hears what happens in it, `warn` what of the options is not understood. Nothing starts once
 * `signal` has ended it.
 */
export async function load({ base, nonce, options, told, warn, signal }) {
  const host = new URL(base).origin;
  const file = ([name, integrity]) => get(new URL(name, base), { integrity, signal });
  const ended = new Promise((_, reject) => (signal.onabort = () => reject(signal.reason)));
  const all = Promise.all([
    importChecked(FILES.glue, base, nonce),
    get(`${host}/api/v1/embed?key=${encodeURIComponent(options.key)}`, { signal }).then((answer) => answer.json()),
    file(FILES.style).then((answer) => answer.text()),
  ]);
  const [module, server, styles] = await Promise.race([all, ended]);
  await module.default({ module_or_path: await file(FILES.module) });
  signal.throwIfAborted();
  const wanted = options.targets.match(/[^\s,]+/g) ?? [];
  const { settings, targets } = server;
  settings.dwell_ms = options.dwell ?? settings.dwell_ms;
  for (const side of ["min_width", "min_height"]) settings[side] = Math.max(settings[side], options.threshold ?? 0);
  // For openers, which go by this.
  options.threshold = settings.min_width;
  const ids = targets.map(({ id }) => id);
  for (const name of wanted) if (!ids.includes(name)) warn(`data-targets: ${name} is none of ${ids.join(", ")}`);
  const chosen = targets.filter(({ id }) => wanted.includes(id));
  if (chosen.length > 0) server.targets = chosen;
  const configuration = { ...options, host, server };
  await new Promise((listens) => module.start(configuration, styles, listens, told));
  return module;
}
