// Fetches the overlay when it is wanted, and starts it: glue, module and style by the hashes that are built in here, so that a
// page that pins this script by its `integrity` has pinned all of it; and what the server has for this site.

/** Names and hashes of the files beside this script, put in by build.mjs. */
const FILES = /* @__PURE__ */ JSON.parse(__FILES__);

/** A module script, checked before it runs. */
async function importChecked({ name, integrity }, base, nonce) {
  const href = new URL(name, base).href;
  // Only a preload takes an integrity; the import then finds what it has fetched and checked.
  const link = Object.assign(document.createElement("link"), { rel: "modulepreload", href, integrity, crossOrigin: "anonymous" });
  link.nonce = nonce;
  try {
    await new Promise((resolve, reject) => {
      link.onload = resolve;
      link.onerror = () => reject(new Error(`${href} cannot be had`));
      document.head.append(link);
    });
  } finally {
    link.remove();
  }
  return import(href);
}

async function get(url, more) {
  const answer = await fetch(url, { credentials: "omit", ...more });
  if (!answer.ok) {
    const problem = await answer.json().catch(() => undefined);
    throw new Error(problem?.detail ?? `${url}: ${answer.status}`);
  }
  return answer;
}

/** The overlay's module, started; `told` hears what happens in it. */
export async function load({ base, nonce, options, told }) {
  const host = new URL(base).origin;
  const file = ({ name, integrity }) => get(new URL(name, base), { integrity });
  const [module, server, styles] = await Promise.all([
    importChecked(FILES.glue, base, nonce),
    get(`${host}/api/v1/embed?key=${encodeURIComponent(options.key)}`).then((answer) => answer.json()),
    file(FILES.style).then((answer) => answer.text()),
  ]);
  await module.default({ module_or_path: await file(FILES.module) });
  const wanted = options.targets.split(",").map((name) => name.trim()).filter(Boolean);
  const { settings } = server;
  settings.dwell_ms = options.dwell ?? settings.dwell_ms;
  for (const side of ["min_width", "min_height"]) settings[side] = Math.max(settings[side], options.threshold ?? 0);
  const targets = server.targets.filter(({ id }) => wanted.length === 0 || wanted.includes(id));
  const configuration = { ...options, host, server: { targets, settings } };
  await new Promise((listens) => module.start(configuration, styles, listens, told));
  return module;
}
