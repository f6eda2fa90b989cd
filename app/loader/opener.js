// Tells the page of another site, from whose overlay this window was opened, that its part is shared, and as what. The browser
// hands it to no page but one of that origin; the server has put it here for sites that may share alone.

const { opener: origin, share } = document.querySelector("[data-opener]").dataset;
window.opener?.postMessage(`cutline:shared ${share}`, origin);
// It is told once; and what this page's links lead to has no business with that page.
window.opener = null;
