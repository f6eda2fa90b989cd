// A site under a policy that allows no inline script, no inline style and no text that becomes code.
document.querySelector("button").addEventListener("click", ({ target }) => (target.textContent = "Seen once"));
