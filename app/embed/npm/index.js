// Puts the script of a Cutline server on the page, for sites that are made of modules. The overlay itself is always the server's, so
// that both speak the same version; nothing of it is in this package.

let loading;
let policy;

/** An address of a script where such must be trusted: the one that the site named is. */
function trusted(address) {
  const { trustedTypes } = globalThis;
  policy ??= trustedTypes?.createPolicy("cutline", { createScriptURL: (named) => named });
  return policy ? policy.createScriptURL(address) : address;
}

/** The script's API, once it is there; the same for every call. */
export function load({ host, integrity, script = "v1.js", nonce, ...options }) {
  return (loading ??= put({ host, integrity, script, nonce, options }).catch((error) => {
    loading = undefined;
    throw error;
  }));
}

async function put({ host, integrity, script, nonce, options }) {
  // Its own: an element with this `id` is found under `window.cutline`, too.
  if (Object.hasOwn(window, "cutline")) return window.cutline;
  const tag = document.createElement("script");
  tag.async = true;
  tag.crossOrigin = "anonymous";
  tag.src = trusted(new URL(`/embed/${script}`, host).href);
  if (integrity) tag.integrity = integrity;
  if (nonce) tag.nonce = nonce;
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined) tag.dataset[name] = Array.isArray(value) ? value.join(",") : String(value);
  }
  return new Promise((resolve, reject) => {
    tag.onload = () => resolve(window.cutline);
    tag.onerror = () => reject(new Error(`${tag.src} cannot be loaded`));
    document.head.append(tag);
  });
}
